/*
 * safetensors.h - named tensors in one file, used where they lie.
 *
 * A file is mapped, never read as a whole: opening one of several gigabytes
 * touches only its header, and tensor data is paged in as it is used.  The
 * one exception is a tensor that is not aligned for its dtype (files of early
 * writers): that one is copied when the file is opened.
 *
 * Ownership: names, tensor data and metadata belong to the struct
 * ee_safetensors and are valid until ee_safetensors_close.
 */
#ifndef EE_SAFETENSORS_H
#define EE_SAFETENSORS_H

#include <stdio.h>

#include "base/base.h"
#include "base/outfile.h"
#include "base/value.h"

/* What the format calls a dtype. */
extern const char *const ee_safetensors_dtypes[EE_DTYPES];

struct ee_named {
	const char *name;
	struct ee_tensor tensor;
	uint64_t offset;	/* of the data, from the start of the file */
};

struct ee_safetensors {
	size_t n;
	struct ee_named *list;		/* in the order of their data */
	struct ee_value metadata;	/* "__metadata__": a map of texts */

	const struct ee_named **sorted;	/* by name */
	struct ee_mapped file;
	struct ee_arena arena;
};

/*
 * Open 'path' and check all of its header: dtypes, shapes against byte
 * ranges, ranges against the file (they must cover it without overlap or
 * gap, as the format demands), no name twice.  On failure 'st' holds nothing.
 *
 * Fails with EE_EIO, EE_ENOMEM, EE_ETRUNC (shorter than its header says),
 * EE_EFORMAT, EE_EINPUT (a dtype that is none of ours).
 */
EE_MUST_CHECK enum ee_status ee_safetensors_open(struct ee_safetensors *st,
	const char *path, struct ee_err *err);
void ee_safetensors_close(struct ee_safetensors *st);

/* The tensor called 'name', or NULL. */
const struct ee_named *ee_safetensors_find(const struct ee_safetensors *st,
	const char *name);

/*
 * Write the header of a file that holds 'list' in this order: the caller
 * then writes the data of each tensor, one after the other, without gaps, so
 * that a tensor need exist only while it is written.  Only name, dtype and
 * shape of 'list' are used.  'metadata' is a map of texts, or NULL.
 *
 * Fails with EE_EINPUT (a name twice, a size that does not fit), EE_ENOMEM;
 * errors of writing are left in 'fp'.
 */
EE_MUST_CHECK enum ee_status ee_safetensors_header(FILE *fp,
	const struct ee_named *list, size_t n,
	const struct ee_value *metadata, struct ee_err *err);

/* The same with the data after it. */
EE_MUST_CHECK enum ee_status ee_safetensors_write(FILE *fp,
	const struct ee_named *list, size_t n,
	const struct ee_value *metadata, struct ee_err *err);

/* The same to a file, which appears whole or not at all.  Fails as
 * ee_outfile_open and commit as well. */
EE_MUST_CHECK enum ee_status ee_safetensors_save(const char *path,
	const struct ee_named *list, size_t n,
	const struct ee_value *metadata, struct ee_err *err);

#endif
