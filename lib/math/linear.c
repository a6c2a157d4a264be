/*
 * linear.c - products with weights as they lie in their file.  See blas.h.
 *
 * A float32 weight is one product.  A half-precision weight is converted a
 * panel of stored rows at a time and multiplied at once: where the rows are
 * the output's, a panel gives some columns of y; where they are the input's,
 * it adds to all of y.  For few rows of x a panel should stay in cache; for
 * many it should be larger, as x is copied for each.  It has a multiple of
 * 16 rows, which the BLAS's kernels want.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/blas.h"
#include "math/convert.h"
#include "math/vec.h"

enum { SMALL_PANEL = 1 << 20, LARGE_PANEL = 1 << 22, GAP = 16, PAGE = 4096 };

/* y (n, w->out): bias or zero, ready to be added to. */
static void
start(const float *bias, size_t n, size_t out, float *y)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (bias != NULL)
			memcpy(y + i * out, bias, out * sizeof(*y));
		else
			memset(y + i * out, 0, out * sizeof(*y));
	}
}

static void
add_bias(const float *bias, size_t n, size_t out, float *y)
{
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < out; j++)
			y[i * out + j] += bias[j];
}

/* y (n, ny) += x (n, nx) S, where S is the stored matrix (rows, cols) or,
 * with 'trans', its transpose: nx = rows, ny = cols, or the other way. */
static enum ee_status
multiply_half(const struct ee_weight *w, bool trans, size_t rows, size_t cols,
	      size_t n, const float *x, size_t ldx, float *y,
	      struct ee_err *err)
{
	const size_t size = ee_dtype_size(w->dtype);
	const unsigned char *data = w->data;
	const size_t room = n < 256 ? SMALL_PANEL : LARGE_PANEL;
	size_t step = (room / cols + 16) & ~(size_t)15, i;
	float *panel;

	if (step > rows)
		step = rows;
	panel = ee_floats(step * cols, err);
	if (panel == NULL)
		return EE_ENOMEM;
	for (i = 0; i < rows; i += step) {
		const size_t m = rows - i < step ? rows - i : step;

		ee_to_f32(w->dtype, data + i * cols * size, m * cols, panel);
		if (trans)
			ee_gemm(false, true, n, m, cols, 1, x, ldx, panel,
				cols, 1, y + i, rows);
		else
			ee_gemm(false, false, n, cols, m, 1, x + i, ldx,
				panel, cols, 1, y, cols);
	}
	free(panel);
	return EE_OK;
}

/*
 * The same for a weight of any dtype.  Rows that begin a whole number of
 * pages apart share few lines of a cache: where some of them are multiplied
 * by a transpose, from a copy with gaps that takes half the time.
 */
static enum ee_status
multiply(const struct ee_weight *w, bool trans, size_t n, const float *x,
	 float *y, struct ee_err *err)
{
	const size_t rows = w->in_major ? w->in : w->out;
	const size_t cols = w->in_major ? w->out : w->in;
	const size_t nx = trans ? cols : rows, ny = trans ? rows : cols;
	const bool gaps = trans && n > 1 && n <= EE_FEW_ROWS &&
			  nx * sizeof(*x) % PAGE == 0;
	const size_t ldx = nx + (gaps ? GAP : 0);
	float *copy = NULL;
	enum ee_status status = EE_OK;
	size_t i;

	if (gaps) {
		copy = ee_floats(n * ldx, err);
		if (copy == NULL)
			return EE_ENOMEM;
		for (i = 0; i < n; i++)
			memcpy(copy + i * ldx, x + i * nx, nx * sizeof(*x));
		x = copy;
	}
	if (w->dtype == EE_F32)
		ee_gemm(false, trans, n, ny, nx, 1, x, ldx, w->data, cols, 1,
			y, ny);
	else
		status = multiply_half(w, trans, rows, cols, n, x, ldx, y,
				       err);
	free(copy);
	return status;
}

enum ee_status
ee_linear(const struct ee_weight *w, const float *bias, size_t n,
	  const float *x, float *y, bool add, struct ee_err *err)
{
	if (!add)
		start(bias, n, w->out, y);
	else if (bias != NULL)
		add_bias(bias, n, w->out, y);
	return multiply(w, !w->in_major, n, x, y, err);
}

enum ee_status
ee_linear_back(const struct ee_weight *w, size_t n, const float *dy,
	       float *dx, bool add, struct ee_err *err)
{
	if (!add)
		memset(dx, 0, n * w->in * sizeof(*dx));
	return multiply(w, w->in_major, n, dy, dx, err);
}

double
ee_weight_norm(const struct ee_weight *w)
{
	const size_t n = w->out * w->in, size = ee_dtype_size(w->dtype);
	float part[4096];
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i += 4096) {
		const size_t m = n - i < 4096 ? n - i : 4096;

		ee_to_f32(w->dtype, (const char *)w->data + i * size, m,
			  part);
		sum += ee_dot(m, part, part);
	}
	return sqrt(sum);
}
