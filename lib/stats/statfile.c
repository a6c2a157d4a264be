/* statfile.c - one statistics file.  See statfile.h. */
#include "stats/statfile.h"

#include <stdio.h>
#include <string.h>

#include "base/try.h"
#include "stats/check.h"
#include "stats/statname.h"

static void
read_origin(struct ee_stats *s)
{
	s->sample_size = ee_source_sample_size(&s->source);
	s->layer = ee_source_text(&s->source, "ee.layer");
	s->fingerprint = ee_source_text(&s->source, "ee.fingerprint");
	s->model = ee_source_text(&s->source, "ee.model");
	s->model_fingerprint = ee_source_text(&s->source,
					      "ee.model_fingerprint");
	s->corpus = ee_source_text(&s->source, "ee.corpus");
}

/* What is in the file is of the inputs of this layer, if it says of what. */
static enum ee_status
check_layer(struct ee_stats *s, const struct ee_stats_query *q,
	    const struct ee_warn *warn, struct ee_err *err)
{
	const char *side = ee_source_text(&s->source, "ee.side");

	if (side == NULL)
		side = "in";
	if (q->layer == NULL || s->layer == NULL ||
	    (strcmp(s->layer, q->layer) == 0 && strcmp(side, "in") == 0))
		return EE_OK;
	if (!q->force)
		return ee_fail(err, EE_EMATCH, "%s: is of '%s:%s', want "
			       "'%s:in' (--force takes it all the same)",
			       s->path, s->layer, side, q->layer);
	ee_warn(warn, "%s: is of '%s:%s', not of '%s:in': used all the same",
		s->path, s->layer, side, q->layer);
	return EE_OK;
}

/* Statistics hold while the weights up to the layer are what they were. */
static enum ee_status
check_fingerprint(const struct ee_stats *s, const struct ee_stats_query *q,
		  const struct ee_warn *warn, struct ee_err *err)
{
	if (q->fingerprint == NULL)
		return EE_OK;
	if (s->fingerprint == NULL) {
		ee_warn(warn, "%s: has no fingerprint: whether it was made "
			"with this model cannot be told", s->path);
		return EE_OK;
	}
	if (strcmp(s->fingerprint, q->fingerprint) == 0)
		return EE_OK;
	if (q->force) {
		ee_warn(warn, "%s: made with a model of fingerprint %s, this "
			"one has %s: used all the same", s->path,
			s->fingerprint, q->fingerprint);
		return EE_OK;
	}
	return ee_fail(err, EE_EMATCH, "%s: made with a model whose weights up "
		       "to '%s' have fingerprint %s; this one has %s (--force "
		       "takes them all the same)", s->path,
		       s->layer ? s->layer : "the layer", s->fingerprint,
		       q->fingerprint);
}

static void
notices(const struct ee_stats *s, const struct ee_stats_query *q,
	const struct ee_warn *warn)
{
	const size_t dead = ee_count_dead(&s->mom2);

	if (q->sample_size >= 0 && s->sample_size != q->sample_size)
		ee_warn(warn, "%s: sample size %lld, %lld wanted", s->path,
			(long long)s->sample_size, (long long)q->sample_size);
	if (dead > 0)
		ee_warn(warn, "%s: %zu of %zu units were never active: the "
			"moment is singular", s->path, dead, s->width);
	if ((uint64_t)s->tokens < s->width)
		ee_warn(warn, "%s: %lld tokens for %zu units: the moment is "
			"singular", s->path, (long long)s->tokens, s->width);
}

static enum ee_status
read_moment(struct ee_stats *s, const struct ee_stats_query *q,
	    struct ee_err *err)
{
	struct ee_source *source = &s->source;
	char what[256];

	TRY(ee_source_int(source, "mom2.count", 1, &s->count, err));
	s->tokens = s->count;
	if (ee_source_has(source, "ee.moment_of"))
		TRY(ee_source_int(source, "ee.moment_of", 1, &s->tokens, err));
	TRY(ee_source_reals(source, "mom2.mom2", &s->mom2, NULL, err));
	snprintf(what, sizeof(what), "%s: mom2.mom2", s->path);
	TRY(ee_check_moment(&s->mom2, q->width, what, err));
	s->width = s->mom2.shape[0];
	return EE_OK;
}

static enum ee_status
load(struct ee_stats *s, const char *path, const struct ee_stats_query *q,
     const struct ee_warn *warn, struct ee_err *err)
{
	s->path = ee_arena_text(&s->arena, path, strlen(path));
	TRY(ee_arena_check(&s->arena, err));
	TRY(ee_source_open(&s->source, path, err));
	TRY(read_moment(s, q, err));
	read_origin(s);
	TRY(check_layer(s, q, warn, err));
	return check_fingerprint(s, q, warn, err);
}

enum ee_status
ee_stats_load(struct ee_stats *s, const char *path,
	      const struct ee_stats_query *q, const struct ee_warn *warn,
	      struct ee_err *err)
{
	enum ee_status status;

	memset(s, 0, sizeof(*s));
	status = load(s, path, q, warn, err);
	if (status == EE_OK)
		notices(s, q, warn);
	else
		ee_stats_close(s);
	return status;
}

enum ee_status
ee_stats_open(struct ee_stats *s, const struct ee_stats_query *q,
	      const struct ee_warn *warn, struct ee_err *err)
{
	struct ee_stats_query rest = *q;
	struct ee_arena arena = { 0 };
	struct ee_statname name;
	const char *path = "";
	enum ee_status status;

	memset(s, 0, sizeof(*s));
	status = ee_stats_find(&arena, q, &path, warn, err);
	if (status == EE_OK && strrchr(path, '/') != NULL &&
	    ee_statname_parse(&arena, strrchr(path, '/') + 1, &name) &&
	    name.sample_size != q->sample_size)
		rest.sample_size = -1;		/* has been said */
	if (status == EE_OK)
		status = ee_stats_load(s, path, &rest, warn, err);
	ee_arena_free(&arena);
	return status;
}

void
ee_stats_close(struct ee_stats *s)
{
	ee_source_close(&s->source);
	ee_arena_free(&s->arena);
	memset(s, 0, sizeof(*s));
}
