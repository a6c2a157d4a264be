/* session.c - what the editing tools do alike.  See session.h. */
#include "session.h"

#include <getopt.h>
#include <string.h>

void
session_defaults(struct session_options *opt)
{
	memset(opt, 0, sizeof(*opt));
	opt->requests = "-";
	opt->seed = 1;
	opt->ridge = -1;
}

void
session_option(struct tool *tool, struct session_options *opt, int c,
	       char *arg)
{
	switch (c) {
	case 'p': opt->hparams = arg; break;
	case OPT_STATS: opt->stats = arg; break;
	case OPT_TEMPLATES: opt->templates = arg; break;
	case OPT_SAVE_TEMPLATES: opt->save_templates = arg; break;
	case OPT_SEED:
		opt->seed = tool_int(tool, "--seed", arg, 0, INT64_MAX);
		break;
	case OPT_LIKE:
		opt->like_said = true;
		opt->like_easyedit = tool_second(tool, "--like", arg, "rome",
						 "easyedit");
		break;
	case OPT_RIDGE:
		opt->ridge = tool_real(tool, "--ridge", arg, 0, 1e6);
		break;
	default:
		if (!model_option(tool, &opt->model, c, arg))
			tool_option(tool, c, arg);
	}
}

void
session_arguments(struct tool *tool, struct session_options *opt, int argc,
		  char **argv)
{
	if (optind < argc)
		opt->requests = argv[optind++];
	if (optind < argc)
		tool_misuse(tool, "unexpected argument '%s'", argv[optind]);
	if (opt->model.dir == NULL)
		tool_misuse(tool, "which model? (-m DIR)");
	if (opt->hparams == NULL)
		tool_misuse(tool, "which hyper-parameters? (-p HPARAMS)");
	if (opt->ridge < 0)	/* the references have none */
		opt->ridge = opt->like_said ? 0 : 1e-4;
}

static enum ee_status
open_templates(struct session *s)
{
	struct tool *tool = s->tool;
	const struct ee_hparams *h = &s->hparams;
	enum ee_status status;

	if (s->opt->templates != NULL)
		status = ee_templates_read(&s->templates, s->opt->templates,
					   &tool->err);
	else
		status = ee_templates_sample(&s->templates, s->model, s->tok,
					     h->nlengths, h->length, h->count,
					     (uint64_t)s->opt->seed,
					     &tool->err);
	if (status == EE_OK && s->opt->save_templates != NULL)
		status = ee_templates_write(&s->templates,
					    s->opt->save_templates,
					    &tool->err);
	return status;
}

/* Hyper-parameters of another method are not taken for ours. */
static enum ee_status
check_alg(struct session *s)
{
	const char *const *alg = s->opt->algs;

	if (alg != NULL && s->hparams.alg_name[0] == '\0')
		s->hparams.alg_name = *alg;
	for (; alg != NULL; alg++) {
		if (*alg == NULL)
			return ee_fail(&s->tool->err, EE_EMATCH, "%s: "
				       "hyper-parameters of %.80s, not of %s",
				       s->opt->hparams, s->hparams.alg_name,
				       s->opt->algs[0]);
		if (strcmp(*alg, s->hparams.alg_name) == 0)
			break;
	}
	return EE_OK;
}

static enum ee_status
read_inputs(struct session *s)
{
	struct tool *tool = s->tool;
	const struct session_options *opt = s->opt;
	enum ee_status status;

	status = ee_hparams_read(&s->hparams, opt->hparams, &tool->warn,
				 &tool->err);
	if (status == EE_OK)
		status = check_alg(s);
	if (status == EE_OK && !s->hparams.mom2_given)
		s->hparams.mom2_adjustment = !opt->like_easyedit;
	return status == EE_OK ? model_requests(tool, opt->requests,
						&s->requests) : status;
}

enum ee_status
session_open(struct session *s, struct tool *tool,
	     const struct session_options *opt)
{
	enum ee_status status;

	memset(s, 0, sizeof(*s));
	s->tool = tool;
	s->opt = opt;
	status = read_inputs(s);
	if (status == EE_OK)
		status = model_open_both(tool, &opt->model, &s->model,
					 &s->tok);
	if (status == EE_OK) {
		status = ee_hparams_check(&s->hparams, s->model, &tool->err);
		if (status != EE_OK)
			status = ee_within(&tool->err, status, "%s",
					   opt->hparams);
	}
	return status == EE_OK ? open_templates(s) : status;
}

void
session_close(struct session *s)
{
	ee_templates_free(&s->templates);
	ee_hparams_free(&s->hparams);
	ee_tokenizer_close(s->tok);
	ee_model_close(s->model);
	ee_arena_free(&s->arena);
}

/* "transformer.h.{3,4,5}.mlp.c_proj:in": of all layers of the edit, so that
 * one command makes what is missing. */
static const char *
tap_of_all(struct session *s)
{
	const struct ee_hparams *h = &s->hparams;
	const char *list = "", *hole = strstr(h->rewrite_module, "{}");
	struct ee_arena *arena = &s->tool->arena;
	size_t i;

	if (hole == NULL || h->nlayers < 2)
		return NULL;
	for (i = 0; i < h->nlayers && list != NULL; i++)
		list = ee_arena_printf(arena, "%s%s%zu", list, i ? "," : "",
				       h->layers[i]);
	return ee_arena_printf(arena, "%.*s{%s}%s:in",
			       (int)(hole - h->rewrite_module),
			       h->rewrite_module, list ? list : "", hole + 2);
}

enum ee_status
session_stats(struct session *s, size_t i, struct ee_stats *stats)
{
	const struct ee_hparams *h = &s->hparams;
	const char *models[] = { s->model->config.name, s->opt->model.dir,
				 h->model_name };
	char layer[EE_MAX_NAME], print[EE_PRINT_TEXT];
	struct ee_stats_query query = {
		.stats = s->opt->stats != NULL ? s->opt->stats
					       : h->stats_dir,
		.models = models, .nmodels = h->model_name ? 3 : 2,
		.dataset = h->mom2_dataset, .layer = layer,
		.precision = h->mom2_dtype,
		.sample_size = h->mom2_n_samples > 0 ? h->mom2_n_samples : -1,
		.width = s->model->config.f, .fingerprint = print,
		.force = s->opt->model.force, .model_dir = s->opt->model.dir,
		.tap = tap_of_all(s),
	};
	struct ee_err *err = &s->tool->err;

	if (query.stats == NULL)
		return ee_fail(err, EE_EINPUT, "mom2_adjustment needs "
			       "statistics: --stats DIR, or stats_dir in %s",
			       s->opt->hparams);
	ee_fill_layer(h->rewrite_module, h->layers[i], layer);
	ee_print_text(ee_model_file_print(s->model, h->layers[i],
					  EE_AT_KEY), print);
	return ee_stats_open(stats, &query, &s->tool->warn, err);
}

enum ee_status
session_solver(struct session *s, size_t i, double scale,
	       const float *previous, size_t nprevious,
	       struct ee_solver *solver)
{
	const struct ee_solver_params params = { scale, s->opt->ridge,
						 s->hparams.update_norm,
						 previous, nprevious };
	struct ee_err *err = &s->tool->err;
	struct ee_stats stats;
	enum ee_status status = session_stats(s, i, &stats);

	if (status != EE_OK)
		return status;
	status = ee_solver_make(solver, &stats.mom2, stats.count, &params,
				err);
	if (status != EE_OK)
		status = ee_within(err, status, "%s", stats.path);
	ee_stats_close(&stats);
	return status;
}
