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
	s->f = s->r = mom2->shape[0];
	s->factor = ee_doubles(s->f * s->f, err);
	if (s->factor == NULL)
		return EE_ENOMEM;
	fill(s, mom2, count, params);
	status = ee_cholesky(s->f, s->factor, err);
	if (status == EE_EMATH)
		status = ee_within(err, status, "the second moment of %lld "
				   "tokens over %zu dimensions (more tokens, "
				   "or --ridge 1e-4, would make it so) is",
				   (long long)count, s->f);
	if (status == EE_OK && params->nprevious > 0)
		status = ee_solver_add(s, params->nprevious, params->previous,
				       err);
	if (status != EE_OK)
		ee_solver_free(s);
	return status;
}

void
ee_solver_free(struct ee_solver *s)
{
	free(s->factor);
	free(s->basis);
	s->factor = s->basis = NULL;
}

/* inner (r, n) = U^T k, or k itself */
static void
project(const struct ee_solver *s, size_t n, const double *k, double *inner)
{
	if (s->basis != NULL)
		ee_dgemm(false, false, s->r, n, s->f, 1, s->basis, s->f, k, n,
			 0, inner, n);
	else
		memcpy(inner, k, s->f * n * sizeof(*inner));
}

/* to (cols, rows) = from (rows, cols) turned */
static void
turn(size_t rows, size_t cols, const double *from, double *to)
{
	size_t i, j;

	for (i = 0; i < rows; i++)
		for (j = 0; j < cols; j++)
			to[j * rows + i] = from[i * cols + j];
}

/* L L^T + P P^T, P (r, n) given turned, factored again. */
static enum ee_status
refactor(struct ee_solver *s, size_t n, const double *turned,
	 struct ee_err *err)
{
	const size_t r = s->r;
	double *up = ee_calloc(r * r, sizeof(*up), err);
	double *sum = ee_calloc(r * r, sizeof(*sum), err);
	enum ee_status status = EE_ENOMEM;
	size_t i, j;

	if (up != NULL && sum != NULL) {
		for (i = 0; i < r; i++)
			for (j = 0; j <= i; j++)
				up[j * r + i] = s->factor[i * r + j];
		ee_dsyrk_upper(r, r, up, sum);
		ee_dsyrk_upper(n, r, turned, sum);
		turn(r, r, sum, s->factor);
		status = ee_cholesky(r, s->factor, err);
	}
	free(up);
	free(sum);
	return status;
}

enum ee_status
ee_solver_add(struct ee_solver *s, size_t n, const float *keys,
	      struct ee_err *err)
{
	double *k = ee_doubles(s->f * n, err);
	double *inner = ee_doubles(s->f * n, err);
	enum ee_status status = EE_ENOMEM;
	size_t i;

	if (k != NULL && inner != NULL) {
		for (i = 0; i < s->f * n; i++)
			k[i] = (double)keys[i];
		project(s, n, k, inner);
		turn(s->r, n, inner, k);
		status = refactor(s, n, k, err);
	}
	free(k);
	free(inner);
	return status;
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

/* a (r, N) = x (r, N) s^-1, s (N, N) symmetric: the rows of a solve
 * s a_i = x_i, so all of a^T at once. */
static enum ee_status
divide(size_t r, size_t n, double *s, const double *x, double *a,
       struct ee_err *err)
{
	double *turned = ee_doubles(n * r, err);
	enum ee_status status;

	if (turned == NULL)
		return EE_ENOMEM;
	status = ee_cholesky(n, s, err);
	if (status == EE_OK) {
		turn(r, n, x, turned);
		ee_cholesky_solve(n, r, s, turned);
		turn(n, r, turned, a);
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
	const size_t r = s->r;
	double *x = ee_doubles(r * n, err), *small = ee_doubles(n * n, err);
	double *inner = ee_doubles(r * n, err);
	enum ee_status status = EE_ENOMEM;
	size_t i;

	if (x == NULL || small == NULL || inner == NULL)
		goto out;
	project(s, n, k, inner);
	memcpy(x, inner, r * n * sizeof(*x));
	ee_cholesky_solve(r, n, s->factor, x);
	ee_dgemm(true, false, n, n, r, 1, inner, n, x, n, 0, small, n);
	for (i = 0; i < n; i++)
		small[i * n + i] += mu;
	status = divide(r, n, small, x, s->basis == NULL ? a : inner, err);
	if (status == EE_OK && s->basis != NULL)
		ee_dgemm(true, false, s->f, n, r, 1, s->basis, s->f, inner,
			 n, 0, a, n);
out:
	free(x);
	free(small);
	free(inner);
	return status;
}
