/*
 * lows.h - what a file's numbers leave of merged sums, kept beside them.
 *
 * A merged layer is an exact sum (exact.h).  Its record and its file carry,
 * besides the numbers themselves, what those leave: f8 (k, n) for each array,
 * so that a sum of sums rounds nothing that a sum of all parts would not.
 *
 *   record   low_mom2 (k, f (f + 1) / 2), low_mean, low_var (k, f),
 *            low_norm_mean (k, 1): to be added to the sums of the record
 *   file     ee.low.mom2: to be added to mom2.mom2 (which is the nearest
 *            float32 or float64); ee.low.mean, .var, .norm_mean, and .mom2
 *            where there is no mom2.mom2: the whole sums
 *
 * The triangle goes by rows, each from the diagonal on.
 */
#ifndef EE_LOWS_H
#define EE_LOWS_H

#include "stats/moments.h"
#include "stats/source.h"

/* Keep the sums alone: they are rounded, once. */
void ee_drop_lows(struct ee_moments *m);

/* Add the arrays, made in 'arena', to a record; none where nothing is left. */
void ee_lows_record(struct ee_arena *arena, const struct ee_moments *m,
		    struct ee_value *record);
/* Add what a record has of them to the sums.  Fails with EE_EFORMAT, EE_EMATH
 * (not finite), EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_lows_from_record(struct ee_moments *m,
	const struct ee_value *record, struct ee_err *err);

/* The same for the arrays of a file, whose matrix is of 'precision'; nothing
 * of mom2 where that is divided ('moment'). */
void ee_lows_arrays(struct ee_arena *arena, const struct ee_moments *m,
		    enum ee_dtype precision, bool moment,
		    struct ee_value *arrays);
/* Fails with EE_EFORMAT as well if they do not belong to the others. */
EE_MUST_CHECK enum ee_status ee_lows_from_source(struct ee_moments *m,
	struct ee_source *source, enum ee_dtype precision,
	struct ee_err *err);

#endif
