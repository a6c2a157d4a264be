/*
 * peak - the best that this machine's sgemm does, in GFLOP/s
 *
 * usage: peak THREADS WIDTH
 *
 * The products are those of a transformer of that width (d to 3d, d, 4d and
 * back from 4d) on 256 to 2,048 rows, on the BLAS's own threads; the fastest
 * counts.
 */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/progress.h"

/* GFLOP/s of y (n, out) = x (n, in) w (in, out), the better of two blocks of
 * about 10 ms or more. */
static double
rate(size_t n, size_t out, size_t in, const float *x, const float *w,
     float *y)
{
	const double flops = 2.0 * (double)n * (double)out * (double)in;
	const int times = 1 + (int)(2e9 / flops);
	double best = 0;
	int block, i;

	for (block = 0; block < 2; block++) {
		const double start = ee_seconds();
		double speed;

		for (i = 0; i < times; i++)
			cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans,
				    (blasint)n, (blasint)out, (blasint)in, 1,
				    x, (blasint)in, w, (blasint)out, 0, y,
				    (blasint)out);
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

int
main(int argc, char **argv)
{
	const int threads = argc == 3 ? atoi(argv[1]) : 1;
	const size_t d = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	const size_t out[] = { 3 * d, d, 4 * d, d }, in[] = { d, d, d, 4 * d };
	double best = 0;
	float *x, *w, *y;
	size_t n, k;

	if (d == 0) {
		fputs("usage: peak THREADS WIDTH\n", stderr);
		return 2;
	}
	openblas_set_num_threads(threads);
	x = numbers(2048 * 4 * d);
	y = numbers(2048 * 4 * d);
	w = numbers(4 * d * d);
	for (n = 256; n <= 2048; n *= 2) {
		for (k = 0; k < 4; k++) {
			const double speed = rate(n, out[k], in[k], x, w, y);

			best = speed > best ? speed : best;
		}
	}
	printf("%.1f\n", best);
	free(x);
	free(y);
	free(w);
	return 0;
}
