/* continue.h - texts continued by a model, and printed. */
#ifndef EE_CONTINUE_H
#define EE_CONTINUE_H

#include "model/generate.h"
#include "text/tokenizer.h"
#include "tool.h"

struct continuation {
	int64_t tokens;		/* at most, of each text */
	int64_t seed;
	struct ee_sampling sampling;	/* its 'vocab' is not read: the
					 * tokenizer's size is meant */
	bool json;		/* print a JSON object, not the text */
};

/*
 * Continue the texts 'prompts' (n), all together, and print each on a line
 * of standard output: the prompt and what follows it, or {prompt, text,
 * tokens, ended}.  An empty prompt is the model's BOS.
 *
 * Fails with EE_EINPUT (an empty prompt, and the model has no BOS; one that
 * is too long), EE_EMATH, EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status continue_texts(struct tool *tool,
	const struct continuation *how, const struct ee_model *model,
	const struct ee_tokenizer *tok, char *const *prompts, size_t n);

#endif
