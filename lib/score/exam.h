/*
 * exam.h - many cases put to a model, before and after an edit, and what
 * the answers are worth.
 *
 * Ownership: everything belongs to the struct ee_exam until ee_exam_free;
 * the records that it was made of are borrowed as long.
 */
#ifndef EE_EXAM_H
#define EE_EXAM_H

#include "base/base.h"
#include "base/progress.h"
#include "base/value.h"
#include "model/model.h"
#include "score/cases.h"
#include "score/score.h"
#include "score/tally.h"
#include "text/tokenizer.h"

struct ee_exam {
	enum ee_data_format format;
	struct ee_case *cases;
	size_t ncases;
	/* For each question in turn its target, then, where it has one, the
	 * other target. */
	struct ee_ask *asks;
	size_t nasks;
	size_t *first;		/* (ncases + 1) a case's first ask */
	/* EE_BEFORE and EE_AFTER; NULL until then */
	struct ee_answer *answers[2];	/* (nasks) */
	int32_t *said[2];
	const char **written[2];	/* (nasks) NULL where not asked for */
	struct ee_arena arena;
};

/* Read and tokenize a list of records.  Fails as ee_case_read and
 * ee_ask_make do, naming the case.  ee_exam_free whatever happens. */
EE_MUST_CHECK enum ee_status ee_exam_make(struct ee_exam *exam,
	const struct ee_value *records, enum ee_data_format format,
	const struct ee_model *model, const struct ee_tokenizer *tok,
	struct ee_err *err);
void ee_exam_free(struct ee_exam *exam);

/* Put the cases from..to - 1 to the model; 'when' is EE_BEFORE or EE_AFTER;
 * 'progress' (or NULL) counts asks. */
EE_MUST_CHECK enum ee_status ee_exam_score(struct ee_exam *exam,
	const struct ee_model *model, int when, size_t from, size_t to,
	struct ee_progress *progress, struct ee_err *err);

/*
 * Let the model go on after the rewrite and rephrase prompts of these cases,
 * greedily, for so many tokens, or until it ends the text; lines after the
 * first are cut off.
 */
EE_MUST_CHECK enum ee_status ee_exam_write(struct ee_exam *exam,
	const struct ee_model *model, const struct ee_tokenizer *tok,
	int when, size_t from, size_t to, size_t tokens, struct ee_err *err);

/* Does 'text' say 'target', spaces before either left out, and does the word
 * (of ASCII letters and digits) end where the target ends? */
bool ee_says(const char *text, const char *target);

/*
 * What the answers of case number 'at' are worth, into the tally: each
 * measure is a mean over the case's questions of its kind.
 *
 *   counterfact  efficacy, paraphrase, neighbourhood: p(target) > p(other),
 *                for neighbourhood p(other) > p(target), where p is exp(-
 *                mean negative log probability of the target's tokens);
 *                *_magnitude: the difference of these p
 *   others       rewrite_acc, rephrase_acc, locality_acc, portability_acc:
 *                the part of the target's tokens that are the likeliest;
 *                locality: the part of tokens said as before (EE_AFTER
 *                only); locality.G and portability_acc.G for named groups G
 *   all          generated_rewrite, generated_rephrase: ee_says, where
 *                ee_exam_write was called
 */
EE_MUST_CHECK enum ee_status ee_exam_measure(const struct ee_exam *exam,
	int when, size_t at, struct ee_tally *tally, struct ee_err *err);

/* The case with its measures and all answers, for JSON. */
struct ee_value ee_exam_value(const struct ee_exam *exam, size_t at,
	const struct ee_tally *tally, struct ee_arena *arena);

#endif
