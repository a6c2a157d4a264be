/*
 * weights.h - all tensors of a model folder, whatever files hold them.
 *
 * Reads the first of these that is there:
 *
 *   model.safetensors
 *   model.safetensors.index.json, and its shards
 *   pytorch_model.bin
 *   pytorch_model.bin.index.json, and its shards
 *
 * Ownership: everything belongs to the struct ee_weights and is valid until
 * ee_weights_close; tensor data is mapped, not read (see safetensors.h, and
 * torch.h for what is copied).
 */
#ifndef EE_WEIGHTS_H
#define EE_WEIGHTS_H

#include "base/base.h"
#include "base/value.h"
#include "file/safetensors.h"
#include "file/torch.h"

struct ee_weights_item {
	const char *name;
	struct ee_tensor tensor;
	size_t file;		/* which of 'files' it is in */
};

struct ee_weights_file {
	const char *name;	/* in the folder: "model.safetensors" */
	size_t n;
	struct ee_named *list;		/* sorted by name */
	bool is_torch;			/* which of these it is */
	struct ee_safetensors data;
	struct ee_torch torch;
};

struct ee_weights {
	size_t n;
	struct ee_weights_item *list;		/* sorted by name */
	size_t nfiles, room;
	struct ee_weights_file *files;
	struct ee_arena arena;
};

/*
 * Open the weights in the folder 'dir'.  With shards, the index decides: a
 * tensor that a shard holds beyond it is passed over, one that is missing is
 * an error.  On failure 'w' holds nothing.
 *
 * Fails as ee_safetensors_open, or ee_torch_open and ee_torch_tensors, with
 * EE_EFORMAT for a bad index, EE_EIO if there are no weights.
 */
EE_MUST_CHECK enum ee_status ee_weights_open(struct ee_weights *w,
	const char *dir, struct ee_err *err);
void ee_weights_close(struct ee_weights *w);

/* The tensor called 'name', or NULL. */
const struct ee_weights_item *ee_weights_find(const struct ee_weights *w,
	const char *name);

#endif
