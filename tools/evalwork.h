/*
 * evalwork.h - the parts of ee-eval: measuring (evalwork.c), the edits of
 * single cases (evalcase.c), the report (evalreport.c).
 */
#ifndef EE_EVALWORK_H
#define EE_EVALWORK_H

#include <string.h>

#include "edit/delta.h"
#include "modeltool.h"
#include "score/exam.h"

struct eval_options {
	struct model_options model;
	const char *records;
	enum ee_data_format format;
	bool format_said, per_case, generate, table;
	bool skip_missing, missing_said;
	int64_t limit, tokens, resamples, seed;
};

struct case_edit {
	const char *id;
	size_t number;		/* in the stream */
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

/* What ee-eval does. */
EE_MUST_CHECK enum ee_status evaluate(struct tool *tool,
	const struct eval_options *opt);

/* Print what was found: JSON lines and a table, as the options say; 'model'
 * says which it was before the edits. */
EE_MUST_CHECK enum ee_status eval_report(struct tool *tool,
	const struct eval_options *opt, const struct ee_exam *exam,
	const struct ee_tally *tally, struct ee_value model);

#endif
