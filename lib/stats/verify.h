/*
 * verify.h - all that can be said against a statistics file.
 */
#ifndef EE_VERIFY_H
#define EE_VERIFY_H

#include "model/model.h"
#include "stats/layer.h"

struct ee_verdict {
	size_t width;
	int64_t count;
	unsigned collect;
	bool has_matrix;	/* then these: */
	size_t dead;		/* units whose second moment is 0 */
	bool singular;		/* no Cholesky factor without a ridge */
	double ridge;		/* what was added to find that out */
};

/*
 * Read every array of 'path' with its CRC, take the statistics apart, and
 * factor the second moment: where that fails with a millionth of the mean
 * diagonal added as well, the matrix is no second moment.  With a model (NULL:
 * none), the layer must be there, as wide, and have the file's fingerprint,
 * if it has one.
 *
 * Fails as ee_layer_from_npz and ee_model_place do, with EE_EMATH, EE_EMATCH.
 */
EE_MUST_CHECK enum ee_status ee_stats_verify(const char *path,
	const struct ee_model *model, struct ee_verdict *out,
	struct ee_err *err);

#endif
