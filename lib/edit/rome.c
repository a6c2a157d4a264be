/* rome.c - rank-one editing of one fact.  See rome.h. */
#include "edit/rome.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/prompts.h"
#include "math/vec.h"

struct job {
	struct ee_model *model;
	const struct ee_hparams *h;
	size_t layer, d, f;
	const struct ee_request *request;
	struct ee_prompts prompts;
	struct ee_target target;
	float *key;		/* (f) mean over templates, then u */
	float *now;		/* (f) k' */
	float *output;		/* (d) W k' + bias */
	struct ee_delta *delta;
	struct ee_rome_report *report;
	const struct ee_warn *warn;
	struct ee_err *err;
};

static enum ee_status
make_room(struct job *j)
{
	struct ee_target *t = &j->target;
	const struct ee_prompts *p = &j->prompts;

	t->rows = p->rows;
	t->nrows = p->nrows;
	t->kl = &p->kl;
	t->target = p->target.ids;
	t->ntarget = p->target.n;
	t->probes = p->probes;
	t->nprobes = p->nprobes;
	t->delta = ee_floats(j->d, j->err);
	t->v0 = ee_floats(j->d, j->err);
	t->keys = ee_floats(t->nprobes * j->f, j->err);
	t->outputs = ee_floats(t->nprobes * j->d, j->err);
	t->losses = ee_calloc((size_t)j->h->steps, sizeof(*t->losses),
			      j->err);
	j->key = ee_floats(j->f, j->err);
	j->now = ee_floats(j->f, j->err);
	j->output = ee_floats(j->d, j->err);
	j->delta->left = ee_floats(j->d, j->err);
	j->delta->right = ee_floats(j->f, j->err);
	return t->delta && t->v0 && t->keys && t->outputs && t->losses &&
	       j->key && j->now && j->output && j->delta->left &&
	       j->delta->right ? EE_OK : EE_ENOMEM;
}

static void
free_job(struct job *j)
{
	free(j->target.delta);
	free(j->target.v0);
	free(j->target.keys);
	free(j->target.outputs);
	free(j->target.losses);
	free(j->key);
	free(j->now);
	free(j->output);
	ee_prompts_free(&j->prompts);
}

static enum ee_status
find_target(struct job *j, struct ee_progress *progress)
{
	const struct ee_target_params params = {
		.layer = j->layer, .at = EE_AT_MLP,
		.steps = (unsigned)j->h->steps, .lr = j->h->lr,
		.weight_decay = j->h->weight_decay, .clamp = j->h->clamp,
		.kl_factor = j->h->kl_factor,
	};

	TRY(ee_targets(j->model, &params, &j->target, 1, progress, j->err));
	if (j->target.end == EE_NOT_FINITE)
		return ee_fail(j->err, EE_EMATH, "%s", j->target.why);
	return EE_OK;
}

/* The mean of the first n rows. */
static void
mean_of(const float *rows, size_t n, size_t width, float *mean)
{
	size_t i;

	memset(mean, 0, width * sizeof(*mean));
	for (i = 0; i < n; i++)
		ee_axpy(width, 1.0f / (float)n, rows + i * width, mean);
}

/*
 * Which keys count: the last probe is the bare prompt, those before it are
 * the templates.
 */
static void
choose_keys(struct job *j)
{
	const struct ee_target *t = &j->target;
	const size_t n = t->nprobes - 1;
	const bool r_rome = strcmp(j->h->alg_name, "R-ROME") == 0;
	const bool prompt = r_rome && j->h->prompt_keys;
	const bool prefix = r_rome && !prompt && j->h->random_prefix_keys;

	if (prompt)
		memcpy(j->key, t->keys + n * j->f, j->f * sizeof(*j->key));
	else
		mean_of(t->keys, n, j->f, j->key);
	if (prefix) {
		memcpy(j->now, j->key, j->f * sizeof(*j->now));
		mean_of(t->outputs, n, j->d, j->output);
	} else {
		memcpy(j->now, t->keys + n * j->f, j->f * sizeof(*j->now));
		memcpy(j->output, t->outputs + n * j->d,
		       j->d * sizeof(*j->output));
	}
	/* p-ROME: the target is reached from where the prompt is now */
	if (prompt)
		memcpy(t->v0, j->output, j->d * sizeof(*t->v0));
}

/* left = v, right = u. */
static enum ee_status
solve(struct job *j, const struct ee_solver *solver)
{
	float *u = j->delta->right, *v = j->delta->left;
	double length, now, dot;
	size_t i;

	memcpy(u, j->key, j->f * sizeof(*u));
	if (solver != NULL) {
		if (solver->f != j->f)
			return ee_fail(j->err, EE_EMATCH, "statistics of "
				       "keys of %zu, this layer's have %zu",
				       solver->f, j->f);
		TRY(ee_solve(solver, u, j->err));
	}
	length = ee_norm2(j->f, u);
	now = ee_norm2(j->f, j->now);
	if (!(length > 0) || !isfinite(length) || !(now > 0))
		return ee_fail(j->err, EE_EMATH, "the key is zero or not "
			       "finite");
	for (i = 0; i < j->f; i++)
		u[i] = (float)((double)u[i] / length);
	dot = ee_dot(j->f, j->now, u);
	j->report->key_product = dot;
	j->report->key_cosine = dot / now;
	if (fabs(dot) < 1e-6 * now)
		return ee_fail(j->err, EE_EMATH, "u . k is %g of |k|: the "
			       "edit is ill-posed", dot / now);
	for (i = 0; i < j->d; i++)
		v[i] = (float)(((double)j->target.v0[i] +
				(double)j->target.delta[i] -
				(double)j->output[i]) / dot);
	return EE_OK;
}

/* What may have gone wrong, measured. */
static enum ee_status
judge(struct job *j, const struct ee_rome_options *options)
{
	const struct ee_param *p = ee_model_param(j->model, j->layer,
						  EE_W_DOWN);
	struct ee_rome_report *r = j->report;

	r->update = ee_norm2(j->d, j->delta->left) / ee_weight_norm(&p->w);
	if (!isfinite(r->update))
		return ee_fail(j->err, EE_EMATH, "the update is not finite");
	if (fabs(r->key_cosine) < 0.05)
		ee_warn(j->warn, "case %s, layer %zu: cos(u, k) is %.3f: such "
			"edits can break a model (r-ROME, more statistics or "
			"--max-norm help)", j->request->id, j->layer,
			r->key_cosine);
	if (options->max_norm > 0 && r->update > options->max_norm)
		return ee_fail(j->err, EE_EINPUT, "case %s, layer %zu: the "
			       "update is %.3g of the weight's norm, more "
			       "than --max-norm %g", j->request->id,
			       j->layer, r->update, options->max_norm);
	return EE_OK;
}

static enum ee_status
fill_report(struct job *j, const struct ee_tokenizer *tok)
{
	const struct ee_spot *bare = &j->prompts.probes[j->prompts.nprobes -
							1];
	struct ee_rome_report *r = j->report;
	char *text = NULL;
	size_t len, room = 0;
	enum ee_status status;

	r->at = bare->at;
	r->merged = j->prompts.merged;
	r->steps = j->target.used;
	r->end = j->target.end;
	r->losses = j->target.losses;
	j->target.losses = NULL;
	status = ee_decode(tok, &bare->ids[bare->at], 1, false, &text, &len,
			   &room, j->err);
	if (status == EE_OK)
		snprintf(r->token, sizeof(r->token), "%s", text);
	free(text);
	return status;
}

static enum ee_status
run(struct job *j, const struct ee_tokenizer *tok,
    const struct ee_templates *templates, const struct ee_solver *solver,
    const struct ee_rome_options *options, struct ee_progress *progress)
{
	char module[EE_MAX_NAME];
	const struct ee_param *p = ee_model_param(j->model, j->layer,
						  EE_W_DOWN);
	enum ee_status status;

	TRY(ee_prompts_make(&j->prompts, tok, j->request, templates,
			    j->h->fact_token, options->like_easyedit ?
			    EE_SPACE_ALWAYS | EE_TARGET_AS_TEXT : 0,
			    j->warn, j->err));
	TRY(make_room(j));
	status = find_target(j, progress);
	if (status == EE_OK) {
		choose_keys(j);
		status = solve(j, solver);
	}
	if (status != EE_OK)
		return ee_within(j->err, status, "case %s, layer %zu",
				 j->request->id, j->layer);
	ee_model_name(j->model, j->layer, p->module, module);
	snprintf(j->delta->weight, sizeof(j->delta->weight), "%s.weight",
		 module);
	j->delta->out = j->d;
	j->delta->in = j->f;
	j->delta->r = 1;
	TRY(judge(j, options));
	TRY(fill_report(j, tok));
	TRY(ee_prompts_probability(&j->prompts, j->model,
				   &j->report->p_before, j->err));
	TRY(ee_model_edit(j->model, j->delta->weight, j->delta->left, j->d,
			  j->delta->right, j->f, 1, 1, j->err));
	return ee_prompts_probability(&j->prompts, j->model,
				      &j->report->p_after, j->err);
}

enum ee_status
ee_rome(struct ee_model *model, const struct ee_tokenizer *tok,
	const struct ee_hparams *hparams, size_t layer,
	const struct ee_request *request,
	const struct ee_templates *templates, const struct ee_solver *solver,
	const struct ee_rome_options *options, struct ee_delta *delta,
	struct ee_rome_report *report, struct ee_progress *progress,
	const struct ee_warn *warn, struct ee_err *err)
{
	struct job j = { .model = model, .h = hparams, .layer = layer,
			 .d = model->config.d, .f = model->config.f,
			 .request = request, .delta = delta,
			 .report = report, .warn = warn, .err = err };
	enum ee_status status;

	memset(delta, 0, sizeof(*delta));
	memset(report, 0, sizeof(*report));
	status = run(&j, tok, templates, solver, options, progress);
	free_job(&j);
	if (status != EE_OK) {
		ee_delta_free(delta);
		free(report->losses);
		report->losses = NULL;
	}
	return status;
}

struct ee_value
ee_rome_report_value(struct ee_arena *arena, const struct ee_rome_report *r)
{
	struct ee_value v = ee_map(), trace = ee_list();
	unsigned i;

	for (i = 0; i < r->steps; i++) {
		struct ee_value one = ee_map();

		ee_put(arena, &one, "nll", ee_real(r->losses[i].nll));
		ee_put(arena, &one, "kl", ee_real(r->losses[i].kl));
		ee_put(arena, &one, "decay", ee_real(r->losses[i].decay));
		ee_add(arena, &trace, one);
	}
	ee_put(arena, &v, "token", ee_text(ee_arena_text(arena, r->token,
						strlen(r->token))));
	ee_put(arena, &v, "at", ee_int((int64_t)r->at));
	ee_put(arena, &v, "merged", ee_logic(r->merged));
	ee_put(arena, &v, "steps", ee_int(r->steps));
	ee_put(arena, &v, "end", ee_text(r->end == EE_CONVERGED ?
					 "converged" : "ran out of steps"));
	ee_put(arena, &v, "p_before", ee_real(r->p_before));
	ee_put(arena, &v, "p_after", ee_real(r->p_after));
	ee_put(arena, &v, "update_norm", ee_real(r->update));
	ee_put(arena, &v, "key_cosine", ee_real(r->key_cosine));
	ee_put(arena, &v, "key_product", ee_real(r->key_product));
	ee_put(arena, &v, "loss", trace);
	return v;
}
