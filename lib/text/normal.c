/*
 * normal.c - normalization with offsets.  See normal.h.
 *
 * Most text needs nothing done: NFC leaves ASCII alone, and is looked at run
 * by run, where a run begins at every character that cannot be reordered
 * with, or composed onto, what stands before it.
 */
#include "text/normal.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "text/utf8.h"

void
ee_built_free(struct ee_built *built)
{
	free(built->s);
	free(built->ends);
	*built = (struct ee_built){0};
}

static enum ee_status
reserve(struct ee_built *b, size_t more, struct ee_err *err)
{
	size_t room = b->n + more;
	size_t *ends;
	char *s;

	if (room <= b->room && b->s != NULL)
		return EE_OK;
	room += room / 2 + 64;
	s = ee_grow(b->s, room, 1, err);
	if (s == NULL)
		return EE_ENOMEM;
	b->s = s;
	ends = ee_grow(b->ends, room, sizeof(*ends), err);
	if (ends == NULL)
		return EE_ENOMEM;
	b->ends = ends;
	b->room = room;
	return EE_OK;
}

/* Append bytes that all came from what ends at 'end'; there is room. */
static void
put(struct ee_built *b, const char *s, size_t n, size_t end)
{
	size_t i;

	memcpy(b->s + b->n, s, n);
	for (i = 0; i < n; i++)
		b->ends[b->n + i] = end;
	b->n += n;
}

/* Append bytes from..to of 'span' as they are; there is room. */
static void
keep(struct ee_built *b, const struct ee_span *span, size_t from, size_t to)
{
	size_t i;

	memcpy(b->s + b->n, span->s + from, to - from);
	for (i = from; i < to; i++)
		b->ends[b->n++] = ee_span_end(span, i + 1);
}

static void
use(struct ee_span *span, const struct ee_built *b)
{
	span->s = b->s;
	span->n = b->n;
	span->ends = b->ends;
}

enum ee_status
ee_repair(const char *text, size_t len, size_t valid, struct ee_built *b,
	  struct ee_err *err)
{
	const struct ee_span whole = { .s = text, .n = len };
	size_t from = 0, to = valid;
	enum ee_status status;

	b->n = 0;
	for (;;) {
		status = reserve(b, len - from + 8, err);
		if (status != EE_OK)
			return status;
		keep(b, &whole, from, to);
		if (to == len)
			return EE_OK;
		from = to + ee_utf8_bad(text + to, len - to);
		put(b, "\xef\xbf\xbd", 3, from);
		to = from + ee_utf8_valid(text + from, len - from);
	}
}

static enum ee_status
prepend(const struct ee_norm *norm, struct ee_span *span, struct ee_built *b,
	struct ee_err *err)
{
	enum ee_status status;

	if (span->n == 0)
		return EE_OK;
	if (norm->kind != EE_NORM_PREPEND && span->n >= norm->to_len &&
	    memcmp(span->s, norm->to, norm->to_len) == 0)
		return EE_OK;
	if (norm->kind == EE_NORM_PREFIX_FIRST && span->base > 0)
		return EE_OK;
	b->n = 0;
	status = reserve(b, span->n + norm->to_len, err);
	if (status != EE_OK)
		return status;
	put(b, norm->to, norm->to_len, span->base);
	keep(b, span, 0, span->n);
	use(span, b);
	return EE_OK;
}

static enum ee_status
replace(const struct ee_norm *norm, struct ee_span *span, struct ee_built *b,
	struct ee_err *err)
{
	const char *end = span->s + span->n, *p = span->s, *hit;
	enum ee_status status;

	if (span->n == 0 ||
	    memmem(p, span->n, norm->from, norm->from_len) == NULL)
		return EE_OK;
	b->n = 0;
	for (; p < end; p = hit + norm->from_len) {
		const size_t from = (size_t)(p - span->s);

		hit = memmem(p, (size_t)(end - p), norm->from,
			     norm->from_len);
		if (hit == NULL)
			hit = end;
		status = reserve(b, (size_t)(hit - p) + norm->to_len, err);
		if (status != EE_OK)
			return status;
		keep(b, span, from, (size_t)(hit - span->s));
		if (hit == end)
			break;
		put(b, norm->to, norm->to_len,
		    ee_span_end(span, (size_t)(hit - span->s) +
				norm->from_len));
	}
	use(span, b);
	return EE_OK;
}

/* May 'c' be reordered with, or composed onto, what stands before it?  (The
 * Kirat Rai vowels are letters that compose.) */
static bool
leans_back(uint32_t c)
{
	const utf8proc_property_t *p;

	if (c < 0x300)
		return false;
	if ((c >= 0x1160 && c <= 0x11ff) || (c >= 0x16d63 && c <= 0x16d6a))
		return true;
	p = utf8proc_get_property((utf8proc_int32_t)c);
	return p->combining_class != 0 ||
	       p->category == UTF8PROC_CATEGORY_MN ||
	       p->category == UTF8PROC_CATEGORY_MC ||
	       p->category == UTF8PROC_CATEGORY_ME;
}

/* Bytes of the run at the beginning of 's', and whether NFC surely leaves it
 * alone. */
static size_t
run_length(const char *s, size_t n, bool *stays)
{
	size_t i, step;
	uint32_t c;

	i = ee_utf8_next(s, &c);
	*stays = c < 0x300 || (c >= 0xac00 && c <= 0xd7a3) ||
		 utf8proc_get_property((utf8proc_int32_t)c)->decomp_seqindex
		 == UINT16_MAX;
	for (; i < n; i += step) {
		step = ee_utf8_next(s + i, &c);
		if (!leans_back(c))
			break;
		*stays = false;
	}
	return i;
}

static unsigned
mark_class(int32_t c)
{
	return (unsigned)utf8proc_get_property(c)->combining_class & 0xff;
}

/* Sort marks by their combining class, equal ones staying in order: by
 * insertion if they are few, else by counting. */
static enum ee_status
order_marks(int32_t *c, size_t n, struct ee_err *err)
{
	size_t at[257] = {0}, i, j;
	int32_t *sorted, mark;
	unsigned class;

	if (n <= 32) {
		for (i = 1; i < n; i++) {
			mark = c[i];
			class = mark_class(mark);
			for (j = i; j > 0 && mark_class(c[j - 1]) > class; j--)
				c[j] = c[j - 1];
			c[j] = mark;
		}
		return EE_OK;
	}
	sorted = ee_calloc(n, sizeof(*sorted), err);
	if (sorted == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n; i++)
		at[mark_class(c[i]) + 1]++;
	for (i = 1; i < 257; i++)
		at[i] += at[i - 1];
	for (i = 0; i < n; i++)
		sorted[at[mark_class(c[i])]++] = c[i];
	memcpy(c, sorted, n * sizeof(*c));
	free(sorted);
	return EE_OK;
}

/* Decompose 'n' bytes into 'out' (room for 4 a byte); returns how many. */
static size_t
decompose(const char *s, size_t n, int32_t *out)
{
	size_t i, count = 0;
	int boundary = 0;
	uint32_t c;

	for (i = 0; i < n; )  {
		i += ee_utf8_next(s + i, &c);
		count += (size_t)utf8proc_decompose_char(
			(utf8proc_int32_t)c, out + count, 8,
			UTF8PROC_STABLE | UTF8PROC_COMPOSE, &boundary);
	}
	return count;
}

/* NFC of one run, appended: decompose, order, compose. */
static enum ee_status
compose(const char *s, size_t n, size_t end, struct ee_built *b,
	struct ee_err *err)
{
	int32_t *c = ee_calloc(4 * n + 8, sizeof(*c), err);
	enum ee_status status = EE_OK;
	size_t count, i, from;
	char bytes[4];

	if (c == NULL)
		return EE_ENOMEM;
	count = decompose(s, n, c);
	for (i = 0; i < count && status == EE_OK; i++) {
		for (from = i; i < count && mark_class(c[i]) != 0; i++)
			;
		status = order_marks(c + from, i - from, err);
	}
	if (status == EE_OK)
		count = (size_t)utf8proc_normalize_utf32(
			c, (utf8proc_ssize_t)count,
			UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (status == EE_OK)
		status = reserve(b, 4 * count, err);
	for (i = 0; i < count && status == EE_OK; i++)
		put(b, bytes, ee_utf8_put(bytes, (uint32_t)c[i]), end);
	free(c);
	return status;
}

static enum ee_status
append_run(const struct ee_span *span, size_t from, size_t n, bool stays,
	   struct ee_built *b, struct ee_err *err)
{
	enum ee_status status = EE_OK;
	const size_t was = b->n;

	if (!stays)
		status = compose(span->s + from, n,
				 ee_span_end(span, from + n), b, err);
	if (status == EE_OK && !stays &&
	    (b->n - was != n || memcmp(b->s + was, span->s + from, n) != 0))
		return EE_OK;
	b->n = was;
	if (status == EE_OK)
		status = reserve(b, n, err);
	if (status == EE_OK)
		keep(b, span, from, from + n);
	return status;
}

static size_t
ascii_length(const char *s, size_t n)
{
	uint64_t eight;
	size_t i = 0;

	for (; n - i >= 8; i += 8) {
		memcpy(&eight, s + i, 8);
		if ((eight & UINT64_C(0x8080808080808080)) != 0)
			break;
	}
	while (i < n && (unsigned char)s[i] < 0x80)
		i++;
	return i;
}

static enum ee_status
nfc(struct ee_span *span, struct ee_built *b, struct ee_err *err)
{
	enum ee_status status = EE_OK;
	size_t at, n;
	bool stays;

	/* up to the first run that may change */
	at = ascii_length(span->s, span->n);
	if (at > 0 && at < span->n)
		at--;		/* may carry what follows */
	for (; at < span->n; at += n) {
		n = run_length(span->s + at, span->n - at, &stays);
		if (!stays)
			break;
	}
	if (at == span->n)
		return EE_OK;
	b->n = 0;
	status = reserve(b, span->n, err);
	if (status != EE_OK)
		return status;
	keep(b, span, 0, at);
	for (; at < span->n && status == EE_OK; at += n) {
		n = run_length(span->s + at, span->n - at, &stays);
		status = append_run(span, at, n, stays, b, err);
	}
	use(span, b);
	return status;
}

enum ee_status
ee_normalize(const struct ee_norm *norms, size_t n, struct ee_span *span,
	     struct ee_built work[2], struct ee_err *err)
{
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < n && status == EE_OK; i++) {
		struct ee_built *b = &work[span->s == work[0].s ? 1 : 0];

		switch (norms[i].kind) {
		case EE_NORM_NFC:
			status = nfc(span, b, err);
			break;
		case EE_NORM_REPLACE:
			status = replace(&norms[i], span, b, err);
			break;
		case EE_NORM_PREPEND:
		case EE_NORM_PREFIX:
		case EE_NORM_PREFIX_FIRST:
			status = prepend(&norms[i], span, b, err);
			break;
		}
	}
	return status;
}
