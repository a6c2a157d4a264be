/*
 * npz_text.h - what is in an .npz file, as tab-separated text.
 */
#ifndef EE_NPZ_TEXT_H
#define EE_NPZ_TEXT_H

#include <stdio.h>

#include "file/npz.h"

/* One line for each array: name, dtype, shape, and the value of a scalar.
 * Fails as ee_npz_get; errors of writing are left in 'fp'. */
EE_MUST_CHECK enum ee_status ee_npz_list(FILE *fp, const struct ee_npz *npz,
	struct ee_err *err);

/*
 * The values of a tensor or a text: one line for each row, so that of two
 * dimensions a line is a row of the matrix, of one a value, of more a line
 * holds the last dimension.  Reals have the digits that their dtype needs to
 * be read back as the same.
 */
void ee_value_tsv(FILE *fp, const struct ee_value *v);

#endif
