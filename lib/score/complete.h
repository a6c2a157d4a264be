/*
 * complete.h - what a model writes by itself after given tokens.
 */
#ifndef EE_COMPLETE_H
#define EE_COMPLETE_H

#include "base/base.h"
#include "model/generate.h"
#include "model/model.h"
#include "text/tokenizer.h"

struct ee_completion {
	const int32_t *ids;	/* (n) given; borrowed */
	size_t n;
	size_t most;		/* with what is given; no more than the model
				 * has positions */
	int32_t stop;		/* the token that ends it, or -1 */
	bool whole;		/* with the given tokens' text */
	uint64_t seed;		/* of its own random numbers */
	char *text;		/* out: the caller's, to free() */
};

/*
 * Complete n texts.  As many grow together as have room for their keys and
 * values; beyond rounding, none depends on the others.  Special tokens are
 * left out of the text.  On failure all 'text' is NULL.
 *
 * Fails as ee_generate and ee_decode do.
 */
EE_MUST_CHECK enum ee_status ee_complete(const struct ee_model *model,
	const struct ee_tokenizer *tok, const struct ee_sampling *sampling,
	struct ee_completion *list, size_t n, struct ee_err *err);

#endif
