/* pickle.c - pickles as data: fetching opcodes.  See pickle_machine.h. */
#include "file/pickle.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "file/pickle_machine.h"

static enum ee_status
cut_short(struct pickle_machine *m)
{
	return ee_pickle_fail(m, EE_ETRUNC, "cut short");
}

/* A little-endian number of 'width' bytes. */
static enum ee_status
fetch_number(struct pickle_machine *m, unsigned width, uint64_t *out)
{
	if (width > m->size - m->at)
		return cut_short(m);
	*out = ee_little(m->data + m->at, width);
	m->at += width;
	return EE_OK;
}

static enum ee_status
fetch_bytes(struct pickle_machine *m, uint64_t n)
{
	if (n > m->size - m->at)
		return cut_short(m);
	m->arg.p = m->data + m->at;
	m->arg.n = (size_t)n;
	m->at += m->arg.n;
	return EE_OK;
}

/* The bytes up to the end of the line. */
static enum ee_status
fetch_line(struct pickle_machine *m, const unsigned char **p, size_t *n)
{
	const unsigned char *line = m->data + m->at, *end = NULL;

	if (m->at < m->size)
		end = memchr(line, '\n', m->size - m->at);
	if (end == NULL)
		return cut_short(m);
	*p = line;
	*n = (size_t)(end - line);
	m->at += *n + 1;
	return EE_OK;
}

static enum ee_status
fetch(struct pickle_machine *m, const struct pickle_op *op)
{
	struct pickle_arg *a = &m->arg;

	switch (op->form) {
	case FORM_NONE:
		return EE_OK;
	case FORM_NUMBER:
		return fetch_number(m, op->width, &a->number);
	case FORM_BYTES:
		return fetch_bytes(m, op->width);
	case FORM_COUNTED:
		TRY(fetch_number(m, op->width, &a->number));
		return fetch_bytes(m, a->number);
	case FORM_LINES:
		TRY(fetch_line(m, &a->p, &a->n));
		return fetch_line(m, &a->p2, &a->n2);
	case FORM_UNKNOWN:
		break;
	}
	return ee_fail(m->err, EE_EFORMAT, "%s: byte %zu of the pickle: "
		       "0x%02x is no opcode of protocols 2 to 5", m->where,
		       m->op, m->data[m->op]);
}

/* The opcode at 'at', and what follows it. */
static enum ee_status
fetch_op(struct pickle_machine *m)
{
	m->op = m->at;
	if (m->at == m->size)
		return cut_short(m);
	m->arg = (struct pickle_arg){
		.op = &ee_pickle_ops[m->data[m->at++]]
	};
	return fetch(m, m->arg.op);
}

static enum ee_status
run(struct pickle_machine *m)
{
	while (!m->stopped) {
		TRY(fetch_op(m));
		TRY(m->arg.op->run(m));
	}
	return m->at == m->size ? EE_OK :
	       ee_pickle_fail(m, EE_EFORMAT, "more follows its end");
}

enum ee_status
ee_pickle_length(const unsigned char *data, size_t size, const char *where,
		 size_t *length, struct ee_err *err)
{
	struct pickle_machine m = { .data = data, .size = size,
				    .where = where, .err = err };

	do
		TRY(fetch_op(&m));
	while (data[m.op] != '.');
	*length = m.at;
	return EE_OK;
}

enum ee_status
ee_pickle_parse(struct ee_arena *arena, const unsigned char *data,
		size_t size, const char *where,
		const struct ee_pickle_known *known, struct ee_value *out,
		struct ee_value *foreign, struct ee_err *err)
{
	struct pickle_machine m = { .data = data, .size = size,
				    .where = where, .known = known,
				    .out = arena, .foreign = foreign,
				    .err = err };
	enum ee_status status;

	*foreign = ee_list();
	if (size > EE_PICKLE_MOST)
		return ee_fail(err, EE_EINPUT, "%s: a pickle of %zu bytes; "
			       "%d is the most that is read", where, size,
			       EE_PICKLE_MOST);
	if (size > 0 && data[0] != 0x80)
		return ee_fail(err, EE_EFORMAT, "%s: not a pickle of "
			       "protocol 2 to 5", where);
	status = run(&m);
	if (status == EE_OK) {
		status = ee_pickle_value(arena, m.stack[0], known, size, out,
					 err);
		if (status != EE_OK)
			status = ee_within(err, status, "%s", where);
	}
	if (status == EE_OK)
		status = ee_arena_check(arena, err);
	free(m.stack);
	free(m.memo);
	free(m.marks);
	ee_arena_free(&m.nodes);
	return status;
}
