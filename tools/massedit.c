/* massedit.c - the work of ee-memit.  See massedit.h. */
#include "massedit.h"

#include <stdlib.h>
#include <string.h>

#include "edit/memit.h"
#include "edit/prompts.h"
#include "edit/target.h"
#include "masstargets.h"

struct work {
	struct session session;
	const struct mass_options *opt;
	struct mass_case *cases;	/* those that can be edited */
	size_t n, bad;
	struct ee_solver solver[EE_MAX_EDIT_LAYERS];
};

/* A bad request is told and left out, or ends it all where --strict. */
static enum ee_status
bad_request(struct work *w, enum ee_status status)
{
	struct tool *tool = w->session.tool;

	if (w->opt->strict || status == EE_ENOMEM)
		return ee_within(&tool->err, status, "%s",
				 w->session.opt->requests);
	ee_warn(&tool->warn, "%s: left out: %s", w->session.opt->requests,
		tool->err.text);
	w->bad++;
	return EE_OK;
}

static enum ee_status
read_case(struct work *w, size_t i)
{
	struct session *s = &w->session;
	struct tool *tool = s->tool;
	struct mass_case *c = &w->cases[w->n];
	enum ee_status status;

	memset(c, 0, sizeof(*c));
	status = ee_request_read(&c->request, &s->requests.u.list[i], i + 1,
				 &tool->arena, &tool->err);
	if (status == EE_OK)
		status = ee_prompts_make(&c->prompts, s->tok, &c->request,
					 &s->templates, s->hparams.fact_token,
					 s->opt->like_easyedit ?
					 EE_TARGET_AS_TEXT : 0, &tool->warn,
					 &tool->err);
	if (status != EE_OK) {
		ee_prompts_free(&c->prompts);
		return bad_request(w, status);
	}
	c->z = ee_floats(s->model->config.d, &tool->err);
	c->v0 = ee_floats(s->model->config.d, &tool->err);
	w->n++;
	return c->z && c->v0 ? EE_OK : EE_ENOMEM;
}

/* The same subject in the same prompt, with the same target or another. */
static void
warn_of_doubles(struct work *w)
{
	size_t i, k;

	for (i = 0; i < w->n; i++) {
		const struct ee_request *a = &w->cases[i].request;

		for (k = 0; k < i; k++) {
			const struct ee_request *b = &w->cases[k].request;

			if (strcmp(a->subject, b->subject) == 0 &&
			    strcmp(a->before, b->before) == 0 &&
			    strcmp(a->after, b->after) == 0)
				ee_warn(&w->session.tool->warn, "cases %s "
					"and %s %s", b->id, a->id,
					strcmp(a->target, b->target) == 0 ?
					"are the same" :
					"contradict each other");
		}
	}
}

static enum ee_status
read_cases(struct work *w)
{
	const struct mass_options *opt = w->opt;
	const size_t n = w->session.requests.n;
	enum ee_status status = EE_OK;
	size_t i;

	w->cases = ee_calloc(n, sizeof(*w->cases), &w->session.tool->err);
	if (w->cases == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n && status == EE_OK; i++)
		if ((int64_t)i % opt->shards == opt->shard - 1)
			status = read_case(w, i);
	if (status == EE_OK && w->n == 0)
		status = ee_fail(&w->session.tool->err, EE_EINPUT, "%s: no "
				 "request that can be edited",
				 w->session.opt->requests);
	if (status == EE_OK)
		warn_of_doubles(w);
	return status;
}

static void
close_work(struct work *w)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		ee_prompts_free(&w->cases[i].prompts);
		free(w->cases[i].z);
		free(w->cases[i].v0);
	}
	for (i = 0; i < w->session.hparams.nlayers; i++)
		ee_solver_free(&w->solver[i]);
	free(w->cases);
	session_close(&w->session);
}

static enum ee_status
solve(void *ctx, size_t i, size_t f, size_t n, const double *k, double *a,
      struct ee_err *err)
{
	struct work *w = ctx;

	if (w->solver[i].f != f)
		return ee_fail(err, EE_EMATCH, "statistics of keys of %zu, "
			       "this layer's have %zu", w->solver[i].f, f);
	return ee_solve_keys(&w->solver[i], n, k,
			     w->opt->emmet ? w->opt->mu : 1, a, err);
}

static enum ee_status
put_layer(struct work *w, size_t i, const struct ee_delta *delta,
	  const struct ee_memit_layer *report)
{
	struct session *s = &w->session;
	struct ee_value record, cases = ee_list(), said = ee_map();
	size_t k;

	ee_arena_reset(&s->arena);
	record = ee_delta_record(&s->arena, delta);
	for (k = 0; k < w->n; k++)
		ee_add(&s->arena, &cases, ee_text(w->cases[k].request.id));
	ee_put(&s->arena, &said, "update_norm", ee_real(report->update));
	ee_put(&s->arena, &said, "lack", ee_real(report->lack));
	ee_put(&s->arena, &record, "cases", cases);
	ee_put(&s->arena, &record, "method",
	       ee_text(w->opt->emmet ? "EMMET" : "MEMIT"));
	ee_put(&s->arena, &record, "layer",
	       ee_int((int64_t)s->hparams.layers[i]));
	ee_put(&s->arena, &record, "report", said);
	if (!s->tool->quiet)
		fprintf(stderr, "ee-memit: layer %zu: %zu cases; |z - h|/|z| "
			"%.3g before; |dW|/|W| %.3g\n", s->hparams.layers[i],
			w->n, report->lack, report->update);
	return ee_writer_put(s->tool->out, &record, &s->tool->err);
}

static enum ee_status
edit_layers(struct work *w)
{
	struct session *s = &w->session;
	struct tool *tool = s->tool;
	const size_t layers = s->hparams.nlayers;
	struct ee_memit_case *cases = ee_calloc(w->n, sizeof(*cases),
						&tool->err);
	const struct ee_memit_job job = {
		.cases = cases, .n = w->n, .templates = &s->templates,
		.layers = s->hparams.layers, .nlayers = layers,
		.spread_sqrt = w->opt->spread_sqrt,
	};
	struct ee_memit_layer report[EE_MAX_EDIT_LAYERS];
	struct ee_delta deltas[EE_MAX_EDIT_LAYERS];
	struct ee_progress progress;
	enum ee_status status;
	size_t i;

	if (cases == NULL)
		return EE_ENOMEM;
	for (i = 0; i < w->n; i++) {
		cases[i].probes = w->cases[i].prompts.probes;
		cases[i].z = w->cases[i].z;
	}
	ee_progress_start(&progress, tool_progress(tool), "layers",
			  (double)layers);
	status = ee_memit(s->model, &job, solve, w, deltas, report, NULL,
			  &progress, &tool->err);
	ee_progress_end(&progress);
	for (i = 0; i < layers; i++) {
		if (status == EE_OK)
			status = put_layer(w, i, &deltas[i], &report[i]);
		free(deltas[i].left);
		free(deltas[i].right);
	}
	free(cases);
	return status;
}

static enum ee_status
open_solvers(struct work *w)
{
	struct session *s = &w->session;
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < s->hparams.nlayers && status == EE_OK; i++)
		status = session_solver(s, i, s->hparams.mom2_update_weight,
					NULL, 0, &w->solver[i]);
	return status;
}

static enum ee_status
run(struct work *w, struct tool *tool)
{
	const struct mass_options *opt = w->opt;
	const struct mass_how how = { opt->targets_only,
				      (size_t)opt->memory << 20, opt->stop };
	struct ee_value extra;
	enum ee_status status;

	status = session_open(&w->session, tool, &opt->session);
	if (status == EE_OK && w->session.hparams.mom2_update_weight <= 0 &&
	    !opt->targets_only)
		status = ee_fail(&tool->err, EE_EFORMAT, "%s: "
				 "'mom2_update_weight' is missing",
				 opt->session.hparams);
	if (status == EE_OK && !opt->targets_only)
		status = open_solvers(w);
	if (status == EE_OK)
		status = read_cases(w);
	if (status == EE_OK) {
		extra = model_header(tool, w->session.model, NULL);
		status = tool_out(tool, opt->targets_only ? "targets"
							  : "delta", &extra);
	}
	if (status == EE_OK && opt->targets != NULL)
		status = mass_targets_read(&w->session, opt->targets,
					   w->cases, w->n);
	else if (status == EE_OK)
		status = mass_targets_find(&w->session, &how, w->cases,
					   w->n);
	if (status == EE_OK && !opt->targets_only)
		status = edit_layers(w);
	return status;
}

enum ee_status
mass_edit(struct tool *tool, const struct mass_options *opt)
{
	struct work w = { .opt = opt };
	enum ee_status status = run(&w, tool);

	if (status == EE_OK && w.bad > 0) {
		/* what could be done is whole; that not all could be is said
		 * by the exit status */
		status = ee_writer_end(tool->out, &tool->err);
		ee_writer_close(tool->out);
		tool->out = NULL;
		if (status == EE_OK)
			status = ee_fail(&tool->err, EE_EINPUT, "%zu of %zu "
					 "requests were left out", w.bad,
					 w.bad + w.n);
	}
	close_work(&w);
	return status;
}
