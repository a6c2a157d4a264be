/*
 * wire.h - msgpack bytes to values, for the reader; headers, limits.
 * Private: not part of ee.h.
 *
 * Bytes are foreign until proven otherwise.  ee_scan walks the heads of one
 * object and finds where it ends, with every limit checked, before anything
 * is allocated for it; only then ee_unpack hands the whole object to
 * msgpack-c, which can now trust each length in it.
 */
#ifndef EE_WIRE_H
#define EE_WIRE_H

#include "base/base.h"
#include "base/value.h"

struct ee_writer;

enum {
	EE_WIRE_DEPTH = 24,		/* msgpack-c itself stops at 32 */
	EE_WIRE_ITEMS = 1 << 22		/* values in one record */
};

struct ee_scan {
	size_t pos;		/* looked at up to here; may lie beyond the
				   bytes that are there, inside a string */
	size_t blobs;		/* strings and byte strings seen */
	uint64_t items;		/* values announced */
	unsigned depth;
	uint64_t left[EE_WIRE_DEPTH + 1];	/* values to come, by level */
};

void ee_scan_start(struct ee_scan *scan);

/*
 * Go on with the 'n' bytes at 'p' (from the start of the object; more of
 * them each time).  *whole says if the object is complete; it is then
 * scan->pos bytes long.  Fails with EE_EFORMAT.
 */
EE_MUST_CHECK enum ee_status ee_scan(struct ee_scan *scan,
	const unsigned char *p, size_t n, bool *whole, struct ee_err *err);

/* Where the data of a record's tensors goes: one block, used again. */
struct ee_blobs {
	unsigned char *data;	/* aligned to 64 */
	size_t used, room;
};

/*
 * The value of one whole object of 'n' bytes.  Texts go to 'arena', tensor
 * data to 'blobs', which must have room for n bytes and 64 more for every
 * blob that the scan has counted.
 *
 * Fails with EE_EFORMAT, EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_unpack(struct ee_arena *arena,
	struct ee_blobs *blobs, const unsigned char *p, size_t n,
	struct ee_value *out, struct ee_err *err);

/*
 * Is 'header' one of a stream that we read: of our version, of the kind
 * 'want' (NULL for any), of the kind and model of the streams before it?
 *
 *   first  in/out: the first header, NULL before it (or, if that knows no
 *          model, the first that does)
 *
 * Fails with EE_EFORMAT, EE_EMATCH.
 */
EE_MUST_CHECK enum ee_status ee_header_check(const struct ee_value *header,
	const struct ee_value **first, const char *want, const char *name,
	struct ee_err *err);

/* EE_EFORMAT: no stream, but what the first 'n' bytes look like instead. */
enum ee_status ee_header_missing(const unsigned char *p, size_t n,
				 const char *name, struct ee_err *err);

/* Split tensors beyond this many bytes (the tests lower it). */
void ee_writer_split_at(struct ee_writer *writer, size_t bytes);

#endif
