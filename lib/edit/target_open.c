/*
 * target_open.c - the layout of a target optimisation, opened and closed:
 * memory, and all that no delta changes, computed once and carried over when
 * requests have left.  See target.h, target_job.h.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/target_job.h"
#include "math/threads.h"
#include "math/vec.h"

static void
copy_row(float *to, const float *x, size_t row, size_t width)
{
	memcpy(to, x + row * width, width * sizeof(*to));
}

/* What layer L shows on the way: v0, keys and outputs of the probes. */
static enum ee_status
take(void *ctx, size_t layer, enum ee_site site, const float *x, size_t n,
     size_t width, struct ee_err *err)
{
	struct ee_target_job *j = ctx;
	const uint32_t *node = j->probes;
	size_t i, k;

	(void)layer, (void)n, (void)err;
	for (i = 0; i < j->nstates; i++) {
		struct ee_target_state *s = &j->states[i];
		struct ee_target *t = s->t;

		if (site == j->params->at)
			copy_row(t->v0, x, j->lookups[s->lookups_at] -
				 j->constant, width);
		for (k = 0; k < t->nprobes; k++, node++) {
			if (site == EE_AT_KEY && t->keys != NULL)
				copy_row(t->keys + k * width, x,
					 *node - j->constant, width);
			if (site == EE_AT_MLP && t->outputs != NULL)
				copy_row(t->outputs + k * width, x,
					 *node - j->constant, width);
		}
	}
	return EE_OK;
}

/* The rows that are read at constant nodes. */
static void
take_constant_rows(struct ee_target_job *j, const float *x)
{
	size_t i;

	for (i = 0; i < j->nreads; i++)
		if (j->reads[i].node < j->constant)
			copy_row(j->rows + i * j->d, x, j->reads[i].row, j->d);
}

/* The constant nodes through all layers, so that their keys and values are
 * there for the moving ones. */
static enum ee_status
compute_constants(struct ee_target_job *j)
{
	struct ee_span span;
	float *x = ee_floats(j->constant * j->d + 1, j->err);
	enum ee_status status = EE_ENOMEM;

	if (x != NULL)
		status = ee_span_make(&span, &j->trie, 0, j->constant,
				      j->err);
	if (status == EE_OK) {
		j->pass.tips = &j->ends;
		status = ee_embed(&j->pass, &span, x, j->err);
		if (status == EE_OK)
			status = ee_forward(&j->pass, &span, 0, j->layers, x,
					    j->err);
		ee_span_free(&span);
	}
	if (status == EE_OK)
		take_constant_rows(j, x);
	free(x);
	return status;
}

/* The moving nodes up to layer L, with what it shows on the way. */
static enum ee_status
compute_base(struct ee_target_job *j)
{
	const size_t layer = j->params->layer;

	j->pass.tips = NULL;
	j->pass.tap = take;
	j->pass.ctx = j;
	ee_pass_want(&j->pass, layer, EE_AT_KEY);
	ee_pass_want(&j->pass, layer, EE_AT_MLP);
	ee_pass_want(&j->pass, layer, j->params->at);
	TRY(ee_embed(&j->pass, &j->moving, j->base, j->err));
	TRY(ee_forward(&j->pass, &j->moving, 0, layer + 1, j->base, j->err));
	ee_pass_want_nothing(&j->pass);
	return EE_OK;
}

/* Memory for the nodes of the present layout. */
static enum ee_status
make_room(struct ee_target_job *j)
{
	const size_t moving = j->trie.n - j->constant;
	const size_t logps = ee_threads() * j->vocab;
	const size_t scratch = logps > j->d ? logps : j->d;

	j->base = ee_floats(moving * j->d, j->err);
	j->x = ee_floats(moving * j->d, j->err);
	j->rows = ee_floats(j->nreads * j->d, j->err);
	j->drows = ee_floats(j->nreads * j->d, j->err);
	j->logits = ee_floats(j->nreads * j->vocab, j->err);
	j->scratch = ee_floats(scratch, j->err);
	if (j->base == NULL || j->x == NULL || j->rows == NULL ||
	    j->drows == NULL || j->logits == NULL || j->scratch == NULL)
		return EE_ENOMEM;
	return ee_tape_open(&j->tape, j->model, moving,
			    j->params->layer + 1, j->layers, j->err);
}

/* The layout is somebody else's, or gone. */
static void
forget(struct ee_target_job *j)
{
	memset(&j->trie, 0, sizeof(j->trie));
	memset(&j->pass, 0, sizeof(j->pass));
	memset(&j->tape, 0, sizeof(j->tape));
	memset(&j->moving, 0, sizeof(j->moving));
	memset(&j->tips, 0, sizeof(j->tips));
	memset(&j->ends, 0, sizeof(j->ends));
	j->reads = NULL;
	j->lookups = j->probes = NULL;
	j->base = j->x = j->rows = j->drows = j->logits = j->scratch = NULL;
	j->nreads = j->nlookups = 0;
}

void
ee_target_close(struct ee_target_job *j)
{
	free(j->reads);
	free(j->lookups);
	free(j->probes);
	free(j->base);
	free(j->x);
	free(j->rows);
	free(j->drows);
	free(j->logits);
	free(j->scratch);
	ee_tape_close(&j->tape);
	ee_span_free(&j->moving);
	ee_span_free(&j->tips);
	ee_span_free(&j->ends);
	if (j->pass.model != NULL)
		ee_pass_close(&j->pass);
	ee_trie_free(&j->trie);
	forget(j);
}

/* Has each request a state that can be changed? */
static enum ee_status
check_states(struct ee_target_job *j)
{
	size_t i;

	for (i = 0; i < j->nstates; i++) {
		struct ee_target_state *s = &j->states[i];

		s->v0_norm = ee_norm2(j->d, s->t->v0);
		if (s->v0_norm > 0 && isfinite(s->v0_norm))
			continue;
		snprintf(s->t->why, sizeof(s->t->why), "the state to be "
			 "changed is zero or not finite");
		TRY(ee_target_finish(j, s, EE_NOT_FINITE));
	}
	return EE_OK;
}

/* Sequences, keys and values, memory: nothing computed yet. */
static enum ee_status
lay_out(struct ee_target_job *j)
{
	size_t i;

	for (i = 0; i < j->nstates; i++)
		j->states[i].nlookups = j->states[i].nreads = 0;
	TRY(ee_target_layout(j));
	TRY(ee_pass_open(&j->pass, j->model, &j->trie, EE_KEEP_KV, j->err));
	return make_room(j);
}

enum ee_status
ee_target_open(struct ee_target_job *j)
{
	TRY(lay_out(j));
	TRY(compute_constants(j));
	TRY(compute_base(j));
	return check_states(j);
}

/* For each node the one of the old trie with the same tokens before it. */
static enum ee_status
match(struct ee_target_job *j, struct ee_trie *old, uint32_t *node)
{
	const struct ee_trie *t = &j->trie;
	const size_t known = old->n;
	size_t i;

	for (i = 0; i < t->n; i++) {
		const uint32_t parent = t->parent[i];

		TRY(ee_trie_child(old, parent == EE_NO_NODE ? EE_NO_NODE :
				  node[parent], t->id[i], t->tag[i], &node[i],
				  j->err));
		assert(node[i] < known);
	}
	(void)known;
	return EE_OK;
}

/* What the old layout has computed, for the nodes that go on. */
static enum ee_status
carry_over(struct ee_target_job *j, struct ee_target_job *old)
{
	uint32_t *node = ee_calloc(j->trie.n, sizeof(*node), j->err);
	enum ee_status status = EE_ENOMEM;
	size_t i;

	if (node != NULL)
		status = match(j, &old->trie, node);
	if (status == EE_OK)
		status = ee_pass_take(&j->pass, &old->pass, node, j->err);
	for (i = j->constant; i < j->trie.n && status == EE_OK; i++)
		copy_row(j->base + (i - j->constant) * j->d, old->base,
			 node[i] - old->constant, j->d);
	for (i = 0; i < j->nstates && status == EE_OK; i++) {
		const struct ee_target_state *s = &j->states[i];

		memcpy(j->rows + s->reads_at * j->d,
		       old->rows + s->reads_were * j->d,
		       s->nreads * j->d * sizeof(*j->rows));
	}
	free(node);
	return status;
}

enum ee_status
ee_target_reopen(struct ee_target_job *j)
{
	struct ee_target_job old = *j;
	enum ee_status status;
	size_t i;

	for (i = 0; i < j->nstates; i++)
		j->states[i].reads_were = j->states[i].reads_at;
	forget(j);
	/* what need not be there twice */
	ee_tape_close(&old.tape);
	free(old.logits);
	old.logits = NULL;
	status = lay_out(j);
	if (status == EE_OK)
		status = carry_over(j, &old);
	ee_target_close(&old);
	return status;
}
