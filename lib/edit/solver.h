/*
 * solver.h - C^-1 k, with C the second moment of a layer's keys.
 */
#ifndef EE_SOLVER_H
#define EE_SOLVER_H

#include "base/base.h"
#include "base/value.h"

struct ee_solver {
	size_t f;
	double *factor;		/* (f, f) Cholesky, lower */
};

/*
 * Factor C = mom2 / count + ridge * mean diagonal * I in float64.
 *
 *   mom2   (f, f) float32 or float64: the sum of k k^T over 'count' keys
 *
 * Fails with EE_EMATH if C is not positive definite (names the minor, and
 * says what may help), EE_EINPUT (not square), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_solver_make(struct ee_solver *solver,
	const struct ee_tensor *mom2, int64_t count, double ridge,
	struct ee_err *err);
void ee_solver_free(struct ee_solver *solver);

/* x = C^-1 x, (f), in place.  Fails with EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_solve(const struct ee_solver *solver,
	float *x, struct ee_err *err);

#endif
