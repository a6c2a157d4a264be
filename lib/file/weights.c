/* weights.c - all tensors of a model folder.  See weights.h. */
#include "file/weights.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/json.h"

static const char whole_name[] = "model.safetensors";
static const char index_name[] = "model.safetensors.index.json";

/* The file 'name' of the folder, opened if it is new: its number in *file. */
static enum ee_status
use_file(struct ee_weights *w, const char *dir, const char *name,
	 size_t *file, struct ee_err *err)
{
	struct ee_weights_file *grown;
	const char *path;
	enum ee_status status;
	size_t i;

	for (i = w->nfiles; i-- > 0;) {
		if (strcmp(w->files[i].name, name) == 0) {
			*file = i;
			return EE_OK;
		}
	}
	grown = ee_grow(w->files, w->nfiles + 1, sizeof(*grown), err);
	if (grown == NULL)
		return EE_ENOMEM;
	w->files = grown;
	path = ee_arena_printf(&w->arena, "%s/%s", dir, name);
	grown[w->nfiles].name = ee_arena_text(&w->arena, name, strlen(name));
	status = ee_arena_check(&w->arena, err);
	if (status == EE_OK)
		status = ee_safetensors_open(&grown[w->nfiles].data, path,
					     err);
	if (status == EE_OK)
		*file = w->nfiles++;
	return status;
}

static enum ee_status
open_whole(struct ee_weights *w, const char *dir, struct ee_err *err)
{
	enum ee_status status;
	size_t i, file;

	status = use_file(w, dir, whole_name, &file, err);
	if (status != EE_OK)
		return status;
	w->n = w->files[file].data.n;
	w->list = ee_calloc(w->n, sizeof(*w->list), err);
	if (w->list == NULL)
		return EE_ENOMEM;
	for (i = 0; i < w->n; i++) {
		const struct ee_named *t = w->files[file].data.sorted[i];

		w->list[i].name = t->name;
		w->list[i].tensor = t->tensor;
		w->list[i].file = file;
	}
	return EE_OK;
}

/* One line of the index: the tensor 'name' is in the shard 'v'. */
static enum ee_status
add_indexed(struct ee_weights *w, const char *dir, const char *path,
	    const struct ee_pair *pair, struct ee_err *err)
{
	struct ee_weights_item *out = &w->list[w->n];
	const struct ee_named *t;
	enum ee_status status;

	if (pair->value.type != EE_TEXT || pair->value.n == 0 ||
	    strchr(pair->value.u.text, '/') != NULL)
		return ee_fail(err, EE_EFORMAT, "%s: weight_map: '%s' names no "
			       "file of this folder", path, pair->key);
	status = use_file(w, dir, pair->value.u.text, &out->file, err);
	if (status != EE_OK)
		return ee_within(err, status, "%s: tensor '%s'", path,
				 pair->key);
	t = ee_safetensors_find(&w->files[out->file].data, pair->key);
	if (t == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: tensor '%s' is not in %s, "
			       "where the index has it", path, pair->key,
			       pair->value.u.text);
	out->name = t->name;
	out->tensor = t->tensor;
	w->n++;
	return EE_OK;
}

static int
by_name(const void *a, const void *b)
{
	const struct ee_weights_item *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static enum ee_status
open_shards(struct ee_weights *w, const char *dir, const char *path,
	    struct ee_err *err)
{
	const struct ee_value *map;
	struct ee_value index;
	enum ee_status status;
	size_t i;

	status = ee_json_read(&w->arena, path, &index, err);
	if (status != EE_OK)
		return status;
	map = ee_get(&index, "weight_map");
	if (map == NULL || map->type != EE_MAP || map->n == 0)
		return ee_fail(err, EE_EFORMAT, "%s: no weight_map", path);
	w->list = ee_calloc(map->n, sizeof(*w->list), err);
	if (w->list == NULL)
		return EE_ENOMEM;
	for (i = 0; i < map->n && status == EE_OK; i++)
		status = add_indexed(w, dir, path, &map->u.map[i], err);
	if (status == EE_OK)
		qsort(w->list, w->n, sizeof(*w->list), by_name);
	return status;
}

static const char *
in_folder(struct ee_arena *arena, const char *dir, const char *name)
{
	const char *path = ee_arena_printf(arena, "%s/%s", dir, name);

	return path != NULL && access(path, F_OK) == 0 ? path : NULL;
}

/* No safetensors: say what is there instead. */
static enum ee_status
none_here(struct ee_weights *w, const char *dir, struct ee_err *err)
{
	struct stat st;

	if (stat(dir, &st) != 0)
		return ee_fail_sys(err, "%s", dir);
	if (!S_ISDIR(st.st_mode))
		return ee_fail(err, EE_EINPUT, "%s: is no folder; a model is "
			       "a folder with config.json and %s", dir,
			       whole_name);
	if (in_folder(&w->arena, dir, "pytorch_model.bin") != NULL ||
	    in_folder(&w->arena, dir, "pytorch_model.bin.index.json") != NULL)
		return ee_fail(err, EE_EINPUT, "%s: pytorch_model.bin is not "
			       "supported yet; convert it in Python: "
			       "AutoModelForCausalLM.from_pretrained('%s')"
			       ".save_pretrained('NEW', "
			       "safe_serialization=True)", dir, dir);
	return ee_fail(err, EE_EIO, "%s: no %s and no %s here", dir,
		       whole_name, index_name);
}

enum ee_status
ee_weights_open(struct ee_weights *w, const char *dir, struct ee_err *err)
{
	enum ee_status status;
	const char *path;

	memset(w, 0, sizeof(*w));
	if (in_folder(&w->arena, dir, whole_name) != NULL)
		status = open_whole(w, dir, err);
	else if ((path = in_folder(&w->arena, dir, index_name)) != NULL)
		status = open_shards(w, dir, path, err);
	else
		status = none_here(w, dir, err);
	if (status != EE_OK)
		ee_weights_close(w);
	return status;
}

void
ee_weights_close(struct ee_weights *w)
{
	size_t i;

	for (i = 0; i < w->nfiles; i++)
		ee_safetensors_close(&w->files[i].data);
	free(w->files);
	free(w->list);
	ee_arena_free(&w->arena);
	memset(w, 0, sizeof(*w));
}

const struct ee_weights_item *
ee_weights_find(const struct ee_weights *w, const char *name)
{
	const struct ee_weights_item key = { .name = name };

	if (w->n == 0)
		return NULL;
	return bsearch(&key, w->list, w->n, sizeof(key), by_name);
}
