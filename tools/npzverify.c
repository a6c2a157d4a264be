/* npzverify.c - what can be said for and against files.  See npztool.h. */
#include "file/json.h"
#include "npztool.h"
#include "stats/verify.h"

/* <grade> <file> <check> <text>, separated by tabs. */
static void
print_lines(const struct tool *tool, const char *path,
	    const struct ee_report *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (!tool->quiet || r->list[i].grade >= EE_WARN)
			printf("%s\t%s\t%s\t%s\n",
			       ee_grade_name(r->list[i].grade), path,
			       r->list[i].check, r->list[i].text);
}

/* {"file", "result", "facts", "checks": [{"check", "result", "text"}]} */
static void
print_json(const char *path, struct ee_report *r)
{
	struct ee_value out = ee_map(), checks = ee_list(), one;
	size_t i;

	for (i = 0; i < r->n; i++) {
		one = ee_map();
		ee_put(&r->arena, &one, "check", ee_text(r->list[i].check));
		ee_put(&r->arena, &one, "result",
		       ee_text(ee_grade_name(r->list[i].grade)));
		ee_put(&r->arena, &one, "text", ee_text(r->list[i].text));
		ee_add(&r->arena, &checks, one);
	}
	ee_put(&r->arena, &out, "file", ee_text(path));
	ee_put(&r->arena, &out, "result", ee_text(ee_grade_name(r->worst)));
	ee_put(&r->arena, &out, "facts", r->facts);
	ee_put(&r->arena, &out, "checks", checks);
	ee_json_write(stdout, &out);
	putchar('\n');
}

enum ee_status
npz_verify(struct tool *tool, const struct npz_options *opt)
{
	struct ee_expected expected = {
		.sample_size = opt->save.sample_size
	};
	const enum ee_grade most = opt->strict ? EE_SKIP : EE_WARN;
	struct ee_model *model = NULL;
	struct ee_report report;
	enum ee_status status = EE_OK;
	int i, refused = 0;

	if (opt->model != NULL)
		status = ee_model_open(&model, opt->model, &tool->err);
	expected.model = model;
	for (i = 0; i < opt->n && status == EE_OK; i++) {
		status = ee_stats_verify(opt->args[i], &expected, &report,
					 &tool->err);
		if (status == EE_OK && opt->json)
			print_json(opt->args[i], &report);
		else if (status == EE_OK)
			print_lines(tool, opt->args[i], &report);
		refused += report.worst > most;
		ee_report_free(&report);
	}
	ee_model_close(model);
	if (status == EE_OK && refused > 0)
		return opt->n == 1 ?
		       ee_fail(&tool->err, EE_EINPUT, "%s: not sound",
			       opt->args[0]) :
		       ee_fail(&tool->err, EE_EINPUT, "%d of %d files are "
			       "not sound", refused, opt->n);
	return status;
}
