/*
 * target_job.h - the state of a target optimisation, and how its token
 * sequences are laid out.  Private to target*.c.
 */
#ifndef EE_TARGET_JOB_H
#define EE_TARGET_JOB_H

#include "edit/target.h"

/* A place where a loss is read: the logits of 'node'. */
struct ee_target_read {
	uint32_t node;
	uint32_t row;		/* of the node among 'tips' or 'ends' */
	int32_t want;		/* the token it should say; -1: the kl spot */
	double weight;		/* of -log p(want) in its request's nll */
	bool first_row;		/* counts for p_before, p_after */
	uint32_t state;		/* whose it is */
	/* of this step */
	double value;		/* log p(want), or KL */
	bool said;		/* no token is likelier than 'want' */
};

struct ee_target_state {
	struct ee_target *t;
	uint32_t lookups_at;	/* its lookup nodes in job.lookups */
	uint32_t nlookups;
	uint32_t reads_at, nreads;
	uint32_t reads_were;		/* reads_at of the layout before */
	uint32_t tag;			/* of its lookup nodes, always */
	float *m, *v;		/* (d) Adam */
	float *p0;		/* (V) log probabilities at the kl spot */
	double v0_norm, p;
	bool said;		/* all target tokens are the likeliest */
	bool done;
};

struct ee_target_job {
	const struct ee_model *model;
	const struct ee_target_params *params;
	size_t d, vocab, layers;
	struct ee_trie trie;
	uint32_t constant;	/* nodes below this number never change */
	struct ee_pass pass;
	struct ee_tape tape;
	struct ee_span moving;	/* the nodes from 'constant' on */
	struct ee_span tips;	/* of these, where losses are read */
	struct ee_span ends;	/* of the constant ones, likewise */
	struct ee_target_state *states;
	size_t nstates;
	uint32_t *lookups;	/* nodes where a delta is added */
	struct ee_target_read *reads;
	size_t nlookups, nreads;
	uint32_t *probes;	/* nodes of all probes */
	float *base;		/* (moving, d) output of layer L, no delta */
	float *x;		/* (moving, d) */
	float *rows, *drows;	/* (nreads, d) */
	float *logits;		/* (nreads, V), then its gradient */
	float *scratch;		/* (threads, V), or (d) if that is more */
	struct ee_err *err;
};

/*
 * Put the sequences of all requests into job->trie, first all that is
 * constant, then, for each request, its lookup tokens and what follows them;
 * fill constant, lookups, reads, probes, the spans and the parts of states
 * that say which are whose.  Fails with EE_EINPUT (see target.h), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_target_layout(struct ee_target_job *job);

/* Lay out the requests that there are, and compute all that no delta changes;
 * a request whose state cannot be changed ends.  ee_target_close whatever
 * happens.  Fails as ee_target_layout, ee_forward and params->ended do. */
EE_MUST_CHECK enum ee_status ee_target_open(struct ee_target_job *job);
/* Lay out those that are left of them, with what has been computed. */
EE_MUST_CHECK enum ee_status ee_target_reopen(struct ee_target_job *job);
void ee_target_close(struct ee_target_job *job);

/* A request has come to an end: it is done, and told.  Fails as params->ended
 * does. */
EE_MUST_CHECK enum ee_status ee_target_finish(
	const struct ee_target_job *job, struct ee_target_state *state,
	enum ee_target_end end);

/*
 * Losses of all requests that go on, at the logits of this step, which become
 * gradients; some come to their end.  Fails as params->ended does.
 */
EE_MUST_CHECK enum ee_status ee_target_losses(struct ee_target_job *job,
	unsigned step);

#endif
