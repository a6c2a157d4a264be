/*
 * ground.c - what of a lesson does not change.  See ground.h.
 *
 * All lessons of a call are one trie, in which no two sequences share a node:
 * first the edits, then the locality prompts, then the rephrased edits.  All
 * of it runs to layer f without keeping keys and values; the edits go on to
 * the end and back to f, the locality prompts to the end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/ground_job.h"
#include "math/vec.h"

size_t
ee_loc_row(const struct ee_said *loc, bool like_easyedit)
{
	return loc->n - loc->nlabels - (like_easyedit ? 0 : 1);
}

size_t
ee_ground_most(const struct ee_mend *m, const struct ee_lesson *l, size_t d)
{
	size_t sum = (l->outer.n + l->loc.n + l->loc.nlabels) * d, j;

	for (j = 0; j < m->nparams; j++)
		sum += l->edit.n * (m->param[j].in + m->param[j].out);
	return sum;
}

struct ee_ground_view
ee_ground_view(const struct ee_ground *g, const struct ee_mend *m,
	       const struct ee_lesson *lesson, size_t d,
	       struct ee_mend_rows *rows)
{
	struct ee_ground_view v;
	float *p = g->block;
	size_t j;

	for (j = 0; j < m->nparams; j++) {
		rows[j].param = j;
		rows[j].n = g->rows[j];
		rows[j].x = p;
		p += g->rows[j] * m->param[j].in;
		rows[j].delta = p;
		p += g->rows[j] * m->param[j].out;
	}
	v.outer = p;
	v.loc = v.outer + lesson->outer.n * d;
	v.said = v.loc + lesson->loc.n * d;
	return v;
}

static bool
same_said(const struct ee_said *a, const struct ee_said *b)
{
	return a->ids == b->ids;
}

/* A path of its own: only its own nodes have this tag at their head. */
static enum ee_status
lay(struct ee_ground_job *j, const struct ee_said *said, uint32_t shift,
    size_t *at)
{
	uint32_t head;
	size_t i;

	*at = j->trie.n;
	if (said->n == 0)
		return EE_OK;
	for (i = 0; j->moved != NULL && i < said->n; i++)
		j->moved[*at + i] = shift;
	TRY(ee_trie_child(&j->trie, EE_NO_NODE, said->ids[0],
			  (uint32_t)j->trie.n, &head, j->err));
	return ee_trie_insert(&j->trie, head, said->ids + 1, said->n - 1,
			      NULL, j->err);
}

static enum ee_status
lay_out(struct ee_ground_job *j)
{
	const struct ee_ground_shift *shift = j->shift;
	size_t most = 0, i;

	for (i = 0; i < j->n; i++)
		most += j->lessons[i]->edit.n + j->lessons[i]->loc.n +
			j->lessons[i]->outer.n;
	if (shift != NULL) {
		j->moved = ee_calloc(most, sizeof(*j->moved), j->err);
		if (j->moved == NULL)
			return EE_ENOMEM;
	}
	for (i = 0; i < j->n; i++)
		TRY(lay(j, &j->lessons[i]->edit,
			shift != NULL ? shift[i].edit : 0, &j->edit[i]));
	j->edits = j->trie.n;
	for (i = 0; i < j->n; i++)
		TRY(lay(j, &j->lessons[i]->loc,
			shift != NULL ? shift[i].loc : 0, &j->loc[i]));
	j->locs = j->trie.n;
	for (i = 0; i < j->n; i++) {
		j->outer[i] = j->edit[i];
		if (!same_said(&j->lessons[i]->edit, &j->lessons[i]->outer))
			TRY(lay(j, &j->lessons[i]->outer,
				shift != NULL ? shift[i].outer : 0,
				&j->outer[i]));
	}
	return EE_OK;
}

/* The rows of one parameter over one edit's tokens, x before delta; returns
 * the end of them. */
static float *
pack(const struct ee_ground_job *j, size_t i, size_t param, float *to)
{
	const struct ee_mend_param *p = &j->m->param[param];
	const float *x = j->seen_x[param] + j->edit[i] * p->in;
	const float *delta = j->seen_delta[param] + j->edit[i] * p->out;
	const size_t tokens = j->lessons[i]->edit.n;
	size_t rows = 0, t;

	for (t = 0; t < tokens; t++)
		if (ee_mend_is_row(p, x + t * p->in, delta + t * p->out))
			memcpy(to + rows++ * p->in, x + t * p->in,
			       p->in * sizeof(*to));
	to += rows * p->in;
	j->grounds[i].rows[param] = rows;
	for (rows = t = 0; t < tokens; t++)
		if (ee_mend_is_row(p, x + t * p->in, delta + t * p->out))
			memcpy(to + rows++ * p->out, delta + t * p->out,
			       p->out * sizeof(*to));
	return to + rows * p->out;
}

static float *
put(float *to, const float *from, size_t n)
{
	memcpy(to, from, n * sizeof(*to));
	return to + n;
}

/* Blocks as large as they can be, with the states that enter layer f, which
 * stand at the block's end until it is packed. */
static enum ee_status
keep_states(struct ee_ground_job *j)
{
	size_t i;

	for (i = 0; i < j->n; i++) {
		const struct ee_lesson *l = j->lessons[i];
		struct ee_ground *g = &j->grounds[i];
		float *to;

		g->size = ee_ground_most(j->m, l, j->d);
		g->block = ee_floats(g->size, j->err);
		if (g->block == NULL)
			return EE_ENOMEM;
		to = g->block + g->size -
		     (l->outer.n + l->loc.n + l->loc.nlabels) * j->d;
		to = put(to, j->x + j->outer[i] * j->d, l->outer.n * j->d);
		put(to, j->x + j->loc[i] * j->d, l->loc.n * j->d);
	}
	return EE_OK;
}

/* Everything to its place; x is now the last layer's output for locs. */
static enum ee_status
pack_all(struct ee_ground_job *j)
{
	size_t i, k;

	for (i = 0; i < j->n; i++) {
		const struct ee_lesson *l = j->lessons[i];
		struct ee_ground *g = &j->grounds[i];
		const size_t states = (l->outer.n + l->loc.n) * j->d;
		const float *from = g->block + g->size - states -
				    l->loc.nlabels * j->d;
		float *to = g->block;

		for (k = 0; k < j->m->nparams; k++)
			to = pack(j, i, k, to);
		memmove(to, from, states * sizeof(*to));
		to += states;
		if (l->loc.n > 0)
			to = put(to, j->x + (j->loc[i] + ee_loc_row(&l->loc,
					j->like_easyedit)) * j->d,
				 l->loc.nlabels * j->d);
		g->size = (size_t)(to - g->block);
		if (!ee_all_finite(g->size, g->block))
			return ee_fail(j->err, EE_EMATH, "case %s: the "
				       "model's states or gradients are not "
				       "finite", l->id);
	}
	return EE_OK;
}

static enum ee_status
make_room(struct ee_ground_job *j)
{
	const struct ee_mend *m = j->m;
	size_t i;

	j->x = ee_floats(j->trie.n * j->d, j->err);
	j->seen_x = ee_calloc(m->nparams, sizeof(*j->seen_x), j->err);
	j->seen_delta = ee_calloc(m->nparams, sizeof(*j->seen_delta), j->err);
	if (j->x == NULL || j->seen_x == NULL || j->seen_delta == NULL)
		return EE_ENOMEM;
	for (i = 0; i < m->nparams; i++) {
		j->seen_x[i] = ee_floats(j->edits * m->param[i].in, j->err);
		j->seen_delta[i] = ee_floats(j->edits * m->param[i].out,
					     j->err);
		if (j->seen_x[i] == NULL || j->seen_delta[i] == NULL)
			return EE_ENOMEM;
	}
	return EE_OK;
}

static void
clean(struct ee_ground_job *j)
{
	size_t i;

	for (i = 0; i < j->m->nparams; i++) {
		if (j->seen_x != NULL)
			free(j->seen_x[i]);
		if (j->seen_delta != NULL)
			free(j->seen_delta[i]);
	}
	free(j->seen_x);
	free(j->seen_delta);
	free(j->x);
	free(j->edit);
	free(j->moved);
	ee_trie_free(&j->trie);
}

enum ee_status
ee_ground_make(const struct ee_model *model, const struct ee_mend *m,
	       const struct ee_lesson *const *lessons,
	       const struct ee_ground_shift *shift, size_t n,
	       bool like_easyedit, struct ee_ground *grounds,
	       struct ee_err *err)
{
	struct ee_ground_job j = {
		.model = model, .m = m, .lessons = lessons, .shift = shift,
		.n = n, .d = model->config.d, .layers = model->config.layers,
		.like_easyedit = like_easyedit, .grounds = grounds,
		.err = err,
	};
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < n; i++)
		grounds[i].block = NULL;
	j.edit = ee_calloc(3 * n, sizeof(*j.edit), err);
	if (j.edit == NULL)
		return EE_ENOMEM;
	j.loc = j.edit + n;
	j.outer = j.loc + n;
	status = lay_out(&j);
	if (status == EE_OK)
		status = make_room(&j);
	if (status == EE_OK)
		status = ee_ground_states(&j);
	if (status == EE_OK)
		status = keep_states(&j);
	if (status == EE_OK)
		status = ee_ground_locs(&j);
	if (status == EE_OK)
		status = ee_ground_edits(&j);
	if (status == EE_OK)
		status = pack_all(&j);
	for (i = 0; i < n && status != EE_OK; i++) {
		free(grounds[i].block);
		grounds[i].block = NULL;
	}
	clean(&j);
	return status;
}
