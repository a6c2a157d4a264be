/*
 * crc.c - the CRC-32 of zlib, four times as fast where the processor can
 * multiply without carries.
 *
 * Method: V. Gopal et al., "Fast CRC computation for generic polynomials
 * using PCLMULQDQ" (Intel, 2009): four registers of 16 bytes are folded over
 * the data, 64 bytes a step, then into one, then to 64 bits, and a Barrett
 * reduction gives 32.  Both stages at the ends of a pipe sum every byte, and
 * with zlib's own code that was a third of what a pipe costs; and the members
 * of an archive are summed before they are used.
 */
#include "base/crc.h"

#include <zlib.h>

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>

#define FOLDS __attribute__((target("pclmul,sse4.1")))

static FOLDS __m128i
load(const unsigned char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* 'x' moved on by the distance that 'k' stands for, plus 'next' */
static FOLDS __m128i
fold(__m128i x, __m128i k, __m128i next)
{
	const __m128i low = _mm_clmulepi64_si128(x, k, 0x00);
	const __m128i high = _mm_clmulepi64_si128(x, k, 0x11);

	return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* 128 bits to 32.  The constants are powers of x modulo the polynomial, bit
 * by bit reversed; the last two are the polynomial and its quotient. */
static FOLDS uint32_t
reduce(__m128i x, __m128i k16)
{
	const __m128i k4 = _mm_set_epi64x(0, 0x163cd6124);
	const __m128i poly = _mm_set_epi64x(0x1f7011641, 0x1db710641);
	const __m128i low32 = _mm_set_epi32(0, -1, 0, -1);
	__m128i y;

	x = _mm_xor_si128(_mm_srli_si128(x, 8),
			  _mm_clmulepi64_si128(x, k16, 0x10));
	y = _mm_clmulepi64_si128(_mm_and_si128(x, low32), k4, 0x00);
	x = _mm_xor_si128(_mm_srli_si128(x, 4), y);
	y = _mm_clmulepi64_si128(_mm_and_si128(x, low32), poly, 0x10);
	y = _mm_clmulepi64_si128(_mm_and_si128(y, low32), poly, 0x00);
	return (uint32_t)_mm_extract_epi32(_mm_xor_si128(x, y), 1);
}

/* n is at least 64 and a multiple of 16. */
static FOLDS uint32_t
folded(uint32_t crc, const unsigned char *p, size_t n)
{
	const __m128i k64 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
	const __m128i k16 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
	__m128i a = load(p), b = load(p + 16);
	__m128i c = load(p + 32), d = load(p + 48);

	a = _mm_xor_si128(a, _mm_cvtsi32_si128((int)~crc));
	for (p += 64, n -= 64; n >= 64; p += 64, n -= 64) {
		a = fold(a, k64, load(p));
		b = fold(b, k64, load(p + 16));
		c = fold(c, k64, load(p + 32));
		d = fold(d, k64, load(p + 48));
	}
	a = fold(fold(fold(a, k16, b), k16, c), k16, d);
	for (; n >= 16; p += 16, n -= 16)
		a = fold(a, k16, load(p));
	return ~reduce(a, k16);
}

static size_t
can_fold(size_t n)
{
	return n >= 64 && __builtin_cpu_supports("pclmul") &&
	       __builtin_cpu_supports("sse4.1") ? n & ~(size_t)15 : 0;
}
#else
static uint32_t
folded(uint32_t crc, const unsigned char *p, size_t n)
{
	(void)p;
	(void)n;
	return crc;
}

static size_t
can_fold(size_t n)
{
	(void)n;
	return 0;
}
#endif

uint32_t
ee_crc32(uint32_t crc, const void *data, size_t n)
{
	const unsigned char *p = data;
	const size_t m = can_fold(n);

	if (m > 0)
		crc = folded(crc, p, m);
	if (n > m)		/* crc32_z(crc, NULL, 0) would be 0 */
		crc = (uint32_t)crc32_z(crc, p + m, n - m);
	return crc;
}
