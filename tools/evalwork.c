/*
 * evalwork.c - measuring: before, and after all edits or each case's own.
 * See evalwork.h.
 *
 * Cases are measured a block at a time, whose prompts are one tree of tokens.
 * What lies below the lowest edited layer is the same before and after; it is
 * kept from the one to the other.
 */
#include "evalwork.h"

#include <stdlib.h>

enum {
	BLOCK_TOKENS = 8192,	/* of the asks of a block, about */
	KEEP_FLOATS = 1 << 28	/* between before and after, at most */
};

struct block {
	size_t from, to;	/* cases */
	struct ee_shared shared;	/* shared.x NULL: nothing is kept */
};

/* The block that begins with case number 'from'. */
static struct block
block_from(const struct ee_exam *exam, size_t from)
{
	struct block b = { .from = from, .to = from };
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

static enum ee_status
measure_before(struct eval *e, struct block *b, bool known, bool keep)
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

/* The cases from..to - 1 of a block, on the model as it is. */
static enum ee_status
measure_after(struct eval *e, const struct block *b, size_t from, size_t to)
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

/* The cases from..to - 1 of a block, which have the same edits. */
static enum ee_status
measure_cases(struct eval *e, const struct block *b, size_t from, size_t to)
{
	const struct ee_case *c = &e->exam.cases[from];
	size_t n, i;
	const struct case_edit *edit = case_edits_find(&e->edits, c->id, &n);
	enum ee_status status = EE_OK;

	for (i = 0; i < n && status == EE_OK; i++) {
		const struct ee_delta *d = &edit[i].delta;

		status = ee_model_edit(e->model, d->weight, d->left, d->out,
				       d->right, d->in, d->r, 1,
				       &e->tool->err);
	}
	if (status == EE_OK)
		status = measure_after(e, b, from, to);
	if (status != EE_OK)
		return ee_within(&e->tool->err, status, "%s", c->name);
	ee_model_return(e->model);
	return EE_OK;
}

/* Block by block, before and after. */
static enum ee_status
evaluate_cases(struct eval *e, bool known)
{
	const struct ee_case *cases = e->exam.cases;
	enum ee_status status = ee_model_keep(e->model, &e->tool->err);
	struct block b;
	size_t at, i, k;

	for (at = 0; at < e->exam.ncases && status == EE_OK; at = b.to) {
		b = block_from(&e->exam, at);
		status = measure_before(e, &b, known, e->layer > 0);
		for (i = b.from; i < b.to && status == EE_OK; i = k) {
			for (k = i + 1; k < b.to && case_edits_same(&e->edits,
			     cases[i].id, cases[k].id); k++)
				continue;
			status = measure_cases(e, &b, i, k);
		}
		ee_shared_free(&b.shared);
	}
	return status;
}

static enum ee_status
lay_edits(struct eval *e)
{
	const struct model_options *opt = &e->opt->model;
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < opt->nedits && status == EE_OK; i++)
		status = ee_delta_load(e->model, opt->edits[i], 1, opt->force,
				       &e->tool->warn, &e->tool->err);
	return status;
}

/* All blocks before, then all after. */
static enum ee_status
evaluate_all(struct eval *e, bool known)
{
	const bool after = e->opt->model.nedits > 0;
	struct block *list = ee_calloc(e->exam.ncases, sizeof(*list),
				       &e->tool->err);
	enum ee_status status = list != NULL ? EE_OK : EE_ENOMEM;
	size_t at, i, n = 0, kept = 0;

	for (at = 0; at < e->exam.ncases && status == EE_OK;
	     at = list[n++].to) {
		list[n] = block_from(&e->exam, at);
		status = measure_before(e, &list[n], known, after &&
					e->layer > 0 && kept < KEEP_FLOATS);
		kept += list[n].shared.trie.n * e->model->config.d;
	}
	if (status == EE_OK && after)
		status = lay_edits(e);
	for (i = 0; i < n && after && status == EE_OK; i++)
		status = measure_after(e, &list[i], list[i].from, list[i].to);
	for (i = 0; list != NULL && i < n; i++)
		ee_shared_free(&list[i].shared);
	free(list);
	return status;
}

enum ee_status
evaluate(struct tool *tool, const struct eval_options *opt)
{
	struct eval e = { .tool = tool, .opt = opt };
	enum ee_status status = eval_prepare(&e);
	bool known = false;

	if (status == EE_OK && opt->cache != NULL)
		status = base_get(&e, &known);
	ee_progress_start(&e.progress, tool_progress(tool), "answers",
			  (double)(!known + (opt->model.nedits > 0)) *
			  (double)e.exam.nasks);
	if (status == EE_OK)
		status = opt->per_case ? evaluate_cases(&e, known)
				       : evaluate_all(&e, known);
	ee_progress_end(&e.progress);
	if (status == EE_OK && opt->cache != NULL && !known)
		status = base_put(&e);
	if (status == EE_OK)
		status = eval_report(&e);
	case_edits_free(&e.edits);
	ee_tally_free(&e.tally);
	ee_exam_free(&e.exam);
	ee_tokenizer_close(e.tok);
	ee_model_close(e.model);
	free(e.numbers);
	return status;
}
