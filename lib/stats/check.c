/* check.c - is this a second moment at all?  See check.h. */
#include "stats/check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/threads.h"

enum { TILE = 64 };		/* rows and columns looked at together */

struct matrix {
	const float *f;		/* one of the two */
	const double *d;
	size_t n;
	const double *s;	/* square roots of the diagonal */
	struct ee_survey *threads;
};

static double
at(const struct matrix *a, size_t i, size_t j)
{
	return a->f != NULL ? (double)a->f[i * a->n + j] : a->d[i * a->n + j];
}

static struct matrix
matrix_of(const struct ee_tensor *t)
{
	struct matrix a = { .n = t->shape[0] };

	if (t->dtype == EE_F32)
		a.f = t->data;
	else
		a.d = t->data;
	return a;
}

static double
ratio(double of, double to)
{
	return of == 0 ? 0 : to > 0 ? of / to : HUGE_VAL;
}

/* What is worse, of two that are alike the first by place. */
static void
worsen(struct ee_worst *w, struct ee_worst other)
{
	if (other.by > w->by ||
	    (other.by == w->by && (other.i < w->i ||
				   (other.i == w->i && other.j < w->j))))
		*w = other;
}

/* An entry that is worse than any before. */
static void
note(struct ee_survey *s, const struct matrix *a, size_t i, size_t j)
{
	const double x = at(a, i, j), y = at(a, j, i);
	const double size = a->s[i] * a->s[j];

	if (fabs(x) <= DBL_MAX && fabs(y) <= DBL_MAX) {
		worsen(&s->asymmetry, (struct ee_worst){
			ratio(fabs(x - y), size), i, j });
		worsen(&s->excess, (struct ee_worst){
			ratio(fabs(x), size), i, j });
	} else if (s->infinite++ == 0) {
		s->at_i = i;
		s->at_j = j;
	}
}

static void
look_at_tile(struct ee_survey *s, const struct matrix *a, size_t i0,
	     size_t j0)
{
	const size_t i1 = i0 + TILE < a->n ? i0 + TILE : a->n;
	const size_t j1 = j0 + TILE < a->n ? j0 + TILE : a->n;
	size_t i, j;

	for (i = i0; i < i1; i++) {
		for (j = j0 > i ? j0 : i + 1; j < j1; j++) {
			const double x = at(a, i, j), y = at(a, j, i);
			const double size = a->s[i] * a->s[j];

			/* also false where one of them is not finite */
			if (fabs(x - y) <= s->asymmetry.by * size &&
			    fabs(x) <= s->excess.by * size)
				continue;
			note(s, a, i, j);
		}
	}
}

static void
look_at_rows(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct matrix *a = arg;
	size_t i, j;

	for (i = begin * TILE; i < end * TILE && i < a->n; i += TILE)
		for (j = i; j < a->n; j += TILE)
			look_at_tile(&a->threads[thread], a, i, j);
}

/* The worst of both. */
static void
join(struct ee_survey *s, const struct ee_survey *t, size_t n)
{
	if (t->infinite > 0 &&
	    (s->infinite == 0 ||
	     t->at_i * n + t->at_j < s->at_i * n + s->at_j)) {
		s->at_i = t->at_i;
		s->at_j = t->at_j;
	}
	s->infinite += t->infinite;
	worsen(&s->asymmetry, t->asymmetry);
	worsen(&s->excess, t->excess);
}

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
look_at_diagonal(struct ee_survey *out, const struct matrix *a, double *s)
{
	size_t i;

	out->odd = a->n;
	for (i = a->n; i-- > 0; ) {
		const double x = at(a, i, i);

		if (!(x >= 0 && x <= DBL_MAX)) {
			out->odd = i;
			s[i] = 0;
			continue;
		}
		s[i] = x;
		out->trace += x;
		out->dead += x == 0;
		out->most = fmax(out->most, x);
	}
	qsort(s, a->n, sizeof(*s), by_size);
	out->median = s[a->n / 2];
	for (i = 0; i < a->n; i++)
		s[i] = sqrt(fmax(0, at(a, i, i)));	/* NaN: 0 */
}

enum ee_status
ee_survey(const struct ee_tensor *t, struct ee_survey *out,
	  struct ee_err *err)
{
	struct matrix a = matrix_of(t);
	const unsigned threads = ee_threads();
	double *s = ee_doubles(a.n + 1, err);
	unsigned i;

	memset(out, 0, sizeof(*out));
	out->n = a.n;
	a.threads = ee_calloc(threads, sizeof(*a.threads), err);
	if (s == NULL || a.threads == NULL || a.n == 0) {
		free(s);
		free(a.threads);
		return a.n == 0 ? EE_OK : EE_ENOMEM;
	}
	look_at_diagonal(out, &a, s);
	a.s = s;
	ee_parallel((a.n + TILE - 1) / TILE, 1, look_at_rows, &a);
	for (i = 0; i < threads; i++)
		join(out, &a.threads[i], a.n);
	free(s);
	free(a.threads);
	return EE_OK;
}

enum ee_status
ee_check_square(const struct ee_tensor *t, size_t width, const char *what,
		struct ee_err *err)
{
	char shape[128];

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
	return EE_OK;
}

enum ee_status
ee_check_moment(const struct ee_tensor *t, size_t width, const char *what,
		struct ee_err *err)
{
	struct ee_survey s;
	struct matrix a;
	size_t i, j;
	enum ee_status status = ee_check_square(t, width, what, err);

	if (status == EE_OK)
		status = ee_survey(t, &s, err);
	if (status != EE_OK)
		return status;
	a = matrix_of(t);
	if (s.odd < s.n)
		return ee_fail(err, EE_EMATH, "%s: diagonal entry %zu is %g, "
			       "which no sum of squares is", what, s.odd,
			       at(&a, s.odd, s.odd));
	if (s.infinite == 0 && s.asymmetry.by * EE_SYMMETRY_PARTS <= 1)
		return EE_OK;
	i = s.infinite ? s.at_i : s.asymmetry.i;
	j = s.infinite ? s.at_j : s.asymmetry.j;
	return ee_fail(err, EE_EMATH, "%s: entries (%zu, %zu) and (%zu, %zu) "
		       "are %g and %g: not %s", what, i, j, j, i,
		       at(&a, i, j), at(&a, j, i),
		       s.infinite ? "finite" : "symmetric");
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
