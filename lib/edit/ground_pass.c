/* ground_pass.c - the model's passes over lessons.  See ground.h,
 * ground_job.h. */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/ground_job.h"
#include "math/convert.h"
#include "math/vec.h"
#include "model/forward.h"

enum ee_status
ee_shift_positions(const struct ee_model *model, size_t n, size_t shift,
		   float *x, struct ee_err *err)
{
	const struct ee_param *place = ee_model_param(model, 0,
						      EE_W_POSITION);
	const size_t d = model->config.d;
	const size_t size = ee_dtype_size(place->w.dtype) * d;
	const char *table = place->w.data;
	float *was;
	size_t i;

	if (place->module == NULL || shift == 0)
		return EE_OK;
	if (n + shift > model->config.positions)
		return ee_fail(err, EE_EINPUT, "%zu tokens in a row; this "
			       "model has %zu positions", n + shift,
			       model->config.positions);
	was = ee_floats(2 * d, err);
	if (was == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n; i++) {
		ee_to_f32(place->w.dtype, table + i * size, d, was);
		ee_to_f32(place->w.dtype, table + (i + shift) * size, d,
			  was + d);
		ee_axpy(d, -1, was, x + i * d);
		ee_axpy(d, 1, was + d, x + i * d);
	}
	free(was);
	return EE_OK;
}

static enum ee_status
shift_all(struct ee_ground_job *j)
{
	size_t i;

	for (i = 0; j->shift != NULL && i < j->n; i++) {
		const struct ee_lesson *l = j->lessons[i];

		TRY(ee_shift_positions(j->model, l->edit.n, j->shift[i].edit,
				       j->x + j->edit[i] * j->d, j->err));
		TRY(ee_shift_positions(j->model, l->loc.n, j->shift[i].loc,
				       j->x + j->loc[i] * j->d, j->err));
		if (j->outer[i] != j->edit[i])
			TRY(ee_shift_positions(j->model, l->outer.n,
					       j->shift[i].outer, j->x +
					       j->outer[i] * j->d, j->err));
	}
	return EE_OK;
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
		if (from == 0) {
			status = ee_embed(&pass, &span, j->x, j->err);
			if (status == EE_OK)
				status = shift_all(j);
		}
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
