/* tokdecode.c - ids to text.  See tokenizer.h. */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "text/tokparts.h"
#include "text/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"	/* U+FFFD */

struct out {
	char **text;
	size_t *len, *room;
	size_t fallback;	/* fallback bytes pending at the end */
	struct ee_err *err;
};

static enum ee_status
append(struct out *out, const char *s, size_t n)
{
	TRY(ee_reserve(out->text, out->room, *out->len + n + 1, 1, out->err));
	memcpy(*out->text + *out->len, s, n);
	*out->len += n;
	(*out->text)[*out->len] = '\0';
	return EE_OK;
}

/* The value of "<0x..>", or -1. */
static int
fallback_byte(const char *s, size_t n)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *high, *low;

	if (n != 6 || memcmp(s, "<0x", 3) != 0 || s[5] != '>')
		return -1;
	high = memchr(digits, s[3], 32);
	low = memchr(digits, s[4], 32);
	if (high == NULL || low == NULL)
		return -1;
	return (int)((high - digits) % 16 * 16 + (low - digits) % 16);
}

/* A run of fallback bytes has ended: keep it if it is UTF-8, else each of
 * its bytes is U+FFFD. */
static enum ee_status
end_fallback(struct out *out)
{
	size_t n = out->fallback;

	out->fallback = 0;
	if (n == 0 || ee_utf8_valid(*out->text + *out->len - n, n) == n)
		return EE_OK;
	*out->len -= n;
	while (n-- > 0)
		TRY(append(out, REPLACEMENT, 3));
	return EE_OK;
}

/* One token that is spelled in characters; 'first' of those decoded. */
static enum ee_status
append_spelled(const struct ee_decoder *d, const struct ee_token *t,
	       bool first, struct ee_built work[2], struct out *out)
{
	struct ee_span span = { .s = t->text, .n = t->len };
	struct ee_norm drop[EE_MAX_NORMS];
	const int byte = d->byte_fallback ? fallback_byte(t->text, t->len)
					  : -1;
	const char c = (char)byte;
	size_t i;

	if (byte >= 0) {
		out->fallback++;
		return append(out, &c, 1);
	}
	TRY(end_fallback(out));
	memcpy(drop, d->replaces, sizeof(drop));
	for (i = 0; d->drop_first && first && i < d->n_replaces; i++)
		drop[i].to_len = 0;
	TRY(ee_normalize(drop, d->n_replaces, &span, work, out->err));
	if (d->spaced && !first)
		TRY(append(out, " ", 1));
	return append(out, span.s, span.n);
}

/* Replace what is not UTF-8, from byte 0 on. */
static enum ee_status
repair(struct out *out)
{
	const size_t valid = ee_utf8_valid(*out->text, *out->len);
	struct ee_built fixed = {0};
	enum ee_status status;

	if (valid == *out->len)
		return EE_OK;
	status = ee_repair(*out->text, *out->len, valid, &fixed, out->err);
	if (status == EE_OK) {
		*out->len = 0;
		status = append(out, fixed.s, fixed.n);
	}
	ee_built_free(&fixed);
	return status;
}

static void
strip(const struct ee_decoder *d, struct out *out)
{
	size_t n = 0;

	while (n < *out->len && (int64_t)n < d->strip &&
	       (*out->text)[n] == d->strip_char)
		n++;
	*out->len -= n;
	memmove(*out->text, *out->text + n, *out->len + 1);
}

static enum ee_status
append_all(const struct ee_tokenizer *tok, const int32_t *ids, size_t n,
	   bool skip_special, struct out *out)
{
	const struct ee_decoder *d = &tok->decoder;
	struct ee_built work[2] = { {0}, {0} };
	enum ee_status status = EE_OK;
	bool first = true;
	size_t i;

	for (i = 0; i < n && status == EE_OK; i++) {
		const struct ee_token *t = &tok->vocab.tokens[ids[i]];

		if (t->flags == 0 ||
		    (skip_special && t->flags & EE_TOKEN_SPECIAL))
			continue;
		status = d->byte_level
			? append(out, t->text, t->len)
			: append_spelled(d, t, first, work, out);
		first = false;
	}
	if (status == EE_OK)
		status = end_fallback(out);
	ee_built_free(&work[0]);
	ee_built_free(&work[1]);
	return status;
}

enum ee_status
ee_decode(const struct ee_tokenizer *tok, const int32_t *ids, size_t n,
	  bool skip_special, char **text, size_t *len, size_t *room,
	  struct ee_err *err)
{
	struct out out = { .text = text, .len = len, .room = room,
			   .err = err };
	size_t i;

	for (i = 0; i < n; i++)
		if (ids[i] < 0 || (size_t)ids[i] >= tok->vocab.n)
			return ee_fail(err, EE_EINPUT, "token %zu: id %d, "
				       "want 0 to %zu", i, (int)ids[i],
				       tok->vocab.n - 1);
	*len = 0;
	TRY(append(&out, "", 0));
	TRY(append_all(tok, ids, n, skip_special, &out));
	if (tok->decoder.byte_level)
		return repair(&out);
	strip(&tok->decoder, &out);
	return EE_OK;
}
