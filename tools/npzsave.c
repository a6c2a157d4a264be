/* npzsave.c - streams to .npz files and back: save, load.  See npztool.h. */
#include <string.h>

#include "file/npz.h"
#include "npztool.h"
#include "stats/arrays.h"

enum ee_status
npz_save_set(struct tool *tool, const struct npz_options *opt,
	 const struct ee_layerset *set)
{
	enum ee_status status = EE_OK;
	const char *path;
	size_t i;

	if (opt->save.file != NULL && set->n > 1)
		return ee_fail(&tool->err, EE_EINPUT, "statistics of %zu "
			       "layers do not fit in one file: give -d "
			       "STATS_DIR", set->n);
	for (i = 0; i < set->n && status == EE_OK; i++) {
		status = ee_layer_save(&tool->arena, &set->list[i],
				       &opt->save, &path, &tool->err);
		if (status == EE_OK)
			ee_warn(&tool->warn, "%s: %lld tokens", path,
				(long long)set->list[i].sums.count);
	}
	return status;
}

enum ee_status
npz_write_set(struct tool *tool, const struct ee_layerset *set)
{
	struct ee_value extra = ee_layerset_extra(&tool->arena, set,
						  tool->command);
	enum ee_status status = tool_out(tool, "stats", &extra);
	size_t i;

	for (i = 0; i < set->n && status == EE_OK; i++)
		status = ee_layer_put(&set->list[i], tool->out, &tool->err);
	return status;
}

enum ee_status
npz_open_one(struct tool *tool, const char *path, struct ee_layerset *set)
{
	enum ee_status status = ee_layerset_open(set, path, &tool->err);

	if (status == EE_OK && set->n != 1)
		status = ee_fail(&tool->err, EE_EINPUT, "%s: statistics of "
				 "%zu layers, want one", path, set->n);
	return status;
}

static bool
is_stats(const struct tool *tool)
{
	const char *kind = ee_maybe_text(ee_reader_header(tool->in), "kind");

	return kind != NULL && strcmp(kind, "stats") == 0;
}

enum ee_status
npz_save(struct tool *tool, const struct npz_options *opt)
{
	struct ee_layerset set = { 0 };
	enum ee_status status;

	if ((opt->save.dir == NULL) == (opt->save.file == NULL))
		tool_misuse(tool, "save: want either -d or -o");
	status = tool_in(tool, opt->save.file ? NULL : "stats");
	if (status != EE_OK)
		return status;
	if (!is_stats(tool))
		return ee_stream_to_npz(tool->in, opt->save.file,
					opt->save.deflate, &tool->err);
	status = ee_layerset_read(&set, tool->in, &tool->err);
	if (status == EE_OK)
		status = npz_save_set(tool, opt, &set);
	ee_layerset_free(&set);
	return status;
}

/* A file that holds no statistics: one record for each array. */
static enum ee_status
load_arrays(struct tool *tool, const struct npz_options *opt)
{
	struct ee_value extra = ee_header_extra(&tool->arena, NULL,
						tool->command);
	enum ee_status status = tool_out(tool, "arrays", &extra);
	struct ee_npz npz;
	int i;

	for (i = 0; i < opt->n && status == EE_OK; i++) {
		status = ee_npz_open(&npz, opt->args[i], &tool->err);
		if (status != EE_OK)
			break;
		status = ee_npz_to_stream(&npz, tool->out, &tool->err);
		ee_npz_close(&npz);
	}
	return status;
}

/* Does the first file hold layer statistics? */
static enum ee_status
holds_stats(struct tool *tool, const char *path, bool *out)
{
	struct ee_npz npz;
	enum ee_status status = ee_npz_open(&npz, path, &tool->err);
	unsigned i;

	if (status != EE_OK)
		return status;
	*out = false;
	for (i = 0; i < EE_COLLECT_ARRAYS; i++)
		*out |= ee_npz_has(&npz, ee_collect_arrays[i].count);
	ee_npz_close(&npz);
	return EE_OK;
}

enum ee_status
npz_load(struct tool *tool, const struct npz_options *opt)
{
	struct ee_layerset set = { 0 };
	bool stats = false;
	enum ee_status status = holds_stats(tool, opt->args[0], &stats);
	int i;

	if (status == EE_OK && !stats)
		return load_arrays(tool, opt);
	for (i = 0; i < opt->n && status == EE_OK; i++)
		status = ee_layerset_open(&set, opt->args[i], &tool->err);
	if (status == EE_OK)
		status = npz_write_set(tool, &set);
	ee_layerset_free(&set);
	return status;
}
