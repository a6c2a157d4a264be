/*
 * layer.h - the finished statistics of one tap, and where they came from.
 *
 * One struct stands between the three places where statistics live: the
 * accumulator (moments.h), a record of a stats stream, and an .npz file in
 * the layout of rome, memit and EasyEdit (ee-stats(7)).
 *
 * A record (kind "stats") holds sums over rows, so that records can be added:
 *
 *   name          "transformer.h.5.mlp.c_proj"
 *   side          "in" or "out"
 *   count         rows, = tokens
 *   collect       list of what was asked for: "mom2", "cov", ...
 *   mom2          f8 (f, f)  sum of x x^T, both triangles
 *   mean          f8 (f)     sum of x
 *   var           f8 (f)     sum of x^2
 *   norm_mean     real       sum of |x|
 *   documents     how many begin among the rows, where known
 *   fingerprint   of the model up to the tap: 16 hex digits
 *   model         {name, fingerprint}
 *   corpus        a map, or a list of maps once parts have been merged
 *   parts         i8 (n) one number for each part merged, where n > 1
 *   precision     "float32": of those parts
 *   low_mom2, ... what the sums of merged parts leave: lows.h
 *   until         how ee-cov --until ended, where it was asked for
 *   frobenius     of a weight: its norm ...
 *   spectrum      f8 (min(out, in)) ... and its singular values, descending
 *
 * Ownership: texts and values belong to the struct (its arena).
 */
#ifndef EE_LAYER_H
#define EE_LAYER_H

#include "base/base.h"
#include "base/value.h"
#include "stats/moments.h"

struct ee_layer {
	const char *name, *side;
	const char *fingerprint;	/* NULL: unknown; the same below */
	const char *model, *model_fingerprint;
	int64_t documents;		/* -1: unknown */
	int64_t sample_size;		/* of the file, where positive */
	struct ee_value corpus;		/* a list of maps */
	struct ee_value history;	/* a list of texts */
	struct ee_value marks;		/* one number for each part merged */
	enum ee_dtype precision;	/* that all parts were read in */
	struct ee_value more;		/* a map of what is no sum (until,
					 * spectrum): a merge drops it */
	struct ee_moments sums;
	struct ee_arena arena;
};

void ee_layer_free(struct ee_layer *layer);

/* "float32" and the like; 'other' where it is none of them, or NULL. */
enum ee_dtype ee_precision_of(const char *name, enum ee_dtype other);

/* A copy of a text in the layer's arena; NULL of NULL. */
const char *ee_layer_text(struct ee_layer *layer, const char *text);

/* Side, fingerprint, model, corpus, history, documents, and what is no sum:
 * what the record tells, else the header (either may be NULL).  Memory that
 * was not there is remembered by the layer's arena. */
void ee_layer_origin(struct ee_layer *layer, const struct ee_value *record,
		     const struct ee_value *header);

/* The statistics that are no sums, by their names in records. */
enum { EE_LAYER_MORE = 3 };
extern const char *const ee_layer_more[EE_LAYER_MORE];

/* Set 'marks' from the sums, once they are complete. */
void ee_layer_mark(struct ee_layer *layer);
/* The same from the i8 array 'parts', called 'what', unless it is NULL.  Fails
 * with EE_EFORMAT, EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_layer_parts(struct ee_layer *layer,
	const struct ee_value *parts, const char *what, struct ee_err *err);
/* That array, made in 'arena', of more than one part, added to a map. */
void ee_layer_put_parts(struct ee_arena *arena, const struct ee_layer *layer,
			const char *key, struct ee_value *out);

/*
 * From a record and the header of its stream (NULL where there is none).
 * Checks shapes, that matrices are symmetric and values finite.  On failure
 * 'layer' holds nothing.  Fails with EE_EFORMAT, EE_EMATH, EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_layer_from_record(struct ee_layer *layer,
	const struct ee_value *record, const struct ee_value *header,
	struct ee_err *err);

/* The record; made in 'arena', texts borrowed from 'layer'.  Fails with
 * EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_layer_record(struct ee_arena *arena,
	const struct ee_layer *layer, struct ee_value *out,
	struct ee_err *err);

/*
 * Add the statistics of another part of the corpus, without rounding: what
 * comes out, texts and all, depends on which parts are in, not on their order
 * nor on how they were grouped.  Fails with EE_EMATCH (another layer, width,
 * model or fingerprint; unless 'mix', another corpus or precision) or
 * EE_EINPUT (a part that is in already: the same corpus map, or the same
 * numbers), EE_EMATH, EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_layer_merge(struct ee_layer *layer,
	const struct ee_layer *other, bool mix, struct ee_err *err);

/*
 * The members of its .npz file, in order: the reference's own, in
 * 'precision' (EE_F32, EE_F64), then ours, called "ee.*"; made in 'arena',
 * texts borrowed from 'layer'.  'sample_size' -1 is written as None.
 *
 * 'moment': mom2.mom2 is divided by the count, mom2.count is 1, so that
 * whoever divides gets the same moment; ee.moment_of is the count, by which
 * readers here multiply again; ee.low.mom2 is left out.
 * Fails with EE_EINPUT (no mom2 to be a moment), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_layer_arrays(struct ee_arena *arena,
	const struct ee_layer *layer, enum ee_dtype precision, bool moment,
	int64_t sample_size, struct ee_value *out, struct ee_err *err);

/* From an .npz file, the reference's or ours.  Name and side are taken from
 * the file's name where its members do not tell.  On failure 'layer' holds
 * nothing.  Fails as ee_source_open and ee_source_get, and as
 * ee_check_moment. */
EE_MUST_CHECK enum ee_status ee_layer_from_npz(struct ee_layer *layer,
	const char *path, struct ee_err *err);

#endif
