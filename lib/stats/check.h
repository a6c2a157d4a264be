/* check.h - is this a second moment at all? */
#ifndef EE_CHECK_H
#define EE_CHECK_H

#include "base/base.h"
#include "base/value.h"

/*
 * A second-moment sum must be a square matrix of float32 or float64, 'width'
 * wide (0: any), finite, with no negative diagonal, and symmetric:
 * |a_ij - a_ji| <= 1e-5 sqrt(a_ii a_jj), the size that an entry can have.
 * 'what' names it in errors.  Fails with EE_EFORMAT, EE_EMATCH (another
 * width), EE_EMATH.
 */
EE_MUST_CHECK enum ee_status ee_check_moment(const struct ee_tensor *t,
	size_t width, const char *what, struct ee_err *err);

/* How many diagonal entries are zero: units that were never active. */
size_t ee_count_dead(const struct ee_tensor *t);

#endif
