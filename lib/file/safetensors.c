/* safetensors.c - reading safetensors.  See safetensors.h. */
#include "file/safetensors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "file/json.h"

enum { MAX_HEADER = 100000000 };	/* bytes: the format's own limit */

static const struct {
	const char *name;
	enum ee_dtype dtype;
} dtypes[] = {
	{ "F32", EE_F32 }, { "F16", EE_F16 }, { "BF16", EE_BF16 },
	{ "F64", EE_F64 }, { "I8", EE_I8 }, { "I16", EE_I16 },
	{ "I32", EE_I32 }, { "I64", EE_I64 }, { "U8", EE_U8 },
	{ "U16", EE_U16 }, { "U32", EE_U32 }, { "U64", EE_U64 },
	{ "BOOL", EE_BOOL },
};
enum { NDTYPES = sizeof(dtypes) / sizeof(dtypes[0]) };

/* Where we are, for messages. */
struct place {
	const char *path, *tensor;
	struct ee_err *err;
};

static enum ee_status
bad(const struct place *at, const char *what)
{
	return ee_fail(at->err, EE_EFORMAT, "%s: tensor '%s': %s", at->path,
		       at->tensor, what);
}

static enum ee_status
read_dtype(const struct place *at, const json_t *item, struct ee_tensor *t)
{
	const char *name = json_string_value(json_object_get(item, "dtype"));
	unsigned i;

	if (name == NULL)
		return bad(at, "no dtype");
	for (i = 0; i < NDTYPES; i++) {
		if (strcmp(name, dtypes[i].name) == 0) {
			t->dtype = dtypes[i].dtype;
			return EE_OK;
		}
	}
	return ee_fail(at->err, EE_EINPUT,
		       "%s: tensor '%s': dtype '%s' is not supported",
		       at->path, at->tensor, name);
}

static enum ee_status
read_shape(const struct place *at, const json_t *item, struct ee_tensor *t)
{
	const json_t *shape = json_object_get(item, "shape"), *dim;
	size_t i;

	if (!json_is_array(shape))
		return bad(at, "no shape");
	if (json_array_size(shape) > EE_MAX_DIMS)
		return bad(at, "too many dimensions");
	t->ndim = (unsigned)json_array_size(shape);
	for (i = 0; i < t->ndim; i++) {
		dim = json_array_get(shape, i);
		if (!json_is_integer(dim) || json_integer_value(dim) < 0)
			return bad(at, "the shape is no list of sizes");
		t->shape[i] = (size_t)json_integer_value(dim);
	}
	return EE_OK;
}

/* The byte range of a tensor, relative to the start of all data. */
static enum ee_status
read_range(const struct place *at, const json_t *item, size_t room,
	   struct ee_named *out)
{
	const json_t *range = json_object_get(item, "data_offsets");
	const json_t *first = json_array_get(range, 0);
	const json_t *last = json_array_get(range, 1);
	json_int_t begin, end;
	size_t bytes;

	if (json_array_size(range) != 2 || !json_is_integer(first) ||
	    !json_is_integer(last))
		return bad(at, "no data_offsets");
	begin = json_integer_value(first);
	end = json_integer_value(last);
	if (begin < 0 || end < begin)
		return bad(at, "data_offsets are no range");
	if ((uint64_t)end > room)
		return ee_fail(at->err, EE_ETRUNC, "%s: tensor '%s': data end "
			       "at %lld of %zu bytes: the file is cut short",
			       at->path, at->tensor, (long long)end, room);
	if (!ee_tensor_bytes(&out->tensor, &bytes) ||
	    bytes != (size_t)(end - begin))
		return bad(at, "data_offsets do not fit dtype and shape");
	out->offset = (uint64_t)begin;
	return EE_OK;
}

static int
by_offset(const void *a, const void *b)
{
	const struct ee_named *x = a, *y = b;
	size_t nx = 0, ny = 0;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	/* an empty tensor goes before the one that starts there */
	(void)ee_tensor_bytes(&x->tensor, &nx);
	(void)ee_tensor_bytes(&y->tensor, &ny);
	if ((nx == 0) != (ny == 0))
		return nx == 0 ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
by_name(const void *a, const void *b)
{
	const struct ee_named *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Point a tensor at its data; copy it if it is not aligned. */
static enum ee_status
place_data(struct ee_safetensors *st, struct ee_named *t, size_t start,
	   struct ee_err *err)
{
	const size_t align = ee_dtype_size(t->tensor.dtype);
	const unsigned char *data = st->file.data + start + t->offset;
	size_t bytes = 0;
	void *copy;

	t->offset += start;
	t->tensor.data = data;
	if ((uintptr_t)data % align == 0)
		return EE_OK;
	(void)ee_tensor_bytes(&t->tensor, &bytes);
	copy = ee_arena_alloc(&st->arena, bytes, 64);
	if (copy == NULL)
		return ee_arena_check(&st->arena, err);
	memcpy(copy, data, bytes);
	t->tensor.data = copy;
	return EE_OK;
}

/* Sort by place, demand that data lie end to end, and fill in pointers. */
static enum ee_status
arrange(struct ee_safetensors *st, const char *path, size_t start,
	struct ee_err *err)
{
	struct place at = { path, NULL, err };
	size_t i, bytes, end = 0;
	enum ee_status status;

	qsort(st->list, st->n, sizeof(*st->list), by_offset);
	for (i = 0; i < st->n; i++) {
		struct ee_named *t = &st->list[i];

		at.tensor = t->name;
		if (t->offset < end)
			return bad(&at, "data overlap another tensor's");
		if (t->offset > end)
			return bad(&at, "a gap lies before its data");
		(void)ee_tensor_bytes(&t->tensor, &bytes);
		end += bytes;
		status = place_data(st, t, start, err);
		if (status != EE_OK)
			return status;
		st->sorted[i] = t;
	}
	if (start + end != st->file.size)
		return ee_fail(err, EE_EFORMAT,
			       "%s: %zu bytes after the last tensor", path,
			       st->file.size - start - end);
	qsort(st->sorted, st->n, sizeof(*st->sorted), by_name);
	return EE_OK;
}

static enum ee_status
read_metadata(struct ee_safetensors *st, const json_t *map,
	      const struct place *at)
{
	struct ee_arena *arena = &st->arena;
	const json_t *item;
	const char *key;
	void *i;

	if (!json_is_object(map))
		return bad(at, "is no map");
	for (i = json_object_iter((json_t *)(uintptr_t)map); i != NULL;
	     i = json_object_iter_next((json_t *)(uintptr_t)map, i)) {
		key = json_object_iter_key(i);
		item = json_object_iter_value(i);
		if (!json_is_string(item))
			return bad(at, "holds more than strings");
		key = ee_arena_text(arena, key, strlen(key));
		ee_put(arena, &st->metadata, key ? key : "",
		       ee_text_n(ee_arena_text(arena, json_string_value(item),
					       json_string_length(item)),
				 json_string_length(item)));
	}
	return ee_arena_check(arena, at->err);
}

static enum ee_status
read_tensor(struct ee_safetensors *st, const json_t *item, size_t room,
	    const struct place *at)
{
	struct ee_named *t = &st->list[st->n];
	enum ee_status status;

	if (!json_is_object(item))
		return bad(at, "is no map");
	t->name = ee_arena_text(&st->arena, at->tensor, strlen(at->tensor));
	status = ee_arena_check(&st->arena, at->err);
	if (status == EE_OK)
		status = read_dtype(at, item, &t->tensor);
	if (status == EE_OK)
		status = read_shape(at, item, &t->tensor);
	if (status == EE_OK)
		status = read_range(at, item, room, t);
	if (status == EE_OK)
		st->n++;
	return status;
}

static enum ee_status
read_entries(struct ee_safetensors *st, const char *path, json_t *header,
	     size_t start, struct ee_err *err)
{
	const size_t most = json_object_size(header);
	struct place at = { path, NULL, err };
	enum ee_status status = EE_OK;
	json_t *item;

	st->list = ee_calloc(most, sizeof(*st->list), err);
	st->sorted = ee_calloc(most, sizeof(*st->sorted), err);
	if (st->list == NULL || st->sorted == NULL)
		return EE_ENOMEM;
	json_object_foreach(header, at.tensor, item) {
		if (strcmp(at.tensor, "__metadata__") == 0)
			status = read_metadata(st, item, &at);
		else
			status = read_tensor(st, item, st->file.size - start,
					     &at);
		if (status != EE_OK)
			return status;
	}
	return arrange(st, path, start, err);
}

static enum ee_status
read_header(struct ee_safetensors *st, const char *path, struct ee_err *err)
{
	const unsigned char *p = st->file.data;
	json_error_t jerr;
	json_t *header;
	uint64_t len = 0;
	enum ee_status status;
	int i;

	if (st->file.size < 8)
		return ee_fail(err, EE_ETRUNC,
			       "%s: %zu bytes are no safetensors file", path,
			       st->file.size);
	for (i = 7; i >= 0; i--)
		len = len << 8 | p[i];
	if (len > MAX_HEADER)
		return ee_fail(err, EE_EFORMAT, "%s: not a safetensors file "
			       "(a header of %llu bytes)", path,
			       (unsigned long long)len);
	if (len > st->file.size - 8)
		return ee_fail(err, EE_ETRUNC, "%s: the header has %llu bytes, "
			       "the file %zu: it is cut short", path,
			       (unsigned long long)len, st->file.size);
	header = json_loadb((const char *)p + 8, (size_t)len,
			    JSON_REJECT_DUPLICATES, &jerr);
	if (header == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: header, byte %d: %s",
			       path, jerr.position, jerr.text);
	if (json_is_object(header))
		status = read_entries(st, path, header, 8 + (size_t)len, err);
	else
		status = ee_fail(err, EE_EFORMAT, "%s: the header is no map",
				 path);
	json_decref(header);
	return status;
}

enum ee_status
ee_safetensors_open(struct ee_safetensors *st, const char *path,
		    struct ee_err *err)
{
	enum ee_status status;

	memset(st, 0, sizeof(*st));
	st->metadata = ee_map();
	status = ee_map_file(&st->file, path, err);
	if (status == EE_OK)
		status = read_header(st, path, err);
	if (status != EE_OK)
		ee_safetensors_close(st);
	return status;
}

void
ee_safetensors_close(struct ee_safetensors *st)
{
	free(st->list);
	free(st->sorted);
	ee_unmap_file(&st->file);
	ee_arena_free(&st->arena);
	memset(st, 0, sizeof(*st));
}

const struct ee_named *
ee_safetensors_find(const struct ee_safetensors *st, const char *name)
{
	const struct ee_named key = { .name = name }, *p = &key;
	const struct ee_named **found = NULL;

	if (st->n > 0)
		found = bsearch(&p, st->sorted, st->n, sizeof(p), by_name);
	return found ? *found : NULL;
}
