/* yaml_scalar.c - what a plain YAML scalar means.  See yaml_scalar.h. */
#include "file/yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NUMBER = 80 };	/* longer ones are texts */

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

/* What a plain scalar may be, beside a number. */
static const struct {
	const char *texts[10];	/* up to a NULL */
	enum ee_type type;
	double value;
} words[] = {
	{ { "", "~", "null", "Null", "NULL" }, EE_NULL, 0 },
	{ { "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON" },
	  EE_LOGIC, 1 },
	{ { "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF" },
	  EE_LOGIC, 0 },
	{ { ".nan", ".NaN", ".NAN" }, EE_REAL, (double)NAN },
	{ { ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF" }, EE_REAL,
	  (double)INFINITY },
	{ { "-.inf", "-.Inf", "-.INF" }, EE_REAL, -(double)INFINITY }
};

struct ee_value
ee_yaml_scalar(const char *s, size_t n)
{
	const char *const *text;
	char digits[MAX_NUMBER + 1];
	struct ee_value v;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (text = words[i].texts; *text != NULL; text++)
			if (strcmp(s, *text) == 0)
				return words[i].type == EE_NULL ? ee_null() :
				       words[i].type == EE_REAL ?
				       ee_real(words[i].value) :
				       ee_logic(words[i].value > 0);
	if (plain_digits(s, n, digits) && number(digits, &v))
		return v;
	return ee_text_n(s, n);
}
