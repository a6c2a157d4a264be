/*
 * pickle_known.c - classes of a pickle, and those that are values.
 *
 * A set, a tuple or a list that is called for is the list it is called with;
 * bytes come as text in Latin-1 from protocol 2, which has none; numpy's
 * scalars are a dtype and bytes.
 */
#include <string.h>

#include "file/pickle_machine.h"

static enum ee_status
make_list(const struct ee_pickle_call *c)
{
	if (c->state != NULL || c->args->n > 1 ||
	    (c->args->n == 1 && c->args->u.list[0].type != EE_LIST))
		return EE_END;
	*c->out = c->args->n == 1 ? c->args->u.list[0] : ee_list();
	return EE_OK;
}

/* bytes(), the empty one: others come from _codecs.encode */
static enum ee_status
make_no_bytes(const struct ee_pickle_call *c)
{
	if (c->state != NULL || c->args->n != 0)
		return EE_END;
	*c->out = ee_text("");
	c->out->form = EE_BYTES;
	return EE_OK;
}

/* _codecs.encode(text, "latin1"): from UTF-8, characters up to 255 */
static enum ee_status
make_bytes(const struct ee_pickle_call *c)
{
	const struct ee_value *a = c->args->u.list;
	size_t *budget = c->ctx, i, n = 0;
	unsigned char *bytes;

	if (c->state != NULL || c->args->n != 2 || a[0].type != EE_TEXT ||
	    a[1].type != EE_TEXT || strcmp(a[1].u.text, "latin1") != 0)
		return EE_END;
	if (a[0].n > *budget)
		return ee_fail(c->err, EE_EFORMAT, "one text is made bytes "
			       "many times over");
	*budget -= a[0].n;
	bytes = ee_arena_alloc(c->arena, a[0].n + 1, 1);
	if (bytes == NULL)
		return ee_arena_check(c->arena, c->err);
	for (i = 0; i < a[0].n; i++) {
		unsigned char b = (unsigned char)a[0].u.text[i];

		if (b >= 0xc2 && b <= 0xc3 && i + 1 < a[0].n)
			b = (unsigned char)(b << 6 |
					    (a[0].u.text[++i] & 0x3f));
		else if (b >= 0x80)
			return EE_END;
		bytes[n++] = b;
	}
	bytes[n] = '\0';
	*c->out = ee_text_n((const char *)bytes, n);
	c->out->form = EE_BYTES;
	return EE_OK;
}

/* numpy.dtype("f8", ...) and its state (3, "<", ...): the text "<f8" */
static enum ee_status
make_dtype(const struct ee_pickle_call *c)
{
	char name[16] = "|";

	if (c->args->n == 0 || c->args->u.list[0].type != EE_TEXT ||
	    c->args->u.list[0].n > 8)
		return EE_END;
	if (c->state != NULL && c->state->type == EE_LIST && c->state->n > 1 &&
	    c->state->u.list[1].type == EE_TEXT && c->state->u.list[1].n == 1)
		name[0] = c->state->u.list[1].u.text[0];
	strcat(name, c->args->u.list[0].u.text);
	*c->out = ee_text(ee_arena_text(c->arena, name, strlen(name)));
	return EE_OK;
}

static struct ee_value
integer(const struct ee_tensor *t)
{
	uint64_t u;
	int64_t i;

	if (t->dtype == EE_I64) {
		memcpy(&i, t->data, sizeof(i));
		return ee_int(i);
	}
	if (t->dtype == EE_U64) {
		memcpy(&u, t->data, sizeof(u));
		return u <= INT64_MAX ? ee_int((int64_t)u)
				      : ee_real((double)u);
	}
	return ee_int((int64_t)ee_tensor_at(t, 0));
}

/* numpy's scalar(dtype, bytes): a number */
static enum ee_status
make_scalar(const struct ee_pickle_call *c)
{
	const struct ee_value *a = c->args->u.list;
	struct ee_tensor t = { .ndim = 0 };

	if (c->state != NULL || c->args->n != 2 || a[0].type != EE_TEXT ||
	    a[1].type != EE_TEXT ||
	    !ee_dtype_from_numpy(a[0].u.text, &t.dtype) ||
	    ee_dtype_size(t.dtype) != a[1].n)
		return EE_END;
	t.data = a[1].u.text;
	switch (t.dtype) {
	case EE_F16:
	case EE_F32:
	case EE_F64:
	case EE_BF16:
		*c->out = ee_real(ee_tensor_at(&t, 0));
		break;
	case EE_BOOL:
		*c->out = ee_logic(a[1].u.text[0] != 0);
		break;
	default:
		*c->out = integer(&t);
	}
	return EE_OK;
}

const struct ee_pickle_class ee_pickle_python[] = {
	{ "builtins.bytes", make_no_bytes },
	{ "builtins.frozenset", make_list },
	{ "builtins.list", make_list },
	{ "builtins.set", make_list },
	{ "builtins.tuple", make_list },
	{ "__builtin__.bytes", make_no_bytes },
	{ "__builtin__.frozenset", make_list },
	{ "__builtin__.list", make_list },
	{ "__builtin__.set", make_list },
	{ "__builtin__.tuple", make_list },
	{ "_codecs.encode", make_bytes },
	{ "collections.OrderedDict", NULL },
	{ "numpy.dtype", make_dtype },
	{ "numpy.core.multiarray.scalar", make_scalar },
	{ "numpy._core.multiarray.scalar", make_scalar },
	{ NULL, NULL },
};

static const struct ee_pickle_class *
find(const struct ee_pickle_class *c, const char *name)
{
	for (; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static void
note_foreign(struct pickle_machine *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->foreign->n; i++)
		if (strcmp(m->foreign->u.list[i].u.text, name) == 0)
			return;
	if (i < EE_PICKLE_NAMED)
		ee_add(m->out, m->foreign, ee_text(name));
}

enum ee_status
ee_pickle_push_class(struct pickle_machine *m, const char *module,
		     size_t nmodule, const char *name, size_t nname)
{
	const size_t n = nmodule + 1 + nname;
	struct pickle_node *node = ee_pickle_node(m, NODE_CLASS);
	char *full = ee_arena_alloc(m->out, n + 1, 1);

	if (node == NULL || full == NULL)
		return ee_pickle_fail(m, EE_ENOMEM, "out of memory");
	memcpy(full, module, nmodule);
	full[nmodule] = '.';
	memcpy(full + nmodule + 1, name, nname);
	full[n] = '\0';
	if (memchr(full, '\0', n) != NULL)
		return ee_pickle_fail(m, EE_EFORMAT, "a class with a zero byte "
				      "in its name");
	node->value = ee_text_n(full, n);
	node->class = find(ee_pickle_python, full);
	node->python = node->class != NULL;
	if (node->class == NULL && m->known != NULL)
		node->class = find(m->known->classes, full);
	if (node->class == NULL)
		note_foreign(m, full);
	return ee_pickle_push(m, node);
}

