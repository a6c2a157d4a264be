/* solver.c - systems in the second moment of a layer's keys.  See
 * solver.h. */
#include "edit/solver.h"

#include <stdlib.h>
#include <string.h>

#include "math/blas.h"

/* scale C + (nu + ridge) I into the factor's place. */
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
		s->factor[i * s->f + i] += p->nu + p->ridge * trace /
						   (double)s->f;
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
	free(s->keys);
	free(s->solved);
	free(s->small);
	s->factor = s->basis = s->keys = s->solved = s->small = NULL;
	s->p = 0;
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

/* small = Cholesky of I + P^T Y */
static enum ee_status
factor_small(struct ee_solver *s, struct ee_err *err)
{
	const size_t p = s->p;
	size_t i;

	free(s->small);
	s->small = ee_doubles(p * p, err);
	if (s->small == NULL)
		return EE_ENOMEM;
	ee_dgemm(false, true, p, p, s->r, 1, s->keys, s->r, s->solved, s->r,
		 0, s->small, p);
	for (i = 0; i < p; i++)
		s->small[i * p + i] += 1;
	return ee_cholesky(p, s->small, err);
}

/* Append n keys (n, r) to P, and C'^-1 times them to Y. */
static enum ee_status
append(struct ee_solver *s, size_t n, const double *turned,
       struct ee_err *err)
{
	const size_t r = s->r, at = s->p * r;
	double *x = ee_doubles(r * n, err), *grown;
	enum ee_status status = EE_ENOMEM;

	if (x == NULL)
		return EE_ENOMEM;
	grown = ee_grow(s->keys, at + n * r, sizeof(*grown), err);
	if (grown == NULL)
		goto out;
	s->keys = grown;
	grown = ee_grow(s->solved, at + n * r, sizeof(*grown), err);
	if (grown == NULL)
		goto out;
	s->solved = grown;
	memcpy(s->keys + at, turned, n * r * sizeof(*x));
	turn(n, r, turned, x);
	ee_cholesky_solve(r, n, s->factor, x);
	turn(r, n, x, s->solved + at);
	s->p += n;
	status = EE_OK;
out:
	free(x);
	return status;
}

/* P joins the factor: there are too many for a system of their own. */
static enum ee_status
fold(struct ee_solver *s, struct ee_err *err)
{
	enum ee_status status = refactor(s, s->p, s->keys, err);

	s->p = 0;
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
		if (s->p > 0 && s->p + n > s->r / 2)
			status = fold(s, err);
		else
			status = EE_OK;
		if (status == EE_OK && n > s->r / 2)
			status = refactor(s, n, k, err);
		else if (status == EE_OK)
			status = append(s, n, k, err);
		if (status == EE_OK && s->p > 0)
			status = factor_small(s, err);
	}
	free(k);
	free(inner);
	return status;
}

/* x (r, n) = (C' + P P^T)^-1 x, in place */
static enum ee_status
invert(const struct ee_solver *s, size_t n, double *x, struct ee_err *err)
{
	double *t;

	ee_cholesky_solve(s->r, n, s->factor, x);
	if (s->p == 0)
		return EE_OK;
	t = ee_doubles(s->p * n, err);
	if (t == NULL)
		return EE_ENOMEM;
	ee_dgemm(false, false, s->p, n, s->r, 1, s->keys, s->r, x, n, 0, t,
		 n);
	ee_cholesky_solve(s->p, n, s->small, t);
	ee_dgemm(true, false, s->r, n, s->p, -1, s->solved, s->r, t, n, 1, x,
		 n);
	free(t);
	return EE_OK;
}

enum ee_status
ee_solve(const struct ee_solver *s, float *x, struct ee_err *err)
{
	double *b = ee_doubles(s->f, err);
	enum ee_status status;
	size_t i;

	if (b == NULL)
		return EE_ENOMEM;
	for (i = 0; i < s->f; i++)
		b[i] = (double)x[i];
	status = invert(s, 1, b, err);
	for (i = 0; i < s->f && status == EE_OK; i++)
		x[i] = (float)b[i];
	free(b);
	return status;
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
	status = invert(s, n, x, err);
	if (status != EE_OK)
		goto out;
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
