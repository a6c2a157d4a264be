/*
 * tokparts.h - what a tokenizer is made of, for the files that read one and
 * the two that use it.  Everything a family does differently is data here.
 */
#ifndef EE_TOKPARTS_H
#define EE_TOKPARTS_H

#include "base/base.h"
#include "base/value.h"
#include "text/added.h"
#include "text/normal.h"
#include "text/split.h"
#include "text/tokenizer.h"
#include "text/vocab.h"

enum { EE_MAX_SPLITS = 8, EE_MAX_AROUND = 16 };

/*
 * From tokens to text.  Byte-level tokens are bytes already.  Others: put
 * each token through 'replaces'; with 'byte_fallback' turn <0x..> into bytes;
 * drop up to 'strip' of 'strip_char' at the beginning; with 'drop_first' drop
 * all marks of the first token.
 */
struct ee_decoder {
	bool byte_level, byte_fallback, drop_first, spaced;
	struct ee_norm replaces[EE_MAX_NORMS];
	size_t n_replaces;
	char strip_char;
	int64_t strip;
	int stage;		/* how far its steps have been read */
};

struct ee_tokenizer {
	struct ee_arena arena;		/* texts of what follows */
	struct ee_vocab vocab;
	struct ee_added raw;		/* found in the text as it is */
	struct ee_added normal;		/* found in normalized text */
	struct ee_norm norms[EE_MAX_NORMS];	/* of the text */
	struct ee_norm pres[EE_MAX_NORMS];	/* of what is between tokens */
	size_t n_norms, n_pres;
	struct ee_split splits[EE_MAX_SPLITS];	/* each of the last's words */
	size_t n_splits;
	int32_t before[EE_MAX_AROUND], after[EE_MAX_AROUND];
	size_t n_before, n_after;	/* what the post-processor adds */
	struct ee_decoder decoder;
	int32_t bos, eos;		/* -1: none */
	uint64_t fingerprint;
};

/* The bytes of a file, and its name in errors. */
struct ee_tok_file {
	const char *s;
	size_t n;
	const char *where;
};

/* Half-made tokenizers: each reader fills what its files say.  'f' are the
 * two files of vocab.json and merges.txt, or the one of the others. */
EE_MUST_CHECK enum ee_status ee_tok_read_json(struct ee_tokenizer *tok,
	const struct ee_tok_file *f, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_tok_read_vocab(struct ee_tokenizer *tok,
	const struct ee_tok_file *f, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_tok_read_model(struct ee_tokenizer *tok,
	const struct ee_tok_file *f, struct ee_err *err);
/* Fails with EE_EFORMAT unless the file is UTF-8. */
EE_MUST_CHECK enum ee_status ee_tok_want_utf8(const struct ee_tok_file *f,
	struct ee_err *err);

/*
 * Settings beside the vocabulary: 'config' is tokenizer_config.json, 'map'
 * special_tokens_map.json, 'added' added_tokens.json; NULL where there is no
 * such file.  They name bos, eos and unk; and, unless 'complete' (as
 * tokenizer.json is), they say which tokens are added and whether BOS is,
 * where 'bos' is what holds if they say nothing.
 */
struct ee_tok_settings {
	const struct ee_value *config, *map, *added;
	bool complete, bos;
	const struct ee_warn *warn;
};
EE_MUST_CHECK enum ee_status ee_tok_set(struct ee_tokenizer *tok,
	const struct ee_tok_settings *settings, struct ee_err *err);

/*
 * Add a token to be found in the text.  It gets its id in the vocabulary, if
 * it is there ('id' must then be that, or -1), else 'id', which may be known
 * already for the same text.  EE_ADDED_NORMAL: in normalized text.
 */
enum { EE_ADDED_NORMAL = 16 };
/* Id of a token of the vocabulary or an added one; -1 if there is none.
 * Fails with EE_ENOMEM only. */
EE_MUST_CHECK enum ee_status ee_tok_find(struct ee_tokenizer *tok,
	const char *text, size_t len, int32_t *id, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_tok_add(struct ee_tokenizer *tok,
	const char *text, size_t len, int64_t id, unsigned flags,
	struct ee_err *err);

/* Add a step; EE_EFORMAT if there are too many. Texts are borrowed. */
EE_MUST_CHECK enum ee_status ee_tok_norm(struct ee_norm *norms, size_t *n,
	enum ee_norm_kind kind, const char *from, size_t from_len,
	const char *to, size_t to_len, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_tok_split(struct ee_tokenizer *tok,
	const struct ee_split *split, struct ee_err *err);

/* A tokenizer from bytes in memory, for tests: 'name' is that of the file that
 * 'data' would be in a folder; 'merges' goes with "vocab.json". */
EE_MUST_CHECK enum ee_status ee_tok_from_memory(struct ee_tokenizer **tok,
	const char *name, const char *data, size_t size, const char *merges,
	size_t merges_size, struct ee_err *err);

#endif
