/* yaml_scalar.c - what a plain YAML scalar means.  See yaml_scalar.h. */
#include "file/yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NUMBER = 80 };	/* longer ones are texts */

/* "true", "True" or "TRUE", never "tRue" */
static bool
is_word(const char *s, const char *word)
{
	const size_t n = strlen(word);
	bool lower = true, upper = true;
	size_t i;

	if (strlen(s) != n)
		return false;
	for (i = 0; i < n; i++) {
		const char up = (char)(word[i] >= 'a' && word[i] <= 'z' ?
				       word[i] - 'a' + 'A' : word[i]);

		if (i == 0 && s[0] != word[0] && s[0] != up)
			return false;
		if (i > 0 && s[i] != word[i])
			lower = false;
		if (s[i] != up)
			upper = false;
	}
	return lower || upper;
}

static bool
is_one_of(const char *s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (is_word(s, *words))
			return true;
	return false;
}

static bool
is_infinity(const char *s)
{
	return strcmp(s, ".inf") == 0 || strcmp(s, ".Inf") == 0 ||
	       strcmp(s, ".INF") == 0;
}

/* Digits, an optional point among them, an optional exponent. */
static bool
is_real(const char *s)
{
	size_t before, after = 0, n;

	s += *s == '+' || *s == '-';
	before = strspn(s, "0123456789");
	s += before;
	if (*s == '.') {
		after = strspn(++s, "0123456789");
		s += after;
	}
	if (before + after == 0)
		return false;
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '+' || *s == '-';
		n = strspn(s, "0123456789");
		if (n == 0)
			return false;
		s += n;
	}
	return *s == '\0';
}

/* Base and first digit of an integer; false if it is none. */
static bool
is_integer(const char *s, int *base, const char **digits)
{
	s += *s == '+' || *s == '-';
	if (s[0] == '0' && s[1] == 'x') {
		*base = 16;
		s += 2;
	} else if (s[0] == '0' && s[1] == 'b') {
		*base = 2;
		s += 2;
	} else if (s[0] == '0' && s[1] != '\0') {
		*base = 8;
	} else {
		*base = 10;
	}
	*digits = s;
	return *s != '\0' &&
	       strspn(s, *base == 16 ? "0123456789abcdefABCDEF" :
			 *base == 10 ? "0123456789" :
			 *base == 8 ? "01234567" : "01") == strlen(s);
}

static bool
number(const char *s, struct ee_value *out)
{
	char text[MAX_NUMBER + 2];
	const char *digits;
	long long whole;
	char *end;
	int base;

	if (is_integer(s, &base, &digits)) {
		text[0] = s[0] == '-' ? '-' : '+';
		strcpy(text + 1, digits);
		errno = 0;
		whole = strtoll(text, &end, base);
		if (errno == 0) {
			*out = ee_int(whole);
			return true;
		}
		if (base != 10)
			return false;
	} else if (strpbrk(s, ".eE") == NULL) {
		return false;		/* 08 */
	}
	if (!is_real(s))
		return false;
	*out = ee_real(strtod(s, NULL));
	return true;
}

/* Copy without the underscores that YAML 1.1 allows between digits. */
static bool
plain_digits(const char *s, size_t n, char out[MAX_NUMBER + 1])
{
	size_t i, k = 0;

	if (n == 0 || n > MAX_NUMBER || strchr("+-.0123456789", s[0]) == NULL)
		return false;
	for (i = 0; i < n; i++)
		if (s[i] != '_')
			out[k++] = s[i];
	out[k] = '\0';
	return true;
}

struct ee_value
ee_yaml_scalar(const char *s, size_t n)
{
	static const char *const yes[] = { "true", "yes", "on", NULL };
	static const char *const no[] = { "false", "no", "off", NULL };
	char digits[MAX_NUMBER + 1];
	struct ee_value v;

	if (n == 0 || strcmp(s, "~") == 0 || is_word(s, "null"))
		return ee_null();
	if (is_one_of(s, yes) || is_one_of(s, no))
		return ee_logic(is_one_of(s, yes));
	if (strcmp(s, ".NaN") == 0 || is_word(s, ".nan"))
		return ee_real((double)NAN);
	if (is_infinity(s + (s[0] == '+' || s[0] == '-')))
		return ee_real(s[0] == '-' ? -(double)INFINITY :
					     (double)INFINITY);
	if (plain_digits(s, n, digits) && number(digits, &v))
		return v;
	return ee_text_n(s, n);
}
