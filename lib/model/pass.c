/* pass.c - what the passes share: taps, caches, positions.  See pass.h. */
#include "model/pass.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/threads.h"

enum ee_status
ee_pass_open(struct ee_pass *pass, const struct ee_model *model,
	     const struct ee_trie *trie, unsigned flags, struct ee_err *err)
{
	const size_t layers = model->config.layers;

	memset(pass, 0, sizeof(*pass));
	pass->model = model;
	pass->trie = trie;
	pass->keep = (flags & EE_KEEP_KV) != 0;
	pass->taps = ee_calloc(layers, sizeof(*pass->taps), err);
	pass->k = ee_calloc(layers, sizeof(*pass->k), err);
	pass->v = ee_calloc(layers, sizeof(*pass->v), err);
	if (pass->taps == NULL || pass->k == NULL || pass->v == NULL) {
		ee_pass_close(pass);
		return EE_ENOMEM;
	}
	return EE_OK;
}

void
ee_pass_close(struct ee_pass *pass)
{
	const size_t layers = pass->model->config.layers;
	size_t i;

	for (i = 0; i < layers; i++) {
		if (pass->k != NULL)
			free(pass->k[i]);
		if (pass->v != NULL)
			free(pass->v[i]);
	}
	free(pass->taps);
	free(pass->k);
	free(pass->v);
	free(pass->cosines);
	free(pass->sines);
	pass->taps = NULL;
	pass->k = pass->v = NULL;
	pass->cosines = pass->sines = NULL;
}

void
ee_pass_want(struct ee_pass *pass, size_t layer, enum ee_site site)
{
	pass->taps[layer] |= UINT32_C(1) << site;
}

void
ee_pass_want_nothing(struct ee_pass *pass)
{
	memset(pass->taps, 0,
	       pass->model->config.layers * sizeof(*pass->taps));
}

enum ee_status
ee_pass_show(struct ee_pass *pass, size_t layer, enum ee_site site,
	     const float *x, size_t n, struct ee_err *err)
{
	if ((pass->taps[layer] >> site & 1) == 0)
		return EE_OK;
	return pass->tap(pass->ctx, layer, site, x, n,
			 ee_site_width(&pass->model->config, site), err);
}

float *
ee_pass_k(const struct ee_pass *pass, size_t layer)
{
	return pass->k[pass->keep ? layer : 0];
}

float *
ee_pass_v(const struct ee_pass *pass, size_t layer)
{
	return pass->v[pass->keep ? layer : 0];
}

/* One row of 'width' floats more or less: keep what is there. */
static enum ee_status
widen(float **x, size_t old_rows, size_t rows, size_t width,
      struct ee_err *err)
{
	float *p = ee_floats(rows * width, err);

	if (p == NULL)
		return EE_ENOMEM;
	if (*x != NULL)
		memcpy(p, *x, old_rows * width * sizeof(*p));
	free(*x);
	*x = p;
	return EE_OK;
}

static enum ee_status
room_for_kv(struct ee_pass *pass, size_t from, size_t to, struct ee_err *err)
{
	const struct ee_config *c = &pass->model->config;
	const size_t width = ee_site_width(c, EE_AT_K);
	size_t rows = pass->kv_rows, i;
	enum ee_status status = EE_OK;

	if (!pass->keep) {
		from = 0;
		to = 1;
	}
	if (rows < pass->trie->n) {
		rows = pass->keep ? pass->trie->n + pass->trie->n / 4
				  : pass->trie->n;
		for (i = 0; i < c->layers && status == EE_OK; i++)
			if (pass->k[i] != NULL) {
				status = widen(&pass->k[i], pass->kv_rows,
					       rows, width, err);
				if (status == EE_OK)
					status = widen(&pass->v[i],
						       pass->kv_rows, rows,
						       width, err);
			}
		pass->kv_rows = rows;
	}
	for (i = from; i < to && status == EE_OK; i++) {
		if (pass->k[i] == NULL)
			status = widen(&pass->k[i], 0, rows, width, err);
		if (status == EE_OK && pass->v[i] == NULL)
			status = widen(&pass->v[i], 0, rows, width, err);
	}
	return status;
}

static void
take_rows(const uint32_t *node, size_t n, size_t width, const float *from,
	  float *to)
{
	size_t i;

	for (i = 0; i < n; i++)
		memcpy(to + i * width, from + node[i] * width,
		       width * sizeof(*to));
}

enum ee_status
ee_pass_take(struct ee_pass *pass, const struct ee_pass *from,
	     const uint32_t *node, struct ee_err *err)
{
	const struct ee_config *c = &pass->model->config;
	const size_t width = ee_site_width(c, EE_AT_K), n = pass->trie->n;
	enum ee_status status;
	size_t i;

	for (i = 0; i < c->layers; i++) {
		if (from->k[i] == NULL)
			continue;
		status = room_for_kv(pass, i, i + 1, err);
		if (status != EE_OK)
			return status;
		take_rows(node, n, width, from->k[i], pass->k[i]);
		take_rows(node, n, width, from->v[i], pass->v[i]);
	}
	return EE_OK;
}

/* Tables of cosines and sines for positions below 'n'. */
static enum ee_status
room_for_positions(struct ee_pass *pass, size_t n, struct ee_err *err)
{
	const struct ee_config *c = &pass->model->config;
	const size_t half = c->rotary / 2;
	double *inv;
	size_t i, j;

	if (half == 0 || n <= pass->turned)
		return EE_OK;
	n += n / 2;
	free(pass->cosines);
	free(pass->sines);
	pass->turned = 0;
	pass->cosines = ee_floats(n * half, err);
	pass->sines = ee_floats(n * half, err);
	inv = ee_doubles(half, err);
	if (pass->cosines == NULL || pass->sines == NULL || inv == NULL) {
		free(inv);
		return EE_ENOMEM;
	}
	ee_rotary_frequencies(c, inv);
	for (i = 0; i < n; i++) {
		for (j = 0; j < half; j++) {
			const double angle = (double)i * inv[j];

			pass->cosines[i * half + j] = (float)cos(angle);
			pass->sines[i * half + j] = (float)sin(angle);
		}
	}
	free(inv);
	pass->turned = n;
	return EE_OK;
}

enum ee_status
ee_pass_prepare(struct ee_pass *pass, const struct ee_span *span,
		size_t from, size_t to, struct ee_err *err)
{
	const enum ee_status status = room_for_kv(pass, from, to, err);

	return status == EE_OK ? room_for_positions(pass, span->longest, err)
			       : status;
}

struct rotation {
	const struct ee_pass *pass;
	const struct ee_span *span;
	float *x;
	size_t heads;
	bool back;
};

/* Rotary positions (Su et al. 2021): pairs (2i, 2i+1) as in GPT-J, or
 * (i, i + rotary/2) as in GPT-NeoX and LLaMA. */
static void
rotate_part(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct rotation *r = arg;
	const struct ee_config *c = &r->pass->model->config;
	const bool pairs = c->family->rotary == EE_ROTATE_PAIRS;
	const size_t half = c->rotary / 2, step = pairs ? 1 : half;
	size_t i, head, k;

	(void)thread;
	for (i = begin; i < end; i++) {
		const size_t at = r->pass->trie->depth[r->span->begin + i];
		const float *cosine = r->pass->cosines + at * half;
		const float *sine = r->pass->sines + at * half;

		for (head = 0; head < r->heads; head++) {
			float *x = r->x + (i * r->heads + head) * c->head;

			for (k = 0; k < half; k++) {
				float *a = pairs ? x + 2 * k : x + k;
				const float s = r->back ? -sine[k] : sine[k];
				const float a0 = a[0], a1 = a[step];

				a[0] = a0 * cosine[k] - a1 * s;
				a[step] = a1 * cosine[k] + a0 * s;
			}
		}
	}
}

void
ee_rotate(const struct ee_pass *pass, const struct ee_span *span, float *x,
	  size_t heads, bool back)
{
	struct rotation r = { pass, span, x, heads, back };

	if (pass->model->config.rotary > 0)
		ee_parallel(span->end - span->begin, 64, rotate_part, &r);
}

/* Where head i's part of width e starts in a fused row: part 0 q, 1 k, 2 v */
static size_t
fused_at(const struct ee_config *c, size_t part, size_t head)
{
	if (c->family->qkv == EE_QKV_BY_HEAD)
		return (3 * head + part) * c->head;
	return (part * c->heads + head) * c->head;
}

void
ee_qkv_split(const struct ee_config *c, size_t n, const float *qkv, float *q,
	     float *k, float *v)
{
	float *const to[3] = { q, k, v };
	const size_t e = c->head, width = 3 * c->heads * e;
	size_t i, part, head;

	for (i = 0; i < n; i++)
		for (part = 0; part < 3; part++)
			for (head = 0; head < c->heads; head++)
				memcpy(to[part] + (i * c->heads + head) * e,
				       qkv + i * width +
				       fused_at(c, part, head),
				       e * sizeof(*q));
}

void
ee_qkv_join(const struct ee_config *c, size_t n, const float *q,
	    const float *k, const float *v, float *qkv)
{
	const float *const from[3] = { q, k, v };
	const size_t e = c->head, width = 3 * c->heads * e;
	size_t i, part, head;

	for (i = 0; i < n; i++)
		for (part = 0; part < 3; part++)
			for (head = 0; head < c->heads; head++)
				memcpy(qkv + i * width +
				       fused_at(c, part, head),
				       from[part] +
				       (i * c->heads + head) * e,
				       e * sizeof(*q));
}
