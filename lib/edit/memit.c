/* memit.c - many facts at once: keys, residuals, the walk over layers.  See
 * memit.h. */
#include "edit/memit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/lowrank.h"
#include "math/vec.h"

/* Cases computed together, in one trie: their bare prompts come first, so
 * that these can be computed alone. */
struct chunk {
	size_t first, n;	/* cases */
	struct ee_trie trie;
	size_t bare;		/* nodes of the bare prompts */
	struct ee_span all, prompts;
	uint32_t *node;		/* (n, templates + 1) lookup nodes */
	float *x;		/* (nodes, d) input of the present layer */
};

struct walk {
	struct ee_model *model;
	const struct ee_memit_job *job;
	size_t d, f, width;	/* width: templates + 1 */
	struct chunk *chunks;
	size_t nchunks;
	double *weight;		/* (templates) of a template's key */
	double *k;		/* (f, N) */
	double *a;		/* (f, N) */
	float *h;		/* (N, d) hidden states after the last layer */
	const struct chunk *now;	/* whose keys the tap takes */
	struct ee_err *err;
};

/* Each group of templates counts alike, and each template in its group. */
static enum ee_status
weigh_templates(struct walk *w)
{
	const struct ee_templates *t = w->job->templates;
	size_t i, k, size, groups = 0;

	w->weight = ee_doubles(t->n, w->err);
	if (w->weight == NULL)
		return EE_ENOMEM;
	for (i = 0; i < t->n; i++)
		groups += i == 0 || t->group[i] != t->group[i - 1];
	for (i = 0; i < t->n; i++) {
		for (size = k = 0; k < t->n; k++)
			size += t->group[k] == t->group[i];
		w->weight[i] = 1.0 / ((double)groups * (double)size);
	}
	return EE_OK;
}

static enum ee_status
insert(struct chunk *c, const struct ee_spot *spot, uint32_t *path,
       uint32_t *node, struct ee_err *err)
{
	TRY(ee_trie_insert(&c->trie, EE_NO_NODE, spot->ids, spot->at + 1,
			   path, err));
	*node = path[spot->at];
	return EE_OK;
}

/* Take cases from 'first' on until the chunk has enough nodes. */
static enum ee_status
fill_chunk(struct walk *w, struct chunk *c, size_t first, uint32_t *path)
{
	const struct ee_memit_job *job = w->job;
	const size_t enough = job->batch ? job->batch : 4096;
	size_t i, k, tokens = 0;

	c->first = first;
	for (i = first; i < job->n && (i == first || tokens < enough); i++)
		for (k = 0; k < w->width; k++)
			tokens += job->cases[i].probes[k].at + 1;
	c->n = i - first;
	c->node = ee_calloc(c->n, w->width * sizeof(*c->node), w->err);
	if (c->node == NULL)
		return EE_ENOMEM;
	for (i = 0; i < c->n; i++)
		TRY(insert(c, &job->cases[first + i].probes[w->width - 1],
			   path, &c->node[(i + 1) * w->width - 1], w->err));
	c->bare = c->trie.n;
	for (i = 0; i < c->n; i++)
		for (k = 0; k + 1 < w->width; k++)
			TRY(insert(c, &job->cases[first + i].probes[k], path,
				   &c->node[i * w->width + k], w->err));
	TRY(ee_span_make(&c->all, &c->trie, 0, c->trie.n, w->err));
	TRY(ee_span_make(&c->prompts, &c->trie, 0, c->bare, w->err));
	c->x = ee_floats(c->trie.n * w->d, w->err);
	return c->x != NULL ? EE_OK : EE_ENOMEM;
}

static enum ee_status
make_chunks(struct walk *w)
{
	const struct ee_memit_job *job = w->job;
	size_t longest = 0, i, k, first;
	enum ee_status status = EE_OK;
	uint32_t *path;

	for (i = 0; i < job->n; i++)
		for (k = 0; k < w->width; k++)
			if (job->cases[i].probes[k].n > longest)
				longest = job->cases[i].probes[k].n;
	path = ee_calloc(longest, sizeof(*path), w->err);
	w->chunks = ee_calloc(job->n, sizeof(*w->chunks), w->err);
	if (path == NULL || w->chunks == NULL)
		status = EE_ENOMEM;
	for (first = 0; first < job->n && status == EE_OK; ) {
		struct chunk *c = &w->chunks[w->nchunks++];

		status = fill_chunk(w, c, first, path);
		first += c->n;
	}
	free(path);
	return status;
}

static void
free_walk(struct walk *w)
{
	size_t i;

	for (i = 0; i < w->nchunks; i++) {
		ee_span_free(&w->chunks[i].all);
		ee_span_free(&w->chunks[i].prompts);
		ee_trie_free(&w->chunks[i].trie);
		free(w->chunks[i].node);
		free(w->chunks[i].x);
	}
	free(w->chunks);
	free(w->weight);
	free(w->k);
	free(w->a);
	free(w->h);
}

/* The keys of the present chunk's cases into K. */
static enum ee_status
take_keys(void *ctx, size_t layer, enum ee_site site, const float *x,
	  size_t n, size_t width, struct ee_err *err)
{
	struct walk *w = ctx;
	const struct chunk *c = w->now;
	const size_t all = w->job->n;
	size_t i, k, j;

	(void)layer, (void)site, (void)n, (void)err;
	for (i = 0; i < c->n; i++) {
		double *column = w->k + c->first + i;

		for (j = 0; j < width; j++)
			column[j * all] = 0;
		for (k = 0; k + 1 < w->width; k++) {
			const float *key = x + c->node[i * w->width + k] *
					       width;

			for (j = 0; j < width; j++)
				column[j * all] += w->weight[k] *
						   (double)key[j];
		}
	}
	return EE_OK;
}

/* Run a span of a chunk through layers, from a copy of its x or in place. */
static enum ee_status
run_chunk(struct walk *w, const struct chunk *c, const struct ee_span *span,
	  size_t from, size_t to, enum ee_site last, float *x)
{
	struct ee_pass pass;
	enum ee_status status;

	TRY(ee_pass_open(&pass, w->model, &c->trie, 0, w->err));
	pass.tap = take_keys;
	pass.ctx = w;
	if (last == EE_AT_KEY)
		ee_pass_want(&pass, to - 1, EE_AT_KEY);
	w->now = c;
	status = ee_forward_until(&pass, span, from, to, last, x, w->err);
	ee_pass_close(&pass);
	return status;
}

/* The keys of 'layer', and the hidden states after 'last' as things are. */
static enum ee_status
look(struct walk *w, const struct chunk *c, size_t layer, size_t last)
{
	const size_t n = c->trie.n * w->d;
	float *x = ee_floats(n, w->err);
	enum ee_status status;
	size_t i;

	if (x == NULL)
		return EE_ENOMEM;
	memcpy(x, c->x, n * sizeof(*x));
	status = run_chunk(w, c, &c->all, layer, layer + 1, EE_AT_KEY, x);
	if (status == EE_OK) {
		memcpy(x, c->x, c->bare * w->d * sizeof(*x));
		status = run_chunk(w, c, &c->prompts, layer, last + 1,
				   EE_AT_OUT, x);
	}
	for (i = 0; i < c->n && status == EE_OK; i++)
		memcpy(w->h + (c->first + i) * w->d,
		       x + c->node[(i + 1) * w->width - 1] * w->d,
		       w->d * sizeof(*x));
	free(x);
	return status;
}

/* R (d, N) = (z - h) / share; the mean of |z - h| / |z| */
static double
residuals(struct walk *w, double share, float *r)
{
	const struct ee_memit_job *job = w->job;
	double sum = 0;
	size_t i, j;

	for (i = 0; i < job->n; i++) {
		const float *z = job->cases[i].z, *h = w->h + i * w->d;
		double lack = 0;

		for (j = 0; j < w->d; j++) {
			const double e = (double)z[j] - (double)h[j];

			lack += e * e;
			r[j * job->n + i] = (float)(e / share);
		}
		sum += sqrt(lack) / ee_norm2(w->d, z);
	}
	return sum / (double)job->n;
}

static enum ee_status
make_delta(struct walk *w, size_t i, struct ee_delta *delta,
	   struct ee_memit_layer *report)
{
	const struct ee_memit_job *job = w->job;
	const size_t layer = job->layers[i], left = job->nlayers - i;
	const struct ee_param *p = ee_model_param(w->model, layer,
						  EE_W_DOWN);
	char module[EE_MAX_NAME];
	size_t j;

	ee_model_name(w->model, layer, p->module, module);
	snprintf(delta->weight, sizeof(delta->weight), "%s.weight", module);
	delta->out = w->d;
	delta->in = w->f;
	delta->r = job->n;
	delta->left = ee_floats(w->d * job->n, w->err);
	delta->right = ee_floats(w->f * job->n, w->err);
	if (delta->left == NULL || delta->right == NULL)
		return EE_ENOMEM;
	for (j = 0; j < w->f * job->n; j++)
		delta->right[j] = (float)w->a[j];
	report->lack = residuals(w, job->spread_sqrt ? sqrt((double)left)
				 : (double)left, delta->left);
	report->update = ee_lowrank_norm(delta, w->err) /
			 ee_weight_norm(&p->w);
	if (!isfinite(report->update))
		return ee_fail(w->err, EE_EMATH, "layer %zu: the update is "
			       "not finite", layer);
	TRY(ee_lowrank_shrink(delta, w->err));
	return ee_model_edit(w->model, delta->weight, delta->left, w->d,
			     delta->right, w->f, delta->r, 1, w->err);
}

static enum ee_status
keep_keys(struct walk *w, float **keys)
{
	const size_t n = w->f * w->job->n;
	size_t i;

	*keys = ee_floats(n, w->err);
	if (*keys == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n; i++)
		(*keys)[i] = (float)w->k[i];
	return EE_OK;
}

static enum ee_status
edit_layer(struct walk *w, size_t i, ee_memit_solver *solver, void *ctx,
	   struct ee_delta *delta, struct ee_memit_layer *report,
	   float **keys)
{
	const struct ee_memit_job *job = w->job;
	const size_t layer = job->layers[i];
	const size_t last = job->layers[job->nlayers - 1];
	enum ee_status status;
	size_t c;

	for (c = 0; c < w->nchunks; c++)
		TRY(look(w, &w->chunks[c], layer, last));
	if (keys != NULL)
		TRY(keep_keys(w, &keys[i]));
	status = solver(ctx, i, w->f, job->n, w->k, w->a, w->err);
	if (status == EE_OK)
		status = make_delta(w, i, delta, report);
	if (status != EE_OK)
		return ee_within(w->err, status, "layer %zu", layer);
	if (i + 1 == job->nlayers)
		return EE_OK;
	for (c = 0; c < w->nchunks; c++)
		TRY(run_chunk(w, &w->chunks[c], &w->chunks[c].all, layer,
			      job->layers[i + 1], EE_AT_OUT,
			      w->chunks[c].x));
	return EE_OK;
}

/* All chunks up to the first edited layer. */
static enum ee_status
begin(struct walk *w)
{
	size_t c;

	for (c = 0; c < w->nchunks; c++) {
		struct chunk *chunk = &w->chunks[c];
		struct ee_pass pass;
		enum ee_status status;

		TRY(ee_pass_open(&pass, w->model, &chunk->trie, 0, w->err));
		status = ee_embed(&pass, &chunk->all, chunk->x, w->err);
		if (status == EE_OK)
			status = ee_forward(&pass, &chunk->all, 0,
					    w->job->layers[0], chunk->x,
					    w->err);
		ee_pass_close(&pass);
		if (status != EE_OK)
			return status;
	}
	return EE_OK;
}

enum ee_status
ee_memit(struct ee_model *model, const struct ee_memit_job *job,
	 ee_memit_solver *solver, void *ctx, struct ee_delta *deltas,
	 struct ee_memit_layer *report, float **keys,
	 struct ee_progress *progress, struct ee_err *err)
{
	struct walk w = { .model = model, .job = job, .d = model->config.d,
			  .f = model->config.f,
			  .width = job->templates->n + 1, .err = err };
	enum ee_status status = EE_ENOMEM;
	size_t i;

	memset(deltas, 0, job->nlayers * sizeof(*deltas));
	w.k = ee_doubles(w.f * job->n, err);
	w.a = ee_doubles(w.f * job->n, err);
	w.h = ee_floats(job->n * w.d, err);
	if (w.k != NULL && w.a != NULL && w.h != NULL)
		status = weigh_templates(&w);
	if (status == EE_OK)
		status = make_chunks(&w);
	if (status == EE_OK)
		status = begin(&w);
	for (i = 0; i < job->nlayers && status == EE_OK; i++) {
		status = edit_layer(&w, i, solver, ctx, &deltas[i],
				    &report[i], keys);
		if (progress != NULL)
			ee_progress_add(progress, 1);
	}
	free_walk(&w);
	return status;
}
