/*
 * weightstats.h - statistics of a weight matrix, in the shape of a tap's.
 *
 * The rows are those of the logical W (out, in), whichever way round the
 * file holds it: count = out, f = in; so mean and var are over the output
 * units, norm_mean is the mean length of a row, and mom2 is W^T W.  The side
 * is "weight".  Besides, in 'more':
 *
 *   frobenius   the norm of W
 *   spectrum    f8 (min(out, in)) its singular values, descending: the roots
 *               of the eigenvalues of the smaller of W W^T and W^T W, made in
 *               float64, so those below 1e-8 of the largest are noise
 */
#ifndef EE_WEIGHTSTATS_H
#define EE_WEIGHTSTATS_H

#include "model/model.h"
#include "stats/layer.h"

/*
 * Of the module called 'name' ("transformer.h.5.mlp.c_proj"); 'model' is
 * only read.  On failure 'layer' holds nothing.  Fails with EE_EINPUT (no
 * such module, or none with a matrix), EE_EMATH (a value that is not
 * finite), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_weight_stats(struct ee_layer *layer,
	const struct ee_model *model, const char *name, unsigned collect,
	struct ee_err *err);

#endif
