/* moments.c - sums over rows.  See moments.h. */
#include "stats/moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/blas.h"
#include "math/threads.h"

enum { PANEL = 256 };		/* rows of the product made at a time */

static const struct {
	const char *name;	/* sorted */
	enum ee_collect bit;
} names[] = {
	{ "corr", EE_COLLECT_CORR }, { "cov", EE_COLLECT_COV },
	{ "mean", EE_COLLECT_MEAN }, { "mom2", EE_COLLECT_MOM2 },
	{ "norm_mean", EE_COLLECT_NORM_MEAN }, { "var", EE_COLLECT_VAR },
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static const unsigned full_matrix = EE_COLLECT_COV | EE_COLLECT_CORR;

enum ee_status
ee_collect_parse(const char *text, unsigned *collect, struct ee_err *err)
{
	size_t n;
	unsigned i;

	*collect = 0;
	for (;; text += n + 1) {
		n = strcspn(text, ",");
		for (i = 0; i < NAMES; i++)
			if (strlen(names[i].name) == n &&
			    memcmp(names[i].name, text, n) == 0)
				break;
		if (i == NAMES)
			return ee_fail(err, EE_EINPUT, "'%.*s' is no "
				       "statistic; there are mom2, mean, var, "
				       "norm_mean, cov, corr", (int)n, text);
		*collect |= names[i].bit;
		if (text[n] == '\0')
			return EE_OK;
	}
}

const char *
ee_collect_text(unsigned collect, char by, char out[64])
{
	size_t used = 0;
	unsigned i;

	out[0] = '\0';
	for (i = 0; i < NAMES; i++) {
		if ((collect & names[i].bit) == 0)
			continue;
		if (used > 0)
			out[used++] = by;
		strcpy(out + used, names[i].name);
		used += strlen(names[i].name);
	}
	return out;
}

const char *
ee_collect_name(enum ee_collect one)
{
	unsigned i;

	for (i = 0; i < NAMES; i++)
		if (names[i].bit == one)
			return names[i].name;
	return "?";
}

size_t
ee_packed_row(size_t width, size_t i)
{
	return i * width - i * (i - 1) / 2;
}

void
ee_unpack_matrix(size_t width, const double *packed, double *full)
{
	size_t i, j;

	for (i = 0; i < width; i++) {
		memcpy(full + i * width + i, packed,
		       (width - i) * sizeof(*full));
		packed += width - i;
		for (j = 0; j < i; j++)
			full[i * width + j] = full[j * width + i];
	}
}

void
ee_pack_matrix(size_t width, const double *full, double *packed)
{
	size_t i;

	for (i = 0; i < width; i++) {
		memcpy(packed, full + i * width + i,
		       (width - i) * sizeof(*full));
		packed += width - i;
	}
}

enum ee_status
ee_moments_init(struct ee_moments *m, size_t width, unsigned collect,
		struct ee_err *err)
{
	const bool matrix = (collect & (full_matrix | EE_COLLECT_MOM2)) != 0;
	const size_t packed = ee_packed_row(width, width);

	memset(m, 0, sizeof(*m));
	if (width == 0 || width > EE_MAX_WIDTH)
		return ee_fail(err, EE_EINPUT, "rows of %zu values", width);
	m->width = width;
	m->collect = collect;
	if (matrix && (m->mom2 = ee_doubles(packed, err)) == NULL)
		goto fail;
	if ((collect & ~(unsigned)(EE_COLLECT_MOM2 | EE_COLLECT_NORM_MEAN)) &&
	    (m->sum = ee_doubles(width, err)) == NULL)
		goto fail;
	if ((collect & EE_COLLECT_VAR) &&
	    (m->squares = ee_doubles(width, err)) == NULL)
		goto fail;
	if (m->mom2 != NULL)
		memset(m->mom2, 0, packed * sizeof(*m->mom2));
	if (m->sum != NULL)
		memset(m->sum, 0, width * sizeof(*m->sum));
	if (m->squares != NULL)
		memset(m->squares, 0, width * sizeof(*m->squares));
	return EE_OK;
fail:
	ee_moments_free(m);
	return EE_ENOMEM;
}

void
ee_moments_free(struct ee_moments *m)
{
	free(m->mom2);
	free(m->sum);
	free(m->squares);
	free(m->rows);
	free(m->scratch);
	memset(m, 0, sizeof(*m));
}

/* One panel of the product, and where it goes. */
struct panel {
	const float *c;			/* (rows, cols), row i from i on */
	double *packed;
	size_t first, cols, width;
};

static void
add_panel(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct panel *p = arg;
	size_t i, j;

	(void)thread;
	for (i = begin; i < end; i++) {
		const float *c = p->c + i * p->cols + i;
		double *to = p->packed + ee_packed_row(p->width, p->first + i);

		for (j = 0; j < p->cols - i; j++)
			to[j] += (double)c[j];
	}
}

/*
 * mom2 += x^T x by panels of some rows, from the diagonal to the right: one
 * panel stays near the processor while it is added to the triangle, and no
 * float32 copy of the whole matrix is needed.
 */
static enum ee_status
multiply(struct ee_moments *m, size_t n, const float *x, struct ee_err *err)
{
	const size_t d = m->width;
	size_t i, rows;

	if (m->scratch == NULL &&
	    (m->scratch = ee_floats(PANEL * d, err)) == NULL)
		return EE_ENOMEM;
	for (i = 0; i < d; i += rows) {
		struct panel p = { m->scratch, m->mom2, i, d - i, d };

		rows = d - i < PANEL ? d - i : PANEL;
		ee_gemm(true, false, rows, p.cols, n, 1.0f, x + i, d, x + i,
			d, 0.0f, m->scratch, p.cols);
		ee_parallel(rows, 16, add_panel, &p);
	}
	return EE_OK;
}

/* The same with float64 products. */
static enum ee_status
multiply_exactly(struct ee_moments *m, size_t n, const float *x,
		 struct ee_err *err)
{
	const size_t d = m->width;
	double *c, *y, *to = m->mom2;
	size_t i, j;

	if (m->scratch == NULL)
		m->scratch = ee_doubles(d * (d + EE_MOMENT_ROWS), err);
	if (m->scratch == NULL)
		return EE_ENOMEM;
	c = m->scratch;
	y = c + d * d;
	memset(c, 0, d * d * sizeof(*c));
	for (i = 0; i < n * d; i++)
		y[i] = (double)x[i];
	ee_dsyrk_upper(n, d, y, c);
	for (i = 0; i < d; i++)
		for (j = i; j < d; j++)
			*to++ += c[i * d + j];
	return EE_OK;
}

static enum ee_status
multiply_block(struct ee_moments *m, size_t n, const float *x,
	       struct ee_err *err)
{
	return (m->collect & full_matrix) ? multiply_exactly(m, n, x, err) :
					    multiply(m, n, x, err);
}

enum ee_status
ee_moments_flush(struct ee_moments *m, struct ee_err *err)
{
	enum ee_status status = EE_OK;

	if (m->waiting > 0)
		status = multiply_block(m, m->waiting, m->rows, err);
	if (status == EE_OK)
		m->waiting = 0;
	return status;
}

/* Collect rows into blocks; a whole block is multiplied where it lies. */
static enum ee_status
add_products(struct ee_moments *m, size_t n, const float *x,
	     struct ee_err *err)
{
	const size_t d = m->width;
	enum ee_status status = EE_OK;
	size_t k;

	if (m->rows == NULL &&
	    (m->rows = ee_floats(EE_MOMENT_ROWS * d, err)) == NULL)
		return EE_ENOMEM;
	for (; n > 0 && status == EE_OK; n -= k, x += k * d) {
		k = EE_MOMENT_ROWS - m->waiting;
		if (m->waiting == 0 && n >= k) {
			status = multiply_block(m, k, x, err);
			continue;
		}
		k = n < k ? n : k;
		memcpy(m->rows + m->waiting * d, x, k * d * sizeof(*x));
		m->waiting += k;
		if (m->waiting == EE_MOMENT_ROWS)
			status = ee_moments_flush(m, err);
	}
	return status;
}

enum ee_status
ee_moments_add(struct ee_moments *m, size_t n, const float *x,
	       struct ee_err *err)
{
	const size_t d = m->width;
	enum ee_status status = EE_OK;
	double norm;
	size_t i, j;

	if (m->mom2 != NULL)
		status = add_products(m, n, x, err);
	if (status != EE_OK)
		return status;
	m->count += (int64_t)n;
	for (i = 0; i < n; i++, x += d) {
		for (j = 0; m->sum != NULL && j < d; j++)
			m->sum[j] += (double)x[j];
		for (j = 0; m->squares != NULL && j < d; j++)
			m->squares[j] += (double)x[j] * (double)x[j];
		if ((m->collect & EE_COLLECT_NORM_MEAN) == 0)
			continue;
		norm = 0;
		for (j = 0; j < d; j++)
			norm += (double)x[j] * (double)x[j];
		m->norm += sqrt(norm);
	}
	return EE_OK;
}

static void
add_all(double *to, const double *from, size_t n)
{
	size_t i;

	if (to != NULL && from != NULL)
		for (i = 0; i < n; i++)
			to[i] += from[i];
}

void
ee_moments_merge(struct ee_moments *m, const struct ee_moments *other)
{
	m->collect &= other->collect;
	m->count += other->count;
	m->norm += other->norm;
	add_all(m->mom2, other->mom2, ee_packed_row(m->width, m->width));
	add_all(m->sum, other->sum, m->width);
	add_all(m->squares, other->squares, m->width);
}
