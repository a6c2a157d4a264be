/*
 * statname.h - the names of statistics files, as rome, memit and EasyEdit
 * build and read them:
 *
 *   <stats_dir>/<model>/<dataset>_stats/
 *       <layer>_<precision>_<statistics>[_t<tokens>][_<sample size>].npz
 *
 * <model> is the model's name with "/" as "_" (rome, memit) or only its last
 * part (EasyEdit); <statistics> are sorted and joined by "-".
 */
#ifndef EE_STATNAME_H
#define EE_STATNAME_H

#include "base/base.h"
#include "base/value.h"

struct ee_statname {
	const char *layer;	/* with ":out" behind it for that side */
	enum ee_dtype precision;	/* EE_F32, EE_F64, EE_F16 */
	unsigned collect;
	int64_t sample_size;	/* -1: none in the name */
};

/* The file's name, without folder; these are made in 'arena', and NULL where
 * it has no memory. */
char *ee_statname_format(struct ee_arena *arena,
			 const struct ee_statname *name);

/* Take a file's name (no folder) apart; texts go to 'arena'.  False if it is
 * not the name of a statistics file. */
bool ee_statname_parse(struct ee_arena *arena, const char *file,
		       struct ee_statname *out);

/* The model's folder: how = '_' all of the name, '/' the last part. */
char *ee_statname_model(struct ee_arena *arena, const char *model, char how);

/* How we write it: the last part of a path, all of "owner/name". */
char *ee_statname_model_dir(struct ee_arena *arena, const char *model);

#endif
