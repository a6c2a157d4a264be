/*
 * tokjson.h - the parts of a tokenizer.json around its model.  Each reads
 * one member ('v', NULL or null where it is not there) into 'tok' and fails
 * with EE_EFORMAT, naming what it is and that it is not supported.
 */
#ifndef EE_TOKJSON_H
#define EE_TOKJSON_H

#include "text/tokparts.h"

/* Where a value lies in the text; NULL if it is not there. */
struct ee_json_part {
	const char *from, *to;
};

struct ee_json_parts {
	struct ee_json_part vocab, merges;	/* of "model" */
};

/* Read both, once it is known how they are spelled, and index the tokens. */
EE_MUST_CHECK enum ee_status ee_tok_json_vocab(struct ee_tokenizer *tok,
	const char *text, const struct ee_json_parts *parts,
	const char *where, struct ee_err *err);
/* A file that is a vocabulary and nothing else. */
EE_MUST_CHECK enum ee_status ee_tok_read_vocab_json(struct ee_tokenizer *tok,
	const char *text, size_t len, const char *where, struct ee_err *err);

EE_MUST_CHECK enum ee_status ee_tok_json_normalizer(struct ee_tokenizer *tok,
	const struct ee_value *v, const char *where, struct ee_err *err);
/* Decides whether the vocabulary is byte-level. */
EE_MUST_CHECK enum ee_status ee_tok_json_pre(struct ee_tokenizer *tok,
	const struct ee_value *v, const char *where, struct ee_err *err);
/* These two when the vocabulary is there. */
EE_MUST_CHECK enum ee_status ee_tok_json_post(struct ee_tokenizer *tok,
	const struct ee_value *v, const char *where, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_tok_json_decoder(struct ee_tokenizer *tok,
	const struct ee_value *v, const char *where, struct ee_err *err);

/* A member that may be absent or null: '*out' is then left as it is. */
EE_MUST_CHECK enum ee_status ee_tok_json_flag(const struct ee_value *map,
	const char *key, bool *out, const char *where, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_tok_json_text(const struct ee_value *map,
	const char *key, const struct ee_value **out, const char *where,
	struct ee_err *err);

#endif
