/*
 * torch_parts.h - between torch.c (the archive), torch_legacy.c (what came
 * before archives), torch_tensor.c (what their pickles call for) and
 * torch_write.c, inside lib/file.
 */
#ifndef EE_TORCH_PARTS_H
#define EE_TORCH_PARTS_H

#include "file/pickle.h"
#include "file/torch.h"

struct ee_torch_storage {
	const char *key;	/* "0", of <prefix>/data/0 */
	size_t size;		/* bytes */
	const struct ee_zip_member *member;
	const unsigned char *raw;	/* of a file without members */
	const unsigned char *data;	/* once it was used */
};

/*
 * torch_legacy.c: read t->old, a file of the old format.  Its keys are decimal
 * numbers, or whatever; no two the same.  Fails as ee_torch_open, which
 * cleans up.
 */
EE_MUST_CHECK enum ee_status ee_torch_open_old(struct ee_torch *t,
	const char *path, struct ee_err *err);

/* Sort 'storages', and read the object that 'data' is the pickle of. */
EE_MUST_CHECK enum ee_status ee_torch_read_object(struct ee_torch *t,
	const unsigned char *data, size_t size, struct ee_err *err);

/* The storage 'key', its bytes at hand and aligned. */
EE_MUST_CHECK enum ee_status ee_torch_storage(struct ee_torch *t,
	const char *key, struct ee_torch_storage **out, struct ee_err *err);

/* A dtype of ours in torch. */
struct ee_torch_dtype {
	enum ee_dtype dtype;
	const char *storage;	/* class of its storage: "FloatStorage" */
	const char *name;	/* "float32" */
	bool is_typed;		/* else it is saved as a storage of bytes */
};
const struct ee_torch_dtype *ee_torch_dtype(enum ee_dtype dtype);

/* The classes of torch that are values, up to a NULL name; 'ctx' is the
 * struct ee_torch. */
extern const struct ee_pickle_class ee_torch_classes[];

/*
 * What a persistent id says: ("storage", class, key, device, elements), and
 * in old files sixth None, or (key, offset, elements) of a view.
 *
 * Answers EE_END for a ("module", class, ...), which is its class.
 */
struct ee_torch_id {
	const char *key;
	enum ee_dtype dtype;
	size_t elements;
	const struct ee_value *view;	/* or NULL */
};
EE_MUST_CHECK enum ee_status ee_torch_read_id(const struct ee_value *id,
	struct ee_torch_id *out, struct ee_err *err);

/* What a persistent id stands for: the storage, or its view, as a tensor of
 * one dimension. */
EE_MUST_CHECK enum ee_status ee_torch_persistent(void *ctx,
	struct ee_arena *arena, const struct ee_value *id,
	struct ee_value *out, struct ee_err *err);

#endif
