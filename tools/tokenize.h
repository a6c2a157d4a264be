/* tokenize.h - what ee-tokenize does: documents to a tokens stream. */
#ifndef EE_TOKENIZE_H
#define EE_TOKENIZE_H

#include "text/corpus.h"
#include "text/tokenizer.h"
#include "tool.h"

struct tokenize_options {
	const char *model;	/* the folder */
	const char *resume;	/* a checkpoint of ee-cov, or NULL */
	bool decode;		/* the other way: detokenize.h */
	bool keep_text, no_bos;
	int64_t max_length;	/* 0: as config.json says, if it is there */
	int64_t skip;		/* documents */
	struct ee_corpus_options corpus;
};

/*
 * Write the documents of opt->corpus on standard output, one record each:
 * id, ids i32 (n), and the text if it is to be kept.  Those without tokens
 * are left out, and counted in a notice.
 *
 *   opt  max_length and skip are filled in from config.json and the
 *        checkpoint
 *
 * Fails as reading these or the corpus does, as writing, or with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status tokenize(struct tool *tool,
	struct tokenize_options *opt, const struct ee_tokenizer *tok);

#endif
