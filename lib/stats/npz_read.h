/* npz_read.h - single values out of a statistics file. */
#ifndef EE_NPZ_READ_H
#define EE_NPZ_READ_H

#include "file/npz.h"

/* A whole number, of whatever dtype, within min..max. */
EE_MUST_CHECK enum ee_status ee_npz_int(const struct ee_npz *npz,
	const char *name, int64_t min, int64_t max, int64_t *out,
	struct ee_err *err);

/* The text 'name' in 'arena', or NULL where there is none. */
const char *ee_npz_text(const struct ee_npz *npz, const char *name,
			struct ee_arena *arena);

/* "sample_size": -1 where it is None or absent. */
int64_t ee_npz_sample_size(const struct ee_npz *npz);

/*
 * A tensor of real numbers as EE_F32 or EE_F64 (half precision is widened),
 * which lives as ee_npz_get says.
 */
EE_MUST_CHECK enum ee_status ee_npz_reals(const struct ee_npz *npz,
	const char *name, struct ee_arena *arena, struct ee_tensor *out,
	struct ee_err *err);

#endif
