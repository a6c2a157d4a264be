/* moments.c - sums over rows.  See moments.h. */
#include "stats/moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "math/blas.h"
#include "math/threads.h"

/* Rows of the product that are made at a time, and of those on the diagonal:
 * the BLAS copies all columns for each, and below it work is wasted. */
enum { PANEL = 512, CORNER = 128, TILE = 64 };

static const unsigned full_matrix = EE_COLLECT_COV | EE_COLLECT_CORR;

const char *const ee_sum_names[EE_SUMS] = {
	"mom2", "mean", "var", "norm_mean"
};

/* What each of the sums is kept for. */
static const unsigned kept_for[EE_SUMS] = {
	EE_COLLECT_MOM2 | EE_COLLECT_COV | EE_COLLECT_CORR,
	EE_COLLECT_MEAN | EE_COLLECT_VAR | EE_COLLECT_COV | EE_COLLECT_CORR,
	EE_COLLECT_VAR, EE_COLLECT_NORM_MEAN
};

size_t
ee_packed_row(size_t width, size_t i)
{
	return i * width - i * (i - 1) / 2;
}

/* By tiles of both triangles. */
void
ee_unpack_matrix(size_t width, const double *packed, double by,
		 enum ee_dtype dtype, void *full)
{
	double *f64 = dtype == EE_F64 ? full : NULL;
	float *f32 = full;
	size_t i, j, k;

	for (k = 0; k < width; k += TILE) {
		for (i = 0; i < width && i < k + TILE; i++) {
			const double *row = packed + ee_packed_row(width, i);
			const size_t end = k + TILE < width ? k + TILE : width;

			j = i > k ? i : k;
			for (row += j - i; j < end; j++) {
				const double v = *row++ / by;
				const size_t a = i * width + j;
				const size_t b = j * width + i;

				if (f64 != NULL)
					f64[a] = f64[b] = v;
				else
					f32[a] = f32[b] = (float)v;
			}
		}
	}
}

void
ee_pack_matrix(const struct ee_tensor *full, double by, double *packed)
{
	const double *f64 = full->dtype == EE_F64 ? full->data : NULL;
	const float *f32 = full->data;
	const size_t n = full->shape[0];
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = i * n + i; j < (i + 1) * n; j++)
			*packed++ = (f64 != NULL ? f64[j] : (double)f32[j]) *
				    by;
}

enum ee_status
ee_moments_init(struct ee_moments *m, size_t width, unsigned collect,
		struct ee_err *err)
{
	const size_t n[EE_SUMS] = { ee_packed_row(width, width), width, width,
				    1 };
	unsigned i;

	memset(m, 0, sizeof(*m));
	if (width == 0 || width > EE_MAX_WIDTH)
		return ee_fail(err, EE_EINPUT, "rows of %zu values", width);
	m->width = width;
	m->collect = collect;
	for (i = 0; i < EE_SUMS; i++) {
		if ((collect & kept_for[i]) != 0 &&
		    ee_exact_init(&m->sums[i], n[i], err) != EE_OK) {
			ee_moments_free(m);
			return EE_ENOMEM;
		}
	}
	return EE_OK;
}

void
ee_moments_free(struct ee_moments *m)
{
	unsigned i;

	for (i = 0; i < EE_SUMS; i++)
		ee_exact_free(&m->sums[i]);
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
		struct panel p = { .c = c, .packed = m->mom2.first,
				   .first = i, .cols = d - i, .width = d };

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
		p = (struct panel){ .wide = c, .packed = m->mom2.first,
				    .first = i, .cols = d - i, .width = d };
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
	double *sum = m->sum.first, *squares = m->squares.first, norm;
	size_t i, j;

	if (m->mom2.first != NULL)
		TRY(add_products(m, n, x, err));
	m->count += (int64_t)n;
	for (i = 0; i < n; i++, x += d) {
		for (j = 0; sum != NULL && j < d; j++)
			sum[j] += (double)x[j];
		for (j = 0; squares != NULL && j < d; j++)
			squares[j] += (double)x[j] * (double)x[j];
		if (m->norm.first == NULL)
			continue;
		for (norm = 0, j = 0; j < d; j++)
			norm += (double)x[j] * (double)x[j];
		*m->norm.first += sqrt(norm);
	}
	return EE_OK;
}

enum ee_status
ee_moments_merge(struct ee_moments *m, const struct ee_moments *other,
		 struct ee_err *err)
{
	unsigned i;

	m->collect &= other->collect;
	m->count += other->count;
	for (i = 0; i < EE_SUMS; i++) {
		if (m->collect & kept_for[i])
			TRY(ee_exact_merge(&m->sums[i], &other->sums[i], err));
		else
			ee_exact_free(&m->sums[i]);
	}
	return EE_OK;
}
