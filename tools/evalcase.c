/* evalcase.c - edits of cases, alone or together, read.  See evalwork.h. */
#include <stdlib.h>

#include "base/try.h"
#include "evalwork.h"

void
case_edits_free(struct case_edits *edits)
{
	free(edits->list);
	ee_arena_free(&edits->arena);
	memset(edits, 0, sizeof(*edits));
}

static int
by_case(const void *a, const void *b)
{
	const struct case_edit *x = a, *y = b;
	const int order = strcmp(x->id, y->id);

	return order != 0 ? order : (x->number > y->number) -
				    (x->number < y->number);
}

/* The text of a case_id, in the arena of 'edits'. */
static enum ee_status
case_text(struct case_edits *edits, const struct ee_value *v,
	  const char *where, const char **id, struct ee_err *err)
{
	if (v->type == EE_INT)
		*id = ee_arena_printf(&edits->arena, "%lld",
				      (long long)v->u.integer);
	else if (v->type == EE_TEXT)
		*id = ee_arena_text(&edits->arena, v->u.text, v->n);
	else
		return ee_fail(err, EE_EFORMAT, "%s: a case that is %s, want "
			       "a text or an integer", where,
			       ee_type_name(v->type));
	return ee_arena_check(&edits->arena, err);
}

/* 'e' with the case 'id'. */
static enum ee_status
add_case(struct case_edits *edits, const struct ee_value *id,
	 struct case_edit e, struct ee_err *err)
{
	TRY(case_text(edits, id, e.where, &e.id, err));
	e.number = edits->n;
	TRY(ee_reserve(&edits->list, &edits->room, edits->n + 1,
		       sizeof(*edits->list), err));
	edits->list[edits->n++] = e;
	return EE_OK;
}

/* A list of 'n' requests, or one, kept; NULL where the record has none. */
static enum ee_status
keep_requests(struct case_edits *edits, const struct ee_value *record,
	      bool list, size_t n, const char *where,
	      const struct ee_value **requests, struct ee_err *err)
{
	const char *key = list ? "requests" : "request";
	const struct ee_value *v = ee_get(record, key);
	struct ee_value *kept;

	*requests = NULL;
	if (v == NULL)
		return EE_OK;
	if (list && (v->type != EE_LIST || v->n != n))
		return ee_fail(err, EE_EFORMAT, "%s: '%s' is no list of %zu, "
			       "as 'cases' is", where, key, n);
	kept = ee_arena_alloc(&edits->arena, sizeof(*kept),
			      _Alignof(struct ee_value));
	if (kept == NULL)
		return ee_arena_check(&edits->arena, err);
	*kept = ee_copy(&edits->arena, v);
	*requests = list ? kept->u.list : kept;
	return ee_arena_check(&edits->arena, err);
}

/* One edit: of one case, or of some together, each of which then has it. */
static enum ee_status
add_edit(struct case_edits *edits, const struct ee_value *record,
	 const char *where, struct ee_err *err)
{
	const struct ee_value *one = ee_get(record, "case"), *requests,
			      *cases = ee_get(record, "cases");
	struct case_edit e = { .where = where };
	struct ee_value kept;
	enum ee_status status;
	size_t i, n = 1;

	if (one == NULL && cases != NULL && cases->type == EE_LIST) {
		one = cases->u.list;
		n = cases->n;
	}
	if (one == NULL || n == 0)
		return ee_fail(err, EE_EFORMAT, "%s: neither 'case' nor "
			       "'cases': whose edit is it? (--per-case)",
			       where);
	TRY(keep_requests(edits, record, one != ee_get(record, "case"), n,
			  where, &requests, err));
	TRY(ee_delta_from(record, where, &e.delta, err));
	kept = ee_delta_record(&edits->arena, &e.delta);
	kept = ee_copy(&edits->arena, &kept);
	TRY(ee_arena_check(&edits->arena, err));
	status = ee_delta_from(&kept, where, &e.delta, err);
	for (i = 0; i < n && status == EE_OK; i++) {
		e.request = requests != NULL ? &requests[i] : NULL;
		status = add_case(edits, &one[i], e, err);
	}
	return status;
}

static enum ee_status
read_stream(struct case_edits *edits, struct ee_reader *in, const char *path,
	    struct ee_err *err)
{
	const struct ee_value *record;
	enum ee_status status;
	const char *where;

	while ((status = ee_reader_next(in, &record, err)) == EE_OK) {
		where = ee_arena_printf(&edits->arena, "%s: record %llu", path,
			(unsigned long long)ee_reader_count(in));
		TRY(ee_arena_check(&edits->arena, err));
		TRY(add_edit(edits, record, where, err));
	}
	if (status == EE_END && ee_reader_count(in) == 0)
		return ee_fail(err, EE_EFORMAT, "%s: holds no edit", path);
	return status == EE_END ? EE_OK : status;
}

static enum ee_status
read_file(struct case_edits *edits, struct tool *tool, const char *path,
	  const struct ee_model *model, bool force)
{
	struct ee_reader *in;
	enum ee_status status = ee_delta_open(&in, path, &tool->err);

	if (status != EE_OK)
		return status;
	status = ee_model_check(model, ee_reader_header(in),
				ee_reader_name(in), force, &tool->warn,
				&tool->err);
	if (status == EE_OK)
		status = read_stream(edits, in, ee_reader_name(in),
				     &tool->err);
	ee_reader_close(in);
	return status;
}

/* One weight edited twice for one case is two results, not one. */
static enum ee_status
check_twice(const struct case_edits *edits, struct ee_err *err)
{
	const struct case_edit *e = edits->list;
	size_t i, k;

	for (i = 0; i < edits->n; i++)
		for (k = i + 1; k < edits->n &&
				strcmp(e[i].id, e[k].id) == 0; k++)
			if (strcmp(e[i].delta.weight, e[k].delta.weight) == 0)
				return ee_fail(err, EE_EFORMAT, "case %s has "
					       "two edits of '%s'", e[i].id,
					       e[i].delta.weight);
	return EE_OK;
}

enum ee_status
case_edits_read(struct case_edits *edits, struct tool *tool,
		const struct model_options *opt, const struct ee_model *model)
{
	size_t i;

	memset(edits, 0, sizeof(*edits));
	for (i = 0; i < opt->nedits; i++)
		TRY(read_file(edits, tool, opt->edits[i], model, opt->force));
	qsort(edits->list, edits->n, sizeof(*edits->list), by_case);
	return check_twice(edits, &tool->err);
}
