/*
 * ee-rome - edit facts, each by one rank-one change of one weight
 *
 * reads   requests     JSON: a list, or one map a line
 *         statistics   .npz of the edited layer's keys, where the
 *                      hyper-parameters say mom2_adjustment
 * writes  delta        weight, left f4 (out, 1), right f4 (in, 1), case,
 *                      request, method, layer, report
 */
#include <getopt.h>

#include "romeedit.h"

static const char usage[] =
	"usage: ee-rome -m DIR -p HPARAMS [-e DELTA]... [--stats DIR]\n"
	"               [--templates FILE] [--save-templates FILE] "
	"[--seed S]\n"
	"               [--like rome|easyedit] [--ridge R] [--max-norm R]\n"
	"               [--independent] [--memory BYTES] [--force] [-hqv]\n"
	"               [-j THREADS] [REQUESTS] > delta\n";

enum { MAX_NORM = OPT_OWN, INDEPENDENT };

static struct rome_options
parse_options(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = { TOOL_LONG, SESSION_LONG,
		{ "max-norm", 1, 0, MAX_NORM },
		{ "independent", 0, 0, INDEPENDENT },
		TOOL_MEMORY, { 0 } };
	static const char *const algs[] = { "ROME", "R-ROME", NULL };
	struct rome_options opt = { .independent = false };
	int c;

	session_defaults(&opt.session);
	opt.session.algs = algs;
	while ((c = getopt_long(argc, argv, TOOL_SHORT SESSION_SHORT, longs,
				NULL)) != -1) {
		if (c == MAX_NORM)
			opt.max_norm = tool_real(tool, "--max-norm", optarg,
						 0, 1e6);
		else if (c == INDEPENDENT)
			opt.independent = true;
		else
			session_option(tool, &opt.session, c, optarg);
	}
	session_arguments(tool, &opt.session, argc, argv);
	return opt;
}

int
main(int argc, char **argv)
{
	struct tool tool = { .name = "ee-rome", .usage = usage };
	struct rome_options opt;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	return tool_finish(&tool, rome_edit(&tool, &opt));
}
