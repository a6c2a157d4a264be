/*
 * backward.c - gradients with respect to activations, back through the
 * layers of a tape.  See forward.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "math/vec.h"
#include "model/forward.h"
#include "model/pass.h"

/* Floats of one node in one layer's block. */
static size_t
saved_width(const struct ee_config *c)
{
	return c->d + ee_site_width(c, EE_AT_HEADS) + c->f +
	       (c->residual == EE_SEQUENTIAL ? c->d : 0) +
	       (c->family->gated ? c->f : 0);
}

enum ee_status
ee_tape_open(struct ee_tape *tape, const struct ee_model *m, size_t rows,
	     size_t from, size_t to, struct ee_err *err)
{
	size_t i;

	memset(tape, 0, sizeof(*tape));
	tape->from = from;
	tape->to = to;
	tape->rows = rows;
	tape->layer = ee_calloc(to - from + 1, sizeof(*tape->layer), err);
	if (tape->layer == NULL)
		return EE_ENOMEM;
	for (i = 0; i < to - from; i++) {
		tape->layer[i] = ee_floats(rows * saved_width(&m->config),
					   err);
		if (tape->layer[i] == NULL) {
			ee_tape_close(tape);
			return EE_ENOMEM;
		}
	}
	return EE_OK;
}

void
ee_tape_close(struct ee_tape *tape)
{
	size_t i;

	for (i = 0; tape->layer != NULL && i < tape->to - tape->from; i++)
		free(tape->layer[i]);
	free(tape->layer);
	memset(tape, 0, sizeof(*tape));
}

struct ee_saved
ee_tape_layer(const struct ee_tape *tape, const struct ee_config *c,
	      size_t layer)
{
	const size_t n = tape->rows;
	float *p = tape->layer[layer - tape->from];
	struct ee_saved s = { .in = p };

	p += n * c->d;
	s.q = p;
	p += n * ee_site_width(c, EE_AT_HEADS);
	s.up = p;
	p += n * c->f;
	if (c->residual == EE_SEQUENTIAL) {
		s.mid = p;
		p += n * c->d;
	}
	if (c->family->gated)
		s.gate = p;
	return s;
}

/* Gradients of one layer, for n rows. */
struct work {
	float *dnormed;		/* (n, d) */
	float *dmid;		/* (n, d) */
	float *dheads, *dq;	/* (n, h e) */
	float *dk, *dv;		/* (n, g e) */
	float *dqkv;		/* (n, h e + 2 g e) where fused */
	float *dkey, *dgate;	/* (n, f) */
	float *block;
};

struct layer {
	struct ee_pass *pass;
	const struct ee_span *span;
	const struct ee_config *c;
	const struct ee_param *p;
	const struct ee_span *out;	/* as in forward.c */
	size_t number, n, m;
	struct work *work;
	struct ee_err *err;
};

static enum ee_status
make_work(struct work *w, const struct ee_config *c, size_t n,
	  struct ee_err *err)
{
	const size_t heads = ee_site_width(c, EE_AT_HEADS);
	const size_t kv = ee_site_width(c, EE_AT_K);
	const size_t qkv = c->family->qkv == EE_QKV_APART ? 0 :
			   ee_site_width(c, EE_AT_QKV);
	float *p = ee_floats(n * (2 * c->d + 2 * heads + 2 * kv + qkv +
				  (c->family->gated ? 2 : 1) * c->f), err);

	w->block = p;
	if (p == NULL)
		return EE_ENOMEM;
	w->dnormed = p;
	w->dmid = w->dnormed + n * c->d;
	w->dheads = w->dmid + n * c->d;
	w->dq = w->dheads + n * heads;
	w->dk = w->dq + n * heads;
	w->dv = w->dk + n * kv;
	w->dqkv = w->dv + n * kv;
	w->dkey = w->dqkv + n * qkv;
	w->dgate = w->dkey + n * c->f;
	return EE_OK;
}

static enum ee_status
show(const struct layer *l, enum ee_site site, const float *dx)
{
	return ee_pass_show(l->pass, l->number, site, dx, l->m, l->err);
}

/* The same of all nodes, which have keys and values even where only some are
 * wanted. */
static enum ee_status
show_all(const struct layer *l, enum ee_site site, const float *dx)
{
	return ee_pass_show(l->pass, l->number, site, dx, l->n, l->err);
}

/* dx of the rows of a span, from dy */
static enum ee_status
back(const struct layer *l, enum ee_role role, const struct ee_span *span,
     const float *dy, float *dx, bool add)
{
	const struct ee_patched at = { l->pass, span, l->number, role,
				       l->err };

	TRY(ee_linear_back(&l->p[role].w, span->n, dy, dx, add, l->err));
	return l->pass->npatches > 0 ? ee_patch_back(&at, dy, dx) : EE_OK;
}

static void
norm_back(const struct layer *l, enum ee_role role, size_t rows,
	  const float *x, const float *dy, float *dx)
{
	ee_norm_back(l->c->family->rms, rows, l->c->d, l->c->norm_eps,
		     l->p[role].norm, x, dy, dx);
}

/* Rows (m, width) to where they belong among all (n, width), the others 0. */
static void
spread(const struct layer *l, size_t width, float *x)
{
	const uint32_t *picked = l->out->picked;
	size_t i, end = l->n, row;

	if (picked == NULL)
		return;
	for (i = l->m; i-- > 0; end = row) {
		row = picked[i] - l->out->begin;
		memmove(x + row * width, x + i * width, width * sizeof(*x));
		memset(x + (row + 1) * width, 0,
		       (end - row - 1) * width * sizeof(*x));
	}
	memset(x, 0, end * width * sizeof(*x));
}

/* dnormed (m, d) of the MLP's input, from dout (m, d) */
static enum ee_status
mlp_back(const struct layer *l, const struct ee_saved *s, const float *dout)
{
	const struct work *w = l->work;
	const size_t all = l->m * l->c->f;

	TRY(show(l, EE_AT_MLP, dout));
	TRY(back(l, EE_W_DOWN, l->out, dout, w->dkey, false));
	TRY(show(l, EE_AT_KEY, w->dkey));
	if (l->c->family->gated) {
		ee_gate_back(l->c->activation, all, s->gate, s->up, w->dkey,
			     w->dgate, w->dkey);
		TRY(show(l, EE_AT_GATE, w->dgate));
		TRY(back(l, EE_W_GATE, l->out, w->dgate, w->dnormed, false));
	} else {
		ee_activate_back(l->c->activation, all, s->up, w->dkey,
				 w->dkey);
	}
	TRY(show(l, EE_AT_UP, w->dkey));
	return back(l, EE_W_UP, l->out, w->dkey, w->dnormed,
		    l->c->family->gated);
}

/* dnormed (n, d) of the attention's input, from dout (m, d); added to what
 * is there, (m, d), where 'add' */
static enum ee_status
attention_back(const struct layer *l, const struct ee_saved *s,
	       const float *dout, bool add)
{
	const struct work *w = l->work;

	TRY(show(l, EE_AT_ATTN, dout));
	TRY(back(l, EE_W_PROJ, l->out, dout, w->dheads, false));
	TRY(ee_attend_back(l->pass, l->out, l->number, s->q, w->dheads,
			   w->dq, w->dk, w->dv, l->err));
	spread(l, ee_site_width(l->c, EE_AT_Q), w->dq);
	if (add)
		spread(l, l->c->d, w->dnormed);
	ee_rotate(l->pass, l->span, w->dq, l->c->heads, true);
	ee_rotate(l->pass, l->span, w->dk, l->c->kv_heads, true);
	if (l->c->family->qkv == EE_QKV_APART) {
		TRY(show_all(l, EE_AT_Q, w->dq));
		TRY(show_all(l, EE_AT_K, w->dk));
		TRY(show_all(l, EE_AT_V, w->dv));
		TRY(back(l, EE_W_Q, l->span, w->dq, w->dnormed, add));
		TRY(back(l, EE_W_K, l->span, w->dk, w->dnormed, true));
		return back(l, EE_W_V, l->span, w->dv, w->dnormed, true);
	}
	ee_qkv_join(l->c, l->n, w->dq, w->dk, w->dv, w->dqkv);
	TRY(show_all(l, EE_AT_QKV, w->dqkv));
	return back(l, EE_W_QKV, l->span, w->dqkv, w->dnormed, add);
}

/*
 * dx: from the gradient of the layer's output (m, d) to that of its input
 * (n, d).  Both branches read the same 'dx' where they run in parallel.
 * 'mlp_only': no further than the MLP's input, and dx as it was.
 */
static enum ee_status
layer_back(const struct layer *l, const struct ee_saved *s, bool mlp_only,
	   float *dx)
{
	const struct work *w = l->work;
	const size_t all = l->n * l->c->d;

	TRY(show(l, EE_AT_OUT, dx));
	TRY(mlp_back(l, s, dx));
	if (mlp_only)
		return EE_OK;
	if (l->c->residual == EE_PARALLEL) {
		spread(l, l->c->d, w->dnormed);
		memset(w->dmid, 0, all * sizeof(*w->dmid));
		norm_back(l, EE_W_NORM2, l->n, s->in, w->dnormed, w->dmid);
		TRY(attention_back(l, s, dx, false));
		norm_back(l, EE_W_NORM1, l->n, s->in, w->dnormed, w->dmid);
		spread(l, l->c->d, dx);
		ee_axpy(all, 1, w->dmid, dx);
		return EE_OK;
	}
	if (l->c->residual == EE_SEQUENTIAL)
		norm_back(l, EE_W_NORM2, l->m, s->mid, w->dnormed, dx);
	TRY(attention_back(l, s, dx, l->c->residual == EE_PARALLEL_SHARED));
	spread(l, l->c->d, dx);
	norm_back(l, EE_W_NORM1, l->n, s->in, w->dnormed, dx);
	return EE_OK;
}

enum ee_status
ee_backward(struct ee_pass *pass, const struct ee_span *span,
	    const struct ee_tape *tape, float *dx, struct ee_err *err)
{
	const struct ee_config *c = &pass->model->config;
	struct work work;
	struct layer l = { .pass = pass, .span = span, .c = c,
			   .n = tape->rows, .work = &work, .err = err };
	enum ee_status status = EE_OK;

	TRY(make_work(&work, c, l.n, err));
	l.out = pass->tips != NULL ? pass->tips : span;
	l.m = l.out->n;
	if (tape->from == tape->to)
		spread(&l, c->d, dx);
	for (l.number = tape->to; l.number-- > tape->from; ) {
		const struct ee_saved saved = ee_tape_layer(tape, c,
							    l.number);

		l.p = ee_model_param(pass->model, l.number, (enum ee_role)0);
		l.out = l.number + 1 == tape->to && pass->tips != NULL ?
			pass->tips : span;
		l.m = l.out->n;
		status = layer_back(&l, &saved, tape->mlp_only &&
				    l.number == tape->from, dx);
		if (status != EE_OK)
			break;
	}
	free(work.block);
	return status;
}
