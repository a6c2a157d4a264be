/* unpack.c - a whole msgpack object to a value.  See wire.h. */
#include <msgpack.h>
#include <string.h>

#include "stream/wire.h"

struct unpack {
	struct ee_arena *arena;
	struct ee_blobs *blobs;
	struct ee_err *err;
};

/* A string, or a byte string, which is what msgpack-numpy's keys are. */
static bool
bytes_of(const msgpack_object *o, const char **p, size_t *n)
{
	if (o != NULL && o->type == MSGPACK_OBJECT_STR) {
		*p = o->via.str.ptr;
		*n = o->via.str.size;
		return true;
	}
	if (o != NULL && o->type == MSGPACK_OBJECT_BIN) {
		*p = o->via.bin.ptr;
		*n = o->via.bin.size;
		return true;
	}
	return false;
}

static const msgpack_object *
find(const msgpack_object *map, const char *name)
{
	const char *p;
	size_t n;
	uint32_t i;

	for (i = 0; i < map->via.map.size; i++) {
		const msgpack_object_kv *kv = &map->via.map.ptr[i];

		if (bytes_of(&kv->key, &p, &n) && n == strlen(name) &&
		    memcmp(p, name, n) == 0)
			return &kv->val;
	}
	return NULL;
}

/*
 * numpy's name of a dtype.  bf16 has none: it is two bytes of nothing, "V2",
 * which msgpack-numpy describes as a record of one field: [["", "|V2"]].
 */
static enum ee_status
read_dtype(struct unpack *u, const msgpack_object *type,
	   enum ee_dtype *dtype, bool *swap)
{
	char name[8] = "";
	const char *p;
	size_t n;

	if (type->type == MSGPACK_OBJECT_ARRAY && type->via.array.size == 1) {
		type = &type->via.array.ptr[0];
		if (type->type != MSGPACK_OBJECT_ARRAY ||
		    type->via.array.size != 2 ||
		    !bytes_of(&type->via.array.ptr[0], &p, &n) || n != 0)
			return ee_fail(u->err, EE_EFORMAT,
				       "tensor of a structured dtype");
		type = &type->via.array.ptr[1];
	}
	if (!bytes_of(type, &p, &n) || n >= sizeof(name))
		return ee_fail(u->err, EE_EFORMAT,
			       "tensor of an unknown dtype");
	memcpy(name, p, n);
	*swap = name[0] == '>';
	if (*swap)
		name[0] = '<';
	if (!ee_dtype_from_numpy(name, dtype))
		return ee_fail(u->err, EE_EFORMAT,
			       "tensor of dtype '%.*s', which is not taken",
			       (int)n, p);
	return EE_OK;
}

static enum ee_status
read_shape(struct unpack *u, const msgpack_object *shape, struct ee_tensor *t)
{
	uint32_t i;

	if (shape == NULL || shape->type != MSGPACK_OBJECT_ARRAY)
		return ee_fail(u->err, EE_EFORMAT, "tensor without a shape");
	if (shape->via.array.size > EE_MAX_DIMS)
		return ee_fail(u->err, EE_EFORMAT,
			       "tensor of %u dimensions, at most %d are taken",
			       (unsigned)shape->via.array.size,
			       (int)EE_MAX_DIMS);
	t->ndim = shape->via.array.size;
	for (i = 0; i < t->ndim; i++) {
		const msgpack_object *o = &shape->via.array.ptr[i];

		if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
		    o->via.u64 > PTRDIFF_MAX)
			return ee_fail(u->err, EE_EFORMAT,
				       "tensor with a bad shape");
		t->shape[i] = (size_t)o->via.u64;
	}
	return EE_OK;
}

/* A tensor whose data still lies in the input, perhaps byte-swapped. */
struct foreign {
	struct ee_tensor tensor;
	const char *data;
	size_t bytes;
	bool swap;
};

static enum ee_status
read_tensor(struct unpack *u, const msgpack_object *map, bool scalar,
	    struct foreign *f)
{
	const msgpack_object *type = find(map, "type");
	char shape[128];
	size_t want;
	enum ee_status status;

	memset(f, 0, sizeof(*f));
	if (type == NULL || !bytes_of(find(map, "data"), &f->data, &f->bytes))
		return ee_fail(u->err, EE_EFORMAT,
			       "tensor without type or data");
	status = read_dtype(u, type, &f->tensor.dtype, &f->swap);
	if (status == EE_OK && !scalar)
		status = read_shape(u, find(map, "shape"), &f->tensor);
	if (status != EE_OK)
		return status;
	if (!ee_tensor_bytes(&f->tensor, &want) || want != f->bytes)
		return ee_fail(u->err, EE_EFORMAT,
			       "tensor %s of %s has %zu bytes of data",
			       ee_tensor_shape(&f->tensor, shape),
			       ee_dtype_name(f->tensor.dtype), f->bytes);
	return EE_OK;
}

static void
reverse_each(unsigned char *p, size_t bytes, size_t size)
{
	unsigned char c;
	size_t i, k;

	for (i = 0; i + size <= bytes; i += size) {
		for (k = 0; k < size / 2; k++) {
			c = p[i + k];
			p[i + k] = p[i + size - 1 - k];
			p[i + size - 1 - k] = c;
		}
	}
}

/* Copy the data to where tensors live, behind what is there already. */
static const void *
place(struct unpack *u, const struct foreign *f)
{
	unsigned char *at = u->blobs->data + u->blobs->used;

	if (f->bytes > 0)
		memcpy(at, f->data, f->bytes);
	if (f->swap)
		reverse_each(at, f->bytes, ee_dtype_size(f->tensor.dtype));
	u->blobs->used += f->bytes;
	return at;
}

static void
align_blobs(struct ee_blobs *blobs)
{
	blobs->used = (blobs->used + 63) & ~(size_t)63;
}

static enum ee_status
numpy_scalar(struct unpack *u, const msgpack_object *map,
	     struct ee_value *out)
{
	struct foreign f;
	enum ee_status status = read_tensor(u, map, true, &f);
	uint64_t big;

	if (status != EE_OK)
		return status;
	align_blobs(u->blobs);
	f.tensor.data = place(u, &f);
	switch (f.tensor.dtype) {
	case EE_F32: case EE_F64: case EE_F16: case EE_BF16:
		*out = ee_real(ee_tensor_at(&f.tensor, 0));
		break;
	case EE_BOOL:
		*out = ee_logic(ee_tensor_at(&f.tensor, 0) != 0.0);
		break;
	case EE_I64: case EE_U64:	/* beyond what a double holds */
		memcpy(&big, f.tensor.data, sizeof(big));
		if (f.tensor.dtype == EE_U64 && big > INT64_MAX)
			return ee_fail(u->err, EE_EFORMAT,
				       "integer beyond 63 bits");
		*out = ee_int((int64_t)big);
		break;
	default:
		*out = ee_int((int64_t)ee_tensor_at(&f.tensor, 0));
	}
	return EE_OK;
}

static enum ee_status
numpy_value(struct unpack *u, const msgpack_object *map, struct ee_value *out)
{
	const msgpack_object *nd = find(map, "nd");
	struct foreign f;
	enum ee_status status;

	if (nd->type != MSGPACK_OBJECT_BOOLEAN)
		return ee_fail(u->err, EE_EFORMAT,
			       "tensor whose 'nd' is not true or false");
	if (!nd->via.boolean)
		return numpy_scalar(u, map, out);
	status = read_tensor(u, map, false, &f);
	if (status != EE_OK)
		return status;
	align_blobs(u->blobs);
	f.tensor.data = place(u, &f);
	*out = ee_tensor(f.tensor);
	return EE_OK;
}

static bool
same_rows(const struct ee_tensor *a, const struct ee_tensor *b)
{
	unsigned i;

	if (a->ndim != b->ndim || a->ndim == 0 || a->dtype != b->dtype)
		return false;
	for (i = 1; i < a->ndim; i++)
		if (a->shape[i] != b->shape[i])
			return false;
	return true;
}

/* {"split": true, "parts": [...]}: one tensor, cut between rows. */
static enum ee_status
join_parts(struct unpack *u, const msgpack_object_array *parts,
	   struct ee_value *out)
{
	struct ee_tensor whole = {0};
	struct foreign f;
	enum ee_status status;
	const void *at;
	uint32_t i;

	align_blobs(u->blobs);
	for (i = 0; i < parts->size; i++) {
		const msgpack_object *o = &parts->ptr[i];

		if (o->type != MSGPACK_OBJECT_MAP)
			return ee_fail(u->err, EE_EFORMAT,
				       "part %u is no tensor", i + 1);
		status = read_tensor(u, o, false, &f);
		if (status != EE_OK)
			return ee_within(u->err, status, "part %u", i + 1);
		at = place(u, &f);
		if (i == 0) {
			whole = f.tensor;
			whole.data = at;
			whole.shape[0] = 0;
		}
		if (!same_rows(&whole, &f.tensor) ||
		    f.tensor.shape[0] > PTRDIFF_MAX - whole.shape[0])
			return ee_fail(u->err, EE_EFORMAT,
				       "part %u does not fit the first",
				       i + 1);
		whole.shape[0] += f.tensor.shape[0];
	}
	if (parts->size == 0)
		return ee_fail(u->err, EE_EFORMAT, "split into no parts");
	*out = ee_tensor(whole);
	return EE_OK;
}

static enum ee_status convert(struct unpack *u, const msgpack_object *o,
			      struct ee_value *out);

static enum ee_status
plain_map(struct unpack *u, const msgpack_object *o, struct ee_value *out)
{
	struct ee_value member;
	enum ee_status status;
	uint32_t i;

	*out = ee_map();
	for (i = 0; i < o->via.map.size; i++) {
		const msgpack_object_kv *kv = &o->via.map.ptr[i];
		const msgpack_object_str *s = &kv->key.via.str;
		const char *key;

		if (kv->key.type != MSGPACK_OBJECT_STR || (s->size > 0 &&
		    memchr(s->ptr, '\0', s->size) != NULL))
			return ee_fail(u->err, EE_EFORMAT,
				       "map with a key that is no string");
		key = ee_arena_text(u->arena, s->ptr, s->size);
		if (key == NULL)
			return ee_arena_check(u->arena, u->err);
		status = convert(u, &kv->val, &member);
		if (status != EE_OK)
			return ee_within(u->err, status, "'%.60s'", key);
		ee_put(u->arena, out, key, member);
	}
	return EE_OK;
}

static enum ee_status
convert_map(struct unpack *u, const msgpack_object *o, struct ee_value *out)
{
	const msgpack_object *split, *parts;

	if (find(o, "nd") != NULL && find(o, "type") != NULL &&
	    find(o, "data") != NULL)
		return numpy_value(u, o, out);
	split = find(o, "split");
	parts = find(o, "parts");
	if (split != NULL && split->type == MSGPACK_OBJECT_BOOLEAN &&
	    parts != NULL && parts->type == MSGPACK_OBJECT_ARRAY)
		return join_parts(u, &parts->via.array, out);
	return plain_map(u, o, out);
}

static enum ee_status
convert_list(struct unpack *u, const msgpack_object *o, struct ee_value *out)
{
	struct ee_value member;
	enum ee_status status;
	uint32_t i;

	*out = ee_list();
	for (i = 0; i < o->via.array.size; i++) {
		status = convert(u, &o->via.array.ptr[i], &member);
		if (status != EE_OK)
			return status;
		ee_add(u->arena, out, member);
	}
	return EE_OK;
}

static enum ee_status
convert(struct unpack *u, const msgpack_object *o, struct ee_value *out)
{
	const char *p;
	size_t n;

	if (bytes_of(o, &p, &n)) {
		*out = ee_text_n(ee_arena_text(u->arena, p, n), n);
		return EE_OK;
	}
	switch (o->type) {
	case MSGPACK_OBJECT_NIL: *out = ee_null(); break;
	case MSGPACK_OBJECT_BOOLEAN: *out = ee_logic(o->via.boolean); break;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER: *out = ee_int(o->via.i64); break;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		if (o->via.u64 > INT64_MAX)
			return ee_fail(u->err, EE_EFORMAT,
				       "integer beyond 63 bits");
		*out = ee_int((int64_t)o->via.u64);
		break;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64: *out = ee_real(o->via.f64); break;
	case MSGPACK_OBJECT_ARRAY: return convert_list(u, o, out);
	case MSGPACK_OBJECT_MAP: return convert_map(u, o, out);
	default:
		return ee_fail(u->err, EE_EFORMAT, "msgpack extension type");
	}
	return EE_OK;
}

enum ee_status
ee_unpack(struct ee_arena *arena, struct ee_blobs *blobs,
	  const unsigned char *p, size_t n, struct ee_value *out,
	  struct ee_err *err)
{
	struct unpack u = { arena, blobs, err };
	msgpack_unpack_return got;
	msgpack_unpacked whole;
	enum ee_status status;
	size_t off = 0;

	msgpack_unpacked_init(&whole);
	got = msgpack_unpack_next(&whole, (const char *)p, n, &off);
	if (got == MSGPACK_UNPACK_NOMEM_ERROR)
		status = ee_fail(err, EE_ENOMEM, "out of memory");
	else if (got != MSGPACK_UNPACK_SUCCESS)
		status = ee_fail(err, EE_EFORMAT, "not msgpack");
	else
		status = convert(&u, &whole.data, out);
	msgpack_unpacked_destroy(&whole);
	return status == EE_OK ? ee_arena_check(arena, err) : status;
}
