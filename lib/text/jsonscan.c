/* jsonscan.c - reading JSON where it lies.  See jsonscan.h. */
#include "text/jsonscan.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "text/utf8.h"

void
ee_scan_init(struct ee_scan *scan, const char *text, size_t len,
	     const char *where)
{
	*scan = (struct ee_scan){
		.start = text, .p = text, .end = text + len, .where = where
	};
}

void
ee_scan_free(struct ee_scan *scan)
{
	free(scan->buffer);
	scan->buffer = NULL;
}

enum ee_status
ee_scan_want(const struct ee_scan *scan, const char *what,
	     struct ee_err *err)
{
	const char *p;
	size_t line = 1;

	for (p = scan->start; p < scan->p; p++)
		line += *p == '\n';
	return ee_fail(err, EE_EFORMAT, "%s:%zu: byte %zu: want %s",
		       scan->where, line, (size_t)(scan->p - scan->start),
		       what);
}

char
ee_scan_peek(struct ee_scan *scan)
{
	while (scan->p < scan->end &&
	       (*scan->p == ' ' || *scan->p == '\n' || *scan->p == '\t' ||
		*scan->p == '\r'))
		scan->p++;
	return scan->p < scan->end ? *scan->p : '\0';
}

/* Take 'c' after white space; false if something else is there. */
static bool
take(struct ee_scan *scan, char c)
{
	if (ee_scan_peek(scan) != c)
		return false;
	scan->p++;
	return true;
}

enum ee_status
ee_scan_end(struct ee_scan *scan, struct ee_err *err)
{
	ee_scan_peek(scan);
	return scan->p == scan->end ? EE_OK :
	       ee_scan_want(scan, "nothing more", err);
}

enum ee_status
ee_scan_each(struct ee_scan *scan, char open, const char *what,
	     ee_scan_one *one, void *ctx, struct ee_err *err)
{
	const char close = open == '{' ? '}' : ']';
	const char *key = NULL;
	size_t len = 0;

	if (!take(scan, open))
		return ee_scan_want(scan, what, err);
	if (take(scan, close))
		return EE_OK;
	do {
		if (open == '{') {
			TRY(ee_scan_string(scan, &key, &len, err));
			if (!take(scan, ':'))
				return ee_scan_want(scan, "':'", err);
		}
		TRY(one(ctx, scan, key, len, err));
	} while (take(scan, ','));
	return take(scan, close) ? EE_OK :
	       ee_scan_want(scan, open == '{' ? "',' or '}'" : "',' or ']'",
			    err);
}

/* Four hexadecimal digits; -1 if they are not there. */
static int32_t
hex4(const char *p, const char *end)
{
	int32_t v = 0, digit;
	int i;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		if (p[i] >= '0' && p[i] <= '9')
			digit = p[i] - '0';
		else if ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'f')
			digit = (p[i] | 0x20) - 'a' + 10;
		else
			return -1;
		v = v * 16 + digit;
	}
	return v;
}

/* \uXXXX, maybe two that make a character, after "\u"; -1 if not right. */
static int32_t
unicode_escape(struct ee_scan *scan)
{
	int32_t c = hex4(scan->p, scan->end), low;

	if (c < 0 || (c >= 0xdc00 && c <= 0xdfff))
		return -1;
	scan->p += 4;
	if (c < 0xd800 || c > 0xdbff)
		return c;
	if (scan->end - scan->p < 6 || scan->p[0] != '\\' ||
	    scan->p[1] != 'u')
		return -1;
	low = hex4(scan->p + 2, scan->end);
	if (low < 0xdc00 || low > 0xdfff)
		return -1;
	scan->p += 6;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

/* The character of an escape, after the backslash; -1 if there is none. */
static int32_t
escape(struct ee_scan *scan)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *hit;

	if (scan->p == scan->end || *scan->p == '\0')
		return -1;
	if (*scan->p == 'u') {
		scan->p++;
		return unicode_escape(scan);
	}
	hit = strchr(from, *scan->p);
	if (hit == NULL)
		return -1;
	scan->p++;
	return to[hit - from];
}

/* The rest of a string that has escapes, into the buffer; 'from' is where it
 * began.  No escape stands for more bytes than it has. */
static enum ee_status
string_with_escapes(struct ee_scan *scan, const char *from, const char **s,
		    size_t *len, struct ee_err *err)
{
	const char *close = scan->p;
	size_t n = (size_t)(scan->p - from);
	int32_t c;

	while (close < scan->end && *close != '"')
		close += *close == '\\' ? 2 : 1;
	if (close >= scan->end)
		return ee_scan_want(scan, "the end of a string", err);
	TRY(ee_reserve(&scan->buffer, &scan->room,
		       (size_t)(close - from) + 4, 1, err));
	memcpy(scan->buffer, from, n);
	while (scan->p < close) {
		c = (unsigned char)*scan->p++;
		if (c < 0x20)
			return ee_scan_want(scan, "no control character", err);
		if (c != '\\') {
			scan->buffer[n++] = (char)c;
			continue;
		}
		c = escape(scan);
		if (c < 0)
			return ee_scan_want(scan, "an escape sequence", err);
		n += ee_utf8_put(scan->buffer + n, (uint32_t)c);
	}
	scan->p = close + 1;
	*s = scan->buffer;
	*len = n;
	return EE_OK;
}

enum ee_status
ee_scan_string(struct ee_scan *scan, const char **s, size_t *len,
	       struct ee_err *err)
{
	const char *from;

	if (!take(scan, '"'))
		return ee_scan_want(scan, "a string", err);
	from = scan->p;
	while (scan->p < scan->end && *scan->p != '"') {
		if (*scan->p == '\\')
			return string_with_escapes(scan, from, s, len, err);
		if ((unsigned char)*scan->p < 0x20)
			return ee_scan_want(scan, "no control character", err);
		scan->p++;
	}
	if (scan->p == scan->end)
		return ee_scan_want(scan, "the end of a string", err);
	*s = from;
	*len = (size_t)(scan->p++ - from);
	return EE_OK;
}

enum ee_status
ee_scan_int(struct ee_scan *scan, int64_t *out, struct ee_err *err)
{
	bool negative;
	int64_t v = 0;
	const char *from;

	ee_scan_peek(scan);
	negative = take(scan, '-');
	from = scan->p;
	while (scan->p < scan->end && *scan->p >= '0' && *scan->p <= '9' &&
	       scan->p - from < 18)
		v = v * 10 + (*scan->p++ - '0');
	if (scan->p == from || (scan->p < scan->end &&
	    strchr("0123456789.eE", *scan->p) != NULL))
		return ee_scan_want(scan, "an integer", err);
	*out = negative ? -v : v;
	return EE_OK;
}

/* After the opening quote, to after the closing one. */
static bool
skip_string(struct ee_scan *scan)
{
	while (scan->p < scan->end && *scan->p != '"')
		scan->p += *scan->p == '\\' && scan->p + 1 < scan->end ? 2 : 1;
	if (scan->p == scan->end)
		return false;
	scan->p++;
	return true;
}

enum ee_status
ee_scan_skip(struct ee_scan *scan, struct ee_err *err)
{
	const char *from;
	size_t depth = 0;
	char c;

	ee_scan_peek(scan);
	from = scan->p;
	while (scan->p < scan->end) {
		c = *scan->p;
		if ((c == ',' || c == '}' || c == ']') && depth == 0)
			break;
		scan->p++;
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		else if (c == '"' && !skip_string(scan))
			return ee_scan_want(scan, "the end of a string", err);
	}
	if (depth > 0 || scan->p == from)
		return ee_scan_want(scan, "a value", err);
	return EE_OK;
}
