/* layerset.c - the statistics of several taps.  See layerset.h. */
#include "stats/layerset.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/try.h"
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

static struct ee_layer *
find(const struct ee_layerset *set, const struct ee_layer *layer)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (strcmp(set->list[i].name, layer->name) == 0 &&
		    strcmp(set->list[i].side, layer->side) == 0)
			return &set->list[i];
	return NULL;
}

/* Into its place, or as a new one, which the set then owns: '*taken'. */
static enum ee_status
place(struct ee_layerset *set, const struct ee_layer *layer, bool *taken,
      struct ee_err *err)
{
	const struct ee_layer *first = set->list;
	struct ee_layer *same = find(set, layer), *grown;

	if (same != NULL && !set->merge)
		return ee_fail(err, EE_EINPUT, "statistics of '%s' stand "
			       "there twice: merge them first", layer->name);
	if (same != NULL)
		return ee_layer_merge(same, layer, set->mix, err);
	if (set->n > 0 && first->model_fingerprint != NULL &&
	    layer->model_fingerprint != NULL &&
	    strcmp(first->model_fingerprint, layer->model_fingerprint) != 0)
		return ee_fail(err, EE_EMATCH, "statistics of two models: "
			       "%.100s (%.40s) and %.100s (%.40s)",
			       first->model ? first->model : "?",
			       first->model_fingerprint,
			       layer->model ? layer->model : "?",
			       layer->model_fingerprint);
	grown = ee_grow(set->list, set->n + 1, sizeof(*grown), err);
	if (grown == NULL)
		return EE_ENOMEM;
	set->list = grown;
	grown[set->n++] = *layer;
	*taken = true;
	return EE_OK;
}

/* Take 'layer' over: what it holds is the set's, or freed. */
static enum ee_status
add_layer(struct ee_layerset *set, struct ee_layer *layer, struct ee_err *err)
{
	bool taken = false;
	const enum ee_status status = place(set, layer, &taken, err);

	if (!taken)
		ee_layer_free(layer);
	return status;
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
		TRY(ee_layer_from_record(&layer, record, header, err));
		TRY(add_layer(set, &layer, err));
	}
	if (status == EE_END && set->n == 0)
		return ee_fail(err, EE_EINPUT, "the stream holds no "
			       "statistics");
	return status == EE_END ? EE_OK : status;
}

enum ee_status
ee_layerset_open(struct ee_layerset *set, const char *path,
		 struct ee_err *err)
{
	struct ee_reader *reader;
	struct ee_layer layer;
	enum ee_status status;
	char magic[2] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is_npz;

	if (fd < 0)
		return ee_fail_sys(err, "%s", path);
	is_npz = pread(fd, magic, 2, 0) != 2 || memcmp(magic, "PK", 2) == 0;
	close(fd);
	if (is_npz || ee_is_safetensors(path)) {
		TRY(ee_layer_from_npz(&layer, path, err));
		return add_layer(set, &layer, err);
	}
	status = ee_reader_open_file(&reader, path, "stats", err);
	if (status == EE_OK)
		status = ee_layerset_read(set, reader, err);
	ee_reader_close(reader);
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
