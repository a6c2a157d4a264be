/* detokenize.h - ee-tokenize -d: a tokens stream back to text. */
#ifndef EE_DETOKENIZE_H
#define EE_DETOKENIZE_H

#include "text/tokenizer.h"
#include "tool.h"

/*
 * Read tokens from standard input and write the text of each record on
 * standard output: a line, or a JSON map {field: text} if 'field' is given.
 * Fails with EE_EMATCH if another tokenizer made them.
 */
EE_MUST_CHECK enum ee_status detokenize(struct tool *tool,
	const struct ee_tokenizer *tok, const char *field);

#endif
