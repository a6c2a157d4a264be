/*
 * score.h - how likely a model finds texts after prompts, token by token.
 *
 * Teacher forcing: each token of a target is scored after the prompt and
 * the target's own tokens before it, whatever the model would have said.
 */
#ifndef EE_SCORE_H
#define EE_SCORE_H

#include "base/base.h"
#include "base/progress.h"
#include "model/model.h"
#include "model/trie.h"
#include "text/tokenizer.h"

/* What is asked: a prompt's tokens, then the target's. */
struct ee_ask {
	int32_t *ids;		/* (n) the caller's, to free() */
	size_t n;
	size_t asked;		/* the last so many are the target's */
};

/*
 * Tokenize.  The target gets a leading space if it has none; its tokens are
 * those that it adds to the prompt's, or, where it changes the prompt's last
 * ones, those of the target alone.
 *
 * Fails with EE_EINPUT (a prompt or a target of no tokens; more tokens than
 * the model has positions), EE_ENOMEM; ask->ids is then NULL.
 */
EE_MUST_CHECK enum ee_status ee_ask_make(struct ee_ask *ask,
	const struct ee_model *model, const struct ee_tokenizer *tok,
	const char *prompt, const char *target, struct ee_err *err);

struct ee_answer {
	double nll;	/* -log p, natural, mean over the target's tokens */
	size_t right;	/* target tokens that are the likeliest */
	int32_t *said;	/* (ask's asked) the likeliest tokens; the caller's
			 * room, or NULL: not wanted */
};

/*
 * Score n asks.  They go into token tries, whose nodes (prompts and targets
 * that begin alike share them) are computed once; a trie is closed as soon
 * as it has 'nodes' of them (0: a good default).  Beyond rounding,
 * an answer does not depend on the other asks.  The first of equally likely
 * tokens counts.
 *
 *   answers   (n) out; 'said' is read
 *   progress  counts asks; or NULL
 *
 * Fails with EE_EMATH (logits that are not finite), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_score(const struct ee_model *model,
	const struct ee_ask *asks, size_t n, size_t nodes,
	struct ee_answer *answers, struct ee_progress *progress,
	struct ee_err *err);

/*
 * What asks have in common before and after an edit: the inputs of the
 * lowest layer that it changes.
 */
struct ee_shared {
	size_t layer;
	struct ee_trie trie;
	float *x;		/* (trie.n, d) input of 'layer' */
};
void ee_shared_free(struct ee_shared *shared);	/* {0} too */

/* Compute n asks in one trie, with their answers or, where that is NULL, only
 * as far as 'layer'; '*shared' is the caller's.  Fails as ee_score does. */
EE_MUST_CHECK enum ee_status ee_score_first(const struct ee_model *model,
	const struct ee_ask *asks, size_t n, size_t layer,
	struct ee_answer *answers, struct ee_shared *shared,
	struct ee_progress *progress, struct ee_err *err);

/* ee_score for a model that differs from that of 'shared' from shared->layer
 * on only: layers below are not computed again.  All asks must have been
 * among those of 'shared'. */
EE_MUST_CHECK enum ee_status ee_score_again(const struct ee_model *model,
	const struct ee_shared *shared, const struct ee_ask *asks, size_t n,
	struct ee_answer *answers, struct ee_progress *progress,
	struct ee_err *err);

#endif
