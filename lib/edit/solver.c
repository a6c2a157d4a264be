/* solver.c - systems in the second moment of a layer's keys.  See
 * solver.h. */
#include "edit/solver.h"

#include <stdlib.h>
#include <string.h>

#include "math/blas.h"

/* scale C + ridge I into the factor's place. */
static void
fill(struct ee_solver *s, const struct ee_tensor *mom2, int64_t count,
     const struct ee_solver_params *p)
{
	const double scale = p->scale / (double)count;
	const size_t n = s->f * s->f;
	double trace = 0;
	size_t i;

	if (mom2->dtype == EE_F32)
		for (i = 0; i < n; i++)
			s->factor[i] = scale *
				(double)((const float *)mom2->data)[i];
	else
		for (i = 0; i < n; i++)
			s->factor[i] = scale * ee_tensor_at(mom2, i);
	for (i = 0; i < s->f; i++)
		trace += s->factor[i * s->f + i];
	for (i = 0; i < s->f; i++)
		s->factor[i * s->f + i] += p->ridge * trace / (double)s->f;
}

/* ... + P P^T */
static enum ee_status
add_previous(struct ee_solver *s, const struct ee_solver_params *p,
	     struct ee_err *err)
{
	const size_t n = s->f * p->nprevious;
	double *keys;
	size_t i;

	if (p->previous == NULL || p->nprevious == 0)
		return EE_OK;
	keys = ee_doubles(n, err);
	if (keys == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n; i++)
		keys[i] = (double)p->previous[i];
	ee_dgemm(false, true, s->f, s->f, p->nprevious, 1, keys,
		 p->nprevious, keys, p->nprevious, 1, s->factor, s->f);
	free(keys);
	return EE_OK;
}

enum ee_status
ee_solver_make(struct ee_solver *s, const struct ee_tensor *mom2,
	       int64_t count, const struct ee_solver_params *params,
	       struct ee_err *err)
{
	enum ee_status status;

	memset(s, 0, sizeof(*s));
	if (mom2->ndim != 2 || mom2->shape[1] != mom2->shape[0] || count <= 0)
		return ee_fail(err, EE_EINPUT, "a second moment must be "
			       "square, of at least one key");
	s->f = mom2->shape[0];
	s->factor = ee_doubles(s->f * s->f, err);
	if (s->factor == NULL)
		return EE_ENOMEM;
	fill(s, mom2, count, params);
	status = add_previous(s, params, err);
	if (status == EE_OK)
		status = ee_cholesky(s->f, s->factor, err);
	if (status == EE_EMATH)
		status = ee_within(err, status, "the second moment of %lld "
				   "tokens over %zu dimensions (more tokens, "
				   "or --ridge 1e-4, would make it so) is",
				   (long long)count, s->f);
	if (status != EE_OK)
		ee_solver_free(s);
	return status;
}

void
ee_solver_free(struct ee_solver *s)
{
	free(s->factor);
	s->factor = NULL;
}

enum ee_status
ee_solve(const struct ee_solver *s, float *x, struct ee_err *err)
{
	double *b = ee_doubles(s->f, err);
	size_t i;

	if (b == NULL)
		return EE_ENOMEM;
	for (i = 0; i < s->f; i++)
		b[i] = (double)x[i];
	ee_cholesky_solve(s->f, 1, s->factor, b);
	for (i = 0; i < s->f; i++)
		x[i] = (float)b[i];
	free(b);
	return EE_OK;
}

/* a (f, N) = x (f, N) s^-1, s (N, N) symmetric: the rows of a solve
 * s a_i = x_i, so all of a^T at once. */
static enum ee_status
divide(size_t f, size_t n, double *s, const double *x, double *a,
       struct ee_err *err)
{
	double *turned = ee_doubles(n * f, err);
	enum ee_status status = ee_cholesky(n, s, err);
	size_t i, j;

	if (turned == NULL)
		return EE_ENOMEM;
	if (status == EE_OK) {
		for (i = 0; i < f; i++)
			for (j = 0; j < n; j++)
				turned[j * f + i] = x[i * n + j];
		ee_cholesky_solve(n, f, s, turned);
		for (i = 0; i < f; i++)
			for (j = 0; j < n; j++)
				a[i * n + j] = turned[j * f + i];
	} else {
		status = ee_within(err, status, "the system of %zu keys (are "
				   "some alike?) is", n);
	}
	free(turned);
	return status;
}

enum ee_status
ee_solve_keys(const struct ee_solver *s, size_t n, const double *k,
	      double mu, double *a, struct ee_err *err)
{
	double *x = ee_doubles(s->f * n, err), *small = ee_doubles(n * n, err);
	enum ee_status status = EE_ENOMEM;
	size_t i;

	if (x == NULL || small == NULL)
		goto out;
	memcpy(x, k, s->f * n * sizeof(*x));
	ee_cholesky_solve(s->f, n, s->factor, x);
	ee_dgemm(true, false, n, n, s->f, 1, k, n, x, n, 0, small, n);
	for (i = 0; i < n; i++)
		small[i * n + i] += mu;
	status = divide(s->f, n, small, x, a, err);
out:
	free(x);
	free(small);
	return status;
}
