/* blas.c - the one door to the BLAS and LAPACK.  See blas.h. */
#include "math/blas.h"

#include <cblas.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* LAPACK's own Fortran entry points (no C header needed). */
extern void dpotrf_(const char *uplo, const blasint *n, double *a,
		    const blasint *lda, blasint *info);
extern void dsyevd_(const char *jobz, const char *uplo, const blasint *n,
		    double *a, const blasint *lda, double *w, double *work,
		    const blasint *lwork, blasint *iwork,
		    const blasint *liwork, blasint *info);

void
ee_blas_threads(unsigned n)
{
	openblas_set_num_threads((int)n);
}

void
ee_gemm(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha,
	const float *a, size_t lda, const float *b, size_t ldb, float beta,
	float *c, size_t ldc)
{
	const enum CBLAS_TRANSPOSE opb = tb ? CblasTrans : CblasNoTrans;

	if (m == 0 || n == 0)
		return;
	if (m == 1 && !ta) {	/* a row: sgemm would pack all of b for it */
		const size_t rows = tb ? n : k, cols = tb ? k : n;

		cblas_sgemv(CblasRowMajor, tb ? CblasNoTrans : CblasTrans,
			    (blasint)rows, (blasint)cols, alpha, b,
			    (blasint)ldb, a, 1, beta, c, 1);
		return;
	}
	cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, opb,
		    (blasint)m, (blasint)n, (blasint)k, alpha, a,
		    (blasint)lda, b, (blasint)ldb, beta, c, (blasint)ldc);
}

void
ee_syrk_upper(size_t n, size_t d, const float *x, float *c)
{
	cblas_ssyrk(CblasRowMajor, CblasUpper, CblasTrans, (blasint)d,
		    (blasint)n, 1.0f, x, (blasint)d, 1.0f, c, (blasint)d);
}

void
ee_dsyrk_upper(size_t n, size_t d, const double *x, double *c)
{
	cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (blasint)d,
		    (blasint)n, 1.0, x, (blasint)d, 1.0, c, (blasint)d);
}

void
ee_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha,
	 const double *a, size_t lda, const double *b, size_t ldb,
	 double beta, double *c, size_t ldc)
{
	cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans,
		    tb ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n,
		    (blasint)k, alpha, a, (blasint)lda, b, (blasint)ldb, beta,
		    c, (blasint)ldc);
}

void
ee_dgemv(size_t rows, size_t cols, const double *a, const double *x,
	 double *y)
{
	cblas_dgemv(CblasRowMajor, CblasNoTrans, (blasint)rows,
		    (blasint)cols, 1.0, a, (blasint)cols, x, 1, 0.0, y, 1);
}

enum ee_status
ee_cholesky(size_t d, double *a, struct ee_err *err)
{
	const blasint n = (blasint)d;
	blasint info = 0;

	if (d > INT_MAX)
		return ee_fail(err, EE_EINPUT, "a matrix of %zu rows", d);
	/* row-major lower is column-major upper */
	dpotrf_("U", &n, a, &n, &info);
	if (info != 0)
		return ee_fail(err, EE_EMATH, "not positive definite: leading "
			       "minor %d of %zu", (int)info, d);
	return EE_OK;
}

void
ee_cholesky_solve(size_t d, size_t nrhs, const double *l, double *b)
{
	const blasint n = (blasint)d, m = (blasint)nrhs;

	cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans,
		    CblasNonUnit, n, m, 1.0, l, n, b, m);
	cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans,
		    CblasNonUnit, n, m, 1.0, l, n, b, m);
}

enum ee_status
ee_eigen(size_t d, double *a, double *values, struct ee_err *err)
{
	const blasint n = (blasint)d, ask = -1;
	blasint lwork, liwork, info = 0, *iwork;
	double size = 0, *work;

	if (d == 0 || d > 30000)	/* LAPACK counts its 2 d^2 in 31 bits */
		return ee_fail(err, EE_EINPUT, "a matrix of %zu rows", d);
	/* row-major lower is column-major upper, and its columns our rows */
	dsyevd_("V", "U", &n, a, &n, values, &size, &ask, &liwork, &ask,
		&info);
	lwork = (blasint)size;
	work = ee_doubles((size_t)lwork, err);
	iwork = ee_calloc((size_t)liwork, sizeof(*iwork), err);
	if (work == NULL || iwork == NULL) {
		free(work);
		free(iwork);
		return EE_ENOMEM;
	}
	dsyevd_("V", "U", &n, a, &n, values, work, &lwork, iwork, &liwork,
		&info);
	free(work);
	free(iwork);
	if (info != 0)
		return ee_fail(err, EE_EMATH, "the eigenvalues of a matrix of "
			       "%zu rows do not converge", d);
	return EE_OK;
}
