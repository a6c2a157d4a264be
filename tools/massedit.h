/*
 * massedit.h - the work of ee-memit: targets in batches, then the layers.
 */
#ifndef EE_MASSEDIT_H
#define EE_MASSEDIT_H

#include "edit/target.h"
#include "massmethod.h"
#include "session.h"

struct mass_options {
	struct session_options session;
	enum mass_method method;
	double mu;		/* of EMMET; -1: of the hyper-parameters */
	bool spread_sqrt;
	int64_t limit;		/* of the requests, the first */
	int64_t shard, shards;	/* targets of every shards-th request */
	const char *targets;	/* read them, do not find them */
	const char *cache;	/* folder of targets, or NULL */
	bool targets_only;
	int64_t batch;		/* requests edited together; 0: all */
	enum ee_target_stop stop;
	bool strict;		/* a bad request ends it all */
};

EE_MUST_CHECK enum ee_status mass_edit(struct tool *tool,
	const struct mass_options *opt);

#endif
