/* zip.c - reading zip archives.  See zip.h. */
#include "file/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/crc.h"
#include "base/try.h"

enum {
	END_SIZE = 22, END64_SIZE = 56, LOCATOR_SIZE = 20,
	ENTRY_SIZE = 46, LOCAL_SIZE = 30
};

static const char cut_short[] = "no zip end record: not an archive, or cut "
				"short";

static bool
is_mark(const unsigned char *p, unsigned mark)
{
	return ee_little(p, 4) == mark;
}

static enum ee_status
bad(const struct ee_zip *zip, const char *what, struct ee_err *err)
{
	return ee_fail(err, EE_EFORMAT, "%s: %s", zip->path, what);
}

/* Where the directory is. */
struct directory {
	uint64_t offset, size, count;
};

/* The zip64 end record, whose locator stands right before the end record. */
static enum ee_status
read_end64(const struct ee_zip *zip, uint64_t locator, struct directory *dir,
	   uint64_t *end, struct ee_err *err)
{
	const unsigned char *data = zip->file.data;
	const uint64_t at = ee_little(data + locator + 8, 8);

	if (at > locator || locator - at < END64_SIZE ||
	    !is_mark(data + at, 0x06064b50))
		return bad(zip, "no zip64 end record where its locator says",
			   err);
	if (ee_little(data + at + 4, 8) != locator - at - 12)
		return bad(zip, "a zip64 end record of a wrong size", err);
	dir->count = ee_little(data + at + 32, 8);
	dir->size = ee_little(data + at + 40, 8);
	dir->offset = ee_little(data + at + 48, 8);
	*end = at;
	return EE_OK;
}

/*
 * Find the end record: the last one in the file, whose comment must end with
 * the file.  An archive whose comment looks like another end record can be
 * read in two ways; it is refused.
 */
static enum ee_status
find_end(const struct ee_zip *zip, uint64_t *end, struct ee_err *err)
{
	const unsigned char *data = zip->file.data;
	const size_t size = zip->file.size;
	size_t at;

	if (size < END_SIZE)
		return ee_fail(err, EE_ETRUNC, "%s: %s", zip->path, cut_short);
	for (at = size - END_SIZE; !is_mark(data + at, 0x06054b50); at--)
		if (at == 0 || size - at > END_SIZE + 0xffff)
			return ee_fail(err, EE_ETRUNC, "%s: %s", zip->path,
				       cut_short);
	if (ee_little(data + at + 20, 2) != size - END_SIZE - at)
		return bad(zip, "the zip end record does not end with the "
			   "file", err);
	*end = at;
	return EE_OK;
}

static enum ee_status
find_directory(const struct ee_zip *zip, struct directory *dir,
	       struct ee_err *err)
{
	const unsigned char *data = zip->file.data;
	uint64_t at = 0, end;

	TRY(find_end(zip, &at, err));
	end = at;
	dir->count = ee_little(data + at + 10, 2);
	dir->size = ee_little(data + at + 12, 4);
	dir->offset = ee_little(data + at + 16, 4);
	if (ee_little(data + at + 4, 4) != 0 ||
	    ee_little(data + at + 8, 2) != dir->count)
		return bad(zip, "an archive of several parts", err);
	if (at >= LOCATOR_SIZE &&
	    is_mark(data + at - LOCATOR_SIZE, 0x07064b50))
		TRY(read_end64(zip, at - LOCATOR_SIZE, dir, &end, err));
	if (dir->offset > end || dir->size != end - dir->offset)
		return bad(zip, "the directory is not where the end record "
			   "says", err);
	if (dir->count > dir->size / ENTRY_SIZE)
		return bad(zip, "more members than the directory has room for",
			   err);
	return EE_OK;
}

/* Values that did not fit in 32 bits are in the extra field number 1. */
static bool
read_zip64(const unsigned char *extra, size_t left, uint64_t *const want[3])
{
	size_t len, i;

	for (; left >= 4; extra += 4 + len, left -= 4 + len) {
		len = (size_t)ee_little(extra + 2, 2);
		if (len > left - 4)
			return false;
		if (ee_little(extra, 2) != 1)
			continue;
		extra += 4;
		for (i = 0; i < 3; i++) {
			if (*want[i] != 0xffffffff)
				continue;
			if (len < 8)
				return false;
			*want[i] = ee_little(extra, 8);
			extra += 8;
			len -= 8;
		}
		return true;
	}
	return true;
}

/* One entry of the directory at 'p', with 'left' bytes; its size in *used. */
static enum ee_status
read_entry(struct ee_zip *zip, const unsigned char *p, size_t left,
	   size_t *used, struct ee_err *err)
{
	struct ee_zip_member *m = &zip->list[zip->n];
	uint64_t *const want[3] = { &m->size, &m->packed, &m->offset };
	size_t name, extra;
	unsigned method;

	if (left < ENTRY_SIZE || !is_mark(p, 0x02014b50))
		return bad(zip, "the directory is damaged", err);
	name = (size_t)ee_little(p + 28, 2);
	extra = (size_t)ee_little(p + 30, 2);
	*used = ENTRY_SIZE + name + extra + (size_t)ee_little(p + 32, 2);
	if (*used > left || memchr(p + ENTRY_SIZE, '\0', name) != NULL)
		return bad(zip, "the directory is damaged", err);
	m->name = ee_arena_text(&zip->arena, (const char *)p + ENTRY_SIZE,
				name);
	if (m->name == NULL)
		return ee_arena_check(&zip->arena, err);
	method = (unsigned)ee_little(p + 10, 2);
	if ((ee_little(p + 8, 2) & 1) != 0 || (method != 0 && method != 8))
		return ee_fail(err, EE_EFORMAT, "%s: member '%s' is encrypted "
			       "or packed by another method than deflate",
			       zip->path, m->name);
	m->deflated = method == 8;
	m->crc = (uint32_t)ee_little(p + 16, 4);
	m->packed = ee_little(p + 20, 4);
	m->size = ee_little(p + 24, 4);
	m->offset = ee_little(p + 42, 4);
	if (!read_zip64(p + ENTRY_SIZE + name, extra, want))
		return ee_fail(err, EE_EFORMAT, "%s: member '%s': a damaged "
			       "extra field", zip->path, m->name);
	zip->n++;
	return EE_OK;
}

/* The local header must agree with the directory; *start: its data. */
static enum ee_status
check_local(const struct ee_zip *zip, const struct ee_zip_member *m,
	    uint64_t limit, uint64_t *start, struct ee_err *err)
{
	const unsigned char *p;
	const size_t name = strlen(m->name);

	if (m->offset > limit || limit - m->offset < LOCAL_SIZE)
		return ee_fail(err, EE_EFORMAT, "%s: member '%s' lies outside "
			       "the file", zip->path, m->name);
	p = zip->file.data + m->offset;
	*start = m->offset + LOCAL_SIZE + ee_little(p + 26, 2) +
		 ee_little(p + 28, 2);
	if (!is_mark(p, 0x04034b50) || ee_little(p + 26, 2) != name ||
	    *start > limit || memcmp(p + LOCAL_SIZE, m->name, name) != 0 ||
	    ee_little(p + 8, 2) != (m->deflated ? 8u : 0u))
		return ee_fail(err, EE_EFORMAT, "%s: member '%s': its header "
			       "does not match the directory", zip->path,
			       m->name);
	if (m->packed > limit - *start)
		return ee_fail(err, EE_EFORMAT, "%s: member '%s' has %llu "
			       "bytes where %llu are left", zip->path, m->name,
			       (unsigned long long)m->packed,
			       (unsigned long long)(limit - *start));
	/* deflate packs at most 1032 to 1 */
	if (m->deflated ? m->size / 1032 > m->packed : m->size != m->packed)
		return ee_fail(err, EE_EFORMAT, "%s: member '%s': sizes %llu "
			       "and %llu cannot be", zip->path, m->name,
			       (unsigned long long)m->packed,
			       (unsigned long long)m->size);
	return EE_OK;
}

static int
by_offset(const void *a, const void *b)
{
	const struct ee_zip_member *const *x = a, *const *y = b;

	return (*x)->offset < (*y)->offset ? -1 : (*x)->offset > (*y)->offset;
}

static enum ee_status
check_names(struct ee_zip *zip, struct ee_err *err)
{
	const char **names = ee_calloc(zip->n, sizeof(*names), err), *twice;
	size_t i;

	if (names == NULL)
		return EE_ENOMEM;
	for (i = 0; i < zip->n; i++)
		names[i] = zip->list[i].name;
	twice = ee_sort_texts(names, zip->n);
	free(names);
	return twice == NULL ? EE_OK :
	       ee_fail(err, EE_EFORMAT, "%s: two members '%s'", zip->path,
		       twice);
}

/* Members inside the file, apart from one another. */
static enum ee_status
check_members(const struct ee_zip *zip, uint64_t limit, struct ee_err *err)
{
	const struct ee_zip_member **sorted;
	enum ee_status status = EE_OK;
	uint64_t end = 0, start = 0;
	size_t i;

	sorted = ee_calloc(zip->n, sizeof(*sorted), err);
	if (sorted == NULL)
		return EE_ENOMEM;
	for (i = 0; i < zip->n; i++)
		sorted[i] = &zip->list[i];
	qsort(sorted, zip->n, sizeof(*sorted), by_offset);
	for (i = 0; i < zip->n && status == EE_OK; i++) {
		if (sorted[i]->offset < end)
			status = ee_fail(err, EE_EFORMAT, "%s: member '%s' "
					 "overlaps another", zip->path,
					 sorted[i]->name);
		else
			status = check_local(zip, sorted[i], limit, &start,
					     err);
		end = start + sorted[i]->packed;
	}
	free(sorted);
	return status;
}

static enum ee_status
read_directory(struct ee_zip *zip, struct ee_err *err)
{
	struct directory dir = { 0 };
	uint64_t at, i;
	size_t used = 0;

	TRY(find_directory(zip, &dir, err));
	zip->list = ee_calloc((size_t)dir.count, sizeof(*zip->list), err);
	if (zip->list == NULL)
		return EE_ENOMEM;
	at = dir.offset;
	for (i = 0; i < dir.count; i++, at += used)
		TRY(read_entry(zip, zip->file.data + at,
			       (size_t)(dir.offset + dir.size - at), &used,
			       err));
	if (at != dir.offset + dir.size)
		return bad(zip, "the directory has another size than its "
			   "members", err);
	TRY(check_members(zip, dir.offset, err));
	return check_names(zip, err);
}

enum ee_status
ee_zip_open(struct ee_zip *zip, const char *path, struct ee_err *err)
{
	struct ee_mapped file;

	memset(zip, 0, sizeof(*zip));
	TRY(ee_map_file(&file, path, err));
	return ee_zip_read(zip, path, &file, err);
}

enum ee_status
ee_zip_read(struct ee_zip *zip, const char *path, struct ee_mapped *file,
	    struct ee_err *err)
{
	enum ee_status status;

	memset(zip, 0, sizeof(*zip));
	zip->file = *file;
	memset(file, 0, sizeof(*file));
	zip->path = ee_arena_text(&zip->arena, path, strlen(path));
	status = ee_arena_check(&zip->arena, err);
	if (status == EE_OK)
		status = read_directory(zip, err);
	if (status != EE_OK)
		ee_zip_close(zip);
	return status;
}

void
ee_zip_close(struct ee_zip *zip)
{
	free(zip->list);
	ee_unmap_file(&zip->file);
	ee_arena_free(&zip->arena);
	memset(zip, 0, sizeof(*zip));
}

const struct ee_zip_member *
ee_zip_find(const struct ee_zip *zip, const char *name)
{
	size_t i;

	for (i = 0; i < zip->n; i++)
		if (strcmp(zip->list[i].name, name) == 0)
			return &zip->list[i];
	return NULL;
}

/* Unpack; false unless exactly 'size' bytes come out of 'packed'. */
static bool
inflate_all(const unsigned char *in, uint64_t packed, unsigned char *out,
	    uint64_t size)
{
	const uint64_t most = 1u << 30;
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in, .next_out = out };
	int rc = Z_OK;

	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return false;
	while (rc == Z_OK) {
		const uInt in_n = (uInt)(packed < most ? packed : most);
		const uInt out_n = (uInt)(size < most ? size : most);

		z.avail_in = in_n;
		z.avail_out = out_n;
		rc = inflate(&z, Z_NO_FLUSH);
		if (rc == Z_OK && z.avail_in == in_n && z.avail_out == out_n)
			rc = Z_DATA_ERROR;		/* no progress */
		packed -= in_n - z.avail_in;
		size -= out_n - z.avail_out;
	}
	inflateEnd(&z);
	return rc == Z_STREAM_END && packed == 0 && size == 0;
}

static const unsigned char *		/* behind the local header */
data_of(const struct ee_zip *zip, const struct ee_zip_member *m)
{
	const unsigned char *p = zip->file.data + m->offset;

	return p + LOCAL_SIZE + ee_little(p + 26, 2) + ee_little(p + 28, 2);
}

const unsigned char *
ee_zip_stored(const struct ee_zip *zip, const struct ee_zip_member *m)
{
	return m->deflated ? NULL : data_of(zip, m);
}

enum ee_status
ee_zip_get(const struct ee_zip *zip, const struct ee_zip_member *m,
	   struct ee_arena *arena, const unsigned char **data,
	   struct ee_err *err)
{
	const unsigned char *p = data_of(zip, m);
	unsigned char *unpacked;

	if (m->deflated) {
		unpacked = ee_arena_alloc(arena, (size_t)m->size, 64);
		if (unpacked == NULL)
			return ee_arena_check(arena, err);
		if (!inflate_all(p, m->packed, unpacked, m->size))
			return ee_fail(err, EE_EFORMAT, "%s: member '%s': the "
				       "packed data are damaged", zip->path,
				       m->name);
		p = unpacked;
	}
	if (ee_crc32(0, p, (size_t)m->size) != m->crc)
		return ee_fail(err, EE_EFORMAT, "%s: member '%s': the CRC-32 "
			       "does not fit: the data are damaged", zip->path,
			       m->name);
	*data = p;
	return EE_OK;
}
