/* pickle_ops.c - what each opcode does.  See pickle_machine.h. */
#include <string.h>

#include "base/try.h"
#include "file/pickle_machine.h"

static enum ee_status
bad(struct pickle_machine *m, const char *what)
{
	return ee_pickle_fail(m, EE_EFORMAT, what);
}

/* Leaves. */

static enum ee_status
op_constant(struct pickle_machine *m)
{
	const unsigned char op = m->data[m->op];

	return ee_pickle_push_value(m, op == 'N' ? ee_null() :
				    ee_logic(op == 0x88));
}

static enum ee_status
op_unsigned(struct pickle_machine *m)
{
	return ee_pickle_push_value(m, ee_int((int64_t)m->arg.number));
}

static enum ee_status
op_signed(struct pickle_machine *m)
{
	return ee_pickle_push_value(m, ee_int((int32_t)m->arg.number));
}

/* Little-endian two's complement of any length. */
static enum ee_status
op_long(struct pickle_machine *m)
{
	const unsigned char *p = m->arg.p;
	size_t i = m->arg.n;
	uint64_t v = i > 0 && p[i - 1] >= 128 ? UINT64_MAX : 0;

	if (i > 8)
		return ee_pickle_fail(m, EE_EINPUT, "an integer of more than "
				      "64 bits");
	while (i-- > 0)
		v = v << 8 | p[i];
	return ee_pickle_push_value(m, ee_int((int64_t)v));
}

static enum ee_status
op_float(struct pickle_machine *m)
{
	uint64_t bits = 0;
	double d;
	size_t i;

	for (i = 0; i < m->arg.n; i++)
		bits = bits << 8 | m->arg.p[i];
	memcpy(&d, &bits, sizeof(d));
	return ee_pickle_push_value(m, ee_real(d));
}

static enum ee_status
op_text(struct pickle_machine *m)
{
	const unsigned char op = m->data[m->op];
	const char *text = ee_arena_text(m->out, (const char *)m->arg.p,
					 m->arg.n);
	struct ee_value v;

	if (text == NULL)
		return ee_pickle_fail(m, EE_ENOMEM, "out of memory");
	v = ee_text_n(text, m->arg.n);
	if (op == 'C' || op == 'B' || op == 0x8e || op == 0x96)
		v.form = EE_BYTES;
	return ee_pickle_push_value(m, v);
}

/* Containers: of the last 'n', or from the mark on; and what is added to the
 * one right below. */

static enum ee_status
op_gather(struct pickle_machine *m)
{
	TRY(ee_pickle_need(m, m->arg.op->n));
	return ee_pickle_gather(m, m->arg.op->kind, m->n - m->arg.op->n);
}

static enum ee_status
op_gather_marked(struct pickle_machine *m)
{
	size_t from = 0;

	TRY(ee_pickle_unmark(m, &from));
	return ee_pickle_gather(m, m->arg.op->kind, from);
}

static enum ee_status
op_extend(struct pickle_machine *m)
{
	TRY(ee_pickle_need(m, m->arg.op->n + 1));
	return ee_pickle_extend(m, m->arg.op->kind, m->n - m->arg.op->n);
}

static enum ee_status
op_extend_marked(struct pickle_machine *m)
{
	size_t from = 0;

	TRY(ee_pickle_unmark(m, &from));
	return ee_pickle_extend(m, m->arg.op->kind, from);
}

/* The stack and the memo. */

static enum ee_status
op_mark(struct pickle_machine *m)
{
	return ee_pickle_mark(m);
}

static enum ee_status
op_pop(struct pickle_machine *m)
{
	if (m->data[m->op] == '1' ||
	    (m->nmarks > 0 && m->marks[m->nmarks - 1] == m->n))
		return ee_pickle_unmark(m, &m->n);
	if (m->n == 0)
		return bad(m, "the stack is too short");
	m->n--;
	return EE_OK;
}

static enum ee_status
op_dup(struct pickle_machine *m)
{
	TRY(ee_pickle_need(m, 1));
	return ee_pickle_push(m, m->stack[m->n - 1]);
}

static enum ee_status
op_put(struct pickle_machine *m)
{
	return ee_pickle_remember(m, m->data[m->op] == 0x94 ? m->nmemo
							    : m->arg.number);
}

static enum ee_status
op_get(struct pickle_machine *m)
{
	if (m->arg.number >= m->memo_room || m->memo[m->arg.number] == NULL)
		return bad(m, "gets what was not put into the memo");
	return ee_pickle_push(m, m->memo[m->arg.number]);
}

/* Classes and objects. */

static enum ee_status
op_global(struct pickle_machine *m)
{
	return ee_pickle_push_class(m, (const char *)m->arg.p, m->arg.n,
				    (const char *)m->arg.p2, m->arg.n2);
}

static enum ee_status
op_stack_global(struct pickle_machine *m)
{
	const struct ee_value *module, *name;

	TRY(ee_pickle_need(m, 2));
	m->n -= 2;
	module = &m->stack[m->n]->value;
	name = &m->stack[m->n + 1]->value;
	if (m->stack[m->n]->kind != NODE_LEAF || module->type != EE_TEXT ||
	    m->stack[m->n + 1]->kind != NODE_LEAF || name->type != EE_TEXT)
		return bad(m, "a class whose name is no text");
	return ee_pickle_push_class(m, module->u.text, module->n,
				    name->u.text, name->n);
}

/* A call, a new object, one with keyword arguments: never made, only kept.
 * An empty OrderedDict is a dict, for its items to go into. */
static enum ee_status
op_call(struct pickle_machine *m)
{
	const size_t n = m->arg.op->n;
	struct pickle_node *node, **top;

	TRY(ee_pickle_need(m, n));
	m->n -= n;
	top = m->stack + m->n;
	if (top[1]->kind != NODE_TUPLE)
		return bad(m, "calls with what is no tuple");
	if (top[0]->kind == NODE_CLASS && top[1]->n == 0 && n == 2 &&
	    strcmp(top[0]->value.u.text, "collections.OrderedDict") == 0) {
		node = ee_pickle_node(m, NODE_DICT);
		if (node != NULL)
			node->ordered = true;
		return ee_pickle_push(m, node);
	}
	node = ee_pickle_node(m, NODE_OBJECT);
	if (node != NULL)
		node->list = ee_arena_alloc(&m->nodes, PARTS * sizeof(node),
					    8);
	if (node == NULL || node->list == NULL)
		return ee_pickle_fail(m, EE_ENOMEM, "out of memory");
	memset(node->list, 0, PARTS * sizeof(node));
	memcpy(node->list, top, n * sizeof(node));
	return ee_pickle_push(m, node);
}

/* State; what attributes a dict has beside its items is dropped. */
static enum ee_status
op_build(struct pickle_machine *m)
{
	struct pickle_node *node;

	TRY(ee_pickle_need(m, 2));
	node = m->stack[--m->n - 1];
	if (node->kind == NODE_OBJECT)
		node->list[PART_STATE] = m->stack[m->n];
	else if (node->kind != NODE_DICT)
		return bad(m, "sets the state of what has none");
	return EE_OK;
}

/* The pickle itself. */

static enum ee_status
op_protocol(struct pickle_machine *m)
{
	if (m->arg.number < 2 || m->arg.number > 5)
		return ee_pickle_fail(m, EE_EINPUT, "a protocol that is not "
				      "one of 2 to 5");
	return EE_OK;
}

static enum ee_status
op_frame(struct pickle_machine *m)
{
	if (m->arg.number > m->size - m->at)
		return ee_pickle_fail(m, EE_ETRUNC, "a frame that is longer "
				      "than what is left");
	return EE_OK;
}

static enum ee_status
op_stop(struct pickle_machine *m)
{
	if (m->n != 1 || m->nmarks != 0)
		return bad(m, "stops with other than one value");
	m->stopped = true;
	return EE_OK;
}

/* Protocols 0 and 1 have more (numbers as text); none writes them now. */
const struct pickle_op ee_pickle_ops[256] = {
	['N'] = { FORM_NONE, 0, op_constant, 0, 0 },
	[0x88] = { FORM_NONE, 0, op_constant, 0, 0 },
	[0x89] = { FORM_NONE, 0, op_constant, 0, 0 },
	['K'] = { FORM_NUMBER, 1, op_unsigned, 0, 0 },
	['M'] = { FORM_NUMBER, 2, op_unsigned, 0, 0 },
	['J'] = { FORM_NUMBER, 4, op_signed, 0, 0 },
	[0x8a] = { FORM_COUNTED, 1, op_long, 0, 0 },
	[0x8b] = { FORM_COUNTED, 4, op_long, 0, 0 },
	['G'] = { FORM_BYTES, 8, op_float, 0, 0 },
	/* str, bytes and Python 2's str, by the width of their length */
	[0x8c] = { FORM_COUNTED, 1, op_text, 0, 0 },
	['X'] = { FORM_COUNTED, 4, op_text, 0, 0 },
	[0x8d] = { FORM_COUNTED, 8, op_text, 0, 0 },
	['C'] = { FORM_COUNTED, 1, op_text, 0, 0 },
	['B'] = { FORM_COUNTED, 4, op_text, 0, 0 },
	[0x8e] = { FORM_COUNTED, 8, op_text, 0, 0 },
	[0x96] = { FORM_COUNTED, 8, op_text, 0, 0 },
	['U'] = { FORM_COUNTED, 1, op_text, 0, 0 },
	['T'] = { FORM_COUNTED, 4, op_text, 0, 0 },

	[']'] = { FORM_NONE, 0, op_gather, NODE_LIST, 0 },
	[0x8f] = { FORM_NONE, 0, op_gather, NODE_LIST, 0 },	/* set */
	['}'] = { FORM_NONE, 0, op_gather, NODE_DICT, 0 },
	[')'] = { FORM_NONE, 0, op_gather, NODE_TUPLE, 0 },
	[0x85] = { FORM_NONE, 0, op_gather, NODE_TUPLE, 1 },
	[0x86] = { FORM_NONE, 0, op_gather, NODE_TUPLE, 2 },
	[0x87] = { FORM_NONE, 0, op_gather, NODE_TUPLE, 3 },
	['Q'] = { FORM_NONE, 0, op_gather, NODE_PERSISTENT, 1 },
	['t'] = { FORM_NONE, 0, op_gather_marked, NODE_TUPLE, 0 },
	['l'] = { FORM_NONE, 0, op_gather_marked, NODE_LIST, 0 },
	[0x91] = { FORM_NONE, 0, op_gather_marked, NODE_LIST, 0 }, /* set */
	['d'] = { FORM_NONE, 0, op_gather_marked, NODE_DICT, 0 },
	['a'] = { FORM_NONE, 0, op_extend, NODE_LIST, 1 },
	['s'] = { FORM_NONE, 0, op_extend, NODE_DICT, 2 },
	['e'] = { FORM_NONE, 0, op_extend_marked, NODE_LIST, 0 },
	[0x90] = { FORM_NONE, 0, op_extend_marked, NODE_LIST, 0 }, /* set */
	['u'] = { FORM_NONE, 0, op_extend_marked, NODE_DICT, 0 },

	['('] = { FORM_NONE, 0, op_mark, 0, 0 },
	['0'] = { FORM_NONE, 0, op_pop, 0, 0 },
	['1'] = { FORM_NONE, 0, op_pop, 0, 0 },
	['2'] = { FORM_NONE, 0, op_dup, 0, 0 },
	['q'] = { FORM_NUMBER, 1, op_put, 0, 0 },
	['r'] = { FORM_NUMBER, 4, op_put, 0, 0 },
	[0x94] = { FORM_NONE, 0, op_put, 0, 0 },
	['h'] = { FORM_NUMBER, 1, op_get, 0, 0 },
	['j'] = { FORM_NUMBER, 4, op_get, 0, 0 },

	['c'] = { FORM_LINES, 0, op_global, 0, 0 },
	[0x93] = { FORM_NONE, 0, op_stack_global, 0, 0 },
	['R'] = { FORM_NONE, 0, op_call, NODE_OBJECT, 2 },
	[0x81] = { FORM_NONE, 0, op_call, NODE_OBJECT, 2 }, /* __new__ */
	[0x92] = { FORM_NONE, 0, op_call, NODE_OBJECT, 3 }, /* keywords */
	['b'] = { FORM_NONE, 0, op_build, 0, 0 },

	[0x80] = { FORM_NUMBER, 1, op_protocol, 0, 0 },
	[0x95] = { FORM_NUMBER, 8, op_frame, 0, 0 },
	['.'] = { FORM_NONE, 0, op_stop, 0, 0 },
};
