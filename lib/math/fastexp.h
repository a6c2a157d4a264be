/*
 * fastexp.h - exp for loops that become vectors.  Private to this room.
 *
 * Cephes' expf: 2^k times a polynomial on half an octave, 2 ulp; beyond
 * -87 and 88 it stays what it is there.  The C library's cannot be vectorised
 * without giving up the checks for NaN; here a NaN stays one.
 */
#ifndef EE_FASTEXP_H
#define EE_FASTEXP_H

#include <stdint.h>
#include <string.h>

static inline float
ee_fast_exp(float x)
{
	const float log2e = 1.44269504f;
	float k, r, p;
	uint32_t bits;

	x = x < -87.0f ? -87.0f : x;		/* a NaN stays one */
	x = x > 88.0f ? 88.0f : x;
	k = x * log2e + 12582912.0f;		/* round to an integer */
	memcpy(&bits, &k, sizeof(bits));
	k -= 12582912.0f;
	r = x - k * 0.693359375f;
	r = r + k * 2.12194440e-4f;
	p = 1.9875691500e-4f;
	p = p * r + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * r * r + r + 1.0f;
	bits = (bits + 127u) << 23;
	memcpy(&k, &bits, sizeof(k));
	return p * k;
}

#endif
