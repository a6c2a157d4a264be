/*
 * generate.h - continuing token sequences, greedily or by sampling.  All
 * sequences grow in one token trie, so a shared beginning is computed once.
 */
#ifndef EE_GENERATE_H
#define EE_GENERATE_H

#include "base/base.h"
#include "base/random.h"
#include "model/model.h"

struct ee_sequence {
	int32_t *ids;		/* (n) of room for 'most'; the caller's */
	size_t n, most;		/* grows until n == most, or 'stop' */
	int32_t stop;		/* token that ends it (and is kept); -1 */
	bool ended;		/* by 'stop' */
	struct ee_random *random;	/* its own, or NULL: the shared one */
};

struct ee_sampling {
	bool greedy;
	size_t top_k;		/* draw from the k likeliest, 1 or more */
	double temperature;	/* 1: as the model says; > 0 */
	size_t vocab;		/* choose ids below this; 0: all (models may
				 * have more than their tokenizer) */
};

/*
 * Continue n sequences, each of at least one token.  A sequence's own
 * 'random' is drawn from once a step; the shared one, in the order of the
 * sequences that have none (NULL if greedy, or if there is no such).
 *
 * Fails with EE_EINPUT (an empty sequence, one longer than the model's
 * positions), EE_EMATH (logits that are not finite), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_generate(const struct ee_model *model,
	const struct ee_sampling *sampling, struct ee_random *random,
	struct ee_sequence *sequences, size_t n, struct ee_err *err);

#endif
