/* collector.c - statistics of all taps of one stream.  See collector.h. */
#include "stats/collector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "math/vec.h"

static const char where[] = "activations";

void
ee_collector_close(struct ee_collector *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		ee_layer_free(&c->taps[i].layer);
		ee_probe_free(&c->taps[i].probe);
	}
	free(c->taps);
	ee_scratch_free(&c->scratch);
	ee_arena_free(&c->arena);
	memset(c, 0, sizeof(*c));
}

/* "transformer.h.5.mlp.c_proj:in" is a module and a side. */
static void
split_tap(struct ee_layer *l, const char *tap)
{
	const char *colon = strrchr(tap, ':');
	const size_t n = colon ? (size_t)(colon - tap) : strlen(tap);

	l->name = ee_arena_text(&l->arena, tap, n);
	if (colon != NULL)
		l->side = ee_layer_text(l, colon + 1);
}

static enum ee_status
add_tap(struct ee_collector *c, const struct ee_value *entry,
	struct ee_err *err)
{
	struct ee_tapped *tap = &c->taps[c->n];
	const char *name;
	int64_t width;
	size_t i;

	TRY(ee_get_text(entry, "tap", &name, "taps", err));
	TRY(ee_get_int(entry, "width", 1, EE_MAX_WIDTH, &width, name, err));
	for (i = 0; i < c->n; i++)
		if (strcmp(c->taps[i].tap, name) == 0)
			return ee_fail(err, EE_EFORMAT, "%s: tap '%s' is "
				       "announced twice", where, name);
	c->n++;
	tap->tap = ee_arena_text(&c->arena, name, strlen(name));
	tap->width = (size_t)width;
	ee_layer_origin(&tap->layer, entry, &c->extra);
	split_tap(&tap->layer, name);
	TRY(ee_moments_init(&tap->layer.sums, tap->width, c->collect, err));
	tap->layer.sums.shared = &c->scratch;
	return ee_arena_check(&tap->layer.arena, err);
}

enum ee_status
ee_collector_open(struct ee_collector *c, const struct ee_value *header,
		  const struct ee_value *extra, unsigned collect,
		  struct ee_err *err)
{
	const struct ee_value *taps = ee_get(header, "taps");
	enum ee_status status = EE_OK;
	size_t i;

	memset(c, 0, sizeof(*c));
	c->collect = collect;
	c->limit = INT64_MAX;
	if (taps == NULL || taps->type != EE_LIST || taps->n == 0)
		return ee_fail(err, EE_EFORMAT, "%s: the header announces no "
			       "taps", where);
	c->extra = ee_copy(&c->arena, extra);
	c->taps = ee_calloc(taps->n, sizeof(*c->taps), err);
	if (c->taps == NULL)
		status = EE_ENOMEM;
	for (i = 0; i < taps->n && status == EE_OK; i++)
		status = add_tap(c, &taps->u.list[i], err);
	if (status == EE_OK)
		status = ee_arena_check(&c->arena, err);
	if (status != EE_OK)
		ee_collector_close(c);
	return status;
}

void
ee_collector_limit(struct ee_collector *c, int64_t rows)
{
	c->limit = rows;
}

bool
ee_collector_is_full(const struct ee_collector *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->taps[i].layer.sums.count < c->limit)
			return false;
	return true;
}

size_t
ee_collector_widest(const struct ee_collector *c)
{
	size_t i, widest = 0;

	for (i = 0; i < c->n; i++)
		if (c->taps[i].width > widest)
			widest = c->taps[i].width;
	return widest;
}

int64_t
ee_collector_rows(const struct ee_collector *c)
{
	return c->taps[0].layer.sums.count;
}

/* One record, its parts checked. */
struct rows {
	size_t n;
	const float *x;
	struct ee_tensor doc, pos;	/* data NULL where left out */
};

static enum ee_status
optional(const struct ee_value *record, const char *key,
	 enum ee_dtype dtype, size_t n, struct ee_tensor *out,
	 const char *tap, struct ee_err *err)
{
	out->data = NULL;
	if (ee_get(record, key) == NULL)
		return EE_OK;
	TRY(ee_get_tensor(record, key, dtype, 1, out, tap, err));
	return out->shape[0] == n ? EE_OK :
	       ee_fail(err, EE_EFORMAT, "%s: '%s': %zu values for %zu rows",
		       tap, key, out->shape[0], n);
}

static enum ee_status
read_rows(const struct ee_tapped *tap, const struct ee_value *record,
	  struct rows *r, struct ee_err *err)
{
	struct ee_tensor x;
	char shape[128];

	TRY(ee_get_tensor(record, "x", EE_F32, 2, &x, tap->tap, err));
	if (x.shape[1] != tap->width)
		return ee_fail(err, EE_EFORMAT, "%s: 'x': shape %s, want (n, "
			       "%zu)", tap->tap, ee_tensor_shape(&x, shape),
			       tap->width);
	r->n = x.shape[0];
	r->x = x.data;
	TRY(optional(record, "doc", EE_I64, r->n, &r->doc, tap->tap, err));
	return optional(record, "pos", EE_I32, r->n, &r->pos, tap->tap, err);
}

/* Say where the first value is that is not finite. */
static enum ee_status
not_finite(const struct ee_tapped *tap, const struct rows *r, size_t first,
	   struct ee_err *err)
{
	size_t i = first, k = 0;

	while (i + 1 < r->n && ee_all_finite(tap->width,
					     r->x + i * tap->width))
		i++;
	while (k + 1 < tap->width &&
	       ee_all_finite(1, r->x + i * tap->width + k))
		k++;
	if (r->doc.data == NULL || r->pos.data == NULL)
		return ee_fail(err, EE_EMATH, "%s: row %lld, unit %zu: %g is "
			       "not finite", tap->tap,
			       (long long)(tap->at + (int64_t)i), k,
			       (double)r->x[i * tap->width + k]);
	return ee_fail(err, EE_EMATH, "%s: document %.0f, position %.0f, unit "
		       "%zu: %g is not finite", tap->tap,
		       ee_tensor_at(&r->doc, i), ee_tensor_at(&r->pos, i), k,
		       (double)r->x[i * tap->width + k]);
}

/*
 * The first tap's records say where documents begin.  If all taps are at the
 * same row and a document begins here, all documents before are whole.
 */
static void
count_documents(struct ee_collector *c, const struct rows *r, size_t n)
{
	const int32_t *pos = r->pos.data;
	size_t i;

	if (pos == NULL)
		return;
	for (i = 1; i < c->n; i++)
		if (c->taps[i].at != c->taps[0].at)
			break;
	if (i == c->n && n > 0 && pos[0] == 0) {
		c->boundary = c->taps[0].at;
		c->documents = c->started;
	}
	c->has_documents = true;
	for (i = 0; i < n; i++)
		c->started += pos[i] == 0;
}

static struct ee_tapped *
find_tap(struct ee_collector *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->taps[i].tap, name) == 0)
			return &c->taps[i];
	return NULL;
}

/* All taps have had the same checks, and the last one found no change: what
 * has come of the longest is the end. */
static void
stop_if_settled(struct ee_collector *c)
{
	int64_t rows = 0;
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct ee_tapped *t = &c->taps[i];

		if (c->until <= 0 || t->probe.change > c->until ||
		    t->probe.checked != c->taps[0].probe.checked)
			return;
		if (t->layer.sums.count > rows)
			rows = t->layer.sums.count;
	}
	c->settled = true;
	if (rows < c->limit)
		c->limit = rows;
}

/* Within 0..most. */
static int64_t
clamp(int64_t rows, int64_t most)
{
	return rows < 0 ? 0 : rows < most ? rows : most;
}

enum ee_status
ee_collector_add(struct ee_collector *c, const struct ee_value *record,
		 struct ee_err *err)
{
	struct ee_tapped *tap;
	const char *name;
	struct rows r;
	int64_t first, last;

	TRY(ee_get_text(record, "tap", &name, where, err));
	tap = find_tap(c, name);
	if (tap == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: tap '%s' is not announced "
			       "in the header", where, name);
	TRY(read_rows(tap, record, &r, err));
	/* rows first..last are new and within the limit */
	first = clamp(tap->layer.sums.count - tap->at, INT64_MAX);
	last = clamp(c->limit - tap->at, (int64_t)r.n);
	if (tap == c->taps)
		count_documents(c, &r, (size_t)last);
	if (first < last) {
		const size_t n = (size_t)(last - first);
		const float *x = r.x + (size_t)first * tap->width;

		if (!ee_all_finite(n * tap->width, x))
			return not_finite(tap, &r, (size_t)first, err);
		TRY(ee_probe_add(&tap->probe, &tap->layer.sums, n, x, err));
		stop_if_settled(c);
	}
	tap->at += (int64_t)r.n;
	return EE_OK;
}

/* What --until has found, for the record. */
static void
put_until(const struct ee_collector *c, struct ee_tapped *tap)
{
	const struct ee_probe *p = &tap->probe;
	struct ee_arena *arena = &tap->layer.arena;
	struct ee_value v = ee_map();

	ee_put(arena, &v, "bound", ee_real(c->until));
	ee_put(arena, &v, "settled", ee_logic(c->settled));
	ee_put(arena, &v, "checked", ee_int(p->checked));
	if (isfinite(p->change))
		ee_put(arena, &v, "change", ee_real(p->change));
	ee_put(arena, &tap->layer.more, "until", v);
}

/* All rows of one tap are in. */
static enum ee_status
finish_tap(const struct ee_collector *c, struct ee_tapped *tap,
	   struct ee_err *err)
{
	struct ee_layer *l = &tap->layer;

	if (tap->at < l->sums.count && l->sums.count < c->limit)
		return ee_fail(err, EE_EINPUT, "%s: %s: %lld rows have come, "
			       "the checkpoint holds %lld: is it another "
			       "corpus?", where, tap->tap, (long long)tap->at,
			       (long long)l->sums.count);
	if (l->sums.count == 0)
		return ee_fail(err, EE_EINPUT, "%s: empty: no rows of '%s' "
			       "have come", where, tap->tap);
	TRY(ee_moments_flush(&l->sums, err));
	l->documents = !c->has_documents ? -1 :
		       c->started > c->begun ? c->started : c->begun;
	ee_layer_mark(l);
	if (c->until > 0)
		put_until(c, tap);
	return ee_arena_check(&l->arena, err);
}

enum ee_status
ee_collector_finish(struct ee_collector *c, struct ee_err *err)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		TRY(finish_tap(c, &c->taps[i], err));
	return EE_OK;
}
