/*
 * exact.h - sums of doubles that lose nothing, so that their order and
 * grouping cannot matter.
 *
 * A number is kept as several doubles: the first is the double nearest to
 * it (ties to even), the next the one nearest to what the first leaves, and
 * so on until nothing is left.  This form depends on the number alone, not on
 * how it was summed.  The first doubles of n numbers are an array; the others
 * stand in planes of n, which come into being when they are needed: one is
 * enough while the terms of a number differ by less than a factor of 2^53.
 * (Error-free addition: Knuth; Shewchuk 1997.)
 *
 * Ownership: a struct ee_exact owns its arrays, until ee_exact_free.
 */
#ifndef EE_EXACT_H
#define EE_EXACT_H

#include "base/base.h"

enum { EE_EXACT_PLANES = 40 };	/* 2^-1074 to 2^1024 is 2,098 bits */

struct ee_exact {
	size_t n;			/* numbers */
	double *first;			/* (n); NULL: it holds nothing */
	size_t planes;
	double *plane[EE_EXACT_PLANES];	/* (n) each */
};

/* n zeros.  Fails with EE_ENOMEM, and then it holds nothing. */
EE_MUST_CHECK enum ee_status ee_exact_init(struct ee_exact *sum, size_t n,
	struct ee_err *err);
void ee_exact_free(struct ee_exact *sum);
/* Keep the first doubles alone: each number rounded, once. */
void ee_exact_round(struct ee_exact *sum);

/*
 * Add x (n), finite, to the numbers.  Fails with EE_ENOMEM; EE_EMATH (a sum
 * beyond the largest double), and then the sums are of no use.
 */
EE_MUST_CHECK enum ee_status ee_exact_add(struct ee_exact *sum,
	const double *x, struct ee_err *err);
/* Add the n numbers of another.  Fails as ee_exact_add. */
EE_MUST_CHECK enum ee_status ee_exact_merge(struct ee_exact *sum,
	const struct ee_exact *other, struct ee_err *err);

/*
 * One number: the n doubles of 'e' in any order become its form, largest
 * first, zeros left out (at least one stays).  Returns how many there are.
 */
size_t ee_exact_form(double *e, size_t n);

#endif
