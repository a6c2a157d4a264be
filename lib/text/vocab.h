/*
 * vocab.h - the tokens and merges of a byte-pair encoding, indexed.
 *
 * Build: ee_vocab_token for all tokens, ee_vocab_index once, ee_vocab_merge
 * for all merges, ee_vocab_finish once.  Read-only from then on, but for what
 * threads may find out at once.  Texts are copied and belong to the vocabulary.
 *
 * In a byte-level vocabulary (GPT-2) a token is spelled with 256 printable
 * characters that stand for bytes ("Ġthe"); here its text is the bytes
 * (" the").  A token that is spelled with other characters as well keeps its
 * spelling, is EE_TOKEN_FOREIGN and matches no text.
 */
#ifndef EE_VOCAB_H
#define EE_VOCAB_H

#include <stdatomic.h>

#include "base/base.h"

enum { EE_MAX_ID = 1 << 22 };	/* ids are below; vocabularies have < 2^18 */

enum {
	EE_TOKEN_USED = 1,
	EE_TOKEN_MODEL = 2,	/* in the encoding; else an added token only */
	EE_TOKEN_FOREIGN = 4,
	EE_TOKEN_SPECIAL = 16
};

struct ee_token {
	const char *text;
	uint32_t len;
	uint16_t flags;		/* 0: a hole, no such id */
	atomic_bool whole;	/* its text alone encodes to this one token:
				 * known once that has been encoded */
};

struct ee_merge {
	uint32_t left, right;	/* ids; left is UINT32_MAX in a free slot */
	uint32_t rank;		/* low goes first */
	int32_t id;		/* of the token they become */
};

struct ee_vocab_slot {
	uint32_t tag;
	int32_t id;		/* -1: free */
};

struct ee_vocab {
	struct ee_arena arena;
	struct ee_token *tokens;	/* (n), by id */
	size_t n, room, n_model;
	struct ee_vocab_slot *slots;	/* (mask + 1), tokens by text */
	size_t mask;
	struct ee_merge *merges;	/* (n_merges), as they came */
	size_t n_merges, merge_room;
	struct ee_merge *pairs;		/* (pair_mask + 1), by pair */
	size_t pair_mask;
	int32_t byte_id[256];		/* single characters below 128, or all
					 * bytes if byte_level; -1: none */
	int32_t fallback[256];		/* the tokens <0x00> .. <0xFF>; -1 */
	int32_t unk;			/* -1: none, unknown is left out */
	char *scratch, *joined;		/* while building */
	size_t scratch_room, joined_room;
	bool byte_level, byte_fallback, fuse_unk, ignore_merges;
	bool words_at_mark;		/* no merge reaches across into U+2581:
					 * text may be cut in front of it */
};

void ee_vocab_init(struct ee_vocab *v, bool byte_level);
void ee_vocab_free(struct ee_vocab *v);

/* Add one token of the encoding, as spelled in the file (valid UTF-8).
 * Fails with EE_EFORMAT for an id out of range or in use, EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_vocab_token(struct ee_vocab *v, int64_t id,
	const char *spelling, size_t len, struct ee_err *err);
/* Add an id that only an added token has. */
EE_MUST_CHECK enum ee_status ee_vocab_extra(struct ee_vocab *v, int64_t id,
	const char *spelling, size_t len, struct ee_err *err);

/* All tokens are there.  Fails with EE_EFORMAT for a text with two ids. */
EE_MUST_CHECK enum ee_status ee_vocab_index(struct ee_vocab *v,
	struct ee_err *err);

/* Id of the token of the encoding that is spelled so, into '*id'; -1 if
 * there is none.  Fails with EE_ENOMEM only. */
EE_MUST_CHECK enum ee_status ee_vocab_find(struct ee_vocab *v,
	const char *spelling, size_t len, int32_t *id, struct ee_err *err);

/* The next merge, by spellings.  Fails with EE_EFORMAT if one of them, or
 * what they become, is no token. */
EE_MUST_CHECK enum ee_status ee_vocab_merge(struct ee_vocab *v,
	const char *left, size_t left_len, const char *right,
	size_t right_len, struct ee_err *err);
/* The same of 'line', two spellings with a space between. */
EE_MUST_CHECK enum ee_status ee_vocab_merge_line(struct ee_vocab *v,
	const char *line, size_t len, struct ee_err *err);
/* The same by ids, with a rank. */
EE_MUST_CHECK enum ee_status ee_vocab_pair(struct ee_vocab *v, int32_t left,
	int32_t right, uint32_t rank, int32_t id, struct ee_err *err);

/* Everything is there: index the merges, find out what holds. */
EE_MUST_CHECK enum ee_status ee_vocab_finish(struct ee_vocab *v,
	struct ee_err *err);

uint64_t ee_vocab_fingerprint(const struct ee_vocab *v);

/* Hash of a text, 1 <= len. */
static inline uint64_t
ee_vocab_hash(const char *s, size_t len)
{
	uint64_t a = 0, b = 0, h;
	uint32_t x, y;

	if (len >= 8) {
		h = len;
		for (; len > 16; s += 8, len -= 8) {
			__builtin_memcpy(&a, s, 8);
			h = (h ^ a) * UINT64_C(0x9e3779b97f4a7c15);
			h ^= h >> 32;
		}
		__builtin_memcpy(&a, s, 8);
		__builtin_memcpy(&b, s + len - 8, 8);
		a ^= h;
	} else if (len >= 4) {
		__builtin_memcpy(&x, s, 4);
		__builtin_memcpy(&y, s + len - 4, 4);
		a = (uint64_t)x << 32 | y;
		b = len;
	} else {
		a = (uint64_t)(unsigned char)s[0] << 16 |
		    (uint64_t)(unsigned char)s[len / 2] << 8 |
		    (unsigned char)s[len - 1];
		b = len;
	}
	h = (a ^ UINT64_C(0x2d358dccaa6c78a5)) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ (h >> 29) ^ b) * UINT64_C(0xbf58476d1ce4e5b9);
	return h ^ (h >> 32);
}

/* Id of the token with this text, whose hash is 'h'; -1 if none. */
static inline int32_t
ee_vocab_hashed(const struct ee_vocab *v, const char *s, size_t len,
		uint64_t h)
{
	const uint32_t tag = (uint32_t)(h >> 32);
	size_t i = (size_t)h & v->mask;

	for (; v->slots[i].id >= 0; i = (i + 1) & v->mask) {
		const struct ee_token *t = &v->tokens[v->slots[i].id];

		if (v->slots[i].tag == tag && t->len == len &&
		    __builtin_memcmp(t->text, s, len) == 0)
			return v->slots[i].id;
	}
	return -1;
}

/* Id of the token with this text (bytes, not spelling; 1 <= len), never a
 * foreign one; -1 if none. */
static inline int32_t
ee_vocab_text(const struct ee_vocab *v, const char *s, size_t len)
{
	return ee_vocab_hashed(v, s, len, ee_vocab_hash(s, len));
}

/* Where the search for a pair begins. */
static inline size_t
ee_vocab_pair_slot(const struct ee_vocab *v, uint32_t left, uint32_t right)
{
	const uint64_t h = ((uint64_t)left << 32 | right) *
			   UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(h >> 32) & v->pair_mask;
}

/* The merge of two tokens, or NULL. */
static inline const struct ee_merge *
ee_vocab_merge_of(const struct ee_vocab *v, int32_t left, int32_t right)
{
	const uint32_t l = (uint32_t)left, r = (uint32_t)right;
	size_t i = ee_vocab_pair_slot(v, l, r);

	for (; v->pairs[i].left != UINT32_MAX; i = (i + 1) & v->pair_mask)
		if (v->pairs[i].left == l && v->pairs[i].right == r)
			return &v->pairs[i];
	return NULL;
}

#endif
