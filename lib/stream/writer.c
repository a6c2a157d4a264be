/*
 * writer.c - records to a stream.  See stream.h.
 *
 * Small things gather in one buffer; the data of a large tensor goes out
 * with what is gathered in one writev(2), from where it lies.
 */
#include <errno.h>
#include <fcntl.h>
#include <msgpack.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/crc.h"
#include "stream/stream.h"
#include "stream/wire.h"

enum { BUFFER = 64 << 10, DIRECT = 16 << 10 };

struct ee_writer {
	int fd;
	char *name;
	msgpack_packer pk;
	char *buf;			/* BUFFER bytes */
	size_t used;
	uint64_t records;
	uint32_t crc;			/* of all that has been written out */
	size_t split;			/* most bytes of one tensor */
	enum ee_status status;		/* the first failure stays */
	struct ee_err *err;		/* of the call being made */
};

static enum ee_status
fail(struct ee_writer *w, enum ee_status status)
{
	w->status = status;
	return status;
}

/* Write all of both pieces. */
static enum ee_status
write_out(struct ee_writer *w, struct iovec part[2])
{
	struct pollfd ready = { .fd = w->fd, .events = POLLOUT };
	size_t left;
	ssize_t n;
	int i;

	for (i = 0; i < 2; i++)
		w->crc = ee_crc32(w->crc, part[i].iov_base, part[i].iov_len);
	for (i = 0; i < 2;) {
		if (part[i].iov_len == 0) {
			i++;
			continue;
		}
		n = writev(w->fd, part + i, 2 - i);
		if (n < 0 && errno == EAGAIN)
			(void)poll(&ready, 1, -1);
		else if (n < 0 && errno != EINTR)
			return fail(w, ee_fail_sys(w->err, "%s: write",
						   w->name));
		for (left = n > 0 ? (size_t)n : 0; left > 0;) {
			const size_t k = left < part[i].iov_len ?
					 left : part[i].iov_len;

			part[i].iov_base = (char *)part[i].iov_base + k;
			part[i].iov_len -= k;
			left -= k;
			i += left > 0;
		}
	}
	return EE_OK;
}

/* What is gathered, then 'n' bytes at 'p'. */
static enum ee_status
write_with(struct ee_writer *w, const void *p, size_t n)
{
	struct iovec part[2] = {
		{ w->buf, w->used }, { (void *)(uintptr_t)p, n },
	};

	w->used = 0;
	return write_out(w, part);
}

/* The packer's door: not 0 stops it. */
static int
gather(void *ctx, const char *p, size_t n)
{
	struct ee_writer *w = ctx;

	if (w->status != EE_OK)
		return -1;
	if (n >= DIRECT)
		return write_with(w, p, n) == EE_OK ? 0 : -1;
	if (n > BUFFER - w->used && write_with(w, NULL, 0) != EE_OK)
		return -1;
	memcpy(w->buf + w->used, p, n);
	w->used += n;
	return 0;
}

static void
pack_bytes(struct ee_writer *w, const char *s)
{
	msgpack_pack_bin(&w->pk, strlen(s));
	msgpack_pack_bin_body(&w->pk, s, strlen(s));
}

static void
pack_string(struct ee_writer *w, const char *s, size_t n)
{
	msgpack_pack_str(&w->pk, n);
	msgpack_pack_str_body(&w->pk, s, n);
}

static void
pack_key(struct ee_writer *w, const char *s)
{
	pack_string(w, s, strlen(s));
}

/* As msgpack_numpy.encode() does, key by key. */
static void
pack_numpy(struct ee_writer *w, const struct ee_tensor *t, size_t bytes)
{
	const char *type = ee_dtype_numpy(t->dtype);
	unsigned i;

	msgpack_pack_map(&w->pk, 5);
	pack_bytes(w, "nd");
	msgpack_pack_true(&w->pk);
	pack_bytes(w, "type");
	pack_string(w, type, strlen(type));
	pack_bytes(w, "kind");
	pack_bytes(w, "");
	pack_bytes(w, "shape");
	msgpack_pack_array(&w->pk, t->ndim);
	for (i = 0; i < t->ndim; i++)
		msgpack_pack_uint64(&w->pk, t->shape[i]);
	pack_bytes(w, "data");
	msgpack_pack_bin(&w->pk, bytes);
	if (bytes > 0)
		msgpack_pack_bin_body(&w->pk, t->data, bytes);
}

/* As many whole rows a part as the limit allows, at least one. */
static enum ee_status
pack_split(struct ee_writer *w, const struct ee_tensor *t, size_t bytes)
{
	const size_t rows = t->shape[0], row = bytes / rows;
	const size_t each = row < w->split ? w->split / row : 1;
	struct ee_tensor part = *t;
	size_t at;

	if (row > UINT32_MAX)
		return fail(w, ee_fail(w->err, EE_EINPUT,
				       "%s: a tensor has rows of more than "
				       "4 GiB", w->name));
	msgpack_pack_map(&w->pk, 2);
	pack_key(w, "split");
	msgpack_pack_true(&w->pk);
	pack_key(w, "parts");
	msgpack_pack_array(&w->pk, (rows + each - 1) / each);
	for (at = 0; at < rows && w->status == EE_OK; at += each) {
		part.shape[0] = rows - at < each ? rows - at : each;
		part.data = (const char *)t->data + at * row;
		pack_numpy(w, &part, part.shape[0] * row);
	}
	return w->status;
}

static enum ee_status
pack_tensor(struct ee_writer *w, const struct ee_tensor *t)
{
	size_t bytes;

	if (t->ndim > EE_MAX_DIMS || !ee_tensor_bytes(t, &bytes))
		return fail(w, ee_fail(w->err, EE_EINPUT,
				       "%s: a tensor has a bad shape",
				       w->name));
	if (bytes > w->split && t->ndim > 0)
		return pack_split(w, t, bytes);
	pack_numpy(w, t, bytes);
	return w->status;
}

static enum ee_status
pack(struct ee_writer *w, const struct ee_value *v, int depth)
{
	size_t i;

	if (depth > EE_WIRE_DEPTH - 4)	/* leaves room for a split tensor */
		return fail(w, ee_fail(w->err, EE_EINPUT,
				       "%s: a record is nested too deep",
				       w->name));
	switch (v->type) {
	case EE_NULL: msgpack_pack_nil(&w->pk); break;
	case EE_LOGIC:
		if (v->u.logic)
			msgpack_pack_true(&w->pk);
		else
			msgpack_pack_false(&w->pk);
		break;
	case EE_INT: msgpack_pack_int64(&w->pk, v->u.integer); break;
	case EE_REAL: msgpack_pack_double(&w->pk, v->u.real); break;
	case EE_TEXT: pack_string(w, v->u.text, v->n); break;
	case EE_TENSOR: return pack_tensor(w, &v->u.tensor);
	case EE_LIST:
		msgpack_pack_array(&w->pk, v->n);
		for (i = 0; i < v->n && w->status == EE_OK; i++)
			(void)pack(w, &v->u.list[i], depth + 1);
		break;
	case EE_MAP:
		msgpack_pack_map(&w->pk, v->n);
		for (i = 0; i < v->n && w->status == EE_OK; i++) {
			pack_key(w, v->u.map[i].key);
			(void)pack(w, &v->u.map[i].value, depth + 1);
		}
		break;
	}
	return w->status;
}

static void
pack_header(struct ee_writer *w, const char *kind, const char *by,
	    const struct ee_value *extra)
{
	const size_t more = extra != NULL && extra->type == EE_MAP ?
			    extra->n : 0;
	size_t i;

	msgpack_pack_map(&w->pk, 3 + more);
	pack_key(w, "ee");
	msgpack_pack_int(&w->pk, EE_STREAM_MAJOR);
	pack_key(w, "kind");
	pack_key(w, kind);
	pack_key(w, "by");
	pack_key(w, by);
	for (i = 0; i < more && w->status == EE_OK; i++) {
		pack_key(w, extra->u.map[i].key);
		(void)pack(w, &extra->u.map[i].value, 1);
	}
}

/* Before a call does anything. */
static enum ee_status
ready(struct ee_writer *w, struct ee_err *err)
{
	w->err = err;
	return w->status == EE_OK ? EE_OK :
	       ee_fail(err, w->status, "%s: has failed before", w->name);
}

static enum ee_status
flush(struct ee_writer *w, struct ee_err *err)
{
	const enum ee_status status = ready(w, err);

	return status == EE_OK ? write_with(w, NULL, 0) : status;
}

enum ee_status
ee_writer_open(struct ee_writer **writer, int fd, const char *name,
	       const char *kind, const char *by,
	       const struct ee_value *extra, struct ee_err *err)
{
	struct ee_writer *w = ee_calloc(1, sizeof(*w), err);
	enum ee_status status;

	*writer = NULL;
	if (w == NULL)
		return EE_ENOMEM;
	w->fd = fd;
	w->split = (size_t)1 << 30;
	w->err = err;
	w->name = strdup(name);
	w->buf = malloc(BUFFER);
	if (w->name == NULL || w->buf == NULL) {
		ee_writer_close(w);
		return ee_fail(err, EE_ENOMEM, "out of memory");
	}
	msgpack_packer_init(&w->pk, w, gather);
#ifdef F_SETPIPE_SZ
	(void)fcntl(fd, F_SETPIPE_SZ, 1 << 20);	/* fails where no pipe */
#endif
	pack_header(w, kind, by, extra);
	/* at once: a stage that wants another kind need not wait to say so */
	status = flush(w, err);
	if (status != EE_OK)
		ee_writer_close(w);
	else
		*writer = w;
	return status;
}

enum ee_status
ee_writer_put(struct ee_writer *w, const struct ee_value *record,
	      struct ee_err *err)
{
	enum ee_status status = ready(w, err);

	if (status != EE_OK)
		return status;
	if (record->type != EE_MAP || ee_get(record, "end") != NULL)
		return ee_fail(err, EE_EINPUT,
			       "%s: a record must be a map without 'end'",
			       w->name);
	status = pack(w, record, 0);
	if (status == EE_OK)
		w->records++;
	return status;
}

enum ee_status
ee_writer_end(struct ee_writer *w, struct ee_err *err)
{
	enum ee_status status = flush(w, err);
	const uint32_t crc = w->crc;

	if (status != EE_OK)
		return status;
	msgpack_pack_map(&w->pk, 1);
	pack_key(w, "end");
	msgpack_pack_map(&w->pk, 2);
	pack_key(w, "records");
	msgpack_pack_uint64(&w->pk, w->records);
	pack_key(w, "crc32");
	msgpack_pack_uint64(&w->pk, crc);
	status = flush(w, err);
	w->status = EE_END;
	return status;
}

void
ee_writer_close(struct ee_writer *w)
{
	if (w == NULL)
		return;
	free(w->buf);
	free(w->name);
	free(w);
}

void
ee_writer_split_at(struct ee_writer *w, size_t bytes)
{
	w->split = bytes;
}
