/* mendlearn.c - one step of a hypernetwork's training.  See mendlearn.h. */
#include "edit/mendlearn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/mendlearn_job.h"
#include "math/optim.h"
#include "math/vec.h"

enum ee_status
ee_mend_learner_open(struct ee_mend_learner *l, struct ee_err *err)
{
	const size_t n = l->m->nlearned;

	l->steps = 0;
	l->grad = ee_calloc(n, sizeof(*l->grad), err);
	l->adam_m = ee_calloc(n, sizeof(*l->adam_m), err);
	l->adam_v = ee_calloc(n, sizeof(*l->adam_v), err);
	if (l->grad != NULL && l->adam_m != NULL && l->adam_v != NULL)
		return EE_OK;
	ee_mend_learner_close(l);
	return EE_ENOMEM;
}

void
ee_mend_learner_close(struct ee_mend_learner *l)
{
	free(l->grad);
	free(l->adam_m);
	free(l->adam_v);
	l->grad = l->adam_m = l->adam_v = NULL;
}

enum ee_status
ee_mend_step(struct ee_mend_learner *l, double *norm, struct ee_err *err)
{
	const struct ee_mend_params *p = l->params;
	const size_t n = l->m->nlearned, rates = l->m->nparams;
	const double lr_lr = l->like_easyedit ? p->lr : p->lr_lr;
	double factor;

	*norm = ee_total_norm(n, l->grad);
	if (!isfinite(*norm))
		return ee_fail(err, EE_EMATH, "the gradient is not finite");
	factor = ee_clip_factor(*norm, p->grad_clip);
	if (factor < 1)
		ee_scal(n, (float)factor, l->grad);
	l->steps++;
	ee_optim_step(p->opt, rates, l->steps, lr_lr, l->grad, l->adam_m,
		      l->adam_v, l->m->learned);
	ee_optim_step(p->opt, n - rates, l->steps, p->lr, l->grad + rates,
		      l->adam_m + rates, l->adam_v + rates,
		      l->m->learned + rates);
	memset(l->grad, 0, n * sizeof(*l->grad));
	return EE_OK;
}

/* EasyEdit pads a group on the left, and GPT-2's positions go on counting. */
static void
shift_group(const struct ee_mend_job *j, const struct ee_mend_group *g,
	    struct ee_example_shift *shift)
{
	size_t edit = 0, outer = 0, loc = 0, i;

	for (i = 0; i < g->n; i++) {
		const struct ee_example *l = &j->examples[g->ids[i]];

		edit = l->edit.n > edit ? l->edit.n : edit;
		outer = l->outer.n > outer ? l->outer.n : outer;
		loc = l->loc.n > loc ? l->loc.n : loc;
	}
	for (i = 0; i < g->n; i++) {
		const struct ee_example *l = &j->examples[g->ids[i]];

		shift[i].edit = (uint32_t)(edit - l->edit.n);
		shift[i].outer = (uint32_t)(outer - l->outer.n);
		shift[i].loc = (uint32_t)(loc - l->loc.n);
	}
}

/* What the frozen model gives for all examples, in order of the groups. */
static enum ee_status
take_frozen(struct ee_mend_job *j, struct ee_frozen_cache *cache)
{
	const struct ee_mend_learner *l = j->learner;
	const bool pads = l->like_easyedit && j->nexamples > j->n &&
		ee_model_param(l->model, 0, EE_W_POSITION)->module != NULL;
	struct ee_example_shift *shift = NULL;
	size_t *ids = ee_calloc(j->nexamples, sizeof(*ids), j->err);
	enum ee_status status = ids != NULL ? EE_OK : EE_ENOMEM;
	size_t i, at = 0;

	if (status == EE_OK && pads) {
		shift = ee_calloc(j->nexamples, sizeof(*shift), j->err);
		status = shift != NULL ? EE_OK : EE_ENOMEM;
	}
	for (i = 0; i < j->n && status == EE_OK; i++) {
		memcpy(ids + at, j->groups[i].ids,
		       j->groups[i].n * sizeof(*ids));
		if (pads)
			shift_group(j, &j->groups[i], shift + at);
		at += j->groups[i].n;
	}
	if (status == EE_OK)
		status = ee_frozen_cache_take(cache, ids, at, shift,
					      j->frozen, j->err);
	free(shift);
	free(ids);
	return status;
}

/* The rows of one group and parameter: those of its examples one after the
 * other, as the gradient of the mean over all their labels. */
static enum ee_status
gather(struct ee_mend_job *j, size_t group, size_t param,
       struct ee_mend_rows *rows)
{
	const struct ee_mend *m = j->learner->m;
	const struct ee_mend_param *p = &m->param[param];
	const struct ee_mend_group *g = &j->groups[group];
	const size_t first = j->first_example[group];
	size_t n = 0, labels = 0, i, at = 0;

	for (i = 0; i < g->n; i++) {
		n += j->views[(first + i) * m->nparams + param].n;
		labels += j->examples[g->ids[i]].edit.nlabels;
	}
	TRY(ee_mend_rows_make(rows, m, param, n, j->err));
	for (i = 0; i < g->n; i++) {
		const struct ee_mend_rows *from =
			&j->views[(first + i) * m->nparams + param];

		memcpy(rows->x + at * p->in, from->x,
		       from->n * p->in * sizeof(*from->x));
		memcpy(rows->delta + at * p->out, from->delta,
		       from->n * p->out * sizeof(*from->delta));
		at += from->n;
	}
	ee_scal(n * p->out, 1 / (float)labels, rows->delta);
	return EE_OK;
}

/*
 * Each group's rows, observed if this is training, normalised, transformed.
 * The reference does so weight by weight: what one weight's rows do to the
 * statistics, the next one of the same shape sees.
 */
static enum ee_status
transform(struct ee_mend_job *j)
{
	struct ee_mend *m = j->learner->m;
	size_t g, k;

	for (g = 0; g < j->n; g++) {
		for (k = 0; k < m->nparams; k++) {
			const size_t b = g * m->nparams + k;

			TRY(gather(j, g, k, &j->normal[b]));
			if (j->train && j->normal[b].n > 0)
				TRY(ee_mend_observe(m, &j->normal[b],
						    j->err));
			ee_mend_normal(m, &j->normal[b], &j->normal[b]);
			TRY(ee_mend_rows_make(&j->changed[b], m, k,
					      j->normal[b].n, j->err));
		}
	}
	return ee_mend_transform(m, j->n * m->nparams, j->normal, j->changed,
				 j->train ? &j->tape : NULL, j->err);
}

/* From the patches' h and g to the gradient of everything learned. */
static void
back_part(void *arg, size_t begin, size_t end, unsigned thread)
{
	struct ee_mend_job *j = arg;
	size_t b;

	(void)thread;
	for (b = begin; b < end; b++) {
		const struct ee_patch *p = &j->patches[b];
		struct ee_err err;

		j->back_status[b] = ee_mend_update_back(j->learner->m,
			&j->changed[b], p->end - p->begin, p->h, p->g,
			&j->dchanged[b], &j->dlr[b], &err);
	}
}

static enum ee_status
backward(struct ee_mend_job *j)
{
	const struct ee_mend *m = j->learner->m;
	const size_t blocks = j->n * m->nparams;
	size_t b;

	for (b = 0; b < blocks; b++)
		TRY(ee_mend_rows_make(&j->dchanged[b], m, b % m->nparams,
				      j->changed[b].n, j->err));
	ee_parallel(blocks, 1, back_part, j);
	for (b = 0; b < blocks; b++) {
		if (j->back_status[b] != EE_OK)
			return ee_fail(j->err, j->back_status[b],
				       "out of memory");
		j->learner->grad[b % m->nparams] += j->dlr[b];
	}
	return ee_mend_transform_back(m, blocks, j->dchanged, &j->tape,
				      j->learner->grad, j->err);
}

enum ee_status
ee_mend_losses(struct ee_mend_learner *l, const struct ee_example *examples,
	       struct ee_frozen_cache *cache,
	       const struct ee_mend_group *groups, size_t n, bool train,
	       size_t accumulate, struct ee_mend_loss *losses,
	       struct ee_err *err)
{
	struct ee_mend_job j = { .learner = l, .examples = examples,
				 .groups = groups, .n = n, .train = train,
				 .accumulate = accumulate, .losses = losses,
				 .err = err };
	enum ee_status status = ee_mend_job_open(&j);

	if (status == EE_OK)
		status = take_frozen(&j, cache);
	if (status == EE_OK) {
		ee_mend_job_view(&j);
		status = transform(&j);
	}
	if (status == EE_OK)
		status = ee_mend_job_pass(&j);
	if (status == EE_OK && train)
		status = backward(&j);
	ee_mend_job_close(&j);
	return status;
}
