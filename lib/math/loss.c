/* loss.c - losses of one row of logits.  See loss.h. */
#include "math/loss.h"

#include "math/fastexp.h"
#include "math/simd.h"
#include "math/vec.h"

size_t
ee_argmax(size_t n, const float *x)
{
	size_t best = 0, i;

	for (i = 1; i < n; i++)
		if (x[i] > x[best])
			best = i;
	return best;
}

EE_SIMD static void
soft(size_t n, float lse, float weight, float *x)
{
	size_t i;

	for (i = 0; i < n; i++)
		x[i] = weight * ee_fast_exp(x[i] - lse);
}

double
ee_nll_back(size_t n, float *x, size_t want, float weight, size_t *best)
{
	const double lse = ee_log_softmax(n, x, NULL);
	const double logp = (double)x[want] - lse;

	if (best != NULL)
		*best = ee_argmax(n, x);
	soft(n, (float)lse, weight, x);
	x[want] -= weight;
	return logp;
}

/* sum of p0 (x0 - x), and x = weight (p - p0) */
EE_SIMD static double
compare(size_t n, const float *x0, float lse0, float lse, float weight,
	float *x)
{
	double s[8] = { 0 };
	size_t i, j;

	for (i = 0; i + 8 <= n; i += 8) {
		for (j = 0; j < 8; j++) {
			const float p0 = ee_fast_exp(x0[i + j] - lse0);
			const float p = ee_fast_exp(x[i + j] - lse);

			s[j] += (double)p0 * ((double)x0[i + j] -
					      (double)x[i + j]);
			x[i + j] = weight * (p - p0);
		}
	}
	for (; i < n; i++) {
		const float p0 = ee_fast_exp(x0[i] - lse0);

		s[0] += (double)p0 * ((double)x0[i] - (double)x[i]);
		x[i] = weight * (ee_fast_exp(x[i] - lse) - p0);
	}
	return s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7];
}

double
ee_kl_back(size_t n, const float *x0, float *x, float weight)
{
	const double lse0 = ee_log_softmax(n, x0, NULL);
	const double lse = ee_log_softmax(n, x, NULL);

	return compare(n, x0, (float)lse0, (float)lse, weight, x) -
	       (lse0 - lse);
}
