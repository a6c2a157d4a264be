/* request.c - requests and the token at which an edit works.  See
 * request.h. */
#include "edit/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
text_of(const struct ee_value *map, const char *key)
{
	const struct ee_value *v = ee_get(map, key);

	if (v != NULL && v->type == EE_MAP)	/* {"str": ...} */
		v = ee_get(v, "str");
	return v != NULL && v->type == EE_TEXT && v->n > 0 ? v->u.text : NULL;
}

static void
read_id(char id[64], const struct ee_value *record, size_t number)
{
	const struct ee_value *v = ee_get(record, "case_id");

	if (v != NULL && v->type == EE_INT)
		snprintf(id, 64, "%lld", (long long)v->u.integer);
	else if (v != NULL && v->type == EE_TEXT)
		snprintf(id, 64, "%s", v->u.text);
	else
		snprintf(id, 64, "%zu", number);
}

enum { PROMPT, SUBJECT, TARGET, TEXTS };

/* The texts of a record of any shape; a missing subject is NULL, or, where
 * it is needed, an error as the others are. */
static enum ee_status
read_texts(const struct ee_value *record, const char *id, bool subject,
	   const char *texts[TEXTS], struct ee_err *err)
{
	const struct ee_value *rewrite = ee_get(record, "requested_rewrite");
	const struct ee_value *map = rewrite != NULL ? rewrite : record;
	const bool zsre = ee_get(map, "src") != NULL &&
			  ee_get(map, "prompt") == NULL;
	const char *const keys[] = { zsre ? "src" : "prompt", "subject",
				     zsre ? "alt" : "target_new" };
	size_t i;

	for (i = 0; i < TEXTS; i++) {
		texts[i] = text_of(map, keys[i]);
		if (texts[i] == NULL && (i != SUBJECT || subject))
			return ee_fail(err, EE_EINPUT, "case %s: '%s' is "
				       "missing, empty, or no text", id,
				       keys[i]);
	}
	return EE_OK;
}

static enum ee_status
split_prompt(struct ee_request *r, const char *prompt,
	     struct ee_arena *arena, struct ee_err *err)
{
	const char *hole = strstr(prompt, "{}");
	size_t width = 2;

	if (hole == NULL) {
		hole = strstr(prompt, r->subject);
		width = strlen(r->subject);
		if (hole == NULL)
			return ee_fail(err, EE_EINPUT, "case %s: the subject "
				       "'%s' is not in the prompt '%s'",
				       r->id, r->subject, prompt);
		if (strstr(hole + width, r->subject) != NULL)
			return ee_fail(err, EE_EINPUT, "case %s: the subject "
				       "'%s' stands twice in the prompt '%s':"
				       " put {} in one place", r->id,
				       r->subject, prompt);
	} else if (strstr(hole + 2, "{}") != NULL) {
		return ee_fail(err, EE_EINPUT, "case %s: {} stands twice in "
			       "the prompt '%s'", r->id, prompt);
	}
	r->before = ee_arena_text(arena, prompt, (size_t)(hole - prompt));
	r->after = ee_arena_text(arena, hole + width,
				 strlen(hole + width));
	return ee_arena_check(arena, err);
}

enum ee_status
ee_request_read(struct ee_request *r, const struct ee_value *record,
		size_t number, struct ee_arena *arena, struct ee_err *err)
{
	const char *texts[TEXTS];
	enum ee_status status;

	memset(r, 0, sizeof(*r));
	read_id(r->id, record, number);
	status = read_texts(record, r->id, true, texts, err);
	if (status != EE_OK)
		return status;
	r->subject = texts[SUBJECT];
	r->target = texts[TARGET];
	return split_prompt(r, texts[PROMPT], arena, err);
}

enum ee_status
ee_plain_read(struct ee_plain *p, const struct ee_value *record,
	      size_t number, struct ee_arena *arena, struct ee_err *err)
{
	const char *texts[TEXTS];
	struct ee_request r;
	enum ee_status status;
	bool hole;

	read_id(p->id, record, number);
	status = read_texts(record, p->id, false, texts, err);
	hole = status == EE_OK && strstr(texts[PROMPT], "{}") != NULL;
	if (hole)
		status = ee_request_read(&r, record, number, arena, err);
	if (status != EE_OK)
		return status;
	if (hole)
		return ee_request_plain(p, &r, arena, err);
	p->prompt = texts[PROMPT];
	p->subject = texts[SUBJECT];
	p->target = texts[TARGET];
	return EE_OK;
}

enum ee_status
ee_request_plain(struct ee_plain *p, const struct ee_request *r,
		 struct ee_arena *arena, struct ee_err *err)
{
	memcpy(p->id, r->id, sizeof(p->id));
	p->prompt = ee_arena_printf(arena, "%s%s%s", r->before, r->subject,
				    r->after);
	p->subject = r->subject;
	p->target = r->target;
	return ee_arena_check(arena, err);
}

struct ee_value
ee_plain_value(struct ee_arena *arena, const struct ee_plain *p)
{
	struct ee_value v = ee_map();

	ee_put(arena, &v, "prompt", ee_text(p->prompt));
	if (p->subject != NULL)
		ee_put(arena, &v, "subject", ee_text(p->subject));
	ee_put(arena, &v, "target_new", ee_text(p->target));
	return v;
}

enum ee_status
ee_plain_check(const struct ee_plain *p, const struct ee_value *named,
	       const char *where, struct ee_err *err)
{
	const struct { const char *key, *want; bool may_lack; } texts[] = {
		{ "prompt", p->prompt, false }, { "subject", p->subject, true },
		{ "target_new", p->target, false },
	};
	const char *text;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *key = texts[i].key, *want = texts[i].want;
		enum ee_status status;

		if (texts[i].may_lack &&
		    (want == NULL || ee_get(named, key) == NULL))
			continue;
		status = ee_get_text(named, key, &text, where, err);
		if (status != EE_OK)
			return status;
		if (strcmp(text, want) != 0)
			return ee_fail(err, EE_EMATCH, "case %s: its %s is "
				       "'%.200s', but %s is of another "
				       "request, whose %s is '%.200s'", p->id,
				       key, want, where, key, text);
	}
	return EE_OK;
}

/* The text of a prompt and where in it the subject and the prompt end. */
struct prompt {
	char *text;
	size_t first, last;	/* bytes of the subject: [first, last) */
	size_t end;		/* of the prompt, before 'tail' */
	size_t size;
};

static enum ee_status
compose(const struct ee_request *r, const char *context, const char *tail,
	struct prompt *p, struct ee_err *err)
{
	const char *hole = strstr(context, "{}");
	int n;

	if (hole == NULL || strstr(hole + 2, "{}") != NULL)
		return ee_fail(err, EE_EINPUT, "the context template '%s' "
			       "must have {} once", context);
	p->first = (size_t)(hole - context) + strlen(r->before);
	p->last = p->first + strlen(r->subject);
	n = asprintf(&p->text, "%.*s%s%s%s%s%s", (int)(hole - context),
		     context, r->before, r->subject, r->after, hole + 2,
		     tail);
	if (n < 0)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	p->size = (size_t)n;
	p->end = p->size - strlen(tail);
	return EE_OK;
}

/* The token that holds byte 'at' (of 'size' > 0 bytes). */
static size_t
token_of(const struct ee_ids *t, size_t at)
{
	size_t i = 0;

	while (i + 1 < t->n && t->ends[i] <= at)
		i++;
	return i;
}

enum ee_status
ee_find_spot(const struct ee_tokenizer *tok, const struct ee_request *r,
	     const char *context, const char *tail, enum ee_fact_token which,
	     struct ee_spot *spot, bool *merged, struct ee_err *err)
{
	struct ee_ids t = { 0 };
	struct prompt p;
	enum ee_status status = compose(r, context, tail, &p, err);
	size_t last;

	memset(spot, 0, sizeof(*spot));
	if (status != EE_OK)
		return status;
	status = ee_encode(tok, p.text, p.size, 0, &t, err);
	free(p.text);
	if (status != EE_OK) {
		ee_ids_free(&t);
		return status;
	}
	last = token_of(&t, p.last - 1);
	*merged = t.ends[last] > p.last;
	switch (which) {
	case EE_SUBJECT_LAST: spot->at = last; break;
	case EE_SUBJECT_FIRST: spot->at = token_of(&t, p.first); break;
	case EE_SUBJECT_AFTER: spot->at = last + (t.ends[last] < p.end); break;
	case EE_PROMPT_LAST: spot->at = token_of(&t, p.end - 1); break;
	}
	spot->ids = t.ids;
	spot->n = t.n;
	free(t.ends);
	return EE_OK;
}
