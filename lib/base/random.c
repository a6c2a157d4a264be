/*
 * random.c - MT19937 (Matsumoto and Nishimura 1998).  See random.h.
 * Seeding is their init_by_array over the seed's 32-bit words, low first,
 * which is what CPython does with an integer seed.
 */
#include "base/random.h"

#include <math.h>

enum { N = 624, M = 397 };

static void
init(uint32_t *s, uint32_t seed)
{
	uint32_t i;

	s[0] = seed;
	for (i = 1; i < N; i++)
		s[i] = UINT32_C(1812433253) * (s[i - 1] ^ (s[i - 1] >> 30)) + i;
}

void
ee_random_seed(struct ee_random *r, uint64_t seed)
{
	const uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
	const unsigned len = key[1] != 0 ? 2 : 1;
	uint32_t *s = r->state;
	unsigned i = 1, j = 0, k;

	init(s, UINT32_C(19650218));
	for (k = N; k > 0; k--) {
		s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) *
				UINT32_C(1664525))) + key[j] + j;
		if (++i >= N) {
			s[0] = s[N - 1];
			i = 1;
		}
		if (++j >= len)
			j = 0;
	}
	for (k = N - 1; k > 0; k--) {
		s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) *
				UINT32_C(1566083941))) - i;
		if (++i >= N) {
			s[0] = s[N - 1];
			i = 1;
		}
	}
	s[0] = UINT32_C(0x80000000);
	r->at = N;
}

static void
refill(uint32_t *s)
{
	unsigned i;

	for (i = 0; i < N; i++) {
		const uint32_t y = (s[i] & UINT32_C(0x80000000)) |
				   (s[(i + 1) % N] & UINT32_C(0x7fffffff));

		s[i] = s[(i + M) % N] ^ (y >> 1) ^
		       (y & 1 ? UINT32_C(0x9908b0df) : 0);
	}
}

uint32_t
ee_random_u32(struct ee_random *r)
{
	uint32_t y;

	if (r->at >= N) {
		refill(r->state);
		r->at = 0;
	}
	y = r->state[r->at++];
	y ^= y >> 11;
	y ^= (y << 7) & UINT32_C(0x9d2c5680);
	y ^= (y << 15) & UINT32_C(0xefc60000);
	return y ^ (y >> 18);
}

/* 'bits' random bits, 1 to 64: CPython's getrandbits. */
static uint64_t
random_bits(struct ee_random *r, unsigned bits)
{
	uint64_t low;

	if (bits <= 32)
		return ee_random_u32(r) >> (32 - bits);
	low = ee_random_u32(r);
	return low | (uint64_t)(ee_random_u32(r) >> (64 - bits)) << 32;
}

uint64_t
ee_random_below(struct ee_random *r, uint64_t n)
{
	unsigned bits = 0;
	uint64_t v;

	for (v = n; v != 0; v >>= 1)
		bits++;
	do
		v = random_bits(r, bits);
	while (v >= n);
	return v;
}

double
ee_random_real(struct ee_random *r)
{
	const uint32_t a = ee_random_u32(r) >> 5, b = ee_random_u32(r) >> 6;

	return ((double)a * 67108864.0 + (double)b) / 9007199254740992.0;
}

double
ee_random_normal(struct ee_random *r)
{
	const double u = 1.0 - ee_random_real(r), v = ee_random_real(r);

	return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

void
ee_random_shuffle(struct ee_random *r, size_t *items, size_t n)
{
	size_t i, j, t;

	for (i = n; i-- > 1; ) {
		j = (size_t)ee_random_below(r, i + 1);
		t = items[i];
		items[i] = items[j];
		items[j] = t;
	}
}
