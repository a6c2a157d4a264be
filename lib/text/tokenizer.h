/*
 * tokenizer.h - text to token ids and back, exactly as the model's own
 * tokenizer does: byte-level BPE (GPT-2, GPT-J, GPT-NeoX, LLaMA 3) and
 * SentencePiece-style BPE (LLaMA 1, 2), from tokenizer.json, vocab.json +
 * merges.txt, or tokenizer.model.
 *
 * A tokenizer is read-only after opening and may be shared by threads.
 */
#ifndef EE_TOKENIZER_H
#define EE_TOKENIZER_H

#include "base/base.h"

struct ee_tokenizer;

/*
 * Open the tokenizer of the model folder 'dir' (which may hold nothing
 * else).  Tried in order: tokenizer.json; vocab.json + merges.txt (also
 * encoder.json + vocab.bpe); tokenizer.model.  tokenizer_config.json and
 * special_tokens_map.json add BOS rules and special tokens where present.
 *
 * A token that these name and the vocabulary lacks is passed over, with a
 * notice.
 *
 * Fails with EE_EIO (nothing there: names what was looked for), EE_EFORMAT
 * (damaged, or a kind not supported: says which part), EE_ENOMEM; '*tok' is
 * then NULL.
 */
EE_MUST_CHECK enum ee_status ee_tokenizer_open(struct ee_tokenizer **tok,
	const char *dir, const struct ee_warn *warn, struct ee_err *err);
void ee_tokenizer_close(struct ee_tokenizer *tok);	/* NULL is fine */

size_t ee_tokenizer_size(const struct ee_tokenizer *tok);  /* ids are below */
int32_t ee_tokenizer_bos(const struct ee_tokenizer *tok);  /* -1: none */
int32_t ee_tokenizer_eos(const struct ee_tokenizer *tok);  /* -1: none */
/* Of everything that decides about ids: the same for vocab.json + merges.txt
 * and the tokenizer.json of the same tokenizer, but not for tokenizer.model,
 * whose merges are ranked otherwise. */
uint64_t ee_tokenizer_fingerprint(const struct ee_tokenizer *tok);

/*
 * Token ids with the byte of the text where each ends: token i covers bytes
 * [ends[i-1], ends[i]) of the text as it was given.  Ends never go back and
 * the last is the length.  A token covers nothing where the tokenizer put it
 * in front (BOS, the prefix of the SentencePiece kind), and ends within a
 * character where a character is several tokens; one that was composed (NFC)
 * or replaced ends after all that it was made from.
 */
struct ee_ids {
	int32_t *ids;
	size_t *ends;
	size_t n, room;
};
void ee_ids_free(struct ee_ids *ids);

enum {
	EE_ENCODE_NO_BOS = 1,	/* leave out what the post-processor adds */
	EE_ENCODE_PLAIN = 2	/* text like "<|endoftext|>" is plain text */
};

/*
 * Append the tokens of 'len' bytes of text to 'out' (start with {0}; reuse
 * it after setting n = 0).  Bytes that are not UTF-8 are taken as U+FFFD,
 * as the Python tools read them.  Time is n log n in the worst case, for a
 * pattern that is one of the known ones.
 *
 * Fails with EE_ENOMEM, EE_EINPUT (longer than 512 MiB; a foreign pattern
 * that takes too long); 'out' is then as it was.
 */
EE_MUST_CHECK enum ee_status ee_encode(const struct ee_tokenizer *tok,
	const char *text, size_t len, unsigned flags, struct ee_ids *out,
	struct ee_err *err);

/*
 * The text of n ids into '*text' (a growing buffer of the caller's: start
 * with NULL and 0; free() it at the end); '*len' bytes and a NUL.  Parts that
 * are not UTF-8 become U+FFFD as in Python's decode(errors="replace").
 * With 'skip_special' special tokens are left out.  An id below the size
 * that no token has is passed over.  Fails with EE_EINPUT if an id is out of
 * range, EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_decode(const struct ee_tokenizer *tok,
	const int32_t *ids, size_t n, bool skip_special, char **text,
	size_t *len, size_t *room, struct ee_err *err);

#endif
