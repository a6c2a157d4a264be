/* optim.c - optimisers over one block of parameters.  See optim.h. */
#include "math/optim.h"

#include <math.h>

#include "math/simd.h"
#include "math/threads.h"
#include "math/vec.h"

enum { PIECE = 1 << 16 };	/* elements; sums are cut here too */

const char *const ee_optim_names[EE_OPTIMS] = { "Adam", "AdamW", "SGD" };

struct step {
	double lr, c1, c2;	/* rate; 1 - beta^step */
	double keep;		/* of x: less than 1 with weight decay */
	const float *g;
	float *m, *v, *x;
};

EE_SIMD static void
adam(size_t n, const struct step *s, const float *g, float *restrict m,
     float *restrict v, float *restrict x)
{
	const double rate = s->lr / s->c1, scale = 1 / s->c2;
	const double keep = s->keep;
	size_t i;

	for (i = 0; i < n; i++) {
		const float grad = g[i];

		m[i] = 0.9f * m[i] + 0.1f * grad;
		v[i] = 0.999f * v[i] + 0.001f * grad * grad;
		x[i] = (float)(keep * (double)x[i] - rate * (double)m[i] /
			       (sqrt((double)v[i] * scale) + 1e-8));
	}
}

static void
adam_part(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct step *s = arg;

	(void)thread;
	adam(end - begin, s, s->g + begin, s->m + begin, s->v + begin,
	     s->x + begin);
}

void
ee_optim_step(enum ee_optim optim, size_t n, uint64_t step, double lr,
	      const float *g, float *m, float *v, float *x)
{
	struct step s = {
		.lr = lr, .g = g, .m = m, .v = v, .x = x,
		.c1 = 1.0 - pow(0.9, (double)step),
		.c2 = 1.0 - pow(0.999, (double)step),
		.keep = optim == EE_OPTIM_ADAMW ? 1.0 - 0.01 * lr : 1.0,
	};

	if (optim == EE_OPTIM_SGD)
		ee_axpy(n, (float)-lr, g, x);
	else
		ee_parallel(n, PIECE, adam_part, &s);
}

struct sum {
	const float *g;
	double part[256];	/* each piece's own */
};

static void
sum_part(void *arg, size_t begin, size_t end, unsigned thread)
{
	struct sum *s = arg;
	size_t i;

	(void)thread;
	for (i = begin; i < end; i++)
		s->part[i] = ee_dot(PIECE, s->g + i * PIECE,
				    s->g + i * PIECE);
}

double
ee_total_norm(size_t n, const float *g)
{
	struct sum s = { .g = g };
	double total = 0;
	size_t left = n / PIECE, now, i;

	for (; left > 0; left -= now) {
		now = left < 256 ? left : 256;
		ee_parallel(now, 1, sum_part, &s);
		for (i = 0; i < now; i++)
			total += s.part[i];
		s.g += now * PIECE;
	}
	return sqrt(total + ee_dot(n % PIECE, s.g, s.g));
}

double
ee_clip_factor(double norm, double most)
{
	const double factor = most / (norm + 1e-6);

	return factor < 1 ? factor : 1;
}
