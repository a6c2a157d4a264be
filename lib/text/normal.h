/*
 * normal.h - what happens to text before it is cut into words, with every
 * byte's way back to the text as it was.
 */
#ifndef EE_NORMAL_H
#define EE_NORMAL_H

#include "base/base.h"

/*
 * A piece of text.  Byte k of 's' (valid UTF-8) came from what ends before
 * byte ends[k] of the original text; without 'ends' nothing has changed and
 * that is base + k + 1.  Borrowed.
 */
struct ee_span {
	const char *s;
	size_t n;
	const size_t *ends;
	size_t base;		/* where the piece begins in the original */
};

static inline size_t
ee_span_end(const struct ee_span *span, size_t k)	/* of its first k */
{
	if (k == 0)
		return span->base;
	return span->ends ? span->ends[k - 1] : span->base + k;
}

/* The n bytes from 'from' on. */
static inline struct ee_span
ee_span_part(const struct ee_span *span, size_t from, size_t n)
{
	return (struct ee_span){
		.s = span->s + from, .n = n,
		.ends = span->ends ? span->ends + from : NULL,
		.base = ee_span_end(span, from)
	};
}

/* A text being built; start with {0}. */
struct ee_built {
	char *s;
	size_t *ends;
	size_t n, room;
};
void ee_built_free(struct ee_built *built);

/* Make room for 'more' bytes; then append bytes that all came from what ends
 * at 'end', or bytes from..to of 'span' as they are. */
EE_MUST_CHECK enum ee_status ee_built_reserve(struct ee_built *built,
	size_t more, struct ee_err *err);
void ee_built_put(struct ee_built *built, const char *s, size_t n,
		  size_t end);
void ee_built_keep(struct ee_built *built, const struct ee_span *span,
		   size_t from, size_t to);

/* Make 'span' the text built (which goes on owning it). */
void ee_span_use(struct ee_span *span, const struct ee_built *built);

enum ee_norm_kind {
	EE_NORM_NFC,		/* Unicode normalization form C */
	EE_NORM_PREPEND,	/* 'to' in front of text that is not empty */
	EE_NORM_PREFIX,		/* ... that does not begin with 'to' */
	EE_NORM_PREFIX_FIRST,	/* ... nor begins after the original's start */
	EE_NORM_REPLACE		/* each 'from' by 'to' */
};

enum { EE_MAX_NORMS = 8 };

struct ee_norm {
	enum ee_norm_kind kind;
	const char *from, *to;
	size_t from_len, to_len;
};

/*
 * Apply n steps to 'span', which on exit borrows from work[0] or work[1]
 * where anything had to change.  Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_normalize(const struct ee_norm *norms,
	size_t n, struct ee_span *span, struct ee_built work[2],
	struct ee_err *err);

/* The one step that is long: Unicode normalization form C. */
EE_MUST_CHECK enum ee_status ee_nfc(struct ee_span *span,
	struct ee_built *built, struct ee_err *err);

/* Repair text that is not UTF-8: each bad part becomes U+FFFD, as Python
 * reads it.  'valid' bytes of it are known to be valid. */
EE_MUST_CHECK enum ee_status ee_repair(const char *text, size_t len,
	size_t valid, struct ee_built *built, struct ee_err *err);

#endif
