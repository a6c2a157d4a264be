/* target_layout.c - the token sequences of a target optimisation as one
 * trie.  See target.h, target_job.h. */
#include <stdlib.h>

#include "base/try.h"
#include "edit/target_job.h"

static enum ee_status
check(const struct ee_target *t, struct ee_err *err)
{
	size_t i;

	if (t->nrows == 0 || t->ntarget == 0)
		return ee_fail(err, EE_EINPUT, "a target needs a prompt and "
			       "at least one token to say");
	for (i = 0; i < t->nrows; i++)
		if (t->rows[i].n < t->ntarget ||
		    t->rows[i].at >= t->rows[i].n)
			return ee_fail(err, EE_EINPUT, "prompt %zu: %zu "
				       "tokens, too few for a target of %zu",
				       i, t->rows[i].n, t->ntarget);
	return EE_OK;
}

/* Everything before the lookup tokens: shared and constant. */
static enum ee_status
insert_constant(struct ee_target_job *j, const struct ee_spot *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		TRY(ee_trie_insert(&j->trie, EE_NO_NODE, s[i].ids, s[i].at,
				   NULL, j->err));
	return EE_OK;
}

/* The lookup token itself, tagged with its request, and the 'rest' tokens
 * after it; 'path' gets the nodes of the whole sequence. */
static enum ee_status
insert_moving(struct ee_target_job *j, const struct ee_spot *s, size_t n,
	      uint32_t tag,
	      uint32_t *path)
{
	uint32_t parent;

	TRY(ee_trie_insert(&j->trie, EE_NO_NODE, s->ids, s->at, path,
			   j->err));
	parent = s->at > 0 ? path[s->at - 1] : EE_NO_NODE;
	TRY(ee_trie_child(&j->trie, parent, s->ids[s->at], tag, &path[s->at],
			  j->err));
	return ee_trie_insert(&j->trie, path[s->at], s->ids + s->at + 1,
			      n - s->at - 1, path + s->at + 1, j->err);
}

static void
add_lookup(struct ee_target_job *j, struct ee_target_state *s, uint32_t node)
{
	uint32_t i;

	for (i = s->lookups_at; i < j->nlookups; i++)
		if (j->lookups[i] == node)
			return;
	j->lookups[j->nlookups++] = node;
	s->nlookups++;
}

static enum ee_status
insert_request(struct ee_target_job *j, uint32_t number, uint32_t *path,
	       uint32_t *probes)
{
	struct ee_target_state *s = &j->states[number];
	const struct ee_target *t = s->t;
	const uint32_t tag = s->tag;
	size_t i, k;

	s->lookups_at = (uint32_t)j->nlookups;
	s->reads_at = (uint32_t)j->nreads;
	for (i = 0; i < t->nrows; i++) {
		const struct ee_spot *row = &t->rows[i];

		TRY(insert_moving(j, row, row->n, tag, path));
		add_lookup(j, s, path[row->at]);
		for (k = 0; k < t->ntarget; k++) {
			struct ee_target_read *r = &j->reads[j->nreads++];

			r->node = path[row->n - t->ntarget + k];
			r->want = t->target[k];
			r->weight = 1.0 / ((double)t->nrows *
					   (double)t->ntarget);
			r->first_row = i == 0;
			r->state = number;
		}
	}
	if (t->kl != NULL) {
		TRY(insert_moving(j, t->kl, t->kl->at + 1, tag, path));
		add_lookup(j, s, path[t->kl->at]);
		j->reads[j->nreads++] = (struct ee_target_read){
			.node = path[t->kl->at], .want = -1,
			.state = number };
	}
	for (i = 0; i < t->nprobes; i++) {
		TRY(insert_moving(j, &t->probes[i], t->probes[i].at + 1, tag,
				  path));
		probes[i] = path[t->probes[i].at];
	}
	s->nreads = (uint32_t)j->nreads - s->reads_at;
	return EE_OK;
}

/* Most tokens in a row, reads, lookups and probes there may be. */
static void
count(const struct ee_target_job *j, size_t *longest, size_t *reads,
      size_t *lookups,
      size_t *probes)
{
	size_t i, k;

	*longest = *reads = *lookups = *probes = 0;
	for (i = 0; i < j->nstates; i++) {
		const struct ee_target *t = j->states[i].t;

		*reads += t->nrows * t->ntarget + 1;
		*lookups += t->nrows + 1;
		*probes += t->nprobes;
		for (k = 0; k < t->nrows; k++)
			if (t->rows[k].n > *longest)
				*longest = t->rows[k].n;
		for (k = 0; k < t->nprobes; k++)
			if (t->probes[k].n > *longest)
				*longest = t->probes[k].n;
		if (t->kl != NULL && t->kl->n > *longest)
			*longest = t->kl->n;
	}
}

/* The nodes from 'begin' to 'end' that have a number in 'row', as a span;
 * 'row' becomes their row in it. */
static enum ee_status
pick(struct ee_target_job *j, size_t begin, size_t end, uint32_t *row,
     uint32_t *nodes, struct ee_span *span)
{
	size_t i, n = 0;

	for (i = begin; i < end; i++) {
		if (row[i] == 0)
			continue;
		nodes[n] = (uint32_t)i;
		row[i] = (uint32_t)n++;
	}
	return ee_span_pick(span, &j->trie, begin, end, nodes, n, j->err);
}

static enum ee_status
make_spans(struct ee_target_job *j)
{
	const size_t n = j->trie.n;
	uint32_t *row = ee_calloc(2 * n, sizeof(*row), j->err);
	enum ee_status status;
	size_t i;

	if (row == NULL)
		return EE_ENOMEM;
	for (i = 0; i < j->nreads; i++)
		row[j->reads[i].node] = 1;
	status = pick(j, 0, j->constant, row, row + n, &j->ends);
	if (status == EE_OK)
		status = pick(j, j->constant, n, row, row + n, &j->tips);
	for (i = 0; i < j->nreads; i++)
		j->reads[i].row = row[j->reads[i].node];
	free(row);
	return status == EE_OK ? ee_span_make(&j->moving, &j->trie,
					      j->constant, n, j->err)
			       : status;
}

enum ee_status
ee_target_layout(struct ee_target_job *j)
{
	size_t longest, reads, lookups, probes, i, used = 0;
	enum ee_status status = EE_OK;
	uint32_t *path;

	for (i = 0; i < j->nstates; i++)
		TRY(check(j->states[i].t, j->err));
	count(j, &longest, &reads, &lookups, &probes);
	path = ee_calloc(longest, sizeof(*path), j->err);
	j->reads = ee_calloc(reads, sizeof(*j->reads), j->err);
	j->lookups = ee_calloc(lookups, sizeof(*j->lookups), j->err);
	j->probes = ee_calloc(probes, sizeof(*j->probes), j->err);
	if (path == NULL || j->reads == NULL || j->lookups == NULL ||
	    j->probes == NULL)
		status = EE_ENOMEM;
	for (i = 0; i < j->nstates && status == EE_OK; i++) {
		const struct ee_target *t = j->states[i].t;

		status = insert_constant(j, t->rows, t->nrows);
		if (status == EE_OK)
			status = insert_constant(j, t->probes, t->nprobes);
		if (status == EE_OK && t->kl != NULL)
			status = insert_constant(j, t->kl, 1);
	}
	j->constant = (uint32_t)j->trie.n;
	for (i = 0; i < j->nstates && status == EE_OK; i++) {
		status = insert_request(j, (uint32_t)i, path,
					j->probes + used);
		used += j->states[i].t->nprobes;
	}
	free(path);
	return status == EE_OK ? make_spans(j) : status;
}
