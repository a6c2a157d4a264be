/*
 * words.h - prose cut into words, as nltk.word_tokenize cuts it, and other
 * small things that measures of prose need.
 */
#ifndef EE_WORDS_H
#define EE_WORDS_H

#include "base/base.h"

struct ee_cutter;	/* the rules, compiled; not for two threads at once */

/* Fails with EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_cutter_open(struct ee_cutter **cutter,
					    struct ee_err *err);
void ee_cutter_close(struct ee_cutter *cutter);		/* NULL is fine */

struct ee_words {
	char **word;		/* (n) in 'text' */
	size_t n, room;
	char *text;
	size_t text_room;
};
void ee_words_free(struct ee_words *words);

/*
 * Cut 'text' (NUL-terminated UTF-8) by the rules of NLTK's Treebank
 * tokenizer (version 3.9): quotes, punctuation, brackets and contractions
 * are words of their own; a period is one only where it ends a sentence.
 *
 * NLTK finds sentences with a trained model.  Here one ends after ".", "?"
 * or "!", closing quotes and brackets included, before white space or the
 * text's end; but not after a single letter ("J."), a word with a period
 * inside ("U.S.") or one of a short list ("Dr.").
 *
 * 'words' (start with {0}) keeps its memory from call to call.  Fails with
 * EE_EINPUT (no UTF-8), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_words_cut(struct ee_words *words,
	struct ee_cutter *cutter, const char *text, struct ee_err *err);

/* 'text' in Unicode normalization form KD, the caller's, to free().  Fails with
 * EE_EINPUT (no UTF-8), EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_nfkd(const char *text, char **out,
				     struct ee_err *err);

/* The lower-case letter of a character, one to one; itself if it has none. */
uint32_t ee_lower(uint32_t c);

#endif
