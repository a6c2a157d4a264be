/* zip_write.c - writing zip archives.  See zip.h. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/crc.h"
#include "base/try.h"
#include "file/zip.h"

/* Python's zipfile turns to zip64 beyond 31 bits, not 32. */
static const uint64_t limit64 = 0x7fffffff, full = 0xffffffff;

enum { VERSION = 45, DATE = 0x21, UNIX = 3, MODE = 0600 };

static void
put(struct ee_zip_writer *w, const void *data, size_t size)
{
	fwrite(data, 1, size, w->fp);
	w->at += size;
}

static void
put_int(struct ee_zip_writer *w, uint64_t v, unsigned bytes)
{
	unsigned char b[8];
	unsigned i;

	for (i = 0; i < bytes; i++)
		b[i] = (unsigned char)(v >> (8 * i));
	put(w, b, bytes);
}

/* Version, flags, method, time, date: the same in both kinds of header. */
static void
put_common(struct ee_zip_writer *w, const struct ee_zip_member *m)
{
	put_int(w, VERSION, 2);
	put_int(w, 0, 2);
	put_int(w, m->deflated ? 8 : 0, 2);
	put_int(w, 0, 2);
	put_int(w, DATE, 2);
	put_int(w, m->crc, 4);
}

enum { LOCAL_SIZE = 30, ZIP64_SIZE = 20, PAD_HEAD = 4 };

/* The bytes of the field that brings the data to where they shall begin. */
static unsigned
padding(const struct ee_zip_writer *w, const struct ee_zip_member *m)
{
	const uint64_t at = w->at + LOCAL_SIZE + strlen(m->name) +
			    ZIP64_SIZE + PAD_HEAD;

	return w->align == 0 ? 0 : PAD_HEAD +
	       (unsigned)((w->align - at % w->align) % w->align);
}

static void
put_padding(struct ee_zip_writer *w, unsigned size)
{
	unsigned i;

	if (size == 0)
		return;
	put(w, "FB", 2);
	put_int(w, size - PAD_HEAD, 2);
	for (i = PAD_HEAD; i < size; i++)
		put(w, "Z", 1);
}

static void
put_local(struct ee_zip_writer *w, const struct ee_zip_member *m)
{
	const unsigned pad = padding(w, m);

	put_int(w, 0x04034b50, 4);
	put_common(w, m);
	put_int(w, full, 4);
	put_int(w, full, 4);
	put_int(w, strlen(m->name), 2);
	put_int(w, ZIP64_SIZE + pad, 2);
	put(w, m->name, strlen(m->name));
	put_int(w, 1, 2);
	put_int(w, ZIP64_SIZE - 4, 2);
	put_int(w, m->size, 8);
	put_int(w, m->packed, 8);
	put_padding(w, pad);
}

static void
put_entry(struct ee_zip_writer *w, const struct ee_zip_member *m)
{
	const bool sizes = m->size > limit64 || m->packed > limit64;
	const bool offset = m->offset > limit64;
	const unsigned extra = (sizes ? 16u : 0u) + (offset ? 8u : 0u);

	put_int(w, 0x02014b50, 4);
	put_int(w, UNIX << 8 | VERSION, 2);
	put_common(w, m);
	put_int(w, sizes ? full : m->packed, 4);
	put_int(w, sizes ? full : m->size, 4);
	put_int(w, strlen(m->name), 2);
	put_int(w, extra ? extra + 4 : 0, 2);
	put_int(w, 0, 2);
	put_int(w, 0, 4);
	put_int(w, (uint64_t)MODE << 16, 4);
	put_int(w, offset ? full : m->offset, 4);
	put(w, m->name, strlen(m->name));
	if (extra) {
		put_int(w, 1, 2);
		put_int(w, extra, 2);
	}
	if (sizes) {
		put_int(w, m->size, 8);
		put_int(w, m->packed, 8);
	}
	if (offset)
		put_int(w, m->offset, 8);
}

/* Deflate both parts into one block, the caller's to free. */
static enum ee_status
deflate_all(const void *head, size_t nhead, const void *body, size_t nbody,
	    unsigned char **out, uint64_t *size, struct ee_err *err)
{
	const size_t most = (size_t)1 << 30, total = nhead + nbody;
	const size_t bound = total + total / 1000 + 4096;
	z_stream z = { 0 };
	size_t i = 0, n, room;
	unsigned char *buf = ee_calloc(bound, 1, err);
	int rc = Z_OK;

	if (buf == NULL)
		return EE_ENOMEM;
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK) {
		free(buf);
		return ee_fail(err, EE_ENOMEM, "out of memory");
	}
	z.next_out = buf;
	while (rc == Z_OK) {
		if (z.avail_in == 0 && i < total) {
			n = i < nhead ? nhead - i : total - i;
			n = n < most ? n : most;
			z.next_in = (unsigned char *)(uintptr_t)(i < nhead
				? (const char *)head + i
				: (const char *)body + (i - nhead));
			z.avail_in = (uInt)n;
			i += n;
		}
		room = bound - (size_t)(z.next_out - buf);
		z.avail_out = (uInt)(room < most ? room : most);
		rc = deflate(&z, i < total || z.avail_in > 0 ? Z_NO_FLUSH
							     : Z_FINISH);
	}
	*size = (uint64_t)(z.next_out - buf);
	*out = buf;
	deflateEnd(&z);
	if (rc == Z_STREAM_END)
		return EE_OK;
	free(buf);
	return ee_fail(err, EE_ENOMEM, "deflate failed");
}

static enum ee_status
new_member(struct ee_zip_writer *w, const char *name,
	   struct ee_zip_member **out, struct ee_err *err)
{
	if (strlen(name) > 0xffff)
		return ee_fail(err, EE_EINPUT, "a member name of %zu bytes",
			       strlen(name));
	TRY(ee_reserve(&w->list, &w->room, w->n + 1, sizeof(*w->list), err));
	*out = &w->list[w->n];
	memset(*out, 0, sizeof(**out));
	(*out)->name = ee_arena_text(&w->arena, name, strlen(name));
	return ee_arena_check(&w->arena, err);
}

enum ee_status
ee_zip_put(struct ee_zip_writer *w, const char *name, const void *head,
	   size_t nhead, const void *body, size_t nbody, struct ee_err *err)
{
	unsigned char *packed = NULL;
	struct ee_zip_member *m = NULL;

	TRY(new_member(w, name, &m, err));
	m->offset = w->at;
	m->size = m->packed = (uint64_t)nhead + nbody;
	m->crc = ee_crc32(ee_crc32(0, head, nhead), body, nbody);
	m->deflated = w->deflate;
	if (m->deflated)
		TRY(deflate_all(head, nhead, body, nbody, &packed, &m->packed,
				err));
	put_local(w, m);
	if (m->deflated) {
		put(w, packed, (size_t)m->packed);
	} else {
		put(w, head, nhead);
		if (nbody > 0)
			put(w, body, nbody);
	}
	free(packed);
	w->n++;
	return EE_OK;
}

enum ee_status
ee_zip_finish(struct ee_zip_writer *w, struct ee_err *err)
{
	const uint64_t offset = w->at;
	uint64_t size, end;
	size_t i;

	for (i = 0; i < w->n; i++)
		put_entry(w, &w->list[i]);
	size = w->at - offset;
	end = w->at;
	if (w->n > 0xffff || offset > limit64 || size > limit64) {
		put_int(w, 0x06064b50, 4);
		put_int(w, 44, 8);
		put_int(w, VERSION, 2);
		put_int(w, VERSION, 2);
		put_int(w, 0, 8);
		put_int(w, w->n, 8);
		put_int(w, w->n, 8);
		put_int(w, size, 8);
		put_int(w, offset, 8);
		put_int(w, 0x07064b50, 4);
		put_int(w, 0, 4);
		put_int(w, end, 8);
		put_int(w, 1, 4);
	}
	put_int(w, 0x06054b50, 4);
	put_int(w, 0, 4);
	put_int(w, w->n < 0xffff ? w->n : 0xffff, 2);
	put_int(w, w->n < 0xffff ? w->n : 0xffff, 2);
	put_int(w, size < full ? size : full, 4);
	put_int(w, offset < full ? offset : full, 4);
	put_int(w, 0, 2);
	if (ferror(w->fp))
		return ee_fail_sys(err, "write");
	return EE_OK;
}

void
ee_zip_writer_free(struct ee_zip_writer *w)
{
	free(w->list);
	ee_arena_free(&w->arena);
	memset(w, 0, sizeof(*w));
}
