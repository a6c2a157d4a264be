/*
 * spectrum.h - what the eigenvalues of a second moment say.
 *
 * Narrow matrices are taken apart whole.  Of wide ones (an eigendecomposition
 * of 16,384 takes an hour) the few numbers that matter are found otherwise:
 *
 *   largest    Lanczos: 24 products of the matrix and a vector
 *   sound      a Cholesky factor of C + t I, which exists just when no
 *              eigenvalue lies below -t
 *   smallest   Lanczos on the inverse of that factor
 *   rank       exp(entropy of the eigenvalues as parts of their sum) (Roy and
 *              Vetterli 2007): eigenvectors that Lanczos has found count
 *              as they are, the rest by stochastic Lanczos quadrature (Ubaru,
 *              Chen and Saad 2017) of 16 probes orthogonal to them, 4 if
 *              wider than 6,144; the error is two standard errors
 *   spread     (tr C)^2 / tr C^2, exactly
 */
#ifndef EE_SPECTRUM_H
#define EE_SPECTRUM_H

#include "base/base.h"
#include "base/value.h"

enum ee_spectrum_how {
	EE_SPECTRUM_AUTO,
	EE_SPECTRUM_WHOLE,	/* all eigenvalues; to 3,072 wide */
	EE_SPECTRUM_F64,	/* a factor in float64; to 6,144 wide */
	EE_SPECTRUM_F32		/* in float32 */
};

struct ee_spectrum {
	enum ee_spectrum_how how;
	double trace, largest, smallest;
	/* Below -tolerance no rounding explains an eigenvalue: 'loose' times
	 * the largest, and what a factor in float32 may hide. */
	double tolerance;
	/* Between -floor and floor an eigenvalue cannot be told from 0: what
	 * rounding each entry does to it, and what the method resolves. */
	double floor;
	bool sound;		/* no eigenvalue below -tolerance */
	double rank, rank_error;	/* error 0: exact */
	double spread;
};

/*
 * Of C = t / count; t (f, f) is EE_F32 or EE_F64, finite and symmetric with
 * no negative diagonal entry.  Fails with EE_ENOMEM, EE_EMATH (no convergence).
 */
EE_MUST_CHECK enum ee_status ee_spectrum(const struct ee_tensor *t,
	double count, double loose, enum ee_spectrum_how how,
	struct ee_spectrum *out, struct ee_err *err);

#endif
