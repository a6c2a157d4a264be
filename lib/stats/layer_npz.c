/* layer_npz.c - statistics of one tap as numpy arrays.  See layer.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "stats/json_text.h"
#include "stats/layer.h"
#include "stats/lows.h"

/* What is being built, so that the parts need few arguments. */
struct build {
	struct ee_arena *arena;
	const struct ee_moments *m;
	enum ee_dtype precision;
	struct ee_value *out;
};

static void
put_int(const struct build *b, const char *key, int64_t i)
{
	ee_put(b->arena, b->out, key, ee_int(i));
}

/* (rows, cols) values in the precision of the file; cols 0: a vector. */
static void
put_reals(const struct build *b, const char *key, const double *x,
	  size_t rows, size_t cols)
{
	const size_t n = cols ? rows * cols : rows;
	struct ee_tensor t = ee_tensor_2d(b->precision, x, rows, cols);
	float *f;
	size_t i;

	if (b->precision == EE_F32) {
		f = ee_arena_alloc(b->arena, n * sizeof(*f), 64);
		if (f == NULL)
			return;
		for (i = 0; i < n; i++)
			f[i] = (float)x[i];
		t.data = f;
	}
	ee_put(b->arena, b->out, key, ee_tensor(t));
}

/* A class of the reference, its count, and the shape of its mean. */
static void
put_head(const struct build *b, const char *prefix, const char *class,
	 bool has_shape, size_t dims)
{
	int64_t *shape = ee_arena_alloc(b->arena, sizeof(*shape), 8);
	struct ee_tensor t = { .dtype = dims ? EE_I64 : EE_F64, .ndim = 1,
			       .shape = { dims }, .data = shape };

	if (shape == NULL)
		return;
	*shape = (int64_t)b->m->width;
	ee_put(b->arena, b->out, ee_arena_printf(b->arena, "%s.constructor",
						 prefix),
	       ee_text(ee_arena_printf(b->arena,
		       "easyeditor.util.runningstats.%s()", class)));
	put_int(b, ee_arena_printf(b->arena, "%s.count", prefix),
		b->m->count);
	if (has_shape)
		ee_put(b->arena, b->out, ee_arena_printf(b->arena,
			"%s.data_shape", prefix), ee_tensor(t));
}

static double *
means(const struct build *b)
{
	double *mean = ee_arena_alloc(b->arena, b->m->width * 8, 64);
	size_t i;

	for (i = 0; mean != NULL && i < b->m->width; i++)
		mean[i] = b->m->sum[i] / (double)b->m->count;
	return mean;
}

/* sum (x - mean)(x - mean)^T, both triangles */
static double *
centred(const struct build *b, const double *mean)
{
	const size_t d = b->m->width;
	double *c = ee_arena_alloc(b->arena, d * d * sizeof(*c), 64);
	size_t i, j;

	if (c == NULL)
		return NULL;
	ee_unpack_matrix(d, b->m->mom2, c);
	for (i = 0; i < d; i++)
		for (j = 0; j < d; j++)
			c[i * d + j] -= b->m->sum[i] * mean[j];
	return c;
}

static void
put_cov(const struct build *b)
{
	const double *mean = means(b);
	const double *c = mean ? centred(b, mean) : NULL;

	if (c == NULL)
		return;
	put_head(b, "cov", "Covariance", true, 1);
	put_reals(b, "cov.mean", mean, b->m->width, 0);
	put_reals(b, "cov.cmom2", c, b->m->width, b->m->width);
}

/* A unit that never changes has correlation 0 with every other. */
static void
put_corr(const struct build *b)
{
	const size_t d = b->m->width;
	const double *mean = means(b);
	double *c = mean ? centred(b, mean) : NULL, *scale;
	size_t i, j;

	scale = ee_arena_alloc(b->arena, d * sizeof(*scale), 64);
	if (c == NULL || scale == NULL)
		return;
	for (i = 0; i < d; i++)
		scale[i] = c[i * d + i] > 0 ? 1 / sqrt(c[i * d + i]) : 0;
	for (i = 0; i < d; i++)
		for (j = 0; j < d; j++)
			c[i * d + j] *= scale[i] * scale[j];
	put_reals(b, "corr", c, d, d);
}

static void
put_mean(const struct build *b)
{
	const double *mean = means(b);

	if (mean == NULL)
		return;
	put_head(b, "mean", "Mean", true, 1);
	put_int(b, "mean.batchcount", 1);
	put_reals(b, "mean.mean", mean, b->m->width, 0);
}

/* The whole matrix at once in float32, by tiles of both triangles. */
static void
unpack_rounded(size_t d, const double *packed, float *full)
{
	enum { TILE = 64 };
	size_t i, j, k;

	for (k = 0; k < d; k += TILE) {
		for (i = 0; i < d && i < k + TILE; i++) {
			const double *row = packed + ee_packed_row(d, i) - i;

			for (j = i > k ? i : k; j < k + TILE && j < d; j++)
				full[i * d + j] = full[j * d + i] =
					(float)row[j];
		}
	}
}

static void
put_mom2(const struct build *b)
{
	const size_t d = b->m->width;
	struct ee_tensor t = ee_tensor_2d(b->precision, NULL, d, d);
	void *full = ee_arena_alloc(b->arena, d * d *
				    ee_dtype_size(b->precision), 64);

	if (full == NULL)
		return;
	if (b->precision == EE_F64)
		ee_unpack_matrix(d, b->m->mom2, full);
	else
		unpack_rounded(d, b->m->mom2, full);
	t.data = full;
	put_head(b, "mom2", "SecondMoment", false, 0);
	ee_put(b->arena, b->out, "mom2.mom2", ee_tensor(t));
}

static void
put_norm_mean(const struct build *b)
{
	double *mean = ee_arena_alloc(b->arena, sizeof(*mean), 64);

	if (mean == NULL)
		return;
	*mean = b->m->norm / (double)b->m->count;
	put_head(b, "norm_mean", "NormMean", true, 0);
	put_int(b, "norm_mean.batchcount", 1);
	put_reals(b, "norm_mean.mean", mean, 1, 0);
}

static void
put_var(const struct build *b)
{
	const double *mean = means(b);
	double *c = ee_arena_alloc(b->arena, b->m->width * sizeof(*c), 64);
	size_t i;

	if (mean == NULL || c == NULL)
		return;
	for (i = 0; i < b->m->width; i++)
		c[i] = fmax(0, b->m->squares[i] - b->m->sum[i] * mean[i]);
	put_head(b, "var", "Variance", true, 1);
	put_int(b, "var.batchcount", 1);
	put_reals(b, "var.mean", mean, b->m->width, 0);
	put_reals(b, "var.cmom2", c, b->m->width, 0);
}

static void
put_text(const struct build *b, const char *key, const char *text)
{
	if (text != NULL)
		ee_put(b->arena, b->out, key, ee_text(text));
}

/* Where the numbers came from: the reference's loader passes these over. */
static void
put_origin(const struct build *b, const struct ee_layer *l)
{
	size_t i;

	put_text(b, "ee.version", EE_VERSION);
	put_text(b, "ee.layer", l->name);
	put_text(b, "ee.side", l->side);
	put_text(b, "ee.fingerprint", l->fingerprint);
	put_text(b, "ee.model", l->model);
	put_text(b, "ee.model_fingerprint", l->model_fingerprint);
	if (l->corpus.n > 0)
		put_text(b, "ee.corpus", ee_json_text(b->arena, &l->corpus));
	if (l->history.n > 0)
		put_text(b, "ee.history",
			 ee_json_text(b->arena, &l->history));
	if (l->documents >= 0)
		put_int(b, "ee.documents", l->documents);
	put_int(b, "ee.tokens", l->sums.count);
	ee_layer_put_parts(b->arena, l, "ee.parts", b->out);
	if (l->marks.n > 1)
		put_text(b, "ee.precision", ee_dtype_name(l->precision));
	ee_lows_arrays(b->arena, b->m, b->precision, b->out);
	for (i = 0; i < l->more.n; i++) {
		const struct ee_pair *p = &l->more.u.map[i];
		const char *key = ee_arena_printf(b->arena, "ee.%s", p->key);

		if (p->value.type == EE_MAP)
			put_text(b, key, ee_json_text(b->arena, &p->value));
		else
			ee_put(b->arena, b->out, key, p->value);
	}
}

enum ee_status
ee_layer_arrays(struct ee_arena *arena, const struct ee_layer *l,
		enum ee_dtype precision, int64_t sample_size,
		struct ee_value *out, struct ee_err *err)
{
	const struct build b = { arena, &l->sums, precision, out };
	static const struct {
		enum ee_collect bit;
		void (*put)(const struct build *);
	} parts[] = {
		{ EE_COLLECT_CORR, put_corr }, { EE_COLLECT_COV, put_cov },
		{ EE_COLLECT_MEAN, put_mean }, { EE_COLLECT_MOM2, put_mom2 },
		{ EE_COLLECT_NORM_MEAN, put_norm_mean },
		{ EE_COLLECT_VAR, put_var },
	};
	unsigned i;

	*out = ee_map();
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (l->sums.collect & parts[i].bit)
			parts[i].put(&b);
	ee_put(arena, out, "sample_size",
	       sample_size < 0 ? ee_null() : ee_int(sample_size));
	put_origin(&b, l);
	return ee_arena_check(arena, err);
}
