/*
 * patch.c - low-rank changes of weights for some rows of a pass.  See
 * forward.h.
 *
 * Many small patches are computed side by side, one thread each; few, one
 * after the other, each on all threads.
 */
#include <stdlib.h>
#include <string.h>

#include "math/blas.h"
#include "math/threads.h"
#include "model/pass.h"

/* The patches of one product: y += scale (x from^T) to, where 'from' and 'to'
 * are right and left, or on the way back the reverse. */
struct job {
	const struct ee_patched *at;
	bool back;
	size_t in, out;		/* widths of x and y */
	const float *x;
	float *y;
	float *work;		/* (threads, size) */
	size_t size;
};

/* The first row of a span whose node is not before 'node'. */
static size_t
row_of(const struct ee_span *s, size_t node)
{
	size_t low = 0, high = s->n, middle;

	if (s->picked == NULL)
		return node <= s->begin ? 0 : node >= s->end ? s->n :
		       node - s->begin;
	while (low < high) {
		middle = (low + high) / 2;
		if (s->picked[middle] < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Rows of the span that patch p changes: from *begin to *end, none if equal. */
static void
rows_of(const struct job *j, const struct ee_patch *p, size_t *begin,
	size_t *end)
{
	*begin = row_of(j->at->span, p->begin);
	*end = row_of(j->at->span, p->end);
	if (p->layer != j->at->layer || p->role != j->at->role)
		*end = *begin;
}

/* Rows from 'begin' to 'end' of x to those of their nodes. */
static void
keep_rows(const struct job *j, const struct ee_patch *p, size_t begin,
	  size_t end, float *to)
{
	const struct ee_span *s = j->at->span;
	size_t row, node;

	for (row = begin; row < end; row++) {
		node = s->picked != NULL ? s->picked[row] : s->begin + row;
		memcpy(to + (node - p->begin) * j->in, j->x + row * j->in,
		       j->in * sizeof(*to));
	}
}

static void
one_patch(const struct job *j, const struct ee_patch *p, unsigned thread)
{
	float *const work = j->work + thread * j->size;
	float *const keep = j->back ? p->g : p->h;
	const float *x;
	size_t begin, end;

	rows_of(j, p, &begin, &end);
	if (begin == end)
		return;
	x = j->x + begin * j->in;
	if (keep != NULL)
		keep_rows(j, p, begin, end, keep);
	if (p->r == 0)
		return;
	ee_gemm(false, true, end - begin, p->r, j->in, p->scale, x, j->in,
		j->back ? p->left : p->right, j->in, 0, work, p->r);
	ee_gemm(false, false, end - begin, j->out, p->r, 1, work, p->r,
		j->back ? p->right : p->left, j->out, 1,
		j->y + begin * j->out, j->out);
}

static void
some_patches(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct job *j = arg;
	size_t i;

	for (i = begin; i < end; i++)
		one_patch(j, &j->at->pass->patches[i], thread);
}

static enum ee_status
patch(struct job *j)
{
	const struct ee_pass *pass = j->at->pass;
	size_t i, begin, end, mine = 0;

	for (i = 0; i < pass->npatches; i++) {
		rows_of(j, &pass->patches[i], &begin, &end);
		mine += begin < end;
		if ((end - begin) * pass->patches[i].r > j->size)
			j->size = (end - begin) * pass->patches[i].r;
	}
	if (mine == 0)
		return EE_OK;
	j->work = ee_floats(j->size * ee_threads() + 1, j->at->err);
	if (j->work == NULL)
		return EE_ENOMEM;
	if (mine < 2 * ee_threads())
		some_patches(j, 0, pass->npatches, 0);
	else
		ee_parallel(pass->npatches, 1, some_patches, j);
	free(j->work);
	return EE_OK;
}

enum ee_status
ee_patch_forward(const struct ee_patched *at, const float *x, float *y)
{
	const struct ee_param *p = ee_model_param(at->pass->model, at->layer,
						  at->role);
	struct job j = { .at = at, .in = p->w.in, .out = p->w.out, .x = x,
			 .y = y };

	return patch(&j);
}

enum ee_status
ee_patch_back(const struct ee_patched *at, const float *dy, float *dx)
{
	const struct ee_param *p = ee_model_param(at->pass->model, at->layer,
						  at->role);
	struct job j = { .at = at, .back = true, .in = p->w.out,
			 .out = p->w.in, .x = dy, .y = dx };

	return patch(&j);
}
