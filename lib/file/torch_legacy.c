/*
 * torch_legacy.c - what torch.save wrote before version 1.6, and writes when
 * asked not to make a zip archive.  See torch.h.
 *
 * Pickles, one after the other: a number that says what this is, the version
 * of the format, the machine, the object, the keys of its storages.  Then for
 * each key the number of elements, in 8 bytes, and the elements.  What an
 * element is only the object says; so it is gone through twice: for that, and
 * when the storages have been found.
 */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "file/torch_parts.h"

enum { PROTOCOL = 1001 };

/* What the object says of storages, and where it is. */
struct old_file {
	const unsigned char *object;
	size_t size;
	size_t n, room;
	struct ee_torch_id *ids;
	struct ee_arena arena;		/* of all that is not the object */
};

/* The pickle at *at, which is moved behind it. */
static enum ee_status
next_pickle(struct ee_torch *t, size_t *at, const unsigned char **data,
	    size_t *size, struct ee_err *err)
{
	*data = t->old.data + *at;
	TRY(ee_pickle_length(*data, t->old.size - *at, t->path, size, err));
	*at += *size;
	return EE_OK;
}

static enum ee_status
next_value(struct ee_torch *t, struct ee_arena *arena, size_t *at,
	   struct ee_value *out, struct ee_err *err)
{
	const unsigned char *data;
	struct ee_value foreign;
	size_t size;

	TRY(next_pickle(t, at, &data, &size, err));
	return ee_pickle_parse(arena, data, size, t->path, NULL, out,
			       &foreign, err);
}

/* The number 0x1950a86a20f9469cfc6c, in a pickle of any protocol. */
static enum ee_status
check_magic(struct ee_torch *t, size_t *at, struct ee_err *err)
{
	static const unsigned char magic[] = {
		0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8,
		0x50, 0x19, 0x2e
	};
	const unsigned char *data;
	size_t size;

	TRY(next_pickle(t, at, &data, &size, err));
	if (size < sizeof(magic) || size > 2 * sizeof(magic) ||
	    memcmp(data + size - sizeof(magic), magic, sizeof(magic)) != 0)
		return ee_fail(err, EE_EFORMAT, "%s: a pickle, but not what "
			       "torch.save writes", t->path);
	return EE_OK;
}

static enum ee_status
read_head(struct ee_torch *t, struct old_file *f, size_t *at,
	  struct ee_err *err)
{
	struct ee_value version, machine;
	bool little = false;

	TRY(check_magic(t, at, err));
	TRY(next_value(t, &f->arena, at, &version, err));
	if (version.type != EE_INT || version.u.integer != PROTOCOL)
		return ee_fail(err, EE_EINPUT, "%s: not version %d of the "
			       "format before torch 1.6", t->path, PROTOCOL);
	TRY(next_value(t, &f->arena, at, &machine, err));
	TRY(ee_get_logic(&machine, "little_endian", &little, t->path, err));
	if (!little)
		return ee_fail(err, EE_EINPUT, "%s: byte order 'big'; only "
			       "little-endian files are read", t->path);
	return next_pickle(t, at, &f->object, &f->size, err);
}

/* Keep what a persistent id says; the tensor of it is not made. */
static enum ee_status
note_id(void *ctx, struct ee_arena *arena, const struct ee_value *id,
	struct ee_value *out, struct ee_err *err)
{
	struct old_file *f = ctx;
	struct ee_torch_id what = { 0 };
	enum ee_status status = ee_torch_read_id(id, &what, err);

	(void)arena;
	*out = ee_null();
	if (status != EE_OK)
		return status == EE_END ? EE_OK : status;
	TRY(ee_reserve(&f->ids, &f->room, f->n + 1, sizeof(*f->ids), err));
	f->ids[f->n++] = what;
	return EE_OK;
}

static int
by_key(const void *a, const void *b)
{
	const struct ee_torch_id *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static enum ee_status
note_ids(struct ee_torch *t, struct old_file *f, struct ee_err *err)
{
	static const struct ee_pickle_class none[] = { { NULL, NULL } };
	const struct ee_pickle_known known = { f, none, note_id };
	struct ee_value object, foreign;

	TRY(ee_pickle_parse(&f->arena, f->object, f->size, t->path, &known,
			    &object, &foreign, err));
	if (f->n > 0)
		qsort(f->ids, f->n, sizeof(*f->ids), by_key);
	return EE_OK;
}

/* One storage at *at: the number of its elements, and they. */
static enum ee_status
add_storage(struct ee_torch *t, const struct old_file *f, const char *key,
	    size_t *at, struct ee_err *err)
{
	const size_t left = t->old.size - *at;
	const struct ee_torch_id want = { .key = key }, *id = NULL;
	struct ee_torch_storage *s = &t->storages[t->nstorages++];
	uint64_t n = 0;

	if (f->n > 0)
		id = bsearch(&want, f->ids, f->n, sizeof(want), by_key);
	if (id == NULL)
		return ee_fail(err, EE_EINPUT, "%s: nothing says what storage "
			       "'%s' holds", t->path, key);
	if (left >= 8)
		n = ee_little(t->old.data + *at, 8);
	if (left < 8 || n > (left - 8) / ee_dtype_size(id->dtype))
		return ee_fail(err, EE_ETRUNC, "%s: storage '%s' is cut short",
			       t->path, key);
	s->key = ee_arena_text(&t->arena, key, strlen(key));
	s->size = (size_t)n * ee_dtype_size(id->dtype);
	s->raw = t->old.data + *at + 8;
	*at += 8 + s->size;
	return ee_arena_check(&t->arena, err);
}

/* The keys must be texts and no two the same. */
static enum ee_status
check_keys(struct ee_torch *t, struct ee_arena *arena,
	   const struct ee_value *keys, struct ee_err *err)
{
	const char **sorted, *twice;
	size_t i;

	if (keys->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: %s where the keys of "
			       "storages should be", t->path,
			       ee_type_name(keys->type));
	sorted = ee_arena_alloc(arena, keys->n * sizeof(*sorted), 8);
	if (sorted == NULL)
		return ee_arena_check(arena, err);
	for (i = 0; i < keys->n; i++) {
		const struct ee_value *v = &keys->u.list[i];

		if (v->type != EE_TEXT || strlen(v->u.text) != v->n)
			return ee_fail(err, EE_EFORMAT, "%s: the key of a "
				       "storage is no text", t->path);
		sorted[i] = v->u.text;
	}
	twice = ee_sort_texts(sorted, keys->n);
	return twice == NULL ? EE_OK :
	       ee_fail(err, EE_EFORMAT, "%s: two storages '%s'", t->path,
		       twice);
}

static enum ee_status
read_storages(struct ee_torch *t, struct old_file *f, size_t at,
	      struct ee_err *err)
{
	struct ee_value keys;
	size_t i;

	TRY(next_value(t, &f->arena, &at, &keys, err));
	TRY(check_keys(t, &f->arena, &keys, err));
	TRY(note_ids(t, f, err));
	t->storages = ee_calloc(keys.n, sizeof(*t->storages), err);
	if (t->storages == NULL)
		return EE_ENOMEM;
	for (i = 0; i < keys.n; i++)
		TRY(add_storage(t, f, keys.u.list[i].u.text, &at, err));
	if (at != t->old.size)
		return ee_fail(err, EE_EFORMAT, "%s: %zu bytes follow its "
			       "last storage", t->path, t->old.size - at);
	return EE_OK;
}

enum ee_status
ee_torch_open_old(struct ee_torch *t, const char *path, struct ee_err *err)
{
	struct old_file f = { 0 };
	enum ee_status status;
	size_t at = 0;

	t->path = ee_arena_text(&t->arena, path, strlen(path));
	TRY(ee_arena_check(&t->arena, err));
	t->budget = ((size_t)64 << 20) + 8 * t->old.size;
	status = read_head(t, &f, &at, err);
	if (status == EE_OK)
		status = read_storages(t, &f, at, err);
	if (status == EE_OK)
		status = ee_torch_read_object(t, f.object, f.size, err);
	free(f.ids);
	ee_arena_free(&f.arena);
	return status;
}
