/*
 * groundstore.h - grounds of a set of lessons, each computed once and kept:
 * in memory first, then in a spill file, which has no name and goes with the
 * process.  What fits in neither is computed each time.
 *
 * The same lesson gives the same bits whenever it is asked for, also in
 * another process: which lessons are kept, and which are computed in one
 * go, follows from their order and from the limits alone.
 */
#ifndef EE_GROUNDSTORE_H
#define EE_GROUNDSTORE_H

#include "base/base.h"
#include "edit/ground.h"

struct ee_ground_store_options {
	size_t memory, spill;	/* bytes */
	const char *dir;	/* of the spill file; NULL: $TMPDIR, or /tmp */
	bool like_easyedit;	/* see ee_ground_make */
};

struct ee_ground_store;

/*
 * For n lessons, all borrowed, in the order in which they will first be
 * asked for: order (n), a permutation, or NULL for 0, 1, ...  Nothing is
 * computed yet.  '*store' is the caller's, to end with ee_ground_store_close.
 * Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_ground_store_open(
	struct ee_ground_store **store, const struct ee_model *model,
	const struct ee_mend *m, const struct ee_lesson *lessons, size_t n,
	const size_t *order, const struct ee_ground_store_options *options,
	struct ee_err *err);
/* NULL is fine. */
void ee_ground_store_close(struct ee_ground_store *store);

/*
 * The grounds (n) of lessons ids (n); borrowed until the next call.  With
 * 'shift' (n), not NULL, they are computed for it and not kept.
 *
 * Fails as ee_ground_make, and with EE_EIO (the spill file: names its
 * folder).
 */
EE_MUST_CHECK enum ee_status ee_ground_store_take(
	struct ee_ground_store *store, const size_t *ids, size_t n,
	const struct ee_ground_shift *shift, struct ee_ground *grounds,
	struct ee_err *err);

/* How many lessons have been computed so far, counting repetitions, and how
 * many bytes are kept where. */
struct ee_ground_store_state {
	size_t computed, memory, spilled;
};
struct ee_ground_store_state ee_ground_store_state(
	const struct ee_ground_store *store);

#endif
