/* utf8.c - UTF-8 checking, stepping, classes.  See utf8.h. */
#include "text/utf8.h"

#include <string.h>
#include <utf8proc.h>

/*
 * Length of the character that byte 'c' begins, 0 if none, and the range of
 * its second byte, which shuts out overlong forms, surrogates and what lies
 * above U+10FFFF (Unicode, table 3-7).
 */
static unsigned
lead(unsigned char c, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	if (c < 0xe0)
		return 2;
	if (c == 0xe0 || c == 0xf0)
		*low = c == 0xe0 ? 0xa0 : 0x90;
	if (c == 0xed || c == 0xf4)
		*high = c == 0xed ? 0x9f : 0x8f;
	return c < 0xf0 ? 3 : 4;
}

/* Bytes at 'p' that begin a character rightly, and if it is complete. */
static size_t
begun(const unsigned char *p, size_t n, bool *complete)
{
	unsigned char low, high;
	const unsigned len = lead(p[0], &low, &high);
	size_t i;

	*complete = false;
	if (len == 0)
		return 0;
	for (i = 1; i < len && i < n; i++) {
		if (p[i] < low || p[i] > high)
			return i;
		low = 0x80;
		high = 0xbf;
	}
	*complete = i == len;
	return i;
}

size_t
ee_utf8_valid(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i = 0, step;
	uint64_t eight;
	bool complete;

	while (i < n) {
		if (n - i >= 8) {
			memcpy(&eight, p + i, 8);
			if ((eight & UINT64_C(0x8080808080808080)) == 0) {
				i += 8;
				continue;
			}
		}
		if (p[i] < 0x80) {
			i++;
			continue;
		}
		step = begun(p + i, n - i, &complete);
		if (!complete)
			break;
		i += step;
	}
	return i;
}

size_t
ee_utf8_bad(const char *s, size_t n)
{
	bool complete;
	const size_t step = begun((const unsigned char *)s, n, &complete);

	return step > 0 ? step : 1;
}

unsigned
ee_utf8_put(char *s, uint32_t c)
{
	return (unsigned)utf8proc_encode_char((utf8proc_int32_t)c,
					      (utf8proc_uint8_t *)s);
}

#define O EE_OTHER
#define L EE_LETTER
#define N EE_NUMBER
#define S EE_SPACE
const unsigned char ee_ascii_class[128] = {
	O, O, O, O, O, O, O, O, O, S, S, S, S, S, O, O,
	O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
	S, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
	N, N, N, N, N, N, N, N, N, N, O, O, O, O, O, O,
	O, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	L, L, L, L, L, L, L, L, L, L, L, O, O, O, O, O,
	O, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	L, L, L, L, L, L, L, L, L, L, L, O, O, O, O, O
};

/*
 * Letters and numbers of Unicode 15.1 and 16, which the reference tokenizers
 * know and an older utf8proc does not.
 */
static const struct {
	uint32_t first, last;
	enum ee_class class;
} late[] = {
	{ 0x1c89, 0x1c8a, L }, { 0xa7cb, 0xa7cd, L }, { 0xa7da, 0xa7dc, L },
	{ 0x105c0, 0x105f3, L }, { 0x10d40, 0x10d49, N },
	{ 0x10d4a, 0x10d65, L }, { 0x10d6f, 0x10d85, L },
	{ 0x10ec2, 0x10ec4, L }, { 0x11380, 0x11389, L },
	{ 0x1138b, 0x1138b, L }, { 0x1138e, 0x1138e, L },
	{ 0x11390, 0x113b5, L }, { 0x113b7, 0x113b7, L },
	{ 0x113d1, 0x113d1, L }, { 0x113d3, 0x113d3, L },
	{ 0x116d0, 0x116e3, N }, { 0x11bc0, 0x11be0, L },
	{ 0x11bf0, 0x11bf9, N }, { 0x13460, 0x143fa, L },
	{ 0x16100, 0x1611d, L }, { 0x16130, 0x16139, N },
	{ 0x16d40, 0x16d6c, L }, { 0x16d70, 0x16d79, N },
	{ 0x18cff, 0x18cff, L }, { 0x1ccf0, 0x1ccf9, N },
	{ 0x1e5d0, 0x1e5ed, L }, { 0x1e5f0, 0x1e5f0, L },
	{ 0x1e5f1, 0x1e5fa, N }, { 0x2ebf0, 0x2ee5d, L }
};
#undef O
#undef L
#undef N
#undef S

static enum ee_class
late_class(uint32_t c)
{
	size_t i;

	for (i = 0; i < sizeof(late) / sizeof(late[0]); i++)
		if (c >= late[i].first && c <= late[i].last)
			return late[i].class;
	return EE_OTHER;
}

enum ee_class
ee_class_wide(uint32_t c)
{
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
		return EE_LETTER;
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return EE_NUMBER;
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return EE_SPACE;
	case UTF8PROC_CATEGORY_CC:
		return c == 0x85 || (c >= 9 && c <= 13) ? EE_SPACE : EE_OTHER;
	case UTF8PROC_CATEGORY_CN:
		return late_class(c);
	default:
		return EE_OTHER;
	}
}

bool
ee_is_word(uint32_t c)
{
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_PC:
		return true;
	default:
		return c == 0x200c || c == 0x200d ||
		       ee_class_wide(c) == EE_LETTER;
	}
}
