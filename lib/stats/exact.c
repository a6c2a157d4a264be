/* exact.c - sums of doubles that lose nothing.  See exact.h. */
#include "stats/exact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "math/simd.h"

enum { BLOCK = 128 };

enum ee_status
ee_exact_init(struct ee_exact *sum, size_t n, struct ee_err *err)
{
	memset(sum, 0, sizeof(*sum));
	sum->n = n;
	sum->first = ee_doubles(n, err);
	if (sum->first == NULL)
		return EE_ENOMEM;
	memset(sum->first, 0, n * sizeof(*sum->first));
	return EE_OK;
}

void
ee_exact_round(struct ee_exact *sum)
{
	while (sum->planes > 0)
		free(sum->plane[--sum->planes]);
}

void
ee_exact_free(struct ee_exact *sum)
{
	ee_exact_round(sum);
	free(sum->first);
	memset(sum, 0, sizeof(*sum));
}

/* a + b = s + e, exactly, whatever their sizes (Knuth). */
static inline void
two_sum(double a, double b, double *s, double *e)
{
	const double sum = a + b, bb = sum - a;

	*e = (a - (sum - bb)) + (b - bb);
	*s = sum;
}

/* Zeros out; -0 becomes 0. */
static size_t
compact(double *e, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (e[i] != 0)
			e[k++] = e[i];
	if (k == 0)
		e[k++] = 0;
	return k;
}

/*
 * Sweep from the smallest to the largest until nothing moves: then each
 * double is the nearest to itself and the next.  That is the nearest to the
 * whole too, unless the next lies just half way between two doubles and what
 * follows tips it over.
 */
size_t
ee_exact_form(double *e, size_t n)
{
	bool moved = true;
	double s, r, twice;
	size_t i, j;

	n = compact(e, n);
	for (i = 0; i + 1 < n || moved; i += !moved) {
		moved = false;
		for (j = n - 1; j > i && j < n; j--) {
			two_sum(e[j - 1], e[j], &s, &r);
			if (!isfinite(s)) {
				e[0] = s;
				return 1;
			}
			moved |= s != e[j - 1] || r != e[j];
			e[j - 1] = s;
			e[j] = r;
		}
		if (moved) {
			n = compact(e + i, n - i) + i;
			continue;
		}
		if (i + 2 >= n || (e[i + 1] < 0) != (e[i + 2] < 0))
			continue;
		twice = 2 * e[i + 1];
		s = e[i] + twice;
		if (s - e[i] == twice) {
			e[i] = s;
			e[i + 1] = -e[i + 1];
		}
	}
	return n;
}

static enum ee_status
new_plane(struct ee_exact *sum, struct ee_err *err)
{
	double **plane = &sum->plane[sum->planes];

	if (sum->planes == EE_EXACT_PLANES)
		return ee_fail(err, EE_EMATH, "a sum of numbers too far apart");
	*plane = ee_calloc(sum->n, sizeof(**plane), err);
	if (*plane == NULL)
		return EE_ENOMEM;
	sum->planes++;
	return EE_OK;
}

/* Any one number, by all of its doubles. */
static enum ee_status
add_one(struct ee_exact *sum, size_t at, double x, struct ee_err *err)
{
	double e[EE_EXACT_PLANES + 2];
	size_t i, k = 0;

	e[k++] = sum->first[at];
	for (i = 0; i < sum->planes; i++)
		e[k++] = sum->plane[i][at];
	e[k++] = x;
	k = ee_exact_form(e, k);
	if (!isfinite(e[0]))
		return ee_fail(err, EE_EMATH, "a sum beyond the largest "
			       "number");
	while (sum->planes + 1 < k)
		TRY(new_plane(sum, err));
	sum->first[at] = e[0];
	for (i = 0; i < sum->planes; i++)
		sum->plane[i][at] = i + 1 < k ? e[i + 1] : 0;
	return EE_OK;
}

/* first, low += x where two doubles hold the sum; the others are marked. */
EE_SIMD static void
add_block(size_t k, const double *first, const double *low, const double *x,
	  double *s, double *r, double *left)
{
	double e, t, u;
	size_t i;

	for (i = 0; i < k; i++) {
		two_sum(first[i], x[i], &s[i], &e);
		two_sum(low[i], e, &t, &left[i]);
		two_sum(s[i], t, &s[i], &u);
		r[i] = u;
	}
}

static bool
is_deep(const struct ee_exact *sum, size_t at)
{
	size_t p;

	for (p = 1; p < sum->planes; p++)
		if (sum->plane[p][at] != 0)
			return true;
	return false;
}

enum ee_status
ee_exact_add(struct ee_exact *sum, const double *x, struct ee_err *err)
{
	double s[BLOCK], r[BLOCK], left[BLOCK];
	size_t i, j, m;

	if (sum->planes == 0 && sum->n > 0)
		TRY(new_plane(sum, err));
	for (i = 0; i < sum->n; i += m) {
		double *a = sum->first + i, *b = sum->plane[0] + i;

		m = sum->n - i < BLOCK ? sum->n - i : BLOCK;
		add_block(m, a, b, x + i, s, r, left);
		for (j = 0; j < m; j++) {
			/* NaN where the sum is not finite */
			if (left[j] == 0 && !is_deep(sum, i + j)) {
				a[j] = s[j] + 0.0;
				b[j] = r[j] + 0.0;
			} else {
				TRY(add_one(sum, i + j, x[i + j], err));
			}
		}
	}
	return EE_OK;
}

enum ee_status
ee_exact_merge(struct ee_exact *sum, const struct ee_exact *other,
	       struct ee_err *err)
{
	size_t p;

	TRY(ee_exact_add(sum, other->first, err));
	for (p = 0; p < other->planes; p++)
		TRY(ee_exact_add(sum, other->plane[p], err));
	return EE_OK;
}
