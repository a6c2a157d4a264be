/* collect.c - the names of the statistics.  See collect.h. */
#include "stats/collect.h"

#include <string.h>

static const struct {
	const char *name;	/* sorted */
	enum ee_collect bit;
} names[] = {
	{ "corr", EE_COLLECT_CORR }, { "cov", EE_COLLECT_COV },
	{ "mean", EE_COLLECT_MEAN }, { "mom2", EE_COLLECT_MOM2 },
	{ "norm_mean", EE_COLLECT_NORM_MEAN }, { "var", EE_COLLECT_VAR },
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

const struct ee_collect_arrays ee_collect_arrays[EE_COLLECT_ARRAYS] = {
	{ EE_COLLECT_MOM2, "mom2.count", "mom2.mom2" },
	{ EE_COLLECT_COV, "cov.count", "cov.cmom2" },
	{ EE_COLLECT_MEAN, "mean.count", "mean.mean" },
	{ EE_COLLECT_VAR, "var.count", "var.cmom2" },
	{ EE_COLLECT_NORM_MEAN, "norm_mean.count", "norm_mean.mean" },
};

enum ee_status
ee_collect_parse(const char *text, unsigned *collect, struct ee_err *err)
{
	size_t n;
	unsigned i;

	*collect = 0;
	for (;; text += n + 1) {
		n = strcspn(text, ",");
		for (i = 0; i < NAMES; i++)
			if (strlen(names[i].name) == n &&
			    memcmp(names[i].name, text, n) == 0)
				break;
		if (i == NAMES)
			return ee_fail(err, EE_EINPUT, "'%.*s' is no "
				       "statistic; there are mom2, mean, var, "
				       "norm_mean, cov, corr", (int)n, text);
		*collect |= names[i].bit;
		if (text[n] == '\0')
			return EE_OK;
	}
}

const char *
ee_collect_text(unsigned collect, char by, char out[64])
{
	size_t used = 0;
	unsigned i;

	out[0] = '\0';
	for (i = 0; i < NAMES; i++) {
		if ((collect & names[i].bit) == 0)
			continue;
		if (used > 0)
			out[used++] = by;
		strcpy(out + used, names[i].name);
		used += strlen(names[i].name);
	}
	return out;
}

const char *
ee_collect_name(enum ee_collect one)
{
	unsigned i;

	for (i = 0; i < NAMES; i++)
		if (names[i].bit == one)
			return names[i].name;
	return "?";
}
