/* check.h - is this a second moment at all? */
#ifndef EE_CHECK_H
#define EE_CHECK_H

#include "base/base.h"
#include "base/value.h"

/* A pair of entries, (i, j) and (j, i). */
struct ee_worst {
	double by;		/* of the size that an entry can have */
	size_t i, j;		/* where; of two alike the first */
};

/* What one look at every entry of a square matrix a (n, n) finds.  s_i is
 * sqrt(a_ii), so that s_i s_j is the size that entry (i, j) can have. */
struct ee_survey {
	size_t n;
	size_t odd;		/* first a_ii negative or not finite; n: none */
	size_t infinite;	/* entries off the diagonal not finite ... */
	size_t at_i, at_j;	/* ... the first */
	struct ee_worst asymmetry;	/* |a_ij - a_ji| / (s_i s_j) */
	struct ee_worst excess;	/* |a_ij| / (s_i s_j): above 1 in no matrix
				 * that is positive semi-definite */
	size_t dead;		/* a_ii that are 0: units never active */
	double trace, most, median;	/* of the diagonal */
};

enum { EE_SYMMETRY_PARTS = 100000 };	/* 1e-5: see ee_check_moment */

/* Of a square tensor of EE_F32 or EE_F64.  What is not finite counts for
 * nothing else.  Fails with EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_survey(const struct ee_tensor *t,
	struct ee_survey *out, struct ee_err *err);

/*
 * A second-moment sum must be a square matrix of float32 or float64, 'width'
 * wide (0: any), finite, with no negative diagonal, and symmetric:
 * |a_ij - a_ji| <= 1e-5 sqrt(a_ii a_jj), the size that an entry can have.
 * 'what' names it in errors.  Fails with EE_EFORMAT, EE_EMATCH (another
 * width), EE_EMATH, EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_check_moment(const struct ee_tensor *t,
	size_t width, const char *what, struct ee_err *err);

/* The first half of that: dtype and shape. */
EE_MUST_CHECK enum ee_status ee_check_square(const struct ee_tensor *t,
	size_t width, const char *what, struct ee_err *err);

/* How many diagonal entries are zero, of a square tensor of EE_F32 or EE_F64:
 * units that were never active. */
size_t ee_count_dead(const struct ee_tensor *t);

#endif
