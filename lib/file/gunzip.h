/*
 * gunzip.h - a file that may be compressed by gzip, read as what is in it.
 *
 * What begins with 1f 8b is gzip: members one after the other, as pigz,
 * bgzip and cat make them, perhaps with zeros behind.  Anything else is read
 * as it is.  Data that are damaged (CRC-32, length), cut short or followed
 * by something else are an error, after what was sound has been handed out.
 *
 * Ownership: a struct ee_gunzip owns what it holds; descriptors, data and
 * names are borrowed.
 */
#ifndef EE_GUNZIP_H
#define EE_GUNZIP_H

#include <stdio.h>

#include "base/base.h"
#include "base/outfile.h"

struct ee_gunzip;

/* From descriptor 'fd', or, where that is -1, 'size' bytes of 'data'; 'name'
 * is for messages.  Fails with EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_gunzip_open(struct ee_gunzip **gz, int fd,
	const void *data, size_t size, const char *name, struct ee_err *err);
void ee_gunzip_close(struct ee_gunzip *gz);		/* NULL is fine */

/*
 * Read at most 'room' > 0 bytes; *n is how many there were, 0 only at the
 * end.  Fails with EE_EIO, EE_EFORMAT, EE_ETRUNC, and then always again.
 */
EE_MUST_CHECK enum ee_status ee_gunzip_read(struct ee_gunzip *gz, void *to,
	size_t room, size_t *n, struct ee_err *err);

/*
 * The same as a FILE, for getline and the like; NULL with 'err'.  To fclose
 * before the other is closed.  Where reading fails, ferror is set, and
 * ee_gunzip_failed says what it was.
 */
FILE *ee_gunzip_file(struct ee_gunzip *gz, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_gunzip_failed(const struct ee_gunzip *gz,
	struct ee_err *err);

/*
 * If 'map' holds gzip data, put what is in them in its place: expanded into
 * a file without a name, in $TMPDIR or /tmp, and mapped from there.  Fails as
 * reading does, or with EE_EIO, EE_ENOMEM; 'map' stays valid.
 */
EE_MUST_CHECK enum ee_status ee_gunzip_map(struct ee_mapped *map,
	const char *name, struct ee_err *err);

#endif
