/* masskeys.c - the keys of edits that were made before.  See masskeys.h. */
#include "masskeys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum ee_status
mass_keys_append(struct mass_keys *keys, size_t f, const float *k,
		 size_t more, struct ee_err *err)
{
	const size_t n = keys->n + more;
	float *joined = ee_floats(f * n, err);
	size_t i;

	if (joined == NULL)
		return EE_ENOMEM;
	for (i = 0; i < f; i++) {
		if (keys->n > 0)
			memcpy(joined + i * n, keys->k + i * keys->n,
			       keys->n * sizeof(*k));
		memcpy(joined + i * n + keys->n, k + i * more,
		       more * sizeof(*k));
	}
	free(keys->k);
	keys->k = joined;
	keys->n = n;
	return EE_OK;
}

/* The number of the edited layer whose weight a record changes, or -1. */
static int
layer_of(const struct session *s, const char *weight)
{
	char module[EE_MAX_NAME], name[EE_MAX_NAME + 8];
	size_t i;

	for (i = 0; i < s->hparams.nlayers; i++) {
		ee_fill_layer(s->hparams.rewrite_module, s->hparams.layers[i],
			      module);
		snprintf(name, sizeof(name), "%s.weight", module);
		if (strcmp(name, weight) == 0)
			return (int)i;
	}
	return -1;
}

static enum ee_status
take(struct session *s, const struct ee_value *record, const char *path,
     struct mass_keys *keys, size_t *taken)
{
	const size_t f = s->model->config.f;
	struct ee_err *err = &s->tool->err;
	struct ee_tensor k;
	const char *weight;
	enum ee_status status;
	int i;

	if (ee_get(record, "keys") == NULL)
		return EE_OK;
	status = ee_get_text(record, "weight", &weight, path, err);
	if (status == EE_OK)
		status = ee_get_tensor(record, "keys", EE_F32, 2, &k, path,
				       err);
	if (status != EE_OK)
		return status;
	++*taken;
	i = layer_of(s, weight);
	if (i < 0)
		return EE_OK;
	if (k.shape[0] != f)
		return ee_fail(err, EE_EMATCH, "%s: '%s': keys of %zu, this "
			       "layer's have %zu", path, weight, k.shape[0],
			       f);
	return mass_keys_append(&keys[i], f, k.data, k.shape[1], err);
}

static enum ee_status
read_delta(struct session *s, const char *path, struct mass_keys *keys)
{
	struct ee_err *err = &s->tool->err;
	const struct ee_value *record;
	struct ee_reader *in;
	enum ee_status status;
	size_t taken = 0;

	status = ee_reader_open_file(&in, path, "delta", err);
	if (status == EE_OK) {
		while ((status = ee_reader_next(in, &record, err)) == EE_OK) {
			status = take(s, record, path, keys, &taken);
			if (status != EE_OK)
				break;
		}
		ee_reader_close(in);
	}
	if (status != EE_END)
		return status;
	if (taken == 0)
		ee_warn(&s->tool->warn, "%s carries no keys: nothing keeps "
			"what it has edited", path);
	return EE_OK;
}

enum ee_status
mass_keys_read(struct session *s, struct mass_keys keys[EE_MAX_EDIT_LAYERS])
{
	const struct model_options *model = &s->opt->model;
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < model->nedits && status == EE_OK; i++) {
		if (strcmp(model->edits[i], "-") == 0)
			ee_warn(&s->tool->warn, "the keys of the edit on "
				"standard input are not used");
		else
			status = read_delta(s, model->edits[i], keys);
	}
	return status;
}
