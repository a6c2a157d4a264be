/* nullspace.c - the system of AlphaEdit: keys seen only where the corpus has
 * next to nothing.  See solver.h.
 *
 * With P = U U^T the paper's (P M P + L2 I) X = P K R^T, M all keys' outer
 * products, is solved by X = U Y with (U^T M U + L2 I) Y = U^T K R^T: the
 * system of MEMIT in r dimensions, with L2 I for lambda C.
 */
#include <math.h>
#include <stdlib.h>

#include "edit/solver.h"
#include "math/blas.h"

/* The basis from the eigenvectors, which are ascending; and L2 I. */
static enum ee_status
take_basis(struct ee_solver *s, const double *values, double threshold,
	   double l2, struct ee_err *err)
{
	double *smaller;
	size_t i;

	while (s->r < s->f && values[s->r] < threshold)
		s->r++;
	if (s->r == 0)
		return ee_fail(err, EE_EMATH, "no eigenvalue of the keys' "
			       "second moment is below nullspace_threshold %g:"
			       " the smallest is %g", threshold, values[0]);
	smaller = ee_grow(s->basis, s->r * s->f, sizeof(*smaller), err);
	if (smaller == NULL)
		return EE_ENOMEM;
	s->basis = smaller;
	s->factor = ee_calloc(s->r * s->r, sizeof(*s->factor), err);
	if (s->factor == NULL)
		return EE_ENOMEM;
	for (i = 0; i < s->r; i++)
		s->factor[i * s->r + i] = sqrt(l2);
	return EE_OK;
}

enum ee_status
ee_solver_null(struct ee_solver *s, const struct ee_tensor *mom2,
	       int64_t count, double threshold, double l2,
	       struct ee_err *err)
{
	enum ee_status status = EE_ENOMEM;
	double *values;
	size_t i;

	*s = (struct ee_solver){ 0 };
	if (mom2->ndim != 2 || mom2->shape[1] != mom2->shape[0] || count <= 0)
		return ee_fail(err, EE_EINPUT, "a second moment must be "
			       "square, of at least one key");
	s->f = mom2->shape[0];
	s->basis = ee_doubles(s->f * s->f, err);
	values = ee_doubles(s->f, err);
	if (s->basis != NULL && values != NULL) {
		for (i = 0; i < s->f * s->f; i++)
			s->basis[i] = ee_tensor_at(mom2, i) / (double)count;
		status = ee_eigen(s->f, s->basis, values, err);
	}
	if (status == EE_OK)
		status = take_basis(s, values, threshold, l2, err);
	free(values);
	if (status != EE_OK)
		ee_solver_free(s);
	return status;
}
