/* npzshow.c - what a file holds, as text: ls, cat.  See npztool.h. */
#include "file/npz_text.h"
#include "npztool.h"

enum ee_status
npz_ls(struct tool *tool, const struct npz_options *opt)
{
	enum ee_status status = EE_OK;
	struct ee_npz npz;
	int i;

	for (i = 0; i < opt->n && status == EE_OK; i++) {
		status = ee_npz_open(&npz, opt->args[i], &tool->err);
		if (status != EE_OK)
			break;
		if (opt->n > 1)
			printf("%s:\n", opt->args[i]);
		status = ee_npz_list(stdout, &npz, &tool->err);
		ee_npz_close(&npz);
	}
	return status;
}

enum ee_status
npz_cat(struct tool *tool, const struct npz_options *opt)
{
	struct ee_npz npz;
	struct ee_value v;
	enum ee_status status = ee_npz_open(&npz, opt->args[0], &tool->err);

	if (status != EE_OK)
		return status;
	status = ee_npz_get(&npz, opt->args[1], &tool->arena, &v, &tool->err);
	if (status == EE_OK)
		ee_value_tsv(stdout, &v);
	ee_npz_close(&npz);
	return status;
}
