/* batchput.c - the records of a batch: taps, logits, nll.  See batch.h. */
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "math/vec.h"

static void
announce(struct ee_arena *arena, struct ee_value *list, const char *tap,
	 size_t width, uint64_t print)
{
	struct ee_value one = ee_map();
	char text[EE_PRINT_TEXT];

	ee_print_text(print, text);
	ee_put(arena, &one, "tap", ee_text(tap));
	ee_put(arena, &one, "width", ee_int((int64_t)width));
	ee_put(arena, &one, "fingerprint",
	       ee_text(ee_arena_text(arena, text, strlen(text))));
	ee_add(arena, list, one);
}

struct ee_value
batch_announce(struct ee_arena *arena, const struct ee_model *model,
	       const struct ee_taps *taps)
{
	struct ee_value list = ee_list();
	size_t i;

	for (i = 0; i < taps->n; i++) {
		const struct ee_tap *t = &taps->tap[i];

		announce(arena, &list, t->name, t->width,
			 ee_model_print(model, t->layer, t->site));
	}
	if (taps->logits)
		announce(arena, &list, "logits", model->config.vocab,
			 model->print);
	if (taps->nll)
		announce(arena, &list, "nll", 1, model->print);
	return list;
}

/* All rows in the documents' order, (rows, width), from those of nodes x
 * (trie.n, width): borrowed, until the next call. */
static const float *
spread(struct batch *b, const float *x, size_t width, struct ee_err *err)
{
	size_t i;

	if (b->rows == b->trie.n)	/* nothing shared: the same order */
		return x;
	free(b->spread);
	b->spread = ee_floats(b->rows * width, err);
	for (i = 0; b->spread != NULL && i < b->rows; i++)
		memcpy(b->spread + i * width, x + b->node[i] * width,
		       width * sizeof(*x));
	return b->spread;
}

/* One record: rows [at, at + n) of the batch. */
static enum ee_status
put_record(struct batch *b, const char *name, const float *x, size_t at,
	   size_t n, size_t width, struct ee_err *err)
{
	struct ee_value record = ee_map();

	ee_arena_reset(&b->arena);
	ee_put(&b->arena, &record, "tap", ee_text(name));
	ee_put(&b->arena, &record, "x",
	       ee_tensor(ee_tensor_2d(EE_F32, x, n, width)));
	ee_put(&b->arena, &record, "doc",
	       ee_tensor(ee_tensor_2d(EE_I64, b->doc + at, n, 0)));
	ee_put(&b->arena, &record, "pos",
	       ee_tensor(ee_tensor_2d(EE_I32, b->pos + at, n, 0)));
	return ee_writer_put(b->out, &record, err);
}

enum ee_status
batch_put_tap(void *ctx, size_t layer, enum ee_site site, const float *x,
	      size_t n, size_t width, struct ee_err *err)
{
	struct batch *b = ctx;
	enum ee_status status = EE_OK;
	size_t i;

	(void)n;
	x = spread(b, x, width, err);
	if (x == NULL)
		return EE_ENOMEM;
	for (i = 0; i < b->taps->n && status == EE_OK; i++) {
		const struct ee_tap *t = &b->taps->tap[i];

		if (t->layer == layer && t->site == site)
			status = put_record(b, t->name, x, 0, b->rows, width,
					    err);
	}
	return status;
}

/* Logits of rows [at, at + n), and the -log p of the token after each. */
static enum ee_status
put_logits(struct batch *b, const float *x, size_t at, size_t n,
	   float *logits, float *nll, struct ee_err *err)
{
	const size_t vocab = b->model->config.vocab;
	const size_t d = b->model->config.d;
	enum ee_status status;
	size_t i;

	status = ee_logits(b->model, n, x + at * d, NULL, logits, err);
	if (status == EE_OK && b->taps->logits)
		status = put_record(b, "logits", logits, at, n, vocab, err);
	for (i = 0; i < n; i++) {
		const float *l = logits + i * vocab;
		const size_t next = at + i + 1;

		if (next < b->rows && b->pos[next] > 0)
			nll[next] = (float)(ee_log_softmax(vocab, l, NULL) -
				(double)l[b->trie.id[b->node[next]]]);
	}
	return status;
}

/* -log p of all tokens that have one before them. */
static enum ee_status
put_nll(struct batch *b, float *nll, struct ee_err *err)
{
	size_t i, rows = 0;

	for (i = 0; i < b->rows; i++) {
		if (b->pos[i] == 0)
			continue;
		nll[rows] = nll[i];
		b->doc[rows] = b->doc[i];
		b->pos[rows++] = b->pos[i];
	}
	return put_record(b, "nll", nll, 0, rows, 1, err);
}

enum ee_status
batch_put_head(struct batch *b, const float *x, struct ee_err *err)
{
	const size_t strip = 256;
	float *logits = ee_floats(strip * b->model->config.vocab, err);
	float *nll = ee_calloc(b->rows, sizeof(*nll), err);
	enum ee_status status = EE_ENOMEM;
	size_t i;

	if (logits == NULL || nll == NULL)
		goto out;
	x = spread(b, x, b->model->config.d, err);
	if (x == NULL)
		goto out;
	status = EE_OK;
	for (i = 0; i < b->rows && status == EE_OK; i += strip)
		status = put_logits(b, x, i, b->rows - i < strip ?
				    b->rows - i : strip, logits, nll, err);
	if (status == EE_OK && b->taps->nll)
		status = put_nll(b, nll, err);
out:
	free(logits);
	free(nll);
	return status;
}
