/*
 * corpus.h - the documents of text files: one a line, or a field of each
 * record of JSON lines or of a JSON list; all, a sample, or a shard of them.
 *
 * Documents are numbered from 0 over all files.  In text every line is one;
 * in JSON lines every line that is not blank.
 */
#ifndef EE_CORPUS_H
#define EE_CORPUS_H

#include "base/base.h"

struct ee_corpus_options {
	char *const *files;	/* (n_files) paths, "-" is standard input */
	size_t n_files;		/* 0: standard input */
	const char *field;	/* of JSON records; NULL: plain text */
	int64_t sample;		/* so many, at random; 0: all, in order */
	uint64_t seed;		/* as Python's random.Random(seed).shuffle
				 * of the list of all, cut to the sample */
	int64_t shard, shards;	/* document j, in that order, is in shard
				 * j % shards + 1; 1 of 1 is everything */
};

struct ee_document {
	const char *text;	/* (len) UTF-8; what was not is U+FFFD */
	size_t len;
	int64_t id;
	bool repaired;		/* it was not UTF-8 */
};

struct ee_corpus;

/*
 * Open the files of 'opt' (borrowed, with all it points to).  A sample has
 * them mapped, and takes memory for each document's place; otherwise they
 * are read as they come, a line at a time.
 *
 * Fails with EE_EIO; EE_EINPUT (a sample of files without documents);
 * EE_EFORMAT; EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_corpus_open(struct ee_corpus **corpus,
	const struct ee_corpus_options *opt, struct ee_err *err);
void ee_corpus_close(struct ee_corpus *corpus);		/* NULL is fine */

/* How many documents there are in all; -1 while that is not known. */
int64_t ee_corpus_total(const struct ee_corpus *corpus);

/*
 * The next document, valid until the next call.  Returns EE_OK; EE_END after
 * the last (EE_EINPUT if there was none in the files at all); or fails with
 * EE_EIO, EE_EFORMAT (file and line), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_corpus_next(struct ee_corpus *corpus,
	struct ee_document *document, struct ee_err *err);

#endif
