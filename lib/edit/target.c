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
			memcpy(j->rows + i * j->d,
			       j->x + j->reads[i].row * j->d,
			       j->d * sizeof(*j->x));
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

static size_t
size_of(const struct ee_model *m, size_t layer, enum ee_role role)
{
	const struct ee_param *p = ee_model_param(m, layer, role);

	return p->module != NULL ? p->w.in * p->w.out : 0;
}

/* Operations of products with weights on the way there; as many go back. */
static double
flops_of(const struct ee_target_job *j)
{
	const size_t moving = j->trie.n - j->constant;
	double flops = 2.0 * (double)j->nreads * (double)j->vocab *
		       (double)j->d;
	size_t i, role;

	for (i = j->params->layer + 1; i < j->layers; i++) {
		for (role = 0; role < EE_LAYER_ROLES; role++) {
			const bool tips = i + 1 == j->layers &&
					  role >= EE_W_PROJ;

			flops += 2.0 * (double)(tips ? j->tips.n : moving) *
				 (double)size_of(j->model, i,
						 (enum ee_role)role);
		}
	}
	return flops;
}

static void
count_step(const struct ee_target_job *j, bool back)
{
	struct ee_target_work *w = j->params->work;
	const size_t moving = j->trie.n - j->constant;
	const size_t rows = moving > j->nreads ? moving : j->nreads;

	if (w == NULL)
		return;
	w->flops += flops_of(j);
	if (!back) {
		w->steps += j->nstates;
		w->rows = rows > w->rows ? rows : w->rows;
	}
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
		count_step(j, false);
		TRY(ee_target_losses(j, *step));
		if (progress != NULL)
			ee_progress_add(progress, (double)j->nstates);
		if (running(j) == 0)
			return EE_OK;
		TRY(backward(j));
		count_step(j, true);
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
		s->tag = (uint32_t)i + 1;
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

	if (status == EE_OK && n > 0)
		status = ee_target_open(&j);
	while (status == EE_OK && j.nstates > 0) {
		status = optimise(&j, &step, progress);
		if (status == EE_OK)
			drop_done(&j);
		if (status == EE_OK && j.nstates > 0)
			status = ee_target_reopen(&j);
	}
	ee_target_close(&j);
	for (i = 0; j.states != NULL && i < j.nstates; i++)
		free_state(&j.states[i]);
	free(j.states);
	return status;
}
