/* sessionstats.c - the statistics of an edit.  See session.h. */
#include <string.h>

#include "session.h"

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
