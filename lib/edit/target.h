/*
 * target.h - the target vector of an edit: the delta which, added to the
 * hidden state of layer L at the subject, makes the model say the target
 * (Meng et al. 2022, ROME eq. 4; MEMIT eq. 16; loss and stopping as in
 * ee-editing(7)).
 *
 * Only what depends on delta is computed more than once.  All prompts of all
 * requests are one token trie; everything before a lookup token, and
 * everything up to layer L, is constant and computed first.  Each step then
 * runs layers L+1.. forward and backward on the lookup tokens and what
 * follows them, and the vocabulary projection where a loss is read.
 *
 * Letters: d hidden size, f MLP width, V vocabulary.
 */
#ifndef EE_TARGET_H
#define EE_TARGET_H

#include "base/base.h"
#include "base/progress.h"
#include "edit/request.h"
#include "model/forward.h"

enum ee_target_stop {
	EE_STOP_LOSS,		/* when the loss is below 0.05 */
	EE_STOP_ARGMAX		/* also when every target token is the
				 * likeliest wherever it is read (MPES:
				 * ENCORE, arXiv:2502.01636) */
};

/* What the steps of a search take, added up. */
struct ee_target_work {
	size_t steps;		/* of one request each */
	double flops;		/* of products with weights, there and back */
	size_t rows;		/* most in one of these */
};

struct ee_target;
struct ee_target_params {
	size_t layer;		/* L */
	enum ee_site at;	/* v0 is the state here: EE_AT_MLP (ROME) or
				 * EE_AT_OUT (MEMIT).  Delta has the same
				 * effect at either. */
	unsigned steps;		/* at most so many losses: one step fewer */
	double lr, weight_decay, clamp, kl_factor;
	enum ee_target_stop stop;
	/* or NULL: is told of every request as it ends, and may stop it
	 * all */
	enum ee_status (*ended)(void *ctx, const struct ee_target *target);
	void *ctx;
	struct ee_target_work *work;	/* or NULL */
};

/* One step's loss = nll + kl + decay. */
struct ee_target_loss {
	double nll, kl, decay;
};

enum ee_target_end {
	EE_RAN_OUT, EE_CONVERGED, EE_SAID,
	EE_NOT_FINITE		/* there is no target; 'why' says why */
};

struct ee_target {
	/* in: borrowed */
	const struct ee_spot *rows;	/* (nrows) prompts that end in
					 * target[0..ntarget-2]; row 0 gives
					 * v0 */
	size_t nrows;
	const struct ee_spot *kl;	/* "{subject} is a", or NULL */
	const int32_t *target;		/* (ntarget) */
	size_t ntarget;
	const struct ee_spot *probes;	/* (nprobes) places whose key and MLP
					 * output at L are wanted */
	size_t nprobes;
	/* out: the caller's memory */
	float *delta;			/* (d) */
	float *v0;			/* (d) */
	float *keys;			/* (nprobes, f) or NULL */
	float *outputs;			/* (nprobes, d) or NULL */
	struct ee_target_loss *losses;	/* (params->steps) or NULL */
	/* out */
	unsigned used;			/* losses computed */
	enum ee_target_end end;
	char why[64];			/* of EE_NOT_FINITE */
	double p_before, p_after;	/* of the target after row 0, with
					 * delta 0 and the last delta */
};

/*
 * Find the targets of n requests.  Adam (0.9, 0.999, 1e-8) from delta = 0:
 *
 *   nll    mean over rows of -(1/ntarget) sum log p(target tokens)
 *   kl     kl_factor * sum p (log p - log p0) at the kl spot, p0 that of
 *          delta = 0
 *   decay  weight_decay * |delta| / |v0|^2
 *
 * A request ends, before stepping, as 'stop' says, or at its last loss; after
 * each step |delta| <= clamp |v0|.  One whose v0, loss or gradient is not
 * finite ends with EE_NOT_FINITE, and the others go on as if it were not
 * there.  Ended requests leave the batch once they are a quarter of it.
 *
 * Fails with EE_EINPUT (no rows, a row too short or too long), EE_ENOMEM, and
 * as 'ended' does.
 */
EE_MUST_CHECK enum ee_status ee_targets(const struct ee_model *model,
	const struct ee_target_params *params, struct ee_target *targets,
	size_t n, struct ee_progress *progress, struct ee_err *err);

#endif
