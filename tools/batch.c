/* batch.c - documents computed together.  See batch.h. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

enum ee_status
batch_open(struct batch *b, const struct ee_model *model,
	   const struct ee_taps *taps, struct ee_writer *out, size_t wanted,
	   struct ee_err *err)
{
	enum ee_status status;
	size_t i;

	memset(b, 0, sizeof(*b));
	b->model = model;
	b->taps = taps;
	b->out = out;
	b->wanted = wanted;
	status = ee_pass_open(&b->pass, model, &b->trie, 0, err);
	if (status != EE_OK)
		return status;
	b->pass.tap = batch_put_tap;
	b->pass.ctx = b;
	for (i = 0; i < taps->n; i++)
		ee_pass_want(&b->pass, taps->tap[i].layer,
			     taps->tap[i].site);
	return EE_OK;
}

void
batch_close(struct batch *b)
{
	ee_pass_close(&b->pass);
	ee_trie_free(&b->trie);
	free(b->node);
	free(b->doc);
	free(b->pos);
	free(b->spread);
	ee_arena_free(&b->arena);
}

#define GROW(array) do { \
	void *p_ = ee_grow(b->array, room, sizeof(*b->array), err); \
	if (p_ == NULL) \
		return EE_ENOMEM; \
	b->array = p_; \
} while (0)

static enum ee_status
make_room(struct batch *b, size_t more, struct ee_err *err)
{
	const size_t room = 2 * (b->rows + more);

	if (b->rows + more <= b->room)
		return EE_OK;
	GROW(node);
	GROW(doc);
	GROW(pos);
	b->room = room;
	return EE_OK;
}

static enum ee_status
check_document(const struct batch *b, int64_t id, const int32_t *ids,
	       size_t n, struct ee_err *err)
{
	const struct ee_config *c = &b->model->config;
	size_t i;

	if (n > c->positions)
		return ee_fail(err, EE_EINPUT, "document %lld has %zu tokens;"
			       " this model has %zu positions (ee-tokenize "
			       "--max-length)", (long long)id, n,
			       c->positions);
	for (i = 0; i < n; i++)
		if (ids[i] < 0 || (size_t)ids[i] >= c->vocab)
			return ee_fail(err, EE_EINPUT, "document %lld, token "
				       "%zu: id %d; this model knows 0 to "
				       "%zu", (long long)id, i, (int)ids[i],
				       c->vocab - 1);
	return EE_OK;
}

enum ee_status
batch_add(struct batch *b, const struct ee_value *record,
	  struct ee_progress *progress, struct ee_err *err)
{
	struct ee_tensor ids;
	int64_t id;
	enum ee_status status;
	size_t n, i;

	status = ee_get_int(record, "id", INT64_MIN, INT64_MAX, &id, "tokens",
			    err);
	if (status == EE_OK)
		status = ee_get_tensor(record, "ids", EE_I32, 1, &ids,
				       "tokens", err);
	if (status != EE_OK)
		return status;
	n = ids.shape[0];
	status = check_document(b, id, ids.data, n, err);
	if (status == EE_OK && b->rows > 0 && b->rows + n > b->wanted)
		status = batch_run(b, progress, err);
	if (status == EE_OK)
		status = make_room(b, n, err);
	if (status == EE_OK)
		status = ee_trie_insert(&b->trie, EE_NO_NODE, ids.data, n,
					b->node + b->rows, err);
	if (status != EE_OK)
		return status;
	for (i = 0; i < n; i++) {
		b->doc[b->rows] = id;
		b->pos[b->rows++] = (int32_t)i;
	}
	return EE_OK;
}

enum ee_status
batch_run(struct batch *b, struct ee_progress *progress, struct ee_err *err)
{
	struct ee_span span;
	float *x;
	enum ee_status status;

	if (b->rows == 0)
		return EE_OK;
	x = ee_floats(b->trie.n * b->model->config.d, err);
	if (x == NULL)
		return EE_ENOMEM;
	status = ee_span_make(&span, &b->trie, 0, b->trie.n, err);
	if (status == EE_OK) {
		status = ee_embed(&b->pass, &span, x, err);
		if (status == EE_OK)
			status = ee_forward_until(&b->pass, &span, 0,
						  b->taps->deepest,
						  b->taps->last, x, err);
		ee_span_free(&span);
	}
	if (status == EE_OK && (b->taps->logits || b->taps->nll))
		status = batch_put_head(b, x, err);
	free(x);
	ee_progress_add(progress, (double)b->rows);
	ee_trie_reset(&b->trie);
	b->rows = 0;
	return status;
}
