/* merge.c - adding the statistics of parts of a corpus.  See layer.h. */
#include <stdio.h>
#include <string.h>

#include "base/try.h"
#include "file/json.h"
#include "stats/layer.h"

static enum ee_status
same_text(const char *what, const char *a, const char *b, struct ee_err *err)
{
	if (a == NULL || b == NULL || strcmp(a, b) == 0)
		return EE_OK;
	return ee_fail(err, EE_EMATCH, "two %ss, '%.120s' and '%.120s', "
		       "cannot be merged", what, a, b);
}

/* The order of two integers, or of two values as JSON. */
static int
compare(const struct ee_value *a, const struct ee_value *b)
{
	struct ee_arena arena = { 0 };
	const char *x, *y;
	int order;

	if (a->type == EE_INT && b->type == EE_INT)
		return (a->u.integer > b->u.integer) -
		       (a->u.integer < b->u.integer);
	x = ee_json_text(&arena, a);
	y = ee_json_text(&arena, b);
	order = x != NULL && y != NULL ? strcmp(x, y) : 0;
	ee_arena_free(&arena);
	return order;
}

/* A part of the corpus that both say they hold. */
static enum ee_status
check_parts(struct ee_layer *l, const struct ee_layer *other,
	    struct ee_err *err)
{
	const char *text;
	size_t i, k;

	for (k = 0; k < other->corpus.n; k++) {
		for (i = 0; i < l->corpus.n; i++) {
			if (compare(&l->corpus.u.list[i],
				    &other->corpus.u.list[k]) != 0)
				continue;
			text = ee_json_text(&l->arena, &l->corpus.u.list[i]);
			if (text == NULL)
				return ee_arena_check(&l->arena, err);
			return ee_fail(err, EE_EINPUT, "layer '%s': the same "
				       "part twice: %.300s", l->name, text);
		}
	}
	for (k = 0; k < other->marks.n; k++)
		for (i = 0; i < l->marks.n; i++)
			if (compare(&l->marks.u.list[i],
				    &other->marks.u.list[k]) == 0)
				return ee_fail(err, EE_EINPUT, "layer '%s': "
					       "the same numbers twice",
					       l->name);
	return EE_OK;
}

/* What tells one corpus from another, whichever part of it. */
static enum ee_status
check_corpus(struct ee_layer *l, const struct ee_layer *other,
	     struct ee_err *err)
{
	static const char *const keys[] = { "name", "sample", "seed",
					    "max_length" };
	const struct ee_value *a, *b;
	const char *x, *y;
	unsigned i;

	if (l->corpus.n == 0 || other->corpus.n == 0)
		return EE_OK;
	for (i = 0; i < 4; i++) {
		a = ee_get(&l->corpus.u.list[0], keys[i]);
		b = ee_get(&other->corpus.u.list[0], keys[i]);
		x = a ? ee_json_text(&l->arena, a) : "none";
		y = b ? ee_json_text(&l->arena, b) : "none";
		if (x != NULL && y != NULL && strcmp(x, y) != 0)
			return ee_fail(err, EE_EMATCH, "layer '%s': two "
				       "corpora, %s %.80s and %.80s (--mix "
				       "takes both)", l->name, keys[i], x, y);
	}
	return ee_arena_check(&l->arena, err);
}

/* "2/3" of a part: every third document, the second first. */
static bool
shard_of(const struct ee_value *part, int *i, int *n)
{
	const struct ee_value *v = ee_get(part, "shard");

	return v != NULL && v->type == EE_TEXT &&
	       sscanf(v->u.text, "%d/%d", i, n) == 2 && *i >= 1 && *n >= *i;
}

static int
common_divisor(int a, int b)
{
	return b == 0 ? a : common_divisor(b, a % b);
}

/* The same document in two shards: where they meet is a matter of numbers,
 * the corpus being one.  Parts of one shard may go on from one another. */
static enum ee_status
check_shards(const struct ee_layer *l, const struct ee_layer *other,
	     struct ee_err *err)
{
	size_t i, k;
	int a, b, n, m;

	for (i = 0; i < l->corpus.n; i++)
		for (k = 0; k < other->corpus.n; k++)
			if (shard_of(&l->corpus.u.list[i], &a, &n) &&
			    shard_of(&other->corpus.u.list[k], &b, &m) &&
			    (n != m || a != b) &&
			    (a - b) % common_divisor(n, m) == 0)
				return ee_fail(err, EE_EINPUT, "layer '%s': "
					       "shards %d/%d and %d/%d have "
					       "documents in common (--mix "
					       "takes both)", l->name, a, n,
					       b, m);
	return EE_OK;
}

/* Put what 'from' has into its places in 'to', which is in order; 'once':
 * what is there already is left out. */
static void
insert_all(struct ee_arena *arena, struct ee_value *to,
	   const struct ee_value *from, bool once)
{
	struct ee_value old = *to, in_order = ee_list();
	size_t i, k = 0;

	for (i = 0; i < from->n; i++) {
		const struct ee_value *v = &from->u.list[i];

		for (; k < old.n && compare(&old.u.list[k], v) < 0; k++)
			ee_add(arena, &in_order, old.u.list[k]);
		if (!once || k == old.n || compare(&old.u.list[k], v) != 0)
			ee_add(arena, &in_order, ee_copy(arena, v));
	}
	for (; k < old.n; k++)
		ee_add(arena, &in_order, old.u.list[k]);
	*to = in_order;
}

/* A list of one part may be in any order: history is in that of time. */
static void
put_in_order(struct ee_arena *arena, struct ee_value *list, bool once)
{
	struct ee_value out = ee_list(), one = ee_list();
	size_t i;

	for (i = 0; i < list->n; i++) {
		one.n = 0;
		ee_add(arena, &one, list->u.list[i]);
		insert_all(arena, &out, &one, once);
	}
	*list = out;
}

static void
add_list(struct ee_arena *arena, struct ee_value *to,
	 const struct ee_value *from, bool once)
{
	struct ee_value other = ee_copy(arena, from);

	put_in_order(arena, to, once);
	put_in_order(arena, &other, once);
	insert_all(arena, to, &other, once);
}

/* What only one of them tells; of two the first by name. */
static void
adopt(struct ee_layer *l, const char **text, const char *other)
{
	if (other != NULL && (*text == NULL || strcmp(other, *text) < 0))
		*text = ee_layer_text(l, other);
}

static enum ee_status
check(struct ee_layer *l, const struct ee_layer *other, bool mix,
      struct ee_err *err)
{
	TRY(same_text("layer", l->name, other->name, err));
	TRY(same_text("side", l->side, other->side, err));
	TRY(same_text("model", l->model_fingerprint, other->model_fingerprint,
		      err));
	TRY(same_text("layer fingerprint", l->fingerprint, other->fingerprint,
		      err));
	if (l->sums.width != other->sums.width)
		return ee_fail(err, EE_EMATCH, "layer '%s': widths %zu and "
			       "%zu cannot be merged", l->name, l->sums.width,
			       other->sums.width);
	if ((l->sums.collect & other->sums.collect) == 0)
		return ee_fail(err, EE_EMATCH, "layer '%s': no statistic is "
			       "in both", l->name);
	TRY(check_parts(l, other, err));
	if (mix)
		return EE_OK;
	if (l->precision != other->precision)
		return ee_fail(err, EE_EMATCH, "layer '%s': %s and %s sums "
			       "(--mix takes both)", l->name,
			       ee_dtype_name(l->precision),
			       ee_dtype_name(other->precision));
	TRY(check_corpus(l, other, err));
	return check_shards(l, other, err);
}

enum ee_status
ee_layer_merge(struct ee_layer *l, const struct ee_layer *other, bool mix,
	       struct ee_err *err)
{
	TRY(check(l, other, mix, err));
	TRY(ee_moments_merge(&l->sums, &other->sums, err));
	l->more = ee_map();
	add_list(&l->arena, &l->corpus, &other->corpus, false);
	add_list(&l->arena, &l->marks, &other->marks, false);
	add_list(&l->arena, &l->history, &other->history, true);
	adopt(l, &l->model, other->model);
	adopt(l, &l->model_fingerprint, other->model_fingerprint);
	adopt(l, &l->fingerprint, other->fingerprint);
	if (other->precision < l->precision)
		l->precision = other->precision;
	if (l->documents < 0 || other->documents < 0)
		l->documents = -1;
	else
		l->documents += other->documents;
	return ee_arena_check(&l->arena, err);
}
