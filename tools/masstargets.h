/*
 * masstargets.h - the targets of many requests: found in batches, written
 * and read.
 */
#ifndef EE_MASSTARGETS_H
#define EE_MASSTARGETS_H

#include "edit/prompts.h"
#include "session.h"

struct mass_case {
	struct ee_request request;
	struct ee_prompts prompts;
	float *z, *v0;		/* (d) */
};

/* Find all z, in batches that take about 'memory' bytes; write a record of
 * each where 'put'. */
EE_MUST_CHECK enum ee_status mass_targets_find(struct session *s, bool put,
	size_t memory, struct mass_case *cases, size_t n);

/* Take all z from a targets stream, matched by case; refuses targets of
 * another model or layer, and names the first case that has none. */
EE_MUST_CHECK enum ee_status mass_targets_read(struct session *s,
	const char *path, struct mass_case *cases, size_t n);

#endif
