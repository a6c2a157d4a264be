/*
 * ee-mend-train - train a hypernetwork that edits facts
 *
 * reads   records      JSON: edits to learn from, and others to test with
 *         archive      with --resume, --archive, or where the
 *                      hyper-parameters name one
 * writes  archive      the best state, by early_stop_key; and beside it
 *                      ".last", to go on from
 *         log          with --log: JSON lines
 */
#include <getopt.h>
#include <string.h>

#include "trainwork.h"

static const char usage[] =
	"usage: ee-mend-train -m DIR -p HPARAMS --train FILE\n"
	"                     {--val FILE | --hold-out N} -o ARCHIVE\n"
	"                     [--resume | --archive FILE] [--log FILE]\n"
	"                     [--like original|easyedit] "
	"[--outer rephrase|edit]\n"
	"                     [--max-iters N] [--seed S] [--memory BYTES]\n"
	"                     [--spill BYTES] [-e DELTA]... [--force] "
	"[-hqv]\n"
	"                     [-j THREADS]\n";

enum { TRAIN = OPT_OWN, VAL, RESUME, ARCHIVE, LOG, LIKE, OUTER, MAX_ITERS, SEED,
       SPILL, HOLD_OUT };

static void
own_option(struct tool *tool, struct train_options *opt, int c, char *arg)
{
	const int64_t most = 1 << 30;

	switch (c) {
	case 'p': opt->hparams = arg; break;
	case 'o': opt->out = arg; break;
	case TRAIN: opt->train = arg; break;
	case VAL: opt->val = arg; break;
	case RESUME: opt->resume = true; break;
	case ARCHIVE: opt->archive = arg; break;
	case LOG: opt->log = arg; break;
	case LIKE:
		opt->like_easyedit = tool_second(tool, "--like", arg,
						 "original", "easyedit");
		break;
	case OUTER:
		opt->outer = tool_second(tool, "--outer", arg, "rephrase",
					 "edit") ? EE_OUTER_EDIT :
			     EE_OUTER_REPHRASE;
		break;
	case MAX_ITERS:
		opt->max_iters = tool_int(tool, "--max-iters", arg, 1, most);
		break;
	case SEED:
		opt->seed = tool_int(tool, "--seed", arg, 0, INT32_MAX);
		break;
	case SPILL: opt->spill = tool_bytes(tool, "--spill", arg); break;
	case HOLD_OUT:
		opt->hold_out = tool_int(tool, "--hold-out", arg, 1, most);
		break;
	default: tool_option(tool, c, arg);
	}
}

static struct train_options
parse_options(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = { TOOL_LONG, MODEL_LONG,
		{ "hparams", 1, 0, 'p' }, { "output", 1, 0, 'o' },
		{ "train", 1, 0, TRAIN }, { "val", 1, 0, VAL },
		{ "resume", 0, 0, RESUME }, { "archive", 1, 0, ARCHIVE },
		{ "log", 1, 0, LOG }, { "like", 1, 0, LIKE },
		{ "outer", 1, 0, OUTER }, { "max-iters", 1, 0, MAX_ITERS },
		{ "seed", 1, 0, SEED }, TOOL_MEMORY,
		{ "spill", 1, 0, SPILL }, { "hold-out", 1, 0, HOLD_OUT },
		{ 0 } };
	struct train_options opt = { .outer = EE_OUTER_UNSAID,
				     .spill = (size_t)16 << 30,
				     .max_iters = -1, .seed = -1 };
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT MODEL_SHORT "p:o:",
				longs, NULL)) != -1)
		if (!model_option(tool, &opt.model, c, optarg))
			own_option(tool, &opt, c, optarg);
	if (optind < argc)
		tool_misuse(tool, "unexpected argument '%s'", argv[optind]);
	if (opt.model.dir == NULL || opt.hparams == NULL ||
	    opt.train == NULL || opt.out == NULL)
		tool_misuse(tool, "-m DIR, -p HPARAMS, --train FILE and -o "
			    "ARCHIVE are needed");
	if ((opt.val == NULL) == (opt.hold_out == 0))
		tool_misuse(tool, "one of --val FILE and --hold-out N is "
			    "needed");
	if (opt.resume && opt.archive != NULL)
		tool_misuse(tool, "--resume and --archive exclude each "
			    "other");
	return opt;
}

int
main(int argc, char **argv)
{
	struct tool tool = { .name = "ee-mend-train", .usage = usage };
	struct train_options opt;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	return tool_finish(&tool, train(&tool, &opt));
}
