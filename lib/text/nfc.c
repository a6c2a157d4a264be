/*
 * nfc.c - Unicode normalization form C, with offsets.  See normal.h.
 *
 * Most text needs nothing done: ASCII stays as it is, and the rest is looked
 * at run by run, where a run begins at every character that cannot be
 * reordered with, or composed onto, what stands before it.
 */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/try.h"
#include "text/normal.h"
#include "text/utf8.h"

/*
 * Marks, and letters that compose, of Unicode 10 and later.  The reference
 * tokenizers normalize with the tables of Unicode 9 and take them for
 * letters; so do we.
 */
static const struct {
	uint32_t first, last;
} late[] = {
	{ 0x7fd, 0x7fd }, { 0x897, 0x89f }, { 0x8ca, 0x8d3 },
	{ 0x9fe, 0x9fe }, { 0xc3c, 0xc3c }, { 0xd3b, 0xd3c },
	{ 0xeba, 0xeba }, { 0x1715, 0x1715 }, { 0x1abf, 0x1ace },
	{ 0x1df6, 0x1dfa }, { 0xa82c, 0xa82c }, { 0x10d24, 0x10d27 },
	{ 0x10d69, 0x10d6d }, { 0x10eab, 0x10eac }, { 0x10efc, 0x10eff },
	{ 0x10f46, 0x10f50 }, { 0x10f82, 0x10f85 }, { 0x11070, 0x11070 },
	{ 0x1133b, 0x1133b }, { 0x11380, 0x113e2 }, { 0x1145e, 0x1145e },
	{ 0x11839, 0x1183a }, { 0x11930, 0x11943 }, { 0x119e0, 0x119e0 },
	{ 0x11a34, 0x11a34 }, { 0x11a47, 0x11a47 }, { 0x11a99, 0x11a99 },
	{ 0x11d42, 0x11d45 }, { 0x11d97, 0x11d97 }, { 0x11f41, 0x11f42 },
	{ 0x16100, 0x1613f }, { 0x16d40, 0x16d6a }, { 0x16ff0, 0x16ff1 },
	{ 0x1e08f, 0x1e08f }, { 0x1e130, 0x1e136 }, { 0x1e2ae, 0x1e2ae },
	{ 0x1e2ec, 0x1e2ef }, { 0x1e4ec, 0x1e4ef }, { 0x1e5ee, 0x1e5ef }
};

static bool
is_late(uint32_t c)
{
	size_t i;

	for (i = 0; i < sizeof(late) / sizeof(late[0]); i++)
		if (c <= late[i].last)
			return c >= late[i].first;
	return false;
}

/* May 'c' be reordered with, or composed onto, what stands before it? */
static bool
leans_back(uint32_t c)
{
	const utf8proc_property_t *p;

	if (c < 0x300 || is_late(c))
		return false;
	if (c >= 0x1160 && c <= 0x11ff)
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
	if (is_late((uint32_t)c))
		return 0;
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
		status = ee_built_reserve(b, 4 * count, err);
	for (i = 0; i < count && status == EE_OK; i++)
		ee_built_put(b, bytes, ee_utf8_put(bytes, (uint32_t)c[i]), end);
	free(c);
	return status;
}

static enum ee_status
append_run(const struct ee_span *span, size_t from, size_t n, bool stays,
	   struct ee_built *b, struct ee_err *err)
{
	const size_t was = b->n;

	if (!stays) {
		TRY(compose(span->s + from, n, ee_span_end(span, from + n), b,
			    err));
		if (b->n - was != n ||
		    memcmp(b->s + was, span->s + from, n) != 0)
			return EE_OK;
	}
	b->n = was;
	TRY(ee_built_reserve(b, n, err));
	ee_built_keep(b, span, from, from + n);
	return EE_OK;
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

enum ee_status
ee_nfc(struct ee_span *span, struct ee_built *b, struct ee_err *err)
{
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
	TRY(ee_built_reserve(b, span->n, err));
	ee_built_keep(b, span, 0, at);
	for (; at < span->n; at += n) {
		n = run_length(span->s + at, span->n - at, &stays);
		TRY(append_run(span, at, n, stays, b, err));
	}
	ee_span_use(span, b);
	return EE_OK;
}
