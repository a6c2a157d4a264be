/*
 * trie.h - token sequences as one tree, so that what they share is computed
 * once and nothing is padded.
 *
 * A node is one token with everything before it; it attends to itself and
 * its ancestors.  Nodes are numbered in the order in which they were added,
 * so a parent's number is below its children's, and a node range [begin, n)
 * can be computed after [0, begin).
 *
 * A node also has a tag, 0 as a rule: equal tokens with other tags are other
 * nodes.  Target optimisation tags the place where it changes the model, so
 * that only sequences changed alike share what follows.
 */
#ifndef EE_TRIE_H
#define EE_TRIE_H

#include "base/base.h"

#define EE_NO_NODE UINT32_MAX

struct ee_trie {
	size_t n, room;
	int32_t *id;		/* (n) token */
	uint32_t *parent;	/* (n) EE_NO_NODE for a first token */
	uint32_t *depth;	/* (n) position, from 0 */
	uint32_t *tag;		/* (n) */
	uint32_t *table;	/* hash table of nodes, for lookup */
	size_t slots;
};

/* Start with {0}.  Free (also empties). */
void ee_trie_free(struct ee_trie *trie);
/* No nodes, memory kept. */
void ee_trie_reset(struct ee_trie *trie);

/* The child of 'parent' (EE_NO_NODE: a first token) with this token and tag,
 * added if it is not there.  Fails with EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_trie_child(struct ee_trie *trie,
	uint32_t parent, int32_t id, uint32_t tag, uint32_t *node,
	struct ee_err *err);

/* The same child if it is there, else EE_NO_NODE. */
uint32_t ee_trie_find(const struct ee_trie *trie, uint32_t parent,
		      int32_t id, uint32_t tag);

/* A path of n tokens, untagged, below 'parent'; nodes (n) or NULL gets the
 * nodes. */
EE_MUST_CHECK enum ee_status ee_trie_insert(struct ee_trie *trie,
	uint32_t parent, const int32_t *ids, size_t n, uint32_t *nodes,
	struct ee_err *err);

/*
 * A node range cut into runs in which each node's parent is the node before:
 * the pieces in which attention is computed.
 */
struct ee_run_of_nodes {
	uint32_t begin, end;
	uint32_t row;		/* of 'begin', among the span's */
	uint32_t past;		/* ancestors before 'begin' */
	bool straight;		/* they are the nodes just before 'begin' */
	const uint32_t *path;	/* (past) the ancestors, from the first on */
};

struct ee_span {
	size_t begin, end;	/* node range */
	size_t n;		/* rows: end - begin, or nodes picked */
	uint32_t *picked;	/* (n) ascending, or NULL: all of the range */
	struct ee_run_of_nodes *runs;
	size_t nruns;
	uint32_t *paths;	/* storage for all 'path' */
	size_t longest;		/* most ancestors + nodes of a run */
};

/* The nodes begin..end - 1.  Fails with EE_ENOMEM; 'span' then holds
 * nothing. */
EE_MUST_CHECK enum ee_status ee_span_make(struct ee_span *span,
	const struct ee_trie *trie, size_t begin, size_t end,
	struct ee_err *err);
/* The same of n nodes of the range only, ascending, each once. */
EE_MUST_CHECK enum ee_status ee_span_pick(struct ee_span *span,
	const struct ee_trie *trie, size_t begin, size_t end,
	const uint32_t *nodes, size_t n, struct ee_err *err);
void ee_span_free(struct ee_span *span);

#endif
