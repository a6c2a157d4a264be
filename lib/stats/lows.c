/* lows.c - what a file's numbers leave of merged sums.  See lows.h. */
#include "stats/lows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"

void
ee_drop_lows(struct ee_moments *m)
{
	unsigned i;

	for (i = 0; i < EE_SUMS; i++)
		ee_exact_round(&m->sums[i]);
}

/* What a record, or a file, holds of a number itself. */
enum base { NOTHING, SINGLE, WHOLE };

static double
held(enum base base, double first)
{
	return base == WHOLE ? first : base == SINGLE ? (double)(float)first :
	       0;
}

static enum base
base_of(const struct ee_moments *m, unsigned i, enum ee_dtype precision)
{
	if (&m->sums[i] != &m->mom2 || (m->collect & EE_COLLECT_MOM2) == 0)
		return NOTHING;
	return precision == EE_F64 ? WHOLE : SINGLE;
}

/* The doubles of number i that are left; returns how many. */
static size_t
left_of(const struct ee_exact *sum, enum base base, size_t i,
	double e[EE_EXACT_PLANES + 2])
{
	size_t k = 0, q;

	e[k++] = sum->first[i] - held(base, sum->first[i]);	/* exact */
	for (q = 0; q < sum->planes; q++)
		e[k++] = sum->plane[q][i];
	k = ee_exact_form(e, k);
	return k == 1 && e[0] == 0 ? 0 : k;
}

/* All of them as a tensor (k, n), unless nothing is left. */
static void
put_left(struct ee_arena *arena, const struct ee_exact *sum, enum base base,
	 const char *key, struct ee_value *out)
{
	double e[EE_EXACT_PLANES + 2], *data;
	size_t i, k, q, most = 0;

	for (i = 0; i < sum->n; i++) {
		k = left_of(sum, base, i, e);
		most = k > most ? k : most;
	}
	if (most == 0)
		return;
	if (base == WHOLE && sum->planes == 1) {	/* that is it */
		ee_put_array(arena, out, key, EE_F64, sum->plane[0], 1,
			     sum->n);
		return;
	}
	data = ee_arena_alloc(arena, most * sum->n * sizeof(*data), 64);
	if (data == NULL)
		return;
	for (i = 0; i < sum->n; i++) {
		k = left_of(sum, base, i, e);
		for (q = 0; q < most; q++)
			data[q * sum->n + i] = q < k ? e[q] : 0;
	}
	ee_put_array(arena, out, key, EE_F64, data, most, sum->n);
}

/* Was it merged? */
static bool
has_lows(const struct ee_moments *m)
{
	size_t i, planes = 0;

	for (i = 0; i < EE_SUMS; i++)
		planes += m->sums[i].planes;
	return planes > 0;
}

void
ee_lows_record(struct ee_arena *arena, const struct ee_moments *m,
	       struct ee_value *record)
{
	unsigned i;

	for (i = 0; i < EE_SUMS && has_lows(m); i++)
		put_left(arena, &m->sums[i], WHOLE, ee_arena_printf(arena,
			 "low_%s", ee_sum_names[i]), record);
}

void
ee_lows_arrays(struct ee_arena *arena, const struct ee_moments *m,
	       enum ee_dtype precision, bool moment, struct ee_value *arrays)
{
	unsigned i;

	for (i = moment ? 1 : 0; i < EE_SUMS && has_lows(m); i++)
		put_left(arena, &m->sums[i], base_of(m, i, precision),
			 ee_arena_printf(arena, "ee.low.%s", ee_sum_names[i]),
			 arrays);
}

/* Add all planes of a tensor (k, n). */
static enum ee_status
take(struct ee_exact *sum, const char *key, const struct ee_value *v,
     struct ee_err *err)
{
	const struct ee_tensor *t = &v->u.tensor;
	const double *data;
	char shape[128];
	size_t i;

	if (v->type != EE_TENSOR || t->dtype != EE_F64 || t->ndim != 2 ||
	    t->shape[0] == 0 || t->shape[0] >= EE_EXACT_PLANES ||
	    t->shape[1] != sum->n)
		return ee_fail(err, EE_EFORMAT, "'%s': %s, want float64 (k, "
			       "%zu)", key, v->type == EE_TENSOR ?
			       ee_tensor_shape(t, shape) :
			       ee_type_name(v->type), sum->n);
	data = t->data;
	for (i = 0; i < t->shape[0] * sum->n; i++)
		if (!isfinite(data[i]))
			return ee_fail(err, EE_EMATH, "'%s': value %zu is not "
				       "finite", key, i);
	for (i = 0; i < t->shape[0]; i++)
		TRY(ee_exact_add(sum, data + i * sum->n, err));
	return EE_OK;
}

enum ee_status
ee_lows_from_record(struct ee_moments *m, const struct ee_value *record,
		    struct ee_err *err)
{
	const struct ee_value *v;
	char key[32];
	unsigned i;

	for (i = 0; i < EE_SUMS; i++) {
		snprintf(key, sizeof(key), "low_%s", ee_sum_names[i]);
		v = ee_get(record, key);
		if (m->sums[i].n > 0 && v != NULL)
			TRY(take(&m->sums[i], key, v, err));
	}
	return EE_OK;
}

/* The whole must be what the file's own numbers are the nearest to. */
static enum ee_status
take_from_file(struct ee_exact *sum, enum base base, const char *key,
	       const struct ee_value *v, struct ee_err *err)
{
	double *old = ee_doubles(sum->n, err), most = 0;
	enum ee_status status;
	bool fits;
	size_t i;

	if (old == NULL)
		return EE_ENOMEM;
	memcpy(old, sum->first, sum->n * sizeof(*old));
	if (base == NOTHING)
		memset(sum->first, 0, sum->n * sizeof(*sum->first));
	status = take(sum, key, v, err);
	for (i = 0; i < sum->n; i++)
		most = fmax(most, fabs(old[i]));
	for (i = 0; i < sum->n && status == EE_OK; i++) {
		fits = base == NOTHING ?	/* these were made of means */
		       fabs(sum->first[i] - old[i]) <= 1e-5 * most :
		       held(base, sum->first[i]) == old[i];
		if (!fits)
			status = ee_fail(err, EE_EFORMAT, "'%s' does not "
					 "belong to the file's other numbers "
					 "(value %zu)", key, i);
	}
	free(old);
	return status;
}

enum ee_status
ee_lows_from_source(struct ee_moments *m, struct ee_source *source,
		    enum ee_dtype precision, struct ee_err *err)
{
	const struct ee_value *v;
	char key[32];
	unsigned i;

	for (i = 0; i < EE_SUMS; i++) {
		snprintf(key, sizeof(key), "ee.low.%s", ee_sum_names[i]);
		if (m->sums[i].n == 0 || !ee_source_has(source, key))
			continue;
		TRY(ee_source_get(source, key, &v, err));
		TRY(take_from_file(&m->sums[i], base_of(m, i, precision), key,
				   v, err));
	}
	return EE_OK;
}
