/* summary.c - a record in a few words.  See summary.h. */
#include "stream/summary.h"

#include <math.h>

/* As what the dtype holds: true or false, a whole number, a number. */
static struct ee_value
number(enum ee_dtype dtype, double d)
{
	if (dtype == EE_BOOL)
		return ee_logic(d != 0);
	if (dtype <= EE_BF16 || fabs(d) >= 0x1p63)
		return ee_real(d);
	return ee_int((int64_t)d);
}

static struct ee_value
shape_of(struct ee_arena *arena, const struct ee_tensor *t)
{
	struct ee_value shape = ee_list();
	unsigned i;

	for (i = 0; i < t->ndim; i++)
		ee_add(arena, &shape, ee_int((int64_t)t->shape[i]));
	return shape;
}

static struct ee_value
first_values(struct ee_arena *arena, const struct ee_tensor *t, size_t n)
{
	struct ee_value list = ee_list();
	size_t i;

	for (i = 0; i < n; i++)
		ee_add(arena, &list, number(t->dtype, ee_tensor_at(t, i)));
	return list;
}

static struct ee_value
summarize(struct ee_arena *arena, const struct ee_tensor *t, size_t data)
{
	struct ee_value map = ee_map();
	double d, low = INFINITY, high = -INFINITY, sum = 0;
	size_t n = 0, i, nans = 0, infinite = 0;

	(void)ee_tensor_count(t, &n);
	for (i = 0; i < n; i++) {
		d = ee_tensor_at(t, i);
		nans += isnan(d) != 0;
		infinite += isinf(d) != 0;
		if (!isfinite(d))
			continue;
		low = d < low ? d : low;
		high = d > high ? d : high;
		sum += d;
	}
	ee_put(arena, &map, "dtype", ee_text(ee_dtype_name(t->dtype)));
	ee_put(arena, &map, "shape", shape_of(arena, t));
	if (low <= high) {
		ee_put(arena, &map, "min", number(t->dtype, low));
		ee_put(arena, &map, "max", number(t->dtype, high));
		ee_put(arena, &map, "mean",
		       ee_real(sum / (double)(n - nans - infinite)));
	}
	ee_put(arena, &map, "nan", ee_int((int64_t)nans));
	if (infinite > 0)
		ee_put(arena, &map, "inf", ee_int((int64_t)infinite));
	if (data > 0)
		ee_put(arena, &map, "data",
		       first_values(arena, t, n < data ? n : data));
	return map;
}

struct ee_value
ee_summary(struct ee_arena *arena, const struct ee_value *v, size_t data)
{
	struct ee_value c = *v;
	size_t i;

	if (v->type == EE_TENSOR)
		return summarize(arena, &v->u.tensor, data);
	if (v->type == EE_LIST) {
		c = ee_list();
		for (i = 0; i < v->n; i++)
			ee_add(arena, &c,
			       ee_summary(arena, &v->u.list[i], data));
	} else if (v->type == EE_MAP) {
		c = ee_map();
		for (i = 0; i < v->n; i++)
			ee_put(arena, &c, v->u.map[i].key,
			       ee_summary(arena, &v->u.map[i].value, data));
	}
	return c;
}
