/*
 * mendnet.c - what the hypernetwork computes, forward and backward.  See
 * mend.h.
 *
 * All rows of one network, of whatever weight and example, are one matrix
 * H (N, w): a layer is then two products with the factors u and v, and the
 * rest is per row with the scale and shift of the row's mode.
 */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/mend.h"
#include "math/blas.h"
#include "math/vec.h"

void
ee_mend_tape_free(struct ee_mend_tape *tape)
{
	size_t i;

	for (i = 0; i < tape->nnets; i++) {
		free(tape->net[i][0]);
		free(tape->net[i][1]);
	}
	free(tape->net);
	memset(tape, 0, sizeof(*tape));
}

/* One of a net's networks and the rows that go through it. */
struct job {
	const struct ee_mend *m;
	size_t net, side;
	const struct ee_mend_mlp *mlp;
	size_t nblocks, n;		/* n rows in all */
	const struct ee_mend_rows *blocks;
	struct ee_err *err;
};

/* What a layer keeps of its rows. */
struct kept {
	float *h;		/* (n, w) input */
	float *t;		/* (n, r) v h */
	float *p;		/* (n, w) u t + bias */
};

static struct kept
kept(const struct job *j, float *block, size_t layer)
{
	const size_t w = j->mlp->width, r = j->mlp->rank;
	struct kept k = { .h = block + layer * j->n * (2 * w + r) };

	k.t = k.h + j->n * w;
	k.p = k.t + j->n * r;
	return k;
}

static void
count_rows(struct job *j)
{
	size_t b;

	j->n = 0;
	for (b = 0; b < j->nblocks; b++)
		if (j->m->param[j->blocks[b].param].net == j->net)
			j->n += j->blocks[b].n;
}

/* Copy between the blocks' rows and the matrix H; 'out': from it. */
static void
move_rows(const struct job *j, const struct ee_mend_rows *blocks, float *h,
	  bool out)
{
	const struct ee_mend_net *net = &j->m->net[j->net];
	const bool both = j->m->net_params.combine;
	const size_t x = both || j->side == 0 ? net->in : 0;
	const size_t delta = both || j->side == 1 ? net->out : 0;
	size_t b, i;

	for (b = 0; b < j->nblocks; b++) {
		if (j->m->param[blocks[b].param].net != j->net)
			continue;
		for (i = 0; i < blocks[b].n; i++, h += x + delta) {
			float *bx = blocks[b].x + i * x;
			float *bd = blocks[b].delta + i * delta;

			memcpy(out ? bx : h, out ? h : bx, x * sizeof(*h));
			memcpy(out ? bd : h + x, out ? h + x : bd,
			       delta * sizeof(*h));
		}
	}
}

/* y = max(0, scale o p + shift) [+ h] for the rows from 'begin' to 'end' of
 * one mode; scale and shift NULL where there are no modes */
static void
clamp_rows(const struct kept *k, size_t begin, size_t end, size_t w,
	   const float *scale, const float *shift, bool residual, float *y)
{
	size_t i, c;

	for (i = begin; i < end; i++) {
		for (c = 0; c < w; c++) {
			const float p = k->p[i * w + c];
			const float z = scale != NULL ?
					p * scale[c] + shift[c] : p;

			/* not a number stays what it is */
			y[i * w + c] = (z < 0 ? 0 : z) +
				       (residual ? k->h[i * w + c] : 0);
		}
	}
}

/* y (n, w), which may be k->h, from k->h (n, w) */
static void
layer_forward(const struct job *j, const struct ee_mend_layer *l,
	      const struct kept *k, float *y)
{
	const bool modes = j->m->net[j->net].modes > 0;
	const bool residual = j->m->net_params.init == EE_INIT_ID;
	const size_t w = j->mlp->width, r = j->mlp->rank;
	size_t b, i;

	ee_gemm(false, true, j->n, r, w, 1, k->h, w, l->v->data, w, 0, k->t, r);
	for (i = 0; i < j->n; i++)
		memcpy(k->p + i * w, l->bias->data, w * sizeof(*k->p));
	ee_gemm(false, true, j->n, w, r, 1, k->t, r, l->u->data, r, 1, k->p, w);
	i = 0;
	for (b = 0; b < j->nblocks; b++) {
		const struct ee_mend_param *p =
			&j->m->param[j->blocks[b].param];
		const size_t at = p->mode * w;

		if (p->net != j->net)
			continue;
		clamp_rows(k, i, i + j->blocks[b].n, w,
			   modes ? l->scale->data + at : NULL,
			   modes ? l->shift->data + at : NULL, residual, y);
		i += j->blocks[b].n;
	}
}

/* Rows of j->blocks through the network into 'to'; '*block' is what is kept,
 * the caller's. */
static enum ee_status
forward(const struct job *j, const struct ee_mend_rows *to, bool keep,
	float **block)
{
	const size_t w = j->mlp->width;
	const size_t layers = keep ? j->mlp->n : 1;
	float *y;
	size_t i;

	*block = ee_floats(j->n * (layers * (2 * w + j->mlp->rank) + w) + 1,
			   j->err);
	if (*block == NULL)
		return EE_ENOMEM;
	y = *block + j->n * layers * (2 * w + j->mlp->rank);
	move_rows(j, j->blocks, *block, false);
	for (i = 0; i < j->mlp->n; i++) {
		const struct kept k = kept(j, *block, keep ? i : 0);

		if (i + 1 == j->mlp->n)
			layer_forward(j, &j->mlp->layer[i], &k, y);
		else
			layer_forward(j, &j->mlp->layer[i], &k,
				      kept(j, *block, keep ? i + 1 : 0).h);
	}
	move_rows(j, to, y, true);
	return EE_OK;
}

/* A side without a network. */
static void
pass_through(const struct job *j, struct ee_mend_rows *to)
{
	const struct ee_mend_net *net = &j->m->net[j->net];
	size_t b;

	for (b = 0; b < j->nblocks; b++) {
		const struct ee_mend_rows *from = &j->blocks[b];

		if (j->m->param[from->param].net != j->net)
			continue;
		if (j->side == 0)
			memmove(to[b].x, from->x,
				from->n * net->in * sizeof(*to->x));
		else
			memmove(to[b].delta, from->delta,
				from->n * net->out * sizeof(*to->x));
	}
}

static enum ee_status
transform(struct job *j, struct ee_mend_rows *to, struct ee_mend_tape *tape)
{
	float *block = NULL;
	enum ee_status status = EE_OK;

	for (j->net = 0; j->net < j->m->nnets; j->net++) {
		count_rows(j);
		for (j->side = 0; j->side < 2; j->side++) {
			j->mlp = &j->m->net[j->net].mlp[j->side];
			if (j->mlp->n > 0 && j->n > 0) {
				status = forward(j, to, tape != NULL, &block);
				if (tape != NULL)
					tape->net[j->net][j->side] = block;
				else
					free(block);
				if (status != EE_OK)
					return status;
			} else if (!j->m->net_params.combine) {
				pass_through(j, to);
			}
		}
	}
	return EE_OK;
}

enum ee_status
ee_mend_transform(const struct ee_mend *m, size_t nblocks,
		  const struct ee_mend_rows *from, struct ee_mend_rows *to,
		  struct ee_mend_tape *tape, struct ee_err *err)
{
	struct job j = { .m = m, .nblocks = nblocks, .blocks = from,
			 .err = err };
	size_t b;

	for (b = 0; b < nblocks; b++) {
		to[b].param = from[b].param;
		to[b].n = from[b].n;
	}
	if (tape != NULL) {
		tape->nnets = 0;
		tape->net = ee_calloc(m->nnets, sizeof(*tape->net), err);
		if (tape->net == NULL)
			return EE_ENOMEM;
		tape->nnets = m->nnets;
	}
	return transform(&j, to, tape);
}

/*
 * From dy to dp, in place, for rows of one mode; dscale and dshift are added
 * to.  The clamp passes the gradient on where its argument is not negative.
 */
static void
clamp_back(const struct kept *k, size_t begin, size_t end, size_t w,
	   const float *scale, const float *shift, float *dscale,
	   float *dshift, float *dp)
{
	size_t i, c;

	for (i = begin; i < end; i++) {
		for (c = 0; c < w; c++) {
			const float p = k->p[i * w + c];
			float *const d = &dp[i * w + c];

			if (scale == NULL) {
				*d = p < 0 ? 0 : *d;
				continue;
			}
			*d = p * scale[c] + shift[c] < 0 ? 0 : *d;
			dscale[c] += *d * p;
			dshift[c] += *d;
			*d *= scale[c];
		}
	}
}

/*
 * dy (n, w) becomes the gradient of the layer's input, where 'further'; dp
 * (n, w) and dt (n, r) are working memory.
 */
static void
layer_back(const struct job *j, const struct ee_mend_layer *l,
	   const struct kept *k, bool further, float *dy, float *dp,
	   float *dt, float *grad)
{
	const bool modes = j->m->net[j->net].modes > 0;
	const bool residual = j->m->net_params.init == EE_INIT_ID;
	const size_t w = j->mlp->width, r = j->mlp->rank, n = j->n;
	size_t b, i = 0;

	memcpy(dp, dy, n * w * sizeof(*dp));
	for (b = 0; b < j->nblocks; b++) {
		const struct ee_mend_param *p =
			&j->m->param[j->blocks[b].param];
		const size_t at = p->mode * w;

		if (p->net != j->net)
			continue;
		clamp_back(k, i, i + j->blocks[b].n, w,
			   modes ? l->scale->data + at : NULL,
			   modes ? l->shift->data + at : NULL,
			   modes ? grad + l->scale->at + at : NULL,
			   modes ? grad + l->shift->at + at : NULL, dp);
		i += j->blocks[b].n;
	}
	for (i = 0; i < n; i++)
		ee_axpy(w, 1, dp + i * w, grad + l->bias->at);
	ee_gemm(true, false, w, r, n, 1, dp, w, k->t, r, 1, grad + l->u->at, r);
	ee_gemm(false, false, n, r, w, 1, dp, w, l->u->data, r, 0, dt, r);
	ee_gemm(true, false, r, w, n, 1, dt, r, k->h, w, 1, grad + l->v->at, w);
	if (further)
		ee_gemm(false, false, n, w, r, 1, dt, r, l->v->data, w,
			residual ? 1 : 0, dy, w);
}

static enum ee_status
back(const struct job *j, float *block, float *grad)
{
	const size_t w = j->mlp->width;
	float *dy = ee_floats(j->n * (2 * w + j->mlp->rank), j->err);
	size_t i;

	if (dy == NULL)
		return EE_ENOMEM;
	move_rows(j, j->blocks, dy, false);
	for (i = j->mlp->n; i-- > 0; ) {
		const struct kept k = kept(j, block, i);

		layer_back(j, &j->mlp->layer[i], &k, i > 0, dy,
			   dy + j->n * w, dy + 2 * j->n * w, grad);
	}
	free(dy);
	return EE_OK;
}

enum ee_status
ee_mend_transform_back(const struct ee_mend *m, size_t nblocks,
		       const struct ee_mend_rows *d,
		       const struct ee_mend_tape *tape, float *grad,
		       struct ee_err *err)
{
	struct job j = { .m = m, .nblocks = nblocks, .blocks = d,
			 .err = err };

	for (j.net = 0; j.net < m->nnets; j.net++) {
		count_rows(&j);
		for (j.side = 0; j.side < 2; j.side++) {
			j.mlp = &m->net[j.net].mlp[j.side];
			if (tape->net[j.net][j.side] != NULL)
				TRY(back(&j, tape->net[j.net][j.side], grad));
		}
	}
	return EE_OK;
}

enum ee_status
ee_mend_update_back(const struct ee_mend *m, const struct ee_mend_rows *t,
		    size_t n, const float *h, const float *g,
		    struct ee_mend_rows *d, float *dlr, struct ee_err *err)
{
	const size_t in = m->param[t->param].in, out = m->param[t->param].out;
	const float lr = m->learned[t->param];
	float *xh, *dg;		/* (t->n, n) */

	d->param = t->param;
	d->n = t->n;
	if (t->n == 0 || n == 0) {
		memset(d->x, 0, t->n * in * sizeof(*d->x));
		memset(d->delta, 0, t->n * out * sizeof(*d->delta));
		return EE_OK;
	}
	xh = ee_floats(2 * t->n * n, err);
	if (xh == NULL)
		return EE_ENOMEM;
	dg = xh + t->n * n;
	ee_gemm(false, true, t->n, n, in, 1, t->x, in, h, in, 0, xh, n);
	ee_gemm(false, true, t->n, n, out, 1, t->delta, out, g, out, 0, dg,
		n);
	ee_gemm(false, false, t->n, out, n, lr, xh, n, g, out, 0, d->delta,
		out);
	ee_gemm(false, false, t->n, in, n, lr, dg, n, h, in, 0, d->x, in);
	*dlr += (float)ee_dot(t->n * n, xh, dg);
	free(xh);
	return EE_OK;
}
