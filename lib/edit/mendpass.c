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
		const struct ee_said *t = &p->texts[i];

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
		const struct ee_said *t = &p->texts[i];

		if (t->n + t->shift > limit)
			return ee_fail(err, EE_EINPUT, "%zu tokens in a row; "
				       "this model has %zu positions",
				       t->n + t->shift, limit);
		for (k = p->begin[i]; k < p->begin[i + 1]; k++)
			p->trie.depth[k] += (uint32_t)t->shift;
	}
	return EE_OK;
}

static void
list_text(struct ee_mend_pass *p, size_t text)
{
	const struct ee_said *t = &p->texts[text];
	const size_t first = p->begin[text + 1] - 1 - t->nlabels;
	size_t i;

	for (i = 0; i < t->nlabels; i++)
		p->readings[p->nreadings++] = (struct ee_mend_reading){
			.text = text, .node = (uint32_t)(first + i),
			.label = t->labels[i] };
}

/* Which labels are read where, and these nodes as the tips of the pass. */
static enum ee_status
list_readings(struct ee_mend_pass *p, struct ee_err *err)
{
	const size_t vocab = p->model->config.vocab;
	enum ee_status status;
	uint32_t *nodes;
	size_t i, n = 0;

	for (i = 0; i < p->ntexts; i++)
		n += p->texts[i].nlabels;
	if (n == 0)
		return ee_fail(err, EE_EINPUT, "no target to read");
	p->readings = ee_calloc(n, sizeof(*p->readings), err);
	nodes = ee_calloc(n, sizeof(*nodes), err);
	if (p->readings == NULL || nodes == NULL) {
		free(nodes);
		return EE_ENOMEM;
	}
	for (i = 0; i < p->ntexts; i++)
		list_text(p, i);
	for (i = 0; i < n; i++)
		nodes[i] = p->readings[i].node;
	status = ee_span_pick(&p->tips, &p->trie, 0, p->n, nodes, n, err);
	free(nodes);
	for (i = 0; i < n && status == EE_OK; i++)
		if ((size_t)p->readings[i].label >= vocab)
			status = ee_fail(err, EE_EINPUT, "token id %d; this "
					 "model knows 0 to %zu",
					 (int)p->readings[i].label,
					 vocab - 1);
	return status;
}

static enum ee_status
compute_base(struct ee_mend_pass *p, struct ee_err *err)
{
	const size_t d = p->model->config.d;

	TRY(plant(p, err));
	TRY(list_readings(p, err));
	TRY(shift(p, err));
	p->base = ee_floats(p->n * d, err);
	p->x = ee_floats(p->n * d, err);
	if (p->base == NULL || p->x == NULL)
		return EE_ENOMEM;
	TRY(ee_embed(&p->pass, &p->span, p->base, err));
	TRY(ee_forward(&p->pass, &p->span, 0, p->m->first, p->base, err));
	p->pass.tips = &p->tips;
	return EE_OK;
}

enum ee_status
ee_mend_pass_open(struct ee_mend_pass *p, const struct ee_model *model,
		  const struct ee_mend *m, const struct ee_said *texts,
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
	ee_span_free(&p->tips);
	ee_trie_free(&p->trie);
	free(p->begin);
	free(p->readings);
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

/* Some readings: their logits, and the way back. */
struct chunk {
	const struct ee_model *model;
	struct ee_mend_reading *readings;	/* (n) */
	size_t n;
	const double *weight;
	float *logits;				/* (n, V) */
};

/* The gradient by the logits takes their place where there is a weight:
 * weight (p - [the label]). */
static void
read_rows(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct chunk *c = arg;
	const size_t vocab = c->model->config.vocab;
	size_t i;

	(void)thread;
	for (i = begin; i < end; i++) {
		struct ee_mend_reading *r = &c->readings[i];
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

/* x and dx (n, d) of the chunk's rows; dx may be NULL */
static enum ee_status
read_chunk(struct chunk *c, const float *x, float *dx, struct ee_err *err)
{
	TRY(ee_logits(c->model, c->n, x, NULL, c->logits, err));
	ee_parallel(c->n, 1, read_rows, c);
	return dx == NULL ? EE_OK :
	       ee_logits_back(c->model, c->n, x, c->logits, dx, err);
}

enum ee_status
ee_mend_pass_nll(struct ee_mend_pass *p, const double *weight, double *nll,
		 float *dx, struct ee_err *err)
{
	const size_t d = p->model->config.d, n = p->nreadings;
	struct chunk c = { .model = p->model, .weight = weight };
	enum ee_status status = EE_OK;
	size_t i;

	c.logits = ee_floats((n < CHUNK ? n : CHUNK) * p->model->config.vocab,
			     err);
	if (c.logits == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n && status == EE_OK; i += CHUNK) {
		c.readings = p->readings + i;
		c.n = n - i < CHUNK ? n - i : CHUNK;
		status = read_chunk(&c, p->x + i * d,
				    dx != NULL ? dx + i * d : NULL, err);
	}
	free(c.logits);
	memset(nll, 0, p->ntexts * sizeof(*nll));
	for (i = 0; i < n; i++)
		nll[p->readings[i].text] += p->readings[i].nll;
	return status;
}
