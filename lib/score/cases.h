/*
 * cases.h - what an edited model is asked, from the records of the data sets.
 *
 * Ownership: a case and its texts live in the arena that it was read into,
 * or borrow from the record.
 */
#ifndef EE_CASES_H
#define EE_CASES_H

#include "base/base.h"
#include "base/value.h"

enum ee_data_format { EE_COUNTERFACT, EE_ZSRE, EE_EASYEDIT };
enum { EE_DATA_FORMATS = 3 };
extern const char *const ee_data_format_names[EE_DATA_FORMATS];	/* "zsre" */

enum ee_aspect {
	EE_REWRITE,	/* the edited prompt itself */
	EE_REPHRASE,	/* said otherwise */
	EE_LOCALITY,	/* other facts, which must stay */
	EE_PORTABILITY,	/* what follows from the edit */
	EE_ASPECTS
};

struct ee_question {
	enum ee_aspect aspect;
	const char *group;	/* "Reasoning"; NULL where it has no name */
	const char *prompt;
	const char *target;	/* CounterFact: the new object, always; else
				 * the answer that is right after the edit */
	const char *other;	/* CounterFact: the true object; else NULL */
	const char *field;	/* where the prompt stands in the record */
};

struct ee_case {
	char id[64];		/* case_id as text, or the record's number */
	char name[96];		/* "record 3 (case 17)", for messages */
	const char *subject;	/* or NULL */
	struct ee_question *list;	/* (n) the first is the rewrite */
	size_t n, room;
	/* What free writing starts from: CounterFact's generation_prompts,
	 * none where they are missing; else the prompt of the rewrite. */
	const char **topics;	/* (ntopics) */
	size_t ntopics;
	/* CounterFact: what the fact is about, by which reference texts are
	 * found; NULL where they are missing. */
	const char *relation, *object;	/* relation_id, target_new.id */
};

/* What the members of a record tell of its format; fails with EE_EINPUT. */
EE_MUST_CHECK enum ee_status ee_data_format_guess(
	const struct ee_value *record, enum ee_data_format *format,
	struct ee_err *err);

/*
 * Read a record; 'number' (from 1) names one that has no case_id.
 *
 *   counterfact  requested_rewrite {prompt with "{}", subject,
 *                target_new {str}, target_true {str}},
 *                paraphrase_prompts [], neighborhood_prompts [];
 *                where there: generation_prompts [], and of
 *                requested_rewrite relation_id, target_new {id}
 *   zsre         src, alt, rephrase, loc, loc_ans; where there:
 *                portability {New Question, New Answer}
 *   easyedit     prompt, target_new (or, as KnowEdit's WikiBio has it, text,
 *                labels); where there: rephrase_prompt,
 *                locality and portability {group: {prompt, ground_truth}},
 *                each a text or a list, or {group: [{prompt, ground_truth}]};
 *                locality_prompt and locality_ground_truth
 *
 * "{}" in a prompt stands for the subject.  Of several ground truths for one
 * prompt the first one counts; a prompt whose ground truth is empty is passed
 * over.  Other members are ignored.
 *
 * Fails with EE_EINPUT ("record 7: 'loc_ans' is missing, ..."), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_case_read(struct ee_case *c,
	const struct ee_value *record, enum ee_data_format format,
	size_t number, struct ee_arena *arena, struct ee_err *err);

#endif
