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
		if (t->n == 0)
			continue;
		TRY(ee_trie_child(&p->trie, EE_NO_NODE, t->ids[0],
				  (uint32_t)i + 1, &node, err));
		TRY(ee_trie_insert(&p->trie, node, t->ids + 1, t->n - 1,
				   NULL, err));
	}
	p->n = p->begin[p->ntexts] = p->trie.n;
	return EE_OK;
}

static enum ee_status
named(const struct ee_said *t, enum ee_status status, struct ee_err *err)
{
	return t->id == NULL ? status :
	       ee_within(err, status, "case %s", t->id);
}

/* Learned positions that do not start at 0 are a depth that is another for
 * as long as tokens are embedded; rotary positions are relative. */
static enum ee_status
embed(struct ee_mend_pass *p, struct ee_pass *pass,
      const struct ee_span *span, struct ee_err *err)
{
	const size_t limit = p->model->config.positions;
	const bool learned = ee_model_param(p->model, 0,
					    EE_W_POSITION)->module != NULL;
	enum ee_status status;
	size_t i, k;

	for (i = 0; learned && i < p->ntexts; i++) {
		const struct ee_said *t = &p->texts[i];

		if (t->n + t->shift > limit)
			return named(t, ee_fail(err, EE_EINPUT, "%zu tokens "
				"in a row; this model has %zu positions",
				t->n + t->shift, limit), err);
		for (k = p->begin[i]; k < p->begin[i + 1]; k++)
			p->trie.depth[k] += (uint32_t)t->shift;
	}
	status = ee_embed(pass, span, p->base, err);
	for (i = 0; learned && i < p->ntexts; i++)
		for (k = p->begin[i]; k < p->begin[i + 1]; k++)
			p->trie.depth[k] -= (uint32_t)p->texts[i].shift;
	return status;
}

/* All texts to the first edited layer, without keeping keys and values. */
static enum ee_status
compute_base(struct ee_mend_pass *p, struct ee_err *err)
{
	struct ee_span span;
	struct ee_pass pass;
	enum ee_status status;

	TRY(ee_span_make(&span, &p->trie, 0, p->n, err));
	status = ee_pass_open(&pass, p->model, &p->trie, 0, err);
	if (status == EE_OK) {
		status = embed(p, &pass, &span, err);
		if (status == EE_OK)
			status = ee_forward(&pass, &span, 0, p->m->first,
					    p->base, err);
		ee_pass_close(&pass);
	}
	ee_span_free(&span);
	return status;
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

/* Which labels of the chosen texts are read where. */
static enum ee_status
list_readings(struct ee_mend_pass *p, struct ee_err *err)
{
	const size_t vocab = p->model->config.vocab;
	enum ee_status status;
	uint32_t *nodes;
	size_t i, n = 0;

	for (i = p->first; i < p->end; i++)
		n += p->texts[i].nlabels;
	if (n == 0)
		return ee_fail(err, EE_EINPUT, "no target to read");
	p->readings = ee_calloc(n, sizeof(*p->readings), err);
	nodes = ee_calloc(n, sizeof(*nodes), err);
	if (p->readings == NULL || nodes == NULL) {
		free(nodes);
		return EE_ENOMEM;
	}
	for (i = p->first; i < p->end; i++)
		list_text(p, i);
	for (i = 0; i < n; i++)
		nodes[i] = p->readings[i].node;
	status = ee_span_pick(&p->tips, &p->trie, p->begin[p->first],
			      p->begin[p->end], nodes, n, err);
	free(nodes);
	for (i = 0; i < n && status == EE_OK; i++)
		if ((size_t)p->readings[i].label >= vocab)
			status = named(&p->texts[p->readings[i].text],
				ee_fail(err, EE_EINPUT, "token id %d; this "
					"model knows 0 to %zu",
					(int)p->readings[i].label,
					vocab - 1), err);
	return status;
}

static void
forget(struct ee_mend_pass *p)
{
	size_t i;

	for (i = 0; p->seen != NULL && i < p->m->nparams; i++) {
		free(p->seen[i].h);
		free(p->seen[i].g);
	}
	free(p->seen);
	p->seen = NULL;
	ee_span_free(&p->span);
	ee_span_free(&p->tips);
	free(p->readings);
	p->readings = NULL;
	p->nreadings = 0;
}

enum ee_status
ee_mend_pass_choose(struct ee_mend_pass *p, size_t first, size_t end,
		    struct ee_err *err)
{
	forget(p);
	p->first = first;
	p->end = end;
	TRY(ee_span_make(&p->span, &p->trie, p->begin[first], p->begin[end],
			 err));
	return list_readings(p, err);
}

static enum ee_status
start(struct ee_mend_pass *p, struct ee_err *err)
{
	const size_t d = p->model->config.d;

	TRY(plant(p, err));
	TRY(ee_mend_pass_choose(p, 0, p->ntexts, err));
	p->base = ee_floats(p->n * d, err);
	p->x = ee_floats(p->n * d, err);
	return p->base != NULL && p->x != NULL ? compute_base(p, err)
					       : EE_ENOMEM;
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
	status = start(p, err);
	if (status != EE_OK)
		ee_mend_pass_close(p);
	return status;
}

void
ee_mend_pass_close(struct ee_mend_pass *p)
{
	if (p->model == NULL)
		return;
	forget(p);
	ee_pass_close(&p->pass);
	ee_trie_free(&p->trie);
	free(p->begin);
	free(p->base);
	free(p->x);
	memset(p, 0, sizeof(*p));
}

enum ee_status
ee_mend_pass_upper(struct ee_mend_pass *p, struct ee_tape *tape, bool all,
		   struct ee_err *err)
{
	const struct ee_config *c = &p->model->config;

	memcpy(p->x, p->base + p->begin[p->first] * c->d,
	       p->span.n * c->d * sizeof(*p->x));
	p->pass.tips = all ? NULL : &p->tips;
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
	memset(nll + p->first, 0, (p->end - p->first) * sizeof(*nll));
	for (i = 0; i < n; i++)
		nll[p->readings[i].text] += p->readings[i].nll;
	return status;
}

/* A patch of rank 0 for each weight: it changes nothing and keeps what the
 * module reads and the gradient of what it gives. */
static enum ee_status
look(struct ee_mend_pass *p, struct ee_err *err)
{
	const struct ee_mend *m = p->m;
	size_t i;

	p->seen = ee_calloc(m->nparams, sizeof(*p->seen), err);
	if (p->seen == NULL)
		return EE_ENOMEM;
	for (i = 0; i < m->nparams; i++) {
		const struct ee_mend_param *param = &m->param[i];

		p->seen[i] = (struct ee_patch){
			.layer = param->layer, .role = param->role,
			.begin = p->begin[p->first],
			.end = p->begin[p->end],
			/* of the last layer not all rows are written */
			.h = ee_calloc(p->span.n * param->in, sizeof(float),
				       err),
			.g = ee_calloc(p->span.n * param->out, sizeof(float),
				       err),
		};
		if (p->seen[i].h == NULL || p->seen[i].g == NULL)
			return EE_ENOMEM;
	}
	p->pass.patches = p->seen;
	p->pass.npatches = m->nparams;
	return EE_OK;
}

enum ee_status
ee_mend_pass_gradients(struct ee_mend_pass *p, const double *weight,
		       double *nll, struct ee_err *err)
{
	const struct ee_config *c = &p->model->config;
	struct ee_tape tape = { 0 };
	float *dx = ee_floats(p->span.n * c->d, err);
	enum ee_status status = dx != NULL ? look(p, err) : EE_ENOMEM;

	if (status == EE_OK)
		status = ee_tape_open(&tape, p->model, p->span.n, p->m->first,
				      c->layers, err);
	tape.mlp_only = p->m->mlp_only;
	if (status == EE_OK)
		status = ee_mend_pass_upper(p, &tape, false, err);
	if (status == EE_OK)
		status = ee_mend_pass_nll(p, weight, nll, dx, err);
	if (status == EE_OK)
		status = ee_backward(&p->pass, &p->span, &tape, dx, err);
	p->pass.patches = NULL;
	p->pass.npatches = 0;
	p->pass.tape = NULL;
	ee_tape_close(&tape);
	free(dx);
	return status;
}

size_t
ee_mend_pass_rows(const struct ee_mend_pass *p, size_t param, size_t first,
		  size_t end, float *x, float *delta)
{
	const struct ee_mend_param *w = &p->m->param[param];
	const struct ee_patch *seen = &p->seen[param];
	size_t i, n = 0;

	for (i = p->begin[first]; i < p->begin[end]; i++) {
		const float *h = seen->h + (i - seen->begin) * w->in;
		const float *g = seen->g + (i - seen->begin) * w->out;

		if (!ee_mend_is_row(w, h, g))
			continue;
		if (x != NULL)
			memcpy(x + n * w->in, h, w->in * sizeof(*x));
		if (delta != NULL)
			memcpy(delta + n * w->out, g, w->out * sizeof(*g));
		n++;
	}
	return n;
}
