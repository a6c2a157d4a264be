/*
 * npz.h - several numpy arrays in one file, as numpy.savez writes them.
 *
 * Ownership: names belong to the struct ee_npz.  A value that was got lives
 * in the arena given, or is borrowed from the file until ee_npz_close.
 */
#ifndef EE_NPZ_H
#define EE_NPZ_H

#include "base/base.h"
#include "base/value.h"
#include "file/npy.h"
#include "file/zip.h"

struct ee_npz {
	size_t n;
	const char **names;	/* of the arrays, without ".npy" */
	struct ee_zip zip;	/* its members, in the same order */
	struct ee_arena arena;
};

/* Fails as ee_zip_open; on failure 'npz' holds nothing. */
EE_MUST_CHECK enum ee_status ee_npz_open(struct ee_npz *npz,
	const char *path, struct ee_err *err);
void ee_npz_close(struct ee_npz *npz);

bool ee_npz_has(const struct ee_npz *npz, const char *name);

/*
 * The array 'name', with its CRC checked; see npy.h for what it becomes.
 * Fails with EE_EFORMAT (no such array, damage), EE_ETRUNC, EE_EINPUT,
 * EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_npz_get(const struct ee_npz *npz,
	const char *name, struct ee_arena *arena, struct ee_value *out,
	struct ee_err *err);

/* Add one array to an archive being written (zip.h); see ee_npy_format.  Fails
 * as that and ee_zip_put. */
EE_MUST_CHECK enum ee_status ee_npz_put(struct ee_zip_writer *w,
	const char *name, const struct ee_value *v, struct ee_err *err);

/* A whole file with the members of the map 'arrays', in their order; it
 * appears complete or not at all.  Fails as ee_outfile_open and ee_npz_put. */
EE_MUST_CHECK enum ee_status ee_npz_write(const char *path,
	const struct ee_value *arrays, bool deflate, struct ee_err *err);

#endif
