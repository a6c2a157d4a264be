/* tally.c - measures of many cases.  See tally.h. */
#include "score/tally.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

void
ee_tally_start(struct ee_tally *t, size_t cases)
{
	memset(t, 0, sizeof(*t));
	t->cases = cases;
}

void
ee_tally_free(struct ee_tally *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		free(t->value[i][EE_BEFORE]);
		free(t->value[i][EE_AFTER]);
	}
	memset(t, 0, sizeof(*t));
}

size_t
ee_tally_find(const struct ee_tally *t, const char *name)
{
	size_t i = 0;

	while (i < t->n && strcmp(t->name[i], name) != 0)
		i++;
	return i;
}

enum ee_status
ee_tally_put(struct ee_tally *t, const char *name, int when, size_t at,
	     double value, struct ee_err *err)
{
	const size_t m = ee_tally_find(t, name);
	size_t i;

	if (m == EE_MAX_MEASURES)
		return ee_fail(err, EE_EINPUT, "more than %d measures (groups "
			       "of questions)", (int)EE_MAX_MEASURES);
	if (m == t->n) {
		snprintf(t->name[m], sizeof(t->name[m]), "%s", name);
		t->n++;
	}
	if (t->value[m][when] == NULL) {
		t->value[m][when] = ee_doubles(t->cases, err);
		if (t->value[m][when] == NULL)
			return EE_ENOMEM;
		for (i = 0; i < t->cases; i++)
			t->value[m][when][i] = NAN;
	}
	t->value[m][when][at] = value;
	return EE_OK;
}

/* Harmonic mean of means over the cases drawn; NaN where one has none. */
static double
combine(const struct ee_tally *t, const size_t *measures, size_t k, int when,
	const size_t *drawn, size_t *n)
{
	double inverse = 0, sum, x;
	bool zero = false;
	size_t i, m;

	for (m = 0; m < k; m++) {
		const double *value = measures[m] < t->n ?
				      t->value[measures[m]][when] : NULL;

		*n = 0;
		sum = 0;
		for (i = 0; value != NULL && i < t->cases; i++) {
			x = value[drawn[i]];
			if (!isnan(x)) {
				sum += x;
				(*n)++;
			}
		}
		if (*n == 0)
			return NAN;
		x = sum / (double)*n;
		if (k == 1)
			return x;
		zero |= x <= 0;
		inverse += 1 / x;
	}
	return zero ? 0 : (double)k / inverse;
}

static int
ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
percentile(const double *sorted, size_t n, double p)
{
	const size_t rank = (size_t)ceil(p * (double)n);

	return sorted[rank > 0 ? rank - 1 : 0];
}

enum ee_status
ee_tally_estimate(const struct ee_tally *t, const size_t *measures, size_t k,
		  int when, size_t resamples, uint64_t seed,
		  struct ee_estimate *e, struct ee_err *err)
{
	double *found = ee_doubles(resamples, err), x;
	size_t *drawn = ee_calloc(t->cases, sizeof(*drawn), err);
	size_t i, r, n, used = 0;
	struct ee_random random;

	if (found == NULL || drawn == NULL) {
		free(found);
		free(drawn);
		return EE_ENOMEM;
	}
	for (i = 0; i < t->cases; i++)
		drawn[i] = i;
	e->n = 0;
	e->low = e->high = NAN;
	e->mean = combine(t, measures, k, when, drawn, &n);
	if (!isnan(e->mean))
		e->n = n;
	ee_random_seed(&random, seed);
	for (r = 0; r < resamples && e->n > 0; r++) {
		for (i = 0; i < t->cases; i++)
			drawn[i] = ee_random_below(&random, t->cases);
		x = combine(t, measures, k, when, drawn, &n);
		if (!isnan(x))	/* of a sample without the measure */
			found[used++] = x;
	}
	if (used > 0) {
		qsort(found, used, sizeof(*found), ascending);
		e->low = percentile(found, used, 0.025);
		e->high = percentile(found, used, 0.975);
	}
	free(found);
	free(drawn);
	return EE_OK;
}
