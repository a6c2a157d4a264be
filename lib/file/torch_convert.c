/* torch_convert.c - torch's weights as safetensors.  See torch_convert.h. */
#include "file/torch_convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/try.h"
#include "file/json.h"

enum { NAME = 64 };

bool
ee_torch_replaces(const struct ee_weights *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->nfiles; i++)
		if (strcmp(w->files[i].name, name) == 0)
			return true;
	return strcmp(name, "pytorch_model.bin.index.json") == 0;
}

/* The new name of a file; its number is its place among the old names. */
static void
new_name(const struct ee_weights *w, size_t file, char name[NAME])
{
	size_t i, number = 1;

	for (i = 0; i < w->nfiles; i++)
		number += strcmp(w->files[i].name, w->files[file].name) < 0;
	if (w->nfiles == 1)
		snprintf(name, NAME, "model.safetensors");
	else
		snprintf(name, NAME, "model-%05zu-of-%05zu.safetensors",
			 number, w->nfiles);
}

/* The tensors of one file, as changed. */
static struct ee_named *
list_of(const struct ee_weights *w, size_t file,
	const struct ee_changed *changed, size_t n, size_t *count,
	struct ee_err *err)
{
	struct ee_named *list = ee_calloc(w->n, sizeof(*list), err);
	size_t i;

	*count = 0;
	for (i = 0; list != NULL && i < w->n; i++) {
		const struct ee_weights_item *item = &w->list[i];
		const struct ee_changed *c;

		if (item->file != file)
			continue;
		c = ee_changed_find(changed, n, item->name);
		list[*count].name = item->name;
		list[(*count)++].tensor = c != NULL ? c->tensor
						    : item->tensor;
	}
	return list;
}

static enum ee_status
convert_file(const struct ee_weights *w, size_t file,
	     const struct ee_changed *changed, size_t n,
	     const struct ee_value *metadata, const char *path,
	     struct ee_err *err)
{
	size_t count;
	struct ee_named *list = list_of(w, file, changed, n, &count, err);
	enum ee_status status;

	if (list == NULL)
		return EE_ENOMEM;
	status = ee_safetensors_save(path, list, count, metadata, err);
	free(list);
	return status;
}

static enum ee_status
write_index(struct ee_arena *arena, const struct ee_weights *w,
	    const char *path, struct ee_err *err)
{
	struct ee_value index = ee_map(), metadata = ee_map();
	struct ee_value map = ee_map();
	struct ee_outfile out;
	size_t i, bytes = 0, total = 0;
	char name[NAME];

	for (i = 0; i < w->n; i++) {
		new_name(w, w->list[i].file, name);
		ee_put(arena, &map, w->list[i].name,
		       ee_text(ee_arena_text(arena, name, strlen(name))));
		if (ee_tensor_bytes(&w->list[i].tensor, &bytes))
			total += bytes;
	}
	ee_put(arena, &metadata, "total_size", ee_int((int64_t)total));
	ee_put(arena, &index, "metadata", metadata);
	ee_put(arena, &index, "weight_map", map);
	TRY(ee_arena_check(arena, err));
	TRY(ee_outfile_open(&out, path, err));
	ee_json_write(out.fp, &index);
	fputc('\n', out.fp);
	return ee_outfile_commit(&out, err);
}

static enum ee_status
convert(struct ee_arena *arena, const struct ee_weights *w,
	const struct ee_changed *changed, size_t n, const char *dir,
	struct ee_err *err)
{
	struct ee_value metadata = ee_map();
	const char *path;
	char name[NAME];
	size_t i;

	/* without it transformers does not load the file */
	ee_put(arena, &metadata, "format", ee_text("pt"));
	for (i = 0; i < w->nfiles; i++) {
		new_name(w, i, name);
		path = ee_arena_printf(arena, "%s/%s", dir, name);
		TRY(ee_arena_check(arena, err));
		TRY(convert_file(w, i, changed, n, &metadata, path, err));
	}
	if (w->nfiles == 1)
		return EE_OK;
	path = ee_arena_printf(arena, "%s/model.safetensors.index.json", dir);
	TRY(ee_arena_check(arena, err));
	return write_index(arena, w, path, err);
}

enum ee_status
ee_torch_convert(const struct ee_weights *w, const struct ee_changed *changed,
		 size_t n, const char *dir, struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	enum ee_status status = convert(&arena, w, changed, n, dir, err);

	ee_arena_free(&arena);
	return status;
}
