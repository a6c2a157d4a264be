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
	const struct ee_zip_member *member;
	const unsigned char *data;	/* once it was used */
};

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

/* A persistent id, ("storage", class, key, device, elements): the storage as
 * a tensor of one dimension. */
EE_MUST_CHECK enum ee_status ee_torch_persistent(void *ctx,
	struct ee_arena *arena, const struct ee_value *id,
	struct ee_value *out, struct ee_err *err);

#endif
