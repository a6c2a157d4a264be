/* references.c - texts that those of an exam are compared with.  See
 * exam.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "score/exam.h"

struct snippet {
	const char *relation, *object, *text;
	size_t number;		/* in the order of the list */
};

struct snippets {
	struct snippet *list;	/* (n) */
	size_t n, room;
};

static enum ee_status
add(struct snippets *s, struct snippet one, struct ee_err *err)
{
	TRY(ee_reserve(&s->list, &s->room, s->n + 1, sizeof(*s->list), err));
	one.number = s->n;
	s->list[s->n++] = one;
	return EE_OK;
}

static enum ee_status
add_samples(struct snippets *s, const struct ee_value *entry, size_t number,
	    struct ee_err *err)
{
	const struct ee_value *samples = ee_get(entry, "samples");
	struct snippet one;
	char where[40];
	size_t i;

	snprintf(where, sizeof(where), "record %zu", number);
	TRY(ee_get_text(entry, "relation_id", &one.relation, where, err));
	TRY(ee_get_text(entry, "target_id", &one.object, where, err));
	if (samples == NULL || samples->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: 'samples' is missing, "
			       "or no list", where);
	for (i = 0; i < samples->n; i++) {
		TRY(ee_get_text(&samples->u.list[i], "text", &one.text, where,
				err));
		TRY(add(s, one, err));
	}
	return EE_OK;
}

static int
by_fact(const void *a, const void *b)
{
	const struct snippet *x = a, *y = b;
	const int order = strcmp(x->relation, y->relation);

	return order != 0 ? order : strcmp(x->object, y->object);
}

static int
by_fact_in_order(const void *a, const void *b)
{
	const struct snippet *x = a, *y = b;
	const int order = by_fact(a, b);

	return order != 0 ? order : (x->number > y->number) -
				    (x->number < y->number);
}

/* The texts of a fact, a space between two; NULL if there is none. */
static const char *
join(const struct snippets *s, const struct ee_case *c,
     struct ee_arena *arena)
{
	const struct snippet key = { c->relation, c->object, NULL, 0 };
	const struct snippet *p = NULL;
	size_t len = 0, i, n, from;
	char *text;

	if (s->n > 0 && c->relation != NULL && c->object != NULL)
		p = bsearch(&key, s->list, s->n, sizeof(key), by_fact);
	if (p == NULL)
		return NULL;
	for (from = (size_t)(p - s->list); from > 0 &&
	     by_fact(&s->list[from - 1], &key) == 0; from--)
		continue;
	for (n = 0; from + n < s->n &&
	     by_fact(&s->list[from + n], &key) == 0; n++)
		len += strlen(s->list[from + n].text) + 1;
	text = ee_arena_alloc(arena, len + 1, 1);
	for (i = 0, len = 0; text != NULL && i < n; i++)
		len += (size_t)sprintf(text + len, "%s%s", i > 0 ? " " : "",
				       s->list[from + i].text);
	return text;
}

static enum ee_status
refer(struct ee_exam *e, struct snippets *s, size_t *found,
      struct ee_err *err)
{
	struct ee_essays *essays = &e->essays;
	const char **texts = ee_calloc(s->n, sizeof(*texts), err);
	enum ee_status status = texts != NULL ? EE_OK : EE_ENOMEM;
	size_t i;

	for (i = 0; texts != NULL && i < s->n; i++)
		texts[i] = s->list[i].text;
	if (status == EE_OK)
		status = ee_tfidf_open(&essays->tfidf, texts, s->n, err);
	free(texts);
	if (status != EE_OK)
		return status;
	essays->references = ee_calloc(e->ncases, sizeof(char *), err);
	if (essays->references == NULL)
		return EE_ENOMEM;
	qsort(s->list, s->n, sizeof(*s->list), by_fact_in_order);
	for (i = 0, *found = 0; i < e->ncases; i++) {
		essays->references[i] = join(s, &e->cases[i], &e->arena);
		*found += essays->references[i] != NULL;
	}
	return ee_arena_check(&e->arena, err);
}

enum ee_status
ee_exam_references(struct ee_exam *e, const struct ee_value *snippets,
		   size_t *found, struct ee_err *err)
{
	struct snippets s = { 0 };
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < snippets->n && status == EE_OK; i++)
		status = add_samples(&s, &snippets->u.list[i], i + 1, err);
	if (status == EE_OK && s.n == 0)
		status = ee_fail(err, EE_EINPUT, "no texts");
	if (status == EE_OK)
		status = refer(e, &s, found, err);
	free(s.list);
	return status;
}
