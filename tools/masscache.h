/*
 * masscache.h - a folder of targets, each in a file of its own that is named
 * by what it depends on: the weights of the model as edited, the tokens of
 * all prompts and of the target, the hyper-parameters.  A file is a targets
 * stream of one record; it appears whole or not at all, so that runs can be
 * killed, and can share a folder.
 */
#ifndef EE_MASSCACHE_H
#define EE_MASSCACHE_H

#include "edit/target.h"
#include "masscases.h"
#include "session.h"

/* Make the folder, if it is not there. */
EE_MUST_CHECK enum ee_status mass_cache_open(const char *dir,
					     struct ee_err *err);

uint64_t mass_cache_key(const struct session *s,
	const struct ee_target_params *params, const struct mass_case *c);

/* Put a record there. */
EE_MUST_CHECK enum ee_status mass_cache_put(struct session *s,
	const char *dir, uint64_t key, const struct ee_value *record);

/*
 * Take a target from there: EE_OK, c->found and c->z; EE_END if there is
 * none; a file that cannot be read is a notice and none.  With 'put' its
 * record goes to the tool's output too, under the name of this case.
 */
EE_MUST_CHECK enum ee_status mass_cache_get(struct session *s,
	const char *dir, uint64_t key, struct mass_case *c, bool put);

#endif
