/* ground_pass.c - the model's passes over lessons.  See ground.h,
 * ground_job.h. */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/ground_job.h"
#include "math/vec.h"
#include "model/forward.h"

/*
 * Embeddings, with learned positions moved on: only this reads a node's
 * depth once the span is made, and rotary positions are relative.
 */
static enum ee_status
embed(struct ee_ground_job *j, struct ee_pass *pass,
      const struct ee_span *span)
{
	const struct ee_config *c = &j->model->config;
	const bool move = j->moved != NULL && ee_model_param(j->model, 0,
			EE_W_POSITION)->module != NULL;
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; move && i < j->trie.n; i++) {
		j->trie.depth[i] += j->moved[i];
		if (j->trie.depth[i] >= c->positions)
			status = ee_fail(j->err, EE_EINPUT, "%u tokens in a "
					 "row; this model has %zu positions",
					 j->trie.depth[i] + 1, c->positions);
	}
	if (status == EE_OK)
		status = ee_embed(pass, span, j->x, j->err);
	for (i = 0; move && i < j->trie.n; i++)
		j->trie.depth[i] -= j->moved[i];
	return status;
}

/* Nodes [begin, end) through layers [from, to), without looking back. */
static enum ee_status
run(struct ee_ground_job *j, size_t begin, size_t end, size_t from, size_t to)
{
	struct ee_span span;
	struct ee_pass pass;
	enum ee_status status;

	TRY(ee_pass_open(&pass, j->model, &j->trie, 0, j->err));
	status = ee_span_make(&span, &j->trie, begin, end, j->err);
	if (status == EE_OK) {
		if (from == 0)
			status = embed(j, &pass, &span);
		if (status == EE_OK)
			status = ee_forward(&pass, &span, from, to,
					    j->x + begin * j->d, j->err);
		ee_span_free(&span);
	}
	ee_pass_close(&pass);
	return status;
}

static enum ee_status
see(void *ctx, size_t layer, enum ee_site site, const float *x, size_t n,
    size_t width, struct ee_err *err)
{
	struct ee_ground_job *j = ctx;
	size_t i;

	(void)err;
	for (i = 0; i < j->m->nparams; i++) {
		const struct ee_mend_param *p = &j->m->param[i];

		if (p->layer != layer)
			continue;
		if (!j->back && p->x_site == site)
			memcpy(j->seen_x[i], x, n * width * sizeof(*x));
		if (j->back && p->y_site == site)
			memcpy(j->seen_delta[i], x, n * width * sizeof(*x));
	}
	return EE_OK;
}

/* x (edits, d) of the last layer becomes d loss / d x. */
static enum ee_status
loss_back(struct ee_ground_job *j, float *x)
{
	const size_t d = j->d, vocab = j->model->config.vocab;
	size_t reads = 0, i, k, r = 0;
	float *rows, *logits, *dx;
	enum ee_status status = EE_ENOMEM;

	for (i = 0; i < j->n; i++)
		reads += j->lessons[i]->edit.nlabels;
	rows = ee_floats(reads * d, j->err);
	dx = ee_floats(reads * d, j->err);
	logits = ee_floats(reads * vocab, j->err);
	if (rows == NULL || dx == NULL || logits == NULL)
		goto out;
	for (i = 0; i < j->n; i++) {
		const struct ee_said *s = &j->lessons[i]->edit;

		memcpy(rows + r * d, x + (j->edit[i] + s->n - 1 - s->nlabels) *
		       d, s->nlabels * d * sizeof(*x));
		r += s->nlabels;
	}
	status = ee_logits(j->model, reads, rows, NULL, logits, j->err);
	for (i = r = 0; status == EE_OK && i < j->n; i++)
		for (k = 0; k < j->lessons[i]->edit.nlabels; k++, r++) {
			float *p = logits + r * vocab;

			ee_exp(vocab, 1, p,
			       (float)ee_log_softmax(vocab, p, NULL), p);
			p[j->lessons[i]->edit.labels[k]] -= 1;
		}
	if (status == EE_OK)
		status = ee_logits_back(j->model, reads, rows, logits, dx,
					j->err);
	memset(x, 0, j->edits * d * sizeof(*x));
	for (i = r = 0; i < j->n; i++) {
		const struct ee_said *s = &j->lessons[i]->edit;

		memcpy(x + (j->edit[i] + s->n - 1 - s->nlabels) * d,
		       dx + r * d, s->nlabels * d * sizeof(*x));
		r += s->nlabels;
	}
out:
	free(rows);
	free(dx);
	free(logits);
	return status;
}

static void
want(struct ee_ground_job *j, struct ee_pass *pass)
{
	size_t i;

	ee_pass_want_nothing(pass);
	for (i = 0; i < j->m->nparams; i++) {
		const struct ee_mend_param *p = &j->m->param[i];

		ee_pass_want(pass, p->layer, j->back ? p->y_site : p->x_site);
	}
}

enum ee_status
ee_ground_edits(struct ee_ground_job *j)
{
	struct ee_span span = { 0 };
	struct ee_tape tape = { 0 };
	struct ee_pass pass;
	enum ee_status status;

	TRY(ee_pass_open(&pass, j->model, &j->trie, EE_KEEP_KV, j->err));
	pass.tap = see;
	pass.ctx = j;
	want(j, &pass);
	status = ee_span_make(&span, &j->trie, 0, j->edits, j->err);
	if (status == EE_OK)
		status = ee_tape_open(&tape, j->model, j->edits, j->m->first,
				      j->layers, j->err);
	tape.mlp_only = j->m->mlp_only;
	pass.tape = &tape;
	if (status == EE_OK)
		status = ee_forward(&pass, &span, j->m->first, j->layers,
				    j->x, j->err);
	if (status == EE_OK)
		status = loss_back(j, j->x);
	j->back = true;
	want(j, &pass);
	if (status == EE_OK)
		status = ee_backward(&pass, &span, &tape, j->x, j->err);
	ee_tape_close(&tape);
	ee_span_free(&span);
	ee_pass_close(&pass);
	return status;
}

enum ee_status
ee_ground_states(struct ee_ground_job *j)
{
	return run(j, 0, j->trie.n, 0, j->m->first);
}

enum ee_status
ee_ground_locs(struct ee_ground_job *j)
{
	if (j->locs == j->edits)
		return EE_OK;
	return run(j, j->edits, j->locs, j->m->first, j->layers);
}
