/*
 * mendedit.h - edits by a trained hypernetwork (Mitchell et al. 2022,
 * arXiv:2110.11309): the gradient of the targets' loss, token by token,
 * transformed, and added.
 *
 * Letters as in mend.h.
 */
#ifndef EE_MENDEDIT_H
#define EE_MENDEDIT_H

#include "base/base.h"
#include "edit/delta.h"
#include "edit/mend.h"
#include "edit/mendpass.h"
#include "model/model.h"

/* One edit's texts in a pass, and its gradient. */
struct ee_mend_case {
	size_t n;		/* texts: the next n of the pass */
	/* out: the caller's, by ee_mend_case_free */
	double loss;		/* mean of -log p over their labels */
	struct ee_mend_rows *rows;	/* (m->nparams), as inner_params */
};

/*
 * The gradients of some edits, each of its own loss, by the edited weights:
 * for each weight and each token of each text the module's input x and the
 * gradient delta at its output, in the order of the texts.  Rows where x or
 * delta is nothing but zeros are left out.  All edits run as one pass, and
 * backward no further than the first edited layer.  The pass has no patches
 * afterwards.
 *
 *   nll  NULL, or gets for all texts of the pass the sum over its labels
 *
 * Fails with EE_EMATH (the loss, or a gradient, is not finite: names the
 * weight), EE_ENOMEM; no case has rows then.
 */
EE_MUST_CHECK enum ee_status ee_mend_gradients(struct ee_mend_pass *pass,
	size_t ncases, struct ee_mend_case *cases, double *nll,
	struct ee_err *err);
void ee_mend_case_free(struct ee_mend_case *c, const struct ee_mend *m);

struct ee_mend_edit_job {
	const struct ee_model *model;
	const struct ee_mend *m;
	const struct ee_said *texts;	/* (n) whose loss is taken */
	const struct ee_said *asks;	/* (n) whose probabilities are
						 * told; may be 'texts' */
	size_t n;
};

struct ee_mend_edit {
	struct ee_mend_rows *rows;	/* (m->nparams) xt and dt; n is 0
					 * where the gradient is zero */
	double loss_before, loss_after;	/* mean over the labels of 'texts' */
	double *p_before, *p_after;	/* (n) of all labels of an ask */
};

/*
 * One update from all texts together: gradient, transformation, and what it
 * does.  The model is left as it is.
 *
 * Fails with EE_EMATH (a gradient that is zero for all weights, or not finite;
 * a transformed row that is not finite; a hypernetwork that has not been
 * trained and normalises), as ee_mend_pass_open and ee_mend_gradients.
 * ee_mend_edit_free whatever happens.
 */
EE_MUST_CHECK enum ee_status ee_mend_edit(const struct ee_mend_edit_job *job,
	struct ee_mend_edit *edit, struct ee_err *err);
void ee_mend_edit_free(struct ee_mend_edit *edit, const struct ee_mend *m);

/*
 * The change of one weight: left = lr dt^T (out, n), right = xt^T (in, n), or
 * smaller (see lowrank.h); the caller's, to free().  Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_mend_delta(const struct ee_mend *m,
	const struct ee_mend_rows *rows, struct ee_delta *delta,
	struct ee_err *err);

#endif
