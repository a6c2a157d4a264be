/*
 * mendrun.h - a hypernetwork's training from its start, or from where an
 * earlier run stopped, to its end: in which order it sees the examples, when
 * it is put to the test, what is best so far.
 *
 * An iteration is one group of examples, as in the reference; 'accumulate' of
 * them make one step of the optimiser.  Everything here happens between
 * steps.  A run depends on its seed and its examples alone: stopped after any
 * step and gone on with, it gives the same numbers.
 */
#ifndef EE_MENDRUN_H
#define EE_MENDRUN_H

#include <signal.h>

#include "base/base.h"
#include "base/random.h"
#include "edit/mendlearn.h"

/* What was measured, over training iterations or in a validation; means. */
struct ee_mend_tally {
	struct ee_mend_loss sum;
	double norm;			/* of the gradient; training only */
	size_t n, steps;
};
/* The mean of all that was added. */
struct ee_mend_loss ee_mend_tally_mean(const struct ee_mend_tally *tally);

enum ee_mend_end {
	EE_MEND_GOES_ON,
	EE_MEND_DONE,		/* max_iters, or max_epochs, are made */
	EE_MEND_PATIENCE,	/* early_stop_patience iterations no better */
	EE_MEND_STOPPED		/* *stop was set */
};

struct ee_mend_run;

/* What a run tells as it goes.  A status other than EE_OK ends it. */
struct ee_mend_hooks {
	void *ctx;
	/* Every log_interval iterations, and at the end. */
	enum ee_status (*trained)(void *ctx, const struct ee_mend_run *run,
		const struct ee_mend_tally *tally, struct ee_err *err);
	/* After each validation; 'best': better than any before (or there
	 * was nothing to validate). */
	enum ee_status (*validated)(void *ctx, const struct ee_mend_run *run,
		const struct ee_mend_tally *tally, bool best,
		struct ee_err *err);
	/* After each step of the optimiser; may be NULL. */
	enum ee_status (*stepped)(void *ctx, const struct ee_mend_run *run,
		struct ee_err *err);
};

/* Those above the line are the caller's, set before ee_mend_run_open. */
struct ee_mend_run {
	struct ee_mend_learner *learner;	/* open */
	const struct ee_example *train, *val;	/* (ntrain), (nval) */
	size_t ntrain, nval;
	struct ee_frozen_cache_options cache_options;
	const struct ee_mend_hooks *hooks;
	const volatile sig_atomic_t *stop;	/* or NULL */
	uint64_t iteration;		/* made so far; 0, or where one goes
					 * on */
	double best;			/* the early_stop_key's best value, */
	uint64_t best_iteration;	/* there; 0: not validated yet */
	/* ---- */
	uint64_t last;			/* iterations to make in all */
	size_t groups;			/* in an epoch */
	size_t *order;			/* (ntrain) of this epoch */
	uint64_t epoch;
	struct ee_random random;
	struct ee_frozen_cache *train_cache, *val_cache;
	struct ee_mend_tally tally;	/* since the last 'trained' */
};

/*
 * Check the parameters and plan the run.  Fails with EE_EINPUT (an
 * early_stop_key that is not measured: lists those that are; an
 * iteration to go on from that lies within a step), EE_ENOMEM.
 * ee_mend_run_close whatever happens.
 */
EE_MUST_CHECK enum ee_status ee_mend_run_open(struct ee_mend_run *run,
	struct ee_err *err);
void ee_mend_run_close(struct ee_mend_run *run);

/*
 * Train.  '*end' says why it ended.  Fails with EE_EMATH (a loss, or the
 * gradient, is not finite: names iteration and case; the hooks have seen the
 * last state that was good), or as ee_mend_losses and the hooks.
 */
EE_MUST_CHECK enum ee_status ee_mend_run_go(struct ee_mend_run *run,
	enum ee_mend_end *end, struct ee_err *err);

/* Was a multiple of 'interval' iterations reached with this step? */
bool ee_mend_due(const struct ee_mend_run *run, int64_t interval);

/* A validation of the learner as it is now.  Fails as ee_mend_losses. */
EE_MUST_CHECK enum ee_status ee_mend_run_validate(struct ee_mend_run *run,
	struct ee_mend_tally *tally, struct ee_err *err);

/* What is measured.  Of a validation, logs and early_stop_key have "_val"
 * behind the name. */
struct ee_mend_measure {
	const char *name;	/* "loss/edit" */
	size_t at;		/* in struct ee_mend_loss */
	bool more;		/* more of it is better */
};
enum { EE_MEND_MEASURES = 7 };
extern const struct ee_mend_measure ee_mend_measures[EE_MEND_MEASURES];
double ee_mend_measured(const struct ee_mend_loss *loss,
			const struct ee_mend_measure *measure);

#endif
