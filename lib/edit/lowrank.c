/* lowrank.c - a change of a weight as two factors.  See lowrank.h. */
#include "edit/lowrank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/blas.h"
#include "math/vec.h"

/* The square is the sum over pairs of columns of (L^T L) (R^T R). */
double
ee_lowrank_norm(const struct ee_delta *delta, struct ee_err *err)
{
	const size_t n = delta->r;
	float *ll = ee_floats(2 * n * n, err);
	float *rr = ll != NULL ? ll + n * n : NULL;
	double sum;

	if (ll == NULL)
		return (double)NAN;
	ee_gemm(true, false, n, n, delta->out, 1, delta->left, n,
		delta->left, n, 0, ll, n);
	ee_gemm(true, false, n, n, delta->in, 1, delta->right, n,
		delta->right, n, 0, rr, n);
	sum = ee_dot(n * n, ll, rr);
	free(ll);
	return sqrt(sum > 0 ? sum : 0);
}

enum ee_status
ee_lowrank_shrink(struct ee_delta *delta, struct ee_err *err)
{
	const size_t d = delta->out, f = delta->in, n = delta->r;
	float *left, *right;
	size_t i;

	if (n <= d)
		return EE_OK;
	left = ee_floats(d * d, err);
	right = ee_floats(f * d, err);
	if (left == NULL || right == NULL) {
		free(left);
		free(right);
		return EE_ENOMEM;
	}
	memset(left, 0, d * d * sizeof(*left));
	for (i = 0; i < d; i++)
		left[i * d + i] = 1;
	ee_gemm(false, true, f, d, n, 1, delta->right, n, delta->left, n, 0,
		right, d);
	free(delta->left);
	free(delta->right);
	delta->left = left;
	delta->right = right;
	delta->r = d;
	return EE_OK;
}
