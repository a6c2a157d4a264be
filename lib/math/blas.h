/*
 * blas.h - the one door to the BLAS and LAPACK.
 *
 * All matrices are row-major.  (r, c) is rows, columns; 'ld' is the distance
 * between rows, in elements.
 */
#ifndef EE_BLAS_H
#define EE_BLAS_H

#include "base/base.h"
#include "base/value.h"

/* How many threads the BLAS starts by itself: 1, set by threads.h, but while
 * it factors and solves. */
void ee_blas_threads(unsigned n);

/* Each thread of threads.h says so first: it multiplies for itself. */
void ee_blas_alone(void);

/* Up to so many rows, a transposed b is read as it lies: for these it pays to
 * have the rows of a lie well (linear.c). */
enum { EE_FEW_ROWS = 128 };

/* c (m, n) = alpha a (m, k) b (k, n) + beta c; a, b transposed as stored
 * where 'ta', 'tb': a is then stored (k, m), b (n, k). */
void ee_gemm(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha,
	     const float *a, size_t lda, const float *b, size_t ldb,
	     float beta, float *c, size_t ldc);

/* Upper triangle of c (d, d) += x^T x, x (n, d). */
void ee_dsyrk_upper(size_t n, size_t d, const double *x, double *c);

/* ee_gemm in float64. */
void ee_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha,
	      const double *a, size_t lda, const double *b, size_t ldb,
	      double beta, double *c, size_t ldc);

/*
 * Cholesky factor of the symmetric positive definite a (d, d), in place: the
 * lower triangle is read and becomes L with L L^T = a; the strict upper
 * triangle is left as it is.  Fails with EE_EMATH, naming the first leading
 * minor that is not positive.
 */
EE_MUST_CHECK enum ee_status ee_cholesky(size_t d, double *a,
					 struct ee_err *err);

/* Solve L L^T x = b for b (d, nrhs) row-major, in place. */
void ee_cholesky_solve(size_t d, size_t nrhs, const double *l, double *b);

/*
 * Eigenvalues (d), ascending, of the symmetric a (d, d), of which the lower
 * triangle is read, and in its place the eigenvectors, as rows.  Fails with
 * EE_EMATH (it does not converge), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_eigen(size_t d, double *a, double *values,
				      struct ee_err *err);

/* The same, only the eigenvalues; a is destroyed. */
EE_MUST_CHECK enum ee_status ee_eigenvalues(size_t d, double *a,
	double *values, struct ee_err *err);

/* As ee_cholesky, in float32, for matrices of gigabytes: half the time and
 * half the memory.  Rounding may hide, or show, an eigenvalue of the size of
 * 2^-24 sqrt(d) times the largest diagonal entry; the strict upper triangle
 * is overwritten. */
EE_MUST_CHECK enum ee_status ee_cholesky_f32(size_t d, float *a,
					     struct ee_err *err);
/* Solve L L^T x = b for b (d), in place. */
void ee_cholesky_f32_solve(size_t d, const float *l, float *b);

/*
 * A weight as it lies in its file: (out, in) row-major, or (in, out) where
 * 'in_major' (GPT-2's Conv1D).  float16 and bfloat16 are converted by panels
 * while they are multiplied; the data is borrowed and never copied whole.
 */
struct ee_weight {
	const void *data;
	enum ee_dtype dtype;	/* EE_F32, EE_F16, EE_BF16 */
	bool in_major;
	size_t out, in;
};

/*
 * y (n, out) = x (n, in) W^T [+ bias (out)] [+ y where 'add'].  'bias' may
 * be NULL.  x and y have no gaps and do not overlap.
 * Fails with EE_ENOMEM (a panel).
 */
EE_MUST_CHECK enum ee_status ee_linear(const struct ee_weight *w,
	const float *bias, size_t n, const float *x, float *y, bool add,
	struct ee_err *err);

/* The transposed product: dx (n, in) = dy (n, out) W [+ dx where 'add'].
 * Fails as ee_linear. */
EE_MUST_CHECK enum ee_status ee_linear_back(const struct ee_weight *w,
	size_t n, const float *dy, float *dx, bool add, struct ee_err *err);

/* The Frobenius norm. */
double ee_weight_norm(const struct ee_weight *w);

#endif
