/* npy_write.c - what numpy.save writes.  See npy.h. */
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "file/npy.h"

/* numpy keeps room in the header for the first dimension to grow to this. */
enum { GROWN_DIGITS = 21, MAX_HEADER = 512 };

static void
format_shape(const struct ee_tensor *t, char *out, size_t room)
{
	int used = snprintf(out, room, "(");
	unsigned i;

	for (i = 0; i < t->ndim; i++)
		used += snprintf(out + used, room - (size_t)used, "%s%zu",
				 i ? ", " : "", t->shape[i]);
	snprintf(out + used, room - (size_t)used, "%s)",
		 t->ndim == 1 ? "," : "");
}

static const char *
format_header(struct ee_arena *arena, const char *descr,
	      const struct ee_tensor *t, size_t *size)
{
	char shape[EE_MAX_DIMS * 24], dict[MAX_HEADER], first[24] = "";
	unsigned char *head;
	int n, padding = 0;

	format_shape(t, shape, sizeof(shape));
	if (t->ndim > 0)
		padding = GROWN_DIGITS - snprintf(first, sizeof(first), "%zu",
						  t->shape[0]);
	n = snprintf(dict, sizeof(dict), "{'descr': '%s', 'fortran_order': "
		     "False, 'shape': %s, }%*s", descr, shape, padding, "");
	*size = ((size_t)n + 10 + 1 + 63) & ~(size_t)63;
	head = ee_arena_alloc(arena, *size, 1);
	if (head == NULL)
		return NULL;
	memset(head, ' ', *size);
	memcpy(head, "\x93NUMPY\x01\x00", 8);
	head[8] = (unsigned char)(*size - 10);
	head[9] = (unsigned char)((*size - 10) >> 8);
	memcpy(head + 10, dict, (size_t)n);
	head[*size - 1] = '\n';
	return (const char *)head;
}

/* UTF-8 to little-endian UTF-32; the number of characters in *chars. */
static enum ee_status
widen(struct ee_arena *arena, const struct ee_value *v, const void **out,
      size_t *chars, struct ee_err *err)
{
	const utf8proc_uint8_t *s = (const utf8proc_uint8_t *)v->u.text;
	unsigned char *p = ee_arena_alloc(arena, 4 * v->n + 4, 4);
	utf8proc_ssize_t k;
	utf8proc_int32_t c;
	size_t i, n = 0;
	unsigned b;

	if (p == NULL)
		return ee_arena_check(arena, err);
	for (i = 0; i < v->n; i += (size_t)k, n++) {
		k = utf8proc_iterate(s + i, (utf8proc_ssize_t)(v->n - i), &c);
		if (k <= 0)
			return ee_fail(err, EE_EINPUT,
				       "a text that is not UTF-8");
		for (b = 0; b < 4; b++)
			p[4 * n + b] = (unsigned char)((uint32_t)c >>
						       8 * b);
	}
	if (n == 0)		/* numpy has no text of size 0 */
		memset(p, 0, 4);
	*out = p;
	*chars = n ? n : 1;
	return EE_OK;
}

static enum ee_status
scalar(struct ee_arena *arena, const struct ee_value *v, struct ee_tensor *t,
       struct ee_err *err)
{
	const uint64_t none = UINT64_C(0xfff8000000000002);
	void *p = ee_arena_alloc(arena, 8, 8);

	if (p == NULL)
		return ee_arena_check(arena, err);
	t->data = p;
	switch (v->type) {
	case EE_NULL:
		t->dtype = EE_F64;
		memcpy(p, &none, 8);
		break;
	case EE_LOGIC:
		t->dtype = EE_BOOL;
		memset(p, v->u.logic, 1);
		break;
	case EE_INT:
		t->dtype = EE_I64;
		memcpy(p, &v->u.integer, 8);
		break;
	case EE_REAL:
		t->dtype = EE_F64;
		memcpy(p, &v->u.real, 8);
		break;
	default:
		return ee_fail(err, EE_EINPUT, "%s cannot be a numpy array",
			       ee_type_name(v->type));
	}
	return EE_OK;
}

enum ee_status
ee_npy_format(struct ee_arena *arena, const struct ee_value *v,
	      struct ee_npy_parts *out, struct ee_err *err)
{
	struct ee_tensor t = { 0 };
	enum ee_status status = EE_OK;
	char descr[32];
	size_t n = 0;

	if (v->type == EE_TEXT) {
		status = widen(arena, v, &t.data, &n, err);
		snprintf(descr, sizeof(descr), "<U%zu", n);
		out->nbody = 4 * n;
	} else {
		if (v->type == EE_TENSOR)
			t = v->u.tensor;
		else
			status = scalar(arena, v, &t, err);
		if (status == EE_OK && !ee_tensor_bytes(&t, &out->nbody))
			status = ee_fail(err, EE_EINPUT, "too large");
		snprintf(descr, sizeof(descr), "%s", t.dtype == EE_BF16 ?
			 "|V2" : ee_dtype_numpy(t.dtype));
	}
	if (status != EE_OK)
		return status;
	out->head = format_header(arena, descr, &t, &out->nhead);
	out->body = t.data;
	return ee_arena_check(arena, err);
}
