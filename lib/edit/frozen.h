/*
 * frozen.h - what the frozen model gives for an example, activations and
 * gradients.  A hypernetwork learns, the model does not: the gradient of the
 * edit, the states that enter the first edited layer, and what the model said
 * before are the same in every step.
 *
 * Letters: d hidden size, (in, out) of an edited weight, f = m->first, the
 * lowest edited layer, N tokens of an example's part.  Arrays are float32,
 * row-major.
 */
#ifndef EE_FROZEN_H
#define EE_FROZEN_H

#include "base/base.h"
#include "edit/mend.h"
#include "edit/said.h"
#include "model/model.h"

/*
 * One block holds, one after the other: for each parameter in order x
 * (rows, in) and delta (rows, out), the inputs of the weight over the edit's
 * tokens and d loss / d (its outputs), loss being the SUM of -log p over
 * labels, without the rows in which either is all zero; then 'outer' (N, d)
 * and 'loc' (N, d), inputs of layer f; then 'said' (rows, d), outputs of the
 * last layer where the locality loss is read.
 */
struct ee_frozen {
	size_t *rows;		/* (m->nparams) */
	float *block;
	size_t size;		/* floats in it */
};

/* Pointers into the block; x and delta of rows (m->nparams). */
struct ee_frozen_view {
	const float *outer, *loc, *said;
};
struct ee_frozen_view ee_frozen_view(const struct ee_frozen *frozen,
	const struct ee_mend *m, const struct ee_example *example, size_t d,
	struct ee_mend_rows *rows);

/* The most floats that this example's block can have. */
size_t ee_frozen_most(const struct ee_mend *m,
	const struct ee_example *example, size_t d);

/*
 * Rows of 'loc' at which its loss is read: nlabels rows from here on.  Those
 * that predict the answer; EasyEdit takes those of the answer itself.
 */
size_t ee_loc_row(const struct ee_said *loc, bool like_easyedit);

/* Learned positions of edit, outer, loc start here instead of at 0: what
 * left padding does to a batch in EasyEdit. */
struct ee_example_shift {
	uint32_t edit, outer, loc;
};

/*
 * Compute those of n examples in one go.  The 'rows' of each have room for
 * m->nparams; 'block' is the caller's, to free().
 *
 *   shift  (n) or NULL
 *
 * Fails with EE_EINPUT (token or position beyond the model), EE_EMATH (a
 * gradient is not finite: names the case), EE_ENOMEM; no block is then kept.
 */
EE_MUST_CHECK enum ee_status ee_frozen_make(const struct ee_model *model,
	const struct ee_mend *m, const struct ee_example *const *examples,
	const struct ee_example_shift *shift, size_t n, bool like_easyedit,
	struct ee_frozen *frozen, struct ee_err *err);

#endif
