/* layer_npz.c - statistics of one tap as numpy arrays.  See layer.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "file/json.h"
#include "stats/layer.h"
#include "stats/lows.h"

/* What is being built, so that the parts need few arguments. */
struct build {
	struct ee_arena *arena;
	const struct ee_layer *l;
	const struct ee_moments *m;
	const double *mean;		/* (f), where there are sums */
	enum ee_dtype precision;
	bool moment;
	struct ee_value *out;
};

/* f of them, or n. */
static double *
room(const struct build *b, size_t n)
{
	return ee_arena_alloc(b->arena, n * sizeof(double), 64);
}

static void
put_int(const struct build *b, const char *key, int64_t i)
{
	ee_put(b->arena, b->out, key, ee_int(i));
}

static void
put_text(const struct build *b, const char *key, const char *text)
{
	if (text != NULL)
		ee_put(b->arena, b->out, key, ee_text(text));
}

/* (rows, cols) values in the precision of the file; cols 0: a vector. */
static void
put_reals(const struct build *b, const char *key, const double *x,
	  size_t rows, size_t cols)
{
	const size_t n = cols ? rows * cols : rows;
	const void *data = x;
	float *f;
	size_t i;

	if (x != NULL && b->precision == EE_F32) {
		data = f = ee_arena_alloc(b->arena, n * sizeof(*f), 64);
		for (i = 0; f != NULL && i < n; i++)
			f[i] = (float)x[i];
	}
	ee_put_array(b->arena, b->out, key, b->precision, data, rows, cols);
}

/* A class of the reference and its count. */
static void
put_head(const struct build *b, const char *prefix, const char *class,
	 int64_t count)
{
	put_text(b, ee_arena_printf(b->arena, "%s.constructor", prefix),
		 ee_arena_printf(b->arena,
				 "easyeditor.util.runningstats.%s()", class));
	put_int(b, ee_arena_printf(b->arena, "%s.count", prefix), count);
}

/* The same, and the shape of its mean: of f values, or of one. */
static void
put_shaped(const struct build *b, const char *prefix, const char *class,
	   bool is_vector)
{
	int64_t *shape = ee_arena_alloc(b->arena, sizeof(*shape), 8);
	struct ee_tensor t = { .dtype = is_vector ? EE_I64 : EE_F64,
			       .ndim = 1, .shape = { is_vector },
			       .data = shape };

	if (shape != NULL)
		*shape = (int64_t)b->m->width;
	put_head(b, prefix, class, b->m->count);
	ee_put(b->arena, b->out, ee_arena_printf(b->arena, "%s.data_shape",
						 prefix), ee_tensor(t));
}

/* sum (x - mean)(x - mean)^T, both triangles */
static double *
centred(const struct build *b)
{
	const size_t d = b->m->width;
	double *c = room(b, d * d);
	size_t i, j;

	if (c == NULL || b->mean == NULL)
		return NULL;
	ee_unpack_matrix(d, b->m->mom2.first, 1, EE_F64, c);
	for (i = 0; i < d; i++)
		for (j = 0; j < d; j++)
			c[i * d + j] -= b->m->sum.first[i] * b->mean[j];
	return c;
}

static void
put_cov(const struct build *b)
{
	put_shaped(b, "cov", "Covariance", true);
	put_reals(b, "cov.mean", b->mean, b->m->width, 0);
	put_reals(b, "cov.cmom2", centred(b), b->m->width, b->m->width);
}

/* A unit that never changes has correlation 0 with every other. */
static void
put_corr(const struct build *b)
{
	const size_t d = b->m->width;
	double *c = centred(b), *scale = room(b, d);
	size_t i, j;

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
	put_shaped(b, "mean", "Mean", true);
	put_int(b, "mean.batchcount", 1);
	put_reals(b, "mean.mean", b->mean, b->m->width, 0);
}

static void
put_mom2(const struct build *b)
{
	const size_t d = b->m->width;
	void *full = ee_arena_alloc(b->arena, d * d *
				    ee_dtype_size(b->precision), 64);

	if (full == NULL)
		return;
	ee_unpack_matrix(d, b->m->mom2.first, b->moment ?
			 (double)b->m->count : 1, b->precision, full);
	put_head(b, "mom2", "SecondMoment", b->moment ? 1 : b->m->count);
	ee_put_array(b->arena, b->out, "mom2.mom2", b->precision, full, d, d);
}

static void
put_norm_mean(const struct build *b)
{
	double *mean = room(b, 1);

	if (mean != NULL)
		*mean = *b->m->norm.first / (double)b->m->count;
	put_shaped(b, "norm_mean", "NormMean", false);
	put_int(b, "norm_mean.batchcount", 1);
	put_reals(b, "norm_mean.mean", mean, 1, 0);
}

static void
put_var(const struct build *b)
{
	const struct ee_moments *m = b->m;
	double *c = room(b, m->width);
	size_t i;

	if (b->mean == NULL || c == NULL)
		return;
	for (i = 0; i < m->width; i++)
		c[i] = fmax(0, m->squares.first[i] -
			    m->sum.first[i] * b->mean[i]);
	put_shaped(b, "var", "Variance", true);
	put_int(b, "var.batchcount", 1);
	put_reals(b, "var.mean", b->mean, m->width, 0);
	put_reals(b, "var.cmom2", c, m->width, 0);
}

/* Where the numbers came from: the reference's loader passes these over. */
static void
put_origin(const struct build *b)
{
	const struct ee_layer *l = b->l;
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
	put_int(b, "ee.tokens", b->m->count);
	ee_layer_put_parts(b->arena, l, "ee.parts", b->out);
	if (l->marks.n > 1)
		put_text(b, "ee.precision", ee_dtype_name(l->precision));
	ee_lows_arrays(b->arena, b->m, b->precision, b->moment, b->out);
	for (i = 0; i < l->more.n; i++) {
		const struct ee_pair *p = &l->more.u.map[i];
		const char *key = ee_arena_printf(b->arena, "ee.%s", p->key);

		if (p->value.type == EE_MAP)
			put_text(b, key, ee_json_text(b->arena, &p->value));
		else
			ee_put(b->arena, b->out, key, p->value);
	}
	if (b->moment)
		put_int(b, "ee.moment_of", b->m->count);
}

static const double *
means(const struct build *b)
{
	double *mean = b->m->sum.n > 0 ? room(b, b->m->width) : NULL;
	size_t i;

	for (i = 0; mean != NULL && i < b->m->width; i++)
		mean[i] = b->m->sum.first[i] / (double)b->m->count;
	return mean;
}

enum ee_status
ee_layer_arrays(struct ee_arena *arena, const struct ee_layer *l,
		enum ee_dtype precision, bool moment, int64_t sample_size,
		struct ee_value *out, struct ee_err *err)
{
	struct build b = { .arena = arena, .l = l, .m = &l->sums,
			   .precision = precision, .moment = moment,
			   .out = out };
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
	if (moment && (l->sums.collect & EE_COLLECT_MOM2) == 0)
		return ee_fail(err, EE_EINPUT, "layer '%s': there is no mom2 "
			       "to be a moment", l->name);
	b.mean = means(&b);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (l->sums.collect & parts[i].bit)
			parts[i].put(&b);
	ee_put(arena, out, "sample_size",
	       sample_size < 0 ? ee_null() : ee_int(sample_size));
	put_origin(&b);
	return ee_arena_check(arena, err);
}
