/*
 * rewrite.h - a model folder again, with some of its tensors changed.
 */
#ifndef EE_REWRITE_H
#define EE_REWRITE_H

#include "base/base.h"
#include "base/value.h"
#include "file/weights.h"

/* The name of the file that takes an edited folder back. */
#define EE_UNDO_FILE "ee-undo.safetensors"

struct ee_changed {
	const char *name;	/* as stored */
	struct ee_tensor tensor;	/* dtype and shape as stored */
};

/*
 * Make the folder 'out' (which must not exist) from the model folder 'dir',
 * whose weights are 'w': the files of weights that hold a changed tensor are
 * written anew, in their order, dtypes and metadata; everything else that is
 * a regular file is copied, but EE_UNDO_FILE.  Weights in torch's files are
 * all written anew, as safetensors (torch_convert.h).  The folder is made under
 * another name, which '*temp' gets (the caller's, to free()), and is to be
 * finished by ee_folder_commit or ee_folder_abort.
 *
 * Fails with EE_EIO ('out' exists), EE_EMATCH (no such tensor, or of another
 * dtype or shape), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_folder_rewrite(const char *dir,
	const struct ee_weights *w, const struct ee_changed *changed,
	size_t n, const char *out, char **temp, struct ee_err *err);

/* Give the folder its name.  Fails with EE_EIO; it can still be removed. */
EE_MUST_CHECK enum ee_status ee_folder_commit(const char *temp,
	const char *out, struct ee_err *err);
/* Remove it and what is in it. */
void ee_folder_abort(const char *temp);

#endif
