/* layer_read.c - statistics of one tap from numpy arrays.  See layer.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/try.h"
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

/* Reals, as many as there are sums, times 'by'. */
static enum ee_status
read_vector(struct file *f, const char *key, double by, struct ee_exact *sum)
{
	struct ee_tensor t;
	size_t i;

	TRY(ee_source_reals(f->source, key, &t, NULL, f->err));
	if (t.ndim != 1 || t.shape[0] != sum->n)
		return bad(f, key, "has another width than the rest");
	for (i = 0; i < sum->n; i++) {
		sum->first[i] = ee_tensor_at(&t, i) * by;
		if (!isfinite(sum->first[i]))
			return bad(f, key, "is not finite");
	}
	return EE_OK;
}

static enum ee_status
read_matrix(struct file *f, const char *key, double by)
{
	struct ee_moments *m = &f->layer->sums;
	struct ee_tensor t;
	char what[256];

	TRY(ee_source_reals(f->source, key, &t, NULL, f->err));
	snprintf(what, sizeof(what), "%s: '%s'", f->path, key);
	TRY(ee_check_moment(&t, m->width, what, f->err));
	ee_pack_matrix(&t, by, m->mom2.first);
	return EE_OK;
}

/*
 * The file's parts keep means and centred moments; sums are made of them:
 * sum x = n mean, sum x x^T = cmom2 + n mean mean^T.
 */
static enum ee_status
add_means(struct file *f, const char *key, bool matrix)
{
	struct ee_moments *m = &f->layer->sums;
	const double *sum = m->sum.first, n = (double)m->count;
	double *to = matrix ? m->mom2.first : m->squares.first;
	size_t i, j;

	for (i = 0; i < m->width; i++)
		for (j = i; j < (matrix ? m->width : i + 1); j++)
			if (!isfinite(*to++ += sum[i] * (sum[j] / n)))
				return bad(f, key, "is too large");
	return EE_OK;
}

static enum ee_status
read_sums(struct file *f, unsigned collect)
{
	struct ee_moments *m = &f->layer->sums;
	const char *mean = collect & EE_COLLECT_MEAN ? "mean.mean" :
			   collect & EE_COLLECT_VAR ? "var.mean" : "cov.mean";
	const double n = (double)m->count;

	if (m->sum.n > 0)
		TRY(read_vector(f, mean, n, &m->sum));
	if (collect & EE_COLLECT_MOM2) {
		TRY(read_matrix(f, "mom2.mom2", ee_source_has(f->source,
				"ee.moment_of") ? n : 1));
	} else if (collect & EE_COLLECT_COV) {
		TRY(read_matrix(f, "cov.cmom2", 1));
		TRY(add_means(f, "cov.cmom2", true));
	}
	if (m->squares.n > 0) {
		TRY(read_vector(f, "var.cmom2", 1, &m->squares));
		TRY(add_means(f, "var.cmom2", false));
	}
	if (m->norm.n > 0)
		TRY(read_vector(f, "norm_mean.mean", n, &m->norm));
	if (m->norm.n > 0 && *m->norm.first < 0)
		return bad(f, "norm_mean.mean", "is negative");
	return EE_OK;
}

/* A JSON list in an array, or an empty list. */
static enum ee_status
read_json_list(struct file *f, const char *key, struct ee_value *out)
{
	const char *text = ee_source_text(f->source, key);

	*out = ee_list();
	if (text == NULL)
		return EE_OK;
	TRY(ee_json_parse(&f->layer->arena, text, strlen(text), f->path, out,
			  f->err));
	return out->type == EE_LIST ? EE_OK : bad(f, key, "is no JSON list");
}

/* What is no sum: maps are JSON texts here. */
static enum ee_status
read_more(struct file *f)
{
	struct ee_arena *arena = &f->layer->arena;
	const struct ee_value *v;
	struct ee_value copy;
	char key[32];
	unsigned i;

	f->layer->more = ee_map();
	for (i = 0; i < EE_LAYER_MORE; i++) {
		snprintf(key, sizeof(key), "ee.%s", ee_layer_more[i]);
		if (!ee_source_has(f->source, key))
			continue;
		TRY(ee_source_get(f->source, key, &v, f->err));
		if (v->type == EE_TEXT)
			TRY(ee_json_parse(arena, v->u.text, v->n, key, &copy,
					  f->err));
		else
			copy = ee_copy(arena, v);
		ee_put(arena, &f->layer->more, ee_layer_more[i], copy);
	}
	return EE_OK;
}

static const char *
copy_text(struct file *f, const char *key)
{
	return ee_layer_text(f->layer, ee_source_text(f->source, key));
}

static enum ee_status
read_origin(struct file *f)
{
	struct ee_layer *l = f->layer;
	const char *base = strrchr(f->path, '/');
	struct ee_statname name;
	int64_t n;

	base = base ? base + 1 : f->path;
	l->name = copy_text(f, "ee.layer");
	l->side = copy_text(f, "ee.side");
	l->fingerprint = copy_text(f, "ee.fingerprint");
	l->model = copy_text(f, "ee.model");
	l->model_fingerprint = copy_text(f, "ee.model_fingerprint");
	if (l->name == NULL)
		l->name = ee_statname_parse(&l->arena, base, &name) ?
			  name.layer : ee_layer_text(l, base);
	if (l->side == NULL)
		l->side = "in";
	l->documents = ee_source_has(f->source, "ee.documents") &&
		       ee_source_int(f->source, "ee.documents", 0, &n,
				     f->err) == EE_OK ? n : -1;
	l->sample_size = ee_source_sample_size(f->source);
	TRY(read_json_list(f, "ee.corpus", &l->corpus));
	TRY(read_json_list(f, "ee.history", &l->history));
	TRY(read_more(f));
	return ee_arena_check(&l->arena, f->err);
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
	int64_t n;

	*collect = 0;
	*width = 0;
	for (; a < ee_collect_arrays + EE_COLLECT_ARRAYS; a++) {
		if (!ee_source_has(f->source, a->count))
			continue;
		TRY(ee_source_int(f->source, a->count, 1, &n, f->err));
		if (a->bit == EE_COLLECT_MOM2)
			TRY(read_moment_of(f, &n));
		if (*collect != 0 && n != *count)
			return bad(f, a->count, "differs from the other "
				   "counts");
		*count = n;
		*collect |= a->bit;
		if (*width != 0)
			continue;
		TRY(ee_source_reals(f->source, a->data, &t,
				    &f->layer->precision, f->err));
		*width = t.ndim > 0 ? t.shape[0] : 0;
	}
	if ((*collect & EE_COLLECT_COV) && ee_source_has(f->source, "corr"))
		*collect |= EE_COLLECT_CORR;
	return *collect != 0 ? EE_OK :
	       ee_fail(f->err, EE_EFORMAT, "%s: holds no layer statistics "
		       "(no mom2.count)", f->path);
}

/* What the numbers above leave of merged sums, and of which parts. */
static enum ee_status
read_lows(struct file *f)
{
	struct ee_layer *l = f->layer;
	const struct ee_value *parts = NULL;

	TRY(ee_lows_from_source(&l->sums, f->source, l->precision, f->err));
	l->precision = ee_precision_of(ee_source_text(f->source,
						      "ee.precision"),
				       l->precision);
	if (ee_source_has(f->source, "ee.parts"))
		TRY(ee_source_get(f->source, "ee.parts", &parts, f->err));
	return ee_layer_parts(l, parts, "ee.parts", f->err);
}

static enum ee_status
read_file(struct file *f)
{
	struct ee_moments *m = &f->layer->sums;
	enum ee_status status;
	unsigned collect;
	int64_t count = 0;
	size_t width;

	TRY(read_kinds(f, &collect, &count, &width));
	TRY(ee_moments_init(m, width, collect, f->err));
	m->count = count;
	TRY(read_sums(f, collect));
	status = read_lows(f);
	if (status != EE_OK)
		return ee_within(f->err, status, "%s", f->path);
	return read_origin(f);
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
