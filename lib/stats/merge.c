/* merge.c - adding the statistics of parts of a corpus.  See layer.h. */
#include <string.h>

#include "stats/json_text.h"
#include "stats/layer.h"

static enum ee_status
same_text(const char *what, const char *a, const char *b, struct ee_err *err)
{
	if (a == NULL || b == NULL || strcmp(a, b) == 0)
		return EE_OK;
	return ee_fail(err, EE_EMATCH, "two %ss, '%.120s' and '%.120s', "
		       "cannot be merged", what, a, b);
}

/* A part of the corpus that both say they hold. */
static enum ee_status
check_parts(struct ee_layer *l, const struct ee_layer *other,
	    struct ee_err *err)
{
	const char *a, *b;
	size_t i, k;

	for (k = 0; k < other->corpus.n; k++) {
		b = ee_json_text(&l->arena, &other->corpus.u.list[k]);
		for (i = 0; i < l->corpus.n; i++) {
			a = ee_json_text(&l->arena, &l->corpus.u.list[i]);
			if (a != NULL && b != NULL && strcmp(a, b) == 0)
				return ee_fail(err, EE_EINPUT, "layer '%s': "
					       "the same part twice: %.300s",
					       l->name, a);
		}
	}
	for (k = 0; k < other->marks.n; k++)
		for (i = 0; i < l->marks.n; i++)
			if (l->marks.u.list[i].u.integer ==
			    other->marks.u.list[k].u.integer)
				return ee_fail(err, EE_EINPUT, "layer '%s': "
					       "the same numbers twice",
					       l->name);
	return ee_arena_check(&l->arena, err);
}

static void
append(struct ee_arena *arena, struct ee_value *to,
       const struct ee_value *from)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		ee_add(arena, to, ee_copy(arena, &from->u.list[i]));
}

enum ee_status
ee_layer_merge(struct ee_layer *l, const struct ee_layer *other,
	       struct ee_err *err)
{
	enum ee_status status;

	status = same_text("layer", l->name, other->name, err);
	if (status == EE_OK)
		status = same_text("side", l->side, other->side, err);
	if (status == EE_OK)
		status = same_text("model", l->model_fingerprint,
				   other->model_fingerprint, err);
	if (status == EE_OK)
		status = same_text("layer fingerprint", l->fingerprint,
				   other->fingerprint, err);
	if (status == EE_OK && l->sums.width != other->sums.width)
		status = ee_fail(err, EE_EMATCH, "layer '%s': widths %zu and "
				 "%zu cannot be merged", l->name,
				 l->sums.width, other->sums.width);
	if (status == EE_OK && (l->sums.collect & other->sums.collect) == 0)
		status = ee_fail(err, EE_EMATCH, "layer '%s': no statistic is "
				 "in both", l->name);
	if (status == EE_OK)
		status = check_parts(l, other, err);
	if (status != EE_OK)
		return status;
	ee_moments_merge(&l->sums, &other->sums);
	l->more = ee_map();
	append(&l->arena, &l->corpus, &other->corpus);
	append(&l->arena, &l->marks, &other->marks);
	if (l->documents < 0 || other->documents < 0)
		l->documents = -1;
	else
		l->documents += other->documents;
	return ee_arena_check(&l->arena, err);
}
