/*
 * added.h - tokens that are found in the text as they stand, before it is
 * cut into words: "<|endoftext|>", runs of spaces.
 */
#ifndef EE_ADDED_H
#define EE_ADDED_H

#include "base/base.h"

enum {
	EE_ADDED_SPECIAL = 1,
	EE_ADDED_LSTRIP = 2,	/* takes white space before it along */
	EE_ADDED_RSTRIP = 4,	/* ... after it */
	EE_ADDED_WORD = 8	/* not inside a word */
};

struct ee_added_token {
	int32_t id;
	unsigned flags;
};

struct ee_added_node {
	uint32_t child, sibling;	/* nodes; 0: none */
	uint32_t token;			/* 1 + index of the token ending here */
	unsigned char byte;
};

/* A set of added tokens as a trie of bytes; start with {0}. */
struct ee_added {
	struct ee_added_node *nodes;	/* [0] unused */
	size_t n_nodes, node_room;
	struct ee_added_token *tokens;
	size_t n_tokens, token_room;
	uint32_t first[256];		/* nodes by first byte */
	bool all_special;
	int single;			/* the one first byte, or -1 */
};

void ee_added_free(struct ee_added *added);

/* Add a token; one of the same text is kept as it was. len > 0. */
EE_MUST_CHECK enum ee_status ee_added_put(struct ee_added *added,
	const char *text, size_t len, int32_t id, unsigned flags,
	struct ee_err *err);

/* Id of the added token 'text'; -1 if there is none. */
int32_t ee_added_find(const struct ee_added *added, const char *text,
		      size_t len);

struct ee_added_hit {
	size_t from, to;	/* bytes it takes, white space included */
	int32_t id;
};

/*
 * The next token in text[at..len), leftmost, then longest; false if there is
 * none.  '*resume' is where the search is (in/out, first 0); 'at' where the
 * last hit ended (first 0).  With 'plain' special ones are passed over.
 * Time is the text's length times the longest token's, at worst.
 */
bool ee_added_next(const struct ee_added *added, const char *text, size_t len,
		   bool plain, size_t *resume, size_t at,
		   struct ee_added_hit *hit);

#endif
