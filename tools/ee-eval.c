/*
 * ee-eval - measure what a model, or an edit of it, knows
 *
 * reads   records   JSON of CounterFact, zsRE or EasyEdit: a list, or one map
 *                   a line
 *         delta     edits to measure, with -e
 *         texts     for --references, JSON as rome's attribute_snippets
 * writes  results   JSON lines: a map for each record, then {"summary"};
 *                   a table; with --csv a table for spreadsheets
 */
#include <getopt.h>

#include "evalwork.h"

static const char usage[] =
	"usage: ee-eval -m DIR [-e DELTA]... [--sequential | --per-case]\n"
	"               [--missing fail|skip] [--limit N]\n"
	"               [--format counterfact|zsre|easyedit]\n"
	"               [--generate] [-n TOKENS]\n"
	"               [--fluency] [--references FILE] [--length N] "
	"[--top-k K]\n"
	"               [--table] [--csv FILE] [--cache DIR]\n"
	"               [--resamples N] [--seed S] [--memory BYTES] [--force]\n"
	"               [-hqv] [-j THREADS] [RECORDS]\n";

enum { FORMAT = OPT_OWN, LIMIT, PER_CASE, SEQUENTIAL, MISSING, GENERATE,
       FLUENCY, REFERENCES, LENGTH, TOP_K, TABLE, CSV, CACHE, RESAMPLES,
       SEED };

static void
choose_missing(const struct tool *tool, struct eval_options *opt,
	       const char *text)
{
	opt->missing_said = true;
	opt->skip_missing = tool_second(tool, "--missing", text, "fail",
					"skip");
}

static void
choose_format(const struct tool *tool, struct eval_options *opt,
	      const char *text)
{
	opt->format_said = true;
	opt->format = (enum ee_data_format)tool_word(tool, "--format", text,
						     ee_data_format_names,
						     EE_DATA_FORMATS);
}

/* Options of the texts to write; false if it is none of them. */
static bool
take_essay_option(const struct tool *tool, struct eval_options *opt, int c,
		  const char *arg)
{
	switch (c) {
	case FLUENCY: opt->fluency = true; break;
	case REFERENCES:
		opt->references = arg;
		opt->fluency = true;
		break;
	case LENGTH:
		opt->length = tool_int(tool, "--length", arg, 1, 1 << 20);
		opt->essays_said = true;
		break;
	case TOP_K:
		opt->top_k = tool_int(tool, "--top-k", arg, 1, 1 << 20);
		opt->essays_said = true;
		break;
	default: return false;
	}
	return true;
}

static void
take_option(struct tool *tool, struct eval_options *opt, int c, char *arg)
{
	switch (c) {
	case FORMAT: choose_format(tool, opt, arg); break;
	case LIMIT:
		opt->limit = tool_int(tool, "--limit", arg, 1, INT64_MAX);
		break;
	case PER_CASE: opt->per_case = true; break;
	case SEQUENTIAL: opt->sequential = true; break;
	case CSV: opt->csv = arg; break;
	case CACHE: opt->cache = arg; break;
	case MISSING: choose_missing(tool, opt, arg); break;
	case GENERATE: opt->generate = true; break;
	case 'n':
		opt->tokens = tool_int(tool, "-n", arg, 1, 1 << 20);
		break;
	case TABLE: opt->table = true; break;
	case RESAMPLES:
		opt->resamples = tool_int(tool, "--resamples", arg, 1,
					  1000000);
		break;
	case SEED:
		opt->seed = tool_int(tool, "--seed", arg, 0, INT64_MAX);
		break;
	default:
		if (!take_essay_option(tool, opt, c, arg) &&
		    !model_option(tool, &opt->model, c, arg))
			tool_option(tool, c, arg);
	}
}

static void
check_options(const struct tool *tool, const struct eval_options *opt)
{
	if (opt->model.dir == NULL)
		tool_misuse(tool, "which model? (-m DIR)");
	if (opt->per_case && opt->sequential)
		tool_misuse(tool, "--per-case or --sequential?");
	if ((opt->per_case || opt->sequential) && opt->model.nedits == 0)
		tool_misuse(tool, "--%s: which edits? (-e DELTA)",
			    opt->per_case ? "per-case" : "sequential");
	if (opt->missing_said && !opt->per_case)
		tool_misuse(tool, "--missing needs --per-case");
	if (opt->essays_said && !opt->fluency)
		tool_misuse(tool, "--length and --top-k need --fluency");
}

static struct eval_options
parse_options(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = { TOOL_LONG, MODEL_LONG,
		{ "format", 1, 0, FORMAT }, { "limit", 1, 0, LIMIT },
		{ "per-case", 0, 0, PER_CASE }, { "missing", 1, 0, MISSING },
		{ "sequential", 0, 0, SEQUENTIAL },
		{ "generate", 0, 0, GENERATE }, { "tokens", 1, 0, 'n' },
		{ "fluency", 0, 0, FLUENCY },
		{ "references", 1, 0, REFERENCES },
		{ "length", 1, 0, LENGTH }, { "top-k", 1, 0, TOP_K },
		{ "table", 0, 0, TABLE }, { "csv", 1, 0, CSV },
		{ "cache", 1, 0, CACHE }, { "resamples", 1, 0, RESAMPLES },
		{ "seed", 1, 0, SEED }, TOOL_MEMORY, { 0 } };
	struct eval_options opt = { .limit = INT64_MAX, .tokens = 20,
				    .length = 100, .top_k = 5,
				    .resamples = 1000, .seed = 1,
				    .records = "-" };
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT MODEL_SHORT "n:",
				longs, NULL)) != -1)
		take_option(tool, &opt, c, optarg);
	if (optind < argc)
		opt.records = argv[optind++];
	if (optind < argc)
		tool_misuse(tool, "unexpected argument '%s'", argv[optind]);
	check_options(tool, &opt);
	return opt;
}

int
main(int argc, char **argv)
{
	struct tool tool = { .name = "ee-eval", .usage = usage };
	struct eval_options opt;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	return tool_finish(&tool, evaluate(&tool, &opt));
}
