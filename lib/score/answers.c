/* answers.c - what a model answered, as a record and back.  See exam.h. */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "score/exam.h"

void
ee_exam_forget(struct ee_exam *e, int when)
{
	free(e->answers[when]);
	free(e->said[when]);
	free(e->written[when]);
	free(e->essays.text[when]);
	e->answers[when] = NULL;
	e->said[when] = NULL;
	e->written[when] = NULL;
	e->essays.text[when] = NULL;
}

static size_t
tokens_of(const struct ee_exam *e)
{
	size_t i, total = 0;

	for (i = 0; i < e->nasks; i++)
		total += e->asks[i].asked;
	return total;
}

static struct ee_value
texts_value(struct ee_arena *arena, const char *const *texts, size_t n)
{
	struct ee_value list = ee_list();
	size_t i;

	for (i = 0; i < n; i++)
		ee_add(arena, &list, texts[i] != NULL ? ee_text(texts[i])
						      : ee_null());
	return list;
}

struct ee_value
ee_exam_record(const struct ee_exam *e, int when, struct ee_arena *arena)
{
	const size_t n = e->nasks;
	double *nll = ee_arena_alloc(arena, n * sizeof(*nll), 8);
	int64_t *right = ee_arena_alloc(arena, n * sizeof(*right), 8);
	struct ee_value v = ee_map();
	size_t i;

	if (nll == NULL || right == NULL)
		return v;
	for (i = 0; i < n; i++) {
		nll[i] = e->answers[when][i].nll;
		right[i] = (int64_t)e->answers[when][i].right;
	}
	ee_put(arena, &v, "nll", ee_tensor(ee_tensor_2d(EE_F64, nll, n, 0)));
	ee_put(arena, &v, "right",
	       ee_tensor(ee_tensor_2d(EE_I64, right, n, 0)));
	ee_put(arena, &v, "said", ee_tensor(ee_tensor_2d(EE_I32,
		e->said[when], tokens_of(e), 0)));
	if (e->written[when] != NULL)
		ee_put(arena, &v, "written",
		       texts_value(arena, e->written[when], n));
	if (e->essays.text[when] != NULL)
		ee_put(arena, &v, "texts", texts_value(arena,
			e->essays.text[when], e->essays.n));
	return v;
}

/* The member 'key', a list of n texts or nulls, if it is there, to '*to'. */
static enum ee_status
take_texts(struct ee_exam *e, const struct ee_value *record, const char *key,
	   size_t n, const char ***to, const char *where, struct ee_err *err)
{
	const struct ee_value *list = ee_get(record, key), *v;
	size_t i;

	if (list == NULL)
		return EE_OK;
	if (list->type != EE_LIST || list->n != n)
		return ee_fail(err, EE_EFORMAT, "%s: '%s' is no list of %zu",
			       where, key, n);
	*to = ee_calloc(n, sizeof(**to), err);
	if (*to == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n; i++) {
		v = &list->u.list[i];
		if (v->type == EE_NULL)
			continue;
		if (v->type != EE_TEXT)
			return ee_fail(err, EE_EFORMAT, "%s: '%s': number "
				       "%zu is no text", where, key, i + 1);
		(*to)[i] = ee_arena_text(&e->arena, v->u.text, v->n);
	}
	return ee_arena_check(&e->arena, err);
}

enum ee_status
ee_exam_take(struct ee_exam *e, int when, const struct ee_value *record,
	     const char *where, struct ee_err *err)
{
	const size_t n = e->nasks, total = tokens_of(e);
	struct ee_tensor nll, right, said;
	size_t i;

	TRY(ee_get_tensor(record, "nll", EE_F64, 1, &nll, where, err));
	TRY(ee_get_tensor(record, "right", EE_I64, 1, &right, where, err));
	TRY(ee_get_tensor(record, "said", EE_I32, 1, &said, where, err));
	if (nll.shape[0] != n || right.shape[0] != n ||
	    said.shape[0] != total)
		return ee_fail(err, EE_EFORMAT, "%s: %zu answers of %zu "
			       "tokens, want %zu of %zu", where, nll.shape[0],
			       said.shape[0], n, total);
	TRY(ee_exam_answers(e, when, err));
	for (i = 0; i < n; i++) {
		e->answers[when][i].nll = ((const double *)nll.data)[i];
		e->answers[when][i].right =
			(size_t)((const int64_t *)right.data)[i];
	}
	memcpy(e->said[when], said.data, total * sizeof(**e->said));
	TRY(take_texts(e, record, "written", n, &e->written[when], where,
		       err));
	return take_texts(e, record, "texts", e->essays.n,
			  &e->essays.text[when], where, err);
}
