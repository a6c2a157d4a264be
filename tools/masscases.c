/* masscases.c - many requests with their token sequences.  See
 * masscases.h. */
#include "masscases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	struct session *session;
	struct mass_cases *cases;
	bool strict;
};

enum ee_status
mass_cases_bad(struct session *s, size_t number, bool strict,
	       enum ee_status status)
{
	const unsigned line = s->requests.u.list[number].line;
	struct tool *tool = s->tool;
	char at[16] = "";

	if (line > 0)
		snprintf(at, sizeof(at), ":%u", line);
	if (strict || status == EE_ENOMEM)
		return ee_within(&tool->err, status, "%s%s",
				 s->opt->requests, at);
	ee_warn(&tool->warn, "%s%s: left out: %s", s->opt->requests, at,
		tool->err.text);
	return EE_OK;
}

size_t
mass_cases_keep(struct mass_case *cases, size_t n)
{
	struct mass_case moved;
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		if (!cases[i].found)
			continue;
		moved = cases[kept];
		cases[kept++] = cases[i];
		cases[i] = moved;
	}
	return kept;
}

void
mass_cases_put(struct ee_arena *arena, struct ee_value *record,
	       const struct mass_case *list, size_t n)
{
	struct ee_value cases = ee_list(), requests = ee_list();
	size_t i;

	for (i = 0; i < n; i++) {
		ee_add(arena, &cases, ee_text(list[i].request.id));
		ee_add(arena, &requests, ee_plain_value(arena, &list[i].plain));
	}
	ee_put(arena, record, "cases", cases);
	ee_put(arena, record, "requests", requests);
}

static enum ee_status
read_case(struct reading *w, size_t i)
{
	struct session *s = w->session;
	struct tool *tool = s->tool;
	struct mass_case *c = &w->cases->list[w->cases->n];
	enum ee_status status;

	memset(c, 0, sizeof(*c));
	c->number = i;
	status = ee_request_read(&c->request, &s->requests.u.list[i], i + 1,
				 &tool->arena, &tool->err);
	if (status == EE_OK)
		status = ee_request_plain(&c->plain, &c->request,
					  &tool->arena, &tool->err);
	if (status == EE_OK)
		status = ee_prompts_make(&c->prompts, s->tok, &c->request,
					 &s->templates, s->hparams.fact_token,
					 s->opt->like_easyedit ?
					 EE_TARGET_AS_TEXT : 0, &tool->warn,
					 &tool->err);
	if (status == EE_OK)
		status = ee_prompts_check(&c->prompts, &c->request,
					  &s->model->config, &tool->err);
	if (status != EE_OK) {
		ee_prompts_free(&c->prompts);
		w->cases->bad++;
		return mass_cases_bad(s, i, w->strict, status);
	}
	c->z = ee_floats(s->model->config.d, &tool->err);
	c->v0 = ee_floats(s->model->config.d, &tool->err);
	w->cases->n++;
	return c->z && c->v0 ? EE_OK : EE_ENOMEM;
}

static void
warn_of_double(const struct session *s, const struct mass_case *a,
	       const struct mass_case *b)
{
	const struct ee_value *list = s->requests.u.list;
	const bool lines = list[a->number].line > 0;

	ee_warn(&s->tool->warn, "%s: cases %s and %s (%s %zu and %zu) %s",
		s->opt->requests, a->request.id, b->request.id,
		lines ? "lines" : "records",
		lines ? list[a->number].line : a->number + 1,
		lines ? list[b->number].line : b->number + 1,
		strcmp(a->request.target, b->request.target) == 0 ?
		"are the same" : "contradict each other");
}

/* The same subject in the same prompt, with the same target or another. */
static void
warn_of_doubles(const struct session *s, const struct mass_cases *cases)
{
	size_t i, k;

	for (i = 0; i < cases->n; i++) {
		const struct ee_request *a = &cases->list[i].request;

		for (k = 0; k < i; k++) {
			const struct ee_request *b = &cases->list[k].request;

			if (strcmp(a->subject, b->subject) == 0 &&
			    strcmp(a->before, b->before) == 0 &&
			    strcmp(a->after, b->after) == 0)
				warn_of_double(s, &cases->list[k],
					       &cases->list[i]);
		}
	}
}

enum ee_status
mass_cases_read(struct session *s, int64_t limit, int64_t shard,
		int64_t shards, bool strict, struct mass_cases *cases)
{
	struct reading w = { s, cases, strict };
	const size_t n = (uint64_t)limit < s->requests.n ? (size_t)limit :
			 s->requests.n;
	enum ee_status status = EE_OK;
	size_t i;

	memset(cases, 0, sizeof(*cases));
	cases->list = ee_calloc(n, sizeof(*cases->list), &s->tool->err);
	if (cases->list == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n && status == EE_OK; i++)
		if ((int64_t)i % shards == shard - 1)
			status = read_case(&w, i);
	if (status == EE_OK && cases->n == 0 && shards == 1)
		status = ee_fail(&s->tool->err, EE_EINPUT, "%s: no request "
				 "that can be edited", s->opt->requests);
	if (status == EE_OK)
		warn_of_doubles(s, cases);
	return status;
}

void
mass_cases_free(struct mass_cases *cases)
{
	size_t i;

	for (i = 0; i < cases->n; i++) {
		ee_prompts_free(&cases->list[i].prompts);
		free(cases->list[i].z);
		free(cases->list[i].v0);
	}
	free(cases->list);
}
