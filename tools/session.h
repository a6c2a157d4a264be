/*
 * session.h - what the editing tools do alike: hyper-parameters, requests,
 * the model with its tokenizer, context templates, statistics.
 */
#ifndef EE_SESSION_H
#define EE_SESSION_H

#include "edit/hparams.h"
#include "edit/solver.h"
#include "edit/templates.h"
#include "modeltool.h"
#include "stats/statfile.h"
#include "tool.h"

struct session_options {
	struct model_options model;
	const char *hparams, *stats, *templates, *save_templates, *requests;
	/* what alg_name may be, NULL at the end, the first where the file does
	 * not say; or NULL: anything */
	const char *const *algs;
	int64_t seed;
	double ridge;		/* of the mean diagonal of C */
	bool like_easyedit, like_said;
};

/* -m -e --force, -p HPARAMS, --stats DIR, --templates FILE,
 * --save-templates FILE, --seed S, --like NAME, --ridge R */
#define SESSION_SHORT MODEL_SHORT "p:"
#define SESSION_LONG MODEL_LONG, { "hparams", 1, 0, 'p' }, \
	{ "stats", 1, 0, OPT_STATS }, { "templates", 1, 0, OPT_TEMPLATES }, \
	{ "save-templates", 1, 0, OPT_SAVE_TEMPLATES }, \
	{ "seed", 1, 0, OPT_SEED }, { "like", 1, 0, OPT_LIKE }, \
	{ "ridge", 1, 0, OPT_RIDGE }

/* Start values. */
void session_defaults(struct session_options *opt);
/* Handle one of these options or of those that all tools take. */
void session_option(struct tool *tool, struct session_options *opt, int c,
		    char *arg);
/* The requests file, if one is named, and what must be said. */
void session_arguments(struct tool *tool, struct session_options *opt,
		       int argc, char **argv);

struct session {
	struct tool *tool;
	const struct session_options *opt;
	struct ee_model *model;
	struct ee_tokenizer *tok;
	struct ee_hparams hparams;
	struct ee_templates templates;
	struct ee_value requests;	/* a list of maps, not empty */
	struct ee_arena arena;		/* of one record */
};

EE_MUST_CHECK enum ee_status session_open(struct session *s,
	struct tool *tool, const struct session_options *opt);
void session_close(struct session *s);

/*
 * The statistics of layer number i of the hyper-parameters, found and
 * checked; to end with ee_stats_close.
 */
EE_MUST_CHECK enum ee_status session_stats(struct session *s, size_t i,
	struct ee_stats *stats);

/*
 * The statistics of layer number i of the hyper-parameters, found, checked
 * and factored; see solver.h for 'scale' and 'previous' (f, nprevious).
 */
EE_MUST_CHECK enum ee_status session_solver(struct session *s, size_t i,
	double scale, const float *previous, size_t nprevious,
	struct ee_solver *solver);

#endif
