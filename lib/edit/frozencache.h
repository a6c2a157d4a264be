/*
 * frozencache.h - what the frozen model gives for a set of examples, computed
 * once and kept: in memory first, then in a spill file, which has no name and
 * goes with the process.  What fits in neither is computed each time.
 *
 * The same example gives the same bits whenever it is asked for, also in
 * another process: which examples are kept, and which are computed in one
 * go, follows from their order and from the limits alone.
 */
#ifndef EE_FROZENCACHE_H
#define EE_FROZENCACHE_H

#include "base/base.h"
#include "edit/frozen.h"

struct ee_frozen_cache_options {
	size_t memory, spill;	/* bytes */
	const char *dir;	/* of the spill file; NULL: $TMPDIR, or /tmp */
	bool like_easyedit;	/* see ee_frozen_make */
};

struct ee_frozen_cache;

/*
 * For n examples, all borrowed, in the order in which they will first be
 * asked for: order (n), a permutation, or NULL for 0, 1, ...  Nothing is
 * computed yet.  '*cache' is the caller's, to end with ee_frozen_cache_close.
 * Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_frozen_cache_open(
	struct ee_frozen_cache **cache, const struct ee_model *model,
	const struct ee_mend *m, const struct ee_example *examples, size_t n,
	const size_t *order, const struct ee_frozen_cache_options *options,
	struct ee_err *err);
/* NULL is fine. */
void ee_frozen_cache_close(struct ee_frozen_cache *cache);

/*
 * Those (n) of examples ids (n); borrowed until the next call.  With
 * 'shift' (n), not NULL, they are computed for it and not kept.
 *
 * Fails as ee_frozen_make, and with EE_EIO (the spill file: names its
 * folder).
 */
EE_MUST_CHECK enum ee_status ee_frozen_cache_take(
	struct ee_frozen_cache *cache, const size_t *ids, size_t n,
	const struct ee_example_shift *shift, struct ee_frozen *frozen,
	struct ee_err *err);

/* How many examples have been computed so far, counting repetitions, and how
 * many bytes are kept where. */
struct ee_frozen_cache_state {
	size_t computed, memory, spilled;
};
struct ee_frozen_cache_state ee_frozen_cache_state(
	const struct ee_frozen_cache *cache);

#endif
