/*
 * torch_tensor.c - tensors out of storages.  See torch_parts.h.
 *
 * torch saves a tensor as a call of _rebuild_tensor_v2 with a storage, an
 * offset, sizes and strides, in elements: any view, so that tensors may share
 * a storage, and one may use an element twice.
 */
#include <string.h>

#include "base/try.h"
#include "file/torch_parts.h"

/* Class of storage, name of dtype (both in torch), ours, whether torch saves
 * it in that class of storage. */
#define DTYPES(ROW) \
	ROW("FloatStorage", "float32", EE_F32, true) \
	ROW("HalfStorage", "float16", EE_F16, true) \
	ROW("BFloat16Storage", "bfloat16", EE_BF16, true) \
	ROW("DoubleStorage", "float64", EE_F64, true) \
	ROW("LongStorage", "int64", EE_I64, true) \
	ROW("IntStorage", "int32", EE_I32, true) \
	ROW("ShortStorage", "int16", EE_I16, true) \
	ROW("CharStorage", "int8", EE_I8, true) \
	ROW("ByteStorage", "uint8", EE_U8, true) \
	ROW("BoolStorage", "bool", EE_BOOL, true) \
	ROW("UInt16Storage", "uint16", EE_U16, false) \
	ROW("UInt32Storage", "uint32", EE_U32, false) \
	ROW("UInt64Storage", "uint64", EE_U64, false) \
	ROW("storage.UntypedStorage", "uint8", EE_U8, false)

#define ROW_OF_DTYPES(class, name, dtype, is_typed) \
	{ dtype, class, name, is_typed },
static const struct ee_torch_dtype dtypes[] = { DTYPES(ROW_OF_DTYPES) };
enum { NDTYPES = sizeof(dtypes) / sizeof(dtypes[0]) };

const struct ee_torch_dtype *
ee_torch_dtype(enum ee_dtype dtype)
{
	unsigned i = 0;

	while (dtypes[i].dtype != dtype)
		i++;
	return &dtypes[i];
}

/* Is 'full' what torch calls 'name'? */
static bool
is_torch(const char *full, const char *name)
{
	return strncmp(full, "torch.", 6) == 0 && strcmp(full + 6, name) == 0;
}

static bool
is_text(const struct ee_value *v)
{
	return v->type == EE_TEXT && strlen(v->u.text) == v->n;
}

/* The name of a class: known ones are text, foreign ones say so. */
static const char *
name_of(const struct ee_value *v)
{
	if (v->type == EE_MAP)
		v = ee_get(v, "class");
	return v != NULL && is_text(v) ? v->u.text : "what is no class";
}

enum ee_status
ee_torch_read_id(const struct ee_value *id, struct ee_torch_id *out,
		 struct ee_err *err)
{
	const struct ee_value *p = id->u.list;
	unsigned i;

	if (id->type == EE_LIST && id->n >= 2 && is_text(&p[0]) &&
	    strcmp(p[0].u.text, "module") == 0)
		return EE_END;
	if (id->type != EE_LIST || id->n < 5 || !is_text(&p[0]) ||
	    strcmp(p[0].u.text, "storage") != 0 || !is_text(&p[2]) ||
	    p[4].type != EE_INT || p[4].u.integer < 0)
		return ee_fail(err, EE_EFORMAT, "a reference that names no "
			       "storage");
	for (i = 0; i < NDTYPES; i++)
		if (is_torch(name_of(&p[1]), dtypes[i].storage))
			break;
	if (i == NDTYPES)
		return ee_fail(err, EE_EINPUT, "a tensor of %s is not "
			       "supported", name_of(&p[1]));
	out->key = p[2].u.text;
	out->dtype = dtypes[i].dtype;
	out->elements = (size_t)p[4].u.integer;
	out->view = id->n > 5 && p[5].type != EE_NULL ? &p[5] : NULL;
	return EE_OK;
}

/* Narrow the tensor of a storage to the view (key, offset, elements). */
static enum ee_status
narrow(struct ee_tensor *t, const struct ee_value *view, struct ee_err *err)
{
	const struct ee_value *p = view->u.list;
	size_t offset, n;

	if (view->type != EE_LIST || view->n != 3 || p[1].type != EE_INT ||
	    p[2].type != EE_INT || p[1].u.integer < 0 || p[2].u.integer < 0)
		return ee_fail(err, EE_EFORMAT, "a view of a storage without "
			       "offset or size");
	offset = (size_t)p[1].u.integer;
	n = (size_t)p[2].u.integer;
	if (offset > t->shape[0] || n > t->shape[0] - offset)
		return ee_fail(err, EE_EFORMAT, "a view lies beyond its "
			       "storage");
	t->data = (const unsigned char *)t->data +
		  offset * ee_dtype_size(t->dtype);
	t->shape[0] = n;
	return EE_OK;
}

enum ee_status
ee_torch_persistent(void *ctx, struct ee_arena *arena,
		    const struct ee_value *id, struct ee_value *out,
		    struct ee_err *err)
{
	struct ee_torch_storage *storage;
	struct ee_torch_id what = { 0 };
	enum ee_status status = ee_torch_read_id(id, &what, err);
	struct ee_tensor tensor;
	size_t bytes;

	(void)arena;
	if (status == EE_END) {
		*out = id->u.list[1];
		return EE_OK;
	}
	TRY(status);
	TRY(ee_torch_storage(ctx, what.key, &storage, err));
	tensor = ee_tensor_2d(what.dtype, storage->data, what.elements, 0);
	if (!ee_tensor_bytes(&tensor, &bytes) || bytes != storage->size)
		return ee_fail(err, EE_EFORMAT, "storage '%s' has %zu bytes, "
			       "not those of %zu elements of %s", what.key,
			       storage->size, what.elements,
			       ee_dtype_name(tensor.dtype));
	if (what.view != NULL)
		status = narrow(&tensor, what.view, err);
	*out = ee_tensor(tensor);
	return status;
}

/* A tensor before it is one: steps are in elements. */
struct view {
	struct ee_tensor tensor;
	size_t offset, step[EE_MAX_DIMS];
	size_t count;
};

static bool
read_sizes(const struct ee_value *v, size_t n, size_t out[EE_MAX_DIMS])
{
	size_t i;

	if (v->type != EE_LIST || v->n != n)
		return false;
	for (i = 0; i < n; i++) {
		if (v->u.list[i].type != EE_INT || v->u.list[i].u.integer < 0)
			return false;
		out[i] = (size_t)v->u.list[i].u.integer;
	}
	return true;
}

/* Does the view stay within 'have' elements? */
static bool
fits(const struct view *v, size_t have)
{
	size_t last = v->offset, far;
	unsigned i;

	if (v->count == 0)
		return true;
	for (i = 0; i < v->tensor.ndim; i++) {
		if (!ee_mul(v->tensor.shape[i] - 1, v->step[i], &far) ||
		    far > SIZE_MAX - last)
			return false;
		last += far;
	}
	return last < have;
}

/* No gaps and in order: where there is a choice, the step is free. */
static bool
is_dense(const struct view *v)
{
	size_t want = 1;
	unsigned i;

	for (i = v->tensor.ndim; i-- > 0;) {
		if (v->tensor.shape[i] != 1 && v->step[i] != want)
			return false;
		want *= v->tensor.shape[i];
	}
	return true;
}

/* Point the tensor at its elements, in place or copied. */
static enum ee_status
place(struct ee_torch *t, struct view *v, const unsigned char *storage,
      struct ee_err *err)
{
	unsigned char *copy;
	size_t bytes;

	v->tensor.data = storage;
	if (v->count == 0)
		return EE_OK;
	v->tensor.data = storage += v->offset *
				    ee_dtype_size(v->tensor.dtype);
	if (is_dense(v))
		return EE_OK;
	if (!ee_tensor_bytes(&v->tensor, &bytes) || bytes > t->budget)
		return ee_fail(err, EE_EINPUT, "tensors that repeat their "
			       "elements many times over");
	t->budget -= bytes;
	copy = ee_arena_alloc(&t->arena, bytes, 64);
	if (copy == NULL)
		return ee_arena_check(&t->arena, err);
	ee_tensor_gather(&v->tensor, v->step, storage, copy);
	v->tensor.data = copy;
	return EE_OK;
}

/* args: storage, offset, sizes, strides, ... ; 'dtype' of the elements */
static enum ee_status
rebuild(const struct ee_pickle_call *c, enum ee_dtype dtype)
{
	const struct ee_value *a = c->args->u.list;
	struct ee_err *err = c->err;
	const struct ee_tensor *storage = &a[0].u.tensor;
	struct view v = { .tensor = { .dtype = dtype } };
	char shape[128];
	size_t bytes;

	if (a[0].type != EE_TENSOR || a[1].type != EE_INT ||
	    a[1].u.integer < 0 || a[2].type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "a tensor without storage, "
			       "offset or sizes");
	if (a[2].n > EE_MAX_DIMS)
		return ee_fail(err, EE_EINPUT, "a tensor of %zu dimensions",
			       a[2].n);
	v.offset = (size_t)a[1].u.integer;
	v.tensor.ndim = (unsigned)a[2].n;
	if (!read_sizes(&a[2], a[2].n, v.tensor.shape) ||
	    !read_sizes(&a[3], a[2].n, v.step))
		return ee_fail(err, EE_EFORMAT, "sizes or strides of a tensor "
			       "are not what they must be");
	if (!ee_tensor_count(&v.tensor, &v.count) ||
	    !ee_tensor_bytes(storage, &bytes) ||
	    !fits(&v, bytes / ee_dtype_size(dtype)))
		return ee_fail(err, EE_EFORMAT, "a tensor %s lies beyond its "
			       "storage",
			       ee_tensor_shape(&v.tensor, shape));
	TRY(place(c->ctx, &v, storage->data, err));
	*c->out = ee_tensor(v.tensor);
	return EE_OK;
}

/* What torch calls metadata are views that compute: a conjugate, a minus. */
static bool
is_plain(const struct ee_value *args, size_t n)
{
	return args->n <= n || args->u.list[n].type == EE_NULL ||
	       (args->u.list[n].type == EE_MAP && args->u.list[n].n == 0);
}

static enum ee_status
make_tensor(const struct ee_pickle_call *c)
{
	if (c->args->n < 4 || c->args->u.list[0].type != EE_TENSOR)
		return EE_END;
	if (!is_plain(c->args, 6))
		return ee_fail(c->err, EE_EINPUT, "a tensor that is a "
			       "negative or conjugate view");
	return rebuild(c, c->args->u.list[0].u.tensor.dtype);
}

/* _rebuild_tensor_v3: the storage is bytes, the dtype an argument. */
static enum ee_status
make_tensor_v3(const struct ee_pickle_call *c)
{
	const char *name;
	unsigned i;

	if (c->args->n < 7)
		return EE_END;
	name = name_of(&c->args->u.list[6]);
	for (i = 0; i < NDTYPES; i++)
		if (is_torch(name, dtypes[i].name))
			break;
	if (i == NDTYPES || !is_plain(c->args, 7))
		return ee_fail(c->err, EE_EINPUT, "a tensor of %s is not "
			       "supported", name);
	return rebuild(c, dtypes[i].dtype);
}

/* What it is called with is what it is: a parameter its tensor, a size its
 * list, torch.device("cuda", 0) the text "cuda". */
static enum ee_status
make_first(const struct ee_pickle_call *c)
{
	const struct ee_value *v = c->args->u.list;

	if (c->args->n == 0 || (v->type != EE_TENSOR && v->type != EE_LIST &&
				v->type != EE_TEXT))
		return EE_END;
	*c->out = *v;
	return EE_OK;
}

const struct ee_pickle_class ee_torch_classes[] = {
	{ "torch._utils._rebuild_tensor_v2", make_tensor },
	{ "torch._utils._rebuild_tensor", make_tensor },
	{ "torch._utils._rebuild_tensor_v3", make_tensor_v3 },
	{ "torch._utils._rebuild_parameter", make_first },
	{ "torch._utils._rebuild_parameter_with_state", make_first },
	{ "torch.Size", make_first },
	{ "torch.device", make_first },
	/* by name only; what is not supported is found where it is used */
#define ROWS_OF_CLASSES(class, name, dtype, is_typed) \
	{ "torch." class, NULL }, { "torch." name, NULL },
	DTYPES(ROWS_OF_CLASSES)
	{ "torch.ComplexFloatStorage", NULL },
	{ "torch.ComplexDoubleStorage", NULL },
	{ "torch.QInt8Storage", NULL }, { "torch.QUInt8Storage", NULL },
	{ "torch.QInt32Storage", NULL },
	{ "torch.complex64", NULL }, { "torch.complex128", NULL },
	{ "torch.float8_e4m3fn", NULL }, { "torch.float8_e5m2", NULL },
	{ NULL, NULL },
};
