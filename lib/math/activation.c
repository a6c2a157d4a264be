/* activation.c - activations and gates, and back.  See vec.h. */
#include <math.h>
#include <string.h>

#include "math/fastexp.h"
#include "math/simd.h"
#include "math/threads.h"
#include "math/vec.h"

static inline float
sigmoid(float x)
{
	return 1.0f / (1.0f + ee_fast_exp(-x));
}

/* tanh(u) = 2 sigmoid(2u) - 1, so gelu_tanh(x) = x sigmoid(2u),
 * u = sqrt(2/pi) (x + 0.044715 x^3) */
static inline float
gelu_slope(float x)
{
	return sigmoid(1.5957691216f * (x + 0.044715f * x * x * x));
}

EE_SIMD static void
gelu_tanh(size_t n, const float *x, float *y)
{
	size_t i;

	for (i = 0; i < n; i++)
		y[i] = x[i] * gelu_slope(x[i]);
}

EE_SIMD static void
gelu_tanh_back(size_t n, const float *x, const float *dy, float *dx)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const float s = gelu_slope(x[i]);
		const float du = 1.5957691216f *
				 (1.0f + 0.134145f * x[i] * x[i]);

		dx[i] = dy[i] * (s + x[i] * s * (1.0f - s) * du);
	}
}

EE_SIMD static void
silu(size_t n, const float *x, float *y)
{
	size_t i;

	for (i = 0; i < n; i++)
		y[i] = x[i] * sigmoid(x[i]);
}

EE_SIMD static void
silu_back(size_t n, const float *x, const float *dy, float *dx)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const float s = sigmoid(x[i]);

		dx[i] = dy[i] * s * (1.0f + x[i] * (1.0f - s));
	}
}

static void
activate(enum ee_activation act, size_t n, const float *x, float *y)
{
	size_t i;

	switch (act) {
	case EE_GELU_TANH: gelu_tanh(n, x, y); break;
	case EE_SILU: silu(n, x, y); break;
	case EE_GELU_ERF:
		for (i = 0; i < n; i++)
			y[i] = 0.5f * x[i] *
			       (1.0f + erff(x[i] * 0.70710678f));
		break;
	case EE_RELU:
		for (i = 0; i < n; i++)
			y[i] = x[i] < 0.0f ? 0.0f : x[i];
		break;
	}
}

static void
activate_back(enum ee_activation act, size_t n, const float *x,
	      const float *dy, float *dx)
{
	size_t i;

	switch (act) {
	case EE_GELU_TANH: gelu_tanh_back(n, x, dy, dx); break;
	case EE_SILU: silu_back(n, x, dy, dx); break;
	case EE_GELU_ERF:
		for (i = 0; i < n; i++) {
			const float cdf = 0.5f * (1.0f +
						  erff(x[i] * 0.70710678f));
			const float pdf = 0.39894228f *
					  expf(-0.5f * x[i] * x[i]);

			dx[i] = dy[i] * (cdf + x[i] * pdf);
		}
		break;
	case EE_RELU:
		for (i = 0; i < n; i++)
			dx[i] = x[i] > 0.0f ? dy[i] : 0.0f;
		break;
	}
}

/* One elementwise job for the threads; which arrays are there says which. */
struct job {
	enum ee_activation act;
	const float *x, *up, *dy;
	float *out, *out2;
};

enum { GRAIN = 1 << 15 };

static void
activate_part(void *arg, size_t b, size_t e, unsigned thread)
{
	const struct job *j = arg;

	(void)thread;
	if (j->dy != NULL)
		activate_back(j->act, e - b, j->x + b, j->dy + b, j->out + b);
	else
		activate(j->act, e - b, j->x + b, j->out + b);
}

void
ee_activate(enum ee_activation act, size_t n, const float *x, float *y)
{
	struct job j = { .act = act, .x = x, .out = y };

	ee_parallel(n, GRAIN, activate_part, &j);
}

void
ee_activate_back(enum ee_activation act, size_t n, const float *x,
		 const float *dy, float *dx)
{
	struct job j = { .act = act, .x = x, .dy = dy, .out = dx };

	ee_parallel(n, GRAIN, activate_part, &j);
}

static void
gate_part(void *arg, size_t b, size_t e, unsigned thread)
{
	const struct job *j = arg;
	size_t i;

	(void)thread;
	activate(j->act, e - b, j->x + b, j->out + b);
	for (i = b; i < e; i++)
		j->out[i] *= j->up[i];
}

void
ee_gate(enum ee_activation act, size_t n, const float *gate, const float *up,
	float *y)
{
	struct job j = { .act = act, .x = gate, .up = up, .out = y };

	ee_parallel(n, GRAIN, gate_part, &j);
}

static void
gate_back_part(void *arg, size_t b, size_t e, unsigned thread)
{
	const struct job *j = arg;
	float a[256], g[256];
	size_t i, k;

	(void)thread;
	for (i = b; i < e; i += 256) {
		const size_t m = e - i < 256 ? e - i : 256;

		activate(j->act, m, j->x + i, a);
		for (k = 0; k < m; k++)
			g[k] = j->dy[i + k] * j->up[i + k];
		for (k = 0; k < m; k++)
			a[k] *= j->dy[i + k];
		memcpy(j->out2 + i, a, m * sizeof(*a));
		activate_back(j->act, m, j->x + i, g, j->out + i);
	}
}

void
ee_gate_back(enum ee_activation act, size_t n, const float *gate,
	     const float *up, const float *dy, float *dgate, float *dup)
{
	struct job j = { .act = act, .x = gate, .up = up, .dy = dy,
			 .out = dgate, .out2 = dup };

	ee_parallel(n, GRAIN, gate_back_part, &j);
}
