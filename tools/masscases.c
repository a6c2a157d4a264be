/* masscases.c - many requests with their token sequences.  See
 * masscases.h. */
#include "masscases.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	struct session *session;
	struct mass_cases *cases;
	bool strict;
};

/* A bad request is told and left out, or ends it all where --strict. */
static enum ee_status
bad_request(struct reading *w, enum ee_status status)
{
	struct tool *tool = w->session->tool;

	if (w->strict || status == EE_ENOMEM)
		return ee_within(&tool->err, status, "%s",
				 w->session->opt->requests);
	ee_warn(&tool->warn, "%s: left out: %s", w->session->opt->requests,
		tool->err.text);
	w->cases->bad++;
	return EE_OK;
}

static enum ee_status
read_case(struct reading *w, size_t i)
{
	struct session *s = w->session;
	struct tool *tool = s->tool;
	struct mass_case *c = &w->cases->list[w->cases->n];
	enum ee_status status;

	memset(c, 0, sizeof(*c));
	status = ee_request_read(&c->request, &s->requests.u.list[i], i + 1,
				 &tool->arena, &tool->err);
	if (status == EE_OK)
		status = ee_prompts_make(&c->prompts, s->tok, &c->request,
					 &s->templates, s->hparams.fact_token,
					 s->opt->like_easyedit ?
					 EE_TARGET_AS_TEXT : 0, &tool->warn,
					 &tool->err);
	if (status != EE_OK) {
		ee_prompts_free(&c->prompts);
		return bad_request(w, status);
	}
	c->z = ee_floats(s->model->config.d, &tool->err);
	c->v0 = ee_floats(s->model->config.d, &tool->err);
	w->cases->n++;
	return c->z && c->v0 ? EE_OK : EE_ENOMEM;
}

/* The same subject in the same prompt, with the same target or another. */
static void
warn_of_doubles(struct reading *w)
{
	size_t i, k;

	for (i = 0; i < w->cases->n; i++) {
		const struct ee_request *a = &w->cases->list[i].request;

		for (k = 0; k < i; k++) {
			const struct ee_request *b = &w->cases->list[k].request;

			if (strcmp(a->subject, b->subject) == 0 &&
			    strcmp(a->before, b->before) == 0 &&
			    strcmp(a->after, b->after) == 0)
				ee_warn(&w->session->tool->warn, "cases %s "
					"and %s %s", b->id, a->id,
					strcmp(a->target, b->target) == 0 ?
					"are the same" :
					"contradict each other");
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
		warn_of_doubles(&w);
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
