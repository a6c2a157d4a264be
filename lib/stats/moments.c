/* moments.c - sums over rows.  See moments.h. */
#include "stats/moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/blas.h"
#include "math/threads.h"

/* Rows of the product that are made at a time, and of those on the diagonal:
 * the BLAS copies all columns for each, and below it work is wasted. */
enum { PANEL = 512, CORNER = 128 };

static const unsigned full_matrix = EE_COLLECT_COV | EE_COLLECT_CORR;

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
	ee_lows_free(&m->mom2_low);
	ee_lows_free(&m->sum_low);
	ee_lows_free(&m->squares_low);
	ee_lows_free(&m->norm_low);
	free(m->rows);
	ee_scratch_free(&m->own);
	memset(m, 0, sizeof(*m));
}

void
ee_scratch_free(struct ee_scratch *scratch)
{
	free(scratch->data);
	memset(scratch, 0, sizeof(*scratch));
}

double
ee_moments_bytes(size_t width, unsigned collect)
{
	const double f = (double)width;
	double bytes = 16 * f;

	if (collect & (full_matrix | EE_COLLECT_MOM2))
		bytes += 8 * f * (f + 1) / 2 + 4 * f * EE_MOMENT_ROWS;
	return bytes;
}

double
ee_scratch_bytes(size_t width, unsigned collect)
{
	const double f = (double)width;

	if (collect & full_matrix)
		return 8 * f * (PANEL + EE_MOMENT_ROWS);
	return collect & EE_COLLECT_MOM2 ? 4 * f * PANEL : 0;
}

/* One panel of the product, and where it goes. */
struct panel {
	const float *c;			/* (rows, cols), row i from i on */
	double *wide;			/* the same in float64, if not NULL */
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
		const size_t at = i * p->cols + i, n = p->cols - i;
		double *to = p->packed + ee_packed_row(p->width, p->first + i);

		for (j = 0; p->wide != NULL && j < n; j++)
			to[j] += p->wide[at + j];
		for (j = 0; p->wide == NULL && j < n; j++)
			to[j] += (double)p->c[at + j];
	}
}

/* Room of at least 'bytes': the shared one where there is one. */
static void *
scratch_of(struct ee_moments *m, size_t bytes, struct ee_err *err)
{
	struct ee_scratch *s = m->shared != NULL ? m->shared : &m->own;

	if (s->bytes >= bytes)
		return s->data;
	ee_scratch_free(s);
	s->data = ee_doubles(bytes / sizeof(double) + 1, err);
	s->bytes = s->data != NULL ? bytes : 0;
	return s->data;
}

/*
 * Rows [0, rows) of c (rows, cols) = y^T y from the diagonal on, y (n, cols)
 * being columns of a matrix of 'd': a square at the left, in strips that
 * begin at the diagonal, and the rest.
 */
static void
multiply_panel(size_t n, size_t rows, size_t cols, size_t d, const float *y,
	       float *c)
{
	size_t i, k;

	for (i = 0; i < rows; i += k) {
		k = rows - i < CORNER ? rows - i : CORNER;
		ee_gemm(true, false, k, rows - i, n, 1.0f, y + i, d, y + i, d,
			0.0f, c + i * cols + i, cols);
	}
	ee_gemm(true, false, rows, cols - rows, n, 1.0f, y, d, y + rows, d,
		0.0f, c + rows, cols);
}

/*
 * mom2 += x^T x by panels of some rows, from the diagonal to the right: one
 * panel stays near the processor while it is added to the triangle, and no
 * copy of the whole matrix is needed.
 */
static enum ee_status
multiply(struct ee_moments *m, size_t n, const float *x, struct ee_err *err)
{
	const size_t d = m->width;
	float *c = scratch_of(m, PANEL * d * sizeof(*c), err);
	size_t i, rows;

	if (c == NULL)
		return EE_ENOMEM;
	for (i = 0; i < d; i += rows) {
		struct panel p = { .c = c, .packed = m->mom2, .first = i,
				   .cols = d - i, .width = d };

		rows = d - i < PANEL ? d - i : PANEL;
		multiply_panel(n, rows, p.cols, d, x + i, c);
		ee_parallel(rows, 16, add_panel, &p);
	}
	return EE_OK;
}

static void
widen(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct panel *p = arg;
	size_t i;

	(void)thread;
	for (i = begin; i < end; i++)
		p->wide[i] = (double)p->c[i];
}

/* The same with float64 products. */
static enum ee_status
multiply_exactly(struct ee_moments *m, size_t n, const float *x,
		 struct ee_err *err)
{
	const size_t d = m->width;
	double *c = scratch_of(m, (PANEL + EE_MOMENT_ROWS) * d * sizeof(*c),
			       err);
	double *y = c + PANEL * d;
	struct panel p = { .c = x, .wide = y };
	size_t i, rows;

	if (c == NULL)
		return EE_ENOMEM;
	ee_parallel(n * d, 1 << 16, widen, &p);
	for (i = 0; i < d; i += rows) {
		rows = d - i < PANEL ? d - i : PANEL;
		p = (struct panel){ .wide = c, .packed = m->mom2, .first = i,
				    .cols = d - i, .width = d };
		ee_dgemm(true, false, rows, p.cols, n, 1.0, y + i, d, y + i,
			 d, 0.0, c, p.cols);
		ee_parallel(rows, 16, add_panel, &p);
	}
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
	if (status == EE_OK) {
		m->waiting = 0;
		free(m->rows);
		m->rows = NULL;
	}
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
		if (m->waiting < EE_MOMENT_ROWS)
			continue;
		status = multiply_block(m, m->waiting, m->rows, err);
		m->waiting = 0;
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

/* Arrays of n: first, low += other's. */
static enum ee_status
add_all(size_t n, double *first, struct ee_lows *low, const double *other,
	const struct ee_lows *other_low, struct ee_err *err)
{
	enum ee_status status = EE_OK;
	size_t p;

	if (first == NULL || other == NULL)
		return EE_OK;
	status = ee_exact_add(first, low, n, 0, n, other, err);
	for (p = 0; p < other_low->planes && status == EE_OK; p++)
		status = ee_exact_add(first, low, n, 0, n,
				      other_low->plane[p], err);
	return status;
}

enum ee_status
ee_moments_merge(struct ee_moments *m, const struct ee_moments *other,
		 struct ee_err *err)
{
	const size_t d = m->width;
	enum ee_status status;

	m->collect &= other->collect;
	m->count += other->count;
	status = add_all(1, &m->norm, &m->norm_low, &other->norm,
			 &other->norm_low, err);
	if (status == EE_OK)
		status = add_all(ee_packed_row(d, d), m->mom2, &m->mom2_low,
				 other->mom2, &other->mom2_low, err);
	if (status == EE_OK)
		status = add_all(d, m->sum, &m->sum_low, other->sum,
				 &other->sum_low, err);
	if (status == EE_OK)
		status = add_all(d, m->squares, &m->squares_low,
				 other->squares, &other->squares_low, err);
	return status;
}
