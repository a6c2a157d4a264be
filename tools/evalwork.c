/* evalwork.c - measuring: before, and after all edits or each case's own.
 * See evalwork.h. */
#include "evalwork.h"

#include "file/json.h"

struct work {
	struct tool *tool;
	const struct eval_options *opt;
	struct ee_model *model;
	struct ee_tokenizer *tok;
	struct ee_value records;	/* a list of maps */
	struct ee_exam exam;
	struct ee_tally tally;
	struct case_edits edits;
	struct ee_progress progress;
	struct ee_value before;	/* which model it is, without edits */
};

static enum ee_status
read_records(struct work *w)
{
	struct tool *tool = w->tool;
	const char *path = w->opt->records;
	enum ee_status status = ee_json_records(&tool->arena, path,
						&w->records, &tool->err);

	if (status == EE_OK && w->records.n == 0)
		status = ee_fail(&tool->err, EE_EINPUT, "%s: no records",
				 path);
	if (status == EE_OK && (uint64_t)w->opt->limit < w->records.n)
		w->records.n = (size_t)w->opt->limit;
	return status;
}

static enum ee_status
open_model(struct work *w)
{
	struct model_options bare = w->opt->model;
	enum ee_status status;

	bare.nedits = 0;	/* they come after the first measurement */
	status = model_open_both(w->tool, &bare, &w->model, &w->tok);
	if (status == EE_OK)
		w->before = ee_model_value(&w->tool->arena, w->model);
	return status;
}

/* Leave out the records whose case has no edit, or fail. */
static enum ee_status
match_edits(struct work *w, enum ee_data_format format)
{
	struct ee_err *err = &w->tool->err;
	size_t i, n, kept = 0;
	enum ee_status status = EE_OK;

	for (i = 0; i < w->records.n && status == EE_OK; i++) {
		struct ee_value *record = &w->records.u.list[i];
		struct ee_case c;

		status = ee_case_read(&c, record, format, i + 1,
				      &w->tool->arena, err);
		if (status != EE_OK)
			break;
		if (case_edits_find(&w->edits, c.id, &n) != NULL) {
			/* a record without a name keeps its number */
			ee_set(&w->tool->arena, record, "case_id",
			       ee_text(ee_arena_text(&w->tool->arena, c.id,
						     strlen(c.id))));
			w->records.u.list[kept++] = *record;
		} else if (!w->opt->skip_missing) {
			status = ee_fail(err, EE_EINPUT, "case %s: no edit of "
					 "it (--missing skip goes on)", c.id);
		}
	}
	if (status == EE_OK && kept == 0)
		status = ee_fail(err, EE_EINPUT, "no record has an edit");
	if (status == EE_OK && kept < w->records.n)
		ee_warn(&w->tool->warn, "%zu of %zu records are left out: no "
			"edit of them", w->records.n - kept, w->records.n);
	w->records.n = kept;
	return status;
}

static enum ee_status
prepare(struct work *w)
{
	struct tool *tool = w->tool;
	enum ee_data_format format = w->opt->format;
	enum ee_status status = read_records(w);

	if (status == EE_OK)
		status = open_model(w);
	if (status == EE_OK && !w->opt->format_said)
		status = ee_data_format_guess(&w->records.u.list[0], &format,
					      &tool->err);
	if (status == EE_OK && w->opt->per_case) {
		status = case_edits_read(&w->edits, tool, &w->opt->model,
					 w->model);
		if (status == EE_OK)
			status = match_edits(w, format);
	}
	if (status == EE_OK) {
		status = ee_exam_make(&w->exam, &w->records, format, w->model,
				      w->tok, &tool->err);
		if (status != EE_OK)
			status = ee_within(&tool->err, status, "%s",
					   w->opt->records);
	}
	ee_tally_start(&w->tally, w->records.n);
	return status;
}

/* Measure the cases from..to - 1 on the model as it is. */
static enum ee_status
measure(struct work *w, int when, size_t from, size_t to)
{
	struct ee_err *err = &w->tool->err;
	enum ee_status status = ee_exam_score(&w->exam, w->model, when, from,
					      to, &w->progress, err);
	size_t i;

	if (status == EE_OK && w->opt->generate)
		status = ee_exam_write(&w->exam, w->model, w->tok, when, from,
				       to, (size_t)w->opt->tokens, err);
	for (i = from; i < to && status == EE_OK; i++)
		status = ee_exam_measure(&w->exam, when, i, &w->tally, err);
	return status;
}

static enum ee_status
measure_case(struct work *w, size_t at)
{
	const char *id = w->exam.cases[at].id;
	size_t n, i;
	const struct case_edit *e = case_edits_find(&w->edits, id, &n);
	enum ee_status status = EE_OK;

	for (i = 0; i < n && status == EE_OK; i++) {
		const struct ee_delta *d = &e[i].delta;

		status = ee_model_edit(w->model, d->weight, d->left, d->out,
				       d->right, d->in, d->r, 1,
				       &w->tool->err);
	}
	if (status == EE_OK)
		status = measure(w, EE_AFTER, at, at + 1);
	if (status != EE_OK)
		return ee_within(&w->tool->err, status, "case %s", id);
	ee_model_return(w->model);
	return EE_OK;
}

static enum ee_status
measure_after(struct work *w)
{
	const struct model_options *opt = &w->opt->model;
	struct tool *tool = w->tool;
	enum ee_status status = EE_OK;
	size_t i;

	if (w->opt->per_case) {
		status = ee_model_keep(w->model, &tool->err);
		for (i = 0; i < w->exam.ncases && status == EE_OK; i++)
			status = measure_case(w, i);
		return status;
	}
	for (i = 0; i < opt->nedits && status == EE_OK; i++)
		status = ee_delta_load(w->model, opt->edits[i], 1, opt->force,
				       &tool->warn, &tool->err);
	return status == EE_OK ? measure(w, EE_AFTER, 0, w->exam.ncases)
			       : status;
}

enum ee_status
evaluate(struct tool *tool, const struct eval_options *opt)
{
	struct work w = { .tool = tool, .opt = opt };
	const size_t passes = opt->model.nedits > 0 ? 2 : 1;
	enum ee_status status = prepare(&w);

	ee_progress_start(&w.progress, tool_progress(tool), "answers",
			  (double)(passes * w.exam.nasks));
	if (status == EE_OK)
		status = measure(&w, EE_BEFORE, 0, w.exam.ncases);
	if (status == EE_OK && opt->model.nedits > 0)
		status = measure_after(&w);
	ee_progress_end(&w.progress);
	if (status == EE_OK)
		status = eval_report(tool, opt, &w.exam, &w.tally, w.before);
	case_edits_free(&w.edits);
	ee_tally_free(&w.tally);
	ee_exam_free(&w.exam);
	ee_tokenizer_close(w.tok);
	ee_model_close(w.model);
	return status;
}
