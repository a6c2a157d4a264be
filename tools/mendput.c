/* mendput.c - an update of ee-mend-apply, told and as a record.  See
 * mendwork.h. */
#include "mendwork.h"

static double
mean(const double *x, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += x[i];
	return sum / (double)n;
}

void
mend_tell(const struct mend_update *u)
{
	const struct mend_work *w = u->w;
	double update = 0;
	char who[80];
	size_t i;

	if (w->tool->quiet)
		return;
	for (i = 0; i < w->m->nparams; i++)
		update = u->sizes[i] > update ? u->sizes[i] : update;
	if (u->n == 1)
		snprintf(who, sizeof(who), "case %s",
			 w->requests[u->first].id);
	else
		snprintf(who, sizeof(who), "%zu cases", u->n);
	fprintf(stderr, "%s: %s: loss %.3g -> %.3g; %sp(target) %.3g -> %.3g;"
		" |dW|/|W| %.3g at most\n", w->tool->name, who,
		u->edit->loss_before, u->edit->loss_after,
		u->n == 1 ? "" : "mean ", mean(u->p_before, u->n),
		mean(u->p_after, u->n), update);
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
report(const struct mend_update *u, size_t param, struct ee_arena *a)
{
	struct ee_value v = ee_map();

	ee_put(a, &v, "tokens", ee_int((int64_t)u->edit->tokens[param]));
	ee_put(a, &v, "lr", ee_real((double)u->w->m->learned[param]));
	ee_put(a, &v, "loss_before", ee_real(u->edit->loss_before));
	ee_put(a, &v, "loss_after", ee_real(u->edit->loss_after));
	ee_put(a, &v, "p_before", numbers(a, u->n, u->p_before));
	ee_put(a, &v, "p_after", numbers(a, u->n, u->p_after));
	ee_put(a, &v, "update_norm", ee_real(u->sizes[param]));
	return v;
}

enum ee_status
mend_put(const struct mend_update *u, size_t param)
{
	struct mend_work *w = u->w;
	struct ee_arena *a = &w->arena;
	const struct ee_plain *r = &w->requests[u->first];
	struct ee_value record, cases = ee_list(), requests = ee_list();
	size_t i;

	ee_arena_reset(a);
	record = ee_delta_record(a, &u->deltas[param]);
	for (i = 0; i < u->n; i++) {
		ee_add(a, &cases, ee_text(r[i].id));
		ee_add(a, &requests, ee_plain_value(a, &r[i]));
	}
	if (u->n == 1) {
		ee_put(a, &record, "case", ee_text(r->id));
		ee_put(a, &record, "request", ee_plain_value(a, r));
	} else {
		ee_put(a, &record, "cases", cases);
		ee_put(a, &record, "requests", requests);
	}
	ee_put(a, &record, "method", ee_text("MEND"));
	ee_put(a, &record, "layer",
	       ee_int((int64_t)w->m->param[param].layer));
	ee_put(a, &record, "report", report(u, param, a));
	return ee_writer_put(w->tool->out, &record, &w->tool->err);
}
