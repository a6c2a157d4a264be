/* layer.c - statistics of one tap as a record.  See layer.h. */
#include "stats/layer.h"

#include <math.h>
#include <string.h>

#include "file/json.h"
#include "stats/check.h"
#include "stats/lows.h"

void
ee_layer_free(struct ee_layer *layer)
{
	ee_moments_free(&layer->sums);
	ee_arena_free(&layer->arena);
	memset(layer, 0, sizeof(*layer));
}

static const char *
text_or_null(struct ee_arena *arena, const struct ee_value *map,
	     const char *key)
{
	const struct ee_value *v = ee_get(map, key);

	return v != NULL && v->type == EE_TEXT ?
	       ee_arena_text(arena, v->u.text, v->n) : NULL;
}

/* 'v' itself if it is a list, a list of it if it is something, or empty. */
static struct ee_value
as_list(struct ee_arena *arena, const struct ee_value *v)
{
	struct ee_value list = ee_list();

	if (v != NULL && v->type == EE_LIST)
		return ee_copy(arena, v);
	if (v != NULL && v->type == EE_MAP && v->n > 0)
		ee_add(arena, &list, ee_copy(arena, v));
	return list;
}

static const struct ee_value *
here_or_there(const struct ee_value *record, const struct ee_value *header,
	      const char *key)
{
	const struct ee_value *v = ee_get(record, key);

	return v != NULL ? v : ee_get(header, key);
}

static const char *const more_keys[] = { "until", "frobenius", "spectrum" };

/* What is kept besides the sums, as it is. */
static void
read_more(struct ee_layer *l, const struct ee_value *record)
{
	const struct ee_value *v;
	unsigned i;

	l->more = ee_map();
	for (i = 0; i < sizeof(more_keys) / sizeof(more_keys[0]); i++)
		if ((v = ee_get(record, more_keys[i])) != NULL)
			ee_put(&l->arena, &l->more, more_keys[i],
			       ee_copy(&l->arena, v));
}

static enum ee_status
read_origin(struct ee_layer *l, const struct ee_value *record,
	    const struct ee_value *header, struct ee_err *err)
{
	const struct ee_value *model = here_or_there(record, header, "model");
	const struct ee_value *docs = ee_get(record, "documents");

	l->corpus = as_list(&l->arena, here_or_there(record, header,
						     "corpus"));
	l->history = as_list(&l->arena, here_or_there(record, header,
						      "history"));
	l->side = text_or_null(&l->arena, record, "side");
	if (l->side == NULL)
		l->side = "in";
	l->fingerprint = text_or_null(&l->arena, record, "fingerprint");
	l->model = text_or_null(&l->arena, model, "name");
	l->model_fingerprint = text_or_null(&l->arena, model, "fingerprint");
	l->documents = docs != NULL && docs->type == EE_INT &&
		       docs->u.integer >= 0 ? docs->u.integer : -1;
	read_more(l, record);
	return ee_arena_check(&l->arena, err);
}

/* What the record has; its own word for it may name more (cov). */
static enum ee_status
read_collect(const struct ee_value *record, unsigned *collect,
	     struct ee_err *err)
{
	const struct ee_value *list = ee_get(record, "collect");
	const enum ee_collect plain[] = { EE_COLLECT_MOM2, EE_COLLECT_MEAN,
					  EE_COLLECT_VAR,
					  EE_COLLECT_NORM_MEAN };
	enum ee_status status = EE_OK;
	unsigned one;
	size_t i;

	*collect = 0;
	for (i = 0; list != NULL && list->type == EE_LIST && i < list->n;
	     i++) {
		if (list->u.list[i].type != EE_TEXT)
			continue;
		status = ee_collect_parse(list->u.list[i].u.text, &one, err);
		if (status != EE_OK)
			return ee_within(err, EE_EFORMAT, "collect");
		*collect |= one;
	}
	for (i = 0; list == NULL && i < 4; i++)
		if (ee_get(record, ee_collect_name(plain[i])) != NULL)
			*collect |= plain[i];
	if (*collect == 0)
		return ee_fail(err, EE_EFORMAT, "no statistics in the record");
	return EE_OK;
}

static enum ee_status
read_width(const struct ee_value *record, size_t *width, struct ee_err *err)
{
	static const char *const keys[] = { "mom2", "mean", "var" };
	const struct ee_value *v;
	int64_t n;
	unsigned i;

	for (i = 0; i < 3; i++) {
		v = ee_get(record, keys[i]);
		if (v != NULL && v->type == EE_TENSOR &&
		    v->u.tensor.ndim > 0) {
			*width = v->u.tensor.shape[0];
			return EE_OK;
		}
	}
	*width = 1;
	if (ee_get(record, "width") == NULL)
		return EE_OK;
	if (ee_get_int(record, "width", 1, EE_MAX_WIDTH, &n, "record",
		       err) != EE_OK)
		return EE_EFORMAT;
	*width = (size_t)n;
	return EE_OK;
}

static enum ee_status
read_vector(const struct ee_value *record, const char *key, size_t width,
	    double *out, struct ee_err *err)
{
	struct ee_tensor t;
	enum ee_status status;
	char shape[128];
	size_t i;

	if (out == NULL)
		return EE_OK;
	status = ee_get_tensor(record, key, EE_F64, 1, &t, "record", err);
	if (status != EE_OK)
		return status;
	if (t.shape[0] != width)
		return ee_fail(err, EE_EFORMAT, "'%s': shape %s, want (%zu,)",
			       key, ee_tensor_shape(&t, shape), width);
	memcpy(out, t.data, width * sizeof(*out));
	for (i = 0; i < width; i++)
		if (!isfinite(out[i]))
			return ee_fail(err, EE_EMATH, "'%s': value %zu is not "
				       "finite", key, i);
	return EE_OK;
}

static enum ee_status
read_sums(struct ee_layer *l, const struct ee_value *record,
	  struct ee_err *err)
{
	struct ee_moments *m = &l->sums;
	struct ee_tensor t;
	enum ee_status status = EE_OK;

	if (m->mom2 != NULL)
		status = ee_get_tensor(record, "mom2", EE_F64, 2, &t,
				       "record", err);
	if (m->mom2 != NULL && status == EE_OK) {
		status = ee_check_moment(&t, m->width, "mom2", err);
		if (status == EE_OK)
			ee_pack_matrix(m->width, t.data, m->mom2);
	}
	if (status == EE_OK)
		status = read_vector(record, "mean", m->width, m->sum, err);
	if (status == EE_OK)
		status = read_vector(record, "var", m->width, m->squares,
				     err);
	if (status == EE_OK && (m->collect & EE_COLLECT_NORM_MEAN))
		status = ee_get_real(record, "norm_mean", 0, HUGE_VAL,
				     &m->norm, "record", err);
	if (status == EE_OK)
		status = ee_lows_from_record(m, record, err);
	return status;
}

/* One number that tells these sums from others. */
static uint64_t
mark_of(const struct ee_moments *m)
{
	uint64_t h = ee_hash(EE_HASH_START, &m->count, sizeof(m->count));
	size_t i;

	for (i = 0; m->mom2 != NULL && i < m->width; i++)
		h = ee_hash(h, m->mom2 + ee_packed_row(m->width, i),
			    sizeof(double));
	if (m->sum != NULL)
		h = ee_hash(h, m->sum, m->width * sizeof(double));
	return ee_hash(h, &m->norm, sizeof(m->norm));
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
	if (parts != NULL)
		ee_put(arena, out, key, ee_tensor(ee_tensor_2d(EE_I64, parts,
			l->marks.n, 0)));
}

enum ee_status
ee_layer_from_record(struct ee_layer *l, const struct ee_value *record,
		     const struct ee_value *header, struct ee_err *err)
{
	unsigned collect;
	enum ee_status status;
	int64_t count = 0;
	size_t width = 0;

	memset(l, 0, sizeof(*l));
	l->name = text_or_null(&l->arena, record, "name");
	if (l->name == NULL) {
		status = ee_fail(err, EE_EFORMAT, "record: 'name' is missing");
		goto fail;
	}
	status = read_origin(l, record, header, err);
	if (status == EE_OK)
		status = ee_get_int(record, "count", 1, INT64_MAX, &count,
				    "record", err);
	if (status == EE_OK)
		status = read_collect(record, &collect, err);
	if (status == EE_OK)
		status = read_width(record, &width, err);
	if (status == EE_OK)
		status = ee_moments_init(&l->sums, width, collect, err);
	if (status == EE_OK)
		status = read_sums(l, record, err);
	if (status == EE_OK) {
		l->sums.count = count;
		l->precision = ee_precision_of(text_or_null(&l->arena, record,
							    "precision"),
					       EE_F64);
		status = ee_layer_parts(l, ee_get(record, "parts"), "parts",
					err);
	}
	if (status == EE_OK)
		return EE_OK;
	status = ee_within(err, status, "statistics of '%s'", l->name);
fail:
	ee_layer_free(l);
	return status;
}

static void
put_sums(struct ee_arena *arena, const struct ee_moments *m,
	 struct ee_value *out)
{
	double *full;
	size_t bytes;

	if (m->mom2 != NULL && ee_mul(m->width * m->width, 8, &bytes) &&
	    (full = ee_arena_alloc(arena, bytes, 64)) != NULL) {
		ee_unpack_matrix(m->width, m->mom2, full);
		ee_put(arena, out, "mom2", ee_tensor(ee_tensor_2d(EE_F64,
			full, m->width, m->width)));
	}
	if (m->sum != NULL)
		ee_put(arena, out, "mean", ee_tensor(ee_tensor_2d(EE_F64,
			m->sum, m->width, 0)));
	if (m->squares != NULL)
		ee_put(arena, out, "var", ee_tensor(ee_tensor_2d(EE_F64,
			m->squares, m->width, 0)));
	if (m->collect & EE_COLLECT_NORM_MEAN)
		ee_put(arena, out, "norm_mean", ee_real(m->norm));
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
