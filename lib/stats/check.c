/* check.c - is this a second moment at all?  See check.h. */
#include "stats/check.h"

#include <float.h>
#include <math.h>

enum { TILE = 64 };		/* rows and columns looked at together */

struct matrix {
	const float *f;		/* one of the two */
	const double *d;
	size_t n;
};

static double
at(const struct matrix *a, size_t i, size_t j)
{
	return a->f != NULL ? (double)a->f[i * a->n + j] : a->d[i * a->n + j];
}

static struct matrix
matrix_of(const struct ee_tensor *t)
{
	struct matrix a = { NULL, NULL, t->shape[0] };

	if (t->dtype == EE_F32)
		a.f = t->data;
	else
		a.d = t->data;
	return a;
}

/* The first pair of a tile that is wrong, or true. */
static bool
tile_is_good(const struct matrix *a, size_t i0, size_t j0, size_t *bi,
	     size_t *bj)
{
	const size_t i1 = i0 + TILE < a->n ? i0 + TILE : a->n;
	const size_t j1 = j0 + TILE < a->n ? j0 + TILE : a->n;
	size_t i, j;

	for (i = i0; i < i1; i++) {
		for (j = j0 > i ? j0 : i; j < j1; j++) {
			const double x = at(a, i, j), y = at(a, j, i);
			const double scale = at(a, i, i) * at(a, j, j);

			/* also false where one of them is not finite */
			if (fabs(x - y) <= 1e-5 * sqrt(scale))
				continue;
			*bi = i;
			*bj = j;
			return false;
		}
	}
	return true;
}

enum ee_status
ee_check_moment(const struct ee_tensor *t, size_t width, const char *what,
		struct ee_err *err)
{
	struct matrix a;
	char shape[128];
	size_t i, j, bi, bj;

	if ((t->dtype != EE_F32 && t->dtype != EE_F64) || t->ndim != 2 ||
	    t->shape[0] != t->shape[1] || t->shape[0] == 0 ||
	    t->shape[0] > 1u << 20)
		return ee_fail(err, EE_EFORMAT, "%s: %s %s is no second "
			       "moment, want a square matrix", what,
			       ee_dtype_name(t->dtype),
			       ee_tensor_shape(t, shape));
	if (width != 0 && t->shape[0] != width)
		return ee_fail(err, EE_EMATCH, "%s: is %zu wide, the layer "
			       "%zu", what, t->shape[0], width);
	a = matrix_of(t);
	for (i = 0; i < a.n; i++)
		if (!(at(&a, i, i) >= 0 && at(&a, i, i) <= DBL_MAX))
			return ee_fail(err, EE_EMATH, "%s: diagonal entry %zu "
				       "is %g, which no sum of squares is",
				       what, i, at(&a, i, i));
	for (i = 0; i < a.n; i += TILE)
		for (j = i; j < a.n; j += TILE)
			if (!tile_is_good(&a, i, j, &bi, &bj))
				return ee_fail(err, EE_EMATH, "%s: entries "
					       "(%zu, %zu) and (%zu, %zu) are "
					       "%g and %g: not symmetric, or "
					       "not finite", what, bi, bj, bj,
					       bi, at(&a, bi, bj),
					       at(&a, bj, bi));
	return EE_OK;
}

size_t
ee_count_dead(const struct ee_tensor *t)
{
	const struct matrix a = matrix_of(t);
	size_t i, n = 0;

	for (i = 0; i < a.n; i++)
		n += at(&a, i, i) == 0;
	return n;
}
