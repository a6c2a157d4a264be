/* spectrum.c - what the eigenvalues say.  See spectrum.h. */
#include "stats/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/blas.h"
#include "math/threads.h"
#include "stats/lanczos.h"

enum {
	WHOLE_WIDTH = 3072, F64_WIDTH = 6144,
	FIRST_STEPS = 24, PROBE_STEPS = 8, PROBES = 16, PROBES_F32 = 4,
	INVERSE_STEPS = 10,
	SEARCH_STEPS = 60
};

/*
 * What is worked on: the matrix times 'unit', so that its mean diagonal
 * entry is 1 and float32 can hold it.
 */
struct work {
	const struct ee_tensor *t;
	size_t n;
	double unit, frobenius, largest_diagonal;
	float *a;			/* (n, n), then its factor */
	double *l;			/* (n, n) factor in float64 */
	float *x;			/* (2, n) */
	struct ee_spectrum *out;
	struct ee_err *err;
};

static double
at(const struct ee_tensor *t, size_t i)
{
	return t->dtype == EE_F32 ? (double)((const float *)t->data)[i] :
				    ((const double *)t->data)[i];
}

static void
copy_rows(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct work *w = arg;
	size_t i;

	(void)thread;
	for (i = begin * w->n; i < end * w->n; i++)
		w->a[i] = (float)(at(w->t, i) * w->unit);
}

static void
copy_rows_f64(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct work *w = arg;
	size_t i;

	(void)thread;
	for (i = begin * w->n; i < end * w->n; i++)
		w->l[i] = at(w->t, i) * w->unit;
}

static void
measure(struct work *w)
{
	size_t i, j;
	double row, d;

	for (i = 0; i < w->n; i++) {
		for (row = 0, j = 0; j < w->n; j++) {
			d = at(w->t, i * w->n + j) * w->unit;
			row += d * d;
		}
		w->frobenius += row;
		w->largest_diagonal = fmax(w->largest_diagonal,
			at(w->t, i * w->n + i) * w->unit);
	}
}

/* -p ln p of an eigenvalue that is the part p of all. */
static double
entropy(const struct work *w, double value)
{
	const double p = value / (double)w->n;

	return p > 0 ? -p * log(p) : 0;
}

static enum ee_status
take_apart(struct work *w)
{
	struct ee_spectrum *s = w->out;
	double *values = ee_doubles(w->n, w->err), h = 0;
	enum ee_status status = EE_ENOMEM;
	size_t i;

	w->l = ee_doubles(w->n * w->n, w->err);
	if (values != NULL && w->l != NULL) {
		ee_parallel(w->n, 64, copy_rows_f64, w);
		status = ee_eigenvalues(w->n, w->l, values, w->err);
	}
	for (i = 0; i < w->n && status == EE_OK; i++)
		h += entropy(w, values[i]);
	if (status == EE_OK) {
		s->largest = values[w->n - 1];
		s->smallest = values[0];
		s->rank = exp(h);
	}
	free(values);
	return status;
}

static void
apply_matrix(void *ctx, const double *x, double *y)
{
	const struct work *w = ctx;
	float *in = w->x, *out = w->x + w->n;
	size_t i;

	for (i = 0; i < w->n; i++)
		in[i] = (float)x[i];
	ee_gemm(false, true, 1, w->n, w->n, 1, in, w->n, w->a, w->n, 0, out,
		w->n);
	for (i = 0; i < w->n; i++)
		y[i] = (double)out[i];
}

static void
apply_inverse(void *ctx, const double *x, double *y)
{
	const struct work *w = ctx;
	size_t i;

	if (w->l != NULL) {
		memcpy(y, x, w->n * sizeof(*y));
		ee_cholesky_solve(w->n, 1, w->l, y);
		return;
	}
	for (i = 0; i < w->n; i++)
		w->x[i] = (float)x[i];
	ee_cholesky_f32_solve(w->n, w->a, w->x);
	for (i = 0; i < w->n; i++)
		y[i] = (double)w->x[i];
}

/* The entropy of what is orthogonal to the locked vectors, added to theirs;
 * its error is twice the standard error of the probes. */
static enum ee_status
probe_rest(struct work *w, double sure, const double *locked, size_t nlocked)
{
	const size_t rest = w->n - nlocked;
	const unsigned probes = rest == 0 ? 0 : w->out->how ==
				EE_SPECTRUM_F32 ? PROBES_F32 : PROBES;
	double h, sum = 0, squares = 0, mean;
	struct ee_lanczos l;
	unsigned p;
	size_t i;

	for (p = 0; p < probes; p++) {
		if (ee_lanczos(&l, w->n, PROBE_STEPS, 2 + p, locked, nlocked,
			       apply_matrix, w, w->err) != EE_OK)
			return EE_ENOMEM;
		for (h = 0, i = 0; i < l.steps; i++)
			h += (double)rest * l.weights[i] *
			     entropy(w, l.values[i]);
		ee_lanczos_free(&l);
		sum += h;
		squares += h * h;
	}
	mean = probes ? sum / probes : 0;
	w->out->rank = exp(sure + mean);
	if (probes)
		w->out->rank_error = w->out->rank * expm1(2 * sqrt(fmax(0,
			squares / probes - mean * mean) / (probes - 1)));
	return EE_OK;
}

/*
 * Largest eigenvalue, and the entropy: eigenvectors that have converged to a
 * twentieth (their eigenvalues then are right to its square) count as they
 * are, and the space orthogonal to them by what random vectors see of it.
 */
static enum ee_status
look_from_above(struct work *w)
{
	struct ee_lanczos first;
	double *locked = NULL, sure = 0;
	size_t i, nlocked = 0;
	enum ee_status status;

	status = ee_lanczos(&first, w->n, FIRST_STEPS, 1, NULL, 0,
			    apply_matrix, w, w->err);
	if (status != EE_OK)
		return status;
	w->out->largest = first.values[first.steps - 1];
	locked = ee_doubles(first.steps * w->n, w->err);
	status = locked == NULL ? EE_ENOMEM : EE_OK;
	for (i = 0; i < first.steps && status == EE_OK; i++) {
		if (first.residuals[i] > 0.05 * fabs(first.values[i]))
			continue;
		ee_lanczos_vector(&first, i, locked + nlocked++ * w->n);
		sure += entropy(w, first.values[i]);
	}
	ee_lanczos_free(&first);
	if (status == EE_OK)
		status = probe_rest(w, sure, locked, nlocked);
	free(locked);
	return status;
}

/* Factor with the tolerance on the diagonal.  EE_EMATH: there is none. */
static enum ee_status
factor(struct work *w, bool in_f32)
{
	const double t = w->out->tolerance;
	size_t i;

	if (in_f32) {
		for (i = 0; i < w->n; i++)
			w->a[i * w->n + i] += (float)t;
		return ee_cholesky_f32(w->n, w->a, w->err);
	}
	w->l = ee_doubles(w->n * w->n, w->err);
	if (w->l == NULL)
		return EE_ENOMEM;
	ee_parallel(w->n, 64, copy_rows_f64, w);
	for (i = 0; i < w->n; i++)
		w->l[i * w->n + i] += t;
	return ee_cholesky(w->n, w->l, w->err);
}

/* The smallest eigenvalue, by the factor; or, where there was none, an upper
 * bound of it. */
static enum ee_status
look_from_below(struct work *w, bool factored)
{
	struct ee_lanczos l;
	enum ee_status status;

	if (!factored)
		ee_parallel(w->n, 64, copy_rows, w);
	status = ee_lanczos(&l, w->n, factored ? INVERSE_STEPS : SEARCH_STEPS,
			    4, NULL, 0, factored ? apply_inverse :
			    apply_matrix, w, w->err);
	if (status != EE_OK)
		return status;
	w->out->smallest = factored ?
		1 / l.values[l.steps - 1] - w->out->tolerance : l.values[0];
	ee_lanczos_free(&l);
	return EE_OK;
}

static enum ee_status
estimate(struct work *w, double loose)
{
	struct ee_spectrum *s = w->out;
	bool in_f32 = s->how == EE_SPECTRUM_F32;
	enum ee_status status;

	w->a = ee_floats(w->n * w->n, w->err);
	w->x = ee_floats(2 * w->n, w->err);
	if (w->a == NULL || w->x == NULL)
		return EE_ENOMEM;
	ee_parallel(w->n, 64, copy_rows, w);
	status = look_from_above(w);
	if (status != EE_OK)
		return status;
	s->tolerance = loose * s->largest;
	if (in_f32)
		s->tolerance += 16 * ldexp(1, -24) *
				sqrt(w->largest_diagonal * (double)w->n);
	status = factor(w, in_f32);
	if (status == EE_EMATH && in_f32) {	/* is it the rounding? */
		s->how = EE_SPECTRUM_F64;
		status = factor(w, false);
	}
	s->sound = status == EE_OK;
	if (status == EE_OK || status == EE_EMATH)
		status = look_from_below(w, s->sound);
	return status;
}

/*
 * Entries a_ij rounded with independent relative errors below u move an
 * eigenvalue by about 2 u |A|_F / sqrt(3 n) at most (the norm of a random
 * symmetric matrix); the inverse of a factor tells smaller ones from its
 * shift to a twentieth.
 */
static void
set_floor(const struct work *w, double loose)
{
	struct ee_spectrum *s = w->out;
	const double u = loose > 1e-4 ? ldexp(1, -12) : ldexp(1, -24);

	s->floor = 2 * u * sqrt(w->frobenius / (3 * (double)w->n));
	if (s->how != EE_SPECTRUM_WHOLE)
		s->floor = fmax(s->floor, s->tolerance / 20);
}

/* Back from the unit that was worked in. */
static void
restore(struct ee_spectrum *s, double mean)
{
	s->floor *= mean;
	s->largest *= mean;
	s->smallest *= mean;
	s->tolerance *= mean;
}

enum ee_status
ee_spectrum(const struct ee_tensor *t, double count, double loose,
	    enum ee_spectrum_how how, struct ee_spectrum *out,
	    struct ee_err *err)
{
	struct work w = { .t = t, .n = t->shape[0], .out = out, .err = err };
	const double n = (double)w.n;
	enum ee_status status;
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < w.n; i++)
		out->trace += at(t, i * w.n + i) / count;
	out->how = how != EE_SPECTRUM_AUTO ? how :
		   w.n <= WHOLE_WIDTH ? EE_SPECTRUM_WHOLE :
		   w.n <= F64_WIDTH ? EE_SPECTRUM_F64 : EE_SPECTRUM_F32;
	if (!(out->trace > 0)) {	/* nothing but zeros */
		out->sound = true;
		return EE_OK;
	}
	w.unit = n / out->trace / count;
	measure(&w);
	out->spread = n * n / w.frobenius;
	if (out->how == EE_SPECTRUM_WHOLE) {
		status = take_apart(&w);
		out->tolerance = loose * out->largest;
		out->sound = out->smallest >= -out->tolerance;
	} else {
		status = estimate(&w, loose);
	}
	set_floor(&w, loose);
	restore(out, out->trace / n);
	free(w.a);
	free(w.l);
	free(w.x);
	return status;
}
