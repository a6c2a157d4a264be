/* complete.c - what a model writes by itself.  See complete.h. */
#include "score/complete.h"

#include <stdlib.h>
#include <string.h>

enum {
	AT_ONCE = 256,		/* texts that grow together, at most */
	KV_FLOATS = 1 << 28	/* of their keys and values */
};

static enum ee_status
start(struct ee_sequence *s, struct ee_random *random,
      const struct ee_completion *d, struct ee_err *err)
{
	ee_random_seed(random, d->seed);
	s->n = d->n;
	s->most = d->most > d->n ? d->most : d->n;
	s->stop = d->stop;
	s->random = random;
	s->ids = ee_calloc(s->most, sizeof(*s->ids), err);
	if (s->ids == NULL)
		return EE_ENOMEM;
	memcpy(s->ids, d->ids, d->n * sizeof(*s->ids));
	return EE_OK;
}

static enum ee_status
complete_some(const struct ee_model *model, const struct ee_tokenizer *tok,
	      const struct ee_sampling *sampling, struct ee_completion *list,
	      size_t n, struct ee_err *err)
{
	struct ee_sequence *seq = ee_calloc(n, sizeof(*seq), err);
	struct ee_random *random = ee_calloc(n, sizeof(*random), err);
	enum ee_status status = seq && random ? EE_OK : EE_ENOMEM;
	size_t i, from, len, room;

	for (i = 0; i < n && status == EE_OK; i++)
		status = start(&seq[i], &random[i], &list[i], err);
	if (status == EE_OK)
		status = ee_generate(model, sampling, NULL, seq, n, err);
	for (i = 0; i < n && status == EE_OK; i++) {
		from = list[i].whole ? 0 : list[i].n;
		room = 0;
		status = ee_decode(tok, seq[i].ids + from, seq[i].n - from,
				   true, &list[i].text, &len, &room, err);
	}
	for (i = 0; seq != NULL && i < n; i++)
		free(seq[i].ids);
	free(seq);
	free(random);
	return status;
}

/* How many of the texts fit in memory together; at least one. */
static size_t
fitting(const struct ee_config *c, const struct ee_completion *list, size_t n)
{
	const size_t each = 2 * c->layers * c->kv_heads * c->head;
	size_t tokens = 0, k;

	for (k = 0; k < n && k < AT_ONCE; k++) {
		tokens += list[k].most;
		if (k > 0 && tokens > KV_FLOATS / each)
			break;
	}
	return k;
}

enum ee_status
ee_complete(const struct ee_model *model, const struct ee_tokenizer *tok,
	    const struct ee_sampling *sampling, struct ee_completion *list,
	    size_t n, struct ee_err *err)
{
	struct ee_sampling known = *sampling;
	enum ee_status status = EE_OK;
	size_t i, k;

	known.vocab = ee_tokenizer_size(tok);
	for (i = 0; i < n; i++) {
		list[i].text = NULL;
		if (list[i].most > model->config.positions)
			list[i].most = model->config.positions;
	}
	for (i = 0; i < n && status == EE_OK; i += k) {
		k = fitting(&model->config, list + i, n - i);
		status = complete_some(model, tok, &known, list + i, k, err);
	}
	for (i = 0; i < n && status != EE_OK; i++) {
		free(list[i].text);
		list[i].text = NULL;
	}
	return status;
}
