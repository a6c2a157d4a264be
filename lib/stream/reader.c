/*
 * reader.c - records from a stream.  See stream.h.
 *
 * One buffer takes what read(2) gives; ee_scan finds where the next object
 * ends; ee_unpack copies its texts and tensors out, aligned.  The buffer
 * grows only behind bytes that have come, never on the word of a length.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc.h"
#include "stream/stream.h"
#include "stream/wire.h"

enum { READ_LEAST = 64 << 10, READ_USUAL = 256 << 10, LARGE = 64 << 20 };

struct ee_reader {
	int fd;
	bool own;			/* close fd */
	char *name;
	unsigned char *buf;		/* start..used: not yet consumed */
	size_t start, used, room;
	struct ee_scan scan;
	struct ee_blobs blobs;		/* the record's tensors */
	struct ee_arena record_arena, header_arena;
	struct ee_value record;
	const struct ee_value *header;	/* of the current stream */
	const struct ee_value *first;	/* header, of the first stream */
	uint64_t bytes;			/* before 'start' */
	uint64_t records;		/* in all streams */
	uint64_t here;			/* in the current stream */
	uint32_t crc;			/* of the current stream */
	bool done;
};

/* Say in which stream and where 'err' was found. */
static enum ee_status
at(const struct ee_reader *r, enum ee_status status, struct ee_err *err)
{
	return ee_within(err, status,
			 "%s: record %" PRIu64 " at byte %" PRIu64, r->name,
			 r->records + 1, r->bytes);
}

/* Room behind 'used' for at least READ_LEAST bytes. */
static enum ee_status
make_room(struct ee_reader *r, struct ee_err *err)
{
	unsigned char *more;
	size_t room = r->room ? 2 * r->room : 2 * READ_USUAL;

	if (r->room - r->used >= READ_LEAST)
		return EE_OK;
	if (r->start > 0) {
		memmove(r->buf, r->buf + r->start, r->used - r->start);
		r->used -= r->start;
		r->start = 0;
		if (r->room - r->used >= READ_LEAST)
			return EE_OK;
	}
	more = ee_grow(r->buf, room, 1, err);
	if (more == NULL)
		return EE_ENOMEM;
	r->buf = more;
	r->room = room;
	return EE_OK;
}

/*
 * Read once: what the current object is known to lack, or a usual amount,
 * so that little of the next object has to be moved.  EE_END at the end.
 */
static enum ee_status
fill(struct ee_reader *r, struct ee_err *err)
{
	struct pollfd ready = { .fd = r->fd, .events = POLLIN };
	size_t have, want = READ_USUAL;
	enum ee_status status = make_room(r, err);
	ssize_t n;

	if (status != EE_OK)
		return status;
	have = r->used - r->start;
	if (r->scan.pos > have && r->scan.pos - have > want)
		want = r->scan.pos - have;
	if (want > r->room - r->used)
		want = r->room - r->used;
	while ((n = read(r->fd, r->buf + r->used, want)) < 0) {
		if (errno == EAGAIN)
			(void)poll(&ready, 1, -1);
		else if (errno != EINTR)
			return ee_fail_sys(err, "%s: read", r->name);
	}
	r->used += (size_t)n;
	return n > 0 ? EE_OK : EE_END;
}

static enum ee_status
make_blobs(struct ee_reader *r, struct ee_err *err)
{
	const size_t want = r->scan.pos + 64 * r->scan.blobs + 64;
	size_t room = want;

	r->blobs.used = 0;
	if (want <= r->blobs.room)
		return EE_OK;
	if (room < 2 * r->blobs.room)
		room = 2 * r->blobs.room;
	free(r->blobs.data);
	r->blobs.room = 0;
	r->blobs.data = (unsigned char *)ee_floats(room / 4 + 1, err);
	if (r->blobs.data == NULL)
		return EE_ENOMEM;
	r->blobs.room = room;
	return EE_OK;
}

/* "by" of the stage that wrote the stream, for messages. */
static const char *
writer_of(const struct ee_reader *r)
{
	const char *by = ee_maybe_text(r->header, "by");

	return by != NULL ? by : "the stage before";
}

static enum ee_status
cut(const struct ee_reader *r, struct ee_err *err)
{
	if (r->header == NULL)
		return ee_fail(err, EE_ETRUNC,
			       "%s: cut short in the stream's header",
			       r->name);
	return ee_fail(err, EE_ETRUNC,
		       "%s: cut short after %" PRIu64 " records and %" PRIu64
		       " bytes: %.80s has not finished", r->name, r->records,
		       r->bytes + (r->used - r->start), writer_of(r));
}

/*
 * Have one whole object, of r->scan.pos bytes, at r->start.  EE_END if the
 * input ends before its first byte.
 */
static enum ee_status
have_object(struct ee_reader *r, struct ee_err *err)
{
	enum ee_status status;
	bool whole;

	ee_scan_start(&r->scan);
	for (;;) {
		status = ee_scan(&r->scan, r->buf + r->start,
				 r->used - r->start, &whole, err);
		if (status != EE_OK)
			return at(r, status, err);
		if (whole)
			return EE_OK;
		status = fill(r, err);
		if (status == EE_END && r->used > r->start)
			return cut(r, err);
		if (status != EE_OK)
			return status;
	}
}

static enum ee_status
take_object(struct ee_reader *r, struct ee_arena *arena, struct ee_value *v,
	    struct ee_err *err)
{
	enum ee_status status = make_blobs(r, err);

	if (status != EE_OK)
		return status;
	status = ee_unpack(arena, &r->blobs, r->buf + r->start, r->scan.pos,
			   v, err);
	if (status == EE_OK && v->type != EE_MAP)
		status = ee_fail(err, EE_EFORMAT, "is %s, want a map",
				 ee_type_name(v->type));
	return status == EE_OK ? EE_OK : at(r, status, err);
}

static void
consume(struct ee_reader *r)
{
	r->start += r->scan.pos;
	r->bytes += r->scan.pos;
}

/* What a large record was read into is not kept beside its tensors, but for
 * the little of the next object that has come with it. */
static void
drop_large(struct ee_reader *r)
{
	const size_t rest = r->used - r->start, room = 2 * READ_USUAL;
	unsigned char *small;

	if (r->room < LARGE || rest > READ_USUAL)
		return;
	small = malloc(room);
	if (small == NULL)
		return;
	memcpy(small, r->buf + r->start, rest);
	free(r->buf);
	r->buf = small;
	r->start = 0;
	r->used = rest;
	r->room = room;
}

static enum ee_status
not_a_stream(const struct ee_reader *r, struct ee_err *err)
{
	if (r->bytes > 0)
		return ee_fail(err, EE_EFORMAT,
			       "%s: bytes after the end map, at byte %" PRIu64
			       ", that are no stream", r->name, r->bytes);
	return ee_header_missing(r->buf + r->start, r->used - r->start,
				 r->name, err);
}

/*
 * Read a header.  EE_END if nothing is there.  The first byte tells a map
 * from text or an archive, so that those are not read to their end.
 */
static enum ee_status
read_header(struct ee_reader *r, const char *want, struct ee_err *err)
{
	struct ee_value *header;
	enum ee_status status = EE_OK;
	unsigned char first;

	ee_scan_start(&r->scan);
	if (r->start == r->used)
		status = fill(r, err);
	if (status != EE_OK)
		return status;
	first = r->buf[r->start];
	if ((first & 0xf0) != 0x80 && first != 0xde && first != 0xdf)
		return not_a_stream(r, err);
	status = have_object(r, err);
	if (status != EE_OK)
		return status;
	header = ee_arena_alloc(&r->header_arena, sizeof(*header), 16);
	if (header == NULL)
		return ee_arena_check(&r->header_arena, err);
	status = take_object(r, &r->header_arena, header, err);
	if (status == EE_OK) {	/* tensor data must live as long */
		*header = ee_copy(&r->header_arena, header);
		status = ee_arena_check(&r->header_arena, err);
	}
	if (status != EE_OK)
		return status;
	if (ee_get(header, "ee") == NULL)
		return not_a_stream(r, err);
	r->header = header;
	r->crc = ee_crc32(0, r->buf + r->start, r->scan.pos);
	r->here = 0;
	consume(r);
	return ee_header_check(header, &r->first, want, r->name, err);
}

enum ee_status
ee_reader_open(struct ee_reader **reader, int fd, const char *name,
	       const char *kind, struct ee_err *err)
{
	struct ee_reader *r = ee_calloc(1, sizeof(*r), err);
	enum ee_status status;

	*reader = NULL;
	if (r == NULL)
		return EE_ENOMEM;
	r->fd = fd;
	r->name = strdup(name);
	if (r->name == NULL) {
		status = ee_fail(err, EE_ENOMEM, "out of memory");
		goto close;
	}
#ifdef F_SETPIPE_SZ
	(void)fcntl(fd, F_SETPIPE_SZ, 1 << 20);	/* fails where no pipe */
#endif
	status = read_header(r, kind, err);
	if (status == EE_END)
		status = ee_fail(err, EE_ETRUNC,
				 "%s: is empty: no stream has come", name);
	if (status != EE_OK)
		goto close;
	*reader = r;
	return EE_OK;
close:
	ee_reader_close(r);
	return status;
}

enum ee_status
ee_reader_open_file(struct ee_reader **reader, const char *path,
		    const char *kind, struct ee_err *err)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum ee_status status;

	*reader = NULL;
	if (fd < 0)
		return ee_fail_sys(err, "%s", path);
	status = ee_reader_open(reader, fd, path, kind, err);
	if (status == EE_OK)
		(*reader)->own = true;
	else
		close(fd);
	return status;
}

const char *
ee_reader_name(const struct ee_reader *r)
{
	return r->name;
}

/* The end map must agree with what came before it. */
static enum ee_status
check_end(const struct ee_reader *r, const struct ee_value *end,
	  struct ee_err *err)
{
	int64_t records, crc;
	enum ee_status status;

	status = ee_get_int(end, "records", 0, INT64_MAX, &records,
			    "end map", err);
	if (status == EE_OK && (uint64_t)records != r->here)
		status = ee_fail(err, EE_EFORMAT, "end map: counts %lld "
				 "records, %" PRIu64 " have come",
				 (long long)records, r->here);
	if (status == EE_OK && ee_get(end, "crc32") != NULL) {
		status = ee_get_int(end, "crc32", 0, UINT32_MAX, &crc,
				    "end map", err);
		if (status == EE_OK && (uint32_t)crc != r->crc)
			status = ee_fail(err, EE_EFORMAT,
					 "damaged: crc32 is %08lx, the end "
					 "map says %08lx",
					 (unsigned long)r->crc,
					 (unsigned long)crc);
	}
	return status == EE_OK ? EE_OK :
				 ee_within(err, status, "%s", r->name);
}

enum ee_status
ee_reader_next(struct ee_reader *r, const struct ee_value **record,
	       struct ee_err *err)
{
	const struct ee_value *end;
	enum ee_status status;

	while (!r->done) {
		ee_arena_reset(&r->record_arena);
		status = have_object(r, err);
		if (status == EE_END)
			return cut(r, err);
		if (status == EE_OK)
			status = take_object(r, &r->record_arena, &r->record,
					     err);
		if (status != EE_OK)
			return status;
		end = ee_get(&r->record, "end");
		if (end == NULL) {
			r->crc = ee_crc32(r->crc, r->buf + r->start,
					 r->scan.pos);
			consume(r);
			drop_large(r);
			r->here++;
			r->records++;
			*record = &r->record;
			return EE_OK;
		}
		consume(r);
		status = check_end(r, end, err);
		if (status == EE_OK)
			status = read_header(r, NULL, err);
		r->done = status == EE_END;
		if (status != EE_OK && status != EE_END)
			return status;
	}
	free(r->blobs.data);		/* they can be as large */
	memset(&r->blobs, 0, sizeof(r->blobs));
	return EE_END;
}

const struct ee_value *
ee_reader_header(const struct ee_reader *r)
{
	return r->header;
}

uint64_t
ee_reader_count(const struct ee_reader *r)
{
	return r->records;
}

uint64_t
ee_reader_bytes(const struct ee_reader *r)
{
	return r->bytes;
}

void
ee_reader_close(struct ee_reader *r)
{
	if (r == NULL)
		return;
	if (r->own)
		close(r->fd);
	ee_arena_free(&r->record_arena);
	ee_arena_free(&r->header_arena);
	free(r->blobs.data);
	free(r->buf);
	free(r->name);
	free(r);
}
