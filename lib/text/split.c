/* split.c - the scanners of the known patterns.  See split.h. */
#include "text/split.h"

#include <string.h>

#include "text/utf8.h"

/* Bytes of the run of characters of one class at the beginning of 's'. */
static size_t
run_of(const char *s, size_t n, enum ee_class class)
{
	size_t i = 0;
	unsigned step;

	while (i < n && ee_class_next(s + i, &step) == class)
		i += step;
	return i;
}

/*
 * White space at 's': \s+(?!\S)|\s+, that is, all of it, but for the last
 * character where something follows and that leaves any.
 */
static size_t
spaces(const char *s, size_t n)
{
	size_t i = 0, last = 0;
	unsigned step;

	while (i < n && ee_class_next(s + i, &step) == EE_SPACE) {
		last = i;
		i += step;
	}
	return i == n || last == 0 ? i : last;
}

/* 's 't 're 've 'm 'll 'd, after the apostrophe; 0 if none. */
static size_t
contraction(const char *s, size_t n)
{
	if (n == 0)
		return 0;
	switch (s[0]) {
	case 's': case 't': case 'm': case 'd':
		return 1;
	case 'r': case 'v':
		return n > 1 && s[1] == 'e' ? 2 : 0;
	case 'l':
		return n > 1 && s[1] == 'l' ? 2 : 0;
	default:
		return 0;
	}
}

/*
 * 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 */
size_t
ee_split_gpt2(const char *s, size_t n)
{
	const size_t space = s[0] == ' ' ? 1 : 0;
	enum ee_class class;
	unsigned step;
	size_t len;

	if (s[0] == '\'') {
		len = contraction(s + 1, n - 1);
		if (len > 0)
			return 1 + len;
	}
	if (space == n)
		return n;
	class = ee_class_next(s + space, &step);
	if (class == EE_SPACE)
		return spaces(s, n);
	return space + step + run_of(s + space + step, n - space - step,
				     class);
}

/* The same in either case; U+017F is an s. */
static size_t
contraction_any(const char *s, size_t n)
{
	char low[2];
	size_t i;

	if (n >= 2 && memcmp(s, "\xc5\xbf", 2) == 0)
		return 2;
	for (i = 0; i < 2 && i < n; i++)
		low[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] | 0x20)
						    : s[i];
	return contraction(low, i);
}

static size_t
newlines(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && (s[i] == '\r' || s[i] == '\n'))
		i++;
	return i;
}

/* \s*[\r\n]+|\s+(?!\S)|\s+ : up to the last line end if there is one. */
static size_t
spaces_or_lines(const char *s, size_t n)
{
	size_t i = run_of(s, n, EE_SPACE);

	while (i > 0 && s[i - 1] != '\r' && s[i - 1] != '\n')
		i--;
	return i > 0 ? i : spaces(s, n);
}

static size_t
number(const char *s, size_t n, unsigned digits)
{
	size_t i = 0;
	unsigned step;

	while (digits-- > 0 && i < n &&
	       ee_class_next(s + i, &step) == EE_NUMBER)
		i += step;
	return i;
}

/*
 * (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}|
 *  ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
 */
size_t
ee_split_gpt4(const char *s, size_t n, unsigned digits)
{
	enum ee_class class, then = EE_SPACE;
	unsigned step, after = 0;
	size_t len;

	if (s[0] == '\'') {
		len = contraction_any(s + 1, n - 1);
		if (len > 0)
			return 1 + len;
	}
	class = ee_class_next(s, &step);
	if (class == EE_LETTER)
		return run_of(s, n, EE_LETTER);
	if (class == EE_NUMBER)
		return number(s, n, digits);
	if (step < n)
		then = ee_class_next(s + step, &after);
	if (then == EE_LETTER && s[0] != '\r' && s[0] != '\n')
		return step + run_of(s + step, n - step, EE_LETTER);
	if (class == EE_OTHER || (s[0] == ' ' && then == EE_OTHER)) {
		len = class == EE_OTHER ? 0 : 1;
		len += run_of(s + len, n - len, EE_OTHER);
		return len + newlines(s + len, n - len);
	}
	return spaces_or_lines(s, n);
}

size_t
ee_split_mark(const char *s, size_t n, bool runs)
{
	static const char mark[3] = { '\xe2', '\x96', '\x81' };
	size_t i = 0;
	const char *p;

	while (runs && n - i >= 3 && memcmp(s + i, mark, 3) == 0)
		i += 3;
	if (i == 0)
		i = 1;
	while (i < n) {
		p = memchr(s + i, mark[0], n - i);
		if (p == NULL)
			return n;
		i = (size_t)(p - s);
		if (n - i >= 3 && memcmp(p, mark, 3) == 0)
			return i;
		i++;
	}
	return n;
}
