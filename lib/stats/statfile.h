/*
 * statfile.h - the second moment of one layer, from a statistics file.
 *
 * Reads what rome, memit and EasyEdit wrote, and what `ee-npz save` writes.
 *
 * Ownership: everything belongs to the struct ee_stats, until ee_stats_close.
 */
#ifndef EE_STATFILE_H
#define EE_STATFILE_H

#include "base/base.h"
#include "base/value.h"
#include "stats/source.h"

/* What is wanted.  NULL, 0 and -1 (sample size) mean: any. */
struct ee_stats_query {
	const char *stats;	/* the stats_dir, a folder of files, a file */
	const char *const *models;	/* the names the model may go by */
	size_t nmodels;
	const char *dataset;	/* "wikipedia" */
	const char *layer;	/* "transformer.h.5.mlp.c_proj" */
	const char *precision;	/* "float32" */
	int64_t sample_size;
	size_t width;		/* f: of the rows that the layer takes */
	const char *fingerprint;	/* of the model up to the tap */
	bool force;		/* another layer or fingerprint is only a
				 * notice */
	/* for the command that makes the file: */
	const char *model_dir;
	const char *tap;	/* of all layers that will be wanted; NULL: of
				 * this one */
};

struct ee_stats {
	const char *path;
	size_t width;			/* f */
	int64_t count;			/* divide by it: the rows, or 1 */
	int64_t tokens;			/* rows */
	struct ee_tensor mom2;		/* (f, f) sum, EE_F32 or EE_F64 */
	int64_t sample_size;		/* -1: none */
	const char *layer;		/* these are NULL where unknown */
	const char *fingerprint;
	const char *model, *model_fingerprint;
	const char *corpus;		/* JSON */
	struct ee_source source;
	struct ee_arena arena;
};

/*
 * The file that 'query' asks for, in 'arena': by its exact name, else the
 * nearest one of the same layer (another sample size, precision or data
 * set), which a notice then names.
 *
 * Fails with EE_EIO if there is none: the message says what was looked for,
 * and the commands that make it.
 */
EE_MUST_CHECK enum ee_status ee_stats_find(struct ee_arena *arena,
	const struct ee_stats_query *query, const char **path,
	const struct ee_warn *warn, struct ee_err *err);

/*
 * Read and check one file.  The moment must be square, as wide as the layer,
 * finite, symmetric to 1e-5, without a negative diagonal; the count positive;
 * the layer and the fingerprint, where both sides have one, the same, and the
 * rows the layer's inputs.  On failure 'stats' holds nothing.
 *
 * Fails with EE_EIO, EE_EFORMAT, EE_ETRUNC, EE_EINPUT, EE_EMATCH (another
 * width, layer or fingerprint), EE_EMATH, EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_stats_load(struct ee_stats *stats,
	const char *path, const struct ee_stats_query *query,
	const struct ee_warn *warn, struct ee_err *err);

/* Find and load.  Fails as either. */
EE_MUST_CHECK enum ee_status ee_stats_open(struct ee_stats *stats,
	const struct ee_stats_query *query, const struct ee_warn *warn,
	struct ee_err *err);

void ee_stats_close(struct ee_stats *stats);

#endif
