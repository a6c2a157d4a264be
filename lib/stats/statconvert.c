/* statconvert.c - statistics in other shapes.  See statconvert.h. */
#include "stats/statconvert.h"

#include <string.h>

#include "file/safetensors.h"

/* sum / count, in full, in the precision of the file */
static const void *
moment(struct ee_arena *arena, const struct ee_moments *m,
       enum ee_dtype precision)
{
	const size_t d = m->width;
	void *full = ee_arena_alloc(arena, d * d * ee_dtype_size(precision),
				    64);
	const double *from = m->mom2;
	size_t i, j;

	for (i = 0; full != NULL && i < d; i++) {
		for (j = i; j < d; j++) {
			const double v = *from++ / (double)m->count;

			if (precision == EE_F64)
				((double *)full)[i * d + j] =
					((double *)full)[j * d + i] = v;
			else
				((float *)full)[i * d + j] =
					((float *)full)[j * d + i] = (float)v;
		}
	}
	return full;
}

enum ee_status
ee_arrays_as_moment(struct ee_arena *arena, const struct ee_layer *l,
		    enum ee_dtype precision, struct ee_value *arrays,
		    struct ee_err *err)
{
	struct ee_value all = *arrays;
	const void *full;
	size_t i;

	if ((l->sums.collect & EE_COLLECT_MOM2) == 0)
		return ee_fail(err, EE_EINPUT, "layer '%s': there is no mom2 "
			       "to be a moment", l->name);
	full = moment(arena, &l->sums, precision);
	if (full == NULL)
		return ee_arena_check(arena, err);
	*arrays = ee_map();
	for (i = 0; i < all.n; i++)
		if (strcmp(all.u.map[i].key, "ee.low.mom2") != 0)
			ee_put(arena, arrays, all.u.map[i].key,
			       all.u.map[i].value);
	ee_set(arena, arrays, "mom2.count", ee_int(1));
	ee_set(arena, arrays, "mom2.mom2", ee_tensor(ee_tensor_2d(precision,
		full, l->sums.width, l->sums.width)));
	ee_put(arena, arrays, "ee.moment_of", ee_int(l->sums.count));
	return ee_arena_check(arena, err);
}

static void
put_metadata(struct ee_arena *arena, const struct ee_pair *p,
	     struct ee_value *metadata)
{
	const struct ee_value *v = &p->value;
	const char *text = v->type == EE_TEXT ? v->u.text :
		v->type == EE_INT ? ee_arena_printf(arena, "%lld",
						    (long long)v->u.integer) :
		v->type == EE_REAL ? ee_arena_printf(arena, "%.17g",
						     v->u.real) : NULL;

	if (text != NULL)
		ee_put(arena, metadata, p->key, ee_text(text));
}

enum ee_status
ee_arrays_to_safetensors(const char *path, const struct ee_value *arrays,
			 struct ee_err *err)
{
	struct ee_value metadata = ee_map();
	struct ee_arena arena = { 0 };
	struct ee_named *list;
	enum ee_status status;
	size_t i, n = 0;

	list = ee_arena_alloc(&arena, (arrays->n + 1) * sizeof(*list), 8);
	for (i = 0; i < arrays->n && list != NULL; i++) {
		const struct ee_pair *p = &arrays->u.map[i];

		if (p->value.type != EE_TENSOR) {
			put_metadata(&arena, p, &metadata);
			continue;
		}
		list[n].name = p->key;
		list[n++].tensor = p->value.u.tensor;
	}
	status = ee_arena_check(&arena, err);
	if (status == EE_OK)
		status = ee_safetensors_save(path, list, n, &metadata, err);
	ee_arena_free(&arena);
	return status;
}
