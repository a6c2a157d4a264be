/*
 * apply.h - edits written into a model folder, and taken out again.
 */
#ifndef EE_APPLY_H
#define EE_APPLY_H

#include "base/base.h"
#include "model/model.h"

/* What was done to one weight, for a report. */
struct ee_applied {
	char name[EE_MAX_NAME];	/* as stored */
	double change;		/* |W' - W| / |W|, after rounding */
	double rounding;	/* the part of that which rounding to the
				 * stored dtype adds, over |W' - W| */
};

struct ee_application {
	size_t n;
	struct ee_applied *list;	/* the caller's, to free() */
	enum {
		EE_BY_ADDING,	/* deltas were laid over */
		EE_BY_UNDO,	/* original tensors, from the undo file */
		EE_BY_BASE,	/* original tensors, from the base model */
		EE_BY_SUBTRACTING	/* deltas were taken off: to rounding */
	} how;
	char before[EE_PRINT_TEXT], after[EE_PRINT_TEXT];
};

struct ee_apply_job {
	const char *dir;	/* model folder */
	const char *out;	/* folder to make, or NULL: only report */
	const char *base;	/* unedited model folder, or NULL */
	const char *const *deltas;	/* (ndeltas) files */
	size_t ndeltas;
	bool force;
};

/*
 * Write 'dir' with the deltas added as 'out', in the container, dtypes and
 * shards of 'dir', with the touched original tensors in EE_UNDO_FILE.
 *
 * Fails as ee_model_open, ee_delta_load and ee_folder_rewrite, and with
 * EE_EMATH if an edited weight is not finite in its stored dtype.  'out' is
 * then not there.
 */
EE_MUST_CHECK enum ee_status ee_apply(const struct ee_apply_job *job,
	struct ee_application *done, const struct ee_warn *warn,
	struct ee_err *err);

/*
 * The reverse.  Where 'dir' has an undo file that was made by these deltas,
 * the original tensors come from there, and where 'base' is given from there:
 * the result is then bit-identical to the original.  Else the deltas are
 * subtracted, which gives the original to rounding.
 */
EE_MUST_CHECK enum ee_status ee_unapply(const struct ee_apply_job *job,
	struct ee_application *done, const struct ee_warn *warn,
	struct ee_err *err);

#endif
