/*
 * stream.h - streams of records over a pipe.  Format: ee-stream(5).
 *
 * A stream is one header map, any number of record maps, one end map; all
 * msgpack.  A stream that stops before its end map is EE_ETRUNC, never a
 * short success: the stage upstream has died.  Streams of one kind may be
 * concatenated: the reader goes on with the next header by itself.
 *
 * A value map of the library (base/value.h) is a msgpack map with string
 * keys; an EE_TENSOR is what msgpack-numpy writes (a map with the binary
 * keys nd, type, kind, shape, data).  The writer cuts a tensor of more than
 * 1 GiB between rows, into {"split": true, "parts": [...]}, and the reader
 * joins it again by itself.
 *
 * Ownership: file descriptors are borrowed and not closed, but for those that
 * ee_reader_open_file opens itself.
 */
#ifndef EE_STREAM_H
#define EE_STREAM_H

#include "base/base.h"
#include "base/value.h"

enum { EE_STREAM_MAJOR = 1 };

struct ee_reader;
struct ee_writer;

/*
 * Start reading from 'fd' ('name' says what it is in errors: "standard
 * input", a path).  'kind' is the only kind wanted, or NULL for any.
 *
 * Fails with EE_EIO, EE_ENOMEM, EE_ETRUNC (nothing there at all: "empty"),
 * EE_EFORMAT (no stream; another kind; a newer major version).
 */
EE_MUST_CHECK enum ee_status ee_reader_open(struct ee_reader **reader,
	int fd, const char *name, const char *kind, struct ee_err *err);

/* The same for the file 'path', which closes with the reader. */
EE_MUST_CHECK enum ee_status ee_reader_open_file(struct ee_reader **reader,
	const char *path, const char *kind, struct ee_err *err);

/* What the stream is in errors: the name it was opened with. */
const char *ee_reader_name(const struct ee_reader *reader);

/* The header map of the stream being read (of concatenated streams: of the
 * one the last record came from, or the last one after EE_END); what this
 * returns stays valid until close. */
const struct ee_value *ee_reader_header(const struct ee_reader *reader);

/*
 * The next record: a map, valid until the next call; its tensors are
 * aligned and little-endian, and have lived in one buffer of the reader.
 *
 * Returns EE_OK; EE_END after the end map of the last stream (count and
 * crc32 agree, nothing follows); or fails with EE_EIO, EE_ENOMEM, EE_ETRUNC,
 * EE_EFORMAT (with record number and byte offset).  A concatenated stream
 * whose kind or model fingerprint differs from the first is EE_EMATCH.
 */
EE_MUST_CHECK enum ee_status ee_reader_next(struct ee_reader *reader,
	const struct ee_value **record, struct ee_err *err);

/* Records, and bytes, read so far. */
uint64_t ee_reader_count(const struct ee_reader *reader);
uint64_t ee_reader_bytes(const struct ee_reader *reader);

void ee_reader_close(struct ee_reader *reader);		/* NULL is fine */

/*
 * Start writing to 'fd'.  'extra' is a map whose members go into the header
 * after ee, kind and by (NULL for none); see ee_header_extra.  'name' is for
 * errors.  Fails as ee_writer_put; '*writer' is then NULL.
 */
EE_MUST_CHECK enum ee_status ee_writer_open(struct ee_writer **writer,
	int fd, const char *name, const char *kind, const char *by,
	const struct ee_value *extra, struct ee_err *err);

/*
 * Write one record, a map.  Tensor data is handed to the kernel from where
 * it lies.  Fails with EE_EIO, EE_EPIPE, EE_ENOMEM, EE_EINPUT (no map), and
 * then always again.
 */
EE_MUST_CHECK enum ee_status ee_writer_put(struct ee_writer *writer,
	const struct ee_value *record, struct ee_err *err);

/* Write the end map.  After this only close is allowed.  Fails as
 * ee_writer_put. */
EE_MUST_CHECK enum ee_status ee_writer_end(struct ee_writer *writer,
	struct ee_err *err);

/* Close; without ee_writer_end before it the stream stays cut. */
void ee_writer_close(struct ee_writer *writer);		/* NULL is fine */

/*
 * Header members for a stage that reads the header 'in' (NULL if it reads
 * no stream): a map in 'arena' with "model" and "corpus" carried over from
 * 'in' where they are there, and "history": those of 'in', then 'command'
 * (the stage's own command line).
 */
struct ee_value ee_header_extra(struct ee_arena *arena,
	const struct ee_value *in, const char *command);

#endif
