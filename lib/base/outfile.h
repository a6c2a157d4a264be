/*
 * outfile.h - files that appear whole or not at all, and input files.
 */
#ifndef EE_OUTFILE_H
#define EE_OUTFILE_H

#include <stdio.h>

#include "base/base.h"

/*
 * A file being written: beside its final name, then flushed, synced and
 * renamed by ee_outfile_commit.  A target that exists and is not a regular
 * file (a terminal, a fifo) is written in place; a symbolic link stays, and
 * the file that it names is replaced.  Write to 'fp' freely; errors are
 * caught by commit.  The struct is the caller's; after commit
 * (whatever it returns) or abort it holds nothing.
 *
 * 'backup', set after opening, is a suffix: the file that is replaced stays
 * under its name with that suffix, in place of what had that name.  There is
 * no moment at which 'path' is missing, where the file system has hard links;
 * elsewhere it is the backup that is there then.
 *
 * Open and commit fail with EE_EIO, EE_EPIPE, EE_ENOMEM; what was at 'path'
 * is then untouched, unless it is written in place.
 */
struct ee_outfile {
	FILE *fp;
	char *path, *temp;	/* temp is NULL when written in place */
	const char *backup;	/* borrowed; NULL: the old file goes */
};
EE_MUST_CHECK enum ee_status ee_outfile_open(struct ee_outfile *file,
	const char *path, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_outfile_commit(struct ee_outfile *file,
	struct ee_err *err);
void ee_outfile_abort(struct ee_outfile *file);
/* Commit if 'status' is EE_OK, else abort; returns what has failed first. */
EE_MUST_CHECK enum ee_status ee_outfile_end(struct ee_outfile *file,
	enum ee_status status, struct ee_err *err);

/*
 * A whole file, mapped read-only (or read, where it cannot be mapped).
 * 'data' is NULL for an empty file.  Fails with EE_EIO, EE_ENOMEM.
 */
struct ee_mapped {
	const unsigned char *data;
	size_t size;
	bool is_mapped;
};
EE_MUST_CHECK enum ee_status ee_map_file(struct ee_mapped *file,
	const char *path, struct ee_err *err);
/* Advice: these bytes of a mapped file will be read soon.  For scattered
 * reads, whose pages then come side by side instead of one by one. */
void ee_map_prefetch(const void *data, size_t size);
void ee_unmap_file(struct ee_mapped *file);

#endif
