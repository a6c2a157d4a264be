/*
 * mendpass.h - texts through a frozen model of which only the upper layers
 * are edited: what lies below the first edited layer is computed once, the
 * rest as often as there are edits to try.
 *
 * All texts are one token trie but share no node, so that each row of a
 * gradient belongs to one token of one text, and each text can have its own
 * patches.
 *
 * Letters: n nodes (tokens of all texts), d hidden size.
 */
#ifndef EE_MENDPASS_H
#define EE_MENDPASS_H

#include "base/base.h"
#include "edit/mend.h"
#include "edit/said.h"
#include "model/forward.h"

/* One label that is read. */
struct ee_mend_reading {
	size_t text;
	uint32_t node;		/* its logits are read */
	int32_t label;
	double nll;
};

struct ee_mend_pass {
	const struct ee_model *model;
	const struct ee_mend *m;
	const struct ee_said *texts;	/* (ntexts) borrowed */
	size_t ntexts, n;
	size_t *begin;		/* (ntexts + 1) each text's first node */
	struct ee_trie trie;
	struct ee_pass pass;	/* of the upper layers: its patches are to be
				 * set */
	float *base;		/* (n, d) inputs of the first edited layer */
	/* of the texts that are chosen: */
	size_t first, end;
	struct ee_span span;
	size_t nreadings;
	struct ee_mend_reading *readings;	/* (nreadings) by their nodes */
	struct ee_span tips;	/* these nodes */
	float *x;		/* outputs of the last layer */
	struct ee_patch *seen;	/* (m->nparams) what ee_mend_pass_gradients
				 * has kept, or NULL */
};

/*
 * Texts of a model and a hypernetwork, all of which must outlive the pass.
 * Computes 'base'; all texts are chosen.  Fails with EE_EINPUT (an id beyond
 * the vocabulary, more tokens than positions, no label to read), EE_ENOMEM;
 * the pass is then closed.
 */
EE_MUST_CHECK enum ee_status ee_mend_pass_open(struct ee_mend_pass *p,
	const struct ee_model *model, const struct ee_mend *m,
	const struct ee_said *texts, size_t ntexts, struct ee_err *err);
void ee_mend_pass_close(struct ee_mend_pass *p);

/* Choose the texts from 'first' to 'end' - 1 for what is to come.  Fails with
 * EE_EINPUT, EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_mend_pass_choose(struct ee_mend_pass *p,
	size_t first, size_t end, struct ee_err *err);

/*
 * The upper layers: x from base, with p->pass.patches; 'tape' as ee_tape_open
 * makes it for layers m->first to the last, or NULL.  Of the last layer only
 * where labels are read, (nreadings, d), or, with 'all', every node of the
 * chosen texts.  Fails as ee_forward.
 */
EE_MUST_CHECK enum ee_status ee_mend_pass_upper(struct ee_mend_pass *p,
	struct ee_tape *tape, bool all, struct ee_err *err);

/*
 * Where the labels are read: nll[i] (ntexts) = sum of -log p over those of
 * text i, if it is chosen, from p->x.  weight (ntexts) and dx (nreadings, d),
 * or both NULL: dx becomes the gradient of sum_i weight[i] nll[i] with respect
 * to x.  A 'dx' that ee_backward is to go on with has room for all nodes of the
 * chosen texts.  Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_mend_pass_nll(struct ee_mend_pass *p,
	const double *weight, double *nll, float *dx, struct ee_err *err);

/*
 * The gradient of sum_i weight[i] nll[i] over the chosen texts by the edited
 * weights: for each weight and token the module's input x and the gradient
 * delta at its output, kept for ee_mend_pass_rows.  Backward no further than
 * the first edited layer.  Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_mend_pass_gradients(struct ee_mend_pass *p,
	const double *weight, double *nll, struct ee_err *err);

/* Of the texts from 'first' to 'end' - 1 the rows of one weight, x (rows, in)
 * and delta (rows, out), either of which may be NULL; without those in which x
 * or delta is nothing but zeros.  Returns how many there are. */
size_t ee_mend_pass_rows(const struct ee_mend_pass *p, size_t param,
	size_t first, size_t end, float *x, float *delta);

#endif
