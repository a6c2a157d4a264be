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

/* "float32" and the like; 'other' where it is none of them, or NULL. */
enum ee_dtype ee_precision_of(const char *name, enum ee_dtype other);

/* Drop what the sums leave: they are rounded, once. */
void ee_drop_lows(struct ee_moments *m);

/* Add the arrays to a record. */
void ee_lows_record(struct ee_arena *arena, const struct ee_moments *m,
		    struct ee_value *record);
/* Take them from one.  Fails with EE_EFORMAT, EE_EMATH, EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_lows_from_record(struct ee_moments *m,
	const struct ee_value *record, struct ee_err *err);

/* The same for the arrays of a file, whose matrix is of 'precision'. */
void ee_lows_arrays(struct ee_arena *arena, const struct ee_moments *m,
		    enum ee_dtype precision, struct ee_value *arrays);
/* Fails with EE_EFORMAT as well if they do not belong to the others. */
EE_MUST_CHECK enum ee_status ee_lows_from_source(struct ee_moments *m,
	struct ee_source *source, enum ee_dtype precision,
	struct ee_err *err);

#endif
