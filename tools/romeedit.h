/*
 * romeedit.h - the work of ee-rome: one edit after the other.
 */
#ifndef EE_ROMEEDIT_H
#define EE_ROMEEDIT_H

#include "session.h"

struct rome_options {
	struct session_options session;
	bool independent;	/* each request on the model as it was */
	double max_norm;
};

EE_MUST_CHECK enum ee_status rome_edit(struct tool *tool,
	const struct rome_options *opt);

#endif
