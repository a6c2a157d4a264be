/*
 * moments.h - sums over the rows that pass one tap.
 *
 * n rows x of f float32 values.  What can be collected, and what is kept of
 * it; every one is a plain sum, so two halves of a corpus can be added:
 *
 *   mom2        sum x x^T       (f, f), float64, upper triangle
 *   mean        sum x           (f), float64
 *   var         sum x^2         (f), float64 (and mean)
 *   norm_mean   sum |x|         float64
 *   cov, corr   mom2 and mean, with products in float64
 *
 * The products of mom2 are float32: rows are collected in blocks of
 * EE_MOMENT_ROWS, counted from the first row of the stream, each block is
 * multiplied by sgemm and added to the float64 triangle.  So the result does
 * not depend on how the rows were cut into records, and its error does not
 * grow with their number (about 1e-7 of the matrix's norm, measured; sums
 * kept in float32, as the Python tools keep them, lose 1e-5 and more).  A
 * covariance subtracts two large numbers, so there the products are float64.
 */
#ifndef EE_MOMENTS_H
#define EE_MOMENTS_H

#include "base/base.h"
#include "base/value.h"
#include "stats/collect.h"
#include "stats/exact.h"

enum { EE_MOMENT_ROWS = 1024, EE_MAX_WIDTH = 1 << 20 };

/* Room for products: many taps that take turns need it once. */
struct ee_scratch {
	void *data;
	size_t bytes;
};
void ee_scratch_free(struct ee_scratch *scratch);

enum { EE_SUMS = 4 };

struct ee_moments {
	size_t width;			/* f */
	unsigned collect;
	int64_t count;			/* rows, those waiting included */
	union {				/* what is not kept holds nothing */
		struct {
			struct ee_exact mom2;	/* packed: f - i in row i */
			struct ee_exact sum, squares;	/* f each */
			struct ee_exact norm;		/* 1 */
		};
		struct ee_exact sums[EE_SUMS];
	};
	float *rows;			/* waiting to be multiplied */
	size_t waiting;
	struct ee_scratch *shared;	/* borrowed; NULL: its own */
	struct ee_scratch own;
};

/* What records call the sums: mom2, mean, var, norm_mean. */
extern const char *const ee_sum_names[EE_SUMS];

/* Zeros, for rows of 'width' values.  On failure 'm' holds nothing.  Fails
 * with EE_EINPUT (no such width), EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_moments_init(struct ee_moments *m,
	size_t width, unsigned collect, struct ee_err *err);
void ee_moments_free(struct ee_moments *m);

/* Add n rows x (n, width), row-major, which must be finite.  Fails with
 * EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_moments_add(struct ee_moments *m, size_t n,
	const float *x, struct ee_err *err);

/* Multiply the rows that wait, and free them: before the sums are read.  Fails
 * with EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_moments_flush(struct ee_moments *m,
	struct ee_err *err);

/*
 * Add the sums of 'other', of the same width and flushed, without rounding;
 * what is collected afterwards, and kept, is what both have.  Fails as
 * ee_exact_add.
 */
EE_MUST_CHECK enum ee_status ee_moments_merge(struct ee_moments *m,
	const struct ee_moments *other, struct ee_err *err);

/* Memory for one tap's sums, and for the scratch of the widest. */
double ee_moments_bytes(size_t width, unsigned collect);
double ee_scratch_bytes(size_t width, unsigned collect);

/* Where row i of the packed triangle starts (its first value is (i, i)). */
size_t ee_packed_row(size_t width, size_t i);
/* The triangle divided by 'by' as a full matrix (width, width) of EE_F32 or
 * EE_F64; and from such a one, multiplied. */
void ee_unpack_matrix(size_t width, const double *packed, double by,
		      enum ee_dtype dtype, void *full);
void ee_pack_matrix(const struct ee_tensor *full, double by, double *packed);

#endif
