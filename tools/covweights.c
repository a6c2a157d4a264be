/* covweights.c - statistics of weights.  See covwork.h. */
#include <stdio.h>
#include <string.h>

#include "covwork.h"
#include "model/taps.h"
#include "modeltool.h"
#include "stats/arrays.h"
#include "stats/weightstats.h"

/* The module whose input the tap is: without ":in". */
static enum ee_status
put_weight(struct tool *tool, const struct cov_options *opt,
	   const struct ee_model *model, const struct ee_tap *tap)
{
	struct ee_layer layer = { 0 };
	enum ee_status status;
	char name[EE_MAX_NAME];

	snprintf(name, sizeof(name), "%.*s", (int)(strlen(tap->name) - 3),
		 tap->name);
	status = ee_weight_stats(&layer, model, name, opt->collect,
				 &tool->err);
	if (status == EE_OK)
		status = ee_layer_put(&layer, tool->out, &tool->err);
	ee_layer_free(&layer);
	return status;
}

/* Modules are written as the taps of their inputs are. */
static enum ee_status
find_modules(struct tool *tool, const struct cov_options *opt,
	     const struct ee_model *model, struct ee_taps *taps)
{
	enum ee_status status = EE_OK;
	const char *tap;
	size_t i;

	for (i = 0; i < opt->ntaps && status == EE_OK; i++) {
		if (strchr(opt->taps[i], ':') != NULL)
			return ee_fail(&tool->err, EE_EINPUT, "'%s': want a "
				       "module, without a side",
				       opt->taps[i]);
		tap = ee_arena_printf(&tool->arena, "%s:in", opt->taps[i]);
		if (tap == NULL)
			return ee_arena_check(&tool->arena, &tool->err);
		status = ee_taps_add(taps, model, tap, &tool->err);
	}
	return status;
}

enum ee_status
cov_weights(struct tool *tool, const struct cov_options *opt)
{
	const struct model_options which = { .dir = opt->model };
	struct ee_taps taps = { 0 };
	struct ee_value extra;
	struct ee_model *model;
	enum ee_status status = model_open(tool, &which, &model);
	size_t i;

	if (status != EE_OK)
		return status;
	status = find_modules(tool, opt, model, &taps);
	extra = model_header(tool, model, NULL);
	if (status == EE_OK)
		status = tool_out(tool, "stats", &extra);
	for (i = 0; i < taps.n && status == EE_OK; i++)
		status = put_weight(tool, opt, model, &taps.tap[i]);
	ee_taps_free(&taps);
	ee_model_close(model);
	return status;
}
