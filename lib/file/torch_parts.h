/*
 * torch_parts.h - between torch.c (the archive) and torch_tensor.c (what its
 * pickle calls for), inside lib/file.
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

/* The classes of torch that are values, up to a NULL name; 'ctx' is the
 * struct ee_torch. */
extern const struct ee_pickle_class ee_torch_classes[];

/* A persistent id, ("storage", class, key, device, elements): the storage as
 * a tensor of one dimension. */
EE_MUST_CHECK enum ee_status ee_torch_persistent(void *ctx,
	struct ee_arena *arena, const struct ee_value *id,
	struct ee_value *out, struct ee_err *err);

#endif
