/*
 * collect.h - which statistics of a tap's rows there are, and their names, as
 * options, file names and records have them.  What is computed for each:
 * moments.h.
 */
#ifndef EE_COLLECT_H
#define EE_COLLECT_H

#include "base/base.h"

/* A set of them is an unsigned, these bits or'ed. */
enum ee_collect {
	EE_COLLECT_MOM2 = 1, EE_COLLECT_MEAN = 2, EE_COLLECT_VAR = 4,
	EE_COLLECT_NORM_MEAN = 8, EE_COLLECT_COV = 16, EE_COLLECT_CORR = 32
};

/* Where files in the layout of rome, memit and EasyEdit have them; corr is
 * one array, without a count. */
struct ee_collect_arrays {
	enum ee_collect bit;
	const char *count, *data;
};
enum { EE_COLLECT_ARRAYS = 5 };
extern const struct ee_collect_arrays ee_collect_arrays[EE_COLLECT_ARRAYS];

/* A set from "mom2,mean,var".  Fails with EE_EINPUT, naming the bad word;
 * '*collect' is of no use then. */
EE_MUST_CHECK enum ee_status ee_collect_parse(const char *text,
	unsigned *collect, struct ee_err *err);
/* The names of a set, sorted, joined by 'by': "mean-mom2", in 'out', which is
 * returned. */
const char *ee_collect_text(unsigned collect, char by, char out[64]);
/* The name of one bit; static. */
const char *ee_collect_name(enum ee_collect one);

#endif
