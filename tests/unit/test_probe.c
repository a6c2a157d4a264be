/*
 * test_probe.c - has C^-1 k settled, and statistics of weights.
 *
 * Plain references: Gauss-Jordan elimination of the float64 moment of the
 * rows so far; sums over the weight as the model applies it.  The products of
 * a moment are float32, so answers agree to 1e-4 here (measured: 2e-6), of a
 * matrix whose condition the ridge holds below 1e6.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "golden.h"
#include "math/convert.h"
#include "stats/probe.h"
#include "stats/weightstats.h"

enum { D = 40, N = 4100, FIRST = 1024 };

static struct ee_err err;
static float *x;			/* (N, D) */

static void
set_up(void)
{
	struct ee_random r;
	size_t i;

	ee_random_seed(&r, 3);
	x = ee_floats(N * D, &err);
	for (i = 0; i < N * D; i++)
		x[i] = (float)(exp(ee_random_normal(&r)) - 0.2);
}

static void
tear_down(void)
{
	free(x);
}

/* y = (C + 1e-4 mean(diag C) I)^-1 k, C of the first n rows. */
static void
plain_answer(size_t n, const float *k, double *y)
{
	static double a[D][D + 1];
	double mean = 0, ratio;
	size_t i, j, p;

	memset(a, 0, sizeof(a));
	for (p = 0; p < n; p++)
		for (i = 0; i < D; i++)
			for (j = 0; j < D; j++)
				a[i][j] += (double)x[p * D + i] *
					   (double)x[p * D + j] / (double)n;
	for (i = 0; i < D; i++)
		mean += a[i][i] / D;
	for (i = 0; i < D; i++) {
		a[i][i] += 1e-4 * mean;
		a[i][D] = (double)k[i];
	}
	for (p = 0; p < D; p++) {
		for (i = 0; i < D; i++) {
			ratio = a[i][p] / a[p][p];
			for (j = p; i != p && j <= D; j++)
				a[i][j] -= ratio * a[p][j];
		}
	}
	for (i = 0; i < D; i++)
		y[i] = a[i][D] / a[i][i];
}

static void
run(struct ee_probe *p, struct ee_moments *m, size_t step)
{
	size_t i, n;

	must(ee_moments_init(m, D, EE_COLLECT_MOM2, &err));
	must(ee_probe_init(p, D, FIRST, &err));
	for (i = 0; i < N; i += n) {
		n = N - i < step ? N - i : step;
		must(ee_probe_add(p, m, n, x + i * D, &err));
	}
}

static double
distance(const double *a, const double *b)
{
	double d = 0, n = 0;
	size_t i;

	for (i = 0; i < D; i++) {
		d += (a[i] - b[i]) * (a[i] - b[i]);
		n += a[i] * a[i];
	}
	return sqrt(d / n);
}

/* Checks at 1024, 2048 and 4096 rows: keys, answers and change. */
START_TEST(probe_plain)
{
	struct ee_probe p;
	struct ee_moments m;
	double now[D], before[D], is[D], worst = 0;
	size_t k, i;

	run(&p, &m, 300);
	ck_assert_int_eq(p.checks, 3);
	ck_assert_int_eq(p.checked, 4096);
	ck_assert_int_eq(p.next, 8192);
	for (k = 0; k < EE_PROBES; k++) {
		ck_assert_int_lt(p.row[k], FIRST);
		ck_assert_mem_eq(p.keys + k * D, x + (size_t)p.row[k] * D,
				 D * sizeof(*x));
		plain_answer(4096, p.keys + k * D, now);
		plain_answer(2048, p.keys + k * D, before);
		for (i = 0; i < D; i++)
			is[i] = p.answers[i * EE_PROBES + k];
		ck_assert_double_le(distance(now, is), 1e-4);
		worst = fmax(worst, distance(now, before));
	}
	ck_assert_double_eq_tol(p.change, worst, 1e-3 * worst);
	ck_assert_double_gt(worst, 0.01);
	ee_probe_free(&p);
	ee_moments_free(&m);
}
END_TEST

/* However the rows come. */
START_TEST(probe_cuts)
{
	static const size_t steps[] = { 1, 1000, 1025, N };
	struct ee_probe one, p;
	struct ee_moments m;
	size_t i;

	run(&one, &m, 1024);
	ee_moments_free(&m);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		run(&p, &m, steps[i]);
		ck_assert(p.change == one.change);
		ck_assert_mem_eq(p.answers, one.answers, EE_PROBES * D *
				 sizeof(*p.answers));
		ee_probe_free(&p);
		ee_moments_free(&m);
	}
	ee_probe_free(&one);
}
END_TEST

START_TEST(probe_first)
{
	ck_assert_int_eq(ee_probe_first(1), 1024);
	ck_assert_int_eq(ee_probe_first(512), 1024);
	ck_assert_int_eq(ee_probe_first(513), 2048);
	ck_assert_int_eq(ee_probe_first(6400), 13312);
}
END_TEST

/* W W^T of the weight as its file holds it, and the sum of its squares. */
static double
gram_norm(const struct ee_weight *w, const float *v)
{
	const size_t down = w->in_major ? 1 : w->in;
	const size_t along = w->in_major ? w->out : 1;
	double sum = 0, dot;
	size_t i, j, k;

	for (i = 0; i < w->out; i++) {
		for (j = 0; j < w->out; j++) {
			for (dot = 0, k = 0; k < w->in; k++)
				dot += (double)v[i * down + k * along] *
				       (double)v[j * down + k * along];
			sum += dot * dot;
		}
	}
	return sum;
}

/* The powers of the singular values, and the mean of a column, of a weight
 * that is stored turned round and of one that is not. */
START_TEST(weight_sums)
{
	static const struct {
		const char *model, *name;
		enum ee_role role;
	} cases[] = {
		{ "tiny-gpt2", "transformer.h.1.mlp.c_proj", EE_W_DOWN },
		{ "tiny-gpt2", "transformer.h.1.mlp.c_fc", EE_W_UP },
		{ "tiny-llama", "model.layers.1.mlp.down_proj", EE_W_DOWN },
	};
	struct ee_model *model;
	struct ee_layer l;
	char path[128];
	size_t i, k;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ee_weight *w;
		const struct ee_value *s;
		double two = 0, four = 0, first = 0;
		float *v;

		snprintf(path, sizeof(path), "tests/golden/models/%s",
			 cases[i].model);
		must(ee_model_open(&model, path, &err));
		w = &ee_model_param(model, 1, cases[i].role)->w;
		must(ee_weight_stats(&l, model, cases[i].name,
				     EE_COLLECT_MEAN, &err));
		ck_assert_int_eq(l.sums.count, (int64_t)w->out);
		ck_assert_int_eq((int64_t)l.sums.width, (int64_t)w->in);
		v = ee_floats(w->out * w->in, &err);
		ee_to_f32(w->dtype, w->data, w->out * w->in, v);
		s = ee_get(&l.more, "spectrum");
		ck_assert(s != NULL && s->type == EE_TENSOR);
		ck_assert_uint_eq(s->u.tensor.shape[0],
				  w->out < w->in ? w->out : w->in);
		for (k = 0; k < s->u.tensor.shape[0]; k++) {
			const double sigma = ee_tensor_at(&s->u.tensor, k);

			two += sigma * sigma;
			four += pow(sigma, 4);
		}
		ck_assert_double_eq_tol(sqrt(two), ee_weight_norm(w),
					1e-6 * sqrt(two));
		ck_assert_double_eq_tol(four, gram_norm(w, v), 1e-9 * four);
		for (k = 0; k < w->out; k++)
			first += (double)v[w->in_major ? k : k * w->in];
		ck_assert_double_eq_tol(l.sums.sum.first[0], first, 1e-12);
		free(v);
		ee_layer_free(&l);
		ee_model_close(model);
	}
}
END_TEST

Suite *suite_probe(void);

Suite *
suite_probe(void)
{
	Suite *suite = suite_create("probe");
	TCase *probes = tcase_create("probes");
	TCase *weights = tcase_create("weights");

	tcase_add_checked_fixture(probes, set_up, tear_down);
	tcase_add_test(probes, probe_plain);
	tcase_add_test(probes, probe_cuts);
	tcase_add_test(probes, probe_first);
	tcase_add_test(weights, weight_sums);
	suite_add_tcase(suite, probes);
	suite_add_tcase(suite, weights);
	return suite;
}
