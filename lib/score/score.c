/*
 * score.c - how likely a model finds texts after prompts.  See score.h.
 *
 * Each token to be scored is a wish: the node before it, whose logits say
 * how likely it is.  Wishes are sorted by node, so that the logits of a node
 * that many wish for (a prompt with several targets) are computed once, and
 * only some rows of logits stand in memory at a time.
 */
#include "score/score.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/prompts.h"
#include "math/vec.h"
#include "model/forward.h"

enum {
	BATCH_NODES = 4096,
	LOGIT_FLOATS = 1 << 23	/* of one block of logits */
};

static enum ee_status
check_ask(const struct ee_ask *ask, const struct ee_model *model,
	   const char *prompt, const char *target, struct ee_err *err)
{
	if (target[0] == '\0' || ask->asked == 0)
		return ee_fail(err, EE_EINPUT, "the target '%s' has no tokens",
			       target);
	if (ask->n == ask->asked)
		return ee_fail(err, EE_EINPUT, "the prompt '%s' has no tokens",
			       prompt);
	if (ask->n > model->config.positions)
		return ee_fail(err, EE_EINPUT, "the prompt '%.60s%s' and its "
			       "target have %zu tokens; this model has %zu "
			       "positions", prompt,
			       strlen(prompt) > 60 ? "..." : "", ask->n,
			       model->config.positions);
	return EE_OK;
}

enum ee_status
ee_ask_make(struct ee_ask *ask, const struct ee_model *model,
	     const struct ee_tokenizer *tok, const char *prompt,
	     const char *target, struct ee_err *err)
{
	struct ee_ids whole = { 0 };
	enum ee_status status;
	char *text;

	memset(ask, 0, sizeof(*ask));
	if (asprintf(&text, "%s%s%s", prompt, target[0] == ' ' ? "" : " ",
		     target) < 0)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	status = ee_encode_after(tok, text, strlen(prompt), &whole,
				 &ask->asked, err);
	ask->n = whole.n;
	if (status == EE_OK)
		status = check_ask(ask, model, prompt, target, err);
	if (status == EE_OK) {
		ask->ids = whole.ids;
		whole.ids = NULL;
	}
	free(text);
	ee_ids_free(&whole);
	return status;
}

struct wish {
	uint32_t node;		/* whose logits */
	uint32_t at;		/* token of the target, from 0 */
	size_t ask;
};

struct job {
	const struct ee_model *model;
	const struct ee_ask *asks;
	struct ee_answer *answers;
	const struct ee_shared *given;	/* what need not be computed */
	struct ee_shared *keep;		/* what is computed for later */
	struct ee_trie trie;
	struct wish *wishes;
	size_t nwishes, room;
	struct ee_err *err;
};

static int
by_node(const void *a, const void *b)
{
	const struct wish *x = a, *y = b;

	return (x->node > y->node) - (x->node < y->node);
}

/* The ask's nodes and wishes.  Nothing follows its last token, which thus
 * needs no node. */
static enum ee_status
add_ask(struct job *j, size_t number)
{
	const struct ee_ask *p = &j->asks[number];
	uint32_t node = EE_NO_NODE;
	enum ee_status status = EE_OK;
	size_t i;

	TRY(ee_reserve(&j->wishes, &j->room, j->nwishes + p->asked,
		       sizeof(*j->wishes), j->err));
	for (i = 0; i + 1 < p->n && status == EE_OK; i++) {
		status = ee_trie_child(&j->trie, node, p->ids[i], 0, &node,
				       j->err);
		if (i + 1 + p->asked >= p->n)
			j->wishes[j->nwishes++] = (struct wish){ node,
				(uint32_t)(i + 1 + p->asked - p->n), number };
	}
	return status;
}

static void
grant(struct job *j, const struct wish *w, const float *logits, double sum,
      int32_t best)
{
	const struct ee_ask *p = &j->asks[w->ask];
	const int32_t want = p->ids[p->n - p->asked + w->at];
	struct ee_answer *a = &j->answers[w->ask];

	a->nll += (sum - (double)logits[want]) / (double)p->asked;
	a->right += best == want;
	if (a->said != NULL)
		a->said[w->at] = best;
}

static int32_t
largest(const float *x, size_t n)
{
	size_t i, best = 0;

	for (i = 1; i < n; i++)
		if (x[i] > x[best])
			best = i;
	return (int32_t)best;
}

/* Grant wishes from number '*from' on, those for the nodes whose outputs of
 * the last layer are the 'n' rows of x; '*from' is then the next. */
static enum ee_status
grant_some(struct job *j, const float *x, size_t n, float *logits,
	   size_t *from)
{
	const size_t vocab = j->model->config.vocab;
	const struct wish *w = j->wishes;
	size_t i = *from, r;

	TRY(ee_logits(j->model, n, x, NULL, logits, j->err));
	for (r = 0; r < n; r++) {
		const float *l = logits + r * vocab;
		const uint32_t node = w[i].node;
		double sum;
		int32_t best;

		if (!ee_all_finite(vocab, l))
			return ee_fail(j->err, EE_EMATH, "logits are not "
				       "finite");
		sum = ee_log_softmax(vocab, l, NULL);
		best = largest(l, vocab);
		for (; i < j->nwishes && w[i].node == node; i++)
			grant(j, &w[i], l, sum, best);
	}
	*from = i;
	return EE_OK;
}

/* All wishes; x (n, d) has the rows of the nodes wished for, in order. */
static enum ee_status
grant_all(struct job *j, const float *x, size_t n)
{
	const size_t vocab = j->model->config.vocab, d = j->model->config.d;
	const size_t block = LOGIT_FLOATS / vocab > 0 ? LOGIT_FLOATS / vocab
						      : 1;
	const size_t most = block < n ? block : n;
	float *logits = ee_floats(most * vocab, j->err);
	enum ee_status status = logits != NULL ? EE_OK : EE_ENOMEM;
	size_t from = 0, i;

	for (i = 0; i < n && status == EE_OK; i += most)
		status = grant_some(j, x + i * d, n - i < most ? n - i : most,
				    logits, &from);
	free(logits);
	return status;
}

/* Sort the wishes; the nodes wished for, each once, are 'tips'. */
static enum ee_status
pick_tips(struct job *j, struct ee_span *tips)
{
	uint32_t *nodes = ee_calloc(j->nwishes, sizeof(*nodes), j->err);
	enum ee_status status;
	size_t i, n = 0;

	if (nodes == NULL)
		return EE_ENOMEM;
	qsort(j->wishes, j->nwishes, sizeof(*j->wishes), by_node);
	for (i = 0; i < j->nwishes; i++)
		if (n == 0 || j->wishes[i].node != nodes[n - 1])
			nodes[n++] = j->wishes[i].node;
	status = ee_span_pick(tips, &j->trie, 0, j->trie.n, nodes, n, j->err);
	free(nodes);
	return status;
}

/* x (trie->n, d) = the rows of 'given' for the job's nodes. */
static enum ee_status
gather(struct job *j, float *x)
{
	const size_t d = j->model->config.d;
	const struct ee_trie *t = &j->trie;
	uint32_t *same = ee_calloc(t->n, sizeof(*same), j->err), parent;
	size_t i;

	if (same == NULL)
		return EE_ENOMEM;
	for (i = 0; i < t->n; i++) {	/* parents come first */
		parent = t->parent[i] == EE_NO_NODE ? EE_NO_NODE
						    : same[t->parent[i]];
		same[i] = ee_trie_find(&j->given->trie, parent, t->id[i],
				       t->tag[i]);
		if (same[i] == EE_NO_NODE)
			break;
		memcpy(x + i * d, j->given->x + same[i] * d, d * sizeof(*x));
	}
	free(same);
	return i == t->n ? EE_OK : ee_fail(j->err, EE_EINPUT, "a prompt that "
					   "was not asked before");
}

/* The layers; x (trie->n, d) is then the output of the last, of the tips
 * alone: (tips->n, d). */
static enum ee_status
run_layers(struct job *j, struct ee_pass *pass, const struct ee_span *span,
	   const struct ee_span *tips, float *x)
{
	const struct ee_config *c = &j->model->config;
	const size_t all = j->trie.n * c->d;
	struct ee_shared *keep = j->keep;
	size_t from = 0;

	if (j->given != NULL) {
		TRY(gather(j, x));
		from = j->given->layer;
	} else {
		TRY(ee_embed(pass, span, x, j->err));
	}
	if (keep != NULL) {
		TRY(ee_forward(pass, span, from, keep->layer, x, j->err));
		from = keep->layer;
		keep->x = ee_floats(all, j->err);
		if (keep->x == NULL)
			return EE_ENOMEM;
		memcpy(keep->x, x, all * sizeof(*x));
	}
	if (j->answers == NULL)
		return EE_OK;
	pass->tips = tips;
	return ee_forward(pass, span, from, c->layers, x, j->err);
}

/* Compute the trie and grant all wishes; then both are empty. */
static enum ee_status
run_batch(struct job *j)
{
	float *x = ee_floats(j->trie.n * j->model->config.d, j->err);
	struct ee_span span = { 0 }, tips = { 0 };
	struct ee_pass pass;
	enum ee_status status = x != NULL ? EE_OK : EE_ENOMEM;

	if (status == EE_OK)
		status = ee_span_make(&span, &j->trie, 0, j->trie.n, j->err);
	if (status == EE_OK)
		status = pick_tips(j, &tips);
	if (status == EE_OK)
		status = ee_pass_open(&pass, j->model, &j->trie, 0, j->err);
	if (status == EE_OK) {
		status = run_layers(j, &pass, &span, &tips, x);
		ee_pass_close(&pass);
	}
	if (status == EE_OK && j->answers != NULL)
		status = grant_all(j, x, tips.n);
	ee_span_free(&span);
	ee_span_free(&tips);
	if (j->keep == NULL)
		ee_trie_reset(&j->trie);
	j->nwishes = 0;
	free(x);
	return status;
}

/* All asks, in tries of about 'nodes' nodes (0: in one). */
static enum ee_status
run(struct job *j, size_t n, size_t nodes, struct ee_progress *progress)
{
	enum ee_status status = EE_OK;
	size_t i, done = 0;

	for (i = 0; i < n && status == EE_OK; i++) {
		if (j->answers != NULL) {
			j->answers[i].nll = 0;
			j->answers[i].right = 0;
		}
		status = add_ask(j, i);
		if (status == EE_OK && ((nodes > 0 && j->trie.n >= nodes) ||
		    i + 1 == n)) {
			status = run_batch(j);
			if (progress != NULL && j->answers != NULL)
				ee_progress_add(progress,
						(double)(i + 1 - done));
			done = i + 1;
		}
	}
	if (j->keep != NULL) {
		j->keep->trie = j->trie;
		memset(&j->trie, 0, sizeof(j->trie));
	}
	ee_trie_free(&j->trie);
	free(j->wishes);
	return status;
}

enum ee_status
ee_score(const struct ee_model *model, const struct ee_ask *asks, size_t n,
	 size_t nodes, struct ee_answer *answers,
	 struct ee_progress *progress, struct ee_err *err)
{
	struct job j = { .model = model, .asks = asks, .answers = answers,
			 .err = err };

	return run(&j, n, nodes > 0 ? nodes : BATCH_NODES, progress);
}

void
ee_shared_free(struct ee_shared *shared)
{
	ee_trie_free(&shared->trie);
	free(shared->x);
	memset(shared, 0, sizeof(*shared));
}

enum ee_status
ee_score_first(const struct ee_model *model, const struct ee_ask *asks,
	       size_t n, size_t layer, struct ee_answer *answers,
	       struct ee_shared *shared, struct ee_progress *progress,
	       struct ee_err *err)
{
	struct job j = { .model = model, .asks = asks, .answers = answers,
			 .keep = shared, .err = err };
	enum ee_status status;

	memset(shared, 0, sizeof(*shared));
	shared->layer = layer;
	status = run(&j, n, 0, progress);
	if (status != EE_OK)
		ee_shared_free(shared);
	return status;
}

enum ee_status
ee_score_again(const struct ee_model *model, const struct ee_shared *shared,
	       const struct ee_ask *asks, size_t n,
	       struct ee_answer *answers, struct ee_progress *progress,
	       struct ee_err *err)
{
	struct job j = { .model = model, .asks = asks, .answers = answers,
			 .given = shared, .err = err };

	return run(&j, n, BATCH_NODES, progress);
}
