/*
 * progress.h - one line that says how far a long job is: done, rate, ETA.
 *
 * The caller decides where it goes ('out', borrowed) and passes NULL where
 * nothing must be shown (-q, or stderr is no terminal).
 */
#ifndef EE_PROGRESS_H
#define EE_PROGRESS_H

#include <stdio.h>

#include "base/base.h"

struct ee_progress {
	FILE *out;
	const char *what;	/* unit: "tokens", "steps" */
	double done, total;	/* total 0: unknown */
	double started, shown;	/* seconds, monotonic */
};

double ee_seconds(void);	/* monotonic clock */
void ee_progress_start(struct ee_progress *p, FILE *out, const char *what,
		       double total);
void ee_progress_add(struct ee_progress *p, double n);
void ee_progress_end(struct ee_progress *p);	/* clears the line */

#endif
