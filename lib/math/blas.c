/* blas.c - the one door to the BLAS and LAPACK.  See blas.h. */
#include "math/blas.h"

#include <cblas.h>
#include <limits.h>
#include <stdlib.h>

#include "math/threads.h"
#ifdef EE_ONEDNN
#include <oneapi/dnnl/dnnl.h>
#endif

/* Products of fewer multiplications stay on one thread; those of more than
 * ENOUGH_WORK a thread are cut finer. */
#define LEAST_WORK 1e6
#define ENOUGH_WORK 1e8

/* Products of more multiplications are oneDNN's, where there is one and the
 * processor has AVX-512 (with AVX2, the BLAS is as fast); those of few rows
 * with a transpose are computed as their transpose, by blocks. */
#define LEAST_ONEDNN 5e5
enum { BLOCK = 128 };

/* LAPACK's own Fortran entry point (no C header needed). */
extern void dpotrf_(const char *uplo, const blasint *n, double *a,
		    const blasint *lda, blasint *info);

void
ee_blas_threads(unsigned n)
{
	openblas_set_num_threads((int)n);
}

static void
blas(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha,
     const float *a, size_t lda, const float *b, size_t ldb, float beta,
     float *c, size_t ldc)
{
	cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans,
		    tb ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n,
		    (blasint)k, alpha, a, (blasint)lda, b, (blasint)ldb, beta,
		    c, (blasint)ldc);
}

#ifdef EE_ONEDNN
/* oneDNN computes on as many threads as OpenMP would, which is a setting of
 * each thread. */
extern void omp_set_num_threads(int n);

void
ee_blas_alone(void)
{
	omp_set_num_threads(1);
}

/* It refuses, having no memory for a copy, before it writes anything. */
static void
onednn(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha,
       const float *a, size_t lda, const float *b, size_t ldb, float beta,
       float *c, size_t ldc)
{
	if (dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', (dnnl_dim_t)m,
		       (dnnl_dim_t)n, (dnnl_dim_t)k, alpha, a,
		       (dnnl_dim_t)lda, b, (dnnl_dim_t)ldb, beta, c,
		       (dnnl_dim_t)ldc) != dnnl_success)
		blas(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

/* c = alpha a b^T + beta c, a of few rows.  oneDNN's kernels for many rows
 * and few columns read b as it lies. */
static void
onednn_few(size_t m, size_t n, size_t k, float alpha, const float *a,
	   size_t lda, const float *b, size_t ldb, float beta, float *c,
	   size_t ldc)
{
	float t[BLOCK * EE_FEW_ROWS];
	size_t i, j, at, width;

	for (at = 0; at < n; at += width) {
		width = n - at < BLOCK ? n - at : BLOCK;
		onednn(false, true, width, m, k, alpha, b + at * ldb, ldb, a,
		       lda, 0, t, m);
		for (i = 0; i < m; i++)
			for (j = 0; j < width; j++)
				c[i * ldc + at + j] = t[j * m + i] +
					(beta == 0 ? 0 : beta *
					 c[i * ldc + at + j]);
	}
}
#else
void
ee_blas_alone(void)
{
}
#endif

/* One product, and how it is cut into tiles. */
struct product {
	bool ta, tb;
	size_t m, n, k;
	float alpha;
	const float *a;
	size_t lda;
	const float *b;
	size_t ldb;
	float beta;
	float *c;
	size_t ldc;
	size_t rows, cols;	/* of a tile */
	size_t across;		/* tiles side by side */
};

/* Rows [i, i + m) and columns [j, j + n) of c, on this thread. */
static void
multiply(const struct product *p, size_t i, size_t j, size_t m, size_t n)
{
	const float *a = p->a + (p->ta ? i : i * p->lda);
	const float *b = p->b + (p->tb ? j * p->ldb : j);
	float *c = p->c + i * p->ldc + j;

	if (p->m == 1 && !p->ta) {	/* sgemm would pack all of b for it */
		const size_t rows = p->tb ? n : p->k, cols = p->tb ? p->k : n;

		cblas_sgemv(CblasRowMajor, p->tb ? CblasNoTrans : CblasTrans,
			    (blasint)rows, (blasint)cols, p->alpha, b,
			    (blasint)p->ldb, a, 1, p->beta, c, 1);
		return;
	}
#ifdef EE_ONEDNN
	if ((double)m * (double)n * (double)p->k > LEAST_ONEDNN &&
	    __builtin_cpu_supports("avx512f")) {
		if (p->tb && !p->ta && m <= EE_FEW_ROWS && n >= 16)
			onednn_few(m, n, p->k, p->alpha, a, p->lda, b, p->ldb,
				   p->beta, c, p->ldc);
		else
			onednn(p->ta, p->tb, m, n, p->k, p->alpha, a, p->lda,
			       b, p->ldb, p->beta, c, p->ldc);
		return;
	}
#endif
	blas(p->ta, p->tb, m, n, p->k, p->alpha, a, p->lda, b, p->ldb,
	     p->beta, c, p->ldc);
}

static void
multiply_tiles(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct product *p = arg;
	size_t t;

	(void)thread;
	for (t = begin; t < end; t++) {
		const size_t i = t / p->across * p->rows;
		const size_t j = t % p->across * p->cols;

		if (i < p->m && j < p->n)
			multiply(p, i, j,
				 p->m - i < p->rows ? p->m - i : p->rows,
				 p->n - j < p->cols ? p->n - j : p->cols);
	}
}

/* The n-th part, whole registers. */
static size_t
share(size_t total, size_t n)
{
	return ((total + n - 1) / n + 15) & ~(size_t)15;
}

/*
 * Cut into r rows of c tiles, r c = tiles.  The BLAS copies the rows of a
 * and the columns of b that a tile needs, so a is copied c times and b r
 * times: the least of m c + n r.
 */
static void
cut(struct product *p, size_t tiles)
{
	size_t r, best = 1, least = SIZE_MAX;

	for (r = 1; r <= tiles; r++) {
		const size_t cost = p->m * (tiles / r) + p->n * r;

		if (tiles % r == 0 && cost < least) {
			least = cost;
			best = r;
		}
	}
	p->across = tiles / best;
	p->rows = share(p->m, best);
	p->cols = share(p->n, p->across);
}

/*
 * On the threads of threads.h, each with the BLAS for itself.  The BLAS's
 * own threads spin while they wait for work, and so take the processors from
 * the loops between two products, and from the other stages of a pipe.
 */
void
ee_gemm(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha,
	const float *a, size_t lda, const float *b, size_t ldb, float beta,
	float *c, size_t ldc)
{
	struct product p = { .ta = ta, .tb = tb, .m = m, .n = n, .k = k,
			     .alpha = alpha, .a = a, .lda = lda, .b = b,
			     .ldb = ldb, .beta = beta, .c = c, .ldc = ldc };
	const double work = (double)m * (double)n * (double)k;
	size_t tiles = ee_threads();

	if (m == 0 || n == 0)
		return;
	if (tiles == 1 || work < LEAST_WORK) {
		multiply(&p, 0, 0, m, n);
		return;
	}
	if (work > ENOUGH_WORK * (double)tiles)
		tiles *= 2;	/* so that a late thread costs less */
	cut(&p, tiles);
	ee_parallel(tiles, 1, multiply_tiles, &p);
}

void
ee_dsyrk_upper(size_t n, size_t d, const double *x, double *c)
{
	ee_blas_threads(ee_threads());
	cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (blasint)d,
		    (blasint)n, 1.0, x, (blasint)d, 1.0, c, (blasint)d);
	ee_blas_threads(1);
}

void
ee_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha,
	 const double *a, size_t lda, const double *b, size_t ldb,
	 double beta, double *c, size_t ldc)
{
	ee_blas_threads(ee_threads());
	cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans,
		    tb ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n,
		    (blasint)k, alpha, a, (blasint)lda, b, (blasint)ldb, beta,
		    c, (blasint)ldc);
	ee_blas_threads(1);
}

enum ee_status
ee_cholesky(size_t d, double *a, struct ee_err *err)
{
	const blasint n = (blasint)d;
	blasint info = 0;

	if (d > INT_MAX)
		return ee_fail(err, EE_EINPUT, "a matrix of %zu rows", d);
	/* row-major lower is column-major upper */
	ee_blas_threads(ee_threads());
	dpotrf_("U", &n, a, &n, &info);
	ee_blas_threads(1);
	if (info != 0)
		return ee_fail(err, EE_EMATH, "not positive definite: leading "
			       "minor %d of %zu", (int)info, d);
	return EE_OK;
}

void
ee_cholesky_solve(size_t d, size_t nrhs, const double *l, double *b)
{
	const blasint n = (blasint)d, m = (blasint)nrhs;

	ee_blas_threads(ee_threads());
	cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans,
		    CblasNonUnit, n, m, 1.0, l, n, b, m);
	cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans,
		    CblasNonUnit, n, m, 1.0, l, n, b, m);
	ee_blas_threads(1);
}
