/* evalreport.c - what ee-eval found, line by line.  See evalwork.h. */
#include "evalwork.h"

#include "file/json.h"

static const char *const whens[2] = { "before", "after" };

/* {"mean", "low", "high", "n"} of measures together; null where there is
 * none. */
static enum ee_status
estimate(struct tool *tool, const struct eval_options *opt,
	 const struct ee_tally *tally, const size_t *measures, size_t k,
	 int when, struct ee_value *v)
{
	struct ee_estimate e;
	enum ee_status status = ee_tally_estimate(tally, measures, k, when,
		(size_t)opt->resamples, (uint64_t)opt->seed, &e, &tool->err);

	*v = ee_null();
	if (status != EE_OK || e.n == 0)
		return status;
	*v = ee_map();
	ee_put(&tool->arena, v, "mean", ee_real(e.mean));
	ee_put(&tool->arena, v, "low", ee_real(e.low));
	ee_put(&tool->arena, v, "high", ee_real(e.high));
	ee_put(&tool->arena, v, "n", ee_int((int64_t)e.n));
	return EE_OK;
}

static enum ee_status
totals(struct tool *tool, const struct eval_options *opt,
       const struct ee_tally *tally, int when, bool score,
       struct ee_value *map)
{
	const size_t three[] = { ee_tally_find(tally, "efficacy"),
				 ee_tally_find(tally, "paraphrase"),
				 ee_tally_find(tally, "neighbourhood") };
	enum ee_status status = EE_OK;
	struct ee_value v;
	size_t i;

	*map = ee_map();
	for (i = 0; i < tally->n && status == EE_OK; i++) {
		status = estimate(tool, opt, tally, &i, 1, when, &v);
		if (status == EE_OK && v.type != EE_NULL)
			ee_put(&tool->arena, map, tally->name[i], v);
		if (status == EE_OK && score && i == three[2]) {
			status = estimate(tool, opt, tally, three, 3, when,
					  &v);
			if (v.type != EE_NULL)
				ee_put(&tool->arena, map, "score", v);
		}
	}
	return status;
}

static enum ee_status
summarise(struct eval *e, struct ee_value *summary)
{
	struct tool *tool = e->tool;
	const struct eval_options *opt = e->opt;
	const struct ee_exam *exam = &e->exam;
	struct ee_arena *a = &tool->arena;
	struct ee_value v = ee_map(), edits = ee_list(), map;
	enum ee_status status = EE_OK;
	size_t i;
	int when;

	for (i = 0; i < opt->model.nedits; i++)
		ee_add(a, &edits, ee_text(opt->model.edits[i]));
	ee_put(a, &v, "records", ee_int((int64_t)exam->ncases));
	ee_put(a, &v, "format", ee_text(ee_data_format_names[exam->format]));
	ee_put(a, &v, "model", e->before);
	ee_put(a, &v, "edits", edits);
	ee_put(a, &v, "per_case", ee_logic(opt->per_case));
	if (opt->generate)
		ee_put(a, &v, "tokens", ee_int(opt->tokens));
	if (opt->fluency) {
		ee_put(a, &v, "length", ee_int(opt->length));
		ee_put(a, &v, "top_k", ee_int(opt->top_k));
	}
	if (opt->references != NULL)
		ee_put(a, &v, "references", ee_text(opt->references));
	ee_put(a, &v, "resamples", ee_int(opt->resamples));
	ee_put(a, &v, "seed", ee_int(opt->seed));
	for (when = EE_BEFORE; when <= EE_AFTER && status == EE_OK; when++) {
		if (exam->answers[when] == NULL)
			continue;
		status = totals(tool, opt, &e->tally, when,
				exam->format == EE_COUNTERFACT, &map);
		ee_put(a, &v, whens[when], map);
	}
	ee_put(a, &v, "command", ee_text(tool->command));
	*summary = ee_map();
	ee_put(a, summary, "summary", v);
	return status == EE_OK ? ee_arena_check(a, &tool->err) : status;
}

static double
number(const struct ee_value *map, const char *key)
{
	const struct ee_value *v = ee_get(map, key);

	return v != NULL && v->type == EE_REAL ? v->u.real : 0;
}

static void
put_estimate(FILE *fp, const struct ee_value *v)
{
	if (v == NULL)
		fprintf(fp, "  %21s", "-");
	else
		fprintf(fp, "  %6.1f [%5.1f,%6.1f]", 100 * number(v, "mean"),
			100 * number(v, "low"), 100 * number(v, "high"));
}

/* The kinds of measures, which are not to be compared with each other. */
static const char *
kind_of(const char *name)
{
	if (strncmp(name, "generated_", 10) == 0)
		return "by greedy decoding:";
	if (strcmp(name, "fluency") == 0 || strcmp(name, "consistency") == 0)
		return "of texts written freely:";
	return NULL;
}

static void
put_table(FILE *fp, const struct ee_value *summary)
{
	const struct ee_value *v = ee_get(summary, "summary");
	const struct ee_value *before = ee_get(v, "before");
	const struct ee_value *after = ee_get(v, "after");
	const struct ee_value *names = after != NULL ? after : before;
	const char *kind, *last = NULL;
	char title[64];
	size_t i;

	snprintf(title, sizeof(title), "%lld records, %s (x 100)",
		 (long long)ee_get(v, "records")->u.integer,
		 ee_get(v, "format")->u.text);
	fprintf(fp, "%-34s%s\n", title, after == NULL ? "before" :
		"before                 after");
	for (i = 0; i < names->n; i++) {
		const char *name = names->u.map[i].key;

		kind = kind_of(name);
		if (kind != NULL && kind != last)
			fprintf(fp, "%s\n", kind);
		last = kind;
		fprintf(fp, "%-31s", name);
		put_estimate(fp, ee_get(before, name));
		if (after != NULL)
			put_estimate(fp, ee_get(after, name));
		putc('\n', fp);
	}
}

static enum ee_status
put_lines(const struct ee_exam *exam, const struct ee_tally *tally,
	  const struct ee_value *summary, struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	enum ee_status status = EE_OK;
	struct ee_value v;
	size_t i;

	for (i = 0; i < exam->ncases && status == EE_OK; i++) {
		ee_arena_reset(&arena);
		v = ee_exam_value(exam, i, tally, &arena);
		status = ee_arena_check(&arena, err);
		if (status == EE_OK) {
			ee_json_write(stdout, &v);
			putchar('\n');
		}
	}
	ee_arena_free(&arena);
	if (status == EE_OK) {
		ee_json_write(stdout, summary);
		putchar('\n');
	}
	return status;
}

enum ee_status
eval_report(struct eval *e)
{
	const bool table = e->opt->table;
	struct ee_value summary;
	enum ee_status status = summarise(e, &summary);

	if (status == EE_OK && e->opt->csv != NULL)
		status = eval_csv(e, &summary);
	if (status == EE_OK && !table)
		status = put_lines(&e->exam, &e->tally, &summary,
				   &e->tool->err);
	if (status == EE_OK && (table || !e->tool->quiet))
		put_table(table ? stdout : stderr, &summary);
	return status;
}
