/* golden.c - reference arrays.  See golden.h. */
#include "golden.h"

#include <stdarg.h>

void
golden_open(struct golden *g, const char *path)
{
	struct ee_err err;

	g->arena = (struct ee_arena){ 0 };
	must(ee_npz_open(&g->npz, path, &err));
}

void
golden_close(struct golden *g)
{
	ee_npz_close(&g->npz);
	ee_arena_free(&g->arena);
}

bool
golden_has(const struct golden *g, const char *name)
{
	return ee_npz_has(&g->npz, name);
}

struct ee_tensor
golden_get(struct golden *g, const char *fmt, ...)
{
	struct ee_value v;
	struct ee_err err;
	char name[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	must(ee_npz_get(&g->npz, name, &g->arena, &v, &err));
	ck_assert(v.type == EE_TENSOR);
	return v.u.tensor;
}

double
worst_abs(const float *x, const struct ee_tensor *want)
{
	double worst = 0;
	size_t n, i;

	ck_assert(ee_tensor_count(want, &n));
	for (i = 0; i < n; i++) {
		const double d = fabs((double)x[i] - ee_tensor_at(want, i));

		worst = d > worst || isnan(d) ? d : worst;
	}
	return worst;
}

double
relative(const float *x, const struct ee_tensor *want)
{
	double diff = 0, size = 0;
	size_t n, i;

	ck_assert(ee_tensor_count(want, &n));
	for (i = 0; i < n; i++) {
		const double w = ee_tensor_at(want, i);

		diff += ((double)x[i] - w) * ((double)x[i] - w);
		size += w * w;
	}
	return sqrt(diff / size);
}
