/* tensor.c - dtypes and tensors.  See value.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/value.h"

static const struct {
	const char *name, *numpy;
	size_t size;
} dtypes[EE_DTYPES] = {
	[EE_F32] = { "float32", "<f4", 4 }, [EE_F64] = { "float64", "<f8", 8 },
	[EE_F16] = { "float16", "<f2", 2 },
	[EE_BF16] = { "bfloat16", "<V2", 2 },
	[EE_I8] = { "int8", "|i1", 1 }, [EE_I16] = { "int16", "<i2", 2 },
	[EE_I32] = { "int32", "<i4", 4 }, [EE_I64] = { "int64", "<i8", 8 },
	[EE_U8] = { "uint8", "|u1", 1 }, [EE_U16] = { "uint16", "<u2", 2 },
	[EE_U32] = { "uint32", "<u4", 4 }, [EE_U64] = { "uint64", "<u8", 8 },
	[EE_BOOL] = { "bool", "|b1", 1 },
};

size_t
ee_dtype_size(enum ee_dtype dtype)
{
	return dtypes[dtype].size;
}

const char *
ee_dtype_name(enum ee_dtype dtype)
{
	return dtypes[dtype].name;
}

const char *
ee_dtype_numpy(enum ee_dtype dtype)
{
	return dtypes[dtype].numpy;
}

bool
ee_dtype_from_numpy(const char *name, enum ee_dtype *dtype)
{
	unsigned i;

	if (strchr("<|=", name[0]) == NULL || name[0] == '\0')
		return false;
	for (i = 0; i < EE_DTYPES; i++) {
		if (strcmp(name + 1, dtypes[i].numpy + 1) == 0) {
			*dtype = (enum ee_dtype)i;
			return true;
		}
	}
	return false;
}

struct ee_tensor
ee_tensor_2d(enum ee_dtype dtype, const void *data, size_t rows, size_t cols)
{
	struct ee_tensor t = { .dtype = dtype, .ndim = cols ? 2 : 1,
			       .shape = { rows, cols }, .data = data };

	return t;
}

bool
ee_tensor_count(const struct ee_tensor *t, size_t *count)
{
	size_t n = 1;
	unsigned i;

	for (i = 0; i < t->ndim; i++)
		if (!ee_mul(n, t->shape[i], &n))
			return false;
	*count = n;
	return true;
}

bool
ee_tensor_bytes(const struct ee_tensor *t, size_t *bytes)
{
	size_t n;

	return ee_tensor_count(t, &n) &&
	       ee_mul(n, ee_dtype_size(t->dtype), bytes);
}

const char *
ee_tensor_shape(const struct ee_tensor *t, char text[128])
{
	size_t used = 1;
	unsigned i;

	strcpy(text, "(");
	for (i = 0; i < t->ndim; i++) {
		used += (size_t)snprintf(text + used, 128 - used, "%s%zu",
					 i ? ", " : "", t->shape[i]);
		if (used > 100)
			break;
	}
	snprintf(text + used, 128 - used, "%s)", t->ndim == 1 ? "," : "");
	return text;
}

static double
half(uint16_t h)
{
	const int exponent = (h >> 10) & 31, fraction = h & 1023;
	double v;

	if (exponent == 31)
		v = fraction ? (double)NAN : (double)INFINITY;
	else if (exponent == 0)
		v = ldexp(fraction, -24);
	else
		v = ldexp(1024 + fraction, exponent - 25);
	return h & 0x8000 ? -v : v;
}

#define LOAD(type) do { \
	type v_; \
	memcpy(&v_, p + index * sizeof(v_), sizeof(v_)); \
	return (double)v_; \
} while (0)

/* Counted through like an odometer. */
void
ee_tensor_gather(const struct ee_tensor *t, const size_t step[EE_MAX_DIMS],
		 const void *from, void *to)
{
	const size_t size = ee_dtype_size(t->dtype);
	size_t index[EE_MAX_DIMS] = { 0 }, at = 0, n = 0, i;
	unsigned k;

	(void)ee_tensor_count(t, &n);
	for (i = 0; i < n; i++) {
		memcpy((char *)to + i * size, (const char *)from + at * size,
		       size);
		for (k = t->ndim; k-- > 0;) {
			at += step[k];
			if (++index[k] < t->shape[k])
				break;
			at -= step[k] * index[k];
			index[k] = 0;
		}
	}
}

double
ee_tensor_at(const struct ee_tensor *t, size_t index)
{
	const unsigned char *p = t->data;
	uint16_t h;
	uint32_t bits;
	float f;

	switch (t->dtype) {
	case EE_F32: LOAD(float);
	case EE_F64: LOAD(double);
	case EE_I8: LOAD(int8_t);
	case EE_I16: LOAD(int16_t);
	case EE_I32: LOAD(int32_t);
	case EE_I64: LOAD(int64_t);
	case EE_U8: LOAD(uint8_t);
	case EE_U16: LOAD(uint16_t);
	case EE_U32: LOAD(uint32_t);
	case EE_U64: LOAD(uint64_t);
	case EE_BOOL: return p[index] != 0;
	case EE_F16:
		memcpy(&h, p + index * 2, 2);
		return half(h);
	case EE_BF16:
		memcpy(&h, p + index * 2, 2);
		bits = (uint32_t)h << 16;
		memcpy(&f, &bits, 4);
		return (double)f;
	case EE_DTYPES: break;
	}
	return (double)NAN;
}
