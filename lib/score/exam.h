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
#include "score/prose.h"
#include "score/score.h"
#include "score/tally.h"
#include "text/tokenizer.h"
#include "text/words.h"

/* Free writing: see ee_exam_topics. */
struct ee_essays {
	struct ee_ask *topics;	/* (n) asked is 0 */
	size_t n;
	size_t *first;		/* (ncases + 1) a case's first topic */
	const char **text[2];	/* (n) EE_BEFORE, EE_AFTER; NULL until then */
	size_t length, top_k;
	uint64_t seed;
	struct ee_cutter *cutter;
	struct ee_tfidf *tfidf;	/* NULL: without reference texts */
	const char **references;	/* (ncases) NULL: none for the case */
};

struct ee_exam {
	enum ee_data_format format;
	struct ee_case *cases;
	size_t ncases;
	/* For each question in turn its target, then, where it has one, the
	 * other target. */
	struct ee_ask *asks;
	size_t nasks;
	size_t *first;		/* (ncases + 1) a case's first ask */
	size_t nodes;		/* of ee_score; yours to set, 0 at first */
	/* EE_BEFORE and EE_AFTER; NULL until then */
	struct ee_answer *answers[2];	/* (nasks) */
	int32_t *said[2];	/* all tokens said, one ask after the other */
	const char **written[2];	/* (nasks) NULL where not asked for */
	struct ee_essays essays;
	struct ee_arena arena;
};

/* Read and tokenize a list of records; 'numbers' (or NULL: 1, 2, ...) are
 * those that they have in their file.  Fails as ee_case_read and
 * ee_ask_make do, naming record, case and field.  ee_exam_free whatever
 * happens. */
EE_MUST_CHECK enum ee_status ee_exam_make(struct ee_exam *exam,
	const struct ee_value *records, const size_t *numbers,
	enum ee_data_format format, const struct ee_model *model,
	const struct ee_tokenizer *tok, struct ee_err *err);
void ee_exam_free(struct ee_exam *exam);

/* Room for answers, made by ee_exam_score where it is not there yet.  Fails
 * with EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_exam_answers(struct ee_exam *exam, int when,
	struct ee_err *err);

/* Put the cases from..to - 1 to the model; 'when' is EE_BEFORE or EE_AFTER;
 * 'progress' (or NULL) counts asks.  Fails as ee_score. */
EE_MUST_CHECK enum ee_status ee_exam_score(struct ee_exam *exam,
	const struct ee_model *model, int when, size_t from, size_t to,
	struct ee_progress *progress, struct ee_err *err);

/* The same before an edit whose lowest layer is 'layer', keeping what does
 * not depend on it; without answers where 'known' (they are there already);
 * and after it.  Fail as ee_score_first and ee_score_again. */
EE_MUST_CHECK enum ee_status ee_exam_score_first(struct ee_exam *exam,
	const struct ee_model *model, size_t from, size_t to, size_t layer,
	bool known, struct ee_shared *shared, struct ee_progress *progress,
	struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_exam_score_again(struct ee_exam *exam,
	const struct ee_model *model, size_t from, size_t to,
	const struct ee_shared *shared, struct ee_progress *progress,
	struct ee_err *err);

/*
 * Let the model go on after the rewrite and rephrase prompts of these cases,
 * greedily, for so many tokens, or until it ends the text; lines after the
 * first are cut off.  Fails as ee_complete.
 */
EE_MUST_CHECK enum ee_status ee_exam_write(struct ee_exam *exam,
	const struct ee_model *model, const struct ee_tokenizer *tok,
	int when, size_t from, size_t to, size_t tokens, struct ee_err *err);

/*
 * Have texts written too: after each topic of a case, 'length' tokens with
 * the topic's own (but no more than the model has positions), drawn from the
 * 'top_k' likeliest (1: greedily), not ended by the end-of-text token, which
 * is left out.  The draws depend on 'seed', case and topic alone.
 *
 * Fails with EE_EINPUT (a case without topics; one of no tokens, or too
 * long), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_exam_topics(struct ee_exam *exam,
	const struct ee_model *model, const struct ee_tokenizer *tok,
	size_t length, size_t top_k, uint64_t seed, struct ee_err *err);

/*
 * Compare those texts with others: 'snippets' is a list as rome's
 * attribute_snippets.json, {relation_id, target_id, samples: [{text}]}.  All
 * of them teach idf; those of a case are those of its relation and its new
 * object.  '*found' gets the number of cases that have some.
 *
 * Fails with EE_EINPUT (a snippet lacks a member: names it), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_exam_references(struct ee_exam *exam,
	const struct ee_value *snippets, size_t *found, struct ee_err *err);

/* Write the texts of these cases.  Fails as ee_complete. */
EE_MUST_CHECK enum ee_status ee_exam_essays(struct ee_exam *exam,
	const struct ee_model *model, const struct ee_tokenizer *tok,
	int when, size_t from, size_t to, struct ee_err *err);

/*
 * All that was answered and written, as a record for a stream, {nll, right,
 * said, written, texts}; its arrays in 'arena', or borrowed from the exam.
 * And back: fails with EE_EFORMAT where the record is not of this exam's
 * shape.  ee_exam_forget gives up what is there.
 */
struct ee_value ee_exam_record(const struct ee_exam *exam, int when,
	struct ee_arena *arena);
EE_MUST_CHECK enum ee_status ee_exam_take(struct ee_exam *exam, int when,
	const struct ee_value *record, const char *where,
	struct ee_err *err);
void ee_exam_forget(struct ee_exam *exam, int when);

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
 *                fluency: ee_ngram_entropy of the texts, where
 *                ee_exam_essays was called; consistency: ee_tfidf_cosine of
 *                all of them, a space between two, and the reference texts
 */
EE_MUST_CHECK enum ee_status ee_exam_measure(const struct ee_exam *exam,
	int when, size_t at, struct ee_tally *tally, struct ee_err *err);

/* The case with its measures and all answers, for JSON. */
struct ee_value ee_exam_value(const struct ee_exam *exam, size_t at,
	const struct ee_tally *tally, struct ee_arena *arena);

#endif
