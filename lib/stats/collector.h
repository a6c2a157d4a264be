/*
 * collector.h - statistics of all taps of one activations stream.
 *
 * The stream announces its taps in the header; records of all taps of one
 * batch follow one another.  Everything is counted in rows from the start of
 * the stream, so that a run that was stopped can go on with the same stream
 * or with one whose first documents were left out, and ends with the same
 * bits.
 *
 * Ownership: a struct ee_collector owns all it holds; the stream's header is
 * copied.
 */
#ifndef EE_COLLECTOR_H
#define EE_COLLECTOR_H

#include "base/base.h"
#include "base/value.h"
#include "stats/layer.h"
#include "stats/probe.h"

struct ee_tapped {
	const char *tap;	/* "transformer.h.5.mlp.c_proj:in" */
	size_t width;		/* f */
	int64_t at;		/* rows that have come by in the stream */
	struct ee_layer layer;	/* its count: rows that are in */
	struct ee_probe probe;
};

struct ee_collector {
	size_t n;
	struct ee_tapped *taps;
	unsigned collect;
	int64_t limit;		/* rows of each tap; INT64_MAX: all */
	double until;		/* change of C^-1 k; 0: not watched */
	bool settled;		/* it has fallen to that for all taps */
	bool has_documents;	/* records say where documents begin */
	int64_t started;	/* documents that began in rows 0..at */
	int64_t begun;		/* the same when the checkpoint was made */
	int64_t documents;	/* whole ones in rows 0..boundary of each tap */
	int64_t boundary;
	struct ee_value extra;	/* for the header of what is written */
	struct ee_scratch scratch;	/* of all taps */
	struct ee_arena arena;
};

/*
 * For the stream with header 'header'; 'extra' (made by ee_header_extra) is
 * copied and goes into what is written.
 * Fails with EE_EFORMAT (no taps, a tap twice, no width), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_collector_open(struct ee_collector *c,
	const struct ee_value *header, const struct ee_value *extra,
	unsigned collect, struct ee_err *err);
void ee_collector_close(struct ee_collector *c);

/*
 * The memory that taps from .. to - 1 of the header's list 'taps' need, in
 * bytes: sums, rows that wait, the largest of what is needed for a moment (a
 * product, a check, a record that is written), two records of 2,048 rows of
 * the stream, and what the BLAS keeps.
 */
double ee_collector_need(const struct ee_value *taps, size_t from, size_t to,
			 unsigned collect, bool watched);

/*
 * Stop once C^-1 k has settled: at a check (probe.h) it has changed by at
 * most 'until' since the one before, for every tap.  The rest of the batch of
 * records is still counted, so that all taps end with the same rows.
 * Fails with EE_EINPUT (no second moment is collected), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_collector_watch(struct ee_collector *c,
	double until, struct ee_err *err);
/* The tap with the largest change at its last check; NULL before there have
 * been two. */
const struct ee_tapped *ee_collector_worst(const struct ee_collector *c);

/* Stop after 'rows' of each tap. */
void ee_collector_limit(struct ee_collector *c, int64_t rows);
bool ee_collector_is_full(const struct ee_collector *c);
size_t ee_collector_widest(const struct ee_collector *c);
/* Rows of the first tap that are in, and its part of progress. */
int64_t ee_collector_rows(const struct ee_collector *c);

/*
 * Add one record: tap, x f4 (n, width), doc i8 (n), pos i4 (n).
 * Fails with EE_EFORMAT, EE_EMATH (a value that is not finite: says which tap,
 * document and position), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_collector_add(struct ee_collector *c,
	const struct ee_value *record, struct ee_err *err);

/* All rows are in.  Fails with EE_EINPUT where there were none, for any of
 * the taps. */
EE_MUST_CHECK enum ee_status ee_collector_finish(struct ee_collector *c,
	struct ee_err *err);

/*
 * Checkpoints: a stats stream with "checkpoint": true and "documents" (the
 * number of whole documents in it) in its header, the sums, and the rows not
 * yet multiplied.  Saving replaces the file as a whole.  Resuming demands the
 * same model, taps, statistics and corpus; the stream may start where the
 * checkpoint was, if its corpus map says "skip": documents, or at its
 * beginning, and then the rows that are in are passed over.
 *
 * Fail with EE_EIO, EE_ENOMEM; resuming with EE_EFORMAT, EE_ETRUNC,
 * EE_EMATCH, EE_EINPUT (another skip) as well.
 */
EE_MUST_CHECK enum ee_status ee_collector_save(struct ee_collector *c,
	const char *path, const char *by, struct ee_err *err);
EE_MUST_CHECK enum ee_status ee_collector_resume(struct ee_collector *c,
	const char *path, struct ee_err *err);

#endif
