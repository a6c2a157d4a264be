/* target.c - the target vector of an edit.  See target.h. */
#include "edit/target.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/target_job.h"
#include "math/optim.h"
#include "math/threads.h"
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
			copy_row(t->v0, x, j->lookups[s->lookups_at] -
				 j->constant, width);
		for (k = 0; k < t->nprobes; k++, node++) {
			if (site == EE_AT_KEY && t->keys != NULL)
				copy_row(t->keys + k * width, x,
					 *node - j->constant, width);
			if (site == EE_AT_MLP && t->outputs != NULL)
				copy_row(t->outputs + k * width, x,
					 *node - j->constant, width);
		}
	}
	return EE_OK;
}

/* The rows that are read at constant nodes. */
static void
take_constant_rows(struct ee_target_job *j, const float *x)
{
	size_t i;

	for (i = 0; i < j->nreads; i++)
		if (j->reads[i].node < j->constant)
			copy_row(j->rows + i * j->d, x, j->reads[i].row, j->d);
}

/* The constant nodes through all layers, so that their keys and values are
 * there for the moving ones. */
static enum ee_status
compute_constants(struct ee_target_job *j)
{
	struct ee_span span;
	float *x = ee_floats(j->constant * j->d + 1, j->err);
	enum ee_status status = EE_ENOMEM;

	if (x != NULL)
		status = ee_span_make(&span, &j->trie, 0, j->constant,
				      j->err);
	if (status == EE_OK) {
		j->pass.tips = &j->ends;
		status = ee_embed(&j->pass, &span, x, j->err);
		if (status == EE_OK)
			status = ee_forward(&j->pass, &span, 0, j->layers, x,
					    j->err);
		ee_span_free(&span);
	}
	if (status == EE_OK)
		take_constant_rows(j, x);
	free(x);
	return status;
}

/* The moving nodes up to layer L, with what it shows on the way. */
static enum ee_status
compute_base(struct ee_target_job *j)
{
	const size_t layer = j->params->layer;

	j->pass.tips = NULL;
	j->pass.tap = take;
	j->pass.ctx = j;
	ee_pass_want(&j->pass, layer, EE_AT_KEY);
	ee_pass_want(&j->pass, layer, EE_AT_MLP);
	ee_pass_want(&j->pass, layer, j->params->at);
	TRY(ee_embed(&j->pass, &j->moving, j->base, j->err));
	TRY(ee_forward(&j->pass, &j->moving, 0, layer + 1, j->base, j->err));
	ee_pass_want_nothing(&j->pass);
	return EE_OK;
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
	j->pass.tips = &j->tips;
	TRY(ee_forward(&j->pass, &j->moving, j->params->layer + 1, j->layers,
		       j->x, j->err));
	for (i = 0; i < j->nreads; i++)
		if (j->reads[i].node >= j->constant)
			copy_row(j->rows + i * j->d, j->x, j->reads[i].row,
				 j->d);
	return ee_logits(j->model, j->nreads, j->rows, NULL, j->logits,
			 j->err);
}

/* From the gradients of the logits to those of x, in j->x. */
static enum ee_status
backward(struct ee_target_job *j)
{
	size_t i;

	TRY(ee_logits_back(j->model, j->nreads, j->rows, j->logits, j->drows,
			   j->err));
	memset(j->x, 0, j->tips.n * j->d * sizeof(*j->x));
	for (i = 0; i < j->nreads; i++)
		if (j->reads[i].node >= j->constant)
			ee_axpy(j->d, 1, j->drows + i * j->d,
				j->x + j->reads[i].row * j->d);
	return ee_backward(&j->pass, &j->moving, &j->tape, j->x, j->err);
}

/* One step of Adam, within the clamp. */
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
	if (!ee_all_finite(j->d, grad)) {
		snprintf(s->t->why, sizeof(s->t->why), "the gradient of step "
			 "%u is not finite", step);
		return ee_target_finish(j, s, EE_NOT_FINITE);
	}
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
	const size_t logps = ee_threads() * j->vocab;
	const size_t scratch = logps > j->d ? logps : j->d;

	j->base = ee_floats(moving * j->d, j->err);
	j->x = ee_floats(moving * j->d, j->err);
	j->rows = ee_floats(j->nreads * j->d, j->err);
	j->drows = ee_floats(j->nreads * j->d, j->err);
	j->logits = ee_floats(j->nreads * j->vocab, j->err);
	j->scratch = ee_floats(scratch, j->err);
	if (j->base == NULL || j->x == NULL || j->rows == NULL ||
	    j->drows == NULL || j->logits == NULL || j->scratch == NULL)
		return EE_ENOMEM;
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
	ee_span_free(&j->tips);
	ee_span_free(&j->ends);
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
	TRY(compute_base(j));
	for (i = 0; i < j->nstates; i++) {
		struct ee_target_state *s = &j->states[i];

		s->v0_norm = ee_norm2(j->d, s->t->v0);
		if (s->v0_norm > 0 && isfinite(s->v0_norm))
			continue;
		snprintf(s->t->why, sizeof(s->t->why), "the state to be "
			 "changed is zero or not finite");
		TRY(ee_target_finish(j, s, EE_NOT_FINITE));
	}
	return EE_OK;
}

/* How many requests go on? */
static size_t
running(const struct ee_target_job *j)
{
	size_t i, n = 0;

	for (i = 0; i < j->nstates; i++)
		n += !j->states[i].done;
	return n;
}

/* Steps until all have ended, or so many that it is worth while to lay out
 * the rest anew. */
static enum ee_status
optimise(struct ee_target_job *j, unsigned *step,
	 struct ee_progress *progress)
{
	const size_t quarter = j->nstates / 4;
	const size_t few = j->nstates - (quarter > 0 ? quarter : 1);
	size_t i;

	do {
		TRY(forward(j));
		TRY(ee_target_losses(j, *step));
		if (progress != NULL)
			ee_progress_add(progress, (double)j->nstates);
		if (running(j) == 0)
			return EE_OK;
		TRY(backward(j));
		for (i = 0; i < j->nstates; i++)
			if (!j->states[i].done)
				TRY(step_one(j, &j->states[i], *step));
		++*step;
	} while (running(j) > few);
	return EE_OK;
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
		s->p0 = ee_floats(s->t->kl != NULL ? j->vocab : 1, j->err);
		if (s->m == NULL || s->v == NULL || s->p0 == NULL)
			return EE_ENOMEM;
		s->t->used = 0;
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
	unsigned step = 0;
	size_t i;

	while (status == EE_OK && j.nstates > 0) {
		status = open_layout(&j);
		if (status == EE_OK)
			status = optimise(&j, &step, progress);
		close_layout(&j);
		if (status == EE_OK)
			drop_done(&j);
	}
	for (i = 0; j.states != NULL && i < j.nstates; i++)
		free_state(&j.states[i]);
	free(j.states);
	return status;
}
