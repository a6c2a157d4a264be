/* mendput.c - one edit of ee-mend-apply: made, told, written.  See
 * mendwork.h. */
#include <stdlib.h>

#include "edit/lowrank.h"
#include "mendwork.h"

/* One edit, while it is made. */
struct job {
	struct mend_work *w;
	size_t first, n;
	struct ee_mend_edit edit;
	struct ee_delta *deltas;	/* (nparams) r is 0 for none */
	double *updates;		/* (nparams) |dW| / |W| */
	struct ee_err *err;
};

static enum ee_status
make_deltas(struct job *j)
{
	const struct mend_work *w = j->w;
	enum ee_status status;
	size_t i;

	j->deltas = ee_calloc(w->m->nparams, sizeof(*j->deltas), j->err);
	j->updates = ee_calloc(w->m->nparams, sizeof(*j->updates), j->err);
	if (j->deltas == NULL || j->updates == NULL)
		return EE_ENOMEM;
	for (i = 0; i < w->m->nparams; i++) {
		struct ee_delta *delta = &j->deltas[i];

		if (j->edit.rows[i].n == 0)
			continue;
		status = ee_mend_delta(w->m, &j->edit.rows[i], delta, j->err);
		if (status != EE_OK)
			return status;
		j->updates[i] = ee_lowrank_norm(delta, j->err) / w->norms[i];
		if (!(j->updates[i] <= w->opt->max_norm) &&
		    w->opt->max_norm > 0)
			return ee_fail(j->err, EE_EMATH, "%s: |dW|/|W| is "
				       "%.3g, more than --max-norm",
				       delta->weight, j->updates[i]);
	}
	return EE_OK;
}

static double
mean(const double *x, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += x[i];
	return sum / (double)n;
}

/* Several edits in one update disturb each other: say where that is too
 * much. */
static void
warn_unlikely(const struct job *j)
{
	size_t i, likely = 0;

	for (i = 0; i < j->n; i++)
		likely += j->edit.p_after[i] > 0.5;
	if (j->n > 1 && likely < j->n)
		ee_warn(&j->w->tool->warn, "%zu of %zu targets are likelier "
			"than not after one update for all: --independent "
			"gives each its own", likely, j->n);
}

static void
tell(const struct job *j)
{
	const struct mend_work *w = j->w;
	double update = 0;
	char who[80];
	size_t i;

	if (w->tool->quiet)
		return;
	for (i = 0; i < w->m->nparams; i++)
		update = j->updates[i] > update ? j->updates[i] : update;
	if (j->n == 1)
		snprintf(who, sizeof(who), "case %s",
			 w->requests[j->first].id);
	else
		snprintf(who, sizeof(who), "%zu cases", j->n);
	fprintf(stderr, "%s: %s: loss %.3g -> %.3g; %sp(target) %.3g -> %.3g;"
		" |dW|/|W| %.3g at most\n", w->tool->name, who,
		j->edit.loss_before, j->edit.loss_after,
		j->n == 1 ? "" : "mean ", mean(j->edit.p_before, j->n),
		mean(j->edit.p_after, j->n), update);
}

/* One number, or a list of them. */
static struct ee_value
numbers(struct ee_arena *a, size_t n, const double *x)
{
	struct ee_value list = ee_list();
	size_t i;

	if (n == 1)
		return ee_real(x[0]);
	for (i = 0; i < n; i++)
		ee_add(a, &list, ee_real(x[i]));
	return list;
}

static struct ee_value
report(const struct job *j, size_t param, struct ee_arena *a)
{
	struct ee_value v = ee_map();

	ee_put(a, &v, "tokens", ee_int((int64_t)j->edit.rows[param].n));
	ee_put(a, &v, "lr", ee_real((double)j->w->m->learned[param]));
	ee_put(a, &v, "loss_before", ee_real(j->edit.loss_before));
	ee_put(a, &v, "loss_after", ee_real(j->edit.loss_after));
	ee_put(a, &v, "p_before", numbers(a, j->n, j->edit.p_before));
	ee_put(a, &v, "p_after", numbers(a, j->n, j->edit.p_after));
	ee_put(a, &v, "update_norm", ee_real(j->updates[param]));
	return v;
}

static enum ee_status
put(const struct job *j, size_t param)
{
	struct mend_work *w = j->w;
	struct ee_arena *a = &w->arena;
	const struct ee_plain *r = &w->requests[j->first];
	struct ee_value record, cases = ee_list(), requests = ee_list();
	size_t i;

	ee_arena_reset(a);
	record = ee_delta_record(a, &j->deltas[param]);
	for (i = 0; i < j->n; i++) {
		ee_add(a, &cases, ee_text(r[i].id));
		ee_add(a, &requests, ee_plain_value(a, &r[i]));
	}
	if (j->n == 1) {
		ee_put(a, &record, "case", ee_text(r->id));
		ee_put(a, &record, "request", ee_plain_value(a, r));
	} else {
		ee_put(a, &record, "cases", cases);
		ee_put(a, &record, "requests", requests);
	}
	ee_put(a, &record, "method", ee_text("MEND"));
	ee_put(a, &record, "layer",
	       ee_int((int64_t)w->m->param[param].layer));
	ee_put(a, &record, "report", report(j, param, a));
	return ee_writer_put(w->tool->out, &record, &w->tool->err);
}

static enum ee_status
put_all(const struct job *j)
{
	struct mend_work *w = j->w;
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < w->m->nparams && status == EE_OK; i++) {
		if (j->deltas[i].r == 0)
			continue;
		status = put(j, i);
		if (status == EE_OK && w->opt->sequential)
			status = mend_lay_over(w, i, &j->deltas[i]);
	}
	return status;
}

enum ee_status
mend_edit(struct mend_work *w, size_t first, size_t n,
	  struct ee_progress *progress)
{
	const struct ee_mend_edit_job edit = { w->model, w->m,
		w->texts + first, w->asks + first, n };
	struct job j = { .w = w, .first = first, .n = n,
			 .err = &w->tool->err };
	enum ee_status status = ee_mend_edit(&edit, &j.edit, j.err);
	size_t i;

	if (status == EE_OK)
		status = make_deltas(&j);
	if (status != EE_OK && n == 1)
		status = ee_within(j.err, status, "case %s",
				   w->requests[first].id);
	ee_progress_end(progress);
	if (status == EE_OK) {
		tell(&j);
		warn_unlikely(&j);
		status = put_all(&j);
	}
	for (i = 0; j.deltas != NULL && i < w->m->nparams; i++)
		ee_delta_free(&j.deltas[i]);
	free(j.deltas);
	free(j.updates);
	ee_mend_edit_free(&j.edit, w->m);
	return status;
}
