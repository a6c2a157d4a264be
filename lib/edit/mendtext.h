/*
 * mendtext.h - prompts with their targets, as token sequences whose targets
 * are read.
 */
#ifndef EE_MENDTEXT_H
#define EE_MENDTEXT_H

#include "base/base.h"
#include "text/tokenizer.h"

/*
 * The logits at ids[n - 1 - nlabels + j] should say labels[j].  A label below
 * 0 is not read.
 */
struct ee_mend_text {
	int32_t *ids;		/* (n) */
	size_t n;
	int32_t *labels;	/* (nlabels), nlabels < n */
	size_t nlabels;
	size_t shift;		/* learned positions start here, not at 0 */
};

enum { EE_MEND_EASYEDIT = 1 };

/*
 * The tokens of 'prompt' and 'target', which gets a leading space if it has
 * none; the labels are what the target adds to the prompt's tokens, as
 * ee_encode_after has it.  'name' is for errors.
 *
 * With EE_MEND_EASYEDIT a space is put before the target always, the text is
 * tokenised as a whole, and the labels are the tokens of the target alone,
 * with the BOS that the tokenizer puts before any text: as many logits before
 * the last are to say these, whatever they stand for.
 *
 * Fails with EE_EINPUT (a target of no tokens, or of as many as the whole),
 * EE_ENOMEM.  ee_mend_text_free whatever happens.
 */
EE_MUST_CHECK enum ee_status ee_mend_text_make(struct ee_mend_text *text,
	const struct ee_tokenizer *tok, const char *name, const char *prompt,
	const char *target, unsigned flags, struct ee_err *err);
void ee_mend_text_free(struct ee_mend_text *text);

/*
 * n texts as EasyEdit has them in one batch: padded on the left to the
 * longest, which moves learned positions on, and labels padded on the left to
 * the most, with 'pad' as a target like any other.
 *
 * Fails with EE_EINPUT (labels would lie before a text), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_mend_texts_pad(struct ee_mend_text *texts,
	size_t n, int32_t pad, struct ee_err *err);

#endif
