/*
 * target_loss.c - what is read of the logits: losses, their gradients, and
 * whether a request has come to its end.  See target.h, target_job.h.
 *
 * Reads are independent of each other and share the threads; what they say
 * is added up afterwards, in their order, so that it does not depend on how
 * many threads there are.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "edit/target_job.h"
#include "math/threads.h"
#include "math/vec.h"

/* value = sum p (log p - log p0) and, in place of the logits, its gradient
 * times 'factor': p (log p - log p0 - value).  The first step's p is p0. */
static void
read_kl(const struct ee_target_job *j, struct ee_target_read *r,
	float *logits, float *logp)
{
	const struct ee_target_state *s = &j->states[r->state];

	ee_log_softmax(j->vocab, logits, logp);
	if (s->t->used == 0)
		memcpy(s->p0, logp, j->vocab * sizeof(*logp));
	r->value = ee_kl(j->vocab, logp, s->p0, logits);
	ee_kl_back(j->vocab, (float)j->params->kl_factor, r->value, logp,
		   s->p0, logits);
}

/* value = log p(want) and, in place, the gradient of -weight times it:
 * weight (p - onehot). */
static void
read_nll(const struct ee_target_job *j, struct ee_target_read *r,
	 float *logits)
{
	const double sum = ee_log_softmax(j->vocab, logits, NULL);

	r->value = (double)logits[r->want] - sum;
	r->said = !(ee_largest(j->vocab, logits) > logits[r->want]);
	ee_exp(j->vocab, (float)r->weight, logits, (float)sum, logits);
	logits[r->want] -= (float)r->weight;
}

static void
read_part(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct ee_target_job *j = arg;
	size_t i;

	for (i = begin; i < end; i++) {
		struct ee_target_read *r = &j->reads[i];
		float *logits = j->logits + i * j->vocab;

		if (j->states[r->state].done)
			continue;
		if (r->want < 0)
			read_kl(j, r, logits, j->scratch + thread * j->vocab);
		else
			read_nll(j, r, logits);
	}
}

/* The loss of one request, from what was read. */
static struct ee_target_loss
loss_of(const struct ee_target_job *j, struct ee_target_state *s)
{
	struct ee_target_loss loss = { 0 };
	double sum = 0;
	size_t i;

	s->said = true;
	for (i = s->reads_at; i < s->reads_at + s->nreads; i++) {
		const struct ee_target_read *r = &j->reads[i];

		if (r->want < 0) {
			loss.kl += j->params->kl_factor * r->value;
			continue;
		}
		loss.nll -= r->weight * r->value;
		s->said &= r->said;
		sum += r->first_row ? r->value : 0;
	}
	s->p = exp(sum);
	loss.decay = j->params->weight_decay * ee_norm2(j->d, s->t->delta) /
		     (s->v0_norm * s->v0_norm);
	return loss;
}

enum ee_status
ee_target_finish(const struct ee_target_job *j, struct ee_target_state *s,
		 enum ee_target_end end)
{
	s->done = true;
	s->t->end = end;
	return j->params->ended != NULL ?
	       j->params->ended(j->params->ctx, s->t) : EE_OK;
}

/* Take a request's loss of this step; has it come to its end with it? */
static enum ee_status
take_loss(const struct ee_target_job *j, struct ee_target_state *s,
	  unsigned step)
{
	const struct ee_target_loss loss = loss_of(j, s);
	const double total = loss.nll + loss.kl + loss.decay;

	if (!isfinite(total)) {
		snprintf(s->t->why, sizeof(s->t->why), "the loss of step %u "
			 "is not finite", step);
		return ee_target_finish(j, s, EE_NOT_FINITE);
	}
	if (s->t->losses != NULL)
		s->t->losses[step] = loss;
	s->t->used = step + 1;
	if (step == 0)
		s->t->p_before = s->p;
	s->t->p_after = s->p;
	if (j->params->stop == EE_STOP_ARGMAX && s->said)
		return ee_target_finish(j, s, EE_SAID);
	if (total < 0.05)
		return ee_target_finish(j, s, EE_CONVERGED);
	if (step + 1 == j->params->steps)
		return ee_target_finish(j, s, EE_RAN_OUT);
	return EE_OK;
}

enum ee_status
ee_target_losses(struct ee_target_job *j, unsigned step)
{
	enum ee_status status = EE_OK;
	size_t i;

	ee_parallel(j->nreads, 4, read_part, j);
	for (i = 0; i < j->nstates && status == EE_OK; i++)
		if (!j->states[i].done)
			status = take_loss(j, &j->states[i], step);
	return status;
}
