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

struct ee_mend_edit_job {
	const struct ee_model *model;
	const struct ee_mend *m;
	const struct ee_said *texts;	/* (n) whose loss is taken */
	const struct ee_said *asks;	/* (n) whose probabilities are
						 * told; may be 'texts' */
	size_t n;
	bool apart;		/* an update of each text; else one of all */
	size_t tokens;		/* one of all: so many are computed together,
				 * about; SIZE_MAX: all.  Of each: all are */
};

/* One update. */
struct ee_mend_edit {
	struct ee_mend_rows *rows;	/* (m->nparams) xt and dt; n is 0
					 * where the gradient is zero */
	size_t *tokens;		/* (m->nparams) of which it is made: as many
				 * as there are rows, or more: a weight's rows
				 * are never more than its smaller side */
	double loss_before, loss_after;	/* mean over the labels of its texts */
};

/*
 * Gradient, transformation, and what the updates do.  The model is left as
 * it is.
 *
 *   edits              (n) where apart, else (1); ee_mend_edit_free each,
 *                      whatever happens
 *   p_before, p_after  (n) probability of all labels of an ask
 *
 * Fails with EE_EMATH (a gradient that is zero for all weights, or not finite;
 * a transformed row that is not finite; a hypernetwork that has not been
 * trained and normalises), as ee_mend_pass_open and ee_mend_pass_gradients.
 */
EE_MUST_CHECK enum ee_status ee_mend_edit(const struct ee_mend_edit_job *job,
	struct ee_mend_edit *edits, double *p_before, double *p_after,
	struct ee_err *err);
void ee_mend_edit_free(struct ee_mend_edit *edit, const struct ee_mend *m);

/* How many of the job's texts from 'first' on, at least one, have no more
 * than so many tokens together, with their asks. */
size_t ee_mend_edit_block(const struct ee_mend_edit_job *job, size_t first,
	size_t tokens);

/*
 * The change of one weight: left = lr dt^T (out, n), right = xt^T (in, n);
 * the caller's, to free().  Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_mend_delta(const struct ee_mend *m,
	const struct ee_mend_rows *rows, struct ee_delta *delta,
	struct ee_err *err);

#endif
