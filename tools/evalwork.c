/* evalwork.c - measuring: before, and after all edits or each case's own.
 * See evalwork.h. */
#include "evalwork.h"

#include <stdlib.h>

enum { KEEP_FLOATS = 1 << 28 };	/* between before and after, at most */

/* The cases from..to - 1 of a block, which have the same edits. */
static enum ee_status
measure_cases(struct eval *e, const struct eval_block *b, size_t from,
	      size_t to)
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
		status = eval_block_after(e, b, from, to);
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
	struct eval_block b;
	size_t at, i, k;

	for (at = 0; at < e->exam.ncases && status == EE_OK; at = b.to) {
		b = eval_block_from(&e->exam, at);
		status = eval_block_before(e, &b, known, e->layer > 0);
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
	struct eval_block *list = ee_calloc(e->exam.ncases, sizeof(*list),
				       &e->tool->err);
	enum ee_status status = list != NULL ? EE_OK : EE_ENOMEM;
	size_t at, i, n = 0, kept = 0;

	for (at = 0; at < e->exam.ncases && status == EE_OK;
	     at = list[n++].to) {
		list[n] = eval_block_from(&e->exam, at);
		status = eval_block_before(e, &list[n], known, after &&
					e->layer > 0 && kept < KEEP_FLOATS);
		kept += list[n].shared.trie.n * e->model->config.d;
	}
	if (status == EE_OK && after)
		status = lay_edits(e);
	for (i = 0; i < n && after && status == EE_OK; i++)
		status = eval_block_after(e, &list[i], list[i].from,
					  list[i].to);
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
