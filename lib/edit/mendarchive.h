/*
 * mendarchive.h - a hypernetwork and the state of its training as a file that
 * EasyEdit and the original MEND write and read: torch.save of a dict
 *
 *   model         the tensors of m->slice, by their keys, and model_config
 *   opt           state_dict() of torch's optimiser of them: the networks'
 *                 tensors in their order, then edit_lrs
 *   lr_opt        that of a second optimiser, of edit_lrs alone
 *   val_stats     {name: number} of the last validation
 *   start_time, elapsed_time, step
 *   ee            ours, and nothing to the others: for which model, weights
 *                 and shape of networks it was made, and what a resumed run
 *                 needs beside
 *
 * Keys of the original's older files begin with "gtn." for "mend.".
 */
#ifndef EE_MENDARCHIVE_H
#define EE_MENDARCHIVE_H

#include "base/base.h"
#include "base/value.h"
#include "edit/mend.h"
#include "math/optim.h"
#include "model/model.h"

/*
 * The optimiser.  'm' and 'v' are the caller's, (nlearned) each, laid out as
 * m->learned; zero on loading where the archive has none.  NULL: SGD, which
 * has none, or not wanted.
 */
struct ee_mend_optim {
	enum ee_optim kind;
	double lr;		/* of the networks */
	double lr_lr;		/* of edit_lrs */
	bool apart;		/* edit_lrs are learned by lr_opt; EasyEdit's
				 * lr_opt never acts: opt learns them */
	uint64_t step;		/* steps made */
	float *m, *v;
};

/* A training run so far.  Values and texts that were loaded live in 'arena';
 * ee_mend_progress_free whatever load returned. */
struct ee_mend_progress {
	struct ee_mend_optim optim;
	struct ee_value val_stats;	/* a map of numbers */
	const char *start_time;		/* as it stands there, or "" */
	double elapsed;			/* seconds */
	int64_t step;
	struct ee_value train;		/* whatever our own trainer keeps: a
					 * map, empty in others' archives */
	struct ee_arena arena;
};
void ee_mend_progress_free(struct ee_mend_progress *p);

/*
 * Load the archive 'path' into 'm', which is laid out for this model and
 * the YAML; on failure m is untouched.
 *
 *   progress  NULL: to edit with; the running statistics must then be there
 *             if the YAML says norm.  Only what an edit needs is read and
 *             has its checksum looked at; float32 stays in the file, which
 *             'm' keeps mapped.  Else to train on: the statistics may be those
 *             of before the first step, and the optimiser is loaded too.
 *             optim.kind says which is wanted; its m and v are set or NULL.
 *   force     an archive that says it was made for other weights of this
 *             shape is a notice, not an error
 *   warn      told of what 'force' let pass
 *
 * Fails with EE_EIO, EE_EFORMAT, EE_ETRUNC (damaged, or no file of torch's),
 * EE_EINPUT (not an archive of MEND, or of one not trained yet; the state of
 * another optimiser), EE_EMATCH (of another model or shape: names the first
 * tensor or weight that differs), EE_EMATH (not finite), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_mend_load(struct ee_mend *m,
	const char *path, const struct ee_model *model,
	struct ee_mend_progress *progress, bool force,
	const struct ee_warn *warn, struct ee_err *err);

/*
 * Write an archive.  There is no moment without a whole one.
 *
 *   keep  the file that was at 'path' stays as "<path>.bk", in place of the
 *         one before, as EasyEdit has it
 *   by    the tool and its version
 *
 * Fails as ee_torch_write.
 */
EE_MUST_CHECK enum ee_status ee_mend_save(const struct ee_mend *m,
	const char *path, const struct ee_model *model,
	const struct ee_mend_progress *progress, bool keep, const char *by,
	struct ee_err *err);

#endif
