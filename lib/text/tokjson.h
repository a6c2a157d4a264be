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
/* A file that is a vocabulary and nothing else; its tokens are indexed. */
EE_MUST_CHECK enum ee_status ee_tok_read_vocab_json(struct ee_tokenizer *tok,
	const struct ee_tok_file *f, struct ee_err *err);

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
/* The flags of an added token, EE_ADDED_..., that 'v' sets or clears. */
EE_MUST_CHECK enum ee_status ee_tok_json_flags(const struct ee_value *v,
	unsigned *flags, const char *where, struct ee_err *err);

/* "type" of one part; "" where it has none. */
const char *ee_tok_json_type(const struct ee_value *v);

/* Fail with "<where>: <what>: <type> is not supported". */
enum ee_status ee_tok_json_refuse(const char *where, const char *what,
				  const char *type, struct ee_err *err);

/*
 * Call 'one' for 'v', or for each member of its list 'key' if it is a
 * Sequence (which may be nested); not at all if it is absent or null.
 */
EE_MUST_CHECK enum ee_status ee_tok_json_each(struct ee_tokenizer *tok,
	const struct ee_value *v, const char *key, const char *where,
	enum ee_status (*one)(struct ee_tokenizer *, const struct ee_value *,
			      const char *, struct ee_err *),
	struct ee_err *err);

/* Replace of one text by another, into 'norms'. */
EE_MUST_CHECK enum ee_status ee_tok_json_replace(struct ee_norm *norms,
	size_t *n, const struct ee_value *v, const char *where,
	struct ee_err *err);

/* Metaspace: what stands for a space, and where one is put in front. */
struct ee_metaspace {
	const struct ee_value *mark;
	enum { EE_MARK_ALWAYS, EE_MARK_FIRST, EE_MARK_NEVER } scheme;
};
EE_MUST_CHECK enum ee_status ee_tok_json_metaspace(const struct ee_value *v,
	struct ee_metaspace *out, const char *where, struct ee_err *err);

#endif
