/* weights.c - all tensors of a model folder.  See weights.h. */
#include "file/weights.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/try.h"
#include "file/json.h"

/* In the order in which they are looked for, as transformers does. */
static const struct {
	const char *name;
	bool is_index, is_torch;
} containers[] = {
	{ "model.safetensors", false, false },
	{ "model.safetensors.index.json", true, false },
	{ "pytorch_model.bin", false, true },
	{ "pytorch_model.bin.index.json", true, true },
};
enum { NCONTAINERS = sizeof(containers) / sizeof(containers[0]) };

static enum ee_status
open_torch(struct ee_weights_file *f, const char *path, struct ee_err *err)
{
	enum ee_status status;

	TRY(ee_torch_open(&f->torch, path, err));
	f->is_torch = true;
	status = ee_torch_tensors(&f->torch, &f->list, &f->n, err);
	if (status != EE_OK)
		ee_torch_close(&f->torch);
	return status;
}

static enum ee_status
open_safetensors(struct ee_weights_file *f, const char *path,
		 struct ee_err *err)
{
	size_t i;

	TRY(ee_safetensors_open(&f->data, path, err));
	f->list = ee_calloc(f->data.n, sizeof(*f->list), err);
	if (f->list == NULL) {
		ee_safetensors_close(&f->data);
		return EE_ENOMEM;
	}
	f->n = f->data.n;
	for (i = 0; i < f->n; i++)
		f->list[i] = *f->data.sorted[i];
	return EE_OK;
}

/* The file 'name' of the folder, opened if it is new: its number in *file. */
static enum ee_status
use_file(struct ee_weights *w, const char *dir, const char *name,
	 bool is_torch, size_t *file, struct ee_err *err)
{
	struct ee_weights_file *f;
	const char *path;
	enum ee_status status;
	size_t i;

	for (i = w->nfiles; i-- > 0;) {
		if (strcmp(w->files[i].name, name) == 0) {
			*file = i;
			return EE_OK;
		}
	}
	TRY(ee_reserve(&w->files, &w->room, w->nfiles + 1, sizeof(*f), err));
	f = &w->files[w->nfiles];
	memset(f, 0, sizeof(*f));
	path = ee_arena_printf(&w->arena, "%s/%s", dir, name);
	f->name = ee_arena_text(&w->arena, name, strlen(name));
	status = ee_arena_check(&w->arena, err);
	if (status == EE_OK)
		status = is_torch ? open_torch(f, path, err)
				  : open_safetensors(f, path, err);
	if (status == EE_OK)
		*file = w->nfiles++;
	return status;
}

static int
by_name(const void *a, const void *b)
{
	const struct ee_weights_item *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
by_name_in_file(const void *a, const void *b)
{
	const struct ee_named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static enum ee_status
open_whole(struct ee_weights *w, const char *dir, const char *name,
	   bool is_torch, struct ee_err *err)
{
	const struct ee_weights_file *f;
	size_t i, file;

	TRY(use_file(w, dir, name, is_torch, &file, err));
	f = &w->files[file];
	w->list = ee_calloc(f->n, sizeof(*w->list), err);
	if (w->list == NULL)
		return EE_ENOMEM;
	w->n = f->n;
	for (i = 0; i < w->n; i++) {
		w->list[i].name = f->list[i].name;
		w->list[i].tensor = f->list[i].tensor;
		w->list[i].file = file;
	}
	return EE_OK;
}

/* One line of the index: the tensor 'name' is in the shard 'v'. */
static enum ee_status
add_indexed(struct ee_weights *w, const char *dir, const char *path,
	    const struct ee_pair *pair, bool is_torch, struct ee_err *err)
{
	const struct ee_named key = { .name = pair->key };
	struct ee_weights_item *out = &w->list[w->n];
	const struct ee_named *t = NULL;
	const struct ee_weights_file *f;
	enum ee_status status;

	if (pair->value.type != EE_TEXT || pair->value.n == 0 ||
	    strchr(pair->value.u.text, '/') != NULL)
		return ee_fail(err, EE_EFORMAT, "%s: weight_map: '%s' names no "
			       "file of this folder", path, pair->key);
	status = use_file(w, dir, pair->value.u.text, is_torch, &out->file,
			  err);
	if (status != EE_OK)
		return ee_within(err, status, "%s: tensor '%s'", path,
				 pair->key);
	f = &w->files[out->file];
	if (f->n > 0)
		t = bsearch(&key, f->list, f->n, sizeof(key),
			    by_name_in_file);
	if (t == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: tensor '%s' is not in %s, "
			       "where the index has it", path, pair->key,
			       pair->value.u.text);
	out->name = t->name;
	out->tensor = t->tensor;
	w->n++;
	return EE_OK;
}

static enum ee_status
open_shards(struct ee_weights *w, const char *dir, const char *path,
	    bool is_torch, struct ee_err *err)
{
	const struct ee_value *map;
	struct ee_value index;
	size_t i;

	TRY(ee_json_read(&w->arena, path, &index, err));
	map = ee_get(&index, "weight_map");
	if (map == NULL || map->type != EE_MAP || map->n == 0)
		return ee_fail(err, EE_EFORMAT, "%s: no weight_map", path);
	w->list = ee_calloc(map->n, sizeof(*w->list), err);
	if (w->list == NULL)
		return EE_ENOMEM;
	for (i = 0; i < map->n; i++)
		TRY(add_indexed(w, dir, path, &map->u.map[i], is_torch, err));
	qsort(w->list, w->n, sizeof(*w->list), by_name);
	return EE_OK;
}

static const char *
in_folder(struct ee_arena *arena, const char *dir, const char *name)
{
	const char *path = ee_arena_printf(arena, "%s/%s", dir, name);

	return path != NULL && access(path, F_OK) == 0 ? path : NULL;
}

static enum ee_status
none_here(const char *dir, struct ee_err *err)
{
	struct stat st;

	if (stat(dir, &st) != 0)
		return ee_fail_sys(err, "%s", dir);
	if (!S_ISDIR(st.st_mode))
		return ee_fail(err, EE_EINPUT, "%s: is no folder; a model is "
			       "a folder with config.json and %s", dir,
			       containers[0].name);
	return ee_fail(err, EE_EIO, "%s: no %s, no %s and no index of "
		       "either here", dir, containers[0].name,
		       containers[2].name);
}

enum ee_status
ee_weights_open(struct ee_weights *w, const char *dir, struct ee_err *err)
{
	enum ee_status status;
	const char *path;
	unsigned i;

	memset(w, 0, sizeof(*w));
	for (i = 0; i < NCONTAINERS; i++) {
		path = in_folder(&w->arena, dir, containers[i].name);
		if (path != NULL)
			break;
	}
	if (i == NCONTAINERS)
		status = none_here(dir, err);
	else if (containers[i].is_index)
		status = open_shards(w, dir, path, containers[i].is_torch,
				     err);
	else
		status = open_whole(w, dir, containers[i].name,
				    containers[i].is_torch, err);
	if (status != EE_OK)
		ee_weights_close(w);
	return status;
}

void
ee_weights_close(struct ee_weights *w)
{
	size_t i;

	for (i = 0; i < w->nfiles; i++) {
		free(w->files[i].list);
		ee_safetensors_close(&w->files[i].data);
		ee_torch_close(&w->files[i].torch);
	}
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
