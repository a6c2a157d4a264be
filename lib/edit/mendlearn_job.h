/*
 * mendlearn_job.h - the state of one call of ee_mend_losses.  Private to
 * mendlearn*.c.
 */
#ifndef EE_MENDLEARN_JOB_H
#define EE_MENDLEARN_JOB_H

#include "edit/mendlearn.h"
#include "math/threads.h"
#include "model/forward.h"

/* A row of logits in which a loss is read. */
struct ee_mend_read {
	size_t group;
	int32_t want;		/* the label; -1: the locality loss */
	size_t before;		/* then: its row of 'said' and 'logits0' */
	float weight;		/* of the value in 'total', over all groups */
	double value;		/* log p(want), or KL */
	bool hit;		/* the likeliest is the label, or the same as
				 * before */
};

struct ee_mend_job {
	struct ee_mend_learner *learner;
	const struct ee_example *examples;
	const struct ee_mend_group *groups;	/* (n) */
	size_t n, nexamples;			/* examples of all groups */
	bool train;
	size_t accumulate;
	struct ee_mend_loss *losses;		/* (n) */
	struct ee_err *err;

	size_t *first_example;			/* (n) */
	struct ee_frozen *frozen;		/* (nexamples) */
	struct ee_mend_rows *views;		/* (nexamples, nparams) */
	struct ee_frozen_view *states;		/* (nexamples) */

	/* blocks (n, nparams): rows into the network, out of it, and the
	 * gradient of those */
	struct ee_mend_rows *normal, *changed, *dchanged;
	struct ee_mend_tape tape;
	float *dlr;
	enum ee_status *back_status;

	/* the edited pass */
	struct ee_trie trie;
	struct ee_patch *patches;		/* (n, nparams) */
	float *kept;				/* all their h and g */
	float *x;				/* (trie.n, d) */
	struct ee_mend_read *reads;		/* (nreads), by node */
	uint32_t *nodes;			/* (nreads) where they are */
	size_t nreads, nsaid;
	float *dx, *logits;			/* (nreads, d), (.., V) */
	float *said, *logits0;			/* (nsaid, d), (.., V) */
	float *scratch;				/* (threads, V) */
};

/* Memory for all of it; ee_mend_job_close whatever happens. */
EE_MUST_CHECK enum ee_status ee_mend_job_open(struct ee_mend_job *job);
void ee_mend_job_close(struct ee_mend_job *job);

/* Views of what the frozen model gives. */
void ee_mend_job_view(struct ee_mend_job *job);

/* The edited model over all groups: losses; in training also the patches' h
 * and g. */
EE_MUST_CHECK enum ee_status ee_mend_job_pass(struct ee_mend_job *job);

#endif
