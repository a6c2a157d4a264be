/* evalask.c - what is asked of which model.  See evalwork.h. */
#include "evalwork.h"

#include "budget.h"
#include "file/json.h"

static enum ee_status
read_records(struct eval *e)
{
	struct tool *tool = e->tool;
	const char *path = e->opt->records;
	enum ee_status status = ee_json_records(&tool->arena, path,
						&e->records, &tool->err);
	size_t i;

	if (status == EE_OK && e->records.n == 0)
		status = ee_fail(&tool->err, EE_EINPUT, "%s: no records",
				 path);
	if (status != EE_OK)
		return status;
	if ((uint64_t)e->opt->limit < e->records.n)
		e->records.n = (size_t)e->opt->limit;
	e->numbers = ee_calloc(e->records.n, sizeof(*e->numbers), &tool->err);
	if (e->numbers == NULL)
		return EE_ENOMEM;
	for (i = 0; i < e->records.n; i++)
		e->numbers[i] = i + 1;
	return EE_OK;
}

static enum ee_status
open_model(struct eval *e)
{
	struct model_options bare = e->opt->model;
	enum ee_status status;

	bare.nedits = 0;	/* they come after the first measurement */
	status = model_open_both(e->tool, &bare, &e->model, &e->tok);
	if (status == EE_OK)
		e->before = ee_model_value(&e->tool->arena, e->model);
	return status;
}

/* Leave out the records whose case has no edit, or fail. */
static enum ee_status
match_edits(struct eval *e, enum ee_data_format format)
{
	struct ee_err *err = &e->tool->err;
	size_t i, n, kept = 0, silent = 0;
	enum ee_status status = EE_OK;

	for (i = 0; i < e->records.n && status == EE_OK; i++) {
		struct ee_value *record = &e->records.u.list[i];
		struct ee_case c;

		status = ee_case_read(&c, record, format, e->numbers[i],
				      &e->tool->arena, err);
		if (status != EE_OK)
			break;
		if (case_edits_find(&e->edits, c.id, &n) != NULL) {
			status = case_edits_check(&e->edits, &c, &silent,
						  err);
			if (status != EE_OK)
				return ee_within(err, status, "record %zu",
						 e->numbers[i]);
			e->numbers[kept] = e->numbers[i];
			e->records.u.list[kept++] = *record;
		} else if (!e->opt->skip_missing) {
			status = ee_fail(err, EE_EINPUT, "%s: no edit of it "
					 "(--missing skip goes on)", c.name);
		}
	}
	if (status == EE_OK && kept == 0)
		status = ee_fail(err, EE_EINPUT, "no record has an edit");
	if (status == EE_OK && kept < e->records.n)
		ee_warn(&e->tool->warn, "%zu of %zu records are left out: no "
			"edit of them", e->records.n - kept, e->records.n);
	if (status == EE_OK && silent > 0)
		ee_warn(&e->tool->warn, "%zu edits do not say of which "
			"request they are: matched with records by their "
			"cases alone", silent);
	e->records.n = kept;
	return status;
}

static enum ee_status
read_references(struct eval *e)
{
	struct tool *tool = e->tool;
	const char *path = e->opt->references;
	struct ee_value snippets;
	enum ee_status status;
	size_t found;

	status = ee_json_records(&tool->arena, path, &snippets, &tool->err);
	if (status != EE_OK)
		return status;
	status = ee_exam_references(&e->exam, &snippets, &found, &tool->err);
	if (status == EE_OK && found == 0)
		status = ee_fail(&tool->err, EE_EINPUT, "no text for the "
				 "relation_id and the target_new's id of any "
				 "record");
	if (status != EE_OK)
		return ee_within(&tool->err, status, "%s", path);
	if (found < e->exam.ncases)
		ee_warn(&tool->warn, "%s: texts for %zu of %zu records", path,
			found, e->exam.ncases);
	return EE_OK;
}

/* Tokens that are scored together: 0, as many as usual. */
static size_t
batch_size(struct tool *tool, const struct ee_config *config)
{
	const size_t usual = 4096, row = budget_row(config);
	struct budget b = { .held = budget_base() };
	size_t n = budget_left(tool, &b, usual * row) / row;

	if (n > usual)
		n = usual;
	if (n == 0)
		n = 1;
	b.batch = n * row;
	budget_tell(tool, &b, NULL);
	return n < usual ? n : 0;
}

static enum ee_status
make_exam(struct eval *e, enum ee_data_format format)
{
	const struct eval_options *opt = e->opt;
	struct ee_err *err = &e->tool->err;
	enum ee_status status = ee_exam_make(&e->exam, &e->records,
		e->numbers, format, e->model, e->tok, err);

	if (status == EE_OK && opt->fluency)
		status = ee_exam_topics(&e->exam, e->model, e->tok,
			(size_t)opt->length, (size_t)opt->top_k,
			(uint64_t)opt->seed, err);
	if (status != EE_OK)
		return ee_within(err, status, "%s", opt->records);
	e->exam.nodes = batch_size(e->tool, &e->model->config);
	return opt->references != NULL ? read_references(e) : EE_OK;
}

enum ee_status
eval_prepare(struct eval *e)
{
	struct tool *tool = e->tool;
	const struct model_options *opt = &e->opt->model;
	enum ee_data_format format = e->opt->format;
	enum ee_status status = read_records(e);

	if (status == EE_OK && !e->opt->format_said) {
		status = ee_data_format_guess(&e->records.u.list[0], &format,
					      &tool->err);
		if (status != EE_OK)
			return ee_within(&tool->err, status, "%s",
					 e->opt->records);
	}
	if (status == EE_OK)
		status = open_model(e);
	if (status == EE_OK && e->opt->per_case) {
		status = case_edits_read(&e->edits, tool, opt, e->model);
		if (status == EE_OK) {
			e->layer = case_edits_layer(&e->edits, e->model);
			status = match_edits(e, format);
			if (status != EE_OK)
				status = ee_within(&tool->err, status, "%s",
						   e->opt->records);
		}
	} else if (status == EE_OK) {
		status = edits_layer(opt, e->model, &e->layer, &tool->err);
	}
	if (status == EE_OK)
		status = make_exam(e, format);
	ee_tally_start(&e->tally, e->records.n);
	return status;
}
