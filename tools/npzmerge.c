/* npzmerge.c - the sum of parts of a corpus.  See npztool.h. */
#include "npztool.h"
#include "stats/lows.h"

enum ee_status
npz_merge(struct tool *tool, const struct npz_options *opt)
{
	struct ee_layerset set = { .merge = true, .mix = opt->mix };
	enum ee_status status = EE_OK;
	size_t k;
	int i;

	if (opt->save.dir != NULL && opt->save.file != NULL)
		tool_misuse(tool, "merge: -d and -o exclude each other");
	for (i = 0; i < opt->n && status == EE_OK; i++)
		status = ee_layerset_open(&set, opt->args[i], &tool->err);
	if (opt->n == 0) {
		status = tool_in(tool, "stats");
		if (status == EE_OK)
			status = ee_layerset_read(&set, tool->in, &tool->err);
	}
	for (k = 0; k < set.n && opt->final; k++)
		ee_drop_lows(&set.list[k].sums);
	if (status == EE_OK && (opt->save.dir || opt->save.file))
		status = npz_save_set(tool, opt, &set);
	else if (status == EE_OK)
		status = npz_write_set(tool, &set);
	ee_layerset_free(&set);
	return status;
}
