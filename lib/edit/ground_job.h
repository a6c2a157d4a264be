/*
 * ground_job.h - the state of a computation of grounds.  Private to
 * ground*.c.
 */
#ifndef EE_GROUND_JOB_H
#define EE_GROUND_JOB_H

#include "edit/ground.h"
#include "model/trie.h"

struct ee_ground_job {
	const struct ee_model *model;
	const struct ee_mend *m;
	const struct ee_lesson *const *lessons;
	const struct ee_ground_shift *shift;
	size_t n, d, layers;
	bool like_easyedit;
	struct ee_ground *grounds;
	struct ee_trie trie;
	size_t *edit, *loc, *outer;	/* (n) each one's first node */
	size_t edits, locs;		/* nodes of edits; and of locs */
	uint32_t *moved;	/* (trie.n) or NULL: positions moved on by */
	float *x;		/* (trie.n, d) */
	float **seen_x;		/* (nparams) (edits, in) */
	float **seen_delta;	/* (nparams) (edits, out) */
	bool back;		/* in the backward pass */
	struct ee_err *err;
};

/* x = inputs of layer f, of all nodes. */
EE_MUST_CHECK enum ee_status ee_ground_states(struct ee_ground_job *job);
/* x of the locality nodes goes on from there to the last layer's output. */
EE_MUST_CHECK enum ee_status ee_ground_locs(struct ee_ground_job *job);
/* The edits from layer f to the end and back: seen_x, seen_delta.  Their
 * part of x is then of no use. */
EE_MUST_CHECK enum ee_status ee_ground_edits(struct ee_ground_job *job);

#endif
