/* generate.c - continuing token sequences.  See generate.h. */
#include "model/generate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/vec.h"
#include "model/forward.h"

struct job {
	const struct ee_model *model;
	const struct ee_sampling *sampling;
	struct ee_random *random;
	struct ee_sequence *seq;
	size_t n;
	struct ee_trie trie;
	struct ee_pass pass;
	uint32_t *last;		/* (n) node of each sequence's last token */
	uint32_t *rows;		/* nodes whose logits are wanted */
	size_t *row_of;		/* (n) which of them is a sequence's */
	size_t *top;		/* (top_k) */
	struct ee_err *err;
};

static enum ee_status
check(const struct job *j)
{
	size_t i;

	for (i = 0; i < j->n; i++) {
		if (j->seq[i].n == 0)
			return ee_fail(j->err, EE_EINPUT, "prompt %zu has no "
				       "tokens", i + 1);
		if (j->seq[i].most > j->model->config.positions)
			return ee_fail(j->err, EE_EINPUT, "%zu tokens are "
				       "wanted; this model has %zu positions",
				       j->seq[i].most,
				       j->model->config.positions);
	}
	return EE_OK;
}

static size_t
largest(const float *x, size_t n)
{
	size_t i, best = 0;

	for (i = 1; i < n; i++)
		if (x[i] > x[best])
			best = i;
	return best;
}

/* The k likeliest, in order, by insertion (k is small). */
static void
likeliest(const float *x, size_t n, size_t *top, size_t k)
{
	size_t i, at, used = 0;

	for (i = 0; i < n; i++) {
		if (used == k && x[i] <= x[top[k - 1]])
			continue;
		if (used < k)
			used++;
		for (at = used - 1; at > 0 && x[i] > x[top[at - 1]]; at--)
			top[at] = top[at - 1];
		top[at] = i;
	}
}

static size_t
choose(struct job *j, struct ee_random *random, const float *logits)
{
	const size_t all = j->model->config.vocab;
	const size_t most = j->sampling->vocab;
	const size_t vocab = most > 0 && most < all ? most : all;
	const size_t k = j->sampling->top_k < vocab ? j->sampling->top_k
						    : vocab;
	double sum = 0, u;
	size_t i;

	if (j->sampling->greedy)
		return largest(logits, vocab);
	likeliest(logits, vocab, j->top, k);
	for (i = 0; i < k; i++)
		sum += exp(((double)logits[j->top[i]] -
			    (double)logits[j->top[0]]) /
			   j->sampling->temperature);
	u = ee_random_real(random) * sum;
	for (i = 0; i + 1 < k; i++) {
		u -= exp(((double)logits[j->top[i]] -
			  (double)logits[j->top[0]]) /
			 j->sampling->temperature);
		if (u < 0)
			break;
	}
	return j->top[i];
}

static bool
growing(const struct ee_sequence *s)
{
	return !s->ended && s->n < s->most;
}

/* The last nodes of growing sequences, each once, into j->rows; j->row_of
 * says which is whose. */
static size_t
rows_wanted(struct job *j)
{
	size_t rows = 0, i, r;

	for (i = 0; i < j->n; i++) {
		if (!growing(&j->seq[i]))
			continue;
		for (r = 0; r < rows && j->rows[r] != j->last[i]; r++)
			continue;
		if (r == rows)
			j->rows[rows++] = j->last[i];
		j->row_of[i] = r;
	}
	return rows;
}

/* Give sequence i the token that its logits choose.  Nodes of generated
 * tokens are tagged: a prompt's nodes were computed in an earlier step. */
static enum ee_status
give(struct job *j, size_t i, const float *logits)
{
	struct ee_sequence *s = &j->seq[i];
	int32_t token;

	if (!ee_all_finite(j->model->config.vocab, logits))
		return ee_fail(j->err, EE_EMATH, "logits after %zu tokens are "
			       "not finite", s->n);
	token = (int32_t)choose(j, s->random != NULL ? s->random : j->random,
				logits);
	s->ids[s->n++] = token;
	s->ended = s->stop >= 0 && token == s->stop;
	return growing(s) ? ee_trie_child(&j->trie, j->last[i], token, 1,
					  &j->last[i], j->err) : EE_OK;
}

/* A token for every growing sequence; x (rows of the nodes from 'begin' on,
 * d) are outputs of the last layer. */
static enum ee_status
extend(struct job *j, size_t begin, const float *x)
{
	const size_t d = j->model->config.d, vocab = j->model->config.vocab;
	const size_t rows = rows_wanted(j);
	float *h = ee_floats(rows * d, j->err);
	float *logits = ee_floats(rows * vocab, j->err);
	enum ee_status status = EE_ENOMEM;
	size_t i;

	if (h == NULL || logits == NULL)
		goto out;
	for (i = 0; i < rows; i++)
		memcpy(h + i * d, x + (j->rows[i] - begin) * d,
		       d * sizeof(*h));
	status = ee_logits(j->model, rows, h, NULL, logits, j->err);
	for (i = 0; i < j->n && status == EE_OK; i++)
		if (growing(&j->seq[i]))
			status = give(j, i, logits + j->row_of[i] * vocab);
out:
	free(h);
	free(logits);
	return status;
}

static enum ee_status
step(struct job *j, size_t begin)
{
	const struct ee_config *c = &j->model->config;
	const size_t n = j->trie.n - begin;
	struct ee_span span;
	float *x = ee_floats(n * c->d, j->err);
	enum ee_status status;

	if (x == NULL)
		return EE_ENOMEM;
	status = ee_span_make(&span, &j->trie, begin, j->trie.n, j->err);
	if (status == EE_OK) {
		status = ee_embed(&j->pass, &span, x, j->err);
		if (status == EE_OK)
			status = ee_forward(&j->pass, &span, 0, c->layers, x,
					    j->err);
		if (status == EE_OK)
			status = extend(j, begin, x);
		ee_span_free(&span);
	}
	free(x);
	return status;
}

static enum ee_status
run(struct job *j)
{
	enum ee_status status = check(j);
	size_t i, begin = 0, end;

	j->last = ee_calloc(j->n, sizeof(*j->last), j->err);
	j->rows = ee_calloc(j->n, sizeof(*j->rows), j->err);
	j->row_of = ee_calloc(j->n, sizeof(*j->row_of), j->err);
	j->top = ee_calloc(j->sampling->top_k + 1, sizeof(*j->top), j->err);
	if (j->last == NULL || j->rows == NULL || j->row_of == NULL ||
	    j->top == NULL)
		return EE_ENOMEM;
	for (i = 0; i < j->n && status == EE_OK; i++) {
		struct ee_sequence *s = &j->seq[i];
		uint32_t *path = ee_calloc(s->n, sizeof(*path), j->err);

		if (path == NULL)
			return EE_ENOMEM;
		status = ee_trie_insert(&j->trie, EE_NO_NODE, s->ids, s->n,
					path, j->err);
		j->last[i] = path[s->n - 1];
		free(path);
	}
	while (status == EE_OK && begin < j->trie.n) {
		end = j->trie.n;
		status = step(j, begin);
		begin = end;
	}
	return status;
}

enum ee_status
ee_generate(const struct ee_model *model, const struct ee_sampling *sampling,
	    struct ee_random *random, struct ee_sequence *sequences,
	    size_t n, struct ee_err *err)
{
	struct job j = { .model = model, .sampling = sampling,
			 .random = random, .seq = sequences, .n = n,
			 .err = err };
	enum ee_status status = ee_pass_open(&j.pass, model, &j.trie,
					     EE_KEEP_KV, err);

	if (status != EE_OK)
		return status;
	status = run(&j);
	ee_pass_close(&j.pass);
	ee_trie_free(&j.trie);
	free(j.last);
	free(j.rows);
	free(j.row_of);
	free(j.top);
	return status;
}
