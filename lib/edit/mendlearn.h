/*
 * mendlearn.h - one step of a hypernetwork's training: edits made with it,
 * what they do to the model, and the gradient of that by all learned numbers
 * (Mitchell et al. 2022, arXiv:2110.11309, section 3.2).
 *
 * A group is 'batch_size' examples that are one edit together.  All groups
 * of a step run as one pass, each with its own low-rank patch of the weights,
 * from the first edited layer up and back down to it.
 */
#ifndef EE_MENDLEARN_H
#define EE_MENDLEARN_H

#include "base/base.h"
#include "edit/frozencache.h"
#include "edit/mend.h"
#include "edit/said.h"
#include "model/model.h"

/* A hypernetwork that learns.  The first members are the caller's, borrowed
 * and set before ee_mend_learner_open. */
struct ee_mend_learner {
	const struct ee_model *model;
	struct ee_mend *m;
	const struct ee_mend_params *params;
	bool like_easyedit;

	float *grad;		/* (m->nlearned) gathered so far */
	float *adam_m, *adam_v;	/* (m->nlearned) */
	uint64_t steps;		/* of the optimiser, so far */
};
/* Start with all gradients zero.  Fails with EE_ENOMEM; close is allowed. */
EE_MUST_CHECK enum ee_status ee_mend_learner_open(
	struct ee_mend_learner *learner, struct ee_err *err);
void ee_mend_learner_close(struct ee_mend_learner *learner);

/* Some examples of a set, by number, as one edit. */
struct ee_mend_group {
	const size_t *ids;
	size_t n;
};

/* What came of one group. */
struct ee_mend_loss {
	double edit;		/* mean of -log p over labels, edited model */
	double loc;		/* mean KL(before || after) */
	double total;		/* cedit edit + cloc loc */
	double acc;		/* share of labels that are the likeliest */
	double prob;		/* mean of p over labels */
	double same;		/* share of loc rows with the same likeliest
				 * token as before; 1 where there is none */
};

/*
 * The losses (n) of n groups.
 *
 *   train  the groups' rows enter the running statistics, one after the
 *          other, each before it is transformed; and the gradient of the mean
 *          of 'total' over 'accumulate' groups is added to learner->grad
 *
 * Fails with EE_EMATH (a loss is not finite: names the cases), EE_ENOMEM, or
 * as ee_frozen_cache_take.
 */
EE_MUST_CHECK enum ee_status ee_mend_losses(struct ee_mend_learner *learner,
	const struct ee_example *examples, struct ee_frozen_cache *cache,
	const struct ee_mend_group *groups, size_t n, bool train,
	size_t accumulate, struct ee_mend_loss *losses, struct ee_err *err);

/*
 * Clip the gathered gradient to params->grad_clip, let the optimiser take
 * a step with it, and start gathering anew.  '*norm' is its length before.
 * The weights' own rates learn with params->lr_lr, the rest with params->lr
 * (EasyEdit: all with lr).  Fails with EE_EMATH (it is not finite; nothing
 * has changed then).
 */
EE_MUST_CHECK enum ee_status ee_mend_step(struct ee_mend_learner *learner,
	double *norm, struct ee_err *err);

#endif
