/*
 * trainset.h - a data set as examples to train a hypernetwork on.
 */
#ifndef EE_TRAINSET_H
#define EE_TRAINSET_H

#include "base/base.h"
#include "edit/said.h"
#include "score/cases.h"
#include "text/tokenizer.h"

struct ee_trainset {
	struct ee_example *list;	/* (n) */
	size_t n;
	size_t too_long;		/* records left out */
	struct ee_arena arena;		/* owns all of it */
};

struct ee_trainset_options {
	size_t max_length;	/* tokens of a sequence */
	bool like_easyedit;	/* EE_SAID_EASYEDIT_TRAINS; what is too long is
				 * cut behind, and its labels are not */
	bool rephrase;		/* 'outer' is the first rephrased prompt where
				 * there is one, else the edit */
};

/*
 * Read the records of 'path' (JSON list or JSON lines, in any of the formats
 * of cases.h), as ee_case_read reads them.  The answer to the first locality
 * prompt is its ground truth (CounterFact: target_true).  A record of more
 * tokens than fit is left out, and a notice says how many; one without a
 * locality prompt has none, which is a notice too.
 *
 * Fails with EE_EIO, EE_EFORMAT, EE_EINPUT (a record lacks what its format
 * has; no record is left), EE_ENOMEM.  ee_trainset_free whatever happens.
 */
EE_MUST_CHECK enum ee_status ee_trainset_read(struct ee_trainset *set,
	const char *path, const struct ee_tokenizer *tok,
	const struct ee_trainset_options *options, const struct ee_warn *warn,
	struct ee_err *err);
void ee_trainset_free(struct ee_trainset *set);

#endif
