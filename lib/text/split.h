/*
 * split.h - cutting text into the words that merges do not cross.
 *
 * The patterns of the known models have scanners of their own, ten times as
 * fast as a regular-expression engine and tested to agree with it; any other
 * pattern goes through PCRE2.
 */
#ifndef EE_SPLIT_H
#define EE_SPLIT_H

#include "base/base.h"

enum ee_split_kind {
	EE_SPLIT_GPT2,		/* GPT-2, GPT-J, GPT-NeoX */
	EE_SPLIT_GPT4,		/* LLaMA 3, Qwen 2 and their like */
	EE_SPLIT_MARK,		/* before each U+2581 */
	EE_SPLIT_REGEX
};

struct ee_split {
	enum ee_split_kind kind;
	unsigned digits;	/* GPT4: at most so many in a word */
	bool runs;		/* MARK: a run of marks stays whole */
	bool drop_hits;		/* REGEX: leave out what matches */
	bool drop_gaps;		/* REGEX: leave out what lies between */
	void *code;		/* REGEX: pcre2_code, owned */
};

/*
 * The split that a pattern asks for: a known one or a compiled one, to be
 * freed with ee_split_free.  Fails with EE_EFORMAT (not a pattern that PCRE2
 * compiles), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_split_pattern(struct ee_split *split,
	const char *pattern, size_t len, struct ee_err *err);
void ee_split_free(struct ee_split *split);

/* Length of the first word of 's' (valid UTF-8, n > 0); not for REGEX. */
size_t ee_split_gpt2(const char *s, size_t n);
size_t ee_split_gpt4(const char *s, size_t n, unsigned digits);
size_t ee_split_mark(const char *s, size_t n, bool runs);

/* One search through PCRE2; not for concurrent use. */
struct ee_matcher;
EE_MUST_CHECK enum ee_status ee_matcher_open(struct ee_matcher **matcher,
	struct ee_err *err);
void ee_matcher_close(struct ee_matcher *matcher);	/* NULL is fine */

/*
 * The first match in s[at..n) that is not empty: bytes *from to *to, or both
 * n if there is none.  Fails with EE_EINPUT if the pattern takes too long.
 */
EE_MUST_CHECK enum ee_status ee_matcher_next(struct ee_matcher *matcher,
	const struct ee_split *split, const char *s, size_t n, size_t at,
	size_t *from, size_t *to, struct ee_err *err);

#endif
