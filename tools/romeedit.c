/* romeedit.c - the work of ee-rome.  See romeedit.h. */
#include "romeedit.h"

#include <stdlib.h>

#include "base/try.h"
#include "budget.h"
#include "edit/rome.h"

struct work {
	struct session session;
	const struct rome_options *opt;
	struct ee_solver solver[EE_MAX_EDIT_LAYERS];
};

static void
tell(const struct tool *tool, const struct ee_request *request, size_t layer,
     const struct ee_rome_report *r)
{
	if (tool->quiet)
		return;
	fprintf(stderr, "ee-rome: case %s, layer %zu: token %zu '%s'; %u "
		"steps, %s; p(target) %.3g -> %.3g; |dW|/|W| %.3g; "
		"cos(u, k) %.3f\n", request->id, layer, r->at, r->token,
		r->steps, r->end == EE_CONVERGED ? "converged" :
		"ran out of steps", r->p_before, r->p_after, r->update,
		r->key_cosine);
}

static enum ee_status
put(struct session *s, const struct ee_request *request, size_t layer,
    const struct ee_delta *delta, const struct ee_rome_report *report)
{
	struct ee_plain plain;
	struct ee_value record;
	enum ee_status status;

	ee_arena_reset(&s->arena);
	status = ee_request_plain(&plain, request, &s->arena, &s->tool->err);
	if (status != EE_OK)
		return status;
	record = ee_delta_record(&s->arena, delta);
	ee_put(&s->arena, &record, "case", ee_text(request->id));
	ee_put(&s->arena, &record, "request",
	       ee_plain_value(&s->arena, &plain));
	ee_put(&s->arena, &record, "method", ee_text(s->hparams.alg_name));
	ee_put(&s->arena, &record, "layer", ee_int((int64_t)layer));
	ee_put(&s->arena, &record, "report",
	       ee_rome_report_value(&s->arena, report));
	return ee_writer_put(s->tool->out, &record, &s->tool->err);
}

static enum ee_status
edit_layer(struct work *w, const struct ee_request *request, size_t i,
	   struct ee_progress *progress)
{
	struct session *s = &w->session;
	struct tool *tool = s->tool;
	const size_t layer = s->hparams.layers[i];
	const struct ee_rome_options options = { s->opt->like_easyedit,
						 w->opt->max_norm };
	struct ee_rome_report report;
	struct ee_delta delta;
	enum ee_status status;

	status = ee_rome(s->model, s->tok, &s->hparams, layer, request,
			 &s->templates, w->solver[i].factor != NULL ?
			 &w->solver[i] : NULL, &options, &delta, &report,
			 progress, &tool->warn, &tool->err);
	if (status != EE_OK)
		return status;
	ee_progress_end(progress);
	tell(tool, request, layer, &report);
	status = put(s, request, layer, &delta, &report);
	ee_delta_free(&delta);
	free(report.losses);
	return status;
}

static enum ee_status
edit_all(struct work *w)
{
	struct session *s = &w->session;
	struct tool *tool = s->tool;
	struct ee_progress progress;
	struct ee_request request;
	enum ee_status status = EE_OK;
	size_t i, k;

	for (i = 0; i < s->requests.n && status == EE_OK; i++) {
		if (i > 0 && w->opt->independent)
			ee_model_return(s->model);
		status = ee_request_read(&request, &s->requests.u.list[i],
					 i + 1, &tool->arena, &tool->err);
		for (k = 0; k < s->hparams.nlayers && status == EE_OK; k++) {
			ee_progress_start(&progress, tool_progress(tool),
					  "steps", (double)s->hparams.steps);
			status = edit_layer(w, &request, k, &progress);
			ee_progress_end(&progress);
		}
		if (status != EE_OK)
			status = ee_within(&tool->err, status, "%s",
					   s->opt->requests);
	}
	return status;
}

/* Tokens of a prompt in a template, and of a target, that a plan is made for.
 */
enum { USUAL_TOKENS = 24, USUAL_TARGET = 4 };

/* Nothing can be traded: only say what is taken. */
static void
plan(struct work *w)
{
	struct session *s = &w->session;
	const struct ee_config *m = &s->model->config;
	struct budget b = {
		.held = budget_base() + budget_edits(m, &s->hparams,
						     w->opt->independent,
						     s->hparams.nlayers),
		.batch = budget_search(m, s->hparams.layers[0],
					s->templates.n * USUAL_TOKENS,
					s->templates.n * USUAL_TARGET),
	};

	(void)budget_left(s->tool, &b, 0);
	budget_tell(s->tool, &b, NULL);
}

static enum ee_status
run(struct work *w)
{
	struct session *s = &w->session;
	struct tool *tool = s->tool;
	struct ee_value extra;
	size_t i;

	for (i = 0; i < s->hparams.nlayers && s->hparams.mom2_adjustment; i++)
		TRY(session_solver(s, i, 1, NULL, 0, &w->solver[i]));
	plan(w);
	extra = model_header(tool, s->model, NULL);
	TRY(tool_out(tool, "delta", &extra));
	if (w->opt->independent)
		TRY(ee_model_keep(s->model, &tool->err));
	return edit_all(w);
}

enum ee_status
rome_edit(struct tool *tool, const struct rome_options *opt)
{
	struct work w = { .opt = opt };
	enum ee_status status = session_open(&w.session, tool, &opt->session);
	size_t i;

	if (status == EE_OK)
		status = run(&w);
	for (i = 0; i < EE_MAX_EDIT_LAYERS; i++)
		ee_solver_free(&w.solver[i]);
	session_close(&w.session);
	return status;
}
