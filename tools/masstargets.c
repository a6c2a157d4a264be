/* masstargets.c - the targets of many requests.  See masstargets.h. */
#include "masstargets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "masscache.h"
#include "math/vec.h"

/* Bytes for a batch, where nothing is said. */
static const size_t USUAL_BATCH = (size_t)2 << 30;

/* Bytes that the moving part of one request takes, about. */
static size_t
weight_of(const struct session *s, const struct mass_case *c)
{
	size_t tokens = 1, i;

	for (i = 0; i < c->prompts.nrows; i++)
		tokens += c->prompts.rows[i].n - c->prompts.rows[i].at;
	return budget_search(&s->model->config, mass_last_layer(s), tokens,
			     c->prompts.nrows * c->prompts.target.n);
}

/* How much targets that are searched for together may take: what there is, but
 * there must be a batch of one. */
static size_t
plan(const struct session *s, struct mass_case *const *cases, size_t n)
{
	const struct ee_config *m = &s->model->config;
	struct budget b = {
		.held = budget_base() +
			budget_edits(m, &s->hparams, false,
				     budget_factors(s->tool, m, &s->hparams)),
	};
	const size_t left = budget_left(s->tool, &b, 0);
	size_t least = 0, i;

	b.batch = USUAL_BATCH;
	if (s->tool->memory > 0) {
		for (i = 0; i < n; i++)
			if (weight_of(s, cases[i]) > least)
				least = weight_of(s, cases[i]);
		b.batch = left > least ? left : least;
	}
	budget_tell(s->tool, &b, NULL);
	return b.batch;
}

static void
prepare(struct session *s, struct mass_case *c, struct ee_target *t)
{
	memset(t, 0, sizeof(*t));
	t->rows = c->prompts.rows;
	t->nrows = c->prompts.nrows;
	t->kl = &c->prompts.kl;
	t->target = c->prompts.target.ids;
	t->ntarget = c->prompts.target.n;
	t->v0 = c->v0;
	t->delta = ee_floats(s->model->config.d, &s->tool->err);
	t->losses = ee_calloc((size_t)s->hparams.steps, sizeof(*t->losses),
			      &s->tool->err);
}

/* Requests being worked on together. */
struct finding {
	struct session *session;
	const struct mass_how *how;
	struct ee_target_params params;
	struct mass_case **cases;
	struct ee_target *targets;
	struct ee_target_work work;
	struct ee_progress progress;
};

static enum ee_status
ended(void *ctx, const struct ee_target *t)
{
	struct finding *f = ctx;
	struct session *s = f->session;
	struct mass_case *c = f->cases[t - f->targets];
	const size_t d = s->model->config.d;
	struct ee_value record;

	if (t->end == EE_NOT_FINITE)
		return mass_cases_bad(s, c->number, f->how->strict,
				      ee_fail(&s->tool->err, EE_EMATH,
					      "case %s: %s", c->request.id,
					      t->why));
	memcpy(c->z, t->v0, d * sizeof(*t->v0));
	ee_axpy(d, 1, t->delta, c->z);
	c->found = true;
	ee_progress_add(&f->progress, 1);
	if (f->how->cache == NULL)
		return EE_OK;
	record = mass_target_record(s, c, t);
	return mass_cache_put(s, f->how->cache, &f->params, c, &record);
}

static enum ee_status
find_batch(struct finding *f, struct mass_case **cases, size_t n)
{
	struct session *s = f->session;
	struct ee_target *t = ee_calloc(n, sizeof(*t), &s->tool->err);
	enum ee_status status = t != NULL ? EE_OK : EE_ENOMEM;
	struct ee_value record;
	size_t i;

	f->cases = cases;
	f->targets = t;
	for (i = 0; i < n && status == EE_OK; i++) {
		prepare(s, cases[i], &t[i]);
		if (t[i].delta == NULL || t[i].losses == NULL)
			status = EE_ENOMEM;
	}
	if (status == EE_OK)
		status = ee_targets(s->model, &f->params, t, n, NULL,
				    &s->tool->err);
	for (i = 0; f->how->put && f->how->cache == NULL && i < n &&
	     status == EE_OK; i++) {
		if (!cases[i]->found)
			continue;
		record = mass_target_record(s, cases[i], &t[i]);
		status = ee_writer_put(s->tool->out, &record, &s->tool->err);
	}
	for (i = 0; t != NULL && i < n; i++) {
		free(t[i].delta);
		free(t[i].losses);
	}
	free(t);
	return status;
}

/* Those that have no target, in batches. */
static enum ee_status
find_all(struct finding *f, struct mass_case *cases, size_t n)
{
	struct mass_case **left = ee_calloc(n, sizeof(*left),
					    &f->session->tool->err);
	enum ee_status status = left != NULL ? EE_OK : EE_ENOMEM;
	size_t i, end, used, count = 0, room = 0;

	for (i = 0; i < n && status == EE_OK; i++)
		if (!cases[i].found)
			left[count++] = &cases[i];
	if (status == EE_OK && count > 0)
		room = plan(f->session, left, count);
	for (i = 0; i < count && status == EE_OK; i = end) {
		used = weight_of(f->session, left[i]);
		for (end = i + 1; end < count; end++) {
			used += weight_of(f->session, left[end]);
			if (used > room)
				break;
		}
		status = find_batch(f, left + i, end - i);
	}
	free(left);
	return status;
}

enum ee_status
mass_targets_find(struct session *s, const struct mass_how *how,
		  struct mass_case *cases, size_t n)
{
	const struct ee_hparams *h = &s->hparams;
	struct finding f = { .session = s, .how = how, .params = {
		.layer = mass_last_layer(s), .at = EE_AT_OUT,
		.steps = (unsigned)h->steps, .lr = h->lr,
		.weight_decay = h->weight_decay, .clamp = h->clamp,
		.kl_factor = h->kl_factor, .stop = how->stop,
		.ended = ended, .ctx = &f } };
	enum ee_status status = EE_OK;

	f.params.work = &f.work;
	if (n == 0)
		return EE_OK;
	if (how->cache != NULL)
		status = mass_cache_take(s, how->cache, &f.params, cases, n,
					 false);
	ee_progress_start(&f.progress, tool_progress(s->tool), "targets",
			  (double)n);
	if (status == EE_OK)
		status = find_all(&f, cases, n);
	ee_progress_end(&f.progress);
	if (s->tool->verbose)
		fprintf(stderr, "ee-memit: %zu steps of a request, %.1f GFLOP "
			"in products with weights, of at most %zu rows\n",
			f.work.steps, f.work.flops / 1e9, f.work.rows);
	if (status == EE_OK && how->put && how->cache != NULL)
		status = mass_cache_take(s, how->cache, &f.params, cases, n,
					 true);
	return status;
}
