/* target_loss.c - what is read of the logits: losses, their gradients, and
 * whether a request has come to its end.  See target.h, target_job.h. */
#include <math.h>
#include <string.h>

#include "edit/target_job.h"
#include "math/vec.h"

/* sum p (log p - log p0) and, in place of the logits, its gradient times
 * 'factor': p (log p - log p0 - KL). */
static double
kl_read(struct ee_target_job *j, struct ee_target_state *s, float *logits,
	double factor)
{
	float *logp = j->scratch;
	double kl = 0;
	size_t i;

	ee_log_softmax(j->vocab, logits, logp);
	if (s->p0 == NULL) {
		s->p0 = ee_floats(j->vocab, j->err);
		if (s->p0 == NULL)
			return (double)NAN;
		memcpy(s->p0, logp, j->vocab * sizeof(*logp));
	}
	for (i = 0; i < j->vocab; i++)
		kl += exp((double)logp[i]) *
		      ((double)logp[i] - (double)s->p0[i]);
	for (i = 0; i < j->vocab; i++)
		logits[i] = (float)(factor * exp((double)logp[i]) *
				    ((double)logp[i] - (double)s->p0[i] -
				     kl));
	return factor * kl;
}

/* -weight log p(want) and, in place, its gradient weight (p - onehot);
 * '*said' goes false if another token is likelier. */
static double
nll_read(struct ee_target_job *j, const struct ee_target_read *r, float *logits,
	 double *logp, bool *said)
{
	float *lp = j->scratch;
	size_t i;

	ee_log_softmax(j->vocab, logits, lp);
	*logp = (double)lp[r->want];
	for (i = 0; i < j->vocab; i++) {
		*said = *said && !(lp[i] > lp[r->want]);
		logits[i] = (float)(r->weight * exp((double)lp[i]));
	}
	logits[r->want] -= (float)r->weight;
	return -r->weight * *logp;
}

/* The loss of one request; its logits become gradients. */
static struct ee_target_loss
loss_of(struct ee_target_job *j, struct ee_target_state *s)
{
	struct ee_target_loss loss = { 0 };
	double logp, sum = 0;
	size_t i;

	s->said = true;
	for (i = s->reads_at; i < s->reads_at + s->nreads; i++) {
		float *logits = j->logits + i * j->vocab;

		if (j->reads[i].want < 0) {
			loss.kl += kl_read(j, s, logits,
					   j->params->kl_factor);
		} else {
			loss.nll += nll_read(j, &j->reads[i], logits, &logp,
					     &s->said);
			sum += j->reads[i].first_row ? logp : 0;
		}
	}
	s->p = exp(sum);
	loss.decay = j->params->weight_decay * ee_norm2(j->d, s->t->delta) /
		     (s->v0_norm * s->v0_norm);
	return loss;
}

/* Has it come to its end with this loss?  Then why goes into its target. */
static bool
ended(const struct ee_target_job *j, struct ee_target_state *s, double total,
      unsigned step)
{
	if (j->params->stop == EE_STOP_ARGMAX && s->said)
		s->t->end = EE_SAID;
	else if (total < 0.05)
		s->t->end = EE_CONVERGED;
	else
		s->t->end = EE_RAN_OUT;
	return s->t->end != EE_RAN_OUT || step + 1 == j->params->steps;
}

enum ee_status
ee_target_losses(struct ee_target_job *j, unsigned step, size_t *running)
{
	enum ee_status status = EE_OK;
	size_t i;

	*running = 0;
	for (i = 0; i < j->nstates; i++) {
		struct ee_target_state *s = &j->states[i];
		struct ee_target_loss loss;
		double total;

		if (s->done)
			continue;
		loss = loss_of(j, s);
		total = loss.nll + loss.kl + loss.decay;
		if (!isfinite(total))
			return ee_fail(j->err, EE_EMATH, "target %zu: the "
				       "loss of step %u is not finite",
				       i + 1, step);
		if (s->t->losses != NULL)
			s->t->losses[step] = loss;
		s->t->used = step + 1;
		if (step == 0)
			s->t->p_before = s->p;
		s->t->p_after = s->p;
		s->done = ended(j, s, total, step);
		*running += !s->done;
		if (s->done && j->params->ended != NULL)
			status = j->params->ended(j->params->ctx, s->t);
		if (status != EE_OK)
			return status;
	}
	return EE_OK;
}
