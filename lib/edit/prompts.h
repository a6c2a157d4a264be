/*
 * prompts.h - the token sequences of one request: what is optimised, what is
 * looked at, what is asked afterwards.
 */
#ifndef EE_PROMPTS_H
#define EE_PROMPTS_H

#include "base/base.h"
#include "edit/request.h"
#include "edit/templates.h"
#include "model/model.h"
#include "text/tokenizer.h"

/*
 * Tokens of a text whose first 'prompt' bytes are a prompt, the rest a
 * target: the last '*added' of 'ids' are the target's.  They are those that
 * it adds to the prompt's, or, where it changes the prompt's last ones, those
 * of the target alone, after the prompt's.
 * Fails as ee_encode; ids->ids is the caller's to free, whatever happens.
 */
EE_MUST_CHECK enum ee_status ee_encode_after(const struct ee_tokenizer *tok,
	const char *text, size_t prompt, struct ee_ids *ids, size_t *added,
	struct ee_err *err);

struct ee_prompts {
	struct ee_ids target;	/* tokens to say */
	struct ee_spot *rows;	/* (nrows) template and prompt, then all of
				 * the target but its last token */
	size_t nrows;
	struct ee_spot *probes;	/* (nprobes) template and prompt alone; the
				 * last one is the bare prompt */
	size_t nprobes;
	struct ee_spot kl;	/* "{subject} is a" */
	bool merged;		/* the bare prompt's lookup token also holds
				 * what follows the subject */
};

enum {
	EE_SPACE_ALWAYS = 1,	/* EasyEdit's ROME: a target gets a space even
				 * if it has one (unless it is one) */
	EE_TARGET_AS_TEXT = 2	/* EasyEdit: see below */
};

/*
 * The target gets a leading space if it has none.  Its tokens are those that
 * it adds to the bare prompt's, and they are appended as tokens; with
 * EE_TARGET_AS_TEXT its tokens are those of its text alone, and the text is
 * appended and the whole tokenised again, which may give other tokens, and
 * then is a notice.
 *
 * A subject whose last token holds more than the subject is a notice that
 * names the token.  Fails with EE_EINPUT (a target of no tokens, templates
 * without "{}"), EE_ENOMEM.  ee_prompts_free whatever happens.
 */
EE_MUST_CHECK enum ee_status ee_prompts_make(struct ee_prompts *prompts,
	const struct ee_tokenizer *tok, const struct ee_request *request,
	const struct ee_templates *templates, enum ee_fact_token which,
	unsigned flags, const struct ee_warn *warn, struct ee_err *err);
void ee_prompts_free(struct ee_prompts *prompts);

/* Can the model read all of it?  Fails with EE_EINPUT: more tokens in a row
 * than it has positions, a token beyond its vocabulary. */
EE_MUST_CHECK enum ee_status ee_prompts_check(
	const struct ee_prompts *prompts, const struct ee_request *request,
	const struct ee_config *config, struct ee_err *err);

/* '*p': the probability of the whole target after the bare prompt.  Fails as
 * ee_sequence_logits. */
EE_MUST_CHECK enum ee_status ee_prompts_probability(
	const struct ee_prompts *prompts, const struct ee_model *model,
	double *p, struct ee_err *err);

#endif
