/*
 * lesson.h - what a hypernetwork is trained on: one edit, the same said
 * otherwise, and something else that must stay, as tokens.
 *
 * Ownership: a lesson lives in the arena that it was made in.
 */
#ifndef EE_LESSON_H
#define EE_LESSON_H

#include "base/base.h"
#include "text/tokenizer.h"

/*
 * A prompt with its answer.  The answer's tokens, in the order in which they
 * are said, are the labels: label k is what row n - 1 - nlabels + k should
 * predict.
 */
struct ee_said {
	int32_t *ids;		/* (n) */
	int32_t *labels;	/* (nlabels) */
	size_t n, nlabels;	/* n > nlabels; 0: there is none */
};

struct ee_lesson {
	char id[64];
	struct ee_said edit;
	struct ee_said outer;	/* where the edit loss is read */
	struct ee_said loc;
};

enum {
	/* As EasyEdit makes its sequences: labels are the answer's own
	 * tokens, with BOS where the tokenizer has one; what is too long is
	 * cut behind, and the labels are not. */
	EE_SAID_LIKE_EASYEDIT = 1
};

/*
 * 'prompt', a space unless there is one, and 'answer', with tokens as
 * ee_encode_after gives them; the labels are the answer's.
 *
 * '*fits' is false, and 'said' empty, if that is more than max_length tokens
 * (> 1) and not to be cut.  Fails with EE_EINPUT (an answer of no tokens, or
 * nothing before it), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_said_make(struct ee_said *said,
	const struct ee_tokenizer *tok, const char *prompt,
	const char *answer, size_t max_length, unsigned flags,
	struct ee_arena *arena, bool *fits, struct ee_err *err);

#endif
