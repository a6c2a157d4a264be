/*
 * masscases.h - many requests with their token sequences.
 */
#ifndef EE_MASSCASES_H
#define EE_MASSCASES_H

#include "edit/prompts.h"
#include "session.h"

struct mass_case {
	struct ee_request request;
	struct ee_prompts prompts;
	float *z, *v0;		/* (d) */
	bool found;		/* z is there */
};

struct mass_cases {
	struct mass_case *list;	/* those that can be edited */
	size_t n, bad;
};

/*
 * Those of the session's first 'limit' requests that belong to this shard, of
 * 'shards' (from 1).  One that cannot be edited is told and left out, or ends
 * it all where 'strict'; that none is left is a failure, but a shard may be
 * empty.  Those for the same prompt and subject are a notice.
 * mass_cases_free whatever happens.
 */
EE_MUST_CHECK enum ee_status mass_cases_read(struct session *s,
	int64_t limit, int64_t shard, int64_t shards, bool strict,
	struct mass_cases *cases);
void mass_cases_free(struct mass_cases *cases);

#endif
