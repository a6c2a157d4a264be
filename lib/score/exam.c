/* exam.c - many cases put to a model.  See exam.h; texts: essay.c;
 * measures: measure.c. */
#include "score/exam.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"

void
ee_exam_free(struct ee_exam *e)
{
	size_t i;

	for (i = 0; e->asks != NULL && i < e->nasks; i++)
		free(e->asks[i].ids);
	ee_exam_forget(e, EE_BEFORE);
	ee_exam_forget(e, EE_AFTER);
	for (i = 0; e->essays.topics != NULL && i < e->essays.n; i++)
		free(e->essays.topics[i].ids);
	free(e->essays.topics);
	free(e->essays.first);
	free(e->essays.references);
	ee_cutter_close(e->essays.cutter);
	ee_tfidf_close(e->essays.tfidf);
	free(e->cases);
	free(e->asks);
	free(e->first);
	ee_arena_free(&e->arena);
	memset(e, 0, sizeof(*e));
}

static enum ee_status
read_cases(struct ee_exam *e, const struct ee_value *records,
	   const size_t *numbers, struct ee_err *err)
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
				      numbers != NULL ? numbers[i] : i + 1,
				      &e->arena, err);
		e->first[i + 1] = e->first[i] + c->n;
		for (k = 0; k < c->n; k++)
			e->first[i + 1] += c->list[k].other != NULL;
		e->ncases++;
	}
	return status;
}

/* "record 3 (case 7): 'locality' (group)", in front of what 'err' says. */
static enum ee_status
at_question(const struct ee_case *c, const struct ee_question *q,
	    enum ee_status status, struct ee_err *err)
{
	if (status == EE_OK)
		return EE_OK;
	return ee_within(err, status, "%s: '%s'%s%s%s", c->name, q->field,
			 q->group != NULL ? " (" : "",
			 q->group != NULL ? q->group : "",
			 q->group != NULL ? ")" : "");
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
			status = at_question(c, q, status, err);
		}
		if (status != EE_OK)
			return status;
	}
	return EE_OK;
}

enum ee_status
ee_exam_make(struct ee_exam *e, const struct ee_value *records,
	     const size_t *numbers, enum ee_data_format format,
	     const struct ee_model *model, const struct ee_tokenizer *tok,
	     struct ee_err *err)
{
	enum ee_status status;

	memset(e, 0, sizeof(*e));
	e->format = format;
	status = read_cases(e, records, numbers, err);
	return status == EE_OK ? make_asks(e, model, tok, err) : status;
}

enum ee_status
ee_exam_answers(struct ee_exam *e, int when, struct ee_err *err)
{
	size_t total = 0, i;

	if (e->answers[when] != NULL)
		return EE_OK;
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

	TRY(ee_exam_answers(e, when, err));
	return ee_score(model, e->asks + first, e->first[to] - first, e->nodes,
			e->answers[when] + first, progress, err);
}

enum ee_status
ee_exam_score_first(struct ee_exam *e, const struct ee_model *model,
		    size_t from, size_t to, size_t layer, bool known,
		    struct ee_shared *shared, struct ee_progress *progress,
		    struct ee_err *err)
{
	const size_t first = e->first[from];

	TRY(ee_exam_answers(e, EE_BEFORE, err));
	return ee_score_first(model, e->asks + first, e->first[to] - first,
			      layer, known ? NULL : e->answers[EE_BEFORE] +
			      first, shared, progress, err);
}

enum ee_status
ee_exam_score_again(struct ee_exam *e, const struct ee_model *model,
		    size_t from, size_t to, const struct ee_shared *shared,
		    struct ee_progress *progress, struct ee_err *err)
{
	const size_t first = e->first[from];

	TRY(ee_exam_answers(e, EE_AFTER, err));
	return ee_score_again(model, shared, e->asks + first,
			      e->first[to] - first, e->answers[EE_AFTER] +
			      first, progress, err);
}
