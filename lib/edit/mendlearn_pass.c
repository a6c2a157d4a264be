/*
 * mendlearn_pass.c - the edited model over all groups of a step.  See
 * mendlearn.h, mendlearn_job.h.
 *
 * All sequences of a group are neighbours in one trie and share no node with
 * another group's, so that a patch is a range of rows.  They start as the
 * states that enter the first edited layer.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/mendlearn_job.h"
#include "math/vec.h"

static enum ee_status
lay(struct ee_mend_job *j, const struct ee_said *said)
{
	uint32_t head;

	if (said->n == 0)
		return EE_OK;
	TRY(ee_trie_child(&j->trie, EE_NO_NODE, said->ids[0],
			  (uint32_t)j->trie.n, &head, j->err));
	return ee_trie_insert(&j->trie, head, said->ids + 1, said->n - 1,
			      NULL, j->err);
}

/* The reads of one sequence that starts at node 'at'. */
static void
read_said(struct ee_mend_job *j, size_t group, const struct ee_said *s,
	  size_t at, bool loc, float weight)
{
	size_t row = s->n - 1 - s->nlabels, k;

	if (loc && s->n > 0)
		row = ee_loc_row(s, j->learner->like_easyedit);
	for (k = 0; k < s->nlabels; k++) {
		j->nodes[j->nreads] = (uint32_t)(at + row + k);
		j->reads[j->nreads++] = (struct ee_mend_read){
			.group = group, .want = loc ? -1 : s->labels[k],
			.before = loc ? j->nsaid++ : 0, .weight = weight,
		};
	}
}

/* How many labels all examples of a group have. */
static size_t
count(const struct ee_mend_job *j, const struct ee_mend_group *g, bool loc)
{
	size_t n = 0, i;

	for (i = 0; i < g->n; i++)
		n += loc ? j->examples[g->ids[i]].loc.nlabels :
			   j->examples[g->ids[i]].outer.nlabels;
	return n;
}

static enum ee_status
lay_group(struct ee_mend_job *j, size_t group)
{
	const struct ee_mend_params *p = j->learner->params;
	const struct ee_mend_group *g = &j->groups[group];
	const size_t outers = count(j, g, false), locs = count(j, g, true);
	const double share = 1 / (double)j->accumulate;
	const float edit_weight = (float)(share * p->cedit / (double)outers);
	const float loc_weight = locs == 0 ? 0 :
				 (float)(share * p->cloc / (double)locs);
	size_t i, at;

	for (i = 0; i < g->n; i++) {
		const struct ee_example *l = &j->examples[g->ids[i]];

		at = j->trie.n;
		TRY(lay(j, &l->outer));
		read_said(j, group, &l->outer, at, false, edit_weight);
		at = j->trie.n;
		TRY(lay(j, &l->loc));
		read_said(j, group, &l->loc, at, true, loc_weight);
	}
	return EE_OK;
}

/* The trie, what is read of it, and each group's patches. */
static enum ee_status
lay_out(struct ee_mend_job *j)
{
	const struct ee_mend *m = j->learner->m;
	size_t reads = 0, g, k, begin;

	for (g = 0; g < j->n; g++)
		reads += count(j, &j->groups[g], false) +
			 count(j, &j->groups[g], true);
	j->reads = ee_calloc(reads, sizeof(*j->reads), j->err);
	j->nodes = ee_calloc(reads, sizeof(*j->nodes), j->err);
	if (j->reads == NULL || j->nodes == NULL)
		return EE_ENOMEM;
	for (g = 0; g < j->n; g++) {
		begin = j->trie.n;
		TRY(lay_group(j, g));
		for (k = 0; k < m->nparams; k++) {
			const size_t b = g * m->nparams + k;

			j->patches[b] = (struct ee_patch){
				.layer = m->param[k].layer,
				.role = m->param[k].role,
				.begin = begin, .end = j->trie.n,
				.r = j->changed[b].n,
				.left = j->changed[b].delta,
				.right = j->changed[b].x,
				.scale = m->learned[k],
			};
		}
	}
	return EE_OK;
}

/* Room for what the patches keep, where they are to be gone back through.
 * Zero, as of the last layer only the rows that are read are written. */
static enum ee_status
keep_patches(struct ee_mend_job *j)
{
	const struct ee_mend *m = j->learner->m;
	size_t width = 0, b, k;
	float *p;

	if (!j->train)
		return EE_OK;
	for (k = 0; k < m->nparams; k++)
		width += m->param[k].in + m->param[k].out;
	p = j->kept = ee_floats(j->trie.n * width, j->err);
	if (p == NULL)
		return EE_ENOMEM;
	memset(p, 0, j->trie.n * width * sizeof(*p));
	for (b = 0; b < j->n * m->nparams; b++) {
		struct ee_patch *patch = &j->patches[b];
		const size_t rows = patch->end - patch->begin;

		patch->h = p;
		p += rows * m->param[b % m->nparams].in;
		patch->g = p;
		p += rows * m->param[b % m->nparams].out;
	}
	return EE_OK;
}

/* x = the states that enter; said = what the last layer said before. */
static enum ee_status
fill(struct ee_mend_job *j)
{
	const size_t d = j->learner->model->config.d;
	const size_t vocab = j->learner->model->config.vocab;
	float *x, *said;
	size_t g, i;

	x = j->x = ee_floats(j->trie.n * d, j->err);
	said = j->said = ee_floats(j->nsaid * d, j->err);
	j->dx = ee_floats(j->nreads * d, j->err);
	j->scratch = ee_floats(ee_threads() * vocab, j->err);
	j->logits = ee_floats(j->nreads * vocab, j->err);
	j->logits0 = ee_floats(j->nsaid * vocab, j->err);
	if (x == NULL || said == NULL || j->dx == NULL || j->scratch == NULL ||
	    j->logits == NULL || j->logits0 == NULL)
		return EE_ENOMEM;
	for (g = 0; g < j->n; g++) {
		for (i = 0; i < j->groups[g].n; i++) {
			const struct ee_example *l =
				&j->examples[j->groups[g].ids[i]];
			const struct ee_frozen_view *v =
				&j->states[j->first_example[g] + i];

			memcpy(x, v->outer, l->outer.n * d * sizeof(*x));
			x += l->outer.n * d;
			memcpy(x, v->loc, l->loc.n * d * sizeof(*x));
			x += l->loc.n * d;
			memcpy(said, v->said,
			       l->loc.nlabels * d * sizeof(*x));
			said += l->loc.nlabels * d;
		}
	}
	return EE_OK;
}

static size_t
likeliest(size_t n, const float *x)
{
	size_t best = 0, i;

	for (i = 1; i < n; i++)
		if (x[i] > x[best])
			best = i;
	return best;
}

/* x (V): log p(label) to the read, and weight (p - onehot) to x. */
static void
read_label(struct ee_mend_read *r, size_t vocab, float *x)
{
	const double lse = ee_log_softmax(vocab, x, NULL);

	r->hit = likeliest(vocab, x) == (size_t)r->want;
	r->value = (double)x[r->want] - lse;
	ee_exp(vocab, r->weight, x, (float)lse, x);
	x[r->want] -= r->weight;
}

/* x0, x (V): KL(p0 || p) to the read, and weight (p - p0) to x; p0 (V) is
 * scratch, and x0 is not kept. */
static void
read_loc(struct ee_mend_read *r, size_t vocab, float *x0, float *x, float *p0)
{
	r->hit = likeliest(vocab, x0) == likeliest(vocab, x);
	(void)ee_log_softmax(vocab, x0, x0);
	(void)ee_log_softmax(vocab, x, x);
	r->value = ee_kl(vocab, x0, x, p0);
	ee_exp(vocab, r->weight, x, 0, x);
	ee_axpy(vocab, -r->weight, p0, x);
}

/* Each read's value; its logits become their gradient. */
static void
read_part(void *arg, size_t begin, size_t end, unsigned thread)
{
	struct ee_mend_job *j = arg;
	const size_t vocab = j->learner->model->config.vocab;
	size_t i;

	for (i = begin; i < end; i++) {
		struct ee_mend_read *r = &j->reads[i];
		float *x = j->logits + i * vocab;

		if (r->want >= 0)
			read_label(r, vocab, x);
		else
			read_loc(r, vocab, j->logits0 + r->before * vocab, x,
				 j->scratch + thread * vocab);
	}
}

/* The first example of the group whose loss is not finite. */
static enum ee_status
not_finite(const struct ee_mend_job *j, size_t group, const char *which)
{
	const struct ee_mend_group *g = &j->groups[group];
	const char *id = j->examples[g->ids[0]].id;

	if (g->n == 1)
		return ee_fail(j->err, EE_EMATH, "case %s: the %s loss is "
			       "not finite", id, which);
	return ee_fail(j->err, EE_EMATH, "case %s and %zu edited with it: "
		       "the %s loss is not finite", id, g->n - 1, which);
}

static enum ee_status
sum_up(struct ee_mend_job *j)
{
	const struct ee_mend_params *p = j->learner->params;
	size_t g, i;

	for (g = i = 0; g < j->n; g++) {
		struct ee_mend_loss *l = &j->losses[g];
		size_t labels = 0, locs = 0;

		memset(l, 0, sizeof(*l));
		for (; i < j->nreads && j->reads[i].group == g; i++) {
			const struct ee_mend_read *r = &j->reads[i];

			if (r->want < 0) {
				l->loc += r->value;
				l->same += r->hit;
				locs++;
			} else {
				l->edit -= r->value;
				l->prob += exp(r->value);
				l->acc += r->hit;
				labels++;
			}
		}
		l->edit /= (double)labels;
		l->prob /= (double)labels;
		l->acc /= (double)labels;
		l->loc = locs > 0 ? l->loc / (double)locs : 0;
		l->same = locs > 0 ? l->same / (double)locs : 1;
		l->total = p->cedit * l->edit + p->cloc * l->loc;
		if (!isfinite(l->edit))
			return not_finite(j, g, "edit");
		if (!isfinite(l->loc))
			return not_finite(j, g, "locality");
	}
	return EE_OK;
}

/* Losses from x (nreads, d), the last layer's output, which in training
 * becomes its gradient. */
static enum ee_status
lose(struct ee_mend_job *j)
{
	const struct ee_model *model = j->learner->model;

	TRY(ee_logits(model, j->nreads, j->x, NULL, j->logits, j->err));
	if (j->nsaid > 0)
		TRY(ee_logits(model, j->nsaid, j->said, NULL, j->logits0,
			      j->err));
	ee_parallel(j->nreads, 1, read_part, j);
	TRY(sum_up(j));
	if (!j->train)
		return EE_OK;
	TRY(ee_logits_back(model, j->nreads, j->x, j->logits, j->dx, j->err));
	memcpy(j->x, j->dx, j->nreads * model->config.d * sizeof(*j->x));
	return EE_OK;
}

enum ee_status
ee_mend_job_pass(struct ee_mend_job *j)
{
	const struct ee_model *model = j->learner->model;
	const size_t from = j->learner->m->first, to = model->config.layers;
	struct ee_span span = { 0 }, tips = { 0 };
	struct ee_tape tape = { 0 };
	struct ee_pass pass;
	enum ee_status status;

	TRY(lay_out(j));
	TRY(keep_patches(j));
	TRY(fill(j));
	TRY(ee_pass_open(&pass, model, &j->trie, EE_KEEP_KV, j->err));
	pass.patches = j->patches;
	pass.npatches = j->n * j->learner->m->nparams;
	pass.tips = &tips;
	status = ee_span_make(&span, &j->trie, 0, j->trie.n, j->err);
	if (status == EE_OK)
		status = ee_span_pick(&tips, &j->trie, 0, j->trie.n, j->nodes,
				      j->nreads, j->err);
	if (status == EE_OK && j->train) {
		status = ee_tape_open(&tape, model, j->trie.n, from, to,
				      j->err);
		tape.mlp_only = j->learner->m->mlp_only;
		pass.tape = &tape;
	}
	if (status == EE_OK)
		status = ee_forward(&pass, &span, from, to, j->x, j->err);
	if (status == EE_OK)
		status = lose(j);
	if (status == EE_OK && j->train)
		status = ee_backward(&pass, &span, &tape, j->x, j->err);
	ee_tape_close(&tape);
	ee_span_free(&tips);
	ee_span_free(&span);
	ee_pass_close(&pass);
	return status;
}
