/*
 * mendedit.c - edits by a trained hypernetwork.  See mendedit.h.
 *
 * Some texts at a time, each followed by its ask where that is another, are
 * one pass: one of weight 0 in the loss.
 */
#include "edit/mendedit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "math/vec.h"

struct job {
	const struct ee_mend_edit_job *job;
	const struct ee_mend *m;
	struct ee_mend_edit *edits;
	double *before, *after;	/* (n) nll of the asks */
	struct ee_err *err;
	/* the texts that are computed now */
	size_t first, n;
	size_t *at;		/* (n + 1) text i is said[at[i]], its ask
				 * said[at[i + 1] - 1] */
	struct ee_said *said;
	double *weight, *nll;	/* of each said */
	struct ee_mend_pass pass;
};

static bool
same_ids(const int32_t *a, const int32_t *b, size_t n)
{
	return memcmp(a, b, n * sizeof(*a)) == 0;
}

static bool
same_said(const struct ee_said *a, const struct ee_said *b)
{
	return a->n == b->n && a->nlabels == b->nlabels &&
	       a->shift == b->shift && same_ids(a->ids, b->ids, a->n) &&
	       same_ids(a->labels, b->labels, a->nlabels);
}

size_t
ee_mend_edit_block(const struct ee_mend_edit_job *job, size_t first,
		   size_t tokens)
{
	size_t used = 0, i;

	for (i = first; i < job->n; i++) {
		used += job->texts[i].n;
		if (!same_said(&job->texts[i], &job->asks[i]))
			used += job->asks[i].n;
		if (i > first && used > tokens)
			break;
	}
	return i - first;
}

static void
block_close(struct job *j)
{
	ee_mend_pass_close(&j->pass);
	free(j->at);
	free(j->said);
	free(j->weight);
	j->at = NULL;
	j->said = NULL;
	j->weight = NULL;
}

/* Labels of the texts that make one update with number i. */
static size_t
labels(const struct job *j, size_t i)
{
	const struct ee_mend_edit_job *job = j->job;
	size_t sum = 0;

	if (job->apart)
		return job->texts[i].nlabels;
	for (i = 0; i < job->n; i++)
		sum += job->texts[i].nlabels;
	return sum;
}

/* The texts from 'first' on, n of them, as a pass; block_close whatever
 * happens. */
static enum ee_status
block_open(struct job *j, size_t first, size_t n)
{
	const struct ee_mend_edit_job *job = j->job;
	const size_t all = labels(j, 0);
	size_t i, k = 0;

	j->first = first;
	j->n = n;
	j->at = ee_calloc(n + 1, sizeof(*j->at), j->err);
	j->said = ee_calloc(2 * n, sizeof(*j->said), j->err);
	j->weight = ee_doubles(4 * n, j->err);
	if (j->at == NULL || j->said == NULL || j->weight == NULL)
		return EE_ENOMEM;
	j->nll = j->weight + 2 * n;
	for (i = 0; i < n; i++) {
		const struct ee_said *text = &job->texts[first + i];
		const struct ee_said *ask = &job->asks[first + i];

		j->at[i] = k;
		j->weight[k] = 1 / (double)(job->apart ? text->nlabels : all);
		j->said[k++] = *text;
		if (same_said(text, ask))
			continue;
		j->weight[k] = 0;
		j->said[k++] = *ask;
	}
	j->at[n] = k;
	return ee_mend_pass_open(&j->pass, job->model, j->m, j->said, k,
				 j->err);
}

static struct ee_mend_edit *
edit_of(const struct job *j, size_t i)
{
	return &j->edits[j->job->apart ? j->first + i : 0];
}

/* nll of each ask, and of each text to its update's loss. */
static void
take_nll(struct job *j, bool after)
{
	double *const to = after ? j->after : j->before;
	size_t i;

	for (i = 0; i < j->n; i++) {
		struct ee_mend_edit *e = edit_of(j, i);

		*(after ? &e->loss_after : &e->loss_before) +=
			j->weight[j->at[i]] * j->nll[j->at[i]];
		to[j->first + i] = j->nll[j->at[i + 1] - 1];
	}
}

/* The rows of said[begin] to said[end - 1], of all weights. */
static enum ee_status
take_rows(struct job *j, size_t begin, size_t end, struct ee_mend_rows *rows)
{
	size_t i, n;

	for (i = 0; i < j->m->nparams; i++) {
		const struct ee_mend_param *p = &j->m->param[i];

		n = ee_mend_pass_rows(&j->pass, i, begin, end, NULL, NULL);
		TRY(ee_mend_rows_make(&rows[i], j->m, i, n, j->err));
		ee_mend_pass_rows(&j->pass, i, begin, end, rows[i].x,
				  rows[i].delta);
		if (!ee_all_finite(n * p->in, rows[i].x) ||
		    !ee_all_finite(n * p->out, rows[i].delta))
			return ee_fail(j->err, EE_EMATH, "%s: the gradient "
				       "of the edit is not finite",
				       p->weight);
	}
	return EE_OK;
}

/* Transformed rows into their update. */
static enum ee_status
add(struct job *j, struct ee_mend_edit *e, struct ee_mend_rows *rows)
{
	const struct ee_mend_param *p = &j->m->param[rows->param];

	if (!ee_all_finite(rows->n * p->in, rows->x) ||
	    !ee_all_finite(rows->n * p->out, rows->delta))
		return ee_fail(j->err, EE_EMATH, "%s: the transformed "
			       "gradient is not finite", p->weight);
	e->tokens[rows->param] += rows->n;
	return ee_mend_rows_add(&e->rows[rows->param], j->m, rows, j->err);
}

static enum ee_status
named(const struct job *j, size_t i, enum ee_status status)
{
	const char *id = j->job->texts[j->first + i].id;

	return status == EE_OK || id == NULL ||
	       (j->job->n > 1 && !j->job->apart) ? status :
	       ee_within(j->err, status, "case %s", id);
}

/* What this block's texts add to their updates; rows (updates, nparams). */
static enum ee_status
update(struct job *j, size_t updates, struct ee_mend_rows *rows)
{
	const size_t nparams = j->m->nparams;
	size_t i;

	TRY(ee_mend_pass_gradients(&j->pass, j->weight, j->nll, j->err));
	for (i = 0; i < j->n; i++)
		if (!isfinite(j->nll[j->at[i]]))
			return named(j, i, ee_fail(j->err, EE_EMATH, "the "
				"loss of the edit is not finite"));
	take_nll(j, false);
	for (i = 0; i < updates; i++)
		TRY(named(j, i, take_rows(j, j->at[i], j->at[j->job->apart ?
						i + 1 : j->n],
					  rows + i * nparams)));
	for (i = 0; i < updates * nparams; i++)
		ee_mend_normal(j->m, &rows[i], &rows[i]);
	TRY(ee_mend_transform(j->m, updates * nparams, rows, rows, NULL,
			      j->err));
	for (i = 0; i < updates * nparams; i++)
		TRY(named(j, i / nparams, add(j, edit_of(j, i / nparams),
					      &rows[i])));
	return EE_OK;
}

static enum ee_status
update_block(struct job *j)
{
	const size_t updates = j->job->apart ? j->n : 1;
	const size_t n = updates * j->m->nparams;
	struct ee_mend_rows *rows = ee_calloc(n, sizeof(*rows), j->err);
	enum ee_status status = rows != NULL ? update(j, updates, rows)
					     : EE_ENOMEM;
	size_t i;

	for (i = 0; rows != NULL && i < n; i++)
		ee_mend_rows_free(&rows[i]);
	free(rows);
	return status;
}

/* The asks of this block in the model edited by their updates. */
static enum ee_status
measure(struct job *j)
{
	const struct ee_mend *m = j->m;
	const size_t updates = j->job->apart ? j->n : 1;
	struct ee_patch *patches = ee_calloc(updates * m->nparams,
					     sizeof(*patches), j->err);
	enum ee_status status;
	size_t i, k;

	if (patches == NULL)
		return EE_ENOMEM;
	for (i = 0; i < updates * m->nparams; i++) {
		const struct ee_mend_rows *rows;

		k = i / m->nparams;
		rows = &edit_of(j, k)->rows[i % m->nparams];
		patches[i] = (struct ee_patch){
			.layer = m->param[rows->param].layer,
			.role = m->param[rows->param].role,
			.begin = j->pass.begin[j->at[k]],
			.end = j->pass.begin[j->at[j->job->apart ? k + 1 :
						   j->n]],
			.r = rows->n, .left = rows->delta, .right = rows->x,
			.scale = m->learned[rows->param],
		};
	}
	j->pass.pass.patches = patches;
	j->pass.pass.npatches = updates * m->nparams;
	status = ee_mend_pass_upper(&j->pass, NULL, false, j->err);
	if (status == EE_OK)
		status = ee_mend_pass_nll(&j->pass, NULL, j->nll, NULL,
					  j->err);
	j->pass.pass.patches = NULL;
	j->pass.pass.npatches = 0;
	free(patches);
	if (status == EE_OK)
		take_nll(j, true);
	return status;
}

/* Nothing but zeros is no gradient. */
static enum ee_status
check_some(struct job *j)
{
	size_t i, k, n;

	for (i = 0; i < (j->job->apart ? j->job->n : 1); i++) {
		for (n = k = 0; k < j->m->nparams; k++)
			n += j->edits[i].tokens[k];
		if (n == 0)
			return named(j, i - j->first, ee_fail(j->err,
				EE_EMATH, "the gradient of the edit is zero: "
				"there is nothing to transform"));
	}
	return EE_OK;
}

/* Blocks twice, for what comes before the update of all is known and what
 * comes after; one that is all is the same pass both times. */
static enum ee_status
make(struct job *j)
{
	const struct ee_mend_edit_job *job = j->job;
	const size_t tokens = job->apart ? SIZE_MAX : job->tokens;
	size_t i, n;

	for (i = 0; i < job->n; i += n) {
		n = ee_mend_edit_block(job, i, tokens);
		block_close(j);
		TRY(block_open(j, i, n));
		TRY(update_block(j));
	}
	TRY(check_some(j));
	for (i = 0; i < job->n; i += n) {
		n = ee_mend_edit_block(job, i, tokens);
		if (n < job->n) {
			block_close(j);
			TRY(block_open(j, i, n));
		}
		TRY(measure(j));
	}
	for (i = 0; i < job->n; i++) {
		j->before[i] = exp(-j->before[i]);
		j->after[i] = exp(-j->after[i]);
	}
	return EE_OK;
}

enum ee_status
ee_mend_edit(const struct ee_mend_edit_job *job, struct ee_mend_edit *edits,
	     double *p_before, double *p_after, struct ee_err *err)
{
	struct job j = { .job = job, .m = job->m, .edits = edits,
			 .before = p_before, .after = p_after, .err = err };
	const size_t updates = job->apart ? job->n : 1;
	enum ee_status status = EE_OK;
	size_t i;

	memset(edits, 0, updates * sizeof(*edits));
	if (job->m->net_params.norm && !ee_mend_is_trained(job->m))
		return ee_fail(err, EE_EMATH, "the hypernetwork has seen no "
			       "gradients yet to normalise by: it is not "
			       "trained");
	for (i = 0; i < updates && status == EE_OK; i++) {
		edits[i].rows = ee_calloc(job->m->nparams,
					  sizeof(*edits[i].rows), err);
		edits[i].tokens = ee_calloc(job->m->nparams,
					    sizeof(*edits[i].tokens), err);
		if (edits[i].rows == NULL || edits[i].tokens == NULL)
			status = EE_ENOMEM;
	}
	if (status == EE_OK)
		status = make(&j);
	block_close(&j);
	return status;
}

void
ee_mend_edit_free(struct ee_mend_edit *e, const struct ee_mend *m)
{
	size_t i;

	for (i = 0; e->rows != NULL && i < m->nparams; i++)
		ee_mend_rows_free(&e->rows[i]);
	free(e->rows);
	free(e->tokens);
	memset(e, 0, sizeof(*e));
}
