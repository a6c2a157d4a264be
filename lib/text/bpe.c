/*
 * bpe.c - byte-pair encoding of one word.  See bpe.h.
 *
 * A short word keeps the rank of every pair in an array and looks for the
 * least one by eye; that beats any clever structure up to some dozens of
 * symbols.  A long one is a linked list with a heap of (rank, position).
 * An entry of the heap is stale when its pair no longer has that rank; one
 * that has it again is the same pair, since a symbol only ever grows.
 */
#include "text/bpe.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "text/utf8.h"

#define NONE UINT32_MAX

void
ee_bpe_init(struct ee_bpe *bpe)
{
	bpe->ids = bpe->short_ids;
	bpe->ends = bpe->short_ends;
	bpe->n = 0;
	bpe->room = EE_BPE_SHORT;
}

void
ee_bpe_free(struct ee_bpe *bpe)
{
	if (bpe->ids != bpe->short_ids)
		free(bpe->ids);
	if (bpe->ends != bpe->short_ends)
		free(bpe->ends);
	ee_bpe_init(bpe);
}

/* At most one symbol a byte. */
static enum ee_status
reserve(struct ee_bpe *bpe, size_t len, struct ee_err *err)
{
	if (len <= bpe->room)
		return EE_OK;
	ee_bpe_free(bpe);
	bpe->ids = ee_calloc(len, sizeof(*bpe->ids), err);
	bpe->ends = ee_calloc(len, sizeof(*bpe->ends), err);
	if (bpe->ids == NULL || bpe->ends == NULL) {
		free(bpe->ids);
		free(bpe->ends);
		ee_bpe_init(bpe);
		return EE_ENOMEM;
	}
	bpe->room = len;
	return EE_OK;
}

static void
put(struct ee_bpe *bpe, int32_t id, size_t end)
{
	bpe->ids[bpe->n] = id;
	bpe->ends[bpe->n++] = (uint32_t)end;
}

/* All bytes of a character as <0x..> tokens; false if one has none. */
static bool
put_fallback(const struct ee_vocab *v, const char *s, unsigned len,
	     size_t start, struct ee_bpe *bpe)
{
	unsigned i;

	for (i = 0; i < len; i++)
		if (v->fallback[(unsigned char)s[i]] < 0)
			return false;
	for (i = 0; i < len; i++)
		put(bpe, v->fallback[(unsigned char)s[i]], start + i + 1);
	return true;
}

/*
 * A character each.  Unknown ones wait in 'unk_end' until a known one comes,
 * so that a run of them can become one; like the reference, fallback bytes
 * do not end that run.
 */
static void
start_with_characters(const struct ee_vocab *v, const char *s, size_t len,
		      struct ee_bpe *bpe)
{
	size_t i, unk_end = 0;
	unsigned step;
	uint32_t c;
	int32_t id;

	for (i = 0; i < len; i += step) {
		step = ee_utf8_next(s + i, &c);
		id = step == 1 ? v->byte_id[c] : ee_vocab_text(v, s + i, step);
		if (id < 0 && put_fallback(v, s + i, step, i, bpe))
			continue;
		if (unk_end > 0 && (id >= 0 || !v->fuse_unk)) {
			put(bpe, v->unk, unk_end);
			unk_end = 0;
		}
		if (id >= 0)
			put(bpe, id, i + step);
		else if (v->unk >= 0)
			unk_end = i + step;
	}
	if (unk_end > 0)
		put(bpe, v->unk, unk_end);
}

static void
start_with_bytes(const struct ee_vocab *v, const char *s, size_t len,
		 struct ee_bpe *bpe)
{
	bool in_unk = false;
	size_t i;

	for (i = 0; i < len; i++) {
		const int32_t id = v->byte_id[(unsigned char)s[i]];

		if (id >= 0)
			put(bpe, id, i + 1);
		else if (in_unk)
			bpe->ends[bpe->n - 1] = (uint32_t)(i + 1);
		else if (v->unk >= 0)
			put(bpe, v->unk, i + 1);
		in_unk = id < 0 && v->unk >= 0 && v->fuse_unk;
	}
}

struct pair {
	uint32_t rank;		/* NONE: no merge */
	int32_t id;
};

static inline struct pair
pair_of(const struct ee_vocab *v, int32_t left, int32_t right)
{
	const struct ee_merge *m = ee_vocab_merge_of(v, left, right);

	if (m == NULL)
		return (struct pair){ NONE, -1 };
	return (struct pair){ m->rank, m->id };
}

static void
merge_short(const struct ee_vocab *v, struct ee_bpe *bpe)
{
	struct pair pairs[EE_BPE_SHORT];
	int32_t *ids = bpe->ids;
	uint32_t *ends = bpe->ends;
	size_t n = bpe->n, i, best;

	for (i = 0; i + 1 < n; i++)
		pairs[i] = pair_of(v, ids[i], ids[i + 1]);
	while (n > 1) {
		best = 0;
		for (i = 1; i + 1 < n; i++)
			if (pairs[i].rank < pairs[best].rank)
				best = i;
		if (pairs[best].rank == NONE)
			break;
		ids[best] = pairs[best].id;
		n--;
		for (i = best + 1; i < n; i++)
			ids[i] = ids[i + 1];
		for (i = best; i < n; i++)
			ends[i] = ends[i + 1];
		for (i = best; i + 1 < n; i++)
			pairs[i] = pairs[i + 1];
		if (best + 1 < n)
			pairs[best] = pair_of(v, ids[best], ids[best + 1]);
		if (best > 0)
			pairs[best - 1] = pair_of(v, ids[best - 1], ids[best]);
	}
	bpe->n = n;
}

/* A long word being merged. */
struct list {
	const struct ee_vocab *v;
	struct ee_bpe *bpe;	/* symbols; id -1 once merged into its left */
	uint32_t *prev, *next;	/* (n), NONE at the ends */
	struct pair *pairs;	/* (n), with the next */
	uint64_t *heap;		/* rank << 32 | position, least first */
	size_t n_heap;
};

static void
push(struct list *l, uint64_t key)
{
	size_t i = l->n_heap++, up;

	for (; i > 0; i = up) {
		up = (i - 1) / 4;
		if (l->heap[up] <= key)
			break;
		l->heap[i] = l->heap[up];
	}
	l->heap[i] = key;
}

static uint64_t
pop(struct list *l)
{
	const uint64_t top = l->heap[0], key = l->heap[--l->n_heap];
	const size_t n = l->n_heap;
	size_t i = 0, child, best, end;

	while ((child = 4 * i + 1) < n) {
		end = child + 4 < n ? child + 4 : n;
		for (best = child++; child < end; child++)
			if (l->heap[child] < l->heap[best])
				best = child;
		if (l->heap[best] >= key)
			break;
		l->heap[i] = l->heap[best];
		i = best;
	}
	l->heap[i] = key;
	return top;
}

static void
consider(struct list *l, uint32_t at)
{
	const uint32_t right = l->next[at];

	l->pairs[at] = (struct pair){ NONE, -1 };
	if (right != NONE)
		l->pairs[at] = pair_of(l->v, l->bpe->ids[at],
				       l->bpe->ids[right]);
	if (l->pairs[at].rank != NONE)
		push(l, (uint64_t)l->pairs[at].rank << 32 | at);
}

static void
merge_list(struct list *l)
{
	struct ee_bpe *bpe = l->bpe;
	const uint32_t n = (uint32_t)bpe->n;
	uint32_t i, right;

	for (i = 0; i < n; i++) {
		l->prev[i] = i > 0 ? i - 1 : NONE;
		l->next[i] = i + 1 < n ? i + 1 : NONE;
	}
	for (i = 0; i < n; i++)
		consider(l, i);
	while (l->n_heap > 0) {
		const uint64_t top = pop(l);

		i = (uint32_t)top;
		if (bpe->ids[i] < 0 || l->pairs[i].rank != top >> 32)
			continue;
		right = l->next[i];
		bpe->ids[i] = l->pairs[i].id;
		bpe->ends[i] = bpe->ends[right];
		bpe->ids[right] = -1;
		l->next[i] = l->next[right];
		if (l->next[i] != NONE)
			l->prev[l->next[i]] = i;
		if (l->prev[i] != NONE)
			consider(l, l->prev[i]);
		consider(l, i);
	}
}

/* The heap holds at most one entry a symbol at first and two more a merge,
 * each of which takes a symbol and an entry away. */
static enum ee_status
merge_long(const struct ee_vocab *v, struct ee_bpe *bpe, struct ee_err *err)
{
	const size_t n = bpe->n;
	struct list l = { .v = v, .bpe = bpe };
	enum ee_status status = EE_ENOMEM;
	size_t i, kept = 0;

	l.prev = ee_calloc(n, sizeof(*l.prev), err);
	l.next = ee_calloc(n, sizeof(*l.next), err);
	l.pairs = ee_calloc(n, sizeof(*l.pairs), err);
	l.heap = ee_calloc(2 * n, sizeof(*l.heap), err);
	if (!l.prev || !l.next || !l.pairs || !l.heap)
		goto free_list;
	merge_list(&l);
	for (i = 0; i < n; i++) {
		if (bpe->ids[i] < 0)
			continue;
		bpe->ids[kept] = bpe->ids[i];
		bpe->ends[kept++] = bpe->ends[i];
	}
	bpe->n = kept;
	status = EE_OK;
free_list:
	free(l.prev);
	free(l.next);
	free(l.pairs);
	free(l.heap);
	return status;
}

enum ee_status
ee_bpe_word(const struct ee_vocab *v, const char *word, size_t len,
	    struct ee_bpe *bpe, struct ee_err *err)
{
	bpe->n = 0;
	if (len > INT32_MAX)
		return ee_fail(err, EE_EINPUT, "a word of %zu bytes, want at "
			       "most %d", len, INT32_MAX);
	TRY(reserve(bpe, len, err));
	if (v->byte_level)
		start_with_bytes(v, word, len, bpe);
	else
		start_with_characters(v, word, len, bpe);
	if (bpe->n > EE_BPE_SHORT)
		return merge_long(v, bpe, err);
	merge_short(v, bpe);
	return EE_OK;
}
