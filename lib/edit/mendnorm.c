/*
 * mendnorm.c - running statistics of the gradient's rows, and rows brought to
 * mean 0 and deviation 1 by them.  See mend.h.
 */
#include <math.h>
#include <string.h>

#include "edit/mend.h"

/* m' = m + (r - m) / k,  s' = s + (r - m)(r - m')  (Welford 1962) */
static void
enter(size_t n, const float *r, float k, float *mean, float *s)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const float was = mean[i];

		mean[i] = was + (r[i] - was) / k;
		s[i] += (r[i] - was) * (r[i] - mean[i]);
	}
}

static void
deviation(size_t n, const float *s, float k, float *std)
{
	size_t i;

	for (i = 0; i < n; i++)
		std[i] = sqrtf(s[i] / (k - 1));
}

enum ee_status
ee_mend_observe(struct ee_mend *m, const struct ee_mend_rows *rows,
		struct ee_err *err)
{
	const struct ee_mend_net *net = &m->net[m->param[rows->param].net];
	const size_t in = net->in, out = net->out;
	float *const r = m->running, *k = r + net->k;
	size_t i;

	for (i = 0; i < rows->n; i++) {
		if (!(*k >= 1)) {	/* the first: mean 0 is as good */
			memset(r + net->u_mean, 0, in * sizeof(*r));
			memset(r + net->v_mean, 0, out * sizeof(*r));
			memset(r + net->u_s, 0, in * sizeof(*r));
			memset(r + net->v_s, 0, out * sizeof(*r));
			*k = 0;
		}
		*k += 1;
		enter(in, rows->x + i * in, *k, r + net->u_mean,
		      r + net->u_s);
		enter(out, rows->delta + i * out, *k, r + net->v_mean,
		      r + net->v_s);
	}
	if (!(*k >= 2) && m->net_params.norm)
		return ee_fail(err, EE_EMATH, "%s: %s of gradient seen: no "
			       "deviation to divide by",
			       m->param[rows->param].weight,
			       *k >= 1 ? "one row" : "no row");
	deviation(in, r + net->u_s, *k, r + net->u_std);
	deviation(out, r + net->v_s, *k, r + net->v_std);
	return EE_OK;
}

static void
normal(size_t n, size_t width, const float *from, const float *mean,
       const float *std, float *to)
{
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < width; j++)
			to[i * width + j] = (from[i * width + j] - mean[j]) /
					    (std[j] + 1e-7f);
}

void
ee_mend_normal(const struct ee_mend *m, const struct ee_mend_rows *from,
	       struct ee_mend_rows *to)
{
	const struct ee_mend_net *net = &m->net[m->param[from->param].net];
	const float *const r = m->running;
	const size_t n = from->n;

	if (m->net_params.norm) {
		normal(n, net->in, from->x, r + net->u_mean, r + net->u_std,
		       to->x);
		normal(n, net->out, from->delta, r + net->v_mean,
		       r + net->v_std, to->delta);
	} else if (from != to) {
		memcpy(to->x, from->x, n * net->in * sizeof(*to->x));
		memcpy(to->delta, from->delta,
		       n * net->out * sizeof(*to->delta));
	}
}
