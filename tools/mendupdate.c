/* mendupdate.c - updates of ee-mend-apply, made and written.  See
 * mendwork.h. */
#include <stdlib.h>

#include "edit/lowrank.h"
#include "mendwork.h"

static enum ee_status
make_deltas(struct mend_update *u)
{
	const struct mend_work *w = u->w;
	struct ee_err *err = &w->tool->err;
	enum ee_status status;
	size_t i;

	u->deltas = ee_calloc(w->m->nparams, sizeof(*u->deltas), err);
	u->sizes = ee_calloc(w->m->nparams, sizeof(*u->sizes), err);
	if (u->deltas == NULL || u->sizes == NULL)
		return EE_ENOMEM;
	for (i = 0; i < w->m->nparams; i++) {
		struct ee_delta *delta = &u->deltas[i];

		if (u->edit->rows[i].n == 0)
			continue;
		status = ee_mend_delta(w->m, &u->edit->rows[i], delta, err);
		if (status != EE_OK)
			return status;
		u->sizes[i] = ee_lowrank_norm(delta, err) / w->norms[i];
		if (!(u->sizes[i] <= w->opt->max_norm) &&
		    w->opt->max_norm > 0)
			return ee_fail(err, EE_EMATH, "%s: |dW|/|W| is "
				       "%.3g, more than --max-norm",
				       delta->weight, u->sizes[i]);
	}
	return EE_OK;
}

/* Several edits in one update disturb each other: say where that is too
 * much. */
static void
warn_unlikely(const struct mend_update *u)
{
	size_t i, likely = 0;

	for (i = 0; i < u->n; i++)
		likely += u->p_after[i] > 0.5;
	if (u->n > 1 && likely < u->n)
		ee_warn(&u->w->tool->warn, "%zu of %zu targets are likelier "
			"than not after one update for all: --independent "
			"gives each its own", likely, u->n);
}

static enum ee_status
put_all(const struct mend_update *u)
{
	struct mend_work *w = u->w;
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < w->m->nparams && status == EE_OK; i++) {
		if (u->deltas[i].r == 0)
			continue;
		status = mend_put(u, i);
		if (status == EE_OK && w->opt->sequential)
			status = mend_lay_over(w, i, &u->deltas[i]);
	}
	return status;
}

/* From an update to records. */
static enum ee_status
finish(struct mend_update *u, struct ee_progress *progress)
{
	enum ee_status status = make_deltas(u);
	size_t i;

	if (status != EE_OK && u->n == 1)
		status = ee_within(&u->w->tool->err, status, "case %s",
				   u->w->requests[u->first].id);
	ee_progress_end(progress);
	if (status == EE_OK) {
		mend_tell(u);
		warn_unlikely(u);
		status = put_all(u);
	}
	for (i = 0; u->deltas != NULL && i < u->w->m->nparams; i++)
		ee_delta_free(&u->deltas[i]);
	free(u->deltas);
	free(u->sizes);
	return status;
}

enum ee_status
mend_edit(struct mend_work *w, const struct ee_mend_edit_job *job,
	  struct ee_progress *progress)
{
	const size_t updates = job->apart ? job->n : 1;
	struct ee_err *err = &w->tool->err;
	struct ee_mend_edit *edits = ee_calloc(updates, sizeof(*edits), err);
	double *p = ee_doubles(2 * job->n, err);
	enum ee_status status = EE_ENOMEM;
	size_t i;

	if (edits != NULL && p != NULL)
		status = ee_mend_edit(job, edits, p, p + job->n, err);
	for (i = 0; i < updates && status == EE_OK; i++) {
		struct mend_update u = {
			.w = w, .edit = &edits[i],
			.first = (size_t)(job->texts - w->texts) + i,
			.n = job->apart ? 1 : job->n,
			.p_before = p + i, .p_after = p + job->n + i,
		};

		status = finish(&u, progress);
		ee_mend_edit_free(&edits[i], w->m);
		ee_progress_add(progress, (double)u.n);
	}
	for (i = 0; edits != NULL && i < updates; i++)
		ee_mend_edit_free(&edits[i], w->m);
	free(edits);
	free(p);
	return status;
}
