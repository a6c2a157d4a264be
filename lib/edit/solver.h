/*
 * solver.h - systems in the second moment of a layer's keys, solved.
 *
 * C' = scale C + (nu + ridge) I + P P^T, with C = (1/n) sum k k^T over a
 * corpus and P the keys of earlier edits.  ROME needs C'^-1 k (scale 1); MEMIT
 * and EMMET need more (below).  All in float64, by Cholesky.
 *
 * AlphaEdit is the same in fewer dimensions: with U (f, r) the eigenvectors of
 * C that belong to eigenvalues below a threshold, keys are U^T k, C' is
 * L2 I + U^T P P^T U, and what comes out is U times the solution.
 *
 * Keys that come later do not cost a factorisation: with Cholesky L L^T = C'
 * as it was and P (r, p) what came since,
 *
 *   (C' + P P^T)^-1 K = X - Y (I + P^T Y)^-1 P^T X,   X = C'^-1 K, Y = C'^-1 P
 *
 * (Woodbury), until p is half of r: then they join the factor.
 *
 * Letters: f MLP width, N keys, r dimensions of the system, p later keys.
 */
#ifndef EE_SOLVER_H
#define EE_SOLVER_H

#include "base/base.h"
#include "base/value.h"

struct ee_solver {
	size_t f, r;
	double *factor;		/* (r, r) Cholesky of C', lower */
	double *basis;		/* (r, f) U^T; NULL: all of f, r = f */
	size_t p;
	double *keys;		/* (p, r) P^T */
	double *solved;		/* (p, r) Y^T */
	double *small;		/* (p, p) Cholesky of I + P^T Y, lower */
};

struct ee_solver_params {
	double scale;		/* lambda */
	double ridge;		/* in units of the mean diagonal of scale C */
	double nu;		/* as it is: ENCORE's norm constraint */
	const float *previous;	/* (f, nprevious) keys, or NULL */
	size_t nprevious;
};

/*
 * Factor C'.
 *
 *   mom2   (f, f) float32 or float64: the sum of k k^T over 'count' keys
 *
 * Fails with EE_EMATH if C' is not positive definite (names the minor, and
 * says what may help), EE_EINPUT (not square), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_solver_make(struct ee_solver *solver,
	const struct ee_tensor *mom2, int64_t count,
	const struct ee_solver_params *params, struct ee_err *err);
void ee_solver_free(struct ee_solver *solver);

/*
 * Make the system of AlphaEdit; mom2 and count as above.
 *
 *   threshold  eigenvectors of C below it make up the basis
 *   l2         > 0
 *
 * Fails with EE_EMATH if no eigenvalue is below the threshold (says the
 * smallest), EE_EINPUT (not square), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_solver_null(struct ee_solver *solver,
	const struct ee_tensor *mom2, int64_t count, double threshold,
	double l2, struct ee_err *err);

/*
 * C' += P P^T for the keys P (f, n) of an edit that has been made.  On
 * failure (EE_EMATH, EE_ENOMEM) only ee_solver_free is allowed.
 */
EE_MUST_CHECK enum ee_status ee_solver_add(struct ee_solver *solver,
	size_t n, const float *keys, struct ee_err *err);

/* x = C'^-1 x, (f), in place, without a basis.  Fails with EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_solve(const struct ee_solver *solver,
	float *x, struct ee_err *err);

/*
 * a (f, N) = C'^-1 K (K^T C'^-1 K + mu I)^-1, K (f, N).
 *
 * With mu = 1 this is (C' + K K^T)^-1 K, MEMIT's (eq. 14, by Woodbury's
 * identity: an N x N system instead of another f x f one); any other mu is
 * EMMET's, and mu = 0 makes every key exact.
 * With a basis U: a = U C'^-1 U^T K (K^T U C'^-1 U^T K + mu I)^-1.
 * Fails with EE_EMATH (keys that are alike, with a small mu), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_solve_keys(const struct ee_solver *solver,
	size_t n, const double *k, double mu, double *a, struct ee_err *err);

#endif
