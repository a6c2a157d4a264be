/*
 * layerset.h - the statistics of several taps, gathered from many parts.
 */
#ifndef EE_LAYERSET_H
#define EE_LAYERSET_H

#include "stats/layer.h"
#include "stream/stream.h"

struct ee_layerset {
	size_t n;
	struct ee_layer *list;	/* in order of appearance */
	bool merge;		/* of the same tap: add; else it is an error */
	bool mix;		/* of other corpora and precisions too */
};

void ee_layerset_free(struct ee_layerset *set);

/* All records of a stream.  Fails with EE_EINPUT (a checkpoint; no records; a
 * tap twice), EE_EMATCH (two models), as ee_reader_next, ee_layer_from_record
 * and ee_layer_merge. */
EE_MUST_CHECK enum ee_status ee_layerset_read(struct ee_layerset *set,
	struct ee_reader *reader, struct ee_err *err);

/* All of a file: an .npz or safetensors file, or a stats stream.  Fails with
 * EE_EIO, as ee_layer_from_npz and ee_layerset_read. */
EE_MUST_CHECK enum ee_status ee_layerset_open(struct ee_layerset *set,
	const char *path, struct ee_err *err);

/*
 * The header members that the set's layers agree on (model), and the history
 * of the first with 'command' after it; see ee_header_extra.
 */
struct ee_value ee_layerset_extra(struct ee_arena *arena,
	const struct ee_layerset *set, const char *command);

#endif
