/*
 * masscases.h - many requests with their token sequences.
 */
#ifndef EE_MASSCASES_H
#define EE_MASSCASES_H

#include "edit/prompts.h"
#include "session.h"

struct mass_case {
	struct ee_request request;
	struct ee_plain plain;	/* the same */
	size_t number;		/* of its record, from 0 */
	struct ee_prompts prompts;
	float *z, *v0;		/* (d) */
	bool found;		/* z is there */
};

struct mass_cases {
	struct mass_case *list;	/* those that can be edited */
	size_t n;
	size_t bad;		/* left out */
};

/*
 * Those of the session's first 'limit' requests that belong to this shard, of
 * 'shards' (from 1).  One that cannot be edited is told and left out, or ends
 * it all where 'strict'; that none is left is a failure, but a shard may be
 * empty.  Those for the same prompt and subject are a notice, with their
 * lines.
 * mass_cases_free whatever happens.
 */
EE_MUST_CHECK enum ee_status mass_cases_read(struct session *s,
	int64_t limit, int64_t shard, int64_t shards, bool strict,
	struct mass_cases *cases);
void mass_cases_free(struct mass_cases *cases);

/* The request of record 'number' turns out to be bad, as the tool's err says:
 * it is told, to be left out, or ends it all where 'strict'. */
EE_MUST_CHECK enum ee_status mass_cases_bad(struct session *s, size_t number,
	bool strict, enum ee_status status);

/* Of n cases, move those that were found a target to the front, in their
 * order; how many. */
size_t mass_cases_keep(struct mass_case *cases, size_t n);

/* Put into a record which cases it serves: "cases" and "requests". */
void mass_cases_put(struct ee_arena *arena, struct ee_value *record,
		    const struct mass_case *cases, size_t n);

#endif
