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

/* The gradient of all n texts as one edit, its loss the mean over labels:
 * rows (m->nparams), to free by mendrun_free_rows; returns the loss. */
double mendrun_gradient(const struct ee_model *model, const struct ee_mend *m,
	const struct ee_said *texts, size_t n, struct ee_mend_rows *rows);
void mendrun_free_rows(struct ee_mend_rows *rows, const struct ee_mend *m);

#endif
