/*
 * delta.h - edits as patches: low-rank changes of named weights, in streams
 * of kind "delta" that apply, stack and reverse.
 */
#ifndef EE_DELTA_H
#define EE_DELTA_H

#include "base/base.h"
#include "base/value.h"
#include "model/model.h"
#include "stream/stream.h"

/* W += left right^T, logical (out, in) orientation. */
struct ee_delta {
	char weight[EE_MAX_NAME + 8];	/* tensor name */
	size_t out, in, r;
	float *left;			/* (out, r) the caller's */
	float *right;			/* (in, r) */
};

/* Both arrays; then it is empty. */
void ee_delta_free(struct ee_delta *delta);

/*
 * The record of a delta in 'arena': weight, left, right; more members may be
 * put into it.  The arrays are borrowed.
 */
struct ee_value ee_delta_record(struct ee_arena *arena,
				const struct ee_delta *delta);

/* The delta that a record holds, its arrays borrowed from it.  Fails with
 * EE_EFORMAT ('where' names the stream). */
EE_MUST_CHECK enum ee_status ee_delta_from(const struct ee_value *record,
	const char *where, struct ee_delta *delta, struct ee_err *err);

/* Open the stream of deltas in the file 'path', "-" for standard input; to
 * end with ee_reader_close.  Fails as ee_reader_open_file. */
EE_MUST_CHECK enum ee_status ee_delta_open(struct ee_reader **in,
	const char *path, struct ee_err *err);

/*
 * Lay all deltas of the stream in the file 'path' over the model, or take
 * them off again where 'sign' is -1.  The stream's model fingerprint must be
 * that of the model as it is now or of its files, unless 'force', which makes
 * a notice of it.
 *
 * Fails with EE_EIO, EE_ETRUNC, EE_EFORMAT, EE_EMATCH, EE_ENOMEM.  On failure
 * part of the stream may have been laid over the model.
 */
EE_MUST_CHECK enum ee_status ee_delta_load(struct ee_model *model,
	const char *path, float sign, bool force,
	const struct ee_warn *warn, struct ee_err *err);

/* The same; '*id' gets a hash of what the stream changes, by which an edit
 * can be told from others. */
EE_MUST_CHECK enum ee_status ee_delta_load_id(struct ee_model *model,
	const char *path, float sign, bool force, uint64_t *id,
	const struct ee_warn *warn, struct ee_err *err);

/* {"name", "fingerprint"} of a model, for stream headers; in 'arena'. */
struct ee_value ee_model_value(struct ee_arena *arena,
			       const struct ee_model *model);

/*
 * Check the "model" member of a stream's header against the model: the
 * fingerprint must be that of the model as it is now or of its files.
 * Without one in the header nothing can be checked, which is a notice.
 * Fails with EE_EMATCH, showing both fingerprints.
 */
EE_MUST_CHECK enum ee_status ee_model_check(const struct ee_model *model,
	const struct ee_value *header, const char *where, bool force,
	const struct ee_warn *warn, struct ee_err *err);

#endif
