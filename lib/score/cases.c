/* cases.c - what an edited model is asked.  See cases.h. */
#include "score/cases.h"

#include <stdio.h>
#include <string.h>

#include "base/try.h"

const char *const ee_data_format_names[EE_DATA_FORMATS] = {
	"counterfact", "zsre", "easyedit"
};

struct reading {
	struct ee_case *c;
	struct ee_arena *arena;
	struct ee_err *err;
};

enum ee_status
ee_data_format_guess(const struct ee_value *record,
		     enum ee_data_format *format, struct ee_err *err)
{
	if (ee_get(record, "requested_rewrite") != NULL)
		*format = EE_COUNTERFACT;
	else if (ee_get(record, "src") != NULL)
		*format = EE_ZSRE;
	else if (ee_get(record, "prompt") != NULL ||
		 ee_get(record, "labels") != NULL)
		*format = EE_EASYEDIT;
	else
		return ee_fail(err, EE_EINPUT, "record 1: no "
			       "'requested_rewrite' (counterfact), 'src' "
			       "(zsre) or 'prompt' (easyedit)");
	return EE_OK;
}

/* The text in a text, in {"str": ...}, or first in a list of such; NULL if
 * there is none. */
static const char *
text_in(const struct ee_value *v)
{
	while (v != NULL && v->type == EE_LIST)
		v = v->n > 0 ? &v->u.list[0] : NULL;
	if (v != NULL && v->type == EE_MAP)
		v = ee_get(v, "str");
	return v != NULL && v->type == EE_TEXT && v->n > 0 ? v->u.text : NULL;
}

static enum ee_status
need(const struct reading *r, const struct ee_value *map, const char *key,
     const char **text)
{
	*text = text_in(ee_get(map, key));
	if (*text != NULL)
		return EE_OK;
	return ee_fail(r->err, EE_EINPUT, "%s: '%s' is missing, empty, "
		       "or no text", r->c->name, key);
}

/* The prompt with the subject where its "{}" is. */
static enum ee_status
fill(const struct reading *r, const char **prompt)
{
	const char *hole = strstr(*prompt, "{}");

	if (hole == NULL)
		return EE_OK;
	if (r->c->subject == NULL)
		return ee_fail(r->err, EE_EINPUT, "%s: 'subject' is "
			       "missing, and the prompt '%s' has {}",
			       r->c->name, *prompt);
	*prompt = ee_arena_printf(r->arena, "%.*s%s%s",
				  (int)(hole - *prompt), *prompt, r->c->subject,
				  hole + 2);
	return ee_arena_check(r->arena, r->err);
}

static enum ee_status
add(const struct reading *r, struct ee_question q)
{
	struct ee_case *c = r->c;
	struct ee_question *more;

	TRY(fill(r, &q.prompt));
	if (c->n == c->room) {
		c->room = 2 * c->room + 8;
		more = ee_arena_alloc(r->arena, c->room * sizeof(*more),
				      _Alignof(struct ee_question));
		if (more == NULL)
			return ee_arena_check(r->arena, r->err);
		if (c->n > 0)
			memcpy(more, c->list, c->n * sizeof(*more));
		c->list = more;
	}
	c->list[c->n++] = q;
	return EE_OK;
}

/* All prompts of a list; the rest of the question is given. */
static enum ee_status
add_list(const struct reading *r, const struct ee_value *record,
	 const char *key, struct ee_question q)
{
	const struct ee_value *v = ee_get(record, key);
	size_t i;

	q.field = key;
	if (v == NULL || v->type != EE_LIST)
		return ee_fail(r->err, EE_EINPUT, "%s: '%s' is missing, "
			       "or no list", r->c->name, key);
	for (i = 0; i < v->n; i++) {
		q.prompt = text_in(&v->u.list[i]);
		if (q.prompt == NULL)
			return ee_fail(r->err, EE_EINPUT, "%s: '%s': "
				       "number %zu is no text", r->c->name, key,
				       i + 1);
		TRY(add(r, q));
	}
	return EE_OK;
}

/* Texts to write about; 'r' has the rewrite already. */
static enum ee_status
read_topics(const struct reading *r, const struct ee_value *record)
{
	const struct ee_value *v = ee_get(record, "generation_prompts");
	struct ee_case *c = r->c;
	size_t i;

	if (v != NULL && v->type != EE_LIST)
		return ee_fail(r->err, EE_EINPUT, "%s: 'generation_prompts' "
			       "is no list", c->name);
	c->topics = ee_arena_alloc(r->arena, ((v != NULL ? v->n : 0) + 1) *
				   sizeof(*c->topics), _Alignof(char *));
	if (c->topics == NULL)
		return ee_arena_check(r->arena, r->err);
	for (i = 0; v != NULL && i < v->n; i++) {
		c->topics[i] = text_in(&v->u.list[i]);
		if (c->topics[i] == NULL)
			return ee_fail(r->err, EE_EINPUT, "%s: "
				       "'generation_prompts': number %zu is "
				       "no text", c->name, i + 1);
	}
	c->ntopics = i;
	return EE_OK;
}

/* One topic: the prompt of the rewrite. */
static enum ee_status
topic_is_prompt(const struct reading *r)
{
	struct ee_case *c = r->c;

	c->topics = ee_arena_alloc(r->arena, sizeof(*c->topics),
				   _Alignof(char *));
	if (c->topics == NULL)
		return ee_arena_check(r->arena, r->err);
	c->topics[0] = c->list[0].prompt;
	c->ntopics = 1;
	return EE_OK;
}

static enum ee_status
read_counterfact(struct reading *r, const struct ee_value *record)
{
	const struct ee_value *map = ee_get(record, "requested_rewrite");
	struct ee_question q = { .aspect = EE_REWRITE,
				 .field = "requested_rewrite" };

	if (map == NULL)
		return ee_fail(r->err, EE_EINPUT, "%s: "
			       "'requested_rewrite' is missing", r->c->name);
	TRY(need(r, map, "prompt", &q.prompt));
	TRY(need(r, map, "subject", &r->c->subject));
	TRY(need(r, map, "target_new", &q.target));
	TRY(need(r, map, "target_true", &q.other));
	TRY(add(r, q));
	r->c->relation = text_in(ee_get(map, "relation_id"));
	map = ee_get(map, "target_new");
	r->c->object = map->type == EE_MAP ? text_in(ee_get(map, "id")) : NULL;
	q.aspect = EE_REPHRASE;
	TRY(add_list(r, record, "paraphrase_prompts", q));
	q.aspect = EE_LOCALITY;
	TRY(add_list(r, record, "neighborhood_prompts", q));
	return read_topics(r, record);
}

static enum ee_status
read_zsre(const struct reading *r, const struct ee_value *record)
{
	const struct ee_value *hop = ee_get(record, "portability");
	struct ee_question q = { .aspect = EE_REWRITE, .field = "src" };

	r->c->subject = text_in(ee_get(record, "subject"));
	TRY(need(r, record, "src", &q.prompt));
	TRY(need(r, record, "alt", &q.target));
	TRY(add(r, q));
	q.aspect = EE_REPHRASE;
	q.field = "rephrase";
	TRY(need(r, record, "rephrase", &q.prompt));
	TRY(add(r, q));
	q.aspect = EE_LOCALITY;
	q.field = "loc";
	TRY(need(r, record, "loc", &q.prompt));
	TRY(need(r, record, "loc_ans", &q.target));
	TRY(add(r, q));
	if (hop != NULL && hop->type != EE_NULL) {
		q.aspect = EE_PORTABILITY;
		q.field = "portability";
		TRY(need(r, hop, "New Question", &q.prompt));
		TRY(need(r, hop, "New Answer", &q.target));
		TRY(add(r, q));
	}
	return topic_is_prompt(r);
}

/*
 * Prompts and their answers, each a text, or lists of the same length; 'name'
 * is what messages call them.
 */
static enum ee_status
add_asked(const struct reading *r, const struct ee_value *p,
	  const struct ee_value *t, const char *name, struct ee_question q)
{
	const bool many = p != NULL && p->type == EE_LIST;
	size_t i;

	for (i = 0; i < (many ? p->n : 1); i++) {
		q.prompt = text_in(many ? &p->u.list[i] : p);
		if (q.prompt == NULL || t == NULL || (many &&
		    (t->type != EE_LIST || t->n != p->n)))
			return ee_fail(r->err, EE_EINPUT, "%s: '%s': "
				       "needs 'prompt' and 'ground_truth', "
				       "as many of the one as of the other",
				       r->c->name, name);
		q.target = text_in(many ? &t->u.list[i] : t);
		if (q.target != NULL)
			TRY(add(r, q));
	}
	return EE_OK;
}

static enum ee_status
add_group(const struct reading *r, const struct ee_value *map,
	  struct ee_question q)
{
	return add_asked(r, ee_get(map, "prompt"),
			 ee_get(map, "ground_truth"), q.group, q);
}

static enum ee_status
add_groups(const struct reading *r, const struct ee_value *record,
	   const char *key, enum ee_aspect aspect)
{
	const struct ee_value *groups = ee_get(record, key), *v;
	struct ee_question q = { .aspect = aspect, .field = key };
	size_t i, k;

	if (groups == NULL || groups->type == EE_NULL)
		return EE_OK;
	if (groups->type != EE_MAP)
		return ee_fail(r->err, EE_EINPUT, "%s: '%s' is no map",
			       r->c->name, key);
	for (i = 0; i < groups->n; i++) {
		q.group = groups->u.map[i].key;
		v = &groups->u.map[i].value;
		for (k = 0; v->type == EE_LIST && k < v->n; k++)
			TRY(add_group(r, &v->u.list[k], q));
		if (v->type != EE_LIST && v->type != EE_NULL)
			TRY(add_group(r, v, q));
	}
	return EE_OK;
}

static enum ee_status
read_rephrased(const struct reading *r, const struct ee_value *record,
	       struct ee_question q)
{
	static const char key[] = "rephrase_prompt";
	const struct ee_value *v = ee_get(record, key);

	if (v == NULL || v->type == EE_NULL)
		return EE_OK;
	q.aspect = EE_REPHRASE;
	q.field = key;
	if (v->type == EE_LIST)
		return add_list(r, record, key, q);
	TRY(need(r, record, key, &q.prompt));
	return add(r, q);
}

/* EasyEdit's flat records of CounterFact. */
static enum ee_status
read_flat_locality(const struct reading *r, const struct ee_value *record)
{
	struct ee_question q = { .aspect = EE_LOCALITY,
				 .field = "locality_prompt" };
	const struct ee_value *v = ee_get(record, q.field);

	if (v == NULL || v->type == EE_NULL)
		return EE_OK;
	return add_asked(r, v, ee_get(record, "locality_ground_truth"),
			 q.field, q);
}

static enum ee_status
read_easyedit(struct reading *r, const struct ee_value *record)
{
	/* KnowEdit's WikiBio: a text goes on with 'labels' */
	const bool wikibio = ee_get(record, "prompt") == NULL &&
			     ee_get(record, "labels") != NULL;
	struct ee_question q = { .aspect = EE_REWRITE };

	q.field = wikibio ? "text" : "prompt";
	TRY(need(r, record, q.field, &q.prompt));
	TRY(need(r, record, wikibio ? "labels" : "target_new", &q.target));
	r->c->subject = text_in(ee_get(record, "subject"));
	TRY(add(r, q));
	TRY(read_rephrased(r, record, q));
	TRY(add_groups(r, record, "locality", EE_LOCALITY));
	TRY(read_flat_locality(r, record));
	TRY(add_groups(r, record, "portability", EE_PORTABILITY));
	return topic_is_prompt(r);
}

static void
read_id(struct ee_case *c, const struct ee_value *record, size_t number)
{
	const struct ee_value *id = ee_get(record, "case_id");

	if (id != NULL && id->type == EE_INT)
		snprintf(c->id, sizeof(c->id), "%lld",
			 (long long)id->u.integer);
	else if (id != NULL && id->type == EE_TEXT)
		snprintf(c->id, sizeof(c->id), "%s", id->u.text);
	else
		snprintf(c->id, sizeof(c->id), "%zu", number);
	if (id != NULL && (id->type == EE_INT || id->type == EE_TEXT))
		snprintf(c->name, sizeof(c->name), "record %zu (case %s)",
			 number, c->id);
	else
		snprintf(c->name, sizeof(c->name), "record %zu", number);
}

enum ee_status
ee_case_read(struct ee_case *c, const struct ee_value *record,
	     enum ee_data_format format, size_t number,
	     struct ee_arena *arena, struct ee_err *err)
{
	struct reading r = { c, arena, err };

	memset(c, 0, sizeof(*c));
	read_id(c, record, number);
	switch (format) {
	case EE_COUNTERFACT: return read_counterfact(&r, record);
	case EE_ZSRE: return read_zsre(&r, record);
	case EE_EASYEDIT: return read_easyedit(&r, record);
	}
	return EE_OK;
}
