/* vec.c - norms, softmax, sums.  See vec.h. */
#include "math/vec.h"

#include <math.h>
#include <string.h>

#include "math/fastexp.h"
#include "math/simd.h"
#include "math/threads.h"

/* Sum and sum of squares about 'c', in eight lanes of float each for vectors
 * of a few thousand; the lanes are added in double. */
EE_SIMD static void
sums(size_t d, const float *x, float c, double *sum, double *squares)
{
	float s[16] = { 0 }, q[16] = { 0 };
	double ts = 0, tq = 0;
	size_t i, j;

	for (i = 0; i + 16 <= d; i += 16) {
		for (j = 0; j < 16; j++) {
			const float v = x[i + j] - c;

			s[j] += v;
			q[j] += v * v;
		}
	}
	for (; i < d; i++) {
		s[0] += x[i] - c;
		q[0] += (x[i] - c) * (x[i] - c);
	}
	for (j = 0; j < 16; j++) {
		ts += (double)s[j];
		tq += (double)q[j];
	}
	*sum = ts;
	*squares = tq;
}

/* mean (0 for rms) and 1 / standard deviation of one row */
static void
moments(bool rms, size_t d, float eps, const float *x, float *mean,
	float *scale)
{
	double sum, squares;

	*mean = 0;
	if (!rms) {
		sums(d, x, 0, &sum, &squares);
		*mean = (float)(sum / (double)d);
	}
	sums(d, x, *mean, &sum, &squares);
	*scale = (float)(1.0 / sqrt(squares / (double)d + (double)eps));
}

enum { GRAIN = 1 << 15 };	/* elements to a piece of a loop */

struct norm_job {
	bool rms;
	size_t d;
	float eps;
	const float *w, *b, *x, *dy;
	float *out;
};

EE_SIMD static void
norm_row(size_t d, float mean, float scale, const float *w, const float *b,
	 const float *x, float *y)
{
	size_t i;

	if (b != NULL)
		for (i = 0; i < d; i++)
			y[i] = (x[i] - mean) * scale * w[i] + b[i];
	else
		for (i = 0; i < d; i++)
			y[i] = (x[i] - mean) * scale * w[i];
}

static void
norm_part(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct norm_job *j = arg;
	const size_t d = j->d;
	float mean, scale;
	size_t i;

	(void)thread;
	for (i = begin; i < end; i++) {
		moments(j->rms, d, j->eps, j->x + i * d, &mean, &scale);
		norm_row(d, mean, scale, j->w, j->b, j->x + i * d,
			 j->out + i * d);
	}
}

void
ee_norm(bool rms, size_t n, size_t d, float eps, const float *w,
	const float *b, const float *x, float *y)
{
	struct norm_job j = { rms, d, eps, w, b, x, NULL, y };

	ee_parallel(n, 1 + GRAIN / (d + 1), norm_part, &j);
}

/* With xh = (x - mean) scale and g = dy w:
 *   dx = scale (g - mean(g) - xh mean(g xh)), without mean(g) for RMSNorm. */
static void
norm_back_row(const struct norm_job *j, const float *x, const float *dy,
	      float *dx)
{
	const size_t d = j->d;
	double sum_g = 0, sum_gx = 0;
	float mean, scale, a, b;
	size_t i;

	moments(j->rms, d, j->eps, x, &mean, &scale);
	for (i = 0; i < d; i++) {
		const float g = dy[i] * j->w[i];

		sum_g += (double)g;
		sum_gx += (double)(g * (x[i] - mean) * scale);
	}
	a = j->rms ? 0 : (float)(sum_g / (double)d);
	b = (float)(sum_gx / (double)d);
	for (i = 0; i < d; i++)
		dx[i] += scale * (dy[i] * j->w[i] - a -
				  (x[i] - mean) * scale * b);
}

static void
norm_back_part(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct norm_job *j = arg;
	size_t i;

	(void)thread;
	for (i = begin; i < end; i++)
		norm_back_row(j, j->x + i * j->d, j->dy + i * j->d,
			      j->out + i * j->d);
}

void
ee_norm_back(bool rms, size_t n, size_t d, float eps, const float *w,
	     const float *x, const float *dy, float *dx)
{
	struct norm_job j = { rms, d, eps, w, NULL, x, dy, dx };

	ee_parallel(n, 1 + GRAIN / (d + 1), norm_back_part, &j);
}

EE_SIMD float
ee_largest(size_t n, const float *x)
{
	float m[16];
	size_t i, j;

	for (j = 0; j < 16; j++)
		m[j] = x[0];
	for (i = 0; i + 16 <= n; i += 16)
		for (j = 0; j < 16; j++)
			m[j] = x[i + j] > m[j] ? x[i + j] : m[j];
	for (; i < n; i++)
		m[0] = x[i] > m[0] ? x[i] : m[0];
	for (j = 1; j < 16; j++)
		m[0] = m[j] > m[0] ? m[j] : m[0];
	return m[0];
}

EE_SIMD static double
exp_sum(size_t n, const float *x, float shift, float *y)
{
	float s[16] = { 0 };
	double sum = 0;
	size_t i, j;

	for (i = 0; i + 16 <= n; i += 16) {
		for (j = 0; j < 16; j++) {
			const float e = ee_fast_exp(x[i + j] - shift);

			y[i + j] = e;
			s[j] += e;
		}
	}
	for (; i < n; i++)
		s[0] += y[i] = ee_fast_exp(x[i] - shift);
	for (j = 0; j < 16; j++)
		sum += (double)s[j];
	return sum;
}

EE_SIMD static void
scale_by(size_t n, float a, float *x)
{
	size_t i;

	for (i = 0; i < n; i++)
		x[i] *= a;
}

void
ee_softmax_causal(size_t m, size_t cols, size_t first, size_t window,
		  float *s, size_t ld)
{
	size_t i;

	for (i = 0; i < m; i++) {
		const size_t n = first + i < cols ? first + i : cols;
		const size_t from = window > 0 && n > window ? n - window : 0;
		float *row = s + i * ld + from;
		const double sum = exp_sum(n - from, row,
					   ee_largest(n - from, row), row);

		scale_by(n - from, (float)(1.0 / sum), row);
		memset(s + i * ld, 0, from * sizeof(*row));
		memset(s + i * ld + n, 0, (cols - n) * sizeof(*row));
	}
}

void
ee_softmax_back(size_t m, size_t cols, const float *p, float *dp, size_t ld)
{
	size_t i, k;

	for (i = 0; i < m; i++) {
		const float *pr = p + i * ld;
		float *dr = dp + i * ld;
		const float dot = (float)ee_dot(cols, pr, dr);

		for (k = 0; k < cols; k++)
			dr[k] = pr[k] * (dr[k] - dot);
	}
}

double
ee_log_softmax(size_t n, const float *x, float *logp)
{
	const float top = ee_largest(n, x);
	float e[1024];
	double sum = 0, lse;
	size_t i;

	for (i = 0; i < n; i += 1024)
		sum += exp_sum(n - i < 1024 ? n - i : 1024, x + i, top, e);
	lse = (double)top + log(sum);
	if (logp != NULL)
		for (i = 0; i < n; i++)
			logp[i] = (float)((double)x[i] - lse);
	return lse;
}

/* exp, but 0 where the products that follow would be of denormal numbers,
 * which processors are slow at. */
static inline float
exp_or_zero(float x)
{
	return x < -80.0f ? 0.0f : ee_fast_exp(x);
}

EE_SIMD void
ee_exp(size_t n, float a, const float *x, float b, float *y)
{
	size_t i;

	for (i = 0; i < n; i++)
		y[i] = a * exp_or_zero(x[i] - b);
}

EE_SIMD double
ee_kl(size_t n, const float *logp, const float *logq, float *p)
{
	double s[8] = { 0 };
	size_t i, j;

	for (i = 0; i < n; i++)
		p[i] = exp_or_zero(logp[i]);
	for (i = 0; i + 8 <= n; i += 8)
		for (j = 0; j < 8; j++)
			s[j] += (double)p[i + j] *
				((double)logp[i + j] - (double)logq[i + j]);
	for (; i < n; i++)
		s[0] += (double)p[i] * ((double)logp[i] - (double)logq[i]);
	return s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7];
}

EE_SIMD void
ee_kl_back(size_t n, float a, double kl, const float *logp,
	   const float *logq, float *p)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] *= a * (logp[i] - logq[i] - (float)kl);
}

EE_SIMD double
ee_dot(size_t n, const float *x, const float *y)
{
	double s[8] = { 0 };
	size_t i, j;

	for (i = 0; i + 8 <= n; i += 8)
		for (j = 0; j < 8; j++)
			s[j] += (double)x[i + j] * (double)y[i + j];
	for (; i < n; i++)
		s[0] += (double)x[i] * (double)y[i];
	return s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7];
}

double
ee_norm2(size_t n, const float *x)
{
	return sqrt(ee_dot(n, x, x));
}

EE_SIMD bool
ee_all_finite(size_t n, const float *x)
{
	uint32_t bad = 0, bits;
	size_t i;

	for (i = 0; i < n; i++) {
		memcpy(&bits, &x[i], sizeof(bits));
		bad |= (bits & UINT32_C(0x7f800000)) == UINT32_C(0x7f800000);
	}
	return bad == 0;
}

EE_SIMD void
ee_axpy(size_t n, float a, const float *x, float *y)
{
	size_t i;

	for (i = 0; i < n; i++)
		y[i] += a * x[i];
}

EE_SIMD void
ee_scal(size_t n, float a, float *x)
{
	size_t i;

	for (i = 0; i < n; i++)
		x[i] *= a;
}
