/* npz.c - several numpy arrays in one file.  See npz.h. */
#include "file/npz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"

enum ee_status
ee_npz_open(struct ee_npz *npz, const char *path, struct ee_err *err)
{
	enum ee_status status;
	size_t i, n;

	memset(npz, 0, sizeof(*npz));
	TRY(ee_zip_open(&npz->zip, path, err));
	npz->names = ee_calloc(npz->zip.n, sizeof(*npz->names), err);
	if (npz->names == NULL) {
		ee_npz_close(npz);
		return EE_ENOMEM;
	}
	npz->n = npz->zip.n;
	for (i = 0; i < npz->n; i++) {
		const char *name = npz->zip.list[i].name;

		n = strlen(name);
		if (n >= 4 && strcmp(name + n - 4, ".npy") == 0)
			n -= 4;
		npz->names[i] = ee_arena_text(&npz->arena, name, n);
	}
	status = ee_arena_check(&npz->arena, err);
	if (status != EE_OK)
		ee_npz_close(npz);
	return status;
}

void
ee_npz_close(struct ee_npz *npz)
{
	free(npz->names);
	ee_zip_close(&npz->zip);
	ee_arena_free(&npz->arena);
	memset(npz, 0, sizeof(*npz));
}

static const struct ee_zip_member *
find(const struct ee_npz *npz, const char *name)
{
	size_t i;

	for (i = 0; i < npz->n; i++)
		if (strcmp(npz->names[i], name) == 0)
			return &npz->zip.list[i];
	return NULL;
}

bool
ee_npz_has(const struct ee_npz *npz, const char *name)
{
	return find(npz, name) != NULL;
}

enum ee_status
ee_npz_get(const struct ee_npz *npz, const char *name, struct ee_arena *arena,
	   struct ee_value *out, struct ee_err *err)
{
	const struct ee_zip_member *m = find(npz, name);
	const unsigned char *data;
	char where[256];

	if (m == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: no array '%s'",
			       npz->zip.path, name);
	TRY(ee_zip_get(&npz->zip, m, arena, &data, err));
	snprintf(where, sizeof(where), "%s: '%s'", npz->zip.path, name);
	return ee_npy_parse(arena, data, (size_t)m->size, where, out, err);
}

enum ee_status
ee_npz_put(struct ee_zip_writer *w, const char *name,
	   const struct ee_value *v, struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	struct ee_npy_parts parts;
	enum ee_status status;
	char *member;

	member = ee_arena_printf(&arena, "%s.npy", name);
	status = ee_npy_format(&arena, v, &parts, err);
	if (status != EE_OK)
		status = ee_within(err, status, "array '%s'", name);
	else if (member == NULL)
		status = ee_arena_check(&arena, err);
	else
		status = ee_zip_put(w, member, parts.head, parts.nhead,
				    parts.body, parts.nbody, err);
	ee_arena_free(&arena);
	return status;
}

enum ee_status
ee_npz_write(const char *path, const struct ee_value *arrays, bool deflate,
	     struct ee_err *err)
{
	struct ee_zip_writer w = { .deflate = deflate };
	struct ee_outfile file;
	enum ee_status status = EE_OK;
	size_t i;

	TRY(ee_outfile_open(&file, path, err));
	w.fp = file.fp;
	for (i = 0; i < arrays->n && status == EE_OK; i++)
		status = ee_npz_put(&w, arrays->u.map[i].key,
				    &arrays->u.map[i].value, err);
	if (status == EE_OK)
		status = ee_zip_finish(&w, err);
	ee_zip_writer_free(&w);
	if (status != EE_OK)
		status = ee_within(err, status, "%s", path);
	return ee_outfile_end(&file, status, err);
}
