/*
 * verify_parts.h - what the parts of ee_stats_verify share.  Within the room
 * only.
 */
#ifndef EE_VERIFY_PARTS_H
#define EE_VERIFY_PARTS_H

#include "stats/check.h"
#include "stats/source.h"
#include "stats/spectrum.h"
#include "stats/verify.h"

struct ee_verify {
	struct ee_source *source;
	struct ee_report *report;
	const struct ee_expected *expected;
	unsigned collect;		/* what the file holds */
	int64_t count;			/* rows; 0: unknown */
	int64_t divisor;		/* of the moment: the same, or 1 */
	size_t width;			/* 0: unknown */
	const char *key;		/* of the moment; NULL: there is none */
	struct ee_tensor moment;	/* a sum; divide by 'divisor' */
	enum ee_dtype stored;		/* its dtype in the file */
	struct ee_err err;		/* of what failed */
};

/* Add a finding to the report. */
void ee_report(struct ee_report *report, const char *check,
	       enum ee_grade grade, const char *fmt, ...) EE_PRINTF(4, 5);

/* The entries of the moment; '*sound' is false where no other check makes
 * sense.  These fail with EE_ENOMEM alone. */
EE_MUST_CHECK enum ee_status ee_verify_entries(struct ee_verify *v,
	bool *sound, struct ee_err *err);
/* Its eigenvalues: psd, condition, rank. */
EE_MUST_CHECK enum ee_status ee_verify_spectrum(struct ee_verify *v,
	struct ee_err *err);
/* Name, model, fingerprint. */
void ee_verify_origin(struct ee_verify *v);

#endif
