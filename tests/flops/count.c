/*
 * count - what a tool has the BLAS do, to be laid under it by LD_PRELOAD
 *
 * When the process ends, the file $COUNT gets one line: MFLOP of float32 and
 * of float64 products, and MB of their arguments.  Both depend on the work
 * alone: not on the processor, its load or its threads.  All products are
 * made the BLAS's, those that oneDNN is asked for too.
 *
 * With $COUNT_VOCAB, the size of a vocabulary, a fourth number: MFLOP of
 * float32 products that have such a side.
 */
#include <cblas.h>
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static _Atomic unsigned long long single, twice, bytes, vocabulary;
static unsigned long long vocab;	/* $COUNT_VOCAB, or 0 */

static void *
real(const char *name)
{
	void *at = dlsym(RTLD_NEXT, name);

	if (at == NULL)
		abort();
	return at;
}

void
cblas_sgemm(const enum CBLAS_ORDER order, const enum CBLAS_TRANSPOSE ta,
	    const enum CBLAS_TRANSPOSE tb, const blasint m, const blasint n,
	    const blasint k, const float alpha, const float *a,
	    const blasint lda, const float *b, const blasint ldb,
	    const float beta, float *c, const blasint ldc)
{
	static void (*next)(enum CBLAS_ORDER, enum CBLAS_TRANSPOSE,
			    enum CBLAS_TRANSPOSE, blasint, blasint, blasint,
			    float, const float *, blasint, const float *,
			    blasint, float, float *, blasint);
	const unsigned long long mm = (unsigned long long)m;
	const unsigned long long nn = (unsigned long long)n;
	const unsigned long long kk = (unsigned long long)k;

	single += 2 * mm * nn * kk;
	if (vocab > 0 && (mm == vocab || nn == vocab || kk == vocab))
		vocabulary += 2 * mm * nn * kk;
	bytes += 4 * (mm * kk + kk * nn + mm * nn);
	if (next == NULL)
		*(void **)&next = real("cblas_sgemm");
	next(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void
cblas_sgemv(const enum CBLAS_ORDER order, const enum CBLAS_TRANSPOSE trans,
	    const blasint m, const blasint n, const float alpha,
	    const float *a, const blasint lda, const float *x,
	    const blasint incx, const float beta, float *y,
	    const blasint incy)
{
	static void (*next)(enum CBLAS_ORDER, enum CBLAS_TRANSPOSE, blasint,
			    blasint, float, const float *, blasint,
			    const float *, blasint, float, float *, blasint);
	const unsigned long long mm = (unsigned long long)m;
	const unsigned long long nn = (unsigned long long)n;

	single += 2 * mm * nn;
	bytes += 4 * (mm * nn + mm + nn);
	if (next == NULL)
		*(void **)&next = real("cblas_sgemv");
	next(order, trans, m, n, alpha, a, lda, x, incx, beta, y, incy);
}

void
cblas_dgemm(const enum CBLAS_ORDER order, const enum CBLAS_TRANSPOSE ta,
	    const enum CBLAS_TRANSPOSE tb, const blasint m, const blasint n,
	    const blasint k, const double alpha, const double *a,
	    const blasint lda, const double *b, const blasint ldb,
	    const double beta, double *c, const blasint ldc)
{
	static void (*next)(enum CBLAS_ORDER, enum CBLAS_TRANSPOSE,
			    enum CBLAS_TRANSPOSE, blasint, blasint, blasint,
			    double, const double *, blasint, const double *,
			    blasint, double, double *, blasint);
	const unsigned long long mm = (unsigned long long)m;
	const unsigned long long nn = (unsigned long long)n;
	const unsigned long long kk = (unsigned long long)k;

	twice += 2 * mm * nn * kk;
	bytes += 8 * (mm * kk + kk * nn + mm * nn);
	if (next == NULL)
		*(void **)&next = real("cblas_dgemm");
	next(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void
cblas_dsyrk(const enum CBLAS_ORDER order, const enum CBLAS_UPLO uplo,
	    const enum CBLAS_TRANSPOSE trans, const blasint n,
	    const blasint k, const double alpha, const double *a,
	    const blasint lda, const double beta, double *c,
	    const blasint ldc)
{
	static void (*next)(enum CBLAS_ORDER, enum CBLAS_UPLO,
			    enum CBLAS_TRANSPOSE, blasint, blasint, double,
			    const double *, blasint, double, double *,
			    blasint);
	const unsigned long long nn = (unsigned long long)n;
	const unsigned long long kk = (unsigned long long)k;

	twice += nn * (nn + 1) * kk;
	bytes += 8 * (nn * kk + nn * (nn + 1) / 2);
	if (next == NULL)
		*(void **)&next = real("cblas_dsyrk");
	next(order, uplo, trans, n, k, alpha, a, lda, beta, c, ldc);
}

int dnnl_sgemm(char, char, int64_t, int64_t, int64_t, float, const float *,
	       int64_t, const float *, int64_t, float, float *, int64_t);

/* In place of oneDNN's: the BLAS's. */
int
dnnl_sgemm(char ta, char tb, int64_t m, int64_t n, int64_t k, float alpha,
	   const float *a, int64_t lda, const float *b, int64_t ldb,
	   float beta, float *c, int64_t ldc)
{
	cblas_sgemm(CblasRowMajor, ta == 'T' ? CblasTrans : CblasNoTrans,
		    tb == 'T' ? CblasTrans : CblasNoTrans, (blasint)m,
		    (blasint)n, (blasint)k, alpha, a, (blasint)lda, b,
		    (blasint)ldb, beta, c, (blasint)ldc);
	return 0;
}

__attribute__((constructor)) static void
start(void)
{
	const char *size = getenv("COUNT_VOCAB");

	if (size != NULL)
		vocab = strtoull(size, NULL, 10);
}

__attribute__((destructor)) static void
say(void)
{
	const char *name = getenv("COUNT");
	FILE *to = name != NULL ? fopen(name, "a") : NULL;

	if (to == NULL)
		return;
	fprintf(to, "%.3f %.3f %.3f", (double)single / 1e6,
		(double)twice / 1e6, (double)bytes / 1e6);
	if (vocab > 0)
		fprintf(to, " %.3f", (double)vocabulary / 1e6);
	putc('\n', to);
	fclose(to);
}
