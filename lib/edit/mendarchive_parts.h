/*
 * mendarchive_parts.h - between mendarchive.c (reading), mendpurpose.c (what
 * it was made for), mendsave.c (writing) and mendoptim.c (the optimisers, both
 * ways), inside lib/edit.
 */
#ifndef EE_MENDARCHIVE_PARTS_H
#define EE_MENDARCHIVE_PARTS_H

#include "edit/mendarchive.h"

/* How an archive says what shapes the networks: {"rank": 12, ...}. */
struct ee_value ee_mend_net_value(struct ee_arena *arena,
				  const struct ee_mend_net_params *net);

/*
 * Check what the archive 'root' says of its model, its weights and its
 * networks.  Fails with EE_EMATCH, naming the first that differs.
 */
EE_MUST_CHECK enum ee_status ee_mend_purpose(const struct ee_value *root,
	const char *path, const struct ee_mend *m,
	const struct ee_model *model, bool force, const struct ee_warn *warn,
	struct ee_err *err);

/* state_dict() of the optimiser 'opt', or of 'lr_opt'; borrows o->m, o->v. */
struct ee_value ee_mend_optim_value(struct ee_arena *arena,
	const struct ee_mend *m, const struct ee_mend_optim *o, bool lr_opt);

/*
 * The optimiser from both state_dict()s of an archive; o->kind must be its.
 * Fails with EE_EINPUT, EE_EMATCH, EE_EMATH, EE_EFORMAT.
 */
EE_MUST_CHECK enum ee_status ee_mend_optim_read(struct ee_mend_optim *o,
	const struct ee_mend *m, const struct ee_value *root,
	const char *path, struct ee_err *err);

/*
 * Check the floating-point tensor 'v', called 'key': it must have the
 * dimensions of 's' and be finite, unless 'nan' is set.  Its numbers go into
 * 'to', if that is not NULL.
 * Fails with EE_EMATCH, EE_EINPUT (another dtype), EE_EMATH.
 */
EE_MUST_CHECK enum ee_status ee_mend_numbers(const struct ee_value *v,
	const char *key, const struct ee_mend_slice *s, bool nan, float *to,
	const char *path, struct ee_err *err);

#endif
