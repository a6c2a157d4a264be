/* trie.c - token sequences as one tree.  See trie.h. */
#include "model/trie.h"

#include <stdlib.h>
#include <string.h>

void
ee_trie_free(struct ee_trie *t)
{
	free(t->id);
	free(t->parent);
	free(t->depth);
	free(t->tag);
	free(t->table);
	memset(t, 0, sizeof(*t));
}

void
ee_trie_reset(struct ee_trie *t)
{
	t->n = 0;
	if (t->slots > 0)
		memset(t->table, 0xff, t->slots * sizeof(*t->table));
}

static size_t
slot_of(const struct ee_trie *t, uint32_t parent, int32_t id, uint32_t tag)
{
	uint64_t h = parent * UINT64_C(0x9e3779b97f4a7c15) ^
		     (uint32_t)id * UINT64_C(0xc2b2ae3d27d4eb4f) ^
		     tag * UINT64_C(0x165667b19e3779f9);

	h ^= h >> 29;
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	return (size_t)(h >> 32) & (t->slots - 1);
}

static void
enter(struct ee_trie *t, uint32_t node)
{
	size_t s = slot_of(t, t->parent[node], t->id[node], t->tag[node]);

	while (t->table[s] != EE_NO_NODE)
		s = (s + 1) & (t->slots - 1);
	t->table[s] = node;
}

#define GROW(array) do { \
	void *p_ = ee_grow(t->array, room, sizeof(*t->array), err); \
	if (p_ == NULL) \
		return EE_ENOMEM; \
	t->array = p_; \
} while (0)

/* Room for twice as many nodes, and a table at most half full. */
static enum ee_status
grow(struct ee_trie *t, struct ee_err *err)
{
	const size_t room = t->room ? 2 * t->room : 1024;
	uint32_t *table, i;

	if (room >= EE_NO_NODE)
		return ee_fail(err, EE_EINPUT, "too many tokens at once");
	GROW(id);
	GROW(parent);
	GROW(depth);
	GROW(tag);
	table = ee_calloc(2 * room, sizeof(*table), err);
	if (table == NULL)
		return EE_ENOMEM;
	free(t->table);
	t->table = table;
	t->slots = 2 * room;
	t->room = room;
	memset(table, 0xff, t->slots * sizeof(*table));
	for (i = 0; i < t->n; i++)
		enter(t, i);
	return EE_OK;
}

/* The slot of the child, or the free one where it would be. */
static size_t
find(const struct ee_trie *t, uint32_t parent, int32_t id, uint32_t tag)
{
	size_t s = slot_of(t, parent, id, tag);
	uint32_t found;

	while ((found = t->table[s]) != EE_NO_NODE &&
	       (t->parent[found] != parent || t->id[found] != id ||
		t->tag[found] != tag))
		s = (s + 1) & (t->slots - 1);
	return s;
}

uint32_t
ee_trie_find(const struct ee_trie *t, uint32_t parent, int32_t id,
	     uint32_t tag)
{
	return t->slots > 0 ? t->table[find(t, parent, id, tag)] : EE_NO_NODE;
}

enum ee_status
ee_trie_child(struct ee_trie *t, uint32_t parent, int32_t id, uint32_t tag,
	      uint32_t *node, struct ee_err *err)
{
	enum ee_status status;
	uint32_t found;
	size_t s;

	if (t->n == t->room) {
		status = grow(t, err);
		if (status != EE_OK)
			return status;
	}
	s = find(t, parent, id, tag);
	if (t->table[s] != EE_NO_NODE) {
		*node = t->table[s];
		return EE_OK;
	}
	found = (uint32_t)t->n++;
	t->table[s] = found;
	t->id[found] = id;
	t->parent[found] = parent;
	t->tag[found] = tag;
	t->depth[found] = parent == EE_NO_NODE ? 0 : t->depth[parent] + 1;
	*node = found;
	return EE_OK;
}

enum ee_status
ee_trie_insert(struct ee_trie *t, uint32_t parent, const int32_t *ids,
	       size_t n, uint32_t *nodes, struct ee_err *err)
{
	enum ee_status status;
	size_t i;

	for (i = 0; i < n; i++) {
		status = ee_trie_child(t, parent, ids[i], 0, &parent, err);
		if (status != EE_OK)
			return status;
		if (nodes != NULL)
			nodes[i] = parent;
	}
	return EE_OK;
}

static uint32_t
node_of(const struct ee_span *span, size_t row)
{
	return span->picked != NULL ? span->picked[row]
				    : (uint32_t)(span->begin + row);
}

/* The first row after 'row' whose node does not follow on the one before. */
static size_t
end_of_run(const struct ee_trie *t, const struct ee_span *span, size_t row)
{
	while (++row < span->n) {
		const uint32_t node = node_of(span, row);

		if (t->parent[node] != node - 1 ||
		    node_of(span, row - 1) != node - 1)
			break;
	}
	return row;
}

static void
trace(const struct ee_trie *t, struct ee_run_of_nodes *run, uint32_t *path)
{
	uint32_t node = t->parent[run->begin], i;

	run->path = path;
	run->straight = true;
	for (i = run->past; i-- > 0; node = t->parent[node]) {
		path[i] = node;
		run->straight &= node == run->begin - (run->past - i);
	}
}

/* The runs of a span whose rows are known. */
static enum ee_status
cut(struct ee_span *span, const struct ee_trie *t, struct ee_err *err)
{
	size_t row, next, total = 0, used = 0, n = 0;

	for (row = 0; row < span->n; row = end_of_run(t, span, row)) {
		n++;
		total += t->depth[node_of(span, row)];
	}
	span->runs = ee_calloc(n, sizeof(*span->runs), err);
	span->paths = ee_calloc(total, sizeof(*span->paths), err);
	if (span->runs == NULL || span->paths == NULL) {
		ee_span_free(span);
		return EE_ENOMEM;
	}
	for (row = 0; row < span->n; row = next) {
		struct ee_run_of_nodes *run = &span->runs[span->nruns++];
		size_t length;

		next = end_of_run(t, span, row);
		run->row = (uint32_t)row;
		run->begin = node_of(span, row);
		run->end = run->begin + (uint32_t)(next - row);
		run->past = t->depth[run->begin];
		trace(t, run, span->paths + used);
		used += run->past;
		length = run->past + (next - row);
		if (length > span->longest)
			span->longest = length;
	}
	return EE_OK;
}

enum ee_status
ee_span_make(struct ee_span *span, const struct ee_trie *t, size_t begin,
	     size_t end, struct ee_err *err)
{
	*span = (struct ee_span){ .begin = begin, .end = end,
				  .n = end - begin };
	return cut(span, t, err);
}

enum ee_status
ee_span_pick(struct ee_span *span, const struct ee_trie *t, size_t begin,
	     size_t end, const uint32_t *nodes, size_t n, struct ee_err *err)
{
	*span = (struct ee_span){ .begin = begin, .end = end, .n = n };
	span->picked = ee_calloc(n, sizeof(*nodes), err);
	if (span->picked == NULL)
		return EE_ENOMEM;
	if (n > 0)
		memcpy(span->picked, nodes, n * sizeof(*nodes));
	return cut(span, t, err);
}

void
ee_span_free(struct ee_span *span)
{
	free(span->picked);
	free(span->runs);
	free(span->paths);
	memset(span, 0, sizeof(*span));
}
