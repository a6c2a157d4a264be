/* probe.c - has C^-1 k settled?  See probe.h. */
#include "stats/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "math/blas.h"

static const double ridge = 1e-4;	/* of the mean diagonal: ee-rome's */

int64_t
ee_probe_first(size_t widest)
{
	const size_t blocks = (2 * widest + EE_MOMENT_ROWS - 1) /
			      EE_MOMENT_ROWS;

	return (int64_t)(blocks * EE_MOMENT_ROWS);
}

enum ee_status
ee_probe_init(struct ee_probe *p, size_t width, int64_t first,
	      struct ee_err *err)
{
	struct ee_random random;
	int i;

	memset(p, 0, sizeof(*p));
	p->width = width;
	p->next = first;
	p->change = INFINITY;
	ee_random_seed(&random, 1);
	for (i = 0; i < EE_PROBES; i++)
		p->row[i] = (int64_t)ee_random_below(&random,
						     (uint64_t)first);
	p->keys = ee_calloc(EE_PROBES * width, sizeof(*p->keys), err);
	p->answers = ee_calloc(EE_PROBES * width, sizeof(*p->answers), err);
	if (p->keys != NULL && p->answers != NULL)
		return EE_OK;
	ee_probe_free(p);
	return EE_ENOMEM;
}

void
ee_probe_free(struct ee_probe *p)
{
	free(p->keys);
	free(p->answers);
	memset(p, 0, sizeof(*p));
}

double
ee_probe_bytes(size_t width)
{
	return 8.0 * (double)width * (double)(width + EE_PROBES);
}

static void
keep_keys(struct ee_probe *p, int64_t at, size_t n, const float *x)
{
	int i;

	for (i = 0; i < EE_PROBES; i++)
		if (p->row[i] >= at && p->row[i] - at < (int64_t)n)
			memcpy(p->keys + (size_t)i * p->width,
			       x + (size_t)(p->row[i] - at) * p->width,
			       p->width * sizeof(*x));
}

/* C + ridge, in full; all of its rows have been multiplied. */
static void
moment(const struct ee_moments *m, double *c)
{
	const size_t f = m->width;
	double mean = 0;
	size_t i;

	ee_unpack_matrix(f, m->mom2.first, (double)m->count, EE_F64, c);
	for (i = 0; i < f; i++)
		mean += c[i * f + i] / (double)f;
	for (i = 0; i < f; i++)
		c[i * f + i] += ridge * mean;
}

/* The largest relative change of a column of x (f, EE_PROBES). */
static double
change_of(size_t f, const double *x, const double *before)
{
	double worst = 0;
	size_t i, k;

	for (k = 0; k < EE_PROBES; k++) {
		double d = 0, n = 0;

		for (i = k; i < f * EE_PROBES; i += EE_PROBES) {
			d += (x[i] - before[i]) * (x[i] - before[i]);
			n += x[i] * x[i];
		}
		if (n > 0 && sqrt(d / n) > worst)
			worst = sqrt(d / n);
	}
	return worst;
}

/* Solve, compare, remember. */
static enum ee_status
check(struct ee_probe *p, const struct ee_moments *m, struct ee_err *err)
{
	const size_t f = p->width;
	double *c = ee_doubles(f * f, err);
	double *x = ee_doubles(f * EE_PROBES, err);
	enum ee_status status = EE_ENOMEM;
	struct ee_err why;
	size_t i, k;

	if (c == NULL || x == NULL)
		goto out;
	status = EE_OK;
	moment(m, c);
	for (i = 0; i < f; i++)
		for (k = 0; k < EE_PROBES; k++)
			x[i * EE_PROBES + k] = (double)p->keys[k * f + i];
	p->change = INFINITY;
	if (ee_cholesky(f, c, &why) == EE_OK) {
		ee_cholesky_solve(f, EE_PROBES, c, x);
		if (p->checks++ > 0)
			p->change = change_of(f, x, p->answers);
		memcpy(p->answers, x, f * EE_PROBES * sizeof(*x));
	}
	p->checked = p->next;
	p->next *= 2;
out:
	free(c);
	free(x);
	return status;
}

enum ee_status
ee_probe_add(struct ee_probe *p, struct ee_moments *m, size_t n,
	     const float *x, struct ee_err *err)
{
	enum ee_status status = EE_OK;
	size_t k;

	for (; n > 0 && status == EE_OK; n -= k, x += k * m->width) {
		k = n;
		if (p->width > 0 && p->next - m->count < (int64_t)n)
			k = (size_t)(p->next - m->count);
		if (p->width > 0 && p->checks == 0)
			keep_keys(p, m->count, k, x);
		status = ee_moments_add(m, k, x, err);
		if (status == EE_OK && p->width > 0 && m->count == p->next)
			status = check(p, m, err);
	}
	return status;
}
