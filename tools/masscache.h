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

/* Keep the record of a case's target. */
EE_MUST_CHECK enum ee_status mass_cache_put(struct session *s,
	const char *dir, const struct ee_target_params *params,
	const struct mass_case *c, const struct ee_value *record);

/*
 * What is there for n cases: z of those that have none or, where 'put', the
 * records of those that have one to the tool's output, under the names of
 * these cases.  A file that cannot be read is a notice, and its target is not
 * there.  Makes the folder, if it is not there.
 */
EE_MUST_CHECK enum ee_status mass_cache_take(struct session *s,
	const char *dir, const struct ee_target_params *params,
	struct mass_case *cases, size_t n, bool put);

#endif
