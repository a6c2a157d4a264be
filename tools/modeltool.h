/*
 * modeltool.h - what the tools that load a model do alike.
 */
#ifndef EE_MODELTOOL_H
#define EE_MODELTOOL_H

#include "edit/delta.h"
#include "model/model.h"
#include "text/tokenizer.h"
#include "tool.h"

enum { MAX_EDITS = 256 };

/* -m DIR, -e DELTA (repeatable), --force */
struct model_options {
	const char *dir;
	const char *edits[MAX_EDITS];
	size_t nedits;
	bool force;
};
#define MODEL_SHORT "m:e:"
#define MODEL_LONG { "model", 1, 0, 'm' }, { "edit", 1, 0, 'e' }, \
	{ "force", 0, 0, OPT_FORCE }

/* Handle an option of these; false if it is none of them. */
bool model_option(struct tool *tool, struct model_options *opt, int c,
		  char *arg);

/* Set the threads that -j asks for. */
void model_threads(const struct tool *tool);

/* Set the threads; open the model and lay the edits over it. */
EE_MUST_CHECK enum ee_status model_open(struct tool *tool,
	const struct model_options *opt, struct ee_model **model);

/* The same with its tokenizer. */
EE_MUST_CHECK enum ee_status model_open_both(struct tool *tool,
	const struct model_options *opt, struct ee_model **model,
	struct ee_tokenizer **tok);

/* Are the tokens on standard input of the model's tokenizer?  Those of another
 * are numbers that mean something else.  Fails with EE_EMATCH; where forced,
 * that is a notice. */
EE_MUST_CHECK enum ee_status model_check_tokens(struct tool *tool,
	const struct model_options *opt);

/* The requests in the file 'path', "-" for standard input: a list of maps,
 * not empty; for as long as the tool runs. */
EE_MUST_CHECK enum ee_status model_requests(struct tool *tool,
	const char *path, struct ee_value *list);

/* Header members for a stream made with this model; 'in' may be NULL. */
struct ee_value model_header(struct tool *tool, const struct ee_model *model,
			     const struct ee_value *in);

#endif
