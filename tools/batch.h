/*
 * batch.h - documents gathered into one token trie, computed together, and
 * their activations written, one record a tap (batchput.c).
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

/* "taps" of the header: what is going to come, with the fingerprint of the
 * weights that each depends on. */
struct ee_value batch_announce(struct ee_arena *arena,
	const struct ee_model *model, const struct ee_taps *taps);

/* Start with no documents.  Model, taps and writer are borrowed.  On failure
 * only batch_close is allowed. */
EE_MUST_CHECK enum ee_status batch_open(struct batch *batch,
	const struct ee_model *model, const struct ee_taps *taps,
	struct ee_writer *out, size_t wanted, struct ee_err *err);

/*
 * Add a tokens record: id, ids i32 (n).  Runs the batch first if it would be
 * too full; so a batch ends only between documents.  Fails with EE_EFORMAT,
 * EE_EINPUT (more tokens than positions, or an id that the model does not
 * know), or as batch_run.
 */
EE_MUST_CHECK enum ee_status batch_add(struct batch *batch,
	const struct ee_value *record, struct ee_progress *progress,
	struct ee_err *err);

/* Compute and write what is there; then the batch is empty.  Fails as the
 * model or writing does. */
EE_MUST_CHECK enum ee_status batch_run(struct batch *batch,
	struct ee_progress *progress, struct ee_err *err);
void batch_close(struct batch *batch);

/*
 * What batch_run writes.  The pass hands batch_put_tap what goes by, x
 * (n, width), a row for each node of the trie: a record for each tap that is
 * there.  batch_put_head gets the last hidden state x (trie.n, d): a record
 * of logits f32 (rows, vocab) for each strip of rows, one of nll f32
 * (rows, 1); it is the last, for it changes doc and pos.
 */
EE_MUST_CHECK enum ee_status batch_put_tap(void *batch, size_t layer,
	enum ee_site site, const float *x, size_t n, size_t width,
	struct ee_err *err);
EE_MUST_CHECK enum ee_status batch_put_head(struct batch *batch,
	const float *x, struct ee_err *err);

#endif
