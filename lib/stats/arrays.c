/* arrays.c - streams as files of arrays, and back.  See arrays.h. */
#include "stats/arrays.h"

#include <stdio.h>

#include "base/outfile.h"
#include "file/safetensors.h"

static enum ee_status
put_record(struct ee_zip_writer *zip, uint64_t number,
	   const struct ee_value *record, struct ee_err *err)
{
	enum ee_status status = EE_OK;
	char name[256];
	size_t i;

	for (i = 0; i < record->n && status == EE_OK; i++) {
		const struct ee_pair *p = &record->u.map[i];

		if (p->value.type == EE_LIST || p->value.type == EE_MAP)
			continue;
		snprintf(name, sizeof(name), "%llu.%s",
			 (unsigned long long)number, p->key);
		status = ee_npz_put(zip, name, &p->value, err);
	}
	return status;
}

enum ee_status
ee_stream_to_npz(struct ee_reader *reader, const char *path, bool deflate,
		 struct ee_err *err)
{
	struct ee_zip_writer zip = { .deflate = deflate };
	const struct ee_value *record;
	struct ee_outfile file;
	enum ee_status status;

	status = ee_outfile_open(&file, path, err);
	if (status != EE_OK)
		return status;
	zip.fp = file.fp;
	while ((status = ee_reader_next(reader, &record, err)) == EE_OK) {
		status = put_record(&zip, ee_reader_count(reader) - 1, record,
				    err);
		if (status != EE_OK)
			break;
	}
	if (status == EE_END)
		status = ee_zip_finish(&zip, err);
	ee_zip_writer_free(&zip);
	return ee_outfile_end(&file, status, err);
}

enum ee_status
ee_npz_to_stream(const struct ee_npz *npz, struct ee_writer *writer,
		 struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	struct ee_value v, record;
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < npz->n && status == EE_OK; i++) {
		status = ee_npz_get(npz, npz->names[i], &arena, &v, err);
		if (status != EE_OK)
			break;
		record = ee_map();
		ee_put(&arena, &record, "name", ee_text(npz->names[i]));
		ee_put(&arena, &record, "value", v);
		status = ee_arena_check(&arena, err);
		if (status == EE_OK)
			status = ee_writer_put(writer, &record, err);
		ee_arena_reset(&arena);
	}
	ee_arena_free(&arena);
	return status;
}

enum ee_status
ee_layer_put(const struct ee_layer *layer, struct ee_writer *writer,
	     struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	struct ee_value record;
	enum ee_status status = ee_layer_record(&arena, layer, &record, err);

	if (status == EE_OK)
		status = ee_writer_put(writer, &record, err);
	ee_arena_free(&arena);
	return status;
}

static void
put_metadata(struct ee_arena *arena, const struct ee_pair *p,
	     struct ee_value *metadata)
{
	const struct ee_value *v = &p->value;
	const char *text = v->type == EE_TEXT ? v->u.text :
		v->type == EE_INT ? ee_arena_printf(arena, "%lld",
						    (long long)v->u.integer) :
		v->type == EE_REAL ? ee_arena_printf(arena, "%.17g",
						     v->u.real) : NULL;

	if (text != NULL)
		ee_put(arena, metadata, p->key, ee_text(text));
}

enum ee_status
ee_arrays_to_safetensors(const char *path, const struct ee_value *arrays,
			 struct ee_err *err)
{
	struct ee_value metadata = ee_map();
	struct ee_arena arena = { 0 };
	struct ee_named *list;
	enum ee_status status;
	size_t i, n = 0;

	list = ee_arena_alloc(&arena, (arrays->n + 1) * sizeof(*list), 8);
	for (i = 0; i < arrays->n && list != NULL; i++) {
		const struct ee_pair *p = &arrays->u.map[i];

		if (p->value.type != EE_TENSOR) {
			put_metadata(&arena, p, &metadata);
			continue;
		}
		list[n].name = p->key;
		list[n++].tensor = p->value.u.tensor;
	}
	status = ee_arena_check(&arena, err);
	if (status == EE_OK)
		status = ee_safetensors_save(path, list, n, &metadata, err);
	ee_arena_free(&arena);
	return status;
}
