/*
 * lanczos.h - a few eigenvalues of a large symmetric operator.
 *
 * With reorthogonalisation against all vectors, so that each eigenvalue
 * comes once.  Letters: n width, k steps.
 */
#ifndef EE_LANCZOS_H
#define EE_LANCZOS_H

#include "base/base.h"

enum { EE_LANCZOS_MOST = 64 };		/* steps */

/* y (n) = A x (n); both without overlap. */
typedef void ee_operator_fn(void *ctx, const double *x, double *y);

struct ee_lanczos {
	size_t n, steps;		/* steps that were taken */
	double values[EE_LANCZOS_MOST];	/* Ritz values, ascending */
	double weights[EE_LANCZOS_MOST];	/* of the start in each */
	double residuals[EE_LANCZOS_MOST];	/* |A v - value v| */
	double *vectors;		/* (steps, n) the basis */
	double *turn;			/* (steps, steps) Ritz by basis */
};

/*
 * Up to 'steps' steps from a random start (seed) orthogonal to the 'nlocked'
 * orthonormal rows of 'locked' (nlocked, n), and so staying.  Fewer steps
 * are taken where the space ends.  Fails with EE_ENOMEM, EE_EMATH.
 */
EE_MUST_CHECK enum ee_status ee_lanczos(struct ee_lanczos *l, size_t n,
	size_t steps, uint64_t seed, const double *locked, size_t nlocked,
	ee_operator_fn *apply, void *ctx, struct ee_err *err);
void ee_lanczos_free(struct ee_lanczos *l);

/* The Ritz vector of values[i], in 'out' (n). */
void ee_lanczos_vector(const struct ee_lanczos *l, size_t i, double *out);

#endif
