/*
 * packed.h - weights laid out once for the kernels that multiply by them.
 *
 * A BLAS copies ("packs") both factors anew in every product.  Where the
 * rows are few, and the weights are the same in every step, that is a third
 * of the work.  oneDNN can be given a matrix that is packed already: this is
 * the one door to it, open where the library was built with ONEDNN=1 and the
 * processor is one that oneDNN has such kernels for (AVX-512).  Elsewhere
 * nothing is ever packed, and products are blas.h's.
 */
#ifndef EE_PACKED_H
#define EE_PACKED_H

#include "base/base.h"
#include "math/blas.h"

struct ee_packed;

/* Can anything be packed here? */
bool ee_can_pack(void);

/*
 * The stored matrix of 'w', as float32, for x W^T (forward) or, 'back', for
 * x W.  w->packed and packed_back do not count.  The result is the caller's,
 * to end with ee_packed_free; not for use by several threads at a time.
 *
 * Fails with EE_ENOMEM, EE_EMATH (the engine refuses; says with what).
 */
EE_MUST_CHECK enum ee_status ee_pack(struct ee_packed **packed,
	const struct ee_weight *w, bool back, struct ee_err *err);
void ee_packed_free(struct ee_packed *packed);	/* NULL is fine */

/* Bytes that it holds. */
size_t ee_packed_size(const struct ee_packed *packed);

/* y (n, ny) += x (n, nx) times the packed (nx, ny).  Fails as ee_pack. */
EE_MUST_CHECK enum ee_status ee_packed_add(struct ee_packed *packed,
	size_t n, const float *x, float *y, struct ee_err *err);

#endif
