/*
 * ee-cov - statistics of the rows that pass each tap, or of weights
 *
 * reads   activations  tap, x f4 (n, f), doc i8 (n), pos i4 (n);
 *         with --weights a model folder
 * writes  stats        one record for each tap: sums over all its rows
 */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "covwork.h"
#include "math/threads.h"
#include "stats/collect.h"

static const char usage[] =
"usage: ee-cov [-hqv] [-j THREADS] [OPTION...] < activations > stats\n"
"       ee-cov --weights -m DIR -t MODULE... [--collect LIST] > stats\n"
"      --collect LIST     of mom2 (default), mean, var, norm_mean, cov, corr\n"
"      --tokens N         stop after N tokens; Nx: N times the widest tap\n"
"      --until BOUND      stop when C^-1 k changes by no more, for every tap\n"
"      --memory BYTES     refuse to take more; K, M, G may follow\n"
"      --plan             print what is needed, and count nothing\n"
"      --checkpoint FILE  save what is done there, and go on from it\n"
"      --every SECONDS    how often (300)\n"
"      --weights          of weights; default: mean, var, norm_mean\n"
"  -m, --model DIR        whose\n"
"  -t, --tap MODULE       which; repeatable, with {0-7} for layers\n"
"      --version\n";

static void
parse_tokens(const struct tool *tool, const char *text,
	     struct cov_options *opt)
{
	const size_t n = strlen(text);
	char digits[24] = "";
	bool good;

	if (n > 0 && n < sizeof(digits))
		memcpy(digits, text, n - (text[n - 1] == 'x'));
	if (n > 0 && text[n - 1] == 'x')
		good = ee_parse_real(digits, 1e-6, 1e12, &opt->widths);
	else
		good = ee_parse_int(digits, 1, INT64_C(1) << 40,
				    &opt->tokens);
	if (!good)
		tool_misuse(tool, "--tokens '%s': want a whole number, or a "
			    "number followed by x", text);
}

enum { COLLECT = OPT_OWN, TOKENS, UNTIL, PLAN, CHECKPOINT, EVERY, WEIGHTS };

static void
parse_option(struct tool *tool, struct cov_options *opt, int c)
{
	switch (c) {
	case COLLECT:
		if (ee_collect_parse(optarg, &opt->collect,
				     &tool->err) != EE_OK)
			tool_misuse(tool, "--collect: %s", tool->err.text);
		break;
	case TOKENS: parse_tokens(tool, optarg, opt); break;
	case UNTIL:
		opt->until = tool_real(tool, "--until", optarg, 1e-12, 1);
		break;
	case PLAN: opt->plan = true; break;
	case CHECKPOINT: opt->checkpoint = optarg; break;
	case EVERY:
		opt->every = tool_real(tool, "--every", optarg, 0, 1e9);
		break;
	case WEIGHTS: opt->weights = true; break;
	case 'm': opt->model = optarg; break;
	case 't':
		if (opt->ntaps == COV_TAPS)
			tool_misuse(tool, "more than %d modules (-t)",
				    (int)COV_TAPS);
		opt->taps[opt->ntaps++] = optarg;
		break;
	default: tool_option(tool, c, optarg);
	}
}

static struct cov_options
parse_options(struct tool *tool, int argc, char *argv[])
{
	static const struct option names[] = {
		{ "collect", 1, 0, COLLECT }, { "tokens", 1, 0, TOKENS },
		{ "until", 1, 0, UNTIL }, TOOL_MEMORY,
		{ "plan", 0, 0, PLAN }, { "checkpoint", 1, 0, CHECKPOINT },
		{ "every", 1, 0, EVERY }, { "weights", 0, 0, WEIGHTS },
		{ "model", 1, 0, 'm' }, { "tap", 1, 0, 't' },
		TOOL_LONG, { 0, 0, 0, 0 }
	};
	struct cov_options opt = { .every = 300 };
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT "m:t:", names,
				NULL)) != -1)
		parse_option(tool, &opt, c);
	if (optind < argc)
		tool_misuse(tool, "unexpected argument '%s'", argv[optind]);
	if (opt.weights != (opt.model != NULL) ||
	    opt.weights != (opt.ntaps > 0))
		tool_misuse(tool, "--weights, -m and -t go together");
	if (opt.weights && (opt.checkpoint || opt.tokens || opt.widths > 0 ||
			    opt.until > 0 || opt.plan))
		tool_misuse(tool, "--weights reads no stream");
	if (opt.collect == 0)
		opt.collect = opt.weights ? EE_COLLECT_MEAN | EE_COLLECT_VAR |
					    EE_COLLECT_NORM_MEAN :
					    EE_COLLECT_MOM2;
	return opt;
}

int
main(int argc, char *argv[])
{
	struct tool tool = { .name = "ee-cov", .usage = usage };
	struct cov_options opt;
	int code;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	ee_threads_set((unsigned)tool.threads);
	code = tool_finish(&tool, opt.weights ? cov_weights(&tool, &opt)
					      : cov_stream(&tool, &opt));
	if (code == 0 && opt.checkpoint != NULL && !opt.plan)
		(void)unlink(opt.checkpoint);
	return code;
}
