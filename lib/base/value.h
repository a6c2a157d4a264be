/*
 * value.h - one tree of data for everything that is read or written.
 *
 * A stream record, a JSON document, a YAML file and a PyTorch archive all
 * become struct ee_value; so there is one set of checked getters, one way to
 * print, and no format leaks out of the room that knows it.
 *
 * Ownership: a value and all below it live in the arena they were made in,
 * or borrow (tensor data) for as long as the maker's header says.
 */
#ifndef EE_VALUE_H
#define EE_VALUE_H

#include "base/base.h"

enum ee_dtype {
	EE_F32, EE_F64, EE_F16, EE_BF16,
	EE_I8, EE_I16, EE_I32, EE_I64,
	EE_U8, EE_U16, EE_U32, EE_U64,
	EE_BOOL,
	EE_DTYPES
};

size_t ee_dtype_size(enum ee_dtype dtype);	/* bytes of one element */
const char *ee_dtype_name(enum ee_dtype dtype);	/* "float32", "bfloat16" */

/* numpy's little-endian name: "<f4", "|u1", "|b1"; bf16 is "<V2" */
const char *ee_dtype_numpy(enum ee_dtype dtype);
/* From numpy's name, '<', '|' or '='; false if it is no dtype of ours. */
bool ee_dtype_from_numpy(const char *name, enum ee_dtype *dtype);

enum { EE_MAX_DIMS = 8 };

struct ee_tensor {
	enum ee_dtype dtype;
	unsigned ndim;			/* 0 (a scalar) .. EE_MAX_DIMS */
	size_t shape[EE_MAX_DIMS];	/* row-major, no gaps */
	const void *data;		/* aligned for dtype; little-endian */
};

/* A tensor of the caller's data; pass cols 0 for one dimension. */
struct ee_tensor ee_tensor_2d(enum ee_dtype dtype, const void *data,
			      size_t rows, size_t cols);

/* Elements and bytes; false if the product does not fit in size_t. */
bool ee_tensor_count(const struct ee_tensor *tensor, size_t *count);
bool ee_tensor_bytes(const struct ee_tensor *tensor, size_t *bytes);

/* "(3, 512)", "()" into 'text'; returns text */
const char *ee_tensor_shape(const struct ee_tensor *tensor, char text[128]);

/* Copy the elements into 'to', row-major, from where they lie: step[i] elements
 * of 'from' from one index of dimension i to the next. */
void ee_tensor_gather(const struct ee_tensor *tensor,
		      const size_t step[EE_MAX_DIMS], const void *from,
		      void *to);

/* One element, any dtype, as double (integers beyond 2^53 are rounded). */
double ee_tensor_at(const struct ee_tensor *tensor, size_t index);

enum ee_type {
	EE_NULL, EE_LOGIC, EE_INT, EE_REAL, EE_TEXT, EE_LIST, EE_MAP, EE_TENSOR
};

/* What Python has more than one of.  Pickles are read and written with it;
 * all else takes a value for what its type says. */
enum ee_form {
	EE_PLAIN,
	EE_TUPLE,		/* LIST */
	EE_ORDERED,		/* MAP: an OrderedDict */
	EE_NUMBERED,		/* MAP: its keys are integers, in decimal */
	EE_BYTES		/* TEXT: bytes, not a str */
};

struct ee_value {
	enum ee_type type;
	enum ee_form form;
	unsigned line;		/* of the text it was read from, or 0 */
	size_t n;		/* TEXT: bytes; LIST, MAP: members */
	size_t room;		/* LIST, MAP: members there is room for */
	union {
		bool logic;
		int64_t integer;
		double real;
		const char *text;		/* NUL-terminated as well */
		struct ee_value *list;
		struct ee_pair *map;		/* in order of appearance */
		struct ee_tensor tensor;
	} u;
};

struct ee_pair {
	const char *key;
	struct ee_value value;
};

const char *ee_type_name(enum ee_type type);	/* "an integer" */

/* Leaves. ee_text borrows 's'. */
struct ee_value ee_null(void);
struct ee_value ee_logic(bool b);
struct ee_value ee_int(int64_t i);
struct ee_value ee_real(double d);
struct ee_value ee_text(const char *s);
struct ee_value ee_text_n(const char *s, size_t n);
struct ee_value ee_tensor(struct ee_tensor tensor);
struct ee_value ee_list(void);
struct ee_value ee_map(void);

/*
 * Add to a list or a map (no search for an equal key; 'key' is borrowed).
 * If memory runs out the arena remembers it: see ee_arena_check.
 */
void ee_add(struct ee_arena *arena, struct ee_value *list, struct ee_value v);
void ee_put(struct ee_arena *arena, struct ee_value *map, const char *key,
	    struct ee_value v);

/* An array of the caller's data, as ee_tensor_2d has it. */
void ee_put_array(struct ee_arena *arena, struct ee_value *map,
		  const char *key, enum ee_dtype dtype, const void *data,
		  size_t rows, size_t cols);

/* The same as ee_put, in place of an equal key if there is one. */
void ee_set(struct ee_arena *arena, struct ee_value *map, const char *key,
	    struct ee_value v);

/* The member 'key' of a map; NULL if absent, or if 'map' is NULL or no map. */
const struct ee_value *ee_get(const struct ee_value *map, const char *key);
/* Its text, borrowed; NULL if there is none, or something else. */
const char *ee_maybe_text(const struct ee_value *map, const char *key);

/* A deep copy into 'arena'; texts and tensor data are copied too. */
struct ee_value ee_copy(struct ee_arena *arena, const struct ee_value *v);

/*
 * Checked getters.  'map' must be a map with the member 'key' of that type,
 * else they fail with EE_EFORMAT and "<where>: '<key>': ..." (with the line,
 * where known).  An integer is accepted for a real, never the reverse,
 * except that a real without fraction is an integer.  Texts and tensors are
 * borrowed from the value.
 */
EE_MUST_CHECK enum ee_status ee_get_int(const struct ee_value *map,
	const char *key, int64_t min, int64_t max, int64_t *out,
	const char *where, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_get_real(const struct ee_value *map,
	const char *key, double min, double max, double *out,
	const char *where, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_get_logic(const struct ee_value *map,
	const char *key, bool *out, const char *where, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_get_text(const struct ee_value *map,
	const char *key, const char **out, const char *where,
	struct ee_err *err);
/* ... of 'dtype' and 'ndim' dimensions */
EE_MUST_CHECK enum ee_status ee_get_tensor(const struct ee_value *map,
	const char *key, enum ee_dtype dtype, unsigned ndim,
	struct ee_tensor *out, const char *where, struct ee_err *err);

#endif
