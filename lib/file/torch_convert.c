/* torch_convert.c - torch's weights as safetensors.  See torch_convert.h. */
#include "file/torch_convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
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
write_file(const char *path, const struct ee_named *list, size_t n,
	   struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	struct ee_value metadata = ee_map();
	enum ee_status status;

	/* without it transformers does not load the file */
	ee_put(&arena, &metadata, "format", ee_text("pt"));
	status = ee_arena_check(&arena, err);
	if (status == EE_OK)
		status = ee_safetensors_save(path, list, n, &metadata, err);
	ee_arena_free(&arena);
	return status;
}

static enum ee_status
write_index(const struct ee_weights *w, const char *path, struct ee_err *err)
{
	struct ee_value index = ee_map(), metadata = ee_map();
	struct ee_value map = ee_map();
	struct ee_arena arena = { 0 };
	struct ee_outfile out;
	enum ee_status status;
	size_t i, bytes = 0, total = 0;
	char name[NAME];

	for (i = 0; i < w->n; i++) {
		new_name(w, w->list[i].file, name);
		ee_put(&arena, &map, w->list[i].name,
		       ee_text(ee_arena_text(&arena, name, strlen(name))));
		if (ee_tensor_bytes(&w->list[i].tensor, &bytes))
			total += bytes;
	}
	ee_put(&arena, &metadata, "total_size", ee_int((int64_t)total));
	ee_put(&arena, &index, "metadata", metadata);
	ee_put(&arena, &index, "weight_map", map);
	status = ee_arena_check(&arena, err);
	if (status == EE_OK)
		status = ee_outfile_open(&out, path, err);
	if (status == EE_OK) {
		ee_json_write(out.fp, &index);
		fputc('\n', out.fp);
		status = ee_outfile_commit(&out, err);
	}
	ee_arena_free(&arena);
	return status;
}

static enum ee_status
convert_file(const struct ee_weights *w, size_t file,
	     const struct ee_changed *changed, size_t n, const char *path,
	     struct ee_err *err)
{
	size_t count;
	struct ee_named *list = list_of(w, file, changed, n, &count, err);
	enum ee_status status;

	if (list == NULL)
		return EE_ENOMEM;
	status = write_file(path, list, count, err);
	free(list);
	return status;
}

enum ee_status
ee_torch_convert(const struct ee_weights *w, const struct ee_changed *changed,
		 size_t n, const char *dir, struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	enum ee_status status = EE_OK;
	const char *path;
	char name[NAME];
	size_t i;

	for (i = 0; i < w->nfiles && status == EE_OK; i++) {
		new_name(w, i, name);
		path = ee_arena_printf(&arena, "%s/%s", dir, name);
		status = ee_arena_check(&arena, err);
		if (status == EE_OK)
			status = convert_file(w, i, changed, n, path, err);
	}
	if (status == EE_OK && w->nfiles > 1) {
		path = ee_arena_printf(&arena,
				       "%s/model.safetensors.index.json", dir);
		status = ee_arena_check(&arena, err);
		if (status == EE_OK)
			status = write_index(w, path, err);
	}
	ee_arena_free(&arena);
	return status;
}
