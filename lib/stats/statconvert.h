/*
 * statconvert.h - statistics in other shapes than the reference's.
 */
#ifndef EE_STATCONVERT_H
#define EE_STATCONVERT_H

#include "stats/layer.h"

/*
 * Turn the arrays of a layer (ee_layer_arrays, same precision) from the sum
 * to the moment: mom2.mom2 is divided by the count, mom2.count is 1, so that
 * whoever divides gets the same moment; ee.moment_of is the count.  What the
 * sums leave (ee.low.mom2) goes.  Readers here multiply again.
 * Fails with EE_EINPUT (no mom2), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_arrays_as_moment(struct ee_arena *arena,
	const struct ee_layer *layer, enum ee_dtype precision,
	struct ee_value *arrays, struct ee_err *err);

/*
 * A safetensors file of the arrays, each by its name; texts and single
 * numbers are texts of the metadata, None is left out.  The file appears
 * whole or not at all.  Fails with EE_EIO, EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_arrays_to_safetensors(const char *path,
	const struct ee_value *arrays, struct ee_err *err);

#endif
