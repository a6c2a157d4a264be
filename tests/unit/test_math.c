/* test_math.c - optimisers, against PyTorch's numbers; products, against
 * float64. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "math/convert.h"
#include "math/optim.h"
#include "math/blas.h"
#include "math/threads.h"
#include "math/vec.h"

/* Three steps of torch.optim's classes with lr 0.05, the rest by default. */
START_TEST(optimisers_are_torchs)
{
	static const float start[4] = { 0.5f, -1.25f, 3.0f, 0.0f };
	static const float g[3][4] = {
		{ 0.1f, -2.0f, 0.0f, 1e-9f }, { 0.3f, 1.0f, 0.5f, -1e-9f },
		{ -0.2f, 4.0f, 0.5f, 2e-9f },
	};
	static const double want[3][4] = {
		{ 0.39121574, -1.2095498, 2.9198699, -0.0073934896 },
		{ 0.39053902, -1.2077323, 2.9153905, -0.0073890649 },
		{ 0.48999998, -1.4, 2.9499998, -1e-10 },
	};
	const enum ee_optim optim = (enum ee_optim)_i;
	float x[4], m[4] = { 0 }, v[4] = { 0 };
	uint64_t step;
	size_t i;

	memcpy(x, start, sizeof(x));
	for (step = 1; step <= 3; step++)
		ee_optim_step(optim, 4, step, 0.05, g[step - 1], m, v, x);
	for (i = 0; i < 4; i++)
		ck_assert_double_eq_tol((double)x[i], want[optim][i],
					1e-6 * fabs(want[optim][i]));
}
END_TEST

START_TEST(optimisers_have_names)
{
	ck_assert_str_eq(ee_optim_names[EE_OPTIM_ADAM], "Adam");
	ck_assert_str_eq(ee_optim_names[EE_OPTIM_ADAMW], "AdamW");
	ck_assert_str_eq(ee_optim_names[EE_OPTIM_SGD], "SGD");
}
END_TEST

/* The same bits on any number of threads; the length that numpy says. */
START_TEST(norms_do_not_depend_on_threads)
{
	enum { N = 300 * 65536 + 17 };
	struct ee_err err;
	float *g = ee_floats(N, &err);
	double sum = 0, norm[2];
	size_t i;

	ck_assert_ptr_nonnull(g);
	for (i = 0; i < N; i++) {
		g[i] = (float)(i % 1013) / 7 - 60;
		sum += (double)g[i] * (double)g[i];
	}
	for (i = 0; i < 2; i++) {
		ee_threads_set((unsigned)(i == 0 ? 1 : 4));
		norm[i] = ee_total_norm(N, g);
	}
	ee_threads_set(0);
	ck_assert(norm[0] == norm[1]);
	ck_assert_double_eq_tol(norm[0], sqrt(sum), 1e-9 * norm[0]);
	free(g);
}
END_TEST

/* torch.nn.utils.clip_grad_norm_([3, 4, 12], 2) */
START_TEST(clipping_is_torchs)
{
	float g[3] = { 3, 4, 12 };
	const double norm = ee_total_norm(3, g);

	ck_assert_double_eq_tol(norm, 13, 1e-12);
	ee_scal(3, (float)ee_clip_factor(norm, 2), g);
	ck_assert_double_eq_tol((double)g[2], 1.8462, 1e-4);
	ck_assert(ee_clip_factor(norm, 13.1) == 1);
}
END_TEST

/* Half-precision or not, either way round, both directions, few rows and
 * many, and sizes that no kernel likes. */
/* Every form and engine, on one thread and on two; what is beside c stays. */
START_TEST(products_are_those_of_float64)
{
	static const size_t sizes[][3] = {	/* m, n, k */
		{ 1, 40, 33 }, { 1, 700, 900 }, { 3, 50, 7 }, { 7, 300, 401 },
		{ 20, 100, 300 }, { 16, 131, 512 }, { 96, 257, 130 },
		{ 97, 300, 64 }, { 300, 290, 65 },
	};
	const size_t *size = sizes[_i / 8];
	const size_t m = size[0], n = size[1], k = size[2], gap = 5;
	const bool ta = _i & 1, tb = _i & 2;
	const float alpha = _i & 4 ? 0.5f : 1, beta = _i & 4 ? -0.25f : 0;
	const size_t lda = (ta ? m : k) + gap, ldb = (tb ? k : n) + gap;
	const size_t ldc = n + gap;
	struct ee_err err;
	float *a = ee_floats(lda * (m + k), &err);
	float *b = ee_floats(ldb * (n + k), &err);
	float *c = ee_floats(ldc * m, &err);
	unsigned threads;
	size_t i, j, at;

	ck_assert(a != NULL && b != NULL && c != NULL);
	for (i = 0; i < lda * (m + k); i++)
		a[i] = (float)(i % 17) / 8 - 1;
	for (i = 0; i < ldb * (n + k); i++)
		b[i] = (float)(i % 23) / 8 - 1;
	for (threads = 1; threads <= 2; threads++) {
		for (i = 0; i < ldc * m; i++)
			c[i] = i % ldc < n && beta == 0 ? NAN : (float)(i % 7);
		ee_threads_set(threads);
		ee_gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
		for (i = 0; i < m; i++)
			for (j = 0; j < ldc; j++) {
				const double was = (double)((i * ldc + j) % 7);
				double want = 0;

				for (at = 0; at < k && j < n; at++)
					want += (double)a[ta ? at * lda + i :
							  i * lda + at] *
						(double)b[tb ? j * ldb + at :
							  at * ldb + j];
				want = j < n ? (double)alpha * want +
					(double)beta * was : was;
				ck_assert_double_eq_tol(
					(double)c[i * ldc + j], want, 1e-3);
			}
	}
	ee_threads_set(0);
	free(a);
	free(b);
	free(c);
}
END_TEST

Suite *suite_math(void);

Suite *
suite_math(void)
{
	Suite *s = suite_create("math");
	TCase *t = tcase_create("optimisers");

	tcase_add_loop_test(t, optimisers_are_torchs, 0, 3);
	tcase_add_test(t, optimisers_have_names);
	tcase_add_test(t, norms_do_not_depend_on_threads);
	tcase_add_test(t, clipping_is_torchs);
	suite_add_tcase(s, t);
	t = tcase_create("products");
	tcase_add_loop_test(t, products_are_those_of_float64, 0, 9 * 8);
	suite_add_tcase(s, t);
	return s;
}
