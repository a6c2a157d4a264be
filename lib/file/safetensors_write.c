/* safetensors_write.c - writing safetensors.  See safetensors.h. */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "file/json.h"
#include "file/safetensors.h"

static struct ee_value
entry(struct ee_arena *arena, const struct ee_tensor *t, size_t begin,
      size_t end)
{
	struct ee_value map = ee_map(), shape = ee_list(), range = ee_list();
	unsigned i;

	for (i = 0; i < t->ndim; i++)
		ee_add(arena, &shape, ee_int((int64_t)t->shape[i]));
	ee_add(arena, &range, ee_int((int64_t)begin));
	ee_add(arena, &range, ee_int((int64_t)end));
	ee_put(arena, &map, "dtype", ee_text(ee_safetensors_dtypes[t->dtype]));
	ee_put(arena, &map, "shape", shape);
	ee_put(arena, &map, "data_offsets", range);
	return map;
}

static enum ee_status
check_names(const struct ee_named *list, size_t n, struct ee_err *err)
{
	const char **names = ee_calloc(n, sizeof(*names), err), *twice;
	size_t i;

	if (names == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n; i++)
		names[i] = list[i].name;
	twice = ee_sort_texts(names, n);
	free(names);
	return twice == NULL ? EE_OK :
	       ee_fail(err, EE_EINPUT, "tensor '%s' is given twice", twice);
}

static enum ee_status
build_header(struct ee_arena *arena, const struct ee_named *list, size_t n,
	     const struct ee_value *metadata, struct ee_value *map,
	     struct ee_err *err)
{
	size_t i, bytes, at = 0;

	*map = ee_map();
	if (metadata != NULL && metadata->n > 0)
		ee_put(arena, map, "__metadata__", *metadata);
	for (i = 0; i < n; i++) {
		if (!ee_tensor_bytes(&list[i].tensor, &bytes) ||
		    bytes > (size_t)INT64_MAX - at)
			return ee_fail(err, EE_EINPUT, "tensor '%s' is too "
				       "large", list[i].name);
		ee_put(arena, map, list[i].name,
		       entry(arena, &list[i].tensor, at, at + bytes));
		at += bytes;
	}
	return ee_arena_check(arena, err);
}

/* The length, the JSON, and spaces up to a multiple of 8. */
static enum ee_status
put_header(FILE *fp, const struct ee_value *map, struct ee_err *err)
{
	unsigned char length[8];
	char *text = NULL;
	size_t size = 0, padded;
	FILE *mem = open_memstream(&text, &size);
	int i;

	if (mem == NULL)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	ee_json_write(mem, map);
	if (fclose(mem) != 0 || text == NULL) {
		free(text);
		return ee_fail(err, EE_ENOMEM, "out of memory");
	}
	padded = (size + 7) & ~(size_t)7;
	for (i = 0; i < 8; i++)
		length[i] = (unsigned char)((uint64_t)padded >> (8 * i));
	fwrite(length, 1, sizeof(length), fp);
	fwrite(text, 1, size, fp);
	fprintf(fp, "%*s", (int)(padded - size), "");
	free(text);
	return EE_OK;
}

enum ee_status
ee_safetensors_header(FILE *fp, const struct ee_named *list, size_t n,
		      const struct ee_value *metadata, struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	struct ee_value map;
	enum ee_status status;

	status = check_names(list, n, err);
	if (status == EE_OK)
		status = build_header(&arena, list, n, metadata, &map, err);
	if (status == EE_OK)
		status = put_header(fp, &map, err);
	ee_arena_free(&arena);
	return status;
}

enum ee_status
ee_safetensors_write(FILE *fp, const struct ee_named *list, size_t n,
		     const struct ee_value *metadata, struct ee_err *err)
{
	size_t i, bytes = 0;

	TRY(ee_safetensors_header(fp, list, n, metadata, err));
	for (i = 0; i < n; i++) {
		(void)ee_tensor_bytes(&list[i].tensor, &bytes);
		if (bytes > 0 &&
		    fwrite(list[i].tensor.data, 1, bytes, fp) != bytes)
			return ee_fail_sys(err, "tensor '%s': write",
					   list[i].name);
	}
	return EE_OK;
}

enum ee_status
ee_safetensors_save(const char *path, const struct ee_named *list, size_t n,
		    const struct ee_value *metadata, struct ee_err *err)
{
	struct ee_outfile out;
	enum ee_status status;

	TRY(ee_outfile_open(&out, path, err));
	status = ee_safetensors_write(out.fp, list, n, metadata, err);
	if (status != EE_OK)
		status = ee_within(err, status, "%s", path);
	return ee_outfile_end(&out, status, err);
}
