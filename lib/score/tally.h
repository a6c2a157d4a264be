/*
 * tally.h - measures of many cases: their means, with bootstrap confidence
 * intervals.
 */
#ifndef EE_TALLY_H
#define EE_TALLY_H

#include "base/base.h"

enum { EE_MAX_MEASURES = 64, EE_BEFORE = 0, EE_AFTER = 1 };

struct ee_tally {
	size_t n;		/* measures */
	size_t cases;
	char name[EE_MAX_MEASURES][64];		/* in order of appearance */
	double *value[EE_MAX_MEASURES][2];	/* (cases) NaN: none */
};

struct ee_estimate {
	size_t n;		/* cases that have the measure */
	double mean, low, high;	/* NaN where n is 0 */
};

/* Start, for so many cases.  ee_tally_free also of {0}. */
void ee_tally_start(struct ee_tally *tally, size_t cases);
void ee_tally_free(struct ee_tally *tally);

/* Case number 'at' has this value, before or after the edit.  Fails with
 * EE_ENOMEM, EE_EINPUT (more than EE_MAX_MEASURES names). */
EE_MUST_CHECK enum ee_status ee_tally_put(struct ee_tally *tally,
	const char *name, int when, size_t at, double value,
	struct ee_err *err);

/* The number of a measure, or tally->n. */
size_t ee_tally_find(const struct ee_tally *tally, const char *name);

/*
 * The harmonic mean of the means of 'k' measures, and between which values
 * it lies in 95 of 100 resamplings: cases are drawn with replacement, with
 * all their measures, 'resamples' times; low and high are the percentiles
 * 2.5 and 97.5 (nearest rank).  k = 1: the mean itself.  The same seed gives
 * the same interval.  The harmonic mean of values of which one is 0 or
 * below is 0.
 */
EE_MUST_CHECK enum ee_status ee_tally_estimate(const struct ee_tally *tally,
	const size_t *measures, size_t k, int when, size_t resamples,
	uint64_t seed, struct ee_estimate *estimate, struct ee_err *err);

#endif
