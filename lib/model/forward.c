/* forward.c - a model computed over a token trie.  See forward.h. */
#include "model/forward.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "math/convert.h"
#include "math/vec.h"
#include "model/pass.h"

/* Working memory of a layer, for n rows. */
struct work {
	float *normed;		/* (n, d) */
	float *qkv;		/* (n, h e + 2 g e) where fused */
	float *q, *heads;	/* (n, h e) */
	float *mid;		/* (n, d): the sum that norm2 reads */
	float *out;		/* (n, d): what a branch adds */
	float *up, *gate, *key;	/* (n, f) */
	float *block;		/* all of it */
};

struct layer {
	struct ee_pass *pass;
	const struct ee_span *span;
	const struct ee_config *c;
	const struct ee_param *p;	/* (EE_LAYER_ROLES) */
	const struct ee_span *out;	/* span, or the pass's tips of it, whose
					 * m rows go on after attention */
	size_t number, n, m;
	enum ee_site last;		/* go no further than this */
	struct work *work;
	struct ee_err *err;
};

static enum ee_status
make_work(struct work *w, const struct ee_config *c, size_t n,
	  struct ee_err *err)
{
	const size_t heads = ee_site_width(c, EE_AT_HEADS);
	const size_t qkv = c->family->qkv == EE_QKV_APART ? 0 :
			   ee_site_width(c, EE_AT_QKV);
	const size_t gate = c->family->gated ? c->f : 0;
	float *p = ee_floats(n * (3 * c->d + qkv + 2 * heads + 2 * c->f +
				  gate), err);

	w->block = p;
	if (p == NULL)
		return EE_ENOMEM;
	w->normed = p;
	w->mid = w->normed + n * c->d;
	w->out = w->mid + n * c->d;
	w->qkv = w->out + n * c->d;
	w->q = w->qkv + n * qkv;
	w->heads = w->q + n * heads;
	w->up = w->heads + n * heads;
	w->key = w->up + n * c->f;
	w->gate = w->key + n * c->f;
	return EE_OK;
}

static enum ee_status
show(const struct layer *l, enum ee_site site, const float *x)
{
	return ee_pass_show(l->pass, l->number, site, x,
			    site < EE_AT_HEADS ? l->n : l->m, l->err);
}

/* y of x, the rows of a span */
static enum ee_status
linear(const struct layer *l, enum ee_role role, const struct ee_span *span,
       const float *x, float *y)
{
	const struct ee_param *p = &l->p[role];
	const struct ee_patched at = { l->pass, span, l->number, role,
				       l->err };

	TRY(ee_linear(&p->w, p->bias, span->n, x, y, false, l->err));
	return l->pass->npatches > 0 ? ee_patch_forward(&at, x, y) : EE_OK;
}

static void
norm(const struct layer *l, enum ee_role role, size_t rows, const float *x,
     float *y)
{
	ee_norm(l->c->family->rms, rows, l->c->d, l->c->norm_eps,
		l->p[role].norm, l->p[role].bias, x, y);
}

/* Of rows (n, width), those that go on (m) to the front. */
static void
keep(const struct layer *l, size_t width, float *x)
{
	size_t i;

	for (i = 0; i < l->m && l->out->picked != NULL; i++)
		memmove(x + i * width,
			x + (l->out->picked[i] - l->out->begin) * width,
			width * sizeof(*x));
}

/* Queries, keys and values of the normed rows; k and v go where the pass
 * keeps them. */
static enum ee_status
project(const struct layer *l, float *q)
{
	const struct work *w = l->work;
	const size_t at = l->span->begin * ee_site_width(l->c, EE_AT_K);
	float *k = ee_pass_k(l->pass, l->number) + at;
	float *v = ee_pass_v(l->pass, l->number) + at;

	if (l->c->family->qkv == EE_QKV_APART) {
		TRY(linear(l, EE_W_Q, l->span, w->normed, q));
		TRY(show(l, EE_AT_Q, q));
		TRY(linear(l, EE_W_K, l->span, w->normed, k));
		TRY(show(l, EE_AT_K, k));
		TRY(linear(l, EE_W_V, l->span, w->normed, v));
		TRY(show(l, EE_AT_V, v));
	} else {
		TRY(linear(l, EE_W_QKV, l->span, w->normed, w->qkv));
		TRY(show(l, EE_AT_QKV, w->qkv));
		ee_qkv_split(l->c, l->n, w->qkv, q, k, v);
	}
	ee_rotate(l->pass, l->span, q, l->c->heads, false);
	ee_rotate(l->pass, l->span, k, l->c->kv_heads, false);
	return EE_OK;
}

/* out (m, d) = attention of the normed rows */
static enum ee_status
attention(const struct layer *l, float *q, float *out)
{
	TRY(project(l, q));
	if (l->last < EE_AT_HEADS)
		return EE_OK;
	keep(l, ee_site_width(l->c, EE_AT_Q), q);
	TRY(ee_attend(l->pass, l->out, l->number, q, l->work->heads, l->err));
	TRY(show(l, EE_AT_HEADS, l->work->heads));
	if (l->last == EE_AT_HEADS)
		return EE_OK;
	TRY(linear(l, EE_W_PROJ, l->out, l->work->heads, out));
	return show(l, EE_AT_ATTN, out);
}

/* out (m, d) = MLP of the normed rows */
static enum ee_status
mlp(const struct layer *l, float *gate, float *up, float *out)
{
	const struct work *w = l->work;
	const size_t all = l->m * l->c->f;

	if (l->c->family->gated) {
		TRY(linear(l, EE_W_GATE, l->out, w->normed, gate));
		TRY(show(l, EE_AT_GATE, gate));
		if (l->pass->taps[l->number] >> EE_AT_GATE_ACT & 1) {
			ee_activate(l->c->activation, all, gate, w->key);
			TRY(show(l, EE_AT_GATE_ACT, w->key));
		}
	}
	if (l->last < EE_AT_UP)
		return EE_OK;
	TRY(linear(l, EE_W_UP, l->out, w->normed, up));
	TRY(show(l, EE_AT_UP, up));
	if (l->last == EE_AT_UP)
		return EE_OK;
	if (l->c->family->gated)
		ee_gate(l->c->activation, all, gate, up, w->key);
	else
		ee_activate(l->c->activation, all, up, w->key);
	TRY(show(l, EE_AT_KEY, w->key));
	if (l->last == EE_AT_KEY)
		return EE_OK;
	TRY(linear(l, EE_W_DOWN, l->out, w->key, out));
	return show(l, EE_AT_MLP, out);
}

static void
copy(size_t n, const float *from, float *to)
{
	memcpy(to, from, n * sizeof(*to));
}

/*
 * One layer: x (n, d), in place, to (m, d).  'last' says how far.  Where a
 * parallel layer is wanted only for its MLP, its attention is left out.
 */
static enum ee_status
one_layer(const struct layer *l, const struct ee_saved *saved, float *x)
{
	const struct work *w = l->work;
	const size_t all = l->m * l->c->d;
	const bool sequential = l->c->residual == EE_SEQUENTIAL;
	float *mid = saved->mid != NULL ? saved->mid : w->mid;
	float *const up = saved->up != NULL ? saved->up : w->up;
	float *const gate = saved->gate != NULL ? saved->gate : w->gate;
	const uint32_t attention_sites =
		(UINT32_C(1) << EE_AT_MID) - (UINT32_C(1) << EE_AT_QKV);

	TRY(show(l, EE_AT_IN, x));
	if (saved->in != NULL)
		copy(l->n * l->c->d, x, saved->in);
	norm(l, EE_W_NORM1, l->n, x, w->normed);
	TRY(show(l, EE_AT_NORM1, w->normed));
	if (l->last <= EE_AT_NORM1)
		return EE_OK;
	keep(l, l->c->d, x);
	copy(all, x, mid);
	if (sequential || l->last == EE_AT_OUT ||
	    (l->pass->taps[l->number] & attention_sites) != 0) {
		TRY(attention(l, saved->q != NULL ? saved->q : w->q, w->out));
		if (sequential)
			ee_axpy(all, 1, w->out, mid);
		else
			ee_axpy(all, 1, w->out, x);
	}
	if (l->last <= EE_AT_ATTN)
		return EE_OK;
	TRY(show(l, EE_AT_MID, mid));
	if (l->c->residual == EE_PARALLEL_SHARED)
		keep(l, l->c->d, w->normed);
	else
		norm(l, EE_W_NORM2, l->m, mid, w->normed);
	TRY(show(l, EE_AT_NORM2, w->normed));
	if (l->last <= EE_AT_NORM2)
		return EE_OK;
	TRY(mlp(l, gate, up, w->out));
	if (l->last <= EE_AT_MLP)
		return EE_OK;
	if (sequential)
		copy(all, mid, x);
	ee_axpy(all, 1, w->out, x);
	return show(l, EE_AT_OUT, x);
}

enum ee_status
ee_forward_until(struct ee_pass *pass, const struct ee_span *span,
		 size_t from, size_t to, enum ee_site site, float *x,
		 struct ee_err *err)
{
	const struct ee_config *c = &pass->model->config;
	const struct ee_saved nothing = { 0 };
	struct work work;
	struct layer l = { pass, span, c, .n = span->n, .work = &work,
			   .err = err };
	enum ee_status status = EE_OK;

	if (l.n == 0)
		return EE_OK;
	l.out = pass->tips != NULL ? pass->tips : span;
	l.m = l.out->n;
	if (from == to)
		keep(&l, c->d, x);
	TRY(ee_pass_prepare(pass, span, from, to, err));
	TRY(make_work(&work, c, l.n, err));
	for (l.number = from; l.number < to; l.number++) {
		const struct ee_saved saved = pass->tape == NULL ? nothing :
			ee_tape_layer(pass->tape, c, l.number);

		l.p = ee_model_param(pass->model, l.number, (enum ee_role)0);
		l.last = l.number + 1 == to ? site : EE_AT_OUT;
		l.out = l.number + 1 == to && pass->tips ? pass->tips : span;
		l.m = l.out->n;
		status = one_layer(&l, &saved, x);
		if (status != EE_OK)
			break;
	}
	free(work.block);
	return status;
}

enum ee_status
ee_forward(struct ee_pass *pass, const struct ee_span *span, size_t from,
	   size_t to, float *x, struct ee_err *err)
{
	return ee_forward_until(pass, span, from, to, EE_AT_OUT, x, err);
}

static void
row_of(const struct ee_weight *w, size_t row, float *to)
{
	const size_t size = ee_dtype_size(w->dtype) * w->in;

	ee_to_f32(w->dtype, (const char *)w->data + row * size, w->in, to);
}

enum ee_status
ee_embed(struct ee_pass *pass, const struct ee_span *span, float *x,
	 struct ee_err *err)
{
	const struct ee_config *c = &pass->model->config;
	const struct ee_param *token = ee_model_param(pass->model, 0,
						      EE_W_EMBED);
	const struct ee_param *place = ee_model_param(pass->model, 0,
						      EE_W_POSITION);
	float *position;
	size_t node;

	if (span->longest > c->positions)
		return ee_fail(err, EE_EINPUT, "%zu tokens in a row; this "
			       "model has %zu positions", span->longest,
			       c->positions);
	position = ee_floats(c->d, err);
	if (position == NULL)
		return EE_ENOMEM;
	for (node = span->begin; node < span->end; node++, x += c->d) {
		const int32_t id = pass->trie->id[node];

		if (id < 0 || (size_t)id >= c->vocab) {
			free(position);
			return ee_fail(err, EE_EINPUT, "token id %d; this "
				       "model knows 0 to %zu", (int)id,
				       c->vocab - 1);
		}
		row_of(&token->w, (size_t)id, x);
		if (place->module == NULL)
			continue;
		row_of(&place->w, pass->trie->depth[node], position);
		ee_axpy(c->d, 1, position, x);
	}
	free(position);
	return EE_OK;
}

static void
final_norm(const struct ee_model *m, size_t rows, const float *x, float *y)
{
	const struct ee_config *c = &m->config;
	const struct ee_param *p = ee_model_param(m, 0, EE_W_FINAL);

	ee_norm(c->family->rms, rows, c->d, c->norm_eps, p->norm, p->bias, x,
		y);
}

enum ee_status
ee_logits(const struct ee_model *m, size_t rows, const float *x,
	  float *normed, float *logits, struct ee_err *err)
{
	const struct ee_param *head = ee_model_param(m, 0, EE_W_HEAD);
	float *y = normed != NULL ? normed :
		   ee_floats(rows * m->config.d, err);
	enum ee_status status;

	if (y == NULL)
		return EE_ENOMEM;
	final_norm(m, rows, x, y);
	status = ee_linear(&head->w, head->bias, rows, y, logits, false, err);
	if (normed == NULL)
		free(y);
	return status;
}

enum ee_status
ee_logits_back(const struct ee_model *m, size_t rows, const float *x,
	       const float *dlogits, float *dx, struct ee_err *err)
{
	const struct ee_config *c = &m->config;
	const struct ee_param *head = ee_model_param(m, 0, EE_W_HEAD);
	const struct ee_param *p = ee_model_param(m, 0, EE_W_FINAL);
	float *dnormed = ee_floats(rows * c->d, err);
	enum ee_status status;

	if (dnormed == NULL)
		return EE_ENOMEM;
	status = ee_linear_back(&head->w, rows, dlogits, dnormed, false, err);
	if (status == EE_OK) {
		memset(dx, 0, rows * c->d * sizeof(*dx));
		ee_norm_back(c->family->rms, rows, c->d, c->norm_eps,
			     p->norm, x, dnormed, dx);
	}
	free(dnormed);
	return status;
}
