/*
 * rome.h - rank-one editing of one fact (Meng et al. 2022, ROME, eq. 2-4),
 * and r-ROME (Gupta et al. 2024).
 *
 *   k      mean over context templates of the key (the input of the down
 *          projection of layer L) at the lookup token
 *   u      C^-1 k with mom2_adjustment, else k; then u / |u|
 *   t      v0 + delta: the target vector (target.h)
 *   v      (t - W k') / (k' . u), k' the key in the bare prompt (ROME) or
 *          the mean over templates (r-ROME)
 *   W <- W + v u^T
 */
#ifndef EE_ROME_H
#define EE_ROME_H

#include "base/base.h"
#include "edit/delta.h"
#include "edit/hparams.h"
#include "edit/request.h"
#include "edit/solver.h"
#include "edit/target.h"
#include "edit/templates.h"

struct ee_rome_options {
	bool like_easyedit;	/* the target always gets a space of its own;
				 * it is appended as text, not as tokens */
	double max_norm;	/* refuse |v u^T| / |W| beyond this; 0: none */
};

struct ee_rome_report {
	char token[64];		/* the text of the chosen token */
	size_t at;		/* its place in the bare prompt */
	bool merged;		/* it also holds what follows the subject */
	unsigned steps;		/* losses computed */
	enum ee_target_end end;
	struct ee_target_loss *losses;	/* (steps) the caller's, to free() */
	double p_before, p_after;	/* of the target in the bare prompt;
					 * after: of the model as edited */
	double update;		/* |v u^T| / |W| */
	double key_cosine;	/* of u and k' */
	double key_product;	/* u . k' */
};

/*
 * Edit 'layer' of the model for one request: the change is laid over the
 * model and returned in 'delta' (arrays the caller's, to free()).
 *
 *   solver   of this layer's keys; NULL without mom2_adjustment
 *
 * Notices: a merged lookup token; a small u . k', the known cause of edits
 * that break models.  Fails with EE_EINPUT (see request.h; an edit beyond
 * max_norm), EE_EMATCH (solver of another width), EE_EMATH, EE_ENOMEM; the
 * model is then as it was.
 */
EE_MUST_CHECK enum ee_status ee_rome(struct ee_model *model,
	const struct ee_tokenizer *tok, const struct ee_hparams *hparams,
	size_t layer, const struct ee_request *request,
	const struct ee_templates *templates, const struct ee_solver *solver,
	const struct ee_rome_options *options, struct ee_delta *delta,
	struct ee_rome_report *report, struct ee_progress *progress,
	const struct ee_warn *warn, struct ee_err *err);

/* The report as a map in 'arena', for records and people. */
struct ee_value ee_rome_report_value(struct ee_arena *arena,
				     const struct ee_rome_report *report);

#endif
