/*
 * rearchive.c - an archive of MEND, loaded to train on and saved again.
 *
 * usage: rearchive MODEL YAML FROM TO
 */
#include <stdio.h>
#include <stdlib.h>

#include "edit/mendarchive.h"

static enum ee_status
pass_on(struct ee_mend *m, const struct ee_model *model, char **argv,
	struct ee_err *err)
{
	struct ee_mend_progress p = { .optim = {
		.kind = EE_OPTIM_ADAM,
		.m = ee_floats(m->nlearned, err),
		.v = ee_floats(m->nlearned, err),
	} };
	enum ee_status status = EE_ENOMEM;

	if (p.optim.m != NULL && p.optim.v != NULL)
		status = ee_mend_load(m, argv[3], model, &p, false, NULL, err);
	if (status == EE_OK)
		status = ee_mend_save(m, argv[4], model, &p, false,
				      "rearchive 1", err);
	free(p.optim.m);
	free(p.optim.v);
	ee_mend_progress_free(&p);
	return status;
}

int
main(int argc, char **argv)
{
	struct ee_mend_params params = { 0 };
	struct ee_model *model = NULL;
	struct ee_mend *m = NULL;
	struct ee_err err;
	enum ee_status status;

	if (argc != 5)
		return 2;
	status = ee_model_open(&model, argv[1], &err);
	if (status == EE_OK)
		status = ee_mend_params_read(&params, argv[2], NULL, &err);
	if (status == EE_OK)
		status = ee_mend_create(&m, &params, model, &err);
	if (status == EE_OK)
		status = pass_on(m, model, argv, &err);
	if (status != EE_OK)
		fprintf(stderr, "rearchive: %s\n", err.text);
	ee_mend_free(m);
	ee_mend_params_free(&params);
	ee_model_close(model);
	return status != EE_OK;
}
