/* toolvalue.c - the values of options.  See tool.h. */
#include <string.h>

#include "tool.h"

unsigned
tool_word(const struct tool *tool, const char *option, const char *text,
	  const char *const *words, unsigned n)
{
	const unsigned i = ee_word_index(text, words, n);
	char want[128];

	if (i == n)
		tool_misuse(tool, "%s '%s': want %s", option, text,
			    ee_word_list(words, n, want));
	return i;
}

bool
tool_second(const struct tool *tool, const char *option, const char *text,
	    const char *one, const char *two)
{
	const char *const words[] = { one, two };

	return tool_word(tool, option, text, words, 2) == 1;
}

int64_t
tool_int(const struct tool *tool, const char *option, const char *text,
	 int64_t min, int64_t max)
{
	int64_t v;

	if (!ee_parse_int(text, min, max, &v))
		tool_misuse(tool, "%s '%s': want a whole number from %lld to "
			    "%lld", option, text, (long long)min,
			    (long long)max);
	return v;
}

double
tool_real(const struct tool *tool, const char *option, const char *text,
	  double min, double max)
{
	double v;

	if (!ee_parse_real(text, min, max, &v))
		tool_misuse(tool, "%s '%s': want a number from %g to %g",
			    option, text, min, max);
	return v;
}

size_t
tool_bytes(const struct tool *tool, const char *option, const char *text)
{
	static const char units[] = "KMG";
	const size_t n = strlen(text);
	const char *unit = n > 0 ? strchr(units, text[n - 1]) : NULL;
	char digits[24] = "";
	double number;

	if (n < sizeof(digits))
		memcpy(digits, text, n - (unit != NULL));
	if (!ee_parse_real(digits, 1, 1e9, &number) &&
	    (unit != NULL || !ee_parse_real(digits, 1, 1e15, &number)))
		tool_misuse(tool, "%s '%s': want a number of bytes, K, M or "
			    "G may follow", option, text);
	for (; unit != NULL && unit >= units; unit--)
		number *= 1024;
	return (size_t)number;
}

void
tool_part(const struct tool *tool, const char *option, const char *text,
	  int64_t *part, int64_t *parts)
{
	const char *slash = strchr(text, '/');
	char first[24] = "";

	if (slash == NULL || (size_t)(slash - text) >= sizeof(first))
		tool_misuse(tool, "%s '%s': want I/N", option, text);
	memcpy(first, text, (size_t)(slash - text));
	*parts = tool_int(tool, option, slash + 1, 1, INT32_MAX);
	*part = tool_int(tool, option, first, 1, *parts);
}
