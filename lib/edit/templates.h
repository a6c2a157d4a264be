/*
 * templates.h - context templates: texts with "{}" in which a prompt is
 * seen, so that an edit holds in more than one context.
 */
#ifndef EE_TEMPLATES_H
#define EE_TEMPLATES_H

#include <stdio.h>

#include "base/base.h"
#include "model/model.h"
#include "text/tokenizer.h"

struct ee_templates {
	size_t n;
	const char **text;	/* (n) each with "{}" once */
	size_t *group;		/* (n) MEMIT averages within groups */
	struct ee_arena arena;
};
void ee_templates_free(struct ee_templates *templates);

/*
 * Read a JSON file: a list of texts (the first is one group, the rest
 * another, as the references group them), or a list of lists (the groups).
 * Fails with EE_EIO, EE_EFORMAT, EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_templates_read(
	struct ee_templates *templates, const char *path, struct ee_err *err);

/* Write them as a list of lists; the file appears whole or not at all.  Fails
 * with EE_EIO, EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_templates_write(
	const struct ee_templates *templates, const char *path,
	struct ee_err *err);
/* The same to 'fp', whose errors are the caller's to find. */
EE_MUST_CHECK enum ee_status ee_templates_print(
	const struct ee_templates *templates, FILE *fp, struct ee_err *err);

/*
 * "{}" and texts that the model samples itself, as EasyEdit does it: count[i]
 * texts of length[i] tokens in all, a fifth of them from each of "The",
 * "Therefore", "Because", "I", "You" (top-k 5); braces and line ends become
 * spaces, and ". {}" follows.  The same seed gives the same texts.  Fails as
 * ee_generate; it then holds nothing.
 */
EE_MUST_CHECK enum ee_status ee_templates_sample(
	struct ee_templates *templates, const struct ee_model *model,
	const struct ee_tokenizer *tok, size_t nlengths,
	const int64_t *length, const int64_t *count, uint64_t seed,
	struct ee_err *err);

#endif
