/*
 * bpe.h - byte-pair encoding of one word (Sennrich et al. 2016): while any
 * two neighbours have a merge, apply the one of lowest rank, leftmost first.
 */
#ifndef EE_BPE_H
#define EE_BPE_H

#include "text/vocab.h"

enum { EE_BPE_SHORT = 64 };	/* symbols; more go through a heap */

/* Room to work in, and the result; start with ee_bpe_init.  The result lies
 * here until the next call. */
struct ee_bpe {
	int32_t *ids;		/* (n) tokens */
	uint32_t *ends;		/* (n) byte of the word where each ends */
	size_t n, room;
	int32_t short_ids[EE_BPE_SHORT];
	uint32_t short_ends[EE_BPE_SHORT];
};

void ee_bpe_init(struct ee_bpe *bpe);
void ee_bpe_free(struct ee_bpe *bpe);

/*
 * Encode 'len' bytes (valid UTF-8 unless v is byte-level; below 2^31).  A
 * character that the vocabulary lacks becomes its fallback bytes or unk, or
 * is left out if there is neither.  len log len.  Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_bpe_word(const struct ee_vocab *v,
	const char *word, size_t len, struct ee_bpe *bpe, struct ee_err *err);

#endif
