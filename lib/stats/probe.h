/*
 * probe.h - has C^-1 k settled?
 *
 * The edits use a second moment C only as C^-1 k, so that is what is watched
 * while rows are collected: EE_PROBES keys k are drawn from the first rows
 * of the tap (a seeded sample, the same rows for every tap), and
 *
 *     (C + 1e-4 mean(diag C) I) x = k
 *
 * is solved for them when so many rows are in: 'first', twice that, four
 * times that ...  The change is the largest of |x - x'| / |x| over the
 * probes, x' being the answer of the check before.  It falls as sqrt(f / n)
 * with the rows n: some ten checks of one factorisation each (f^3 / 3
 * multiplications, in float64) watch the longest of runs.
 *
 * Ownership: a struct ee_probe owns what it holds, until ee_probe_free.
 */
#ifndef EE_PROBE_H
#define EE_PROBE_H

#include "base/base.h"
#include "stats/moments.h"

enum { EE_PROBES = 8 };

struct ee_probe {
	size_t width;			/* f; 0: nothing is watched */
	int64_t row[EE_PROBES];		/* where the keys are */
	int64_t next;			/* rows at the next check */
	int64_t checks;			/* how many there were */
	int64_t checked;		/* rows at the last one */
	double change;			/* there; INFINITY: nothing to compare
					 * with, or C not yet regular */
	float *keys;			/* (EE_PROBES, f) */
	double *answers;		/* (f, EE_PROBES) of the last check */
};

/* The first check for taps of at most 'widest' units: 2 widest rows, in whole
 * blocks of EE_MOMENT_ROWS. */
int64_t ee_probe_first(size_t widest);

/* For rows of width f; the first check is at row number 'first'.  Fails with
 * EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_probe_init(struct ee_probe *probe,
	size_t width, int64_t first, struct ee_err *err);
void ee_probe_free(struct ee_probe *probe);

/*
 * Add rows x (n, f) to 'm', keeping the probes among them and checking
 * wherever it is time.  Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_probe_add(struct ee_probe *probe,
	struct ee_moments *m, size_t n, const float *x, struct ee_err *err);

/* Memory that a check takes, for a moment. */
double ee_probe_bytes(size_t width);

#endif
