/*
 * zip.h - zip archives, as .npz files are: stored and deflated members, zip64.
 *
 * Reading is strict: sizes, offsets and names are checked against one another
 * and against the file before they are used, members may not overlap, and
 * the directory must stand where the end record says.  Encrypted archives,
 * archives of several parts and other methods of compression are refused.
 *
 * Ownership: the members and their names belong to the struct ee_zip.
 */
#ifndef EE_ZIP_H
#define EE_ZIP_H

#include <stdio.h>

#include "base/base.h"
#include "base/outfile.h"

struct ee_zip_member {
	const char *name;
	uint64_t offset;		/* of its local header */
	uint64_t packed, size;		/* bytes in the file, bytes unpacked */
	uint32_t crc;			/* CRC-32 of the unpacked bytes */
	bool deflated;
};

struct ee_zip {
	const char *path;
	size_t n;
	struct ee_zip_member *list;	/* in the order of the directory */
	struct ee_mapped file;
	struct ee_arena arena;
};

/* Map 'path' and read its directory.  On failure 'zip' holds nothing.
 * Fails with EE_EIO, EE_ENOMEM, EE_ETRUNC (no end record), EE_EFORMAT. */
EE_MUST_CHECK enum ee_status ee_zip_open(struct ee_zip *zip,
	const char *path, struct ee_err *err);
/* The same of a file that is mapped: 'zip' has it from then on, or it is
 * unmapped. */
EE_MUST_CHECK enum ee_status ee_zip_read(struct ee_zip *zip,
	const char *path, struct ee_mapped *file, struct ee_err *err);
void ee_zip_close(struct ee_zip *zip);

/* The member called 'name', or NULL. */
const struct ee_zip_member *ee_zip_find(const struct ee_zip *zip,
	const char *name);

/*
 * The bytes of a member, with its CRC checked: borrowed from the map where
 * they are stored, unpacked into 'arena' where they are deflated.
 * Fails with EE_EFORMAT, EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_zip_get(const struct ee_zip *zip,
	const struct ee_zip_member *member, struct ee_arena *arena,
	const unsigned char **data, struct ee_err *err);

/* The bytes of a member that is stored, where they lie, without a look at
 * them: its CRC is not checked.  NULL if it is deflated. */
const unsigned char *ee_zip_stored(const struct ee_zip *zip,
	const struct ee_zip_member *member);

/*
 * Writing, byte for byte as Python's zipfile does it for numpy.savez: the
 * sizes of each member in a zip64 field, the date 1980-01-01.  Start with a
 * zeroed struct with 'fp' (borrowed, at the start of its file, need not
 * seek) and 'deflate' set; finish or not, free at the end.  Write errors are
 * left in 'fp'.
 *
 * 'align' (a power of two up to 64, or 0) puts the data of each member at a
 * multiple of it, behind an extra field 'FB' of Zs, as torch does.
 */
struct ee_zip_writer {
	FILE *fp;
	bool deflate;
	unsigned align;
	uint64_t at;			/* bytes written */
	size_t n, room;
	struct ee_zip_member *list;
	struct ee_arena arena;
};

/* A member that consists of 'head' and then 'body'.  Fails with EE_EINPUT (a
 * name that is too long), EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_zip_put(struct ee_zip_writer *w,
	const char *name, const void *head, size_t nhead,
	const void *body, size_t nbody, struct ee_err *err);
/* The directory.  Fails with EE_EIO, EE_EPIPE where writing has failed. */
EE_MUST_CHECK enum ee_status ee_zip_finish(struct ee_zip_writer *w,
	struct ee_err *err);
void ee_zip_writer_free(struct ee_zip_writer *w);

#endif
