/*
 * utf8.h - UTF-8 as the tokenizers need it: checking, stepping, classes.
 *
 * Lengths are in bytes.  Nothing here allocates.
 */
#ifndef EE_UTF8_H
#define EE_UTF8_H

#include "base/base.h"

#define EE_MARK "\xe2\x96\x81"		/* U+2581, for a space */

/* Bytes of the longest valid beginning of 's'; n if all of it is valid. */
size_t ee_utf8_valid(const char *s, size_t n);

/* Bytes at 's', which does not begin with a valid character, that Python's
 * decode(errors="replace") turns into one U+FFFD: the longest beginning of a
 * valid character, or one byte.  n > 0. */
size_t ee_utf8_bad(const char *s, size_t n);

/* The character at 's' (valid, n > 0) and its length. */
static inline unsigned
ee_utf8_next(const char *s, uint32_t *c)
{
	const unsigned char *p = (const unsigned char *)s;

	if (p[0] < 0x80) {
		*c = p[0];
		return 1;
	}
	if (p[0] < 0xe0) {
		*c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
		return 2;
	}
	if (p[0] < 0xf0) {
		*c = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 |
		     (p[2] & 0x3fu);
		return 3;
	}
	*c = (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 |
	     (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
	return 4;
}

/* Write character 'c' (no surrogate, <= U+10FFFF); its length, 1 to 4. */
unsigned ee_utf8_put(char *s, uint32_t c);

/* What the pre-tokenizer patterns ask of a character: \p{L}, \p{N}, \s. */
enum ee_class { EE_OTHER, EE_LETTER, EE_NUMBER, EE_SPACE };
extern const unsigned char ee_ascii_class[128];
enum ee_class ee_class_wide(uint32_t c);	/* any c; for c >= 128 */

/* Class and length of the character at 's' (valid, not at the end). */
static inline enum ee_class
ee_class_next(const char *s, unsigned *len)
{
	uint32_t c = (unsigned char)s[0];

	if (c < 128) {
		*len = 1;
		return (enum ee_class)ee_ascii_class[c];
	}
	*len = ee_utf8_next(s, &c);
	return ee_class_wide(c);
}

/* Is 'c' part of a word, as \w of the added tokens' single_word means? */
bool ee_is_word(uint32_t c);

#endif
