/* mendrows.c - rows of a weight's gradient, or of its update.  See mend.h,
 * mendedit.h. */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/mendedit.h"
#include "math/blas.h"

enum ee_status
ee_mend_rows_make(struct ee_mend_rows *rows, const struct ee_mend *m,
		  size_t param, size_t n, struct ee_err *err)
{
	const struct ee_mend_param *p = &m->param[param];

	rows->param = param;
	rows->n = n;
	rows->x = ee_floats((n + 1) * p->in, err);
	rows->delta = ee_floats((n + 1) * p->out, err);
	if (rows->x != NULL && rows->delta != NULL)
		return EE_OK;
	ee_mend_rows_free(rows);
	return EE_ENOMEM;
}

void
ee_mend_rows_free(struct ee_mend_rows *rows)
{
	free(rows->x);
	free(rows->delta);
	memset(rows, 0, sizeof(*rows));
}

static bool
all_zero(size_t n, const float *x)
{
	size_t i = 0;

	while (i < n && x[i] == 0)
		i++;
	return i == n;
}

bool
ee_mend_is_row(const struct ee_mend_param *p, const float *x,
	       const float *delta)
{
	return !all_zero(p->in, x) && !all_zero(p->out, delta);
}

/* 'more' goes behind 'rows', and is then empty. */
static enum ee_status
append(const struct ee_mend *m, struct ee_mend_rows *rows,
       struct ee_mend_rows *more, struct ee_err *err)
{
	const struct ee_mend_param *p = &m->param[more->param];
	const struct ee_mend_rows *part[] = { rows, more };
	struct ee_mend_rows all;
	size_t i;

	if (rows->n == 0) {
		ee_mend_rows_free(rows);
		*rows = *more;
		memset(more, 0, sizeof(*more));
		return EE_OK;
	}
	TRY(ee_mend_rows_make(&all, m, more->param, rows->n + more->n, err));
	all.n = 0;
	for (i = 0; i < 2; i++) {
		memcpy(all.x + all.n * p->in, part[i]->x,
		       part[i]->n * p->in * sizeof(*all.x));
		memcpy(all.delta + all.n * p->out, part[i]->delta,
		       part[i]->n * p->out * sizeof(*all.x));
		all.n += part[i]->n;
	}
	ee_mend_rows_free(rows);
	ee_mend_rows_free(more);
	*rows = all;
	return EE_OK;
}

/* More rows than the weight's smaller side: the identity there, and all of
 * the change at the other. */
static enum ee_status
shrink(const struct ee_mend *m, struct ee_mend_rows *rows, struct ee_err *err)
{
	const size_t in = m->param[rows->param].in;
	const size_t out = m->param[rows->param].out;
	const size_t side = in < out ? in : out;
	struct ee_mend_rows small;
	float *one;
	size_t i;

	if (rows->n <= side)
		return EE_OK;
	TRY(ee_mend_rows_make(&small, m, rows->param, side, err));
	if (side == out)
		ee_gemm(true, false, out, in, rows->n, 1, rows->delta, out,
			rows->x, in, 0, small.x, in);
	else
		ee_gemm(true, false, in, out, rows->n, 1, rows->x, in,
			rows->delta, out, 0, small.delta, out);
	one = side == out ? small.delta : small.x;
	memset(one, 0, side * side * sizeof(*one));
	for (i = 0; i < side; i++)
		one[i * side + i] = 1;
	ee_mend_rows_free(rows);
	*rows = small;
	return EE_OK;
}

enum ee_status
ee_mend_rows_add(struct ee_mend_rows *rows, const struct ee_mend *m,
		 struct ee_mend_rows *more, struct ee_err *err)
{
	TRY(append(m, rows, more, err));
	return shrink(m, rows, err);
}

/* (n, width) times a, turned: (width, n) */
static float *
turned(size_t n, size_t width, float a, const float *x, struct ee_err *err)
{
	float *y = ee_floats(n * width, err);
	size_t i, k;

	for (i = 0; y != NULL && i < n; i++)
		for (k = 0; k < width; k++)
			y[k * n + i] = a * x[i * width + k];
	return y;
}

enum ee_status
ee_mend_delta(const struct ee_mend *m, const struct ee_mend_rows *rows,
	      struct ee_delta *delta, struct ee_err *err)
{
	const struct ee_mend_param *p = &m->param[rows->param];

	memset(delta, 0, sizeof(*delta));
	memcpy(delta->weight, p->weight, sizeof(p->weight));
	delta->out = p->out;
	delta->in = p->in;
	delta->r = rows->n;
	delta->left = turned(rows->n, p->out, m->learned[rows->param],
			     rows->delta, err);
	delta->right = turned(rows->n, p->in, 1, rows->x, err);
	if (delta->left != NULL && delta->right != NULL)
		return EE_OK;
	ee_delta_free(delta);
	return EE_ENOMEM;
}
