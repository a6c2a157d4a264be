/*
 * pickle_machine.h - the pickle machine, inside lib/file.
 *
 * A pickle may change a list after it has been put into another and into the
 * memo; so the machine links nodes, and they become values (pickle_tree.c)
 * when it has stopped, each once.
 *
 * pickle.c       fetches opcodes and what follows them
 * pickle_ops.c   what each does
 * pickle_stack.c the stack, its marks, containers and the memo
 * pickle_known.c the classes of Python that are values to us
 *
 * Memory stays within a factor of the pickle's size: an opcode makes one
 * node at most, and what a container takes was pushed by opcodes of its own.
 */
#ifndef EE_PICKLE_MACHINE_H
#define EE_PICKLE_MACHINE_H

#include "file/pickle.h"

enum node_kind {
	NODE_LEAF,		/* 'value' is it */
	NODE_LIST,
	NODE_TUPLE,
	NODE_DICT,		/* key, value, key, ... */
	NODE_CLASS,		/* 'value' is its name */
	NODE_OBJECT,		/* parts, NULL where it has none */
	NODE_PERSISTENT		/* one: its id */
};

enum {
	PART_CLASS, PART_ARGS, PART_KWARGS, PART_STATE,
	PART_ITEMS,		/* set by key: a dict */
	PART_LIST,		/* appended: a list */
	PARTS
};

struct pickle_node {
	enum node_kind kind;
	enum { NODE_NEW, NODE_OPEN, NODE_DONE } progress;
	size_t n, room;
	struct pickle_node **list;
	const struct ee_pickle_class *class;	/* CLASS: NULL if foreign */
	bool python;		/* CLASS: one of ee_pickle_python */
	bool ordered;		/* DICT: an OrderedDict */
	uint64_t weight;	/* values in it if nothing were shared */
	struct ee_value value;
};

struct pickle_machine {
	const unsigned char *data;
	size_t size, at;
	size_t op;			/* where the opcode stands */
	const char *where;
	const struct ee_pickle_known *known;
	struct ee_arena *out;		/* of texts */
	struct ee_arena nodes;
	struct pickle_node **stack, **memo;
	size_t *marks;			/* heights of the stack */
	size_t n, room, nmarks, marks_room, nmemo, memo_room;
	struct ee_value *foreign;
	bool stopped;
	struct pickle_arg {
		const struct pickle_op *op;
		uint64_t number;	/* what follows it: this, or bytes, */
		const unsigned char *p, *p2;	/* or two lines of text */
		size_t n, n2;
	} arg;				/* of the opcode being run */
	struct ee_err *err;
};

enum pickle_form {
	FORM_UNKNOWN = 0,	/* no opcode of ours */
	FORM_NONE,
	FORM_NUMBER,		/* 'width' bytes, little-endian */
	FORM_BYTES,		/* 'width' bytes, or behind that a count */
	FORM_COUNTED,
	FORM_LINES
};

struct pickle_op {
	enum pickle_form form;
	unsigned width;
	enum ee_status (*run)(struct pickle_machine *m);
	enum node_kind kind;	/* of the container that it makes or fills */
	unsigned n;		/* with so many from the top of the stack */
};
extern const struct pickle_op ee_pickle_ops[256];

/* Fail with "<where>: byte N of the pickle: <what>". */
enum ee_status ee_pickle_fail(struct pickle_machine *m,
			      enum ee_status status, const char *what);

/* NULL if there is no memory. */
struct pickle_node *ee_pickle_node(struct pickle_machine *m,
				   enum node_kind kind);
/* Onto the stack; fails for a NULL node. */
EE_MUST_CHECK enum ee_status ee_pickle_push(struct pickle_machine *m,
	struct pickle_node *node);
EE_MUST_CHECK enum ee_status ee_pickle_push_value(struct pickle_machine *m,
	struct ee_value v);
/* Are there 'n' nodes above the last mark? */
EE_MUST_CHECK enum ee_status ee_pickle_need(struct pickle_machine *m,
	size_t n);
EE_MUST_CHECK enum ee_status ee_pickle_mark(struct pickle_machine *m);
/* Take the last mark away; the nodes above it are stack[*from..n). */
EE_MUST_CHECK enum ee_status ee_pickle_unmark(struct pickle_machine *m,
	size_t *from);
/* Put stack[from..n) into a new node, in their place. */
EE_MUST_CHECK enum ee_status ee_pickle_gather(struct pickle_machine *m,
	enum node_kind kind, size_t from);
/* Add stack[from..n) to the list or dict right below them. */
EE_MUST_CHECK enum ee_status ee_pickle_extend(struct pickle_machine *m,
	enum node_kind kind, size_t from);
/* Put the top of the stack into the memo, as 'number'. */
EE_MUST_CHECK enum ee_status ee_pickle_remember(struct pickle_machine *m,
	uint64_t number);

/* The class "module.name" onto the stack; a foreign one is noted. */
EE_MUST_CHECK enum ee_status ee_pickle_push_class(struct pickle_machine *m,
	const char *module, size_t nmodule, const char *name, size_t nname);

/* The node as a value; 'size' bytes of pickle have made it. */
EE_MUST_CHECK enum ee_status ee_pickle_value(struct ee_arena *arena,
	struct pickle_node *node, const struct ee_pickle_known *known,
	size_t size, struct ee_value *out, struct ee_err *err);

/* Classes that every pickle may hold, up to a NULL name.  Their 'ctx' is the
 * number of bytes (a size_t) that they may still make. */
extern const struct ee_pickle_class ee_pickle_python[];

#endif
