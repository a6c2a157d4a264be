/*
 * ee-rome - edit facts, each by one rank-one change of one weight
 *
 * reads   requests     JSON: a list, or one map a line
 *         statistics   .npz of the edited layer's keys, where the
 *                      hyper-parameters say mom2_adjustment
 * writes  delta        weight, left f4 (out, 1), right f4 (in, 1), case,
 *                      method, layer, report
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "edit/rome.h"
#include "file/json.h"
#include "modeltool.h"
#include "stats/statfile.h"
#include "tool.h"

static const char usage[] =
	"usage: ee-rome -m DIR -p HPARAMS [-e DELTA]... [--stats DIR]\n"
	"               [--templates FILE] [--save-templates FILE] "
	"[--seed S]\n"
	"               [--like rome|easyedit] [--ridge R] [--max-norm R]\n"
	"               [--independent] [--force] [-hqv] [-j THREADS]\n"
	"               [REQUESTS] > delta\n";

struct options {
	struct model_options model;
	const char *hparams, *stats, *templates, *save_templates, *requests;
	int64_t seed;
	double ridge;		/* of the mean diagonal of C; < 0: not said */
	bool independent;	/* each request on the model as it was */
	struct ee_rome_options rome;
};

enum { STATS = 1100, TEMPLATES, SAVE_TEMPLATES, SEED, LIKE, RIDGE, MAX_NORM,
       INDEPENDENT };

static const struct option longs[] = { TOOL_LONG, MODEL_LONG,
	{ "hparams", 1, 0, 'p' }, { "stats", 1, 0, STATS },
	{ "templates", 1, 0, TEMPLATES },
	{ "save-templates", 1, 0, SAVE_TEMPLATES }, { "seed", 1, 0, SEED },
	{ "like", 1, 0, LIKE }, { "ridge", 1, 0, RIDGE },
	{ "max-norm", 1, 0, MAX_NORM },
	{ "independent", 0, 0, INDEPENDENT }, { 0 } };

static void
parse_like(const struct tool *tool, struct options *opt, const char *text)
{
	opt->rome.like_easyedit = strcmp(text, "easyedit") == 0;
	if (!opt->rome.like_easyedit && strcmp(text, "rome") != 0)
		tool_misuse(tool, "--like '%s': want rome or easyedit", text);
}

static struct options
parse_options(struct tool *tool, int argc, char **argv)
{
	struct options opt = { .requests = "-", .seed = 1, .ridge = -1 };
	bool like = false;
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT MODEL_SHORT "p:",
				longs, NULL)) != -1) {
		switch (c) {
		case 'p': opt.hparams = optarg; break;
		case STATS: opt.stats = optarg; break;
		case TEMPLATES: opt.templates = optarg; break;
		case SAVE_TEMPLATES: opt.save_templates = optarg; break;
		case SEED:
			opt.seed = tool_int(tool, "--seed", optarg, 0,
					    INT64_MAX);
			break;
		case LIKE:
			parse_like(tool, &opt, optarg);
			like = true;
			break;
		case RIDGE:
			opt.ridge = tool_real(tool, "--ridge", optarg, 0,
					      1e6);
			break;
		case MAX_NORM:
			opt.rome.max_norm = tool_real(tool, "--max-norm",
						      optarg, 0, 1e6);
			break;
		case INDEPENDENT: opt.independent = true; break;
		default:
			if (!model_option(tool, &opt.model, c, optarg))
				tool_option(tool, c, optarg);
		}
	}
	if (optind < argc)
		opt.requests = argv[optind++];
	if (optind < argc)
		tool_misuse(tool, "unexpected argument '%s'", argv[optind]);
	if (opt.ridge < 0)	/* the references have none */
		opt.ridge = like ? 0 : 1e-4;
	if (opt.model.dir == NULL)
		tool_misuse(tool, "which model? (-m DIR)");
	if (opt.hparams == NULL)
		tool_misuse(tool, "which hyper-parameters? (-p HPARAMS)");
	return opt;
}

/* Everything that lives as long as the tool works. */
struct session {
	struct tool *tool;
	const struct options *opt;
	struct ee_model *model;
	struct ee_tokenizer *tok;
	struct ee_hparams hparams;
	struct ee_templates templates;
	struct ee_solver solver[EE_MAX_EDIT_LAYERS];
	struct ee_value requests;
	struct ee_arena arena;		/* of one record */
};

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

/* C of layer number i of the hyper-parameters, factored. */
static enum ee_status
open_solver(struct session *s, size_t i)
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
	};
	const struct ee_solver_params params = { 1, s->opt->ridge, NULL, 0 };
	struct ee_stats stats;
	enum ee_status status;

	if (query.stats == NULL)
		return ee_fail(&s->tool->err, EE_EINPUT, "mom2_adjustment "
			       "needs statistics: --stats DIR, or stats_dir "
			       "in %s", s->opt->hparams);
	ee_fill_layer(h->rewrite_module, h->layers[i], layer);
	ee_print_text(ee_model_file_print(s->model, h->layers[i],
					  EE_AT_KEY), print);
	status = ee_stats_open(&stats, &query, &s->tool->warn, &s->tool->err);
	if (status != EE_OK)
		return status;
	status = ee_solver_make(&s->solver[i], &stats.mom2, stats.count,
				&params, &s->tool->err);
	if (status != EE_OK)
		status = ee_within(&s->tool->err, status, "%s", stats.path);
	ee_stats_close(&stats);
	return status;
}

static enum ee_status
open_session(struct session *s)
{
	struct tool *tool = s->tool;
	const struct options *opt = s->opt;
	struct ee_hparams *h = &s->hparams;
	enum ee_status status;
	size_t i;

	status = ee_hparams_read(h, opt->hparams, &tool->warn, &tool->err);
	if (status == EE_OK && !h->mom2_given)
		h->mom2_adjustment = !opt->rome.like_easyedit;
	if (status == EE_OK)
		status = ee_json_records(&tool->arena, opt->requests,
					 &s->requests, &tool->err);
	if (status == EE_OK && s->requests.n == 0)
		status = ee_fail(&tool->err, EE_EINPUT, "%s: no requests",
				 opt->requests);
	if (status == EE_OK)
		status = model_open_both(tool, &opt->model, &s->model,
					 &s->tok);
	if (status == EE_OK) {
		status = ee_hparams_check(h, s->model, &tool->err);
		if (status != EE_OK)
			status = ee_within(&tool->err, status, "%s",
					   opt->hparams);
	}
	for (i = 0; i < h->nlayers && status == EE_OK; i++)
		if (h->mom2_adjustment)
			status = open_solver(s, i);
	return status == EE_OK ? open_templates(s) : status;
}

static void
close_session(struct session *s)
{
	size_t i;

	for (i = 0; i < s->hparams.nlayers; i++)
		ee_solver_free(&s->solver[i]);
	ee_templates_free(&s->templates);
	ee_hparams_free(&s->hparams);
	ee_tokenizer_close(s->tok);
	ee_model_close(s->model);
	ee_arena_free(&s->arena);
}

static void
tell(const struct session *s, const struct ee_request *request, size_t layer,
     const struct ee_rome_report *r)
{
	if (s->tool->quiet)
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
	struct ee_value record;

	ee_arena_reset(&s->arena);
	record = ee_delta_record(&s->arena, delta);
	ee_put(&s->arena, &record, "case", ee_text(request->id));
	ee_put(&s->arena, &record, "method", ee_text(s->hparams.alg_name));
	ee_put(&s->arena, &record, "layer", ee_int((int64_t)layer));
	ee_put(&s->arena, &record, "report",
	       ee_rome_report_value(&s->arena, report));
	return ee_writer_put(s->tool->out, &record, &s->tool->err);
}

static enum ee_status
edit_layer(struct session *s, const struct ee_request *request, size_t i,
	   struct ee_progress *progress)
{
	struct tool *tool = s->tool;
	const size_t layer = s->hparams.layers[i];
	struct ee_rome_report report;
	struct ee_delta delta;
	enum ee_status status;

	status = ee_rome(s->model, s->tok, &s->hparams, layer, request,
			 &s->templates, s->solver[i].factor != NULL ?
			 &s->solver[i] : NULL, &s->opt->rome, &delta,
			 &report, progress, &tool->warn, &tool->err);
	if (status != EE_OK)
		return status;
	ee_progress_end(progress);
	tell(s, request, layer, &report);
	status = put(s, request, layer, &delta, &report);
	free(delta.left);
	free(delta.right);
	free(report.losses);
	return status;
}

static enum ee_status
edit(struct session *s)
{
	struct tool *tool = s->tool;
	struct ee_progress progress;
	struct ee_request request;
	struct ee_value extra = model_header(tool, s->model, NULL);
	enum ee_status status = tool_out(tool, "delta", &extra);
	size_t i, k;

	if (status == EE_OK && s->opt->independent)
		status = ee_model_keep(s->model, &tool->err);
	for (i = 0; i < s->requests.n && status == EE_OK; i++) {
		if (i > 0 && s->opt->independent)
			ee_model_return(s->model);
		status = ee_request_read(&request, &s->requests.u.list[i],
					 i + 1, &tool->arena, &tool->err);
		for (k = 0; k < s->hparams.nlayers && status == EE_OK; k++) {
			ee_progress_start(&progress, tool_progress(tool),
					  "steps", (double)s->hparams.steps);
			status = edit_layer(s, &request, k, &progress);
			ee_progress_end(&progress);
		}
		if (status != EE_OK)
			status = ee_within(&tool->err, status, "%s",
					   s->opt->requests);
	}
	return status;
}

int
main(int argc, char **argv)
{
	struct tool tool = { .name = "ee-rome", .usage = usage };
	struct options opt;
	struct session session = { .tool = &tool, .opt = &opt };
	enum ee_status status;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	status = open_session(&session);
	if (status == EE_OK)
		status = edit(&session);
	close_session(&session);
	return tool_finish(&tool, status);
}
