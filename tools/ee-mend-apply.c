/*
 * ee-mend-apply - edit facts with a hypernetwork that ee-mend-train, EasyEdit
 * or the original MEND has trained
 *
 * reads   requests     JSON: a list, or one map a line
 *         archive      the hypernetwork, as torch.save writes it
 * writes  delta        weight, left f4 (out, n), right f4 (in, n), case,
 *                      request or cases, requests, method, layer, report
 */
#include <getopt.h>
#include <stdlib.h>

#include "mendwork.h"

static const char usage[] =
	"usage: ee-mend-apply -m DIR -p HPARAMS [-e DELTA]... "
	"[--archive FILE]\n"
	"                     [--like original|easyedit] [--max-norm R]\n"
	"                     [--sequential | --independent] "
	"[--memory BYTES]\n"
	"                     [--force] [-hqv] [-j THREADS] [REQUESTS] "
	"> delta\n";

enum { ARCHIVE = OPT_OWN, LIKE, MAX_NORM, SEQUENTIAL, INDEPENDENT };

static void
one_option(struct tool *tool, struct mend_options *opt, int c)
{
	switch (c) {
	case 'p': opt->hparams = optarg; break;
	case ARCHIVE: opt->archive = optarg; break;
	case LIKE:
		opt->like_easyedit = tool_second(tool, "--like", optarg,
						 "original", "easyedit");
		break;
	case MAX_NORM:
		opt->max_norm = tool_real(tool, "--max-norm", optarg, 0, 1e6);
		break;
	case SEQUENTIAL: opt->sequential = true; break;
	case INDEPENDENT: opt->independent = true; break;
	default:
		if (!model_option(tool, &opt->model, c, optarg))
			tool_option(tool, c, optarg);
	}
}

static struct mend_options
parse_options(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = { TOOL_LONG, TOOL_MEMORY,
		MODEL_LONG,
		{ "hparams", 1, 0, 'p' }, { "archive", 1, 0, ARCHIVE },
		{ "like", 1, 0, LIKE }, { "max-norm", 1, 0, MAX_NORM },
		{ "sequential", 0, 0, SEQUENTIAL },
		{ "independent", 0, 0, INDEPENDENT }, { 0 } };
	struct mend_options opt = { .requests = "-" };
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT MODEL_SHORT "p:",
				longs, NULL)) != -1)
		one_option(tool, &opt, c);
	if (optind < argc)
		opt.requests = argv[optind++];
	if (optind < argc)
		tool_misuse(tool, "unexpected argument '%s'", argv[optind]);
	if (opt.model.dir == NULL)
		tool_misuse(tool, "which model? (-m DIR)");
	if (opt.hparams == NULL)
		tool_misuse(tool, "which hyper-parameters? (-p HPARAMS)");
	if (opt.sequential && opt.independent)
		tool_misuse(tool, "--sequential or --independent, not both");
	return opt;
}

/* All requests as one edit; each by itself, as many together as memory has
 * room for; or one after the other. */
static enum ee_status
edit_all(struct mend_work *w)
{
	const size_t tokens = mend_tokens(w);
	struct ee_mend_edit_job job = {
		.model = w->model, .m = w->m, .texts = w->texts,
		.asks = w->asks, .n = w->n, .apart = w->opt->independent,
		.tokens = tokens,
	};
	struct ee_progress progress;
	enum ee_status status = EE_OK;
	size_t left = w->n;

	ee_progress_start(&progress, tool_progress(w->tool), "requests",
			  (double)w->n);
	for (; left > 0 && status == EE_OK; left -= job.n) {
		job.n = left;
		if (w->opt->sequential)
			job.n = 1;
		else if (w->opt->independent)
			job.n = ee_mend_edit_block(&job, 0, tokens);
		status = mend_edit(w, &job, &progress);
		job.texts += job.n;
		job.asks += job.n;
	}
	ee_progress_end(&progress);
	return status;
}

static enum ee_status
work(struct mend_work *w)
{
	struct ee_value extra;
	enum ee_status status = mend_open(w);

	if (status == EE_OK) {
		extra = model_header(w->tool, w->model, NULL);
		status = tool_out(w->tool, "delta", &extra);
	}
	if (status == EE_OK)
		status = edit_all(w);
	mend_close(w);
	return status;
}

int
main(int argc, char **argv)
{
	struct tool tool = { .name = "ee-mend-apply", .usage = usage };
	struct mend_options opt;
	struct mend_work w = { .tool = &tool, .opt = &opt };

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	return tool_finish(&tool, work(&w));
}
