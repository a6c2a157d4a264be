/* exam.c - many cases put to a model.  See exam.h; measures: measure.c. */
#include "score/exam.h"

#include <stdlib.h>
#include <string.h>

#include "model/generate.h"

enum { WRITE_AT_ONCE = 256 };	/* texts that grow together */

void
ee_exam_free(struct ee_exam *e)
{
	size_t i;

	for (i = 0; e->asks != NULL && i < e->nasks; i++)
		free(e->asks[i].ids);
	for (i = 0; i < 2; i++) {
		free(e->answers[i]);
		free(e->said[i]);
		free(e->written[i]);
	}
	free(e->cases);
	free(e->asks);
	free(e->first);
	ee_arena_free(&e->arena);
	memset(e, 0, sizeof(*e));
}

static enum ee_status
read_cases(struct ee_exam *e, const struct ee_value *records,
	   struct ee_err *err)
{
	enum ee_status status = EE_OK;
	size_t i, k;

	e->cases = ee_calloc(records->n, sizeof(*e->cases), err);
	e->first = ee_calloc(records->n + 1, sizeof(*e->first), err);
	if (e->cases == NULL || e->first == NULL)
		return EE_ENOMEM;
	for (i = 0; i < records->n && status == EE_OK; i++) {
		struct ee_case *c = &e->cases[i];

		status = ee_case_read(c, &records->u.list[i], e->format,
				      i + 1, &e->arena, err);
		e->first[i + 1] = e->first[i] + c->n;
		for (k = 0; k < c->n; k++)
			e->first[i + 1] += c->list[k].other != NULL;
		e->ncases++;
	}
	return status;
}

static enum ee_status
make_asks(struct ee_exam *e, const struct ee_model *model,
	  const struct ee_tokenizer *tok, struct ee_err *err)
{
	enum ee_status status = EE_OK;
	size_t i, k;

	e->asks = ee_calloc(e->first[e->ncases], sizeof(*e->asks), err);
	if (e->asks == NULL)
		return EE_ENOMEM;
	for (i = 0; i < e->ncases; i++) {
		const struct ee_case *c = &e->cases[i];

		for (k = 0; k < c->n && status == EE_OK; k++) {
			const struct ee_question *q = &c->list[k];

			status = ee_ask_make(&e->asks[e->nasks++], model, tok,
					     q->prompt, q->target, err);
			if (status == EE_OK && q->other != NULL)
				status = ee_ask_make(&e->asks[e->nasks++],
						     model, tok, q->prompt,
						     q->other, err);
		}
		if (status != EE_OK)
			return ee_within(err, status, "case %s", c->id);
	}
	return EE_OK;
}

enum ee_status
ee_exam_make(struct ee_exam *e, const struct ee_value *records,
	     enum ee_data_format format, const struct ee_model *model,
	     const struct ee_tokenizer *tok, struct ee_err *err)
{
	enum ee_status status;

	memset(e, 0, sizeof(*e));
	e->format = format;
	status = read_cases(e, records, err);
	return status == EE_OK ? make_asks(e, model, tok, err) : status;
}

static enum ee_status
make_answers(struct ee_exam *e, int when, struct ee_err *err)
{
	size_t total = 0, i;

	for (i = 0; i < e->nasks; i++)
		total += e->asks[i].asked;
	e->answers[when] = ee_calloc(e->nasks, sizeof(**e->answers), err);
	e->said[when] = ee_calloc(total, sizeof(**e->said), err);
	if (e->answers[when] == NULL || e->said[when] == NULL)
		return EE_ENOMEM;
	for (i = 0, total = 0; i < e->nasks; i++) {
		e->answers[when][i].said = e->said[when] + total;
		total += e->asks[i].asked;
	}
	return EE_OK;
}

enum ee_status
ee_exam_score(struct ee_exam *e, const struct ee_model *model, int when,
	      size_t from, size_t to, struct ee_progress *progress,
	      struct ee_err *err)
{
	const size_t first = e->first[from];

	if (e->answers[when] == NULL) {
		const enum ee_status status = make_answers(e, when, err);

		if (status != EE_OK)
			return status;
	}
	return ee_score(model, e->asks + first, e->first[to] - first, 0,
			e->answers[when] + first, progress, err);
}

/* Texts being written together. */
struct writing {
	struct ee_exam *exam;
	const struct ee_model *model;
	const struct ee_tokenizer *tok;
	int when;
	size_t tokens;
	struct ee_sequence seq[WRITE_AT_ONCE];
	size_t ask[WRITE_AT_ONCE];
	size_t n;
	struct ee_err *err;
};

static enum ee_status
keep_text(struct writing *w, size_t i)
{
	struct ee_exam *e = w->exam;
	const struct ee_ask *ask = &e->asks[w->ask[i]];
	const size_t given = ask->n - ask->asked;
	char *text = NULL, *end;
	size_t len, room = 0;
	enum ee_status status = ee_decode(w->tok, w->seq[i].ids + given,
					  w->seq[i].n - given, true, &text,
					  &len, &room, w->err);

	if (status == EE_OK) {
		end = memchr(text, '\n', len);
		e->written[w->when][w->ask[i]] = ee_arena_text(&e->arena,
			text, end != NULL ? (size_t)(end - text) : len);
		status = ee_arena_check(&e->arena, w->err);
	}
	free(text);
	return status;
}

static enum ee_status
write_batch(struct writing *w)
{
	const struct ee_sampling greedy = { .greedy = true, .top_k = 1,
		.temperature = 1, .vocab = ee_tokenizer_size(w->tok) };
	enum ee_status status = ee_generate(w->model, &greedy, NULL, w->seq,
					    w->n, w->err);
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (status == EE_OK)
			status = keep_text(w, i);
		free(w->seq[i].ids);
	}
	w->n = 0;
	return status;
}

static enum ee_status
add_writing(struct writing *w, size_t number)
{
	const struct ee_ask *ask = &w->exam->asks[number];
	const size_t given = ask->n - ask->asked;
	const size_t positions = w->model->config.positions;
	struct ee_sequence *s = &w->seq[w->n];

	memset(s, 0, sizeof(*s));
	s->n = given;
	s->most = given + w->tokens < positions ? given + w->tokens
						: positions;
	s->stop = w->model->config.eos;
	s->ids = ee_calloc(s->most, sizeof(*s->ids), w->err);
	if (s->ids == NULL)
		return EE_ENOMEM;
	memcpy(s->ids, ask->ids, given * sizeof(*s->ids));
	w->ask[w->n++] = number;
	return w->n == WRITE_AT_ONCE ? write_batch(w) : EE_OK;
}

enum ee_status
ee_exam_write(struct ee_exam *e, const struct ee_model *model,
	      const struct ee_tokenizer *tok, int when, size_t from,
	      size_t to, size_t tokens, struct ee_err *err)
{
	struct writing w = { .exam = e, .model = model, .tok = tok,
			     .when = when, .tokens = tokens, .err = err };
	enum ee_status status = EE_OK;
	size_t i, k, ask = e->first[from];

	if (e->written[when] == NULL) {
		e->written[when] = ee_calloc(e->nasks, sizeof(char *), err);
		if (e->written[when] == NULL)
			return EE_ENOMEM;
	}
	for (i = from; i < to; i++) {
		for (k = 0; k < e->cases[i].n && status == EE_OK; k++) {
			const struct ee_question *q = &e->cases[i].list[k];

			if (q->aspect <= EE_REPHRASE)
				status = add_writing(&w, ask);
			ask += q->other != NULL ? 2 : 1;
		}
	}
	if (status == EE_OK && w.n > 0)
		status = write_batch(&w);
	for (i = 0; i < w.n; i++)	/* after a failure */
		free(w.seq[i].ids);
	return status;
}
