/* checkpoint.c - stopping and going on.  See collector.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/outfile.h"
#include "base/try.h"
#include "file/json.h"
#include "stats/collector.h"
#include "stream/stream.h"

static void
put_probe(struct ee_arena *arena, const struct ee_probe *p,
	  struct ee_value *v)
{
	const size_t d = p->width;

	ee_put_array(arena, v, "keys", EE_F32, p->keys, EE_PROBES, d);
	ee_put_array(arena, v, "answers", EE_F64, p->answers, d * EE_PROBES,
		     0);
	ee_put(arena, v, "checks", ee_int(p->checks));
	ee_put(arena, v, "checked", ee_int(p->checked));
	ee_put(arena, v, "next", ee_int(p->next));
	if (isfinite(p->change))
		ee_put(arena, v, "change", ee_real(p->change));
}

static void
put_sum(struct ee_arena *arena, const struct ee_exact *sum, const char *key,
	struct ee_value *v)
{
	if (sum->n > 0)
		ee_put_array(arena, v, key, EE_F64, sum->first, sum->n, 0);
}

static struct ee_value
tap_record(struct ee_arena *arena, const struct ee_tapped *tap)
{
	const struct ee_moments *m = &tap->layer.sums;
	struct ee_value v = ee_map();

	ee_put(arena, &v, "tap", ee_text(tap->tap));
	ee_put(arena, &v, "name", ee_text(tap->layer.name));
	ee_put(arena, &v, "width", ee_int((int64_t)m->width));
	if (tap->layer.fingerprint != NULL)
		ee_put(arena, &v, "fingerprint",
		       ee_text(tap->layer.fingerprint));
	ee_put(arena, &v, "count", ee_int(m->count));
	ee_put(arena, &v, "norm", ee_real(m->norm.n > 0 ? *m->norm.first : 0));
	put_sum(arena, &m->mom2, "packed", &v);
	if (m->mom2.n > 0)
		ee_put_array(arena, &v, "rows", EE_F32, m->rows, m->waiting,
			     m->width);
	put_sum(arena, &m->sum, "sum", &v);
	put_sum(arena, &m->squares, "squares", &v);
	if (tap->probe.width > 0)
		put_probe(arena, &tap->probe, &v);
	return v;
}

static struct ee_value
header_of(struct ee_arena *arena, const struct ee_collector *c)
{
	struct ee_value v = ee_copy(arena, &c->extra);
	char collect[64];

	ee_collect_text(c->collect, ',', collect);
	ee_put(arena, &v, "checkpoint", ee_logic(true));
	ee_put(arena, &v, "documents", ee_int(c->documents));
	ee_put(arena, &v, "boundary", ee_int(c->boundary));
	if (c->has_documents)
		ee_put(arena, &v, "begun", ee_int(c->started > c->begun ?
						  c->started : c->begun));
	ee_put(arena, &v, "block", ee_int(EE_MOMENT_ROWS));
	ee_put(arena, &v, "collect",
	       ee_text(ee_arena_text(arena, collect, strlen(collect))));
	return v;
}

enum ee_status
ee_collector_save(struct ee_collector *c, const char *path, const char *by,
		  struct ee_err *err)
{
	struct ee_writer *writer = NULL;
	struct ee_arena arena = { 0 };
	struct ee_value header, record;
	struct ee_outfile file;
	enum ee_status status;
	size_t i;

	status = ee_outfile_open(&file, path, err);
	if (status != EE_OK)
		return status;
	header = header_of(&arena, c);
	status = ee_arena_check(&arena, err);
	if (status == EE_OK)
		status = ee_writer_open(&writer, fileno(file.fp), path,
					"stats", by, &header, err);
	for (i = 0; i < c->n && status == EE_OK; i++) {
		record = tap_record(&arena, &c->taps[i]);
		status = ee_arena_check(&arena, err);
		if (status == EE_OK)
			status = ee_writer_put(writer, &record, err);
	}
	if (status == EE_OK)
		status = ee_writer_end(writer, err);
	ee_writer_close(writer);
	ee_arena_free(&arena);
	return ee_outfile_end(&file, status, err);
}

/* Copy f8 (n) into 'out'. */
static enum ee_status
load_doubles(const struct ee_value *record, const char *key, size_t n,
	     double *out, const char *path, struct ee_err *err)
{
	struct ee_tensor t;

	if (n == 0)			/* not collected */
		return EE_OK;
	TRY(ee_get_tensor(record, key, EE_F64, 1, &t, path, err));
	if (t.shape[0] != n)
		return ee_fail(err, EE_EFORMAT, "%s: '%s': %zu values, want "
			       "%zu", path, key, t.shape[0], n);
	memcpy(out, t.data, n * sizeof(*out));
	return EE_OK;
}

static enum ee_status
load_rows(const struct ee_value *record, struct ee_moments *m,
	  const char *path, struct ee_err *err)
{
	struct ee_tensor t;

	if (m->mom2.n == 0)
		return EE_OK;
	TRY(ee_get_tensor(record, "rows", EE_F32, 2, &t, path, err));
	if (t.shape[0] >= EE_MOMENT_ROWS || t.shape[1] != m->width)
		return ee_fail(err, EE_EFORMAT, "%s: 'rows' has a wrong shape",
			       path);
	m->rows = ee_floats(EE_MOMENT_ROWS * m->width, err);
	if (m->rows == NULL)
		return EE_ENOMEM;
	memcpy(m->rows, t.data, t.shape[0] * m->width * sizeof(*m->rows));
	m->waiting = t.shape[0];
	return EE_OK;
}

static enum ee_status
load_probe(const struct ee_value *record, struct ee_probe *p,
	   const char *path, struct ee_err *err)
{
	const size_t n = EE_PROBES * p->width;
	struct ee_tensor t;

	if (n == 0)
		return EE_OK;
	if (ee_get(record, "keys") == NULL)
		return ee_fail(err, EE_EMATCH, "%s: the checkpoint was made "
			       "without --until", path);
	TRY(ee_get_tensor(record, "keys", EE_F32, 2, &t, path, err));
	if (t.shape[0] != EE_PROBES || t.shape[1] != p->width)
		return ee_fail(err, EE_EFORMAT, "%s: 'keys' has a wrong shape",
			       path);
	memcpy(p->keys, t.data, n * sizeof(*p->keys));
	TRY(load_doubles(record, "answers", n, p->answers, path, err));
	TRY(ee_get_int(record, "checks", 0, 64, &p->checks, path, err));
	TRY(ee_get_int(record, "checked", 0, INT64_MAX, &p->checked, path,
		       err));
	TRY(ee_get_int(record, "next", 1, INT64_MAX / 2, &p->next, path,
		       err));
	if (ee_get(record, "change") == NULL)
		return EE_OK;
	return ee_get_real(record, "change", 0, HUGE_VAL, &p->change, path,
			   err);
}

static enum ee_status
other(const char *path, const char *what, const char *has, const char *want,
      struct ee_err *err)
{
	return ee_fail(err, EE_EMATCH, "%s: the checkpoint is of %s '%.160s', "
		       "the stream of '%.160s'", path, what,
		       has ? has : "none", want ? want : "none");
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static enum ee_status
load_tap(struct ee_tapped *tap, const struct ee_value *record, const char *path,
	 struct ee_err *err)
{
	struct ee_moments *m = &tap->layer.sums;
	const char *name = ee_maybe_text(record, "tap");
	const char *print = ee_maybe_text(record, "fingerprint");
	double norm;

	if (!same(name, tap->tap))
		return other(path, "tap", name, tap->tap, err);
	if (!same(print, tap->layer.fingerprint))
		return other(path, "layer fingerprint", print,
			     tap->layer.fingerprint, err);
	TRY(ee_get_int(record, "count", 0, INT64_MAX, &m->count, path, err));
	TRY(ee_get_real(record, "norm", 0, 1e300, &norm, path, err));
	if (m->norm.n > 0)
		*m->norm.first = norm;
	TRY(load_doubles(record, "packed", m->mom2.n, m->mom2.first, path,
			 err));
	TRY(load_doubles(record, "sum", m->sum.n, m->sum.first, path, err));
	TRY(load_doubles(record, "squares", m->squares.n, m->squares.first,
			 path, err));
	TRY(load_rows(record, m, path, err));
	TRY(load_probe(record, &tap->probe, path, err));
	if (tap->probe.width > 0 && tap->probe.next <= m->count)
		return ee_fail(err, EE_EFORMAT, "%s: a check was missed",
			       path);
	return EE_OK;
}

/* The corpus map without "skip", and that number. */
static const char *
corpus_text(struct ee_arena *arena, const struct ee_value *header,
	    int64_t *skip)
{
	const struct ee_value *corpus = ee_get(header, "corpus"), *v;
	struct ee_value rest = ee_map();
	size_t i;

	*skip = 0;
	if (corpus == NULL || corpus->type != EE_MAP)
		return "{}";
	v = ee_get(corpus, "skip");
	if (v != NULL && v->type == EE_INT)
		*skip = v->u.integer;
	for (i = 0; i < corpus->n; i++)
		if (strcmp(corpus->u.map[i].key, "skip") != 0)
			ee_put(arena, &rest, corpus->u.map[i].key,
			       corpus->u.map[i].value);
	return ee_json_text(arena, &rest);
}

static enum ee_status
load_counts(struct ee_collector *c, const struct ee_value *header,
	    const char *path, struct ee_err *err)
{
	int64_t block;

	if (ee_get(header, "checkpoint") == NULL)
		return ee_fail(err, EE_EINPUT, "%s: holds finished statistics, "
			       "no checkpoint", path);
	TRY(ee_get_int(header, "block", EE_MOMENT_ROWS, EE_MOMENT_ROWS,
		       &block, path, err));
	TRY(ee_get_int(header, "documents", 0, INT64_MAX, &c->documents, path,
		       err));
	TRY(ee_get_int(header, "boundary", 0, INT64_MAX, &c->boundary, path,
		       err));
	c->has_documents = ee_get(header, "begun") != NULL;
	return !c->has_documents ? EE_OK :
	       ee_get_int(header, "begun", 0, INT64_MAX, &c->begun, path,
			  err);
}

/* A stream that starts where the first one did, or behind the documents that
 * are in. */
static enum ee_status
check_skip(struct ee_collector *c, int64_t old, int64_t now,
	   const char *path, struct ee_err *err)
{
	size_t i;

	if (now != old && now != old + c->documents)
		return ee_fail(err, EE_EINPUT, "%s: holds %lld documents; the "
			       "stream must skip as many, or none, but skips "
			       "%lld", path, (long long)c->documents,
			       (long long)(now - old));
	c->started = now != old ? c->documents : 0;
	for (i = 0; i < c->n; i++)
		c->taps[i].at = now != old ? c->boundary : 0;
	return EE_OK;
}

/* The same work on the same corpus. */
static enum ee_status
check_header(struct ee_collector *c, const struct ee_value *header,
	     const char *path, struct ee_err *err)
{
	const char *mine, *theirs;
	char collect[64];
	int64_t skip, old_skip;

	TRY(load_counts(c, header, path, err));
	ee_collect_text(c->collect, ',', collect);
	theirs = ee_maybe_text(header, "collect");
	if (!same(theirs, collect))
		return other(path, "statistics", theirs, collect, err);
	theirs = ee_maybe_text(ee_get(header, "model"), "fingerprint");
	mine = ee_maybe_text(ee_get(&c->extra, "model"), "fingerprint");
	if (!same(theirs, mine))
		return other(path, "model", theirs, mine, err);
	theirs = corpus_text(&c->arena, header, &old_skip);
	mine = corpus_text(&c->arena, &c->extra, &skip);
	if (!same(theirs, mine))
		return other(path, "corpus", theirs, mine, err);
	TRY(check_skip(c, old_skip, skip, path, err));
	return ee_arena_check(&c->arena, err);
}

/* What is written afterwards is what the first run would have written. */
static enum ee_status
take_over(struct ee_collector *c, const struct ee_value *header,
	  struct ee_err *err)
{
	static const char *const keys[] = { "model", "corpus", "history" };
	const struct ee_value *v;
	size_t i, k;

	c->extra = ee_map();
	for (k = 0; k < 3; k++)
		if ((v = ee_get(header, keys[k])) != NULL)
			ee_put(&c->arena, &c->extra, keys[k],
			       ee_copy(&c->arena, v));
	v = ee_get(&c->extra, "corpus");
	for (i = 0; i < c->n && v != NULL && v->type == EE_MAP; i++) {
		struct ee_layer *l = &c->taps[i].layer;

		l->corpus = ee_list();
		if (v->n > 0)
			ee_add(&l->arena, &l->corpus, ee_copy(&l->arena, v));
	}
	return ee_arena_check(&c->arena, err);
}

static enum ee_status
load(struct ee_collector *c, struct ee_reader *reader, const char *path,
     struct ee_err *err)
{
	const struct ee_value *header = ee_reader_header(reader), *record;
	enum ee_status status;
	size_t i;

	TRY(check_header(c, header, path, err));
	for (i = 0; i < c->n; i++) {
		status = ee_reader_next(reader, &record, err);
		if (status == EE_END)
			return ee_fail(err, EE_EMATCH, "%s: the checkpoint has "
				       "%zu taps, the stream %zu", path, i,
				       c->n);
		TRY(status);
		TRY(load_tap(&c->taps[i], record, path, err));
	}
	status = ee_reader_next(reader, &record, err);
	if (status == EE_OK)
		return ee_fail(err, EE_EMATCH, "%s: the checkpoint has more "
			       "taps than the stream", path);
	return status == EE_END ? take_over(c, header, err) : status;
}

enum ee_status
ee_collector_resume(struct ee_collector *c, const char *path,
		    struct ee_err *err)
{
	struct ee_reader *reader;
	enum ee_status status;

	status = ee_reader_open_file(&reader, path, "stats", err);
	if (status == EE_OK)
		status = load(c, reader, path, err);
	ee_reader_close(reader);
	return status;
}
