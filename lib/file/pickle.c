/* pickle.c - pickles as data: fetching opcodes.  See pickle_machine.h. */
#include "file/pickle.h"

#include <stdlib.h>
#include <string.h>

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
	unsigned i;

	if (width > m->size - m->at)
		return cut_short(m);
	*out = 0;
	for (i = width; i-- > 0;)
		*out = *out << 8 | m->data[m->at + i];
	m->at += width;
	return EE_OK;
}

static enum ee_status
fetch_bytes(struct pickle_machine *m, uint64_t n, struct pickle_arg *a)
{
	if (n > m->size - m->at)
		return cut_short(m);
	a->p = m->data + m->at;
	a->n = (size_t)n;
	m->at += a->n;
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
fetch(struct pickle_machine *m, const struct pickle_op *op,
      struct pickle_arg *a)
{
	enum ee_status status;

	switch (op->form) {
	case FORM_NONE:
		return EE_OK;
	case FORM_NUMBER:
		return fetch_number(m, op->width, &a->number);
	case FORM_BYTES:
		return fetch_bytes(m, op->width, a);
	case FORM_COUNTED:
		status = fetch_number(m, op->width, &a->number);
		return status == EE_OK ? fetch_bytes(m, a->number, a)
				       : status;
	case FORM_LINES:
		status = fetch_line(m, &a->p, &a->n);
		return status == EE_OK ? fetch_line(m, &a->p2, &a->n2)
				       : status;
	case FORM_UNKNOWN:
		break;
	}
	return ee_fail(m->err, EE_EFORMAT, "%s: byte %zu of the pickle: "
		       "0x%02x is no opcode of protocols 2 to 5", m->where,
		       m->op, m->data[m->op]);
}

/* The opcode at 'at', and what follows it. */
static enum ee_status
fetch_op(struct pickle_machine *m, struct pickle_arg *a)
{
	memset(a, 0, sizeof(*a));
	m->op = m->at;
	if (m->at == m->size)
		return cut_short(m);
	m->at++;
	return fetch(m, &ee_pickle_ops[m->data[m->op]], a);
}

static enum ee_status
run(struct pickle_machine *m)
{
	enum ee_status status = EE_OK;

	while (status == EE_OK && !m->stopped) {
		struct pickle_arg a;

		status = fetch_op(m, &a);
		if (status == EE_OK)
			status = ee_pickle_ops[m->data[m->op]].run(m, &a);
	}
	if (status == EE_OK && m->at != m->size)
		status = ee_pickle_fail(m, EE_EFORMAT, "more follows its "
					"end");
	return status;
}

enum ee_status
ee_pickle_length(const unsigned char *data, size_t size, const char *where,
		 size_t *length, struct ee_err *err)
{
	struct pickle_machine m = { .data = data, .size = size,
				    .where = where, .err = err };
	struct pickle_arg a;
	enum ee_status status;

	do
		status = fetch_op(&m, &a);
	while (status == EE_OK && data[m.op] != '.');
	*length = m.at;
	return status;
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
