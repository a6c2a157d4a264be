/* solver.c - C^-1 k.  See solver.h. */
#include "edit/solver.h"

#include <stdlib.h>
#include <string.h>

#include "math/blas.h"

enum ee_status
ee_solver_make(struct ee_solver *s, const struct ee_tensor *mom2,
	       int64_t count, double ridge, struct ee_err *err)
{
	const size_t f = mom2->shape[0];
	double trace = 0;
	enum ee_status status;
	size_t i;

	memset(s, 0, sizeof(*s));
	if (mom2->ndim != 2 || mom2->shape[1] != f || count <= 0)
		return ee_fail(err, EE_EINPUT, "a second moment must be "
			       "square, of at least one key");
	s->f = f;
	s->factor = ee_doubles(f * f, err);
	if (s->factor == NULL)
		return EE_ENOMEM;
	if (mom2->dtype == EE_F32)
		for (i = 0; i < f * f; i++)
			s->factor[i] = (double)((const float *)
						mom2->data)[i] /
				       (double)count;
	else
		for (i = 0; i < f * f; i++)
			s->factor[i] = ee_tensor_at(mom2, i) / (double)count;
	for (i = 0; i < f; i++)
		trace += s->factor[i * f + i];
	for (i = 0; i < f; i++)
		s->factor[i * f + i] += ridge * trace / (double)f;
	status = ee_cholesky(f, s->factor, err);
	if (status == EE_EMATH) {
		status = ee_within(err, status, "the second moment of %lld "
				   "tokens over %zu dimensions (more tokens, "
				   "or --ridge 1e-4, would make it so) is",
				   (long long)count, f);
		ee_solver_free(s);
	}
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
