/*
 * npztool.h - the commands of ee-npz, one file each, and what they share.
 */
#ifndef EE_NPZTOOL_H
#define EE_NPZTOOL_H

#include "stats/layerset.h"
#include "stats/statsave.h"
#include "tool.h"

struct npz_options {
	struct ee_save_options save;
	const char *model;		/* -m */
	bool json, strict;		/* of verify */
	bool mix, final;		/* of merge */
	bool moment;			/* of convert */
	enum npz_to { NPZ_TO_NPZ, NPZ_TO_SAFETENSORS, NPZ_TO_STREAM } to;
	const char *keys;		/* of diff */
	int64_t samples, seed;
	double ridge;
	int n;				/* operands */
	char **args;
};

/* One row of the table of commands. */
struct npz_command {
	const char *name;
	enum ee_status (*run)(struct tool *tool,
			      const struct npz_options *opt);
	int least, most;		/* operands */
};

enum ee_status npz_save(struct tool *tool, const struct npz_options *opt);
enum ee_status npz_load(struct tool *tool, const struct npz_options *opt);
enum ee_status npz_merge(struct tool *tool, const struct npz_options *opt);
enum ee_status npz_ls(struct tool *tool, const struct npz_options *opt);
enum ee_status npz_cat(struct tool *tool, const struct npz_options *opt);
enum ee_status npz_convert(struct tool *tool, const struct npz_options *opt);
enum ee_status npz_diff(struct tool *tool, const struct npz_options *opt);
enum ee_status npz_verify(struct tool *tool, const struct npz_options *opt);

/* One file a layer, or one for the only layer: -d, -o. */
EE_MUST_CHECK enum ee_status npz_save_set(struct tool *tool,
	const struct npz_options *opt, const struct ee_layerset *set);
/* The only layer of a file; the caller's to free, on failure as well. */
EE_MUST_CHECK enum ee_status npz_open_one(struct tool *tool,
	const char *path, struct ee_layerset *set);
/* A stats stream on standard output. */
EE_MUST_CHECK enum ee_status npz_write_set(struct tool *tool,
	const struct ee_layerset *set);

#endif
