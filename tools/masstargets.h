/*
 * masstargets.h - the targets of many requests: found in batches, written
 * and read.
 */
#ifndef EE_MASSTARGETS_H
#define EE_MASSTARGETS_H

#include "edit/target.h"
#include "masscases.h"
#include "session.h"

struct mass_how {
	bool put;		/* write a record of each */
	enum ee_target_stop stop;
	const char *cache;	/* a folder (see masscache.h), or NULL */
	bool strict;		/* one that cannot be found ends it all */
};

/* The layer whose output targets are for. */
size_t mass_last_layer(const struct session *s);

/* What was found for a case, in the session's arena. */
struct ee_value mass_target_record(struct session *s,
	const struct mass_case *c, const struct ee_target *t);

/* Find the z that are not there: in the cache, or in batches, which go to the
 * cache one by one as they are found.  A case whose target is not finite is
 * told and stays without, or ends it all where 'strict'. */
EE_MUST_CHECK enum ee_status mass_targets_find(struct session *s,
	const struct mass_how *how, struct mass_case *cases, size_t n);

/* Take z from a targets stream, matched by case; refuses targets of another
 * model or layer.  Of a folder: from the files that MEMIT keeps its v_star
 * in.  A case that has none is told and stays without, or ends it all where
 * 'strict'; that none has one is a failure. */
EE_MUST_CHECK enum ee_status mass_targets_read(struct session *s,
	const char *path, bool strict, struct mass_case *cases, size_t n);

#endif
