/* massedit.c - the work of ee-memit.  See massedit.h. */
#include "massedit.h"

#include <stdlib.h>

#include "base/try.h"
#include "edit/memit.h"
#include "masscases.h"
#include "massmethod.h"
#include "masstargets.h"

struct work {
	struct session session;
	const struct mass_options *opt;
	struct mass_cases cases;
	struct mass_systems systems;
	size_t left_out;	/* cases that have no target */
};

/* Cases edited together, and what comes of them. */
struct batch {
	struct mass_case *cases;
	size_t n;
	struct ee_delta deltas[EE_MAX_EDIT_LAYERS];
	struct ee_memit_layer report[EE_MAX_EDIT_LAYERS];
	float *keys[EE_MAX_EDIT_LAYERS];	/* (f, n) */
};

static enum ee_status
put_layer(struct work *w, const struct batch *b, size_t i)
{
	struct session *s = &w->session;
	const struct ee_memit_layer *report = &b->report[i];
	struct ee_value record, said = ee_map();

	ee_arena_reset(&s->arena);
	record = ee_delta_record(&s->arena, &b->deltas[i]);
	ee_put(&s->arena, &said, "update_norm", ee_real(report->update));
	ee_put(&s->arena, &said, "lack", ee_real(report->lack));
	ee_put(&s->arena, &record, "keys",
	       ee_tensor(ee_tensor_2d(EE_F32, b->keys[i],
				      s->model->config.f, b->n)));
	mass_cases_put(&s->arena, &record, b->cases, b->n);
	ee_put(&s->arena, &record, "method",
	       ee_text(mass_method_name(w->systems.method)));
	ee_put(&s->arena, &record, "layer",
	       ee_int((int64_t)s->hparams.layers[i]));
	ee_put(&s->arena, &record, "report", said);
	if (!s->tool->quiet)
		fprintf(stderr, "ee-memit: layer %zu: %zu cases; |z - h|/|z| "
			"%.3g before; |dW|/|W| %.3g\n", s->hparams.layers[i],
			b->n, report->lack, report->update);
	return ee_writer_put(s->tool->out, &record, &s->tool->err);
}

/* All layers, written; 'more' batches will have to leave their keys alone. */
static enum ee_status
edit_layers(struct work *w, struct batch *b, bool more)
{
	struct session *s = &w->session;
	struct tool *tool = s->tool;
	const size_t layers = s->hparams.nlayers;
	struct ee_memit_case *cases = ee_calloc(b->n, sizeof(*cases),
						&tool->err);
	const struct ee_memit_job job = {
		.cases = cases, .n = b->n, .templates = &s->templates,
		.layers = s->hparams.layers, .nlayers = layers,
		.spread_sqrt = w->opt->spread_sqrt,
	};
	struct ee_progress progress;
	enum ee_status status;
	size_t i;

	if (cases == NULL)
		return EE_ENOMEM;
	for (i = 0; i < b->n; i++) {
		cases[i].probes = b->cases[i].prompts.probes;
		cases[i].z = b->cases[i].z;
	}
	ee_progress_start(&progress, tool_progress(tool), "layers",
			  (double)layers);
	status = ee_memit(s->model, &job, mass_solve, &w->systems, b->deltas,
			  b->report, b->keys, &progress, &tool->err);
	ee_progress_end(&progress);
	for (i = 0; i < layers && status == EE_OK; i++) {
		status = put_layer(w, b, i);
		if (status == EE_OK && more)
			status = mass_systems_add(&w->systems, i, b->n,
						  b->keys[i]);
	}
	free(cases);
	return status;
}

/* Targets, where they are not there, and layers of one batch. */
static enum ee_status
edit_batch(struct work *w, const struct mass_how *how, size_t first, size_t n,
	   bool more)
{
	struct batch b = { .cases = w->cases.list + first };
	enum ee_status status = EE_OK;
	size_t i;

	if (w->opt->targets == NULL)
		status = mass_targets_find(&w->session, how, b.cases, n);
	b.n = mass_cases_keep(b.cases, n);
	w->left_out += n - b.n;
	if (status == EE_OK && b.n > 0)
		status = edit_layers(w, &b, more);
	for (i = 0; i < EE_MAX_EDIT_LAYERS; i++) {
		ee_delta_free(&b.deltas[i]);
		free(b.keys[i]);
	}
	return status;
}

static enum ee_status
edit_all(struct work *w, const struct mass_how *how)
{
	const size_t most = w->opt->batch > 0 ? (size_t)w->opt->batch
					      : w->cases.n;
	enum ee_status status = EE_OK;
	size_t i, n;

	for (i = 0; i < w->cases.n && status == EE_OK; i += n) {
		n = w->cases.n - i < most ? w->cases.n - i : most;
		status = edit_batch(w, how, i, n, i + n < w->cases.n);
	}
	if (status == EE_OK && w->left_out == w->cases.n)
		status = ee_fail(&w->session.tool->err, EE_EMATH, "%s: no "
				 "request could be edited",
				 w->session.opt->requests);
	return status;
}

/* The references can read the target's loss from an earlier layer. */
static enum ee_status
check_loss_layer(struct session *s)
{
	const size_t last = s->model->config.layers - 1;

	if (s->hparams.loss_layer == (int64_t)last)
		return EE_OK;
	return ee_fail(&s->tool->err, EE_EINPUT, "%s: 'v_loss_layer' is "
		       "%lld; only a loss after the last layer, %zu, is "
		       "computed here", s->opt->hparams,
		       (long long)s->hparams.loss_layer, last);
}

static enum ee_status
run(struct work *w, struct tool *tool)
{
	const struct mass_options *opt = w->opt;
	const struct mass_how how = { opt->targets_only,
				      opt->stop, opt->cache, opt->strict };
	struct session *s = &w->session;
	struct ee_value extra;
	enum ee_status status;

	TRY(session_open(s, tool, &opt->session));
	TRY(check_loss_layer(s));
	if (!opt->targets_only)
		TRY(mass_systems_open(s, opt->method, opt->mu, &w->systems));
	TRY(mass_cases_read(s, opt->limit, opt->shard, opt->shards,
			    opt->strict, &w->cases));
	extra = model_header(tool, s->model, NULL);
	TRY(tool_out(tool, opt->targets_only ? "targets" : "delta", &extra));
	if (opt->targets != NULL)
		TRY(mass_targets_read(s, opt->targets, opt->strict,
				      w->cases.list, w->cases.n));
	if (!opt->targets_only)
		return edit_all(w, &how);
	status = mass_targets_find(s, &how, w->cases.list, w->cases.n);
	w->left_out = w->cases.n - mass_cases_keep(w->cases.list, w->cases.n);
	return status;
}

enum ee_status
mass_edit(struct tool *tool, const struct mass_options *opt)
{
	struct work w = { .opt = opt };
	enum ee_status status = run(&w, tool);
	const size_t left_out = w.cases.bad + w.left_out;

	if (status == EE_OK && left_out > 0) {
		/* what could be done is whole; that not all could be is said
		 * by the exit status */
		status = ee_writer_end(tool->out, &tool->err);
		ee_writer_close(tool->out);
		tool->out = NULL;
		if (status == EE_OK)
			status = ee_fail(&tool->err, EE_EINPUT, "%zu of %zu "
					 "requests were left out", left_out,
					 w.cases.bad + w.cases.n);
	}
	mass_cases_free(&w.cases);
	mass_systems_free(&w.systems);
	session_close(&w.session);
	return status;
}
