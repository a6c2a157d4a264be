/*
 * evalwork.h - the parts of ee-eval: measuring (evalwork.c, evalblock.c),
 * what is asked (evalask.c), the edits of cases, read (evalcase.c) and found
 * (evalfind.c), the lowest layer that they change (evallayer.c), base results
 * kept for later (evalcache.c), the report (evalreport.c, evalcsv.c).
 */
#ifndef EE_EVALWORK_H
#define EE_EVALWORK_H

#include <string.h>

#include "edit/delta.h"
#include "modeltool.h"
#include "score/exam.h"

struct eval_options {
	struct model_options model;
	const char *records, *references, *csv, *cache;	/* NULL: none */
	enum ee_data_format format;
	bool format_said, per_case, sequential, generate, fluency, table;
	bool skip_missing, missing_said, essays_said;
	int64_t limit, tokens, length, top_k, resamples, seed;
};

struct case_edit {
	const char *id;
	size_t number;		/* in the stream */
	const struct ee_value *request;	/* that it serves, or NULL */
	const char *where;	/* "edits.ee: record 3" */
	struct ee_delta delta;
};

/* All edits of some streams, by case. */
struct case_edits {
	struct case_edit *list;	/* (n) sorted by id, then number */
	size_t n, room;
	struct ee_arena arena;	/* of their arrays and texts */
};

/* Read the streams that -e names.  Fails with EE_EFORMAT where an edit has
 * no case or a case two edits of one weight. */
EE_MUST_CHECK enum ee_status case_edits_read(struct case_edits *edits,
	struct tool *tool, const struct model_options *opt,
	const struct ee_model *model);
void case_edits_free(struct case_edits *edits);

/* The first edit of a case, and in '*n' how many follow it, itself
 * included; NULL if there is none. */
const struct case_edit *case_edits_find(const struct case_edits *edits,
	const char *id, size_t *n);

/*
 * See that the edits of a case were made of the request that the record asks
 * about.  '*silent' counts those that do not say.  Fails with EE_EMATCH.
 */
EE_MUST_CHECK enum ee_status case_edits_check(const struct case_edits *edits,
	const struct ee_case *c, size_t *silent, struct ee_err *err);

/* Are the edits of two cases the same records of a stream? */
bool case_edits_same(const struct case_edits *edits, const char *a,
		     const char *b);

/* The lowest layer that edits change; 0 where that is not known (a weight of
 * no layer). */
size_t case_edits_layer(const struct case_edits *edits,
			const struct ee_model *model);
/* The same of the streams that -e names (0 where one is standard input),
 * which are read for it. */
EE_MUST_CHECK enum ee_status edits_layer(const struct model_options *opt,
	const struct ee_model *model, size_t *layer, struct ee_err *err);

struct eval {
	struct tool *tool;
	const struct eval_options *opt;
	struct ee_model *model;
	struct ee_tokenizer *tok;
	struct ee_value records;	/* a list of maps */
	size_t *numbers;	/* theirs in the file */
	struct ee_exam exam;
	struct ee_tally tally;
	struct case_edits edits;
	size_t layer;		/* the lowest that is edited */
	struct ee_progress progress;
	struct ee_value before;	/* which model it is, without edits */
};

/* Read records, model and edits, and make the exam. */
EE_MUST_CHECK enum ee_status eval_prepare(struct eval *e);

/*
 * Cases are measured a block at a time, whose prompts are one tree of tokens.
 * What lies below the lowest edited layer is the same before and after; it is
 * kept from the one to the other.
 */
struct eval_block {
	size_t from, to;	/* cases from..to - 1 */
	struct ee_shared shared;	/* shared.x NULL: nothing is kept */
};

/* The block that begins with case number 'from'; it has one case or more. */
struct eval_block eval_block_from(const struct ee_exam *exam, size_t from);

/*
 * Measure all its cases, on the model without edits.  'known': their answers
 * are in the exam already.  'keep': keep what is the same after edits, until
 * the caller's ee_shared_free(&b->shared).
 */
EE_MUST_CHECK enum ee_status eval_block_before(struct eval *e,
	struct eval_block *b, bool known, bool keep);
/* Measure its cases from..to - 1, on the model as it is. */
EE_MUST_CHECK enum ee_status eval_block_after(struct eval *e,
	const struct eval_block *b, size_t from, size_t to);

/*
 * Base results in the folder opt->cache: one file for a model, questions and
 * options, named after a hash of these, which it holds in words too.
 *
 * base_get takes them into the exam; '*found' says whether they were there.
 * A file that is damaged or holds something else is a notice.  base_put
 * writes them.  The folder is made if it is not there.
 */
EE_MUST_CHECK enum ee_status base_get(struct eval *e, bool *found);
EE_MUST_CHECK enum ee_status base_put(struct eval *e);

/* What ee-eval does. */
EE_MUST_CHECK enum ee_status evaluate(struct tool *tool,
	const struct eval_options *opt);

/* Print what was found: JSON lines, a table, a CSV file, as the options
 * say. */
EE_MUST_CHECK enum ee_status eval_report(struct eval *e);
/* The CSV file; 'summary' as in the last JSON line. */
EE_MUST_CHECK enum ee_status eval_csv(struct eval *e,
				      const struct ee_value *summary);

#endif
