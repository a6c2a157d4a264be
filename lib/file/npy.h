/*
 * npy.h - one numpy array (.npy, versions 1 to 3) as a value and back.
 *
 *   array of a dtype of ours        EE_TENSOR (a scalar has no dimensions)
 *   scalar of kind U or S           EE_TEXT, UTF-8
 *
 * Arrays in Fortran order are transposed, big-endian ones swapped.  Object
 * arrays (pickled Python) and structured ones are refused.
 */
#ifndef EE_NPY_H
#define EE_NPY_H

#include "base/base.h"
#include "base/value.h"

/*
 * Read the 'size' bytes of an array.  Data that are in C order, little-endian
 * and aligned are borrowed from 'data'; anything else is made in 'arena'.
 * 'where' names the source in errors.
 *
 * Fails with EE_EFORMAT, EE_ETRUNC, EE_EINPUT (a dtype that is none of
 * ours), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_npy_parse(struct ee_arena *arena,
	const unsigned char *data, size_t size, const char *where,
	struct ee_value *out, struct ee_err *err);

/*
 * What numpy.save writes for 'v', in two parts: the header, padded to a
 * multiple of 64 bytes, and the data; both live in 'arena' or borrow from
 * 'v'.  A tensor is written as it is; a text as a U scalar; integer, real and
 * logic as <i8, <f8 and |b1 scalars; null as the NaN 0xfff8000000000002, which
 * is how the Python tools write None.
 *
 * Fails with EE_EINPUT (a list, a map, text that is not UTF-8), EE_ENOMEM.
 */
struct ee_npy_parts {
	const char *head;
	const void *body;
	size_t nhead, nbody;
};
EE_MUST_CHECK enum ee_status ee_npy_format(struct ee_arena *arena,
	const struct ee_value *v, struct ee_npy_parts *out,
	struct ee_err *err);

#endif
