/*
 * torch_convert.h - weights in torch's files, written as safetensors.
 */
#ifndef EE_TORCH_CONVERT_H
#define EE_TORCH_CONVERT_H

#include "file/rewrite.h"

/* Is 'name' one of the files that ee_torch_convert writes anew: the weights
 * of 'w' themselves, or an index of theirs? */
bool ee_torch_replaces(const struct ee_weights *w, const char *name);

/*
 * Write all tensors of 'w', those in 'changed' as they are there, into the
 * folder 'dir': as model.safetensors or, where there are more files, each as
 * model-0000I-of-0000N.safetensors, in the order of their names, with
 * model.safetensors.index.json.  Tensors that share a storage are written
 * each by itself; buffers (masks) as they are.
 */
EE_MUST_CHECK enum ee_status ee_torch_convert(const struct ee_weights *w,
	const struct ee_changed *changed, size_t n, const char *dir,
	struct ee_err *err);

/* The change of the tensor 'name', or NULL. */
const struct ee_changed *ee_changed_find(const struct ee_changed *changed,
	size_t n, const char *name);

#endif
