/*
 * massvstar.h - targets from the files that MEMIT keeps them in.
 */
#ifndef EE_MASSVSTAR_H
#define EE_MASSVSTAR_H

#include "masstargets.h"

/* Take z from the folder, matched by layer, clamp_norm_factor and case.  Fails
 * with EE_EMATCH (a file is of another shape), EE_EFORMAT, EE_EIO. */
EE_MUST_CHECK enum ee_status mass_vstar_read(struct session *s,
	const char *dir, struct mass_case *cases, size_t n);

#endif
