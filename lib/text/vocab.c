/*
 * vocab.c - tokens and merges, indexed.  See vocab.h.
 *
 * Both indexes are open-addressing tables at most half full.  A foreign
 * token is filed under the complement of its hash, so that it is found by
 * its spelling only and never mistaken for text.
 */
#include "text/vocab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "text/utf8.h"

/* How much of a token an error shows. */
#define SHOWN(len) ((int)((len) < 48 ? (len) : 48))

void
ee_vocab_init(struct ee_vocab *v, bool byte_level)
{
	memset(v, 0, sizeof(*v));
	v->byte_level = byte_level;
	v->unk = -1;
}

void
ee_vocab_free(struct ee_vocab *v)
{
	ee_arena_free(&v->arena);
	free(v->tokens);
	free(v->slots);
	free(v->merges);
	free(v->pairs);
	free(v->scratch);
	free(v->joined);
}

/*
 * The byte that a character of GPT-2's alphabet stands for, or -1.  Bytes
 * that are printable Latin-1 stand for themselves; the other 68 are U+0100
 * to U+0143, in order.
 */
static int
alphabet_byte(uint32_t c)
{
	if ((c > 0x20 && c < 0x7f) || (c > 0xa0 && c <= 0xff && c != 0xad))
		return (int)c;
	if (c < 0x100 || c > 0x143)
		return -1;
	c -= 0x100;
	if (c <= 0x20)
		return (int)c;
	c -= 0x21;
	if (c <= 0xa0 - 0x7f)
		return (int)(0x7f + c);
	return 0xad;
}

/* A token's text from its spelling, in v->scratch (as long at most). */
static enum ee_status
text_of(struct ee_vocab *v, const char *spelling, size_t len,
	size_t *text_len, bool *foreign, struct ee_err *err)
{
	size_t i = 0, n = 0;
	uint32_t c;
	int byte = 0;

	*foreign = false;
	TRY(ee_reserve(&v->scratch, &v->scratch_room, len + 1, 1, err));
	while (v->byte_level && i < len) {
		i += ee_utf8_next(spelling + i, &c);
		byte = alphabet_byte(c);
		if (byte < 0)
			break;
		v->scratch[n++] = (char)byte;
	}
	if (i < len || (v->byte_level && byte < 0)) {
		*foreign = v->byte_level;
		memcpy(v->scratch, spelling, len);
		n = len;
	}
	*text_len = n;
	return EE_OK;
}

static enum ee_status
add(struct ee_vocab *v, int64_t id, const char *spelling, size_t len,
    unsigned flags, struct ee_err *err)
{
	const size_t room = v->room;
	struct ee_token *t;
	size_t text_len;
	bool foreign;

	if (id < 0 || id >= EE_MAX_ID)
		return ee_fail(err, EE_EFORMAT,
			       "token '%.*s': id %lld, want 0 to %d",
			       SHOWN(len), spelling, (long long)id,
			       EE_MAX_ID - 1);
	if (len > INT32_MAX)
		return ee_fail(err, EE_EFORMAT, "a token of %zu bytes", len);
	TRY(ee_reserve(&v->tokens, &v->room, (size_t)id + 1,
		       sizeof(*v->tokens), err));
	memset(v->tokens + room, 0, (v->room - room) * sizeof(*v->tokens));
	if (v->n <= (size_t)id)
		v->n = (size_t)id + 1;
	t = &v->tokens[id];
	if (t->flags != 0)
		return ee_fail(err, EE_EFORMAT,
			       "tokens '%.*s' and '%.*s' have the same id %lld",
			       SHOWN(t->len), t->text, SHOWN(len), spelling,
			       (long long)id);
	TRY(text_of(v, spelling, len, &text_len, &foreign, err));
	t->text = ee_arena_text(&v->arena, v->scratch, text_len);
	t->len = (uint32_t)text_len;
	t->flags = (uint16_t)(EE_TOKEN_USED | flags |
			      (foreign ? EE_TOKEN_FOREIGN : 0));
	return ee_arena_check(&v->arena, err);
}

enum ee_status
ee_vocab_token(struct ee_vocab *v, int64_t id, const char *spelling,
	       size_t len, struct ee_err *err)
{
	v->n_model++;
	return add(v, id, spelling, len, EE_TOKEN_MODEL, err);
}

enum ee_status
ee_vocab_extra(struct ee_vocab *v, int64_t id, const char *spelling,
	       size_t len, struct ee_err *err)
{
	return add(v, id, spelling, len, 0, err);
}

static uint64_t
filed_under(const char *text, size_t len, bool foreign)
{
	const uint64_t h = ee_vocab_hash(text, len);

	return foreign ? ~h : h;
}

enum ee_status
ee_vocab_index(struct ee_vocab *v, struct ee_err *err)
{
	size_t size = 2, id, i;

	while (size < 2 * v->n_model + 2)
		size *= 2;
	v->slots = ee_calloc(size, sizeof(*v->slots), err);
	if (v->slots == NULL)
		return EE_ENOMEM;
	v->mask = size - 1;
	for (i = 0; i < size; i++)
		v->slots[i].id = -1;
	for (id = 0; id < v->n; id++) {
		const struct ee_token *t = &v->tokens[id];
		uint64_t h;
		int32_t other;

		if (!(t->flags & EE_TOKEN_MODEL) || t->len == 0)
			continue;
		h = filed_under(t->text, t->len, t->flags & EE_TOKEN_FOREIGN);
		other = ee_vocab_hashed(v, t->text, t->len, h);
		if (other >= 0)
			return ee_fail(err, EE_EFORMAT,
				       "token '%.*s' has two ids, %d and %zu",
				       SHOWN(t->len), t->text, other, id);
		for (i = (size_t)h & v->mask; v->slots[i].id >= 0; )
			i = (i + 1) & v->mask;
		v->slots[i].tag = (uint32_t)(h >> 32);
		v->slots[i].id = (int32_t)id;
	}
	return EE_OK;
}

enum ee_status
ee_vocab_find(struct ee_vocab *v, const char *spelling, size_t len,
	      int32_t *id, struct ee_err *err)
{
	size_t text_len;
	bool foreign;

	*id = -1;
	TRY(text_of(v, spelling, len, &text_len, &foreign, err));
	if (text_len > 0)
		*id = ee_vocab_hashed(v, v->scratch, text_len,
				      filed_under(v->scratch, text_len,
						  foreign));
	return EE_OK;
}

enum ee_status
ee_vocab_pair(struct ee_vocab *v, int32_t left, int32_t right, uint32_t rank,
	      int32_t id, struct ee_err *err)
{
	TRY(ee_reserve(&v->merges, &v->merge_room, v->n_merges + 1,
		       sizeof(*v->merges), err));
	v->merges[v->n_merges++] = (struct ee_merge){
		.left = (uint32_t)left, .right = (uint32_t)right,
		.rank = rank, .id = id
	};
	return EE_OK;
}

/* Find the token spelled 's'; there must be one. */
static enum ee_status
known(struct ee_vocab *v, const char *s, size_t len, int32_t *id,
      struct ee_err *err)
{
	TRY(ee_vocab_find(v, s, len, id, err));
	return *id >= 0 ? EE_OK :
	       ee_fail(err, EE_EFORMAT, "'%.*s' is not in the vocabulary",
		       SHOWN(len), s);
}

enum ee_status
ee_vocab_merge(struct ee_vocab *v, const char *left, size_t left_len,
	       const char *right, size_t right_len, struct ee_err *err)
{
	const size_t len = left_len + right_len;
	int32_t l, r, id;

	TRY(known(v, left, left_len, &l, err));
	TRY(known(v, right, right_len, &r, err));
	TRY(ee_reserve(&v->joined, &v->joined_room, len + 1, 1, err));
	memcpy(v->joined, left, left_len);
	memcpy(v->joined + left_len, right, right_len);
	TRY(known(v, v->joined, len, &id, err));
	return ee_vocab_pair(v, l, r, (uint32_t)v->n_merges, id, err);
}

enum ee_status
ee_vocab_merge_line(struct ee_vocab *v, const char *line, size_t len,
		    struct ee_err *err)
{
	const char *space = memchr(line, ' ', len);
	const size_t left = space ? (size_t)(space - line) : len;

	if (space == NULL || memchr(space + 1, ' ', len - left - 1) != NULL)
		return ee_fail(err, EE_EFORMAT, "want two tokens and a space");
	return ee_vocab_merge(v, line, left, space + 1, len - left - 1, err);
}

/* Of two merges of one pair the later counts, as in the reference. */
static enum ee_status
index_pairs(struct ee_vocab *v, struct ee_err *err)
{
	size_t size = 2, i, at;

	while (size < 2 * v->n_merges + 2)
		size *= 2;
	v->pairs = ee_calloc(size, sizeof(*v->pairs), err);
	if (v->pairs == NULL)
		return EE_ENOMEM;
	memset(v->pairs, 0xff, size * sizeof(*v->pairs));
	v->pair_mask = size - 1;
	for (i = 0; i < v->n_merges; i++) {
		const struct ee_merge *m = &v->merges[i];

		for (at = ee_vocab_pair_slot(v, m->left, m->right);
		     v->pairs[at].left != UINT32_MAX &&
		     (v->pairs[at].left != m->left ||
		      v->pairs[at].right != m->right);
		     at = (at + 1) & v->pair_mask)
			;
		v->pairs[at] = *m;
	}
	return EE_OK;
}

static void
index_bytes(struct ee_vocab *v)
{
	char text[8];
	int b;

	for (b = 0; b < 256; b++) {
		text[0] = (char)b;
		v->byte_id[b] = v->byte_level || b < 128
			? ee_vocab_text(v, text, 1) : -1;
		snprintf(text, sizeof(text), "<0x%02X>", (unsigned)b);
		v->fallback[b] = v->byte_fallback && !v->byte_level
			? ee_vocab_text(v, text, 6) : -1;
	}
}

/*
 * May text be cut in front of every mark that follows another character?
 * Yes if no merge joins a token that ends otherwise to one that begins with
 * a mark: what lies on the two sides then never meets.
 */
static bool
cuts_at_mark(const struct ee_vocab *v)
{
	size_t i;

	if (v->byte_level || v->ignore_merges ||
	    ee_vocab_text(v, EE_MARK, 3) < 0)
		return false;
	for (i = 0; i < v->n_merges; i++) {
		const struct ee_token *l = &v->tokens[v->merges[i].left];
		const struct ee_token *r = &v->tokens[v->merges[i].right];

		if (r->len >= 3 && memcmp(r->text, EE_MARK, 3) == 0 &&
		    (l->len < 3 ||
		     memcmp(l->text + l->len - 3, EE_MARK, 3) != 0))
			return false;
	}
	return true;
}

enum ee_status
ee_vocab_finish(struct ee_vocab *v, struct ee_err *err)
{
	TRY(index_pairs(v, err));
	index_bytes(v);
	v->words_at_mark = cuts_at_mark(v);
	return EE_OK;
}

uint64_t
ee_vocab_fingerprint(const struct ee_vocab *v)
{
	const unsigned char flags[4] = { v->byte_level, v->byte_fallback,
					 v->fuse_unk, v->ignore_merges };
	uint64_t h = ee_hash(EE_HASH_START, flags, sizeof(flags));
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct ee_token *t = &v->tokens[i];
		const uint32_t head[2] = { t->len, t->flags };

		h = ee_hash(h, head, sizeof(head));
		h = ee_hash(h, t->text, t->len);
	}
	return ee_hash(h, v->merges, v->n_merges * sizeof(*v->merges));
}
