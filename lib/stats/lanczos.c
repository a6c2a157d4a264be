/* lanczos.c - a few eigenvalues of a large operator.  See lanczos.h. */
#include "stats/lanczos.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "math/blas.h"

static double
dot(size_t n, const double *a, const double *b)
{
	double sum[4] = { 0 };
	size_t i, k;

	for (i = 0; i + 4 <= n; i += 4)
		for (k = 0; k < 4; k++)
			sum[k] += a[i + k] * b[i + k];
	for (; i < n; i++)
		sum[0] += a[i] * b[i];
	return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* v -= each of the rows, twice, which is enough (Kahan's rule). */
static void
orthogonalise(size_t n, double *v, const double *rows, size_t nrows)
{
	size_t i, j;
	int pass;
	double c;

	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < nrows; i++) {
			c = dot(n, v, rows + i * n);
			for (j = 0; j < n; j++)
				v[j] -= c * rows[i * n + j];
		}
	}
}

static void
scale(size_t n, double *v, double by)
{
	size_t i;

	for (i = 0; i < n; i++)
		v[i] *= by;
}

/* The tridiagonal matrix's own eigenvalues and vectors. */
static enum ee_status
ritz(struct ee_lanczos *l, const double *alpha, const double *beta,
     struct ee_err *err)
{
	const size_t k = l->steps;
	enum ee_status status;
	size_t i;

	memset(l->turn, 0, k * k * sizeof(*l->turn));
	for (i = 0; i < k; i++) {
		l->turn[i * k + i] = alpha[i];
		if (i > 0)
			l->turn[i * k + i - 1] = beta[i - 1];
	}
	status = ee_eigen(k, l->turn, l->values, err);
	for (i = 0; i < k && status == EE_OK; i++) {
		l->weights[i] = l->turn[i * k] * l->turn[i * k];
		l->residuals[i] = beta[k - 1] *
				  fabs(l->turn[i * k + k - 1]);
	}
	return status;
}

enum ee_status
ee_lanczos(struct ee_lanczos *l, size_t n, size_t steps, uint64_t seed,
	   const double *locked, size_t nlocked, ee_operator_fn *apply,
	   void *ctx, struct ee_err *err)
{
	double alpha[EE_LANCZOS_MOST], beta[EE_LANCZOS_MOST], *v, norm = 1;
	struct ee_random random;
	enum ee_status status;
	size_t i;

	memset(l, 0, sizeof(*l));
	steps = steps < n - nlocked ? steps : n - nlocked;
	l->n = n;
	l->vectors = ee_doubles((steps + 1) * n, err);
	l->turn = ee_doubles(steps * steps + 1, err);
	if (l->vectors == NULL || l->turn == NULL) {
		ee_lanczos_free(l);
		return EE_ENOMEM;
	}
	ee_random_seed(&random, seed);
	for (i = 0; i < n; i++)
		l->vectors[i] = ee_random_normal(&random);
	orthogonalise(n, l->vectors, locked, nlocked);
	scale(n, l->vectors, 1 / sqrt(dot(n, l->vectors, l->vectors)));
	while (l->steps < steps && norm > 1e-12) {
		i = l->steps++;
		v = l->vectors + (i + 1) * n;
		apply(ctx, v - n, v);
		alpha[i] = dot(n, v, v - n);
		orthogonalise(n, v, locked, nlocked);
		orthogonalise(n, v, l->vectors, i + 1);
		beta[i] = norm = sqrt(dot(n, v, v));
		if (norm > 0)
			scale(n, v, 1 / norm);
	}
	status = l->steps > 0 ? ritz(l, alpha, beta, err) : EE_OK;
	if (status != EE_OK)
		ee_lanczos_free(l);
	return status;
}

void
ee_lanczos_free(struct ee_lanczos *l)
{
	free(l->vectors);
	free(l->turn);
	memset(l, 0, sizeof(*l));
}

void
ee_lanczos_vector(const struct ee_lanczos *l, size_t i, double *out)
{
	size_t j, k;

	memset(out, 0, l->n * sizeof(*out));
	for (k = 0; k < l->steps; k++)
		for (j = 0; j < l->n; j++)
			out[j] += l->turn[i * l->steps + k] *
				  l->vectors[k * l->n + j];
}
