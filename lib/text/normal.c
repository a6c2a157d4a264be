/* normal.c - text changed, with offsets.  See normal.h. */
#include "text/normal.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "text/utf8.h"

void
ee_built_free(struct ee_built *built)
{
	free(built->s);
	free(built->ends);
	*built = (struct ee_built){0};
}

enum ee_status
ee_built_reserve(struct ee_built *b, size_t more, struct ee_err *err)
{
	const size_t want = b->n + more + 1;	/* never NULL */
	size_t room = b->room;

	TRY(ee_reserve(&b->s, &room, want, 1, err));
	return ee_reserve(&b->ends, &b->room, want, sizeof(*b->ends), err);
}

void
ee_built_put(struct ee_built *b, const char *s, size_t n, size_t end)
{
	size_t i;

	memcpy(b->s + b->n, s, n);
	for (i = 0; i < n; i++)
		b->ends[b->n + i] = end;
	b->n += n;
}

void
ee_built_keep(struct ee_built *b, const struct ee_span *span, size_t from,
	      size_t to)
{
	size_t i;

	memcpy(b->s + b->n, span->s + from, to - from);
	for (i = from; i < to; i++)
		b->ends[b->n++] = ee_span_end(span, i + 1);
}

void
ee_span_use(struct ee_span *span, const struct ee_built *b)
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

	b->n = 0;
	for (;;) {
		TRY(ee_built_reserve(b, len - from + 8, err));
		ee_built_keep(b, &whole, from, to);
		if (to == len)
			return EE_OK;
		from = to + ee_utf8_bad(text + to, len - to);
		ee_built_put(b, "\xef\xbf\xbd", 3, from);
		to = from + ee_utf8_valid(text + from, len - from);
	}
}

static enum ee_status
prepend(const struct ee_norm *norm, struct ee_span *span, struct ee_built *b,
	struct ee_err *err)
{
	if (span->n == 0)
		return EE_OK;
	if (norm->kind != EE_NORM_PREPEND && span->n >= norm->to_len &&
	    memcmp(span->s, norm->to, norm->to_len) == 0)
		return EE_OK;
	if (norm->kind == EE_NORM_PREFIX_FIRST && span->base > 0)
		return EE_OK;
	b->n = 0;
	TRY(ee_built_reserve(b, span->n + norm->to_len, err));
	ee_built_put(b, norm->to, norm->to_len, span->base);
	ee_built_keep(b, span, 0, span->n);
	ee_span_use(span, b);
	return EE_OK;
}

static enum ee_status
replace(const struct ee_norm *norm, struct ee_span *span, struct ee_built *b,
	struct ee_err *err)
{
	const char *end = span->s + span->n, *p = span->s, *hit;

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
		TRY(ee_built_reserve(b, (size_t)(hit - p) + norm->to_len,
				     err));
		ee_built_keep(b, span, from, (size_t)(hit - span->s));
		if (hit == end)
			break;
		ee_built_put(b, norm->to, norm->to_len,
		    ee_span_end(span, (size_t)(hit - span->s) +
				norm->from_len));
	}
	ee_span_use(span, b);
	return EE_OK;
}

enum ee_status
ee_normalize(const struct ee_norm *norms, size_t n, struct ee_span *span,
	     struct ee_built work[2], struct ee_err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct ee_built *b = &work[span->s == work[0].s ? 1 : 0];

		if (norms[i].kind == EE_NORM_NFC)
			TRY(ee_nfc(span, b, err));
		else if (norms[i].kind == EE_NORM_REPLACE)
			TRY(replace(&norms[i], span, b, err));
		else
			TRY(prepend(&norms[i], span, b, err));
	}
	return EE_OK;
}
