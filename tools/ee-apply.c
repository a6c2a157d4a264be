/*
 * ee-apply - write an edited model folder, or take an edit out of one
 *
 * reads   delta   files, one after the other
 * writes  a Hugging Face folder, with ee-undo.safetensors in it
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "edit/apply.h"
#include "modeltool.h"
#include "tool.h"

static const char usage[] =
	"usage: ee-apply -m DIR [-R [--base DIR]] [--force] [-hqv] "
	"[-j THREADS]\n"
	"                {-o OUT | -n} DELTA...\n";

struct options {
	struct ee_apply_job job;
	bool reverse, dry_run;
};

enum { BASE = OPT_OWN };

static struct options
parse_options(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = { TOOL_LONG,
		{ "model", 1, 0, 'm' }, { "reverse", 0, 0, 'R' },
		{ "output", 1, 0, 'o' }, { "base", 1, 0, BASE },
		{ "dry-run", 0, 0, 'n' }, { "force", 0, 0, OPT_FORCE },
		{ 0 } };
	struct options opt = { .reverse = false };
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT "m:o:Rn", longs,
				NULL)) != -1) {
		switch (c) {
		case 'm': opt.job.dir = optarg; break;
		case 'o': opt.job.out = optarg; break;
		case 'R': opt.reverse = true; break;
		case 'n': opt.dry_run = true; break;
		case OPT_FORCE: opt.job.force = true; break;
		case BASE: opt.job.base = optarg; break;
		default: tool_option(tool, c, optarg);
		}
	}
	if (opt.job.dir == NULL)
		tool_misuse(tool, "which model? (-m DIR)");
	if (opt.job.out == NULL && !opt.dry_run)
		tool_misuse(tool, "where to? (-o OUT, or --dry-run)");
	if (opt.job.base != NULL && !opt.reverse)
		tool_misuse(tool, "--base is for -R");
	if (optind == argc)
		tool_misuse(tool, "which edits? (DELTA...)");
	if (opt.dry_run)
		opt.job.out = NULL;
	opt.job.deltas = (const char *const *)argv + optind;
	opt.job.ndeltas = (size_t)(argc - optind);
	return opt;
}

static void
tell(const struct tool *tool, const struct ee_application *done)
{
	static const char *const how[] = {
		[EE_BY_ADDING] = "edited",
		[EE_BY_UNDO] = "the original, bit for bit, from the undo "
			       "file",
		[EE_BY_BASE] = "the original, bit for bit, from the base "
			       "model",
		[EE_BY_SUBTRACTING] = "the original to rounding: the edit was "
				      "subtracted, for there is no undo file "
				      "of it and no --base",
	};
	size_t i;

	if (tool->quiet)
		return;
	for (i = 0; i < done->n; i++)
		fprintf(stderr, "ee-apply: %s: |change|/|weight| %.3g, of "
			"which rounding %.2g%%\n", done->list[i].name,
			done->list[i].change, 100 * done->list[i].rounding);
	fprintf(stderr, "ee-apply: model %s", done->before);
	if (done->after[0] != '\0')
		fprintf(stderr, " -> %s", done->after);
	fprintf(stderr, ": %s\n", how[done->how]);
}

int
main(int argc, char **argv)
{
	struct tool tool = { .name = "ee-apply", .usage = usage };
	struct ee_application done = { 0 };
	struct options opt;
	enum ee_status status;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	model_threads(&tool);
	status = opt.reverse ? ee_unapply(&opt.job, &done, &tool.warn,
					  &tool.err)
			     : ee_apply(&opt.job, &done, &tool.warn,
					&tool.err);
	if (status == EE_OK)
		tell(&tool, &done);
	free(done.list);
	return tool_finish(&tool, status);
}
