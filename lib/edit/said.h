/*
 * said.h - prompts with their answers, as token sequences whose answers are
 * read: what an edit is made of, and what a hypernetwork learns from.
 *
 * Ownership: what is said lives in the arena that it was made in.
 */
#ifndef EE_SAID_H
#define EE_SAID_H

#include "base/base.h"
#include "text/tokenizer.h"

/*
 * The answer's tokens, in the order in which they are said, are the labels:
 * label k is what the logits at ids[n - 1 - nlabels + k] should say.
 */
struct ee_said {
	int32_t *ids;		/* (n) */
	int32_t *labels;	/* (nlabels) */
	size_t n, nlabels;	/* n > nlabels; 0: there is none */
	size_t shift;		/* learned positions start here, not at 0 */
	const char *id;		/* NULL, or how messages name it; borrowed */
};

enum ee_said_as {
	/* The answer gets a leading space if it has none; the labels are what
	 * it adds to the prompt's tokens, as ee_encode_after has it. */
	EE_SAID_ORIGINAL,
	/* As EasyEdit edits: the same text, tokenised as a whole; the labels
	 * are the tokens of the answer alone, with the BOS that the tokenizer
	 * puts before any text: as many logits before the last are to say
	 * these, whatever they stand for. */
	EE_SAID_EASYEDIT,
	/* As EasyEdit trains: so, but the answer gets a space even if it has
	 * one, and its labels are those without that space if BOS begins
	 * them. */
	EE_SAID_EASYEDIT_TRAINS
};

/*
 * 'prompt' and 'answer' as tokens.  Fails with EE_EINPUT (an answer of no
 * tokens, or nothing before it), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_said_make(struct ee_said *said,
	const struct ee_tokenizer *tok, const char *prompt,
	const char *answer, enum ee_said_as as, struct ee_arena *arena,
	struct ee_err *err);

/*
 * All n as EasyEdit has them in one batch when it edits: padded on the left
 * to the longest, which moves learned positions on, and labels padded on the
 * left to the most, with 'pad' as a label like any other.
 *
 * Fails with EE_EINPUT (labels would lie before a text), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_said_pad(struct ee_said *list, size_t n,
	int32_t pad, struct ee_arena *arena, struct ee_err *err);

/* What a hypernetwork is trained on: one edit, the same said otherwise, and
 * something else that must stay. */
struct ee_example {
	char id[64];
	struct ee_said edit;
	struct ee_said outer;	/* where the edit loss is read */
	struct ee_said loc;
};

#endif
