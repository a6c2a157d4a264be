/*
 * statsave.h - statistics written where rome, memit and EasyEdit look.
 */
#ifndef EE_STATSAVE_H
#define EE_STATSAVE_H

#include "stats/layer.h"

/* NULL and -1: as the statistics themselves say. */
struct ee_save_options {
	const char *dir;		/* stats_dir; NULL: to 'file' */
	const char *file;
	const char *model;		/* folder of the model below 'dir' */
	const char *dataset;		/* "wikipedia" */
	enum ee_dtype precision;	/* EE_F32 or EE_F64 */
	int64_t sample_size;
	bool deflate;
};

/*
 * Write one layer to its .npz file, making folders as needed; *path, in
 * 'arena', is where.  The file appears whole or not at all.
 * Fails with EE_EIO, EE_ENOMEM, EE_EINPUT (no name of a model, a name that
 * cannot be a file's).
 */
EE_MUST_CHECK enum ee_status ee_layer_save(struct ee_arena *arena,
	const struct ee_layer *layer, const struct ee_save_options *opt,
	const char **path, struct ee_err *err);

#endif
