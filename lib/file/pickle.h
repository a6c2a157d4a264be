/*
 * pickle.h - Python's pickles (protocols 2 to 5) as data.
 *
 * A pickle is a program for a small stack machine, and Python's machine may
 * call anything.  This one builds values and can run nothing:
 *
 *   None, bool, float, str        as they are
 *   int                           EE_INT; beyond 64 bits it is an error
 *   bytes                         EE_TEXT, of any bytes
 *   list, tuple, set              EE_LIST (a set is as a list)
 *   dict, OrderedDict             EE_MAP if its keys are strings and
 *                                 integers (which become decimal text);
 *                                 any other dict is a list of pairs
 *   numpy scalars                 a number
 *   a class of the caller's       what 'make' says; its name if it is not
 *                                 called
 *   anything else                 a map {"class": "os.system", "args": [...]}
 *                                 and, where the pickle has them, "kwargs",
 *                                 "state", "items", "list": inert
 *
 * Parts that the pickle refers to twice are shared, not copied.  A value
 * that holds itself, is nested deeper than EE_PICKLE_DEPTH, or would be huge
 * if what is shared were written out, is an error; so whoever walks the value
 * needs no care.  The 'form' of a value says what Python had.
 *
 * Ownership: values live in the arena given; nothing of the bytes is kept.
 */
#ifndef EE_PICKLE_H
#define EE_PICKLE_H

#include "base/base.h"
#include "base/value.h"

enum {
	EE_PICKLE_DEPTH = 200,
	EE_PICKLE_MOST = 64 << 20,	/* bytes of one pickle */
	EE_PICKLE_NAMED = 64		/* foreign classes that are named */
};

/* A call of a class or a function. */
struct ee_pickle_call {
	void *ctx;
	struct ee_arena *arena;
	const struct ee_value *args;	/* what it is called with: a list */
	const struct ee_value *state;	/* what is set after it, or NULL */
	struct ee_value *out;		/* what it is */
	struct ee_err *err;
};

/* A class, or a function, that the caller knows.  'make' turns a call of it
 * into a value; it answers EE_END if it cannot, which leaves the call inert.
 * A NULL 'make' always does. */
struct ee_pickle_class {
	const char *name;	/* "module.name" */
	enum ee_status (*make)(const struct ee_pickle_call *call);
};

struct ee_pickle_known {
	void *ctx;
	const struct ee_pickle_class *classes;	/* up to a NULL name */
	/* What a persistent id stands for; NULL: there must be none. */
	enum ee_status (*persistent)(void *ctx, struct ee_arena *arena,
				     const struct ee_value *id,
				     struct ee_value *out,
				     struct ee_err *err);
};

/*
 * The value of the one pickle that 'data' is.
 *
 *   where    names the source in errors
 *   known    or NULL
 *   foreign  out: a list of the names of all classes that the pickle names,
 *            whether or not they are part of the value, and that are neither
 *            ours nor 'known': each once, EE_PICKLE_NAMED at most
 *
 * Fails with EE_EFORMAT, EE_ETRUNC, EE_EINPUT (something that Python reads
 * and we do not), EE_ENOMEM, or as 'known' does.
 */
EE_MUST_CHECK enum ee_status ee_pickle_parse(struct ee_arena *arena,
	const unsigned char *data, size_t size, const char *where,
	const struct ee_pickle_known *known, struct ee_value *out,
	struct ee_value *foreign, struct ee_err *err);

/*
 * How many bytes of 'data' the pickle at its beginning takes, whatever it is:
 * for files that hold one after the other.  Fails with EE_EFORMAT, EE_ETRUNC.
 */
EE_MUST_CHECK enum ee_status ee_pickle_length(const unsigned char *data,
	size_t size, const char *where, size_t *length, struct ee_err *err);

#endif
