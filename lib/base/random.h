/*
 * random.h - one source of random numbers: the Mersenne Twister MT19937,
 * seeded and drawn from as Python's `random.Random(seed)` does, so that a
 * sample drawn here is the sample that the Python tools draw.
 */
#ifndef EE_RANDOM_H
#define EE_RANDOM_H

#include "base/base.h"

struct ee_random {
	uint32_t state[624];
	unsigned at;
};

void ee_random_seed(struct ee_random *r, uint64_t seed);
uint32_t ee_random_u32(struct ee_random *r);
/* 0 <= result < n, n > 0: Python's _randbelow */
uint64_t ee_random_below(struct ee_random *r, uint64_t n);
/* 0 <= result < 1, 53 bits: Python's random() */
double ee_random_real(struct ee_random *r);
/* standard normal (Box-Muller; not Python's gauss()) */
double ee_random_normal(struct ee_random *r);
/* in place: Python's shuffle() */
void ee_random_shuffle(struct ee_random *r, size_t *items, size_t n);

#endif
