/* compare.c - how far two second moments are apart.  See compare.h. */
#include "stats/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "math/blas.h"

struct work {
	size_t f, n;
	double *a, *b;		/* (f, f) Cholesky factors, zero above */
	double *k;		/* (f, n) keys as columns */
	double *ua, *ub;	/* (f, n) C^-1 k */
	double *w;		/* (f, n) L_b^T u_a */
};

static void
compare_entries(const struct ee_moments *a, const struct ee_moments *b,
		struct ee_difference *out)
{
	const double na = (double)a->count, nb = (double)b->count;
	const double *p = a->mom2.first, *q = b->mom2.first;
	const size_t f = a->width;
	double apart = 0, all = 0, ta = 0, tb = 0, d;
	size_t i, j;

	for (i = 0; i < f; i++) {
		const double x = *p / na, y = *q / nb;

		ta += x;
		tb += y;
		d = y > 0 ? fabs(x - y) / y : x > 0 ? HUGE_VAL : 0;
		out->diagonal += d / (double)f;
		if (d > out->diagonal_most) {
			out->diagonal_most = d;
			out->unit = i;
		}
		for (j = i; j < f; j++) {
			const double twice = j > i ? 2 : 1;
			const double u = *p++ / na, v = *q++ / nb;

			apart += twice * (u - v) * (u - v);
			all += twice * v * v;
		}
	}
	out->frobenius = sqrt(apart / all);
	out->trace = ta / tb;
}

/* The factor of C + ridge; EE_EMATH: there is none. */
static enum ee_status
factor(const struct ee_moments *m, double ridge, double **out,
       struct ee_err *err)
{
	const size_t f = m->width;
	double trace = 0, *l = ee_doubles(f * f, err);
	enum ee_status status;
	size_t i, j;

	*out = l;
	if (l == NULL)
		return EE_ENOMEM;
	ee_unpack_matrix(f, m->mom2.first, (double)m->count, EE_F64, l);
	for (i = 0; i < f; i++)
		trace += l[i * f + i];
	for (i = 0; i < f; i++)
		l[i * f + i] += ridge * trace / (double)f;
	status = ee_cholesky(f, l, err);
	for (i = 0; i < f; i++)
		for (j = i + 1; j < f; j++)
			l[i * f + j] = 0;
	return status;
}

/* k = L_b z, z standard normal: keys with the second moment C_b. */
static void
draw_keys(struct work *w, uint64_t seed)
{
	struct ee_random random;
	size_t i;

	ee_random_seed(&random, seed);
	for (i = 0; i < w->f * w->n; i++)
		w->w[i] = ee_random_normal(&random);
	ee_dgemm(false, false, w->f, w->n, w->f, 1, w->b, w->f, w->w, w->n, 0,
		 w->k, w->n);
}

static void
take_keys(struct work *w, const float *keys)
{
	size_t i, j;

	for (i = 0; i < w->f; i++)
		for (j = 0; j < w->n; j++)
			w->k[i * w->n + j] = (double)keys[j * w->f + i];
}

static void
compare_key(const struct work *w, size_t j, struct ee_difference *out)
{
	double ab = 0, aa = 0, bb = 0, ak = 0, bk = 0, ww = 0, angle, cost;
	size_t i, at;

	for (i = 0, at = j; i < w->f; i++, at += w->n) {
		aa += w->ua[at] * w->ua[at];
		ab += w->ua[at] * w->ub[at];
		bb += w->ub[at] * w->ub[at];
		ak += w->ua[at] * w->k[at];
		bk += w->ub[at] * w->k[at];
		ww += w->w[at] * w->w[at];
	}
	cost = ww * bk / (ak * ak);
	angle = acos(fmin(1, fmax(-1, ab / sqrt(aa * bb)))) * 180 / acos(-1);
	out->angle += angle / (double)w->n;
	out->angle_most = fmax(out->angle_most, angle);
	out->cost += cost / (double)w->n;
	out->cost_most = fmax(out->cost_most, cost);
}

static enum ee_status
compare_edits(struct work *w, const struct ee_compare_options *opt,
	      struct ee_difference *out, struct ee_err *err)
{
	const size_t size = w->f * w->n;
	size_t j;

	w->k = ee_doubles(4 * size, err);
	if (w->k == NULL)
		return EE_ENOMEM;
	w->ua = w->k + size;
	w->ub = w->ua + size;
	w->w = w->ub + size;
	if (opt->keys != NULL)
		take_keys(w, opt->keys);
	else
		draw_keys(w, opt->seed);
	memcpy(w->ua, w->k, size * sizeof(*w->k));
	memcpy(w->ub, w->k, size * sizeof(*w->k));
	ee_cholesky_solve(w->f, w->n, w->a, w->ua);
	ee_cholesky_solve(w->f, w->n, w->b, w->ub);
	ee_dgemm(true, false, w->f, w->n, w->f, 1, w->b, w->f, w->ua, w->n, 0,
		 w->w, w->n);
	for (j = 0; j < w->n; j++)
		compare_key(w, j, out);
	return EE_OK;
}

enum ee_status
ee_compare(const struct ee_moments *a, const struct ee_moments *b,
	   const struct ee_compare_options *opt, struct ee_difference *out,
	   struct ee_err *err)
{
	struct work w = { .f = a->width, .n = opt->n };
	enum ee_status status;

	memset(out, 0, sizeof(*out));
	if (a->width != b->width)
		return ee_fail(err, EE_EMATCH, "%zu and %zu wide", a->width,
			       b->width);
	if (a->mom2.n == 0 || b->mom2.n == 0)
		return ee_fail(err, EE_EMATCH, "there is no second moment");
	compare_entries(a, b, out);
	status = factor(b, opt->ridge, &w.b, err);
	if (status == EE_EMATH)
		out->singular = "the second";
	if (status == EE_OK) {
		status = factor(a, opt->ridge, &w.a, err);
		if (status == EE_EMATH)
			out->singular = "the first";
	}
	if (status == EE_OK)
		status = compare_edits(&w, opt, out, err);
	free(w.a);
	free(w.b);
	free(w.k);
	return status == EE_EMATH ? EE_OK : status;
}
