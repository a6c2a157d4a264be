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
	size_t memory;		/* bytes that a batch takes, about */
	enum ee_target_stop stop;
	const char *cache;	/* a folder (see masscache.h), or NULL */
};

/* The layer whose output targets are for. */
size_t mass_last_layer(const struct session *s);

/* Find the z that are not there: in the cache, or in batches, which go to the
 * cache one by one as they are found. */
EE_MUST_CHECK enum ee_status mass_targets_find(struct session *s,
	const struct mass_how *how, struct mass_case *cases, size_t n);

/* Take all z from a targets stream, matched by case; refuses targets of
 * another model or layer, and names the first case that has none.  Of a
 * folder: from the files that MEMIT keeps its v_star in. */
EE_MUST_CHECK enum ee_status mass_targets_read(struct session *s,
	const char *path, struct mass_case *cases, size_t n);

#endif
