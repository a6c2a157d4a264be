/*
 * lowrank.h - a change of a weight as two factors: its size, and the
 * smaller of two ways to hold it.
 *
 * Letters: d rows of the weight, f its columns, N the rank of the factors.
 */
#ifndef EE_LOWRANK_H
#define EE_LOWRANK_H

#include "edit/delta.h"

/* |left right^T|, Frobenius; NaN where there is no memory for it. */
double ee_lowrank_norm(const struct ee_delta *delta, struct ee_err *err);

/*
 * Where N > d the factors are larger than need be: put the identity (d, d)
 * for left, and all of the change, turned, (f, d) for right.  The arrays must
 * be the caller's own, and stay so.  Fails with EE_ENOMEM, the delta then as
 * it was.
 */
EE_MUST_CHECK enum ee_status ee_lowrank_shrink(struct ee_delta *delta,
					       struct ee_err *err);

#endif
