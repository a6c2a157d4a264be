/* evalblock.c - a block of cases, measured.  See evalwork.h. */
#include "evalwork.h"

enum { BLOCK_TOKENS = 8192 };	/* of the asks of a block, about */

struct eval_block
eval_block_from(const struct ee_exam *exam, size_t from)
{
	struct eval_block b = { .from = from, .to = from };
	size_t tokens = 0, i;

	while (b.to < exam->ncases && (b.to == from ||
	       tokens < BLOCK_TOKENS)) {
		for (i = exam->first[b.to]; i < exam->first[b.to + 1]; i++)
			tokens += exam->asks[i].n;
		b.to++;
	}
	return b;
}

/* What the model writes, and the measures of these cases. */
static enum ee_status
measure(struct eval *e, int when, size_t from, size_t to, bool known)
{
	struct ee_err *err = &e->tool->err;
	enum ee_status status = EE_OK;
	size_t i;

	if (!known && e->opt->generate)
		status = ee_exam_write(&e->exam, e->model, e->tok, when, from,
				       to, (size_t)e->opt->tokens, err);
	if (!known && status == EE_OK && e->opt->fluency)
		status = ee_exam_essays(&e->exam, e->model, e->tok, when,
					from, to, err);
	for (i = from; i < to && status == EE_OK; i++)
		status = ee_exam_measure(&e->exam, when, i, &e->tally, err);
	return status;
}

enum ee_status
eval_block_before(struct eval *e, struct eval_block *b, bool known, bool keep)
{
	struct ee_err *err = &e->tool->err;
	enum ee_status status = EE_OK;

	if (keep)
		status = ee_exam_score_first(&e->exam, e->model, b->from,
			b->to, e->layer, known, &b->shared, &e->progress,
			err);
	else if (!known)
		status = ee_exam_score(&e->exam, e->model, EE_BEFORE,
				       b->from, b->to, &e->progress, err);
	return status == EE_OK ? measure(e, EE_BEFORE, b->from, b->to, known)
			       : status;
}

enum ee_status
eval_block_after(struct eval *e, const struct eval_block *b, size_t from,
		 size_t to)
{
	struct ee_err *err = &e->tool->err;
	enum ee_status status;

	if (b->shared.x != NULL)
		status = ee_exam_score_again(&e->exam, e->model, from, to,
			&b->shared, &e->progress, err);
	else
		status = ee_exam_score(&e->exam, e->model, EE_AFTER, from,
				       to, &e->progress, err);
	return status == EE_OK ? measure(e, EE_AFTER, from, to, false)
			       : status;
}
