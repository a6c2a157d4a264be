/* evallayer.c - the lowest layer that edits change.  See evalwork.h. */
#include "evalwork.h"

static size_t
layer_of(const struct ee_model *model, const char *weight)
{
	const struct ee_param *p = ee_model_weight(model, weight);
	const size_t n = model->config.layers * EE_LAYER_ROLES;
	size_t i;

	for (i = 0; i < n; i++)
		if (&model->layer[i] == p)
			return i / EE_LAYER_ROLES;
	return 0;
}

size_t
case_edits_layer(const struct case_edits *edits, const struct ee_model *model)
{
	size_t i, layer, lowest = model->config.layers;

	for (i = 0; i < edits->n; i++) {
		layer = layer_of(model, edits->list[i].delta.weight);
		lowest = layer < lowest ? layer : lowest;
	}
	return edits->n > 0 ? lowest : 0;
}

static enum ee_status
stream_layer(struct ee_reader *in, const char *path,
	     const struct ee_model *model, size_t *lowest,
	     struct ee_err *err)
{
	const struct ee_value *record;
	struct ee_delta delta;
	enum ee_status status;
	size_t layer;

	while ((status = ee_reader_next(in, &record, err)) == EE_OK) {
		status = ee_delta_from(record, path, &delta, err);
		if (status != EE_OK)
			return status;
		layer = layer_of(model, delta.weight);
		*lowest = layer < *lowest ? layer : *lowest;
	}
	return status == EE_END ? EE_OK : status;
}

enum ee_status
edits_layer(const struct model_options *opt, const struct ee_model *model,
	    size_t *layer, struct ee_err *err)
{
	enum ee_status status = EE_OK;
	struct ee_reader *in;
	size_t i;

	*layer = opt->nedits > 0 ? model->config.layers : 0;
	for (i = 0; i < opt->nedits && status == EE_OK; i++) {
		const char *path = opt->edits[i];

		if (strcmp(path, "-") == 0) {	/* can be read only once */
			*layer = 0;
			continue;
		}
		status = ee_delta_open(&in, path, err);
		if (status == EE_OK)
			status = stream_layer(in, path, model, layer, err);
		ee_reader_close(in);
	}
	return status;
}
