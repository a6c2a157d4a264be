/* modeltool.c - what the tools that load a model do alike. */
#include "modeltool.h"

#include <string.h>

#include "file/json.h"
#include "math/threads.h"

bool
model_option(struct tool *tool, struct model_options *opt, int c, char *arg)
{
	switch (c) {
	case 'm': opt->dir = arg; break;
	case 'e':
		if (opt->nedits == MAX_EDITS)
			tool_misuse(tool, "more than %d edits (-e)",
				    (int)MAX_EDITS);
		opt->edits[opt->nedits++] = arg;
		break;
	case OPT_FORCE: opt->force = true; break;
	default: return false;
	}
	return true;
}

void
model_threads(const struct tool *tool)
{
	ee_threads_set((unsigned)tool->threads);
}

enum ee_status
model_open(struct tool *tool, const struct model_options *opt,
	   struct ee_model **model)
{
	enum ee_status status;
	size_t i;

	model_threads(tool);
	status = ee_model_open(model, opt->dir, &tool->err);
	for (i = 0; i < opt->nedits && status == EE_OK; i++)
		status = ee_delta_load(*model, opt->edits[i], 1, opt->force,
				       &tool->warn, &tool->err);
	if (status != EE_OK) {
		ee_model_close(*model);
		*model = NULL;
	}
	return status;
}

enum ee_status
model_open_both(struct tool *tool, const struct model_options *opt,
		struct ee_model **model, struct ee_tokenizer **tok)
{
	enum ee_status status = model_open(tool, opt, model);

	*tok = NULL;
	if (status == EE_OK)
		status = ee_tokenizer_open(tok, opt->dir, &tool->warn,
					   &tool->err);
	if (status != EE_OK) {
		ee_model_close(*model);
		*model = NULL;
	}
	return status;
}

enum ee_status
model_check_tokens(struct tool *tool, const struct model_options *opt)
{
	const struct ee_value *said = ee_get(ee_get(
		ee_reader_header(tool->in), "model"), "tokenizer");
	struct ee_tokenizer *tok;
	char print[EE_PRINT_TEXT];
	struct ee_err err;

	if (said == NULL || said->type != EE_TEXT ||
	    ee_tokenizer_open(&tok, opt->dir, NULL, &err) != EE_OK)
		return EE_OK;	/* nothing to compare */
	ee_print_text(ee_tokenizer_fingerprint(tok), print);
	ee_tokenizer_close(tok);
	if (strcmp(said->u.text, print) == 0)
		return EE_OK;
	if (!opt->force)
		return ee_fail(&tool->err, EE_EMATCH, "the tokens are of "
			       "another tokenizer (%s) than %s has (%s); "
			       "--force goes on", said->u.text,
			       opt->dir, print);
	ee_warn(&tool->warn, "the tokens are of another tokenizer than %s "
		"has", opt->dir);
	return EE_OK;
}

enum ee_status
model_requests(struct tool *tool, const char *path, struct ee_value *list)
{
	const enum ee_status status = ee_json_records(&tool->arena, path, list,
						      &tool->err);

	if (status == EE_OK && list->n == 0)
		return ee_fail(&tool->err, EE_EINPUT, "%s: no requests",
			       path);
	return status;
}

struct ee_value
model_header(struct tool *tool, const struct ee_model *model,
	     const struct ee_value *in)
{
	struct ee_value extra = ee_header_extra(&tool->arena, in,
						tool->command);

	ee_set(&tool->arena, &extra, "model",
	       ee_model_value(&tool->arena, model));
	return extra;
}
