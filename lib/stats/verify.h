/*
 * verify.h - all that can be said for and against a statistics file.
 *
 * One finding for each check that was made, in the order in which they build
 * on one another; a check that finds nothing to look at says so (EE_SKIP).
 *
 *   archive      directory, sizes, every CRC-32
 *   arrays       what there is, dtypes, shapes
 *   count        whole, positive, the same for all
 *   finite       every number
 *   symmetric    |a_ij - a_ji| <= 1e-5 sqrt(a_ii a_jj); 1e-2 of float16
 *   scale        the diagonal
 *   psd          no negative eigenvalue; see spectrum.h
 *   condition    largest eigenvalue over smallest
 *   rank         effective rank
 *   coverage     tokens a unit
 *   name         the file's name says what is in it
 *   model        the layer is one of the model's, as wide
 *   fingerprint  the weights up to the layer are what they were
 */
#ifndef EE_VERIFY_H
#define EE_VERIFY_H

#include "base/base.h"
#include "base/value.h"
#include "model/model.h"

enum ee_grade { EE_PASS, EE_SKIP, EE_WARN, EE_FAIL };

struct ee_finding {
	const char *check;
	enum ee_grade grade;
	const char *text;
};

/* Texts and values belong to the report, until ee_report_free. */
struct ee_report {
	enum ee_grade worst;		/* EE_PASS, EE_WARN or EE_FAIL */
	size_t n;
	struct ee_finding list[32];
	struct ee_value facts;		/* a map: "width", "tokens", ... */
	struct ee_arena arena;
};

struct ee_expected {
	const struct ee_model *model;	/* NULL: any */
	int64_t sample_size;		/* -1: any */
};

const char *ee_grade_name(enum ee_grade grade);	/* "PASS" */

/*
 * What is wrong with the file is in the report; this fails with EE_ENOMEM
 * alone.  Free the report in any case.
 */
EE_MUST_CHECK enum ee_status ee_stats_verify(const char *path,
	const struct ee_expected *expected, struct ee_report *out,
	struct ee_err *err);
void ee_report_free(struct ee_report *report);

#endif
