/*
 * compare.h - how far two second moments are apart, and what that is worth.
 *
 * ROME's direction for a key k is u = C^-1 k, which among all u with
 * u . k = 1 moves other keys least: u^T C u (Meng et al. 2022, eq. 2).  So two
 * statistics a and b of one layer are compared by
 *
 *   angle   between C_a^-1 k and C_b^-1 k
 *   cost    how much more an edit made with C_a moves the keys that C_b
 *           describes than one made with C_b: at least 1,
 *           (u_a^T C_b u_a) (k^T C_b^-1 k) / (u_a . k)^2
 *
 * for sample keys k: given ones, or drawn from N(0, C_b).  f width, n keys.
 */
#ifndef EE_COMPARE_H
#define EE_COMPARE_H

#include "stats/moments.h"

struct ee_compare_options {
	const float *keys;	/* (n, f), or NULL: drawn */
	size_t n;
	uint64_t seed;
	double ridge;		/* times the mean diagonal, added to both */
};

struct ee_difference {
	double frobenius;	/* |C_a - C_b| / |C_b| */
	double diagonal, diagonal_most;	/* |a_ii - b_ii| / b_ii: mean, most */
	size_t unit;			/* ... where */
	double trace;			/* tr C_a / tr C_b */
	const char *singular;	/* "the first": no factor; then no more: */
	double angle, angle_most;	/* degrees: mean, most */
	double cost, cost_most;
};

/* Both with mom2, of one width.  Fails with EE_ENOMEM, EE_EMATCH. */
EE_MUST_CHECK enum ee_status ee_compare(const struct ee_moments *a,
	const struct ee_moments *b, const struct ee_compare_options *opt,
	struct ee_difference *out, struct ee_err *err);

#endif
