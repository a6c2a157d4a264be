/* layer_read.c - statistics of one tap from numpy arrays.  See layer.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "file/json.h"
#include "stats/check.h"
#include "stats/layer.h"
#include "stats/lows.h"
#include "stats/source.h"
#include "stats/statname.h"

struct file {
	const char *path;
	struct ee_source *source;
	struct ee_layer *layer;
	struct ee_err *err;
};

static enum ee_status
bad(const struct file *f, const char *key, const char *what)
{
	return ee_fail(f->err, EE_EFORMAT, "%s: '%s' %s", f->path, key, what);
}

/* A vector of 'width' reals, times 'scale', into 'out'. */
static enum ee_status
read_vector(struct file *f, const char *key, size_t width, double scale,
	    double *out)
{
	struct ee_tensor t;
	enum ee_status status;
	size_t i;

	status = ee_source_reals(f->source, key, &t, NULL, f->err);
	if (status != EE_OK)
		return status;
	if (t.ndim != 1 || t.shape[0] != width)
		return bad(f, key, "has another width than the rest");
	for (i = 0; i < width; i++) {
		out[i] = ee_tensor_at(&t, i) * scale;
		if (!isfinite(out[i]))
			return bad(f, key, "is not finite");
	}
	return EE_OK;
}

static enum ee_status
read_matrix(struct file *f, const char *key, size_t width, double *packed)
{
	struct ee_tensor t;
	enum ee_status status;
	char what[256];
	size_t i, j;

	status = ee_source_reals(f->source, key, &t, NULL, f->err);
	if (status != EE_OK)
		return status;
	snprintf(what, sizeof(what), "%s: '%s'", f->path, key);
	status = ee_check_moment(&t, width, what, f->err);
	if (status != EE_OK)
		return status;
	for (i = 0; i < width; i++)
		for (j = i; j < width; j++)
			*packed++ = ee_tensor_at(&t, i * width + j);
	return EE_OK;
}

/*
 * The file's parts keep means and centred moments; sums are made of them:
 * sum x = n mean, sum x x^T = cmom2 + n mean mean^T.
 */
static enum ee_status
read_centred(struct file *f, const char *key, bool matrix)
{
	struct ee_moments *m = &f->layer->sums;
	const double n = (double)m->count;
	enum ee_status status;
	size_t i, j;
	double *to;

	status = matrix ? read_matrix(f, key, m->width, m->mom2) :
			  read_vector(f, key, m->width, 1, m->squares);
	if (status != EE_OK)
		return status;
	to = matrix ? m->mom2 : m->squares;
	for (i = 0; i < m->width; i++)
		for (j = i; j < (matrix ? m->width : i + 1); j++)
			if (!isfinite(*to++ += m->sum[i] * (m->sum[j] / n)))
				return bad(f, key, "is too large");
	return EE_OK;
}

static enum ee_status
read_sums(struct file *f, unsigned collect)
{
	struct ee_moments *m = &f->layer->sums;
	const char *mean = collect & EE_COLLECT_MEAN ? "mean.mean" :
			   collect & EE_COLLECT_VAR ? "var.mean" : "cov.mean";
	enum ee_status status = EE_OK;
	size_t i;

	if (m->sum != NULL)
		status = read_vector(f, mean, m->width, (double)m->count,
				     m->sum);
	if (status == EE_OK && (collect & EE_COLLECT_MOM2))
		status = read_matrix(f, "mom2.mom2", m->width, m->mom2);
	else if (status == EE_OK && (collect & EE_COLLECT_COV))
		status = read_centred(f, "cov.cmom2", true);
	if (status == EE_OK && (collect & EE_COLLECT_MOM2) &&
	    ee_source_has(f->source, "ee.moment_of"))
		for (i = 0; i < ee_packed_row(m->width, m->width); i++)
			m->mom2[i] *= (double)m->count;
	if (status == EE_OK && m->squares != NULL)
		status = read_centred(f, "var.cmom2", false);
	if (status == EE_OK && (collect & EE_COLLECT_NORM_MEAN))
		status = read_vector(f, "norm_mean.mean", 1, (double)m->count,
				     &m->norm);
	if (status == EE_OK && m->norm < 0)
		status = bad(f, "norm_mean.mean", "is negative");
	return status;
}

/* A JSON list in an array, or an empty list. */
static enum ee_status
read_json_list(struct file *f, const char *key, struct ee_value *out)
{
	struct ee_arena *arena = &f->layer->arena;
	const char *text = ee_source_text(f->source, key);
	enum ee_status status;

	*out = ee_list();
	if (text == NULL)
		return EE_OK;
	status = ee_json_parse(arena, text, strlen(text), f->path, out,
			       f->err);
	return status == EE_OK && out->type != EE_LIST ?
	       bad(f, key, "is no JSON list") : status;
}

/* What is no sum: maps are JSON texts here. */
static enum ee_status
read_more(struct file *f)
{
	static const char *const keys[] = { "until", "frobenius",
					    "spectrum" };
	struct ee_arena *arena = &f->layer->arena;
	enum ee_status status = EE_OK;
	const struct ee_value *v;
	struct ee_value map;
	char key[32];
	unsigned i;

	f->layer->more = ee_map();
	for (i = 0; i < 3 && status == EE_OK; i++) {
		snprintf(key, sizeof(key), "ee.%s", keys[i]);
		if (!ee_source_has(f->source, key))
			continue;
		status = ee_source_get(f->source, key, &v, f->err);
		if (status == EE_OK && v->type == EE_TEXT)
			status = ee_json_parse(arena, v->u.text, v->n, key,
					       &map, f->err);
		if (status == EE_OK)
			ee_put(arena, &f->layer->more, keys[i],
			       v->type == EE_TEXT ? map : ee_copy(arena, v));
	}
	return status;
}

static const char *
copy_text(struct file *f, const char *key)
{
	const char *text = ee_source_text(f->source, key);

	return text == NULL ? NULL :
	       ee_arena_text(&f->layer->arena, text, strlen(text));
}

static enum ee_status
read_texts(struct file *f)
{
	struct ee_layer *l = f->layer;
	const char *base = strrchr(f->path, '/');
	enum ee_status status;
	struct ee_statname name;
	int64_t n;

	base = base ? base + 1 : f->path;
	l->name = copy_text(f, "ee.layer");
	l->side = copy_text(f, "ee.side");
	l->fingerprint = copy_text(f, "ee.fingerprint");
	l->model = copy_text(f, "ee.model");
	l->model_fingerprint = copy_text(f, "ee.model_fingerprint");
	if (l->name == NULL && ee_statname_parse(&l->arena, base, &name))
		l->name = name.layer;
	if (l->name == NULL)
		l->name = ee_arena_text(&l->arena, base, strlen(base));
	if (l->side == NULL)
		l->side = "in";
	l->documents = ee_source_has(f->source, "ee.documents") &&
		       ee_source_int(f->source, "ee.documents", 0, &n,
				     f->err) == EE_OK ? n : -1;
	l->sample_size = ee_source_sample_size(f->source);
	status = read_json_list(f, "ee.corpus", &l->corpus);
	if (status == EE_OK)
		status = read_json_list(f, "ee.history", &l->history);
	if (status == EE_OK)
		status = read_more(f);
	return status != EE_OK ? status : ee_arena_check(&l->arena, f->err);
}

/* A moment, of which whoever divides by the count 1 gets the same. */
static enum ee_status
read_moment_of(struct file *f, int64_t *count)
{
	if (!ee_source_has(f->source, "ee.moment_of"))
		return EE_OK;
	if (*count != 1)
		return bad(f, "mom2.count", "is not 1, as that of a moment is");
	return ee_source_int(f->source, "ee.moment_of", 1, count, f->err);
}

/* What there is, how many rows, how wide. */
static enum ee_status
read_kinds(struct file *f, unsigned *collect, int64_t *count, size_t *width)
{
	const struct ee_collect_arrays *a = ee_collect_arrays;
	struct ee_tensor t;
	enum ee_status status;
	int64_t n;

	*collect = 0;
	*width = 0;
	for (; a < ee_collect_arrays + EE_COLLECT_ARRAYS; a++) {
		if (!ee_source_has(f->source, a->count))
			continue;
		status = ee_source_int(f->source, a->count, 1, &n, f->err);
		if (status == EE_OK && a->bit == EE_COLLECT_MOM2)
			status = read_moment_of(f, &n);
		if (status != EE_OK)
			return status;
		if (*collect != 0 && n != *count)
			return bad(f, a->count, "differs from the other "
				   "counts");
		*count = n;
		*collect |= a->bit;
		if (*width != 0)
			continue;
		status = ee_source_reals(f->source, a->data, &t,
					 &f->layer->precision, f->err);
		if (status != EE_OK)
			return status;
		*width = t.ndim > 0 ? t.shape[0] : 0;
	}
	return *collect != 0 ? EE_OK :
	       ee_fail(f->err, EE_EFORMAT, "%s: holds no layer statistics "
		       "(no mom2.count)", f->path);
}

/* What the numbers above leave of merged sums, and of which parts. */
static enum ee_status
read_lows(struct file *f)
{
	const struct ee_value *parts = NULL;
	enum ee_status status;

	status = ee_lows_from_source(&f->layer->sums, f->source,
				     f->layer->precision, f->err);
	f->layer->precision = ee_precision_of(ee_source_text(f->source,
				"ee.precision"), f->layer->precision);
	if (status == EE_OK && ee_source_has(f->source, "ee.parts"))
		status = ee_source_get(f->source, "ee.parts", &parts, f->err);
	if (status == EE_OK)
		status = ee_layer_parts(f->layer, parts, "ee.parts", f->err);
	return status == EE_OK ? EE_OK :
	       ee_within(f->err, status, "%s", f->path);
}

static enum ee_status
read_file(struct file *f)
{
	enum ee_status status;
	unsigned collect = 0;
	int64_t count = 0;
	size_t width = 0;

	status = read_kinds(f, &collect, &count, &width);
	if (status == EE_OK && ee_source_has(f->source, "corr") &&
	    (collect & EE_COLLECT_COV))
		collect |= EE_COLLECT_CORR;
	if (status == EE_OK)
		status = ee_moments_init(&f->layer->sums, width, collect,
					 f->err);
	if (status != EE_OK)
		return status;
	f->layer->sums.count = count;
	status = read_sums(f, collect);
	if (status == EE_OK)
		status = read_lows(f);
	if (status == EE_OK)
		status = read_texts(f);
	return status;
}

enum ee_status
ee_layer_from_npz(struct ee_layer *l, const char *path, struct ee_err *err)
{
	struct ee_source source;
	struct file f = { .path = path, .source = &source, .layer = l,
			  .err = err };
	enum ee_status status;

	memset(l, 0, sizeof(*l));
	status = ee_source_open(&source, path, err);
	if (status != EE_OK)
		return status;
	status = read_file(&f);
	ee_source_close(&source);
	if (status != EE_OK)
		ee_layer_free(l);
	return status;
}
