/* layer.c - statistics of one tap as a record.  See layer.h. */
#include "stats/layer.h"

#include <math.h>
#include <string.h>

#include "base/try.h"
#include "stats/check.h"
#include "stats/lows.h"

void
ee_layer_free(struct ee_layer *layer)
{
	ee_moments_free(&layer->sums);
	ee_arena_free(&layer->arena);
	memset(layer, 0, sizeof(*layer));
}

enum ee_dtype
ee_precision_of(const char *name, enum ee_dtype other)
{
	enum ee_dtype d;

	for (d = EE_F32; d <= EE_BF16 && name != NULL; d++)
		if (strcmp(name, ee_dtype_name(d)) == 0)
			return d;
	return other;
}

const char *
ee_layer_text(struct ee_layer *l, const char *text)
{
	return text == NULL ? NULL :
	       ee_arena_text(&l->arena, text, strlen(text));
}

/* What the record has of 'key', else the header: a list, or a list of the
 * map, or an empty one. */
static struct ee_value
list_of(struct ee_arena *arena, const struct ee_value *record,
	const struct ee_value *header, const char *key)
{
	const struct ee_value *v = ee_get(record, key);
	struct ee_value list = ee_list();

	if (v == NULL)
		v = ee_get(header, key);
	if (v != NULL && v->type == EE_LIST)
		return ee_copy(arena, v);
	if (v != NULL && v->type == EE_MAP && v->n > 0)
		ee_add(arena, &list, ee_copy(arena, v));
	return list;
}

const char *const ee_layer_more[EE_LAYER_MORE] = {
	"until", "frobenius", "spectrum"
};

void
ee_layer_origin(struct ee_layer *l, const struct ee_value *record,
		const struct ee_value *header)
{
	const struct ee_value *model = ee_get(record, "model");
	const struct ee_value *docs = ee_get(record, "documents"), *v;
	const char *side = ee_maybe_text(record, "side");
	unsigned i;

	if (model == NULL)
		model = ee_get(header, "model");
	l->corpus = list_of(&l->arena, record, header, "corpus");
	l->history = list_of(&l->arena, record, header, "history");
	l->side = side != NULL ? ee_layer_text(l, side) : "in";
	l->fingerprint = ee_layer_text(l, ee_maybe_text(record,
							"fingerprint"));
	l->model = ee_layer_text(l, ee_maybe_text(model, "name"));
	l->model_fingerprint = ee_layer_text(l, ee_maybe_text(model,
							"fingerprint"));
	l->documents = docs != NULL && docs->type == EE_INT &&
		       docs->u.integer >= 0 ? docs->u.integer : -1;
	l->more = ee_map();
	for (i = 0; i < EE_LAYER_MORE; i++)
		if ((v = ee_get(record, ee_layer_more[i])) != NULL)
			ee_put(&l->arena, &l->more, ee_layer_more[i],
			       ee_copy(&l->arena, v));
}

/* What the record has; its own word for it may name more (cov). */
static enum ee_status
read_collect(const struct ee_value *record, unsigned *collect,
	     struct ee_err *err)
{
	const struct ee_value *list = ee_get(record, "collect");
	unsigned one;
	size_t i;

	*collect = 0;
	for (i = 0; list != NULL && list->type == EE_LIST && i < list->n;
	     i++) {
		if (list->u.list[i].type != EE_TEXT)
			continue;
		if (ee_collect_parse(list->u.list[i].u.text, &one,
				     err) != EE_OK)
			return ee_within(err, EE_EFORMAT, "collect");
		*collect |= one;
	}
	for (i = 0; list == NULL && i < EE_SUMS; i++)
		if (ee_get(record, ee_sum_names[i]) != NULL &&
		    ee_collect_parse(ee_sum_names[i], &one, err) == EE_OK)
			*collect |= one;
	if (*collect == 0)
		return ee_fail(err, EE_EFORMAT, "no statistics in the record");
	return EE_OK;
}

static enum ee_status
read_width(const struct ee_value *record, size_t *width, struct ee_err *err)
{
	const struct ee_value *v;
	int64_t n = 1;
	unsigned i;

	for (i = 0; i < 3; i++) {	/* the last sum is a number */
		v = ee_get(record, ee_sum_names[i]);
		if (v != NULL && v->type == EE_TENSOR &&
		    v->u.tensor.ndim > 0) {
			*width = v->u.tensor.shape[0];
			return EE_OK;
		}
	}
	if (ee_get(record, "width") != NULL)
		TRY(ee_get_int(record, "width", 1, EE_MAX_WIDTH, &n, "record",
			       err));
	*width = (size_t)n;
	return EE_OK;
}

static enum ee_status
read_vector(const struct ee_value *record, const char *key,
	    struct ee_exact *sum, struct ee_err *err)
{
	struct ee_tensor t;
	char shape[128];
	size_t i;

	if (sum->n == 0)
		return EE_OK;
	TRY(ee_get_tensor(record, key, EE_F64, 1, &t, "record", err));
	if (t.shape[0] != sum->n)
		return ee_fail(err, EE_EFORMAT, "'%s': shape %s, want (%zu,)",
			       key, ee_tensor_shape(&t, shape), sum->n);
	memcpy(sum->first, t.data, sum->n * sizeof(*sum->first));
	for (i = 0; i < sum->n; i++)
		if (!isfinite(sum->first[i]))
			return ee_fail(err, EE_EMATH, "'%s': value %zu is not "
				       "finite", key, i);
	return EE_OK;
}

static enum ee_status
read_sums(struct ee_moments *m, const struct ee_value *record,
	  struct ee_err *err)
{
	struct ee_tensor t;

	if (m->mom2.n > 0) {
		TRY(ee_get_tensor(record, "mom2", EE_F64, 2, &t, "record",
				  err));
		TRY(ee_check_moment(&t, m->width, "mom2", err));
		ee_pack_matrix(&t, 1, m->mom2.first);
	}
	TRY(read_vector(record, "mean", &m->sum, err));
	TRY(read_vector(record, "var", &m->squares, err));
	if (m->norm.n > 0)
		TRY(ee_get_real(record, "norm_mean", 0, HUGE_VAL,
				m->norm.first, "record", err));
	return ee_lows_from_record(m, record, err);
}

/* One number that tells these sums from others. */
static uint64_t
mark_of(const struct ee_moments *m)
{
	uint64_t h = ee_hash(EE_HASH_START, &m->count, sizeof(m->count));
	const double norm = m->norm.n > 0 ? *m->norm.first : 0;
	size_t i;

	for (i = 0; m->mom2.n > 0 && i < m->width; i++)
		h = ee_hash(h, m->mom2.first + ee_packed_row(m->width, i),
			    sizeof(double));
	h = ee_hash(h, m->sum.first, m->sum.n * sizeof(double));
	return ee_hash(h, &norm, sizeof(norm));
}

void
ee_layer_mark(struct ee_layer *l)
{
	l->marks = ee_list();
	ee_add(&l->arena, &l->marks, ee_int((int64_t)mark_of(&l->sums)));
}

enum ee_status
ee_layer_parts(struct ee_layer *l, const struct ee_value *parts,
	       const char *what, struct ee_err *err)
{
	size_t i, n;

	ee_layer_mark(l);
	if (parts == NULL)
		return ee_arena_check(&l->arena, err);
	if (parts->type != EE_TENSOR || parts->u.tensor.dtype != EE_I64 ||
	    !ee_tensor_count(&parts->u.tensor, &n))
		return ee_fail(err, EE_EFORMAT, "'%s' is no list of integers",
			       what);
	l->marks = ee_list();
	for (i = 0; i < n; i++)
		ee_add(&l->arena, &l->marks,
		       ee_int(((const int64_t *)parts->u.tensor.data)[i]));
	return ee_arena_check(&l->arena, err);
}

void
ee_layer_put_parts(struct ee_arena *arena, const struct ee_layer *l,
		   const char *key, struct ee_value *out)
{
	int64_t *parts;
	size_t i;

	if (l->marks.n < 2)
		return;
	parts = ee_arena_alloc(arena, l->marks.n * sizeof(*parts), 8);
	for (i = 0; parts != NULL && i < l->marks.n; i++)
		parts[i] = l->marks.u.list[i].u.integer;
	ee_put_array(arena, out, key, EE_I64, parts, l->marks.n, 0);
}

/* All but the name, by which errors call the layer. */
static enum ee_status
read_record(struct ee_layer *l, const struct ee_value *record,
	    const struct ee_value *header, struct ee_err *err)
{
	unsigned collect;
	int64_t count;
	size_t width;

	ee_layer_origin(l, record, header);
	TRY(ee_arena_check(&l->arena, err));
	TRY(ee_get_int(record, "count", 1, INT64_MAX, &count, "record", err));
	TRY(read_collect(record, &collect, err));
	TRY(read_width(record, &width, err));
	TRY(ee_moments_init(&l->sums, width, collect, err));
	TRY(read_sums(&l->sums, record, err));
	l->sums.count = count;
	l->precision = ee_precision_of(ee_maybe_text(record, "precision"),
				       EE_F64);
	return ee_layer_parts(l, ee_get(record, "parts"), "parts", err);
}

enum ee_status
ee_layer_from_record(struct ee_layer *l, const struct ee_value *record,
		     const struct ee_value *header, struct ee_err *err)
{
	const char *name = ee_maybe_text(record, "name");
	enum ee_status status;

	memset(l, 0, sizeof(*l));
	if (name == NULL)
		return ee_fail(err, EE_EFORMAT, "record: 'name' is missing");
	l->name = ee_layer_text(l, name);
	status = read_record(l, record, header, err);
	if (status != EE_OK) {
		status = ee_within(err, status, "statistics of '%s'", name);
		ee_layer_free(l);
	}
	return status;
}

static void
put_sums(struct ee_arena *arena, const struct ee_moments *m,
	 struct ee_value *out)
{
	const size_t d = m->width;
	double *full;
	size_t bytes;

	if (m->mom2.n > 0 && ee_mul(d * d, sizeof(*full), &bytes) &&
	    (full = ee_arena_alloc(arena, bytes, 64)) != NULL) {
		ee_unpack_matrix(d, m->mom2.first, 1, EE_F64, full);
		ee_put_array(arena, out, "mom2", EE_F64, full, d, d);
	}
	if (m->sum.n > 0)
		ee_put_array(arena, out, "mean", EE_F64, m->sum.first, d, 0);
	if (m->squares.n > 0)
		ee_put_array(arena, out, "var", EE_F64, m->squares.first, d,
			     0);
	if (m->norm.n > 0)
		ee_put(arena, out, "norm_mean", ee_real(*m->norm.first));
	ee_lows_record(arena, m, out);
}

static struct ee_value
collect_list(struct ee_arena *arena, unsigned collect)
{
	struct ee_value list = ee_list();
	unsigned bit;

	for (bit = 1; bit <= EE_COLLECT_CORR; bit <<= 1)
		if (collect & bit)
			ee_add(arena, &list,
			       ee_text(ee_collect_name((enum ee_collect)bit)));
	return list;
}

enum ee_status
ee_layer_record(struct ee_arena *arena, const struct ee_layer *l,
		struct ee_value *out, struct ee_err *err)
{
	struct ee_value model = ee_map();
	size_t i;

	*out = ee_map();
	ee_put(arena, out, "name", ee_text(l->name));
	ee_put(arena, out, "side", ee_text(l->side));
	ee_put(arena, out, "width", ee_int((int64_t)l->sums.width));
	ee_put(arena, out, "count", ee_int(l->sums.count));
	ee_put(arena, out, "collect", collect_list(arena, l->sums.collect));
	put_sums(arena, &l->sums, out);
	if (l->documents >= 0)
		ee_put(arena, out, "documents", ee_int(l->documents));
	ee_put(arena, out, "tokens", ee_int(l->sums.count));
	if (l->fingerprint != NULL)
		ee_put(arena, out, "fingerprint", ee_text(l->fingerprint));
	if (l->model != NULL)
		ee_put(arena, &model, "name", ee_text(l->model));
	if (l->model_fingerprint != NULL)
		ee_put(arena, &model, "fingerprint",
		       ee_text(l->model_fingerprint));
	ee_put(arena, out, "model", model);
	if (l->corpus.n == 1)
		ee_put(arena, out, "corpus", l->corpus.u.list[0]);
	else if (l->corpus.n > 1)
		ee_put(arena, out, "corpus", l->corpus);
	ee_layer_put_parts(arena, l, "parts", out);
	if (l->marks.n > 1) {		/* not of the merge, which is no part */
		ee_put(arena, out, "history", l->history);
		ee_put(arena, out, "precision",
		       ee_text(ee_dtype_name(l->precision)));
	}
	for (i = 0; i < l->more.n; i++)
		ee_put(arena, out, l->more.u.map[i].key,
		       l->more.u.map[i].value);
	return ee_arena_check(arena, err);
}
