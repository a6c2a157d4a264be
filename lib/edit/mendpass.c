/* mendpass.c - texts through the upper layers.  See mendpass.h. */
#include "edit/mendpass.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "math/threads.h"
#include "math/vec.h"

enum { CHUNK = 256 };	/* rows of logits at a time */

/* Every text its own path from a root of its own. */
static enum ee_status
plant(struct ee_mend_pass *p, struct ee_err *err)
{
	uint32_t node;
	size_t i;

	for (i = 0; i < p->ntexts; i++) {
		const struct ee_mend_text *t = &p->texts[i];

		p->begin[i] = p->trie.n;
		TRY(ee_trie_child(&p->trie, EE_NO_NODE, t->ids[0],
				  (uint32_t)i + 1, &node, err));
		TRY(ee_trie_insert(&p->trie, node, t->ids + 1, t->n - 1,
				   NULL, err));
	}
	p->n = p->begin[p->ntexts] = p->trie.n;
	return ee_span_make(&p->span, &p->trie, 0, p->n, err);
}

/*
 * Learned positions that do not start at 0: only the embedding reads a node's
 * depth once the span is made, and rotary positions are relative.
 */
static enum ee_status
shift(struct ee_mend_pass *p, struct ee_err *err)
{
	const size_t limit = p->model->config.positions;
	size_t i, k;

	if (ee_model_param(p->model, 0, EE_W_POSITION)->module == NULL)
		return EE_OK;
	for (i = 0; i < p->ntexts; i++) {
		const struct ee_mend_text *t = &p->texts[i];

		if (t->n + t->shift > limit)
			return ee_fail(err, EE_EINPUT, "%zu tokens in a row; "
				       "this model has %zu positions",
				       t->n + t->shift, limit);
		for (k = p->begin[i]; k < p->begin[i + 1]; k++)
			p->trie.depth[k] += (uint32_t)t->shift;
	}
	return EE_OK;
}

static enum ee_status
compute_base(struct ee_mend_pass *p, struct ee_err *err)
{
	const size_t d = p->model->config.d;

	TRY(plant(p, err));
	TRY(shift(p, err));
	p->base = ee_floats(p->n * d, err);
	p->x = ee_floats(p->n * d, err);
	if (p->base == NULL || p->x == NULL)
		return EE_ENOMEM;
	TRY(ee_embed(&p->pass, &p->span, p->base, err));
	return ee_forward(&p->pass, &p->span, 0, p->m->first, p->base, err);
}

enum ee_status
ee_mend_pass_open(struct ee_mend_pass *p, const struct ee_model *model,
		  const struct ee_mend *m, const struct ee_mend_text *texts,
		  size_t ntexts, struct ee_err *err)
{
	enum ee_status status;

	memset(p, 0, sizeof(*p));
	p->begin = ee_calloc(ntexts + 1, sizeof(*p->begin), err);
	if (p->begin == NULL)
		return EE_ENOMEM;
	status = ee_pass_open(&p->pass, model, &p->trie, EE_KEEP_KV, err);
	if (status != EE_OK) {
		free(p->begin);
		return status;
	}
	p->model = model;
	p->m = m;
	p->texts = texts;
	p->ntexts = ntexts;
	status = compute_base(p, err);
	if (status != EE_OK)
		ee_mend_pass_close(p);
	return status;
}

void
ee_mend_pass_close(struct ee_mend_pass *p)
{
	if (p->model != NULL)
		ee_pass_close(&p->pass);
	ee_span_free(&p->span);
	ee_trie_free(&p->trie);
	free(p->begin);
	free(p->base);
	free(p->x);
	memset(p, 0, sizeof(*p));
}

enum ee_status
ee_mend_pass_upper(struct ee_mend_pass *p, struct ee_tape *tape,
		   struct ee_err *err)
{
	const struct ee_config *c = &p->model->config;

	memcpy(p->x, p->base, p->n * c->d * sizeof(*p->x));
	p->pass.tape = tape;
	return ee_forward(&p->pass, &p->span, p->m->first, c->layers, p->x,
			  err);
}

size_t
ee_mend_labels(const struct ee_mend_text *text)
{
	size_t i, n = 0;

	for (i = 0; i < text->nlabels; i++)
		n += text->labels[i] >= 0;
	return n;
}

/* One label that is read. */
struct reading {
	size_t text, node;
	int32_t label;
	double nll;
};

static struct reading *
list_readings(const struct ee_mend_pass *p, size_t *n, struct ee_err *err)
{
	struct reading *r;
	size_t i, k;

	*n = 0;
	for (i = 0; i < p->ntexts; i++)
		*n += ee_mend_labels(&p->texts[i]);
	r = ee_calloc(*n + 1, sizeof(*r), err);
	if (r == NULL)
		return NULL;
	*n = 0;
	for (i = 0; i < p->ntexts; i++) {
		const struct ee_mend_text *t = &p->texts[i];

		for (k = 0; k < t->nlabels; k++)
			if (t->labels[k] >= 0)
				r[(*n)++] = (struct reading){ i,
					p->begin[i + 1] - 1 - t->nlabels + k,
					t->labels[k], 0 };
	}
	return r;
}

/* Some readings: rows of x, their logits, and the way back. */
struct chunk {
	const struct ee_mend_pass *p;
	struct reading *readings;	/* (n) */
	size_t n;
	const double *weight;
	float *x, *dx;			/* (n, d) */
	float *logits;			/* (n, V) */
};

/* The gradient by the logits takes their place where there is a weight:
 * weight (p - [the label]). */
static void
read_rows(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct chunk *c = arg;
	const size_t vocab = c->p->model->config.vocab;
	size_t i;

	(void)thread;
	for (i = begin; i < end; i++) {
		struct reading *r = &c->readings[i];
		float *row = c->logits + i * vocab, weight;
		const double sum = ee_log_softmax(vocab, row, NULL);

		r->nll = sum - (double)row[r->label];
		if (c->weight == NULL)
			continue;
		weight = (float)c->weight[r->text];
		ee_exp(vocab, weight, row, (float)sum, row);
		row[r->label] -= weight;
	}
}

static enum ee_status
one_chunk(struct chunk *c, float *dx, struct ee_err *err)
{
	const struct ee_mend_pass *p = c->p;
	const size_t d = p->model->config.d;
	size_t i;

	for (i = 0; i < c->n; i++)
		memcpy(c->x + i * d, p->x + c->readings[i].node * d,
		       d * sizeof(*c->x));
	TRY(ee_logits(p->model, c->n, c->x, NULL, c->logits, err));
	ee_parallel(c->n, 1, read_rows, c);
	if (dx == NULL)
		return EE_OK;
	TRY(ee_logits_back(p->model, c->n, c->x, c->logits, c->dx, err));
	for (i = 0; i < c->n; i++)
		memcpy(dx + c->readings[i].node * d, c->dx + i * d,
		       d * sizeof(*dx));
	return EE_OK;
}

static enum ee_status
check_labels(const struct ee_mend_pass *p, const struct reading *r, size_t n,
	     struct ee_err *err)
{
	const size_t vocab = p->model->config.vocab;
	size_t i;

	for (i = 0; i < n; i++)
		if ((size_t)r[i].label >= vocab)
			return ee_fail(err, EE_EINPUT, "token id %d; this "
				       "model knows 0 to %zu",
				       (int)r[i].label, vocab - 1);
	return EE_OK;
}

enum ee_status
ee_mend_pass_nll(const struct ee_mend_pass *p, const double *weight,
		 double *nll, float *dx, struct ee_err *err)
{
	const struct ee_config *c = &p->model->config;
	struct chunk chunk = { .p = p, .weight = weight };
	size_t n, i, rows;
	struct reading *r = list_readings(p, &n, err);
	enum ee_status status = EE_ENOMEM;

	if (r == NULL)
		return EE_ENOMEM;
	rows = n < CHUNK ? n : CHUNK;
	chunk.x = ee_floats(rows * (2 * c->d + c->vocab) + 1, err);
	if (chunk.x == NULL)
		goto out;
	chunk.dx = chunk.x + rows * c->d;
	chunk.logits = chunk.dx + rows * c->d;
	if (dx != NULL)
		memset(dx, 0, p->n * c->d * sizeof(*dx));
	status = check_labels(p, r, n, err);
	for (i = 0; i < n && status == EE_OK; i += CHUNK) {
		chunk.readings = r + i;
		chunk.n = n - i < CHUNK ? n - i : CHUNK;
		status = one_chunk(&chunk, dx, err);
	}
	memset(nll, 0, p->ntexts * sizeof(*nll));
	for (i = 0; i < n; i++)
		nll[r[i].text] += r[i].nll;
out:
	free(chunk.x);
	free(r);
	return status;
}
