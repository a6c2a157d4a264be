/*
 * batch.h - documents gathered into one token trie, computed together, and
 * their activations written, one record a tap.
 */
#ifndef EE_BATCH_H
#define EE_BATCH_H

#include "base/progress.h"
#include "model/taps.h"
#include "stream/stream.h"

struct batch {
	const struct ee_model *model;
	const struct ee_taps *taps;
	struct ee_writer *out;
	size_t wanted;		/* tokens to a batch, about */
	struct ee_trie trie;
	struct ee_pass pass;
	/* one per token, documents one after the other */
	size_t rows, room;
	uint32_t *node;
	int64_t *doc;
	int32_t *pos;
	float *spread;		/* rows of shared nodes, repeated */
	struct ee_arena arena;
};

EE_MUST_CHECK enum ee_status batch_open(struct batch *batch,
	const struct ee_model *model, const struct ee_taps *taps,
	struct ee_writer *out, size_t wanted, struct ee_err *err);

/* Add a tokens record; runs the batch when it is full.  A batch ends only
 * between documents. */
EE_MUST_CHECK enum ee_status batch_add(struct batch *batch,
	const struct ee_value *record, struct ee_progress *progress,
	struct ee_err *err);

/* Compute and write what is there. */
EE_MUST_CHECK enum ee_status batch_run(struct batch *batch,
	struct ee_progress *progress, struct ee_err *err);
void batch_close(struct batch *batch);

#endif
