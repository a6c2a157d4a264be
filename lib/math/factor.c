/* factor.c - factors and eigenvalues of large matrices.  See blas.h. */
#include <cblas.h>
#include <limits.h>
#include <stdlib.h>

#include "math/blas.h"
#include "math/threads.h"

extern void spotrf_(const char *uplo, const blasint *n, float *a,
		    const blasint *lda, blasint *info);
extern void dsyevd_(const char *jobz, const char *uplo, const blasint *n,
		    double *a, const blasint *lda, double *w, double *work,
		    const blasint *lwork, blasint *iwork,
		    const blasint *liwork, blasint *info);

enum { BLOCK = 512, STRIP = 2048 };	/* columns factored, rows updated */

/* The part right below the block, as L21 = A21 L11^-T, a strip a thread. */
struct below {
	float *block, *rows;
	size_t width, ld;
};

static void
solve_rows(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct below *p = arg;

	(void)thread;
	cblas_strsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans,
		    CblasNonUnit, (blasint)(end - begin), (blasint)p->width,
		    1, p->block, (blasint)p->ld, p->rows + begin * p->ld,
		    (blasint)p->ld);
}

/*
 * Right-looking, by blocks, so that nearly all of it is our own matrix
 * product: LAPACK's factor leaves a thread waiting wherever another process
 * takes its processor.
 */
enum ee_status
ee_cholesky_f32(size_t d, float *a, struct ee_err *err)
{
	const blasint ld = (blasint)d;
	size_t k, i, b, rest, rows;
	blasint n, info = 0;

	if (d > INT_MAX)
		return ee_fail(err, EE_EINPUT, "a matrix of %zu rows", d);
	for (k = 0; k < d; k += b) {
		float *block = a + k * d + k;
		struct below p = { block, NULL, 0, d };

		b = d - k < BLOCK ? d - k : BLOCK;
		n = (blasint)b;
		spotrf_("U", &n, block, &ld, &info);
		if (info != 0)
			return ee_fail(err, EE_EMATH, "not positive definite: "
				       "leading minor %zu of %zu",
				       k + (size_t)info, d);
		rest = d - k - b;
		p.width = b;
		p.rows = block + b * d;
		ee_parallel(rest, 256, solve_rows, &p);
		for (i = 0; i < rest; i += rows) {
			rows = rest - i < STRIP ? rest - i : STRIP;
			ee_gemm(false, true, rows, i + rows, b, -1,
				p.rows + i * d, d, p.rows, d, 1,
				p.rows + i * d + b, d);
		}
	}
	return EE_OK;
}

void
ee_cholesky_f32_solve(size_t d, const float *l, float *b)
{
	const blasint n = (blasint)d;

	ee_blas_threads(ee_threads());
	cblas_strsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, n,
		    l, n, b, 1);
	cblas_strsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, n, l,
		    n, b, 1);
	ee_blas_threads(1);
}

/* With job "V", the eigenvectors too. */
static enum ee_status
eigen(const char *job, size_t d, double *a, double *values,
      struct ee_err *err)
{
	const blasint n = (blasint)d, ask = -1;
	blasint lwork, liwork, info = 0, *iwork;
	double size = 0, *work;

	if (d == 0 || d > 30000)	/* LAPACK counts its 2 d^2 in 31 bits */
		return ee_fail(err, EE_EINPUT, "a matrix of %zu rows", d);
	/* row-major lower is column-major upper, and its columns our rows */
	dsyevd_(job, "U", &n, a, &n, values, &size, &ask, &liwork, &ask,
		&info);
	lwork = (blasint)size;
	work = ee_doubles((size_t)lwork, err);
	iwork = ee_calloc((size_t)liwork, sizeof(*iwork), err);
	if (work == NULL || iwork == NULL) {
		free(work);
		free(iwork);
		return EE_ENOMEM;
	}
	ee_blas_threads(ee_threads());
	dsyevd_(job, "U", &n, a, &n, values, work, &lwork, iwork, &liwork,
		&info);
	ee_blas_threads(1);
	free(work);
	free(iwork);
	if (info != 0)
		return ee_fail(err, EE_EMATH, "the eigenvalues of a matrix of "
			       "%zu rows do not converge", d);
	return EE_OK;
}

enum ee_status
ee_eigen(size_t d, double *a, double *values, struct ee_err *err)
{
	return eigen("V", d, a, values, err);
}

enum ee_status
ee_eigenvalues(size_t d, double *a, double *values, struct ee_err *err)
{
	return eigen("N", d, a, values, err);
}
