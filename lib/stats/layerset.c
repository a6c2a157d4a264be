/* layerset.c - the statistics of several taps.  See layerset.h. */
#include "stats/layerset.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stats/source.h"

void
ee_layerset_free(struct ee_layerset *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		ee_layer_free(&set->list[i]);
	free(set->list);
	memset(set, 0, sizeof(*set));
}

/* Take 'layer' over (what it holds is the set's, or freed). */
static enum ee_status
add_layer(struct ee_layerset *set, struct ee_layer *layer, struct ee_err *err)
{
	struct ee_layer *grown;
	enum ee_status status;
	size_t i;

	for (i = 0; i < set->n; i++)
		if (strcmp(set->list[i].name, layer->name) == 0 &&
		    strcmp(set->list[i].side, layer->side) == 0)
			break;
	if (i < set->n) {
		status = set->merge ?
			 ee_layer_merge(&set->list[i], layer, set->mix, err) :
			 ee_fail(err, EE_EINPUT, "statistics of '%s' stand "
				 "there twice: merge them first",
				 layer->name);
		ee_layer_free(layer);
		return status;
	}
	if (set->n > 0 && set->list[0].model_fingerprint != NULL &&
	    layer->model_fingerprint != NULL &&
	    strcmp(set->list[0].model_fingerprint,
		   layer->model_fingerprint) != 0) {
		status = ee_fail(err, EE_EMATCH, "statistics of two models: "
				 "%.100s (%.40s) and %.100s (%.40s)",
				 set->list[0].model ? set->list[0].model : "?",
				 set->list[0].model_fingerprint,
				 layer->model ? layer->model : "?",
				 layer->model_fingerprint);
		ee_layer_free(layer);
		return status;
	}
	grown = ee_grow(set->list, set->n + 1, sizeof(*grown), err);
	if (grown == NULL) {
		ee_layer_free(layer);
		return EE_ENOMEM;
	}
	set->list = grown;
	grown[set->n++] = *layer;
	return EE_OK;
}

enum ee_status
ee_layerset_read(struct ee_layerset *set, struct ee_reader *reader,
		 struct ee_err *err)
{
	const struct ee_value *record;
	struct ee_layer layer;
	enum ee_status status;

	while ((status = ee_reader_next(reader, &record, err)) == EE_OK) {
		const struct ee_value *header = ee_reader_header(reader);

		if (ee_get(header, "checkpoint") != NULL)
			return ee_fail(err, EE_EINPUT, "this is a checkpoint "
				       "of ee-cov: give it back with "
				       "--checkpoint to finish the work");
		status = ee_layer_from_record(&layer, record, header, err);
		if (status == EE_OK)
			status = add_layer(set, &layer, err);
		if (status != EE_OK)
			return status;
	}
	if (status == EE_END && set->n == 0)
		return ee_fail(err, EE_EINPUT, "the stream holds no "
			       "statistics");
	return status == EE_END ? EE_OK : status;
}

static enum ee_status
open_stream(struct ee_layerset *set, int fd, const char *path,
	    struct ee_err *err)
{
	struct ee_reader *reader = NULL;
	enum ee_status status;

	status = ee_reader_open(&reader, fd, path, "stats", err);
	if (status == EE_OK)
		status = ee_layerset_read(set, reader, err);
	ee_reader_close(reader);
	return status;
}

enum ee_status
ee_layerset_open(struct ee_layerset *set, const char *path,
		 struct ee_err *err)
{
	struct ee_layer layer;
	enum ee_status status;
	char magic[2] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return ee_fail_sys(err, "%s", path);
	if (pread(fd, magic, 2, 0) != 2 || memcmp(magic, "PK", 2) == 0 ||
	    ee_is_safetensors(path)) {
		status = ee_layer_from_npz(&layer, path, err);
		if (status == EE_OK)
			status = add_layer(set, &layer, err);
	} else {
		status = open_stream(set, fd, path, err);
	}
	close(fd);
	return status;
}

struct ee_value
ee_layerset_extra(struct ee_arena *arena, const struct ee_layerset *set,
		  const char *command)
{
	struct ee_value in = ee_map(), model = ee_map();
	const struct ee_layer *first = set->n > 0 ? &set->list[0] : NULL;

	if (first == NULL)
		return ee_header_extra(arena, &in, command);
	if (first->model != NULL)
		ee_put(arena, &model, "name", ee_text(first->model));
	if (first->model_fingerprint != NULL)
		ee_put(arena, &model, "fingerprint",
		       ee_text(first->model_fingerprint));
	if (model.n > 0)
		ee_put(arena, &in, "model", model);
	if (first->history.n > 0)
		ee_put(arena, &in, "history", first->history);
	return ee_header_extra(arena, &in, command);
}
