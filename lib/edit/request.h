/*
 * request.h - what is to be edited, from the shapes that data sets have, and
 * the token at which an edit works.
 */
#ifndef EE_REQUEST_H
#define EE_REQUEST_H

#include "base/base.h"
#include "base/value.h"
#include "edit/hparams.h"
#include "text/tokenizer.h"

struct ee_request {
	char id[64];		/* case_id as text, or the record's number */
	const char *before, *after;	/* the prompt around its "{}" */
	const char *subject;
	const char *target;	/* as given */
};

/*
 * One record to a request; the texts go into 'arena'.  Shapes:
 *
 *   {prompt, subject, target_new}                           EasyEdit
 *   {requested_rewrite: {prompt, subject, target_new: {str}}}  CounterFact
 *   {src, subject, alt}                                     zsRE
 *
 * A prompt without "{}" gets it where the subject stands.  'number' (from 1)
 * names a record that has no case_id.  Fails with EE_EINPUT: a field is
 * missing or empty, the subject is not in the prompt or stands there twice.
 */
EE_MUST_CHECK enum ee_status ee_request_read(struct ee_request *request,
	const struct ee_value *record, size_t number, struct ee_arena *arena,
	struct ee_err *err);

/* The same for methods that look for no token: what is asked and what is to
 * be answered. */
struct ee_plain {
	char id[64];
	const char *prompt;	/* the subject put in for "{}" */
	const char *subject;	/* or NULL */
	const char *target;	/* as given */
};

/*
 * One record, of the same shapes, to a plain request.  A subject may be
 * missing, or not in the prompt, if the prompt has no "{}".  Fails as
 * ee_request_read.
 */
EE_MUST_CHECK enum ee_status ee_plain_read(struct ee_plain *request,
	const struct ee_value *record, size_t number, struct ee_arena *arena,
	struct ee_err *err);

/* The same, of a request. */
EE_MUST_CHECK enum ee_status ee_request_plain(struct ee_plain *plain,
	const struct ee_request *request, struct ee_arena *arena,
	struct ee_err *err);

/*
 * {prompt, subject, target_new}: what a record of a stream says of the request
 * that it serves, in 'arena', texts borrowed.  The prompt has the subject in
 * it; a subject that is NULL is left out.
 */
struct ee_value ee_plain_value(struct ee_arena *arena,
			       const struct ee_plain *plain);

/*
 * Is 'named', such a map, from 'where', of this request?  A subject that one
 * of the two lacks is not compared.
 *
 * Fails with EE_EMATCH, showing both texts, and with EE_EFORMAT where 'named'
 * is no request.
 */
EE_MUST_CHECK enum ee_status ee_plain_check(const struct ee_plain *plain,
	const struct ee_value *named, const char *where, struct ee_err *err);

/* A sequence of tokens and a place in it. */
struct ee_spot {
	int32_t *ids;
	size_t n, at;
};

/*
 * Tokenize 'context' (a text with one "{}", for which the prompt stands) with
 * the request's prompt in it and the subject in that, then 'tail' right
 * after; and find the token that 'which' names:
 *
 *   EE_SUBJECT_LAST   the one that holds the subject's last character
 *   EE_SUBJECT_FIRST  ... its first character
 *   EE_SUBJECT_AFTER  the one after the subject's last, or that last one if
 *                     nothing of the prompt follows
 *   EE_PROMPT_LAST    the last one of the prompt, 'tail' left out
 *
 * '*merged' is set if the subject's last character shares its token with
 * what follows.  spot->ids is the caller's, to free().  Fails with EE_EINPUT
 * (no "{}" in 'context'), EE_ENOMEM, and as ee_encode.
 */
EE_MUST_CHECK enum ee_status ee_find_spot(const struct ee_tokenizer *tok,
	const struct ee_request *request, const char *context,
	const char *tail, enum ee_fact_token which, struct ee_spot *spot,
	bool *merged, struct ee_err *err);

#endif
