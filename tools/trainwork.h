/*
 * trainwork.h - the parts of ee-mend-train: what it opens (trainwork.c),
 * where it goes on from and what it saves (trainsave.c), its log
 * (trainlog.c), the run (trainrun.c).
 */
#ifndef EE_TRAINWORK_H
#define EE_TRAINWORK_H

#include <signal.h>

#include "edit/mendarchive.h"
#include "edit/mendrun.h"
#include "modeltool.h"
#include "score/trainset.h"
#include "tool.h"

struct train_options {
	struct model_options model;
	const char *hparams, *train, *val, *out, *log;
	const char *archive;		/* to start from, or NULL */
	bool resume, like_easyedit;
	enum ee_mend_outer outer;	/* EE_OUTER_UNSAID: as the YAML says */
	size_t spill;			/* bytes */
	int64_t max_iters, seed;	/* -1: as the YAML says */
	int64_t hold_out;		/* records to test with, of 'train';
					 * 0: those of 'val' */
};

struct training {
	struct tool *tool;
	const struct train_options *opt;
	struct ee_model *model;
	struct ee_tokenizer *tok;
	struct ee_mend_params params;
	struct ee_trainset train, val;	/* val: {0} where some are held out */
	uint64_t print;			/* of examples and what they follow */
	struct ee_mend *m;
	struct ee_mend_learner learner;
	struct ee_mend_run run;
	char *last;			/* "<out>.last" */
	bool saved;			/* 'out' is of this run */
	struct ee_progress progress;
	FILE *log;			/* or NULL */
	double started;			/* seconds */
};

/* All of it. */
EE_MUST_CHECK enum ee_status train(struct tool *tool,
	const struct train_options *opt);

/*
 * Read and open everything; go on where --resume or an archive says.
 * train_close whatever happens.
 */
EE_MUST_CHECK enum ee_status train_open(struct training *t,
	struct tool *tool, const struct train_options *opt);
void train_close(struct training *t);

/* From nothing, from an archive, or from where a run stopped. */
EE_MUST_CHECK enum ee_status train_start(struct training *t);

/* Save the state as it is to 'path', in place of what is there; with the
 * numbers of a validation, or NULL. */
EE_MUST_CHECK enum ee_status train_save(struct training *t, const char *path,
	const struct ee_mend_tally *tally);

/*
 * The log: one JSON map a line, its 'event' first.
 *
 *   start  what is trained, on what, with which parameters
 *   train  means over the iterations since the last one
 *   val    means over a validation; best: whether it is the best so far
 *   end    why, and what was best
 *
 * train_log_close fails with EE_EIO if not all of it could be written.
 */
EE_MUST_CHECK enum ee_status train_log_open(struct training *t);
EE_MUST_CHECK enum ee_status train_log_step(struct training *t,
	const struct ee_mend_tally *tally);
EE_MUST_CHECK enum ee_status train_log_val(struct training *t,
	const struct ee_mend_tally *tally, bool best);
EE_MUST_CHECK enum ee_status train_log_end(struct training *t,
	const char *why);
EE_MUST_CHECK enum ee_status train_log_close(struct training *t);

/* The means of a tally, with 'suffix' ("_val") behind each name. */
struct ee_value train_means(struct ee_arena *arena,
	const struct ee_mend_tally *tally, const char *suffix);

#endif
