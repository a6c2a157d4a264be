/* lows.c - what a file's numbers leave of merged sums.  See lows.h. */
#include "stats/lows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 4 };

/* One array of sums. */
struct part {
	const char *record, *file;
	size_t n;
	double *first;			/* NULL: there is none */
	struct ee_lows *low;
};

static void
parts_of(struct ee_moments *m, struct part p[PARTS])
{
	const size_t d = m->width;

	p[0] = (struct part){ "low_mom2", "ee.low.mom2", ee_packed_row(d, d),
			      m->mom2, &m->mom2_low };
	p[1] = (struct part){ "low_mean", "ee.low.mean", d, m->sum,
			      &m->sum_low };
	p[2] = (struct part){ "low_var", "ee.low.var", d, m->squares,
			      &m->squares_low };
	p[3] = (struct part){ "low_norm_mean", "ee.low.norm_mean", 1,
			      (m->collect & EE_COLLECT_NORM_MEAN) ?
			      &m->norm : NULL, &m->norm_low };
}

enum ee_dtype
ee_precision_of(const char *name, enum ee_dtype other)
{
	static const enum ee_dtype all[] = { EE_F32, EE_F64, EE_F16, EE_BF16 };
	unsigned i;

	for (i = 0; i < 4 && name != NULL; i++)
		if (strcmp(name, ee_dtype_name(all[i])) == 0)
			return all[i];
	return other;
}

/* Was it merged? */
static bool
has_lows(const struct ee_moments *m)
{
	return m->mom2_low.planes + m->sum_low.planes +
	       m->squares_low.planes + m->norm_low.planes > 0;
}

void
ee_drop_lows(struct ee_moments *m)
{
	struct part p[PARTS];
	unsigned i;

	parts_of(m, p);
	for (i = 0; i < PARTS; i++)
		ee_lows_free(p[i].low);
}

/* What a file of 'base' holds of the number itself. */
enum base { NOTHING, SINGLE, WHOLE };

static double
held(enum base base, double first)
{
	return base == WHOLE ? first : base == SINGLE ? (double)(float)first :
	       0;
}

/* The doubles of number i that are left; returns how many. */
static size_t
left_of(const struct part *p, enum base base, size_t i,
	double e[EE_EXACT_PLANES + 2])
{
	size_t k = 0, q;

	e[k++] = p->first[i] - held(base, p->first[i]);	/* exact */
	for (q = 0; q < p->low->planes; q++)
		e[k++] = p->low->plane[q][i];
	k = ee_exact_form(e, k);
	return k == 1 && e[0] == 0 ? 0 : k;
}

/* All of them as a tensor (k, n), unless nothing is left. */
static void
put_left(struct ee_arena *arena, const struct part *p, enum base base,
	 const char *key, struct ee_value *out)
{
	double e[EE_EXACT_PLANES + 2], *data;
	size_t i, k, q, most = 0;

	for (i = 0; i < p->n; i++) {
		k = left_of(p, base, i, e);
		most = k > most ? k : most;
	}
	if (most == 0)
		return;
	data = ee_arena_alloc(arena, most * p->n * sizeof(*data), 64);
	if (data == NULL)
		return;
	for (i = 0; i < p->n; i++) {
		k = left_of(p, base, i, e);
		for (q = 0; q < most; q++)
			data[q * p->n + i] = q < k ? e[q] : 0;
	}
	ee_put(arena, out, key, ee_tensor(ee_tensor_2d(EE_F64, data, most,
						       p->n)));
}

void
ee_lows_record(struct ee_arena *arena, const struct ee_moments *m,
	       struct ee_value *record)
{
	struct ee_moments all = *m;
	struct part p[PARTS];
	unsigned i;

	parts_of(&all, p);
	for (i = 0; i < PARTS; i++)
		if (p[i].first != NULL && has_lows(m))
			put_left(arena, &p[i], WHOLE, p[i].record, record);
}

static enum base
base_of(unsigned part, const struct ee_moments *m, enum ee_dtype precision)
{
	if (part > 0 || (m->collect & EE_COLLECT_MOM2) == 0)
		return NOTHING;
	return precision == EE_F64 ? WHOLE : SINGLE;
}

void
ee_lows_arrays(struct ee_arena *arena, const struct ee_moments *m,
	       enum ee_dtype precision, struct ee_value *arrays)
{
	struct ee_moments all = *m;
	struct part p[PARTS];
	unsigned i;

	parts_of(&all, p);
	for (i = 0; i < PARTS; i++)
		if (p[i].first != NULL && has_lows(m))
			put_left(arena, &p[i], base_of(i, m, precision),
				 p[i].file, arrays);
}

/* Add all planes of a tensor (k, n). */
static enum ee_status
take(const struct part *p, const char *key, const struct ee_value *v,
     struct ee_err *err)
{
	const struct ee_tensor *t = &v->u.tensor;
	const double *data;
	enum ee_status status = EE_OK;
	char shape[128];
	size_t i, q;

	if (v->type != EE_TENSOR || t->dtype != EE_F64 || t->ndim != 2 ||
	    t->shape[0] == 0 || t->shape[0] >= EE_EXACT_PLANES ||
	    t->shape[1] != p->n)
		return ee_fail(err, EE_EFORMAT, "'%s': %s, want float64 (k, "
			       "%zu)", key, v->type == EE_TENSOR ?
			       ee_tensor_shape(t, shape) :
			       ee_type_name(v->type), p->n);
	data = t->data;
	for (i = 0; i < t->shape[0] * p->n; i++)
		if (!isfinite(data[i]))
			return ee_fail(err, EE_EMATH, "'%s': value %zu is not "
				       "finite", key, i);
	for (q = 0; q < t->shape[0] && status == EE_OK; q++)
		status = ee_exact_add(p->first, p->low, p->n, 0, p->n,
				      data + q * p->n, err);
	return status;
}

enum ee_status
ee_lows_from_record(struct ee_moments *m, const struct ee_value *record,
		    struct ee_err *err)
{
	const struct ee_value *v;
	enum ee_status status = EE_OK;
	struct part p[PARTS];
	unsigned i;

	parts_of(m, p);
	for (i = 0; i < PARTS && status == EE_OK; i++) {
		v = ee_get(record, p[i].record);
		if (p[i].first != NULL && v != NULL)
			status = take(&p[i], p[i].record, v, err);
	}
	return status;
}

/* The whole must be what the file's own numbers are the nearest to. */
static enum ee_status
take_from_file(const struct part *p, enum base base,
	       const struct ee_value *v, struct ee_err *err)
{
	double *old = ee_doubles(p->n, err), most = 0;
	enum ee_status status;
	bool fits;
	size_t i;

	if (old == NULL)
		return EE_ENOMEM;
	memcpy(old, p->first, p->n * sizeof(*old));
	if (base == NOTHING)
		memset(p->first, 0, p->n * sizeof(*p->first));
	status = take(p, p->file, v, err);
	for (i = 0; i < p->n; i++)
		most = fmax(most, fabs(old[i]));
	for (i = 0; i < p->n && status == EE_OK; i++) {
		fits = base == NOTHING ?	/* these were made of means */
		       fabs(p->first[i] - old[i]) <= 1e-5 * most :
		       held(base, p->first[i]) == old[i];
		if (!fits)
			status = ee_fail(err, EE_EFORMAT, "'%s' does not "
					 "belong to the file's other numbers "
					 "(value %zu)", p->file, i);
	}
	free(old);
	return status;
}

enum ee_status
ee_lows_from_source(struct ee_moments *m, struct ee_source *source,
		    enum ee_dtype precision, struct ee_err *err)
{
	const struct ee_value *v;
	enum ee_status status = EE_OK;
	struct part p[PARTS];
	unsigned i;

	parts_of(m, p);
	for (i = 0; i < PARTS && status == EE_OK; i++) {
		if (p[i].first == NULL || !ee_source_has(source, p[i].file))
			continue;
		status = ee_source_get(source, p[i].file, &v, err);
		if (status == EE_OK)
			status = take_from_file(&p[i], base_of(i, m,
						precision), v, err);
	}
	return status;
}
