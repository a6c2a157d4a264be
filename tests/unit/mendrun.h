/*
 * mendrun.h - one of the reference's runs of MEND (tests/golden/mend).
 */
#ifndef MENDRUN_H
#define MENDRUN_H

#include "edit/mendedit.h"
#include "golden.h"

/* The hypernetwork that it used, its requests, its arrays. */
struct mendrun {
	struct ee_model *model;
	struct ee_tokenizer *tok;
	struct ee_mend_params params;
	struct ee_mend *m;
	struct golden golden;
	struct ee_said texts[4];
	struct ee_arena arena;	/* theirs */
	size_t n;
};

/* "tiny-gpt2.default" and the number of its apply-N. */
void mendrun_start(struct mendrun *s, const char *name, int number);
void mendrun_finish(struct mendrun *s);

#endif
