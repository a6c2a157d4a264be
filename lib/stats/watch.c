/* watch.c - what a collection will need, and whether it may end.  See
 * collector.h. */
#include <math.h>

#include "stats/collector.h"

/* What the BLAS keeps for itself, by measurement: its copies of what it
 * multiplies, and those of its threads where it factors. */
#define KEPT_BY_BLAS (8.0 * (1 << 20))
#define KEPT_TO_FACTOR (32.0 * (1 << 20))

double
ee_collector_need(const struct ee_value *taps, size_t from, size_t to,
		  unsigned collect, bool watched)
{
	const struct ee_value *v;
	double sums = KEPT_BY_BLAS + (watched ? KEPT_TO_FACTOR : 0);
	double once, widest = 0, f;
	size_t i;

	for (i = from; i < to; i++) {
		v = ee_get(&taps->u.list[i], "width");
		if (v == NULL || v->type != EE_INT || v->u.integer < 1 ||
		    v->u.integer > EE_MAX_WIDTH)
			continue;	/* opening says so */
		f = (double)v->u.integer;
		sums += ee_moments_bytes((size_t)f, collect);
		sums += watched ? 12 * EE_PROBES * f : 0;
		widest = fmax(widest, f);
	}
	once = ee_scratch_bytes((size_t)widest, collect);
	if (watched)
		once = fmax(once, ee_probe_bytes((size_t)widest));
	if (ee_moments_bytes(1, collect) > ee_moments_bytes(1, 0))
		once = fmax(once, 8 * widest * widest);
	return sums + once + 2 * 2048 * 4 * widest;
}

enum ee_status
ee_collector_watch(struct ee_collector *c, double until, struct ee_err *err)
{
	const int64_t first = ee_probe_first(ee_collector_widest(c));
	enum ee_status status = EE_OK;
	size_t i;

	if (c->taps[0].layer.sums.mom2.n == 0)
		return ee_fail(err, EE_EINPUT, "whether C^-1 k has settled "
			       "can only be told where mom2, cov or corr is "
			       "collected");
	c->until = until;
	for (i = 0; i < c->n && status == EE_OK; i++)
		status = ee_probe_init(&c->taps[i].probe, c->taps[i].width,
				       first, err);
	return status;
}

const struct ee_tapped *
ee_collector_worst(const struct ee_collector *c)
{
	const struct ee_tapped *worst = NULL;
	size_t i;

	for (i = 0; i < c->n; i++)
		if (isfinite(c->taps[i].probe.change) &&
		    (worst == NULL ||
		     c->taps[i].probe.change > worst->probe.change))
			worst = &c->taps[i];
	return worst;
}
