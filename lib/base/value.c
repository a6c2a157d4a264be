/* value.c - the value tree.  See value.h. */
#include "base/value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *
ee_type_name(enum ee_type type)
{
	static const char *const names[] = {
		[EE_NULL] = "null", [EE_LOGIC] = "true or false",
		[EE_INT] = "an integer", [EE_REAL] = "a number",
		[EE_TEXT] = "a string", [EE_LIST] = "a list",
		[EE_MAP] = "a map", [EE_TENSOR] = "a tensor",
	};

	return names[type];
}

struct ee_value
ee_null(void)
{
	return (struct ee_value){ .type = EE_NULL };
}

struct ee_value
ee_logic(bool b)
{
	return (struct ee_value){ .type = EE_LOGIC, .u.logic = b };
}

struct ee_value
ee_int(int64_t i)
{
	return (struct ee_value){ .type = EE_INT, .u.integer = i };
}

struct ee_value
ee_real(double d)
{
	return (struct ee_value){ .type = EE_REAL, .u.real = d };
}

struct ee_value
ee_text(const char *s)
{
	return ee_text_n(s, s ? strlen(s) : 0);
}

struct ee_value
ee_text_n(const char *s, size_t n)
{
	return (struct ee_value){ .type = EE_TEXT, .n = n,
				  .u.text = s ? s : "" };
}

struct ee_value
ee_tensor(struct ee_tensor tensor)
{
	return (struct ee_value){ .type = EE_TENSOR, .u.tensor = tensor };
}

struct ee_value
ee_list(void)
{
	return (struct ee_value){ .type = EE_LIST };
}

struct ee_value
ee_map(void)
{
	return (struct ee_value){ .type = EE_MAP };
}

/* Room for one more member of 'size' bytes; NULL if there is no memory. */
static void *
room_for_one(struct ee_arena *arena, struct ee_value *v, void *old,
	     size_t size)
{
	size_t room, bytes;
	void *p;

	if (v->n < v->room)
		return old;
	room = v->room ? 2 * v->room : 8;
	if (!ee_mul(room, size, &bytes)) {
		arena->failed = true;
		return NULL;
	}
	p = ee_arena_alloc(arena, bytes, 16);
	if (p == NULL)
		return NULL;
	if (v->n > 0)
		memcpy(p, old, v->n * size);
	v->room = room;
	return p;
}

void
ee_add(struct ee_arena *arena, struct ee_value *list, struct ee_value v)
{
	struct ee_value *p = room_for_one(arena, list, list->u.list,
					  sizeof(*p));

	if (p == NULL)
		return;
	list->u.list = p;
	p[list->n++] = v;
}

void
ee_put(struct ee_arena *arena, struct ee_value *map, const char *key,
       struct ee_value v)
{
	struct ee_pair *p = room_for_one(arena, map, map->u.map, sizeof(*p));

	if (p == NULL)
		return;
	map->u.map = p;
	p[map->n].key = key;
	p[map->n++].value = v;
}

void
ee_put_array(struct ee_arena *arena, struct ee_value *map, const char *key,
	     enum ee_dtype dtype, const void *data, size_t rows, size_t cols)
{
	ee_put(arena, map, key,
	       ee_tensor(ee_tensor_2d(dtype, data, rows, cols)));
}

void
ee_set(struct ee_arena *arena, struct ee_value *map, const char *key,
       struct ee_value v)
{
	size_t i;

	for (i = 0; i < map->n; i++) {
		if (strcmp(map->u.map[i].key, key) == 0) {
			map->u.map[i].value = v;
			return;
		}
	}
	ee_put(arena, map, key, v);
}

const struct ee_value *
ee_get(const struct ee_value *map, const char *key)
{
	size_t i;

	if (map == NULL || map->type != EE_MAP)
		return NULL;
	for (i = 0; i < map->n; i++)
		if (strcmp(map->u.map[i].key, key) == 0)
			return &map->u.map[i].value;
	return NULL;
}

const char *
ee_maybe_text(const struct ee_value *map, const char *key)
{
	const struct ee_value *v = ee_get(map, key);

	return v != NULL && v->type == EE_TEXT ? v->u.text : NULL;
}

static struct ee_value
copy_tensor(struct ee_arena *arena, const struct ee_value *v)
{
	struct ee_value c = *v;
	size_t bytes = 0;
	void *p;

	if (!ee_tensor_bytes(&v->u.tensor, &bytes)) {
		arena->failed = true;
		return ee_null();
	}
	p = ee_arena_alloc(arena, bytes, 64);
	if (p == NULL)
		return ee_null();
	if (bytes > 0)
		memcpy(p, v->u.tensor.data, bytes);
	c.u.tensor.data = p;
	return c;
}

struct ee_value
ee_copy(struct ee_arena *arena, const struct ee_value *v)
{
	struct ee_value c = *v;
	size_t i;

	switch (v->type) {
	case EE_TEXT:
		c.u.text = ee_arena_text(arena, v->u.text, v->n);
		return c.u.text ? c : ee_null();
	case EE_TENSOR:
		return copy_tensor(arena, v);
	case EE_LIST:
		c = ee_list();
		for (i = 0; i < v->n; i++)
			ee_add(arena, &c, ee_copy(arena, &v->u.list[i]));
		break;
	case EE_MAP:
		c = ee_map();
		for (i = 0; i < v->n; i++) {
			const struct ee_pair *p = &v->u.map[i];
			const char *key = ee_arena_text(arena, p->key,
							strlen(p->key));

			if (key != NULL)
				ee_put(arena, &c, key,
				       ee_copy(arena, &p->value));
		}
		break;
	default:
		break;
	}
	c.form = v->form;
	c.line = v->line;
	return c;
}

static enum ee_status
fail_at(const struct ee_value *v, const char *key, const char *where,
	const char *what, struct ee_err *err)
{
	if (v != NULL && v->line > 0)
		return ee_fail(err, EE_EFORMAT, "%s:%u: '%s': %s", where,
			       v->line, key, what);
	return ee_fail(err, EE_EFORMAT, "%s: '%s': %s", where, key, what);
}

static enum ee_status
wrong_type(const struct ee_value *v, const char *key, const char *want,
	   const char *where, struct ee_err *err)
{
	char what[128];

	if (v == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: '%s' is missing", where,
			       key);
	snprintf(what, sizeof(what), "is %s, want %s", ee_type_name(v->type),
		 want);
	return fail_at(v, key, where, what, err);
}

enum ee_status
ee_get_int(const struct ee_value *map, const char *key, int64_t min,
	   int64_t max, int64_t *out, const char *where, struct ee_err *err)
{
	const struct ee_value *v = ee_get(map, key);
	char what[128];
	int64_t i;

	if (v != NULL && v->type == EE_INT)
		i = v->u.integer;
	else if (v != NULL && v->type == EE_REAL &&
		 fabs(v->u.real) < 9e15 && floor(v->u.real) == v->u.real)
		i = (int64_t)v->u.real;
	else
		return wrong_type(v, key, "an integer", where, err);
	if (i < min || i > max) {
		snprintf(what, sizeof(what), "is %lld, want %lld to %lld",
			 (long long)i, (long long)min, (long long)max);
		return fail_at(v, key, where, what, err);
	}
	*out = i;
	return EE_OK;
}

enum ee_status
ee_get_real(const struct ee_value *map, const char *key, double min,
	    double max, double *out, const char *where, struct ee_err *err)
{
	const struct ee_value *v = ee_get(map, key);
	char what[128];
	double d;

	if (v != NULL && v->type == EE_REAL)
		d = v->u.real;
	else if (v != NULL && v->type == EE_INT)
		d = (double)v->u.integer;
	else
		return wrong_type(v, key, "a number", where, err);
	if (!(d >= min && d <= max)) {
		snprintf(what, sizeof(what), "is %g, want %g to %g", d, min,
			 max);
		return fail_at(v, key, where, what, err);
	}
	*out = d;
	return EE_OK;
}

enum ee_status
ee_get_logic(const struct ee_value *map, const char *key, bool *out,
	     const char *where, struct ee_err *err)
{
	const struct ee_value *v = ee_get(map, key);

	if (v == NULL || v->type != EE_LOGIC)
		return wrong_type(v, key, "true or false", where, err);
	*out = v->u.logic;
	return EE_OK;
}

enum ee_status
ee_get_text(const struct ee_value *map, const char *key, const char **out,
	    const char *where, struct ee_err *err)
{
	const struct ee_value *v = ee_get(map, key);

	if (v == NULL || v->type != EE_TEXT)
		return wrong_type(v, key, "a string", where, err);
	*out = v->u.text;
	return EE_OK;
}

enum ee_status
ee_get_tensor(const struct ee_value *map, const char *key,
	      enum ee_dtype dtype, unsigned ndim, struct ee_tensor *out,
	      const char *where, struct ee_err *err)
{
	const struct ee_value *v = ee_get(map, key);
	char what[256], shape[128];

	if (v == NULL || v->type != EE_TENSOR)
		return wrong_type(v, key, "a tensor", where, err);
	if (v->u.tensor.dtype != dtype || v->u.tensor.ndim != ndim) {
		snprintf(what, sizeof(what),
			 "is %s %s, want %s of %u dimensions",
			 ee_dtype_name(v->u.tensor.dtype),
			 ee_tensor_shape(&v->u.tensor, shape),
			 ee_dtype_name(dtype), ndim);
		return fail_at(v, key, where, what, err);
	}
	*out = v->u.tensor;
	return EE_OK;
}
