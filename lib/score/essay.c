/* essay.c - what the model of an exam writes by itself.  See exam.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "score/complete.h"
#include "score/exam.h"

/* The text to 'to', in the exam's arena, up to its first line end. */
static enum ee_status
keep_line(struct ee_exam *e, const char *text, const char **to,
	  struct ee_err *err)
{
	*to = ee_arena_text(&e->arena, text, strcspn(text, "\n"));
	return ee_arena_check(&e->arena, err);
}

/* The asks whose prompts are to be completed; 'number' gets which they are. */
static size_t
list_completions(const struct ee_exam *e, size_t from, size_t to,
		 size_t tokens, int32_t stop, struct ee_completion *list,
		 size_t *number)
{
	size_t i, k, ask = e->first[from], n = 0;

	for (i = from; i < to; i++) {
		for (k = 0; k < e->cases[i].n; k++) {
			const struct ee_question *q = &e->cases[i].list[k];
			const size_t given = e->asks[ask].n -
					     e->asks[ask].asked;

			if (q->aspect <= EE_REPHRASE) {
				number[n] = ask;
				list[n++] = (struct ee_completion){
					.ids = e->asks[ask].ids, .n = given,
					.most = given + tokens, .stop = stop };
			}
			ask += q->other != NULL ? 2 : 1;
		}
	}
	return n;
}

enum ee_status
ee_exam_write(struct ee_exam *e, const struct ee_model *model,
	      const struct ee_tokenizer *tok, int when, size_t from,
	      size_t to, size_t tokens, struct ee_err *err)
{
	const struct ee_sampling greedy = { .greedy = true, .top_k = 1,
					    .temperature = 1 };
	const size_t most = e->first[to] - e->first[from];
	struct ee_completion *list = ee_calloc(most, sizeof(*list), err);
	size_t *number = ee_calloc(most, sizeof(*number), err), i, n = 0;
	enum ee_status status = list && number ? EE_OK : EE_ENOMEM;

	if (status == EE_OK && e->written[when] == NULL) {
		e->written[when] = ee_calloc(e->nasks, sizeof(char *), err);
		if (e->written[when] == NULL)
			status = EE_ENOMEM;
	}
	if (status == EE_OK) {
		n = list_completions(e, from, to, tokens, model->config.eos,
				     list, number);
		status = ee_complete(model, tok, &greedy, list, n, err);
	}
	for (i = 0; i < n; i++) {
		if (status == EE_OK)
			status = keep_line(e, list[i].text,
				&e->written[when][number[i]], err);
		free(list[i].text);
	}
	free(list);
	free(number);
	return status;
}

static enum ee_status
make_topic(struct ee_ask *topic, const char *text,
	   const struct ee_tokenizer *tok, size_t positions,
	   struct ee_err *err)
{
	struct ee_ids ids = { 0 };
	enum ee_status status = ee_encode(tok, text, strlen(text), 0, &ids,
					  err);

	if (status == EE_OK && ids.n == 0)
		status = ee_fail(err, EE_EINPUT, "the prompt '%s' has no "
				 "tokens", text);
	if (status == EE_OK && ids.n > positions)
		status = ee_fail(err, EE_EINPUT, "the prompt '%.60s%s' has "
				 "%zu tokens; this model has %zu positions",
				 text, strlen(text) > 60 ? "..." : "", ids.n,
				 positions);
	topic->ids = ids.ids;
	topic->n = ids.n;
	ids.ids = NULL;
	ee_ids_free(&ids);
	return status;
}

static enum ee_status
count_topics(struct ee_exam *e, struct ee_err *err)
{
	struct ee_essays *s = &e->essays;
	size_t i;

	s->first = ee_calloc(e->ncases + 1, sizeof(*s->first), err);
	if (s->first == NULL)
		return EE_ENOMEM;
	for (i = 0; i < e->ncases; i++) {
		if (e->cases[i].ntopics == 0)
			return ee_fail(err, EE_EINPUT, "%s: "
				       "'generation_prompts' is missing or "
				       "empty", e->cases[i].name);
		s->first[i + 1] = s->first[i] + e->cases[i].ntopics;
	}
	s->topics = ee_calloc(s->first[i], sizeof(*s->topics), err);
	return s->topics != NULL ? EE_OK : EE_ENOMEM;
}

enum ee_status
ee_exam_topics(struct ee_exam *e, const struct ee_model *model,
	       const struct ee_tokenizer *tok, size_t length, size_t top_k,
	       uint64_t seed, struct ee_err *err)
{
	struct ee_essays *s = &e->essays;
	enum ee_status status;
	size_t i, k;

	TRY(ee_cutter_open(&s->cutter, err));
	TRY(count_topics(e, err));
	s->length = length;
	s->top_k = top_k;
	s->seed = seed;
	for (i = 0; i < e->ncases; i++) {
		const struct ee_case *c = &e->cases[i];

		for (k = 0; k < c->ntopics; k++) {
			status = make_topic(&s->topics[s->n++], c->topics[k],
					    tok, model->config.positions,
					    err);
			if (status != EE_OK)
				return ee_within(err, status, "%s: '%s'",
					c->name, e->format == EE_COUNTERFACT ?
					"generation_prompts" :
					c->list[0].field);
		}
	}
	return EE_OK;
}

/* As rome cleans what its models write: NFKD, a space for an empty line. */
static enum ee_status
keep_essay(struct ee_exam *e, const char *text, const char **to,
	   struct ee_err *err)
{
	char *norm, *p, *q;
	enum ee_status status = ee_nfkd(text, &norm, err);

	if (status != EE_OK)
		return status;
	for (p = q = norm; *p != '\0'; p++) {
		if (p[0] == '\n' && p[1] == '\n')
			*q++ = *p++ = ' ';
		else
			*q++ = *p;
	}
	*to = ee_arena_text(&e->arena, norm, (size_t)(q - norm));
	free(norm);
	return ee_arena_check(&e->arena, err);
}

/* A text has the same draws whatever it is written with. */
static uint64_t
seed_of(const struct ee_essays *s, const struct ee_case *c, size_t topic)
{
	uint64_t h = ee_hash(EE_HASH_START, c->id, strlen(c->id));

	h = ee_hash(h, &(uint64_t){ topic }, sizeof(uint64_t));
	return ee_hash(h, &s->seed, sizeof(s->seed));
}

enum ee_status
ee_exam_essays(struct ee_exam *e, const struct ee_model *model,
	       const struct ee_tokenizer *tok, int when, size_t from,
	       size_t to, struct ee_err *err)
{
	struct ee_essays *s = &e->essays;
	const size_t first = s->first[from], n = s->first[to] - first;
	const struct ee_sampling sampling = { .greedy = s->top_k == 1,
		.top_k = s->top_k, .temperature = 1 };
	struct ee_completion *list = ee_calloc(n, sizeof(*list), err);
	enum ee_status status = list != NULL ? EE_OK : EE_ENOMEM;
	size_t i, k, at = 0;

	if (status == EE_OK && s->text[when] == NULL) {
		s->text[when] = ee_calloc(s->n, sizeof(char *), err);
		if (s->text[when] == NULL)
			status = EE_ENOMEM;
	}
	for (i = from; i < to && list != NULL; i++)
		for (k = 0; k < e->cases[i].ntopics; k++, at++)
			list[at] = (struct ee_completion){
				.ids = s->topics[first + at].ids,
				.n = s->topics[first + at].n,
				.most = s->length, .stop = -1, .whole = true,
				.seed = seed_of(s, &e->cases[i], k) };
	if (status == EE_OK)
		status = ee_complete(model, tok, &sampling, list, n, err);
	for (i = 0; i < n && list != NULL; i++) {
		if (status == EE_OK)
			status = keep_essay(e, list[i].text,
					    &s->text[when][first + i], err);
		free(list[i].text);
	}
	free(list);
	return status;
}
