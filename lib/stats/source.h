/*
 * source.h - the arrays of one statistics file, whatever holds them.
 *
 * An .npz file, or a safetensors file with the same arrays (texts and single
 * numbers are its metadata).  Each array is read, and its CRC checked, when
 * it is first asked for.
 *
 * Ownership: names and values belong to the struct, until ee_source_close.
 */
#ifndef EE_SOURCE_H
#define EE_SOURCE_H

#include "base/base.h"
#include "base/value.h"
#include "file/npz.h"
#include "file/safetensors.h"

struct ee_source {
	const char *path;
	size_t n;
	const char **names;
	struct ee_value *values;	/* (n) read so far, else EE_NULL */
	const unsigned char **bytes;	/* (n) of an .npz file's, so far */
	bool is_safetensors;
	struct ee_npz npz;		/* one of the two */
	struct ee_safetensors st;
	struct ee_arena arena;
};

/* By its first bytes. */
bool ee_is_safetensors(const char *path);

/* What ee_npz_open or ee_safetensors_open fail with; then it holds nothing.
 * A file whose first bytes are neither's is taken for an .npz file. */
EE_MUST_CHECK enum ee_status ee_source_open(struct ee_source *source,
	const char *path, struct ee_err *err);
void ee_source_close(struct ee_source *source);

bool ee_source_has(const struct ee_source *source, const char *name);

/* The bytes of array i, with its CRC, before anybody asks what they mean.
 * Fails as ee_zip_get. */
EE_MUST_CHECK enum ee_status ee_source_load(struct ee_source *source,
	size_t i, struct ee_err *err);

/* The array 'name'.  Fails as ee_npz_get. */
EE_MUST_CHECK enum ee_status ee_source_get(struct ee_source *source,
	const char *name, const struct ee_value **out, struct ee_err *err);

/* A whole number, of whatever dtype, of at least 'min'.  Fails with EE_EFORMAT,
 * and as ee_source_get. */
EE_MUST_CHECK enum ee_status ee_source_int(struct ee_source *source,
	const char *name, int64_t min, int64_t *out, struct ee_err *err);

/* The text 'name', or NULL where there is none. */
const char *ee_source_text(struct ee_source *source, const char *name);

/* "sample_size": -1 where it is None or absent. */
int64_t ee_source_sample_size(struct ee_source *source);

/* A tensor of real numbers as EE_F32 or EE_F64 (half precision is widened);
 * 'stored' (may be NULL) is the dtype in the file.  Fails with EE_EFORMAT, and
 * as ee_source_get. */
EE_MUST_CHECK enum ee_status ee_source_reals(struct ee_source *source,
	const char *name, struct ee_tensor *out, enum ee_dtype *stored,
	struct ee_err *err);

#endif
