/* npzconvert.c - the same statistics in another shape.  See npztool.h. */
#include <string.h>

#include "file/npz.h"
#include "npztool.h"
#include "stats/arrays.h"

static enum ee_status
write_file(struct tool *tool, const struct npz_options *opt,
	   const struct ee_layer *l)
{
	struct ee_arena arena = { 0 };
	struct ee_value arrays;
	enum ee_status status;

	status = ee_layer_arrays(&arena, l, opt->save.precision, opt->moment,
				 l->sample_size > 0 ? l->sample_size :
				 opt->save.sample_size, &arrays, &tool->err);
	if (status == EE_OK && opt->to == NPZ_TO_SAFETENSORS)
		status = ee_arrays_to_safetensors(opt->save.file, &arrays,
						  &tool->err);
	else if (status == EE_OK)
		status = ee_npz_write(opt->save.file, &arrays,
				      opt->save.deflate, &tool->err);
	ee_arena_free(&arena);
	return status;
}

enum ee_status
npz_convert(struct tool *tool, const struct npz_options *opt)
{
	struct ee_layerset set = { 0 };
	enum ee_status status;

	if (opt->to == NPZ_TO_STREAM ? opt->save.file != NULL || opt->moment ||
	    opt->save.deflate : opt->save.file == NULL)
		tool_misuse(tool, "convert: --to stream goes to standard "
			    "output, as sums; the others to -o FILE");
	if (opt->to == NPZ_TO_SAFETENSORS && opt->save.deflate)
		tool_misuse(tool, "convert: safetensors are not compressed");
	if (opt->to == NPZ_TO_STREAM) {
		status = ee_layerset_open(&set, opt->args[0], &tool->err);
		if (status == EE_OK)
			status = npz_write_set(tool, &set);
	} else {
		status = npz_open_one(tool, opt->args[0], &set);
		if (status == EE_OK)
			status = write_file(tool, opt, &set.list[0]);
	}
	ee_layerset_free(&set);
	return status;
}
