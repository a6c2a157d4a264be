/* target.c - the target vector of an edit.  See target.h. */
#include "edit/target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/target_job.h"
#include "math/optim.h"
#include "math/vec.h"

static void
copy_row(float *to, const float *x, size_t row, size_t width)
{
	memcpy(to, x + row * width, width * sizeof(*to));
}

/* What layer L shows on the way: v0, keys and outputs of the probes. */
static enum ee_status
take(void *ctx, size_t layer, enum ee_site site, const float *x, size_t n,
     size_t width, struct ee_err *err)
{
	struct ee_target_job *j = ctx;
	const uint32_t *node = j->probes;
	size_t i, k;

	(void)layer, (void)n, (void)err;
	for (i = 0; i < j->nstates; i++) {
		struct ee_target_state *s = &j->states[i];
		struct ee_target *t = s->t;

		if (site == j->params->at)
			copy_row(t->v0, x, j->lookups[s->lookups_at], width);
		for (k = 0; k < t->nprobes; k++, node++) {
			if (site == EE_AT_KEY && t->keys != NULL)
				copy_row(t->keys + k * width, x, *node,
					 width);
			if (site == EE_AT_MLP && t->outputs != NULL)
				copy_row(t->outputs + k * width, x, *node,
					 width);
		}
	}
	return EE_OK;
}

/* All nodes up to layer L, then the constant ones through the rest, so that
 * their keys and values are there for the moving ones; and the rows of what
 * is read there. */
static enum ee_status
compute_constants(struct ee_target_job *j)
{
	const size_t first = j->params->layer + 1, n = j->trie.n;
	struct ee_span all, constant;
	float *x = ee_floats(n * j->d, j->err);
	enum ee_status status;
	size_t i;

	if (x == NULL)
		return EE_ENOMEM;
	status = ee_span_make(&all, &j->trie, 0, n, j->err);
	if (status != EE_OK)
		goto free_x;
	status = ee_span_make(&constant, &j->trie, 0, j->constant, j->err);
	if (status != EE_OK)
		goto free_all;
	j->pass.tap = take;
	j->pass.ctx = j;
	ee_pass_want(&j->pass, j->params->layer, EE_AT_KEY);
	ee_pass_want(&j->pass, j->params->layer, EE_AT_MLP);
	ee_pass_want(&j->pass, j->params->layer, j->params->at);
	status = ee_embed(&j->pass, &all, x, j->err);
	if (status == EE_OK)
		status = ee_forward(&j->pass, &all, 0, first, x, j->err);
	ee_pass_want_nothing(&j->pass);
	if (status == EE_OK) {
		memcpy(j->base, x + j->constant * j->d,
		       (n - j->constant) * j->d * sizeof(*x));
		status = ee_forward(&j->pass, &constant, first, j->layers, x,
				    j->err);
	}
	for (i = 0; i < j->nreads && status == EE_OK; i++)
		if (j->reads[i].node < j->constant)
			copy_row(j->rows + i * j->d, x, j->reads[i].node,
				 j->d);
	ee_span_free(&constant);
free_all:
	ee_span_free(&all);
free_x:
	free(x);
	return status;
}

/* x = base + delta at the lookup nodes, computed to the last layer; then the
 * rows that are read and their logits. */
static enum ee_status
forward(struct ee_target_job *j)
{
	const size_t moving = j->trie.n - j->constant;
	size_t i, k;

	memcpy(j->x, j->base, moving * j->d * sizeof(*j->x));
	for (i = 0; i < j->nstates; i++) {
		const struct ee_target_state *s = &j->states[i];

		for (k = 0; k < s->nlookups; k++)
			ee_axpy(j->d, 1, s->t->delta, j->x +
				(j->lookups[s->lookups_at + k] -
				 j->constant) * j->d);
	}
	j->pass.tape = &j->tape;
	TRY(ee_forward(&j->pass, &j->moving, j->params->layer + 1, j->layers,
		       j->x, j->err));
	for (i = 0; i < j->nreads; i++)
		if (j->reads[i].node >= j->constant)
			copy_row(j->rows + i * j->d, j->x,
				 j->reads[i].node - j->constant, j->d);
	return ee_logits(j->model, j->nreads, j->rows, NULL, j->logits,
			 j->err);
}

/* From the gradients of the logits to those of x, in j->x. */
static enum ee_status
backward(struct ee_target_job *j)
{
	const size_t moving = j->trie.n - j->constant;
	size_t i;

	TRY(ee_logits_back(j->model, j->nreads, j->rows, j->logits, j->drows,
			   j->err));
	memset(j->x, 0, moving * j->d * sizeof(*j->x));
	for (i = 0; i < j->nreads; i++)
		if (j->reads[i].node >= j->constant)
			ee_axpy(j->d, 1, j->drows + i * j->d, j->x +
				(j->reads[i].node - j->constant) * j->d);
	return ee_backward(&j->pass, &j->moving, &j->tape, j->x, j->err);
}

static enum ee_status
step_one(struct ee_target_job *j, struct ee_target_state *s, unsigned step)
{
	const struct ee_target_params *p = j->params;
	float *delta = s->t->delta, *grad = j->scratch;
	const double length = ee_norm2(j->d, delta);
	const double most = p->clamp * s->v0_norm;
	double now;
	size_t i;

	memset(grad, 0, j->d * sizeof(*grad));
	for (i = 0; i < s->nlookups; i++)
		ee_axpy(j->d, 1, j->x + (j->lookups[s->lookups_at + i] -
					 j->constant) * j->d, grad);
	if (length > 0)
		ee_axpy(j->d, (float)(p->weight_decay /
				      (s->v0_norm * s->v0_norm * length)),
			delta, grad);
	if (!ee_all_finite(j->d, grad))
		return ee_fail(j->err, EE_EMATH, "the gradient of step %u is "
			       "not finite", step);
	ee_optim_step(EE_OPTIM_ADAM, j->d, step + 1, p->lr, grad, s->m, s->v,
		      delta);
	now = ee_norm2(j->d, delta);
	if (now > most)
		for (i = 0; i < j->d; i++)
			delta[i] = (float)((double)delta[i] * (most / now));
	return EE_OK;
}

/* Memory for the nodes of the present layout. */
static enum ee_status
make_room(struct ee_target_job *j)
{
	const size_t moving = j->trie.n - j->constant;
	const size_t scratch = j->vocab > j->d ? j->vocab : j->d;

	j->base = ee_floats(moving * j->d, j->err);
	j->x = ee_floats(moving * j->d, j->err);
	j->rows = ee_floats(j->nreads * j->d, j->err);
	j->drows = ee_floats(j->nreads * j->d, j->err);
	j->logits = ee_floats(j->nreads * j->vocab, j->err);
	j->scratch = ee_floats(scratch, j->err);
	if (j->base == NULL || j->x == NULL || j->rows == NULL ||
	    j->drows == NULL || j->logits == NULL || j->scratch == NULL)
		return EE_ENOMEM;
	TRY(ee_span_make(&j->moving, &j->trie, j->constant, j->trie.n,
			 j->err));
	return ee_tape_open(&j->tape, j->model, moving,
			    j->params->layer + 1, j->layers, j->err);
}

static void
close_layout(struct ee_target_job *j)
{
	free(j->reads);
	free(j->lookups);
	free(j->probes);
	free(j->base);
	free(j->x);
	free(j->rows);
	free(j->drows);
	free(j->logits);
	free(j->scratch);
	j->reads = NULL;
	j->lookups = j->probes = NULL;
	j->base = j->x = j->rows = j->drows = j->logits = j->scratch = NULL;
	j->nreads = j->nlookups = 0;
	ee_tape_close(&j->tape);
	ee_span_free(&j->moving);
	if (j->pass.model != NULL)
		ee_pass_close(&j->pass);
	j->pass.model = NULL;
	ee_trie_free(&j->trie);
}

/* Lay out the requests that go on and compute all that is constant. */
static enum ee_status
open_layout(struct ee_target_job *j)
{
	size_t i;

	for (i = 0; i < j->nstates; i++)
		j->states[i].nlookups = j->states[i].nreads = 0;
	TRY(ee_target_layout(j));
	TRY(ee_pass_open(&j->pass, j->model, &j->trie, EE_KEEP_KV, j->err));
	TRY(make_room(j));
	TRY(compute_constants(j));
	for (i = 0; i < j->nstates; i++) {
		struct ee_target_state *s = &j->states[i];

		s->v0_norm = ee_norm2(j->d, s->t->v0);
		if (!(s->v0_norm > 0) || !isfinite(s->v0_norm))
			return ee_fail(j->err, EE_EMATH, "the state to be "
				       "changed is zero or not finite");
	}
	return EE_OK;
}

/* Steps until all have ended, or so many that it is worth while to lay out
 * the rest anew. */
static enum ee_status
optimise(struct ee_target_job *j, unsigned *step, size_t *running,
	 struct ee_progress *progress)
{
	size_t i;

	for (;; (*step)++) {
		TRY(forward(j));
		TRY(ee_target_losses(j, *step, running));
		if (progress != NULL)
			ee_progress_add(progress, (double)j->nstates);
		if (*running == 0)
			return EE_OK;
		TRY(backward(j));
		for (i = 0; i < j->nstates; i++)
			if (!j->states[i].done)
				TRY(step_one(j, &j->states[i], *step));
		if (*running <= j->nstates - j->nstates / 4 &&
		    *running < j->nstates) {
			(*step)++;
			return EE_OK;
		}
	}
}

static void
free_state(struct ee_target_state *s)
{
	free(s->m);
	free(s->v);
	free(s->p0);
}

/* Keep only the requests that go on. */
static void
drop_done(struct ee_target_job *j)
{
	size_t i, n = 0;

	for (i = 0; i < j->nstates; i++) {
		if (j->states[i].done)
			free_state(&j->states[i]);
		else
			j->states[n++] = j->states[i];
	}
	j->nstates = n;
}

static enum ee_status
start(struct ee_target_job *j, struct ee_target *targets)
{
	size_t i;

	j->states = ee_calloc(j->nstates, sizeof(*j->states), j->err);
	if (j->states == NULL)
		return EE_ENOMEM;
	for (i = 0; i < j->nstates; i++) {
		struct ee_target_state *s = &j->states[i];

		s->t = &targets[i];
		s->m = ee_calloc(j->d, sizeof(*s->m), j->err);
		s->v = ee_calloc(j->d, sizeof(*s->v), j->err);
		if (s->m == NULL || s->v == NULL)
			return EE_ENOMEM;
		memset(s->t->delta, 0, j->d * sizeof(*s->t->delta));
	}
	return EE_OK;
}

enum ee_status
ee_targets(const struct ee_model *model,
	   const struct ee_target_params *params, struct ee_target *targets,
	   size_t n, struct ee_progress *progress, struct ee_err *err)
{
	struct ee_target_job j = { .model = model, .params = params,
				   .nstates = n, .d = model->config.d,
				   .vocab = model->config.vocab,
				   .layers = model->config.layers,
				   .err = err };
	enum ee_status status = start(&j, targets);
	size_t running = n, i;
	unsigned step = 0;

	while (status == EE_OK && running > 0) {
		status = open_layout(&j);
		if (status == EE_OK)
			status = optimise(&j, &step, &running, progress);
		close_layout(&j);
		if (status == EE_OK)
			drop_done(&j);
	}
	for (i = 0; j.states != NULL && i < j.nstates; i++)
		free_state(&j.states[i]);
	free(j.states);
	return status;
}
