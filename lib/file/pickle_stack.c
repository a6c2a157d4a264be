/* pickle_stack.c - the stack, the memo and containers: pickle_machine.h. */
#include <string.h>

#include "base/try.h"
#include "file/pickle_machine.h"

enum ee_status
ee_pickle_fail(struct pickle_machine *m, enum ee_status status,
	       const char *what)
{
	return ee_fail(m->err, status, "%s: byte %zu of the pickle: %s",
		       m->where, m->op, what);
}

static enum ee_status
bad(struct pickle_machine *m, const char *what)
{
	return ee_pickle_fail(m, EE_EFORMAT, what);
}

static enum ee_status
no_memory(struct pickle_machine *m)
{
	return ee_pickle_fail(m, EE_ENOMEM, "out of memory");
}

struct pickle_node *
ee_pickle_node(struct pickle_machine *m, enum node_kind kind)
{
	struct pickle_node *node = ee_arena_alloc(&m->nodes, sizeof(*node),
						  16);

	if (node != NULL) {
		memset(node, 0, sizeof(*node));
		node->kind = kind;
	}
	return node;
}

enum ee_status
ee_pickle_push(struct pickle_machine *m, struct pickle_node *node)
{
	if (node == NULL)
		return no_memory(m);
	TRY(ee_reserve(&m->stack, &m->room, m->n + 1, sizeof(*m->stack),
		       m->err));
	m->stack[m->n++] = node;
	return EE_OK;
}

enum ee_status
ee_pickle_push_value(struct pickle_machine *m, struct ee_value v)
{
	struct pickle_node *node = ee_pickle_node(m, NODE_LEAF);

	if (node != NULL)
		node->value = v;
	return ee_pickle_push(m, node);
}

static size_t
floor_of(const struct pickle_machine *m)
{
	return m->nmarks > 0 ? m->marks[m->nmarks - 1] : 0;
}

enum ee_status
ee_pickle_need(struct pickle_machine *m, size_t n)
{
	return m->n - floor_of(m) >= n ? EE_OK
				       : bad(m, "the stack is too short");
}

enum ee_status
ee_pickle_mark(struct pickle_machine *m)
{
	TRY(ee_reserve(&m->marks, &m->marks_room, m->nmarks + 1,
		       sizeof(*m->marks), m->err));
	m->marks[m->nmarks++] = m->n;
	return EE_OK;
}

enum ee_status
ee_pickle_unmark(struct pickle_machine *m, size_t *from)
{
	if (m->nmarks == 0)
		return bad(m, "no mark on the stack");
	*from = m->marks[--m->nmarks];
	return EE_OK;
}

/* Move stack[from..n) into the node 'to'. */
static enum ee_status
move_to(struct pickle_machine *m, struct pickle_node *to, size_t from)
{
	size_t room = to->room ? to->room : 4;
	const size_t n = m->n - from;
	struct pickle_node **grown;

	if (n > to->room - to->n) {
		while (room - to->n < n)
			room *= 2;
		grown = ee_arena_alloc(&m->nodes, room * sizeof(*grown), 8);
		if (grown == NULL)
			return no_memory(m);
		if (to->n > 0)
			memcpy(grown, to->list, to->n * sizeof(*grown));
		to->list = grown;
		to->room = room;
	}
	if (n > 0)
		memcpy(to->list + to->n, m->stack + from,
		       n * sizeof(*grown));
	to->n += n;
	m->n = from;
	return EE_OK;
}

enum ee_status
ee_pickle_gather(struct pickle_machine *m, enum node_kind kind, size_t from)
{
	struct pickle_node *node = ee_pickle_node(m, kind);

	if (node == NULL)
		return no_memory(m);
	if (kind == NODE_DICT && (m->n - from) % 2 != 0)
		return bad(m, "a key without a value");
	TRY(move_to(m, node, from));
	return ee_pickle_push(m, node);
}

/* The list or dict of 'node' that takes members, made if need be. */
static struct pickle_node *
container(struct pickle_machine *m, struct pickle_node *node,
	  enum node_kind kind)
{
	const unsigned i = kind == NODE_DICT ? PART_ITEMS : PART_LIST;

	if (node->kind != NODE_OBJECT)
		return node->kind == kind ? node : NULL;
	if (node->list[i] == NULL)
		node->list[i] = ee_pickle_node(m, kind);
	return node->list[i];
}

enum ee_status
ee_pickle_extend(struct pickle_machine *m, enum node_kind kind, size_t from)
{
	struct pickle_node *to = NULL;

	if (from > floor_of(m))
		to = container(m, m->stack[from - 1], kind);
	if (to == NULL)
		return m->nodes.failed ? no_memory(m) :
		       bad(m, "adds to what is no such container");
	if (kind == NODE_DICT && (m->n - from) % 2 != 0)
		return bad(m, "a key without a value");
	return move_to(m, to, from);
}

/* Picklers number from 0 up, so no number passes the size of the pickle. */
enum ee_status
ee_pickle_remember(struct pickle_machine *m, uint64_t number)
{
	const size_t room = m->memo_room;

	TRY(ee_pickle_need(m, 1));
	if (number > m->size)
		return bad(m, "a memo number beyond reason");
	TRY(ee_reserve(&m->memo, &m->memo_room, (size_t)number + 1,
		       sizeof(*m->memo), m->err));
	memset(m->memo + room, 0, (m->memo_room - room) * sizeof(*m->memo));
	m->nmemo += m->memo[number] == NULL;
	m->memo[number] = m->stack[m->n - 1];
	return EE_OK;
}
