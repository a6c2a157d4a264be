/*
 * convert.c - half precision.  See convert.h.  Integer arithmetic only, so
 * that the compiler can make vectors of it at any level.
 */
#include "math/convert.h"

#include <string.h>

#include "math/simd.h"
#include "math/threads.h"

static inline float
from_bits(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

static inline uint32_t
to_bits(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

/* The exponent is moved into place by a product with 2^112, which is right
 * for subnormals too; infinities and NaN get theirs by hand. */
EE_SIMD static void
f16_to_f32(const uint16_t *from, size_t n, float *to)
{
	const float scale = from_bits(UINT32_C(239) << 23);	/* 2^112 */
	size_t i;

	for (i = 0; i < n; i++) {
		const uint32_t h = from[i], sign = (h & 0x8000) << 16;
		const uint32_t low = (h & 0x7fff) << 13;
		const uint32_t finite = to_bits(from_bits(low) * scale);
		const uint32_t special = low | UINT32_C(0x7f800000);

		to[i] = from_bits(sign | (low >= UINT32_C(0x0f800000)
					  ? special : finite));
	}
}

EE_SIMD static void
bf16_to_f32(const uint16_t *from, size_t n, float *to)
{
	size_t i;

	for (i = 0; i < n; i++)
		to[i] = from_bits((uint32_t)from[i] << 16);
}

struct job {
	enum ee_dtype dtype;
	const unsigned char *from;
	float *to;
};

static void
convert_part(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct job *j = arg;
	const unsigned char *from = j->from + begin * ee_dtype_size(j->dtype);
	float *to = j->to + begin;
	const size_t n = end - begin;
	size_t i;

	(void)thread;
	if (j->dtype == EE_F16)
		f16_to_f32((const void *)from, n, to);
	else if (j->dtype == EE_BF16)
		bf16_to_f32((const void *)from, n, to);
	else if (j->dtype == EE_F32)
		memcpy(to, from, n * sizeof(*to));
	else
		for (i = 0; i < n; i++)
			to[i] = (float)((const double *)(const void *)from)[i];
}

void
ee_to_f32(enum ee_dtype dtype, const void *from, size_t n, float *to)
{
	struct job job = { dtype, from, to };
	const size_t grain = (size_t)1 << 18;

	if (n <= grain)
		convert_part(&job, 0, n, 0);
	else
		ee_parallel(n, grain, convert_part, &job);
}

static uint16_t
f16_from(float f)
{
	const uint32_t bits = to_bits(f), sign = bits >> 16 & 0x8000;
	uint32_t a = bits & UINT32_C(0x7fffffff);

	if (a > UINT32_C(0x7f800000))			/* NaN */
		return (uint16_t)(sign | 0x7e00);
	if (a >= UINT32_C(0x47800000))			/* 2^16 and more */
		return (uint16_t)(sign | 0x7c00);
	if (a < UINT32_C(0x38800000)) {			/* subnormal: < 2^-14 */
		/* adding 0.5 puts the bits, rounded, at the low end */
		const float half = from_bits(UINT32_C(0x3f000000));

		return (uint16_t)(sign | (to_bits(from_bits(a) + half) -
					  UINT32_C(0x3f000000)));
	}
	a += UINT32_C(0xc8000fff) + (a >> 13 & 1);	/* rebias, round */
	return (uint16_t)(sign | a >> 13);
}

static uint16_t
bf16_from(float f)
{
	const uint32_t bits = to_bits(f);

	if ((bits & UINT32_C(0x7fffffff)) > UINT32_C(0x7f800000))
		return (uint16_t)(bits >> 16 | 0x40);
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void
ee_from_f32(enum ee_dtype dtype, const float *from, size_t n, void *to)
{
	size_t i;

	if (dtype == EE_F16)
		for (i = 0; i < n; i++)
			((uint16_t *)to)[i] = f16_from(from[i]);
	else if (dtype == EE_BF16)
		for (i = 0; i < n; i++)
			((uint16_t *)to)[i] = bf16_from(from[i]);
	else if (dtype == EE_F64)
		for (i = 0; i < n; i++)
			((double *)to)[i] = (double)from[i];
	else
		memcpy(to, from, n * sizeof(*from));
}
