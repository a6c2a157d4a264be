/*
 * ee-memit - edit many facts at once, spread over several layers
 *
 * reads   requests     JSON: a list, or one map a line
 *         statistics   .npz of the edited layers' keys
 *         targets      with --targets: as written with --targets-only
 * writes  delta        weight, left f4 (out, r), right f4 (in, r),
 *                      keys f4 (in, n), cases, requests, method, layer,
 *                      report; with --targets-only
 *         targets      case, request, layer, at, v f4 (d), v0 f4 (d), steps,
 *                      ended, loss, p_before, p_after
 */
#include <getopt.h>
#include <stdlib.h>

#include "massedit.h"
#include "session.h"
#include "tool.h"

static const char usage[] =
	"usage: ee-memit -m DIR -p HPARAMS [-e DELTA]... [--stats DIR]\n"
	"                [--templates FILE] [--save-templates FILE] "
	"[--seed S]\n"
	"                [--method memit|emmet|alphaedit] [--mu MU] "
	"[--ridge R]\n"
	"                [--like rome|easyedit] [--spread linear|sqrt] "
	"[--shard I/N]\n"
	"                [--targets FILE | --targets-only] [--cache DIR] "
	"[--memory BYTES]\n"
	"                [--stop loss|argmax] [--batch N] [--limit N] "
	"[--strict]\n"
	"                [--force] [-hqv] [-j THREADS] [REQUESTS] > delta\n";

enum { METHOD = OPT_OWN, MU, SPREAD, SHARD, TARGETS, TARGETS_ONLY, STRICT,
       STOP, BATCH, CACHE, LIMIT };

static bool
own_option(struct tool *tool, struct mass_options *opt, int c, char *arg)
{
	static const char *const methods[] = { "memit", "emmet", "alphaedit" };

	switch (c) {
	case METHOD:
		opt->method = MASS_MEMIT + tool_word(tool, "--method", arg,
						     methods, 3);
		break;
	case MU: opt->mu = tool_real(tool, "--mu", arg, 0, 1e6); break;
	case SPREAD:
		opt->spread_sqrt = tool_second(tool, "--spread", arg, "linear",
					       "sqrt");
		break;
	case SHARD:
		tool_part(tool, "--shard", arg, &opt->shard, &opt->shards);
		break;
	case TARGETS: opt->targets = arg; break;
	case TARGETS_ONLY: opt->targets_only = true; break;
	case STRICT: opt->strict = true; break;
	case LIMIT:
		opt->limit = tool_int(tool, "--limit", arg, 1, INT32_MAX);
		break;
	case CACHE: opt->cache = arg; break;
	case BATCH:
		opt->batch = tool_int(tool, "--batch", arg, 1, INT32_MAX);
		break;
	case STOP:
		opt->stop = tool_second(tool, "--stop", arg, "loss", "argmax") ?
			    EE_STOP_ARGMAX : EE_STOP_LOSS;
		break;
	default: return false;
	}
	return true;
}

static struct mass_options
parse_options(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = { TOOL_LONG, SESSION_LONG,
		{ "method", 1, 0, METHOD }, { "mu", 1, 0, MU },
		{ "spread", 1, 0, SPREAD }, { "shard", 1, 0, SHARD },
		{ "targets", 1, 0, TARGETS },
		{ "targets-only", 0, 0, TARGETS_ONLY },
		TOOL_MEMORY, { "strict", 0, 0, STRICT },
		{ "stop", 1, 0, STOP },
		{ "batch", 1, 0, BATCH }, { "cache", 1, 0, CACHE },
		{ "limit", 1, 0, LIMIT },
		{ 0 } };
	struct mass_options opt = { .shard = 1, .shards = 1,
				    .limit = INT32_MAX,
				    .mu = -1 };
	int c;

	session_defaults(&opt.session);
	while ((c = getopt_long(argc, argv, TOOL_SHORT SESSION_SHORT, longs,
				NULL)) != -1)
		if (!own_option(tool, &opt, c, optarg))
			session_option(tool, &opt.session, c, optarg);
	session_arguments(tool, &opt.session, argc, argv);
	if (opt.method == MASS_AS_SAID)
		opt.session.algs = mass_method_names();
	if (opt.targets != NULL && opt.targets_only)
		tool_misuse(tool, "--targets and --targets-only exclude each "
			    "other");
	if (opt.batch > 0 && opt.targets_only)
		tool_misuse(tool, "--batch and --targets-only exclude each "
			    "other: targets of a batch depend on the one "
			    "before");
	if (opt.shards > 1 && !opt.targets_only)
		tool_misuse(tool, "--shard is for --targets-only");
	return opt;
}

int
main(int argc, char **argv)
{
	struct tool tool = { .name = "ee-memit", .usage = usage };
	struct mass_options opt;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	return tool_finish(&tool, mass_edit(&tool, &opt));
}
