/* safetensors.c - reading safetensors.  See safetensors.h. */
#include "file/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "file/json.h"

enum { MAX_HEADER = 100000000 };	/* bytes: the format's own limit */

const char *const ee_safetensors_dtypes[EE_DTYPES] = {
	[EE_F32] = "F32", [EE_F64] = "F64", [EE_F16] = "F16",
	[EE_BF16] = "BF16", [EE_I8] = "I8", [EE_I16] = "I16",
	[EE_I32] = "I32", [EE_I64] = "I64", [EE_U8] = "U8",
	[EE_U16] = "U16", [EE_U32] = "U32", [EE_U64] = "U64",
	[EE_BOOL] = "BOOL",
};

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
read_dtype(const struct place *at, const struct ee_value *item,
	   struct ee_tensor *t)
{
	const struct ee_value *name = ee_get(item, "dtype");
	unsigned i;

	if (name == NULL || name->type != EE_TEXT)
		return bad(at, "no dtype");
	for (i = 0; i < EE_DTYPES; i++) {
		if (strcmp(name->u.text, ee_safetensors_dtypes[i]) == 0) {
			t->dtype = (enum ee_dtype)i;
			return EE_OK;
		}
	}
	return ee_fail(at->err, EE_EINPUT,
		       "%s: tensor '%s': dtype '%s' is not supported",
		       at->path, at->tensor, name->u.text);
}

/* Is it a list of sizes, 'most' of them at most? */
static bool
read_sizes(const struct ee_value *list, size_t most, size_t *out)
{
	size_t i;

	if (list == NULL || list->type != EE_LIST || list->n > most)
		return false;
	for (i = 0; i < list->n; i++) {
		const struct ee_value *v = &list->u.list[i];

		if (v->type != EE_INT || v->u.integer < 0)
			return false;
		out[i] = (size_t)v->u.integer;
	}
	return true;
}

/* One tensor; its offset is relative to the start of all data, of which there
 * are 'room' bytes. */
static enum ee_status
read_tensor(const struct place *at, const struct ee_value *item, size_t room,
	    struct ee_named *out)
{
	const struct ee_value *shape = ee_get(item, "shape");
	const struct ee_value *range = ee_get(item, "data_offsets");
	struct ee_tensor *t = &out->tensor;
	size_t at_bytes[2], bytes;

	out->name = at->tensor;
	TRY(read_dtype(at, item, t));
	if (!read_sizes(shape, EE_MAX_DIMS, t->shape))
		return bad(at, "the shape is no list of sizes, or too long");
	t->ndim = (unsigned)shape->n;
	if (!read_sizes(range, 2, at_bytes) || range->n != 2 ||
	    at_bytes[1] < at_bytes[0])
		return bad(at, "data_offsets are no range");
	if (at_bytes[1] > room)
		return ee_fail(at->err, EE_ETRUNC, "%s: tensor '%s': data end "
			       "at %zu of %zu bytes: the file is cut short",
			       at->path, at->tensor, at_bytes[1], room);
	if (!ee_tensor_bytes(t, &bytes) || bytes != at_bytes[1] - at_bytes[0])
		return bad(at, "data_offsets do not fit dtype and shape");
	out->offset = at_bytes[0];
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
		TRY(place_data(st, t, start, err));
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
read_metadata(struct ee_safetensors *st, const struct ee_value *map,
	      const struct place *at)
{
	size_t i;

	if (map->type != EE_MAP)
		return bad(at, "is no map");
	for (i = 0; i < map->n; i++)
		if (map->u.map[i].value.type != EE_TEXT)
			return bad(at, "holds more than strings");
	st->metadata = *map;
	return EE_OK;
}

static enum ee_status
read_entries(struct ee_safetensors *st, const char *path,
	     const struct ee_value *header, size_t start, struct ee_err *err)
{
	struct place at = { path, NULL, err };
	const struct ee_value *item;
	size_t i;

	st->list = ee_calloc(header->n, sizeof(*st->list), err);
	st->sorted = ee_calloc(header->n, sizeof(*st->sorted), err);
	if (st->list == NULL || st->sorted == NULL)
		return EE_ENOMEM;
	for (i = 0; i < header->n; i++) {
		at.tensor = header->u.map[i].key;
		item = &header->u.map[i].value;
		if (strcmp(at.tensor, "__metadata__") == 0)
			TRY(read_metadata(st, item, &at));
		else
			TRY(read_tensor(&at, item, st->file.size - start,
					&st->list[st->n++]));
	}
	return arrange(st, path, start, err);
}

static enum ee_status
read_header(struct ee_safetensors *st, const char *path, struct ee_err *err)
{
	const char *where;
	struct ee_value header;
	uint64_t len;

	if (st->file.size < 8)
		return ee_fail(err, EE_ETRUNC,
			       "%s: %zu bytes are no safetensors file", path,
			       st->file.size);
	len = ee_little(st->file.data, 8);
	if (len > MAX_HEADER)
		return ee_fail(err, EE_EFORMAT, "%s: not a safetensors file "
			       "(a header of %llu bytes)", path,
			       (unsigned long long)len);
	if (len > st->file.size - 8)
		return ee_fail(err, EE_ETRUNC, "%s: the header has %llu bytes, "
			       "the file %zu: it is cut short", path,
			       (unsigned long long)len, st->file.size);
	where = ee_arena_printf(&st->arena, "%s: header", path);
	TRY(ee_arena_check(&st->arena, err));
	TRY(ee_json_parse_strict(&st->arena, (const char *)st->file.data + 8,
				 (size_t)len, where, &header, err));
	if (header.type != EE_MAP)
		return ee_fail(err, EE_EFORMAT, "%s is no map", where);
	return read_entries(st, path, &header, 8 + (size_t)len, err);
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
