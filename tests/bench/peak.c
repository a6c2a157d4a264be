/*
 * peak - the best that this machine's sgemm or ssyrk does, in GFLOP/s
 *
 * usage: peak THREADS WIDTH [ssyrk]
 *
 * The products are those of a transformer of that width (d to 3d, d, 4d and
 * back from 4d) on 256 to 2,048 rows, by the BLAS on its own threads and by
 * what the tools use (blas.h); the fastest counts.  ssyrk's is x^T x of 2,048
 * rows four times as wide, counting the n (n + 1) of one triangle for each
 * row.
 */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "math/blas.h"
#include "math/threads.h"

/* GFLOP/s of y (n, out) = x (n, in) w (in, out), the better of two blocks of
 * about 10 ms or more. */
static double
rate(bool ours, size_t n, size_t out, size_t in, const float *x,
     const float *w, float *y)
{
	const double flops = 2.0 * (double)n * (double)out * (double)in;
	const int times = 1 + (int)(2e9 / flops);
	double best = 0;
	int block, i;

	for (block = 0; block < 2; block++) {
		const double start = ee_seconds();
		double speed;

		for (i = 0; i < times; i++) {
			if (ours)
				ee_gemm(false, false, n, out, in, 1, x, in, w,
					out, 0, y, out);
			else
				cblas_sgemm(CblasRowMajor, CblasNoTrans,
					    CblasNoTrans, (blasint)n,
					    (blasint)out, (blasint)in, 1, x,
					    (blasint)in, w, (blasint)out, 0,
					    y, (blasint)out);
		}
		speed = flops * times / (ee_seconds() - start) * 1e-9;
		best = speed > best ? speed : best;
	}
	return best;
}

/* GFLOP/s of c (n, n) = x^T x, x (rows, n), the better of two. */
static double
rate_syrk(size_t rows, size_t n, const float *x, float *c)
{
	const double flops = (double)rows * (double)n * (double)(n + 1);
	const int times = 1 + (int)(2e9 / flops);
	double best = 0;
	int block, i;

	for (block = 0; block < 2; block++) {
		const double start = ee_seconds();
		double speed;

		for (i = 0; i < times; i++)
			cblas_ssyrk(CblasRowMajor, CblasUpper, CblasTrans,
				    (blasint)n, (blasint)rows, 1, x,
				    (blasint)n, 0, c, (blasint)n);
		speed = flops * times / (ee_seconds() - start) * 1e-9;
		best = speed > best ? speed : best;
	}
	return best;
}

static float *
numbers(size_t n)
{
	float *p = malloc(n * sizeof(*p));
	size_t i;

	if (p == NULL)
		exit(1);
	for (i = 0; i < n; i++)
		p[i] = (float)(i * 7 % 13) - 6;
	return p;
}

/* The best of all shapes of a transformer's products. */
static double
best_gemm(bool ours, size_t d)
{
	const size_t out[] = { 3 * d, d, 4 * d, d }, in[] = { d, d, d, 4 * d };
	float *x = numbers(2048 * 4 * d), *y = numbers(2048 * 4 * d);
	float *w = numbers(4 * d * d);
	double best = 0;
	size_t n, k;

	for (n = 256; n <= 2048; n *= 2) {
		for (k = 0; k < 4; k++) {
			const double speed = rate(ours, n, out[k], in[k], x,
						  w, y);

			best = speed > best ? speed : best;
		}
	}
	free(x);
	free(y);
	free(w);
	return best;
}

static double
best_syrk(size_t d)
{
	float *x = numbers(2048 * 4 * d), *c = numbers(16 * d * d);
	const double best = rate_syrk(2048, 4 * d, x, c);

	free(x);
	free(c);
	return best;
}

int
main(int argc, char **argv)
{
	const bool syrk = argc == 4 && strcmp(argv[3], "ssyrk") == 0;
	const bool good = argc == 3 || syrk;
	const int threads = good ? atoi(argv[1]) : 1;
	const size_t d = good ? strtoul(argv[2], NULL, 10) : 0;
	double best;

	if (d == 0) {
		fputs("usage: peak THREADS WIDTH [ssyrk]\n", stderr);
		return 2;
	}
	openblas_set_num_threads(threads);
	best = syrk ? best_syrk(d) : best_gemm(false, d);
	if (!syrk) {
		ee_threads_set((unsigned)threads);
		best = fmax(best, best_gemm(true, d));
	}
	printf("%.1f\n", best);
	return 0;
}
