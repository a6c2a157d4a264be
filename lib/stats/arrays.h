/*
 * arrays.h - any stream as an .npz file, any .npz file as a stream, and
 * arrays as a safetensors file.
 */
#ifndef EE_ARRAYS_H
#define EE_ARRAYS_H

#include "base/base.h"
#include "file/npz.h"
#include "stats/layer.h"
#include "stream/stream.h"

/*
 * The records left in 'reader', one at a time, as arrays "<number>.<key>" of
 * the file 'path' (numbers from 0): tensors, texts and numbers; lists and
 * maps are passed over.  The file appears whole or not at all.  Fails as
 * ee_reader_next and ee_npz_write.
 */
EE_MUST_CHECK enum ee_status ee_stream_to_npz(struct ee_reader *reader,
	const char *path, bool deflate, struct ee_err *err);

/* Each array as a record {name, value}.  Fails as ee_npz_get and
 * ee_writer_put. */
EE_MUST_CHECK enum ee_status ee_npz_to_stream(const struct ee_npz *npz,
	struct ee_writer *writer, struct ee_err *err);

/* A layer as a stats record.  Fails as ee_layer_record and ee_writer_put. */
EE_MUST_CHECK enum ee_status ee_layer_put(const struct ee_layer *layer,
	struct ee_writer *writer, struct ee_err *err);

/*
 * A safetensors file of the map 'arrays', each by its name; texts and single
 * numbers are texts of the metadata, None is left out.  The file appears
 * whole or not at all.  Fails with EE_EIO, EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_arrays_to_safetensors(const char *path,
	const struct ee_value *arrays, struct ee_err *err);

#endif
