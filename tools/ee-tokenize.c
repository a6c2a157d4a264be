/*
 * ee-tokenize - text to token ids with the model's own tokenizer, and back
 *
 * reads   text, one document a line; with --field JSON lines or a JSON list;
 *         with -d a tokens stream
 * writes  tokens: id (document number), ids i4 (n), text with --keep-text;
 *         with -d text, one line per record
 */
#include <getopt.h>
#include <unistd.h>

#include "detokenize.h"
#include "tokenize.h"

static const char usage[] =
	"usage: ee-tokenize -m DIR [-hqv] [options] [FILE...] > tokens\n"
	"       ee-tokenize -m DIR -d [--field NAME] < tokens\n"
	"  -m, --model DIR       the model, or its tokenizer files alone\n"
	"  -d, --decode          tokens back to text\n"
	"      --field NAME      documents are this field of JSON records\n"
	"      --sample N        N documents drawn at random\n"
	"      --seed S          of the sample (1)\n"
	"      --shard I/N       every N-th document, from the I-th on\n"
	"      --skip N          leave out the first N\n"
	"      --resume FILE     ... as many as this checkpoint has counted\n"
	"      --max-length N    at most N tokens each (model's positions)\n"
	"      --keep-text       put the text into the records too\n"
	"      --no-bos          leave out what the tokenizer adds (BOS)\n"
	"      --version\n";

enum { FIELD = OPT_OWN, SAMPLE, SEED, SHARD, SKIP, RESUME, LENGTH, TEXT,
       NO_BOS };

static void
parse_option(struct tool *tool, struct tokenize_options *opt, int c)
{
	switch (c) {
	case 'm': opt->model = optarg; break;
	case 'd': opt->decode = true; break;
	case FIELD: opt->corpus.field = optarg; break;
	case SAMPLE:
		opt->corpus.sample = tool_int(tool, "--sample", optarg, 1,
					      INT64_MAX);
		break;
	case SEED:
		opt->corpus.seed = (uint64_t)tool_int(tool, "--seed", optarg,
						      0, INT64_MAX);
		break;
	case SHARD:
		tool_part(tool, "--shard", optarg, &opt->corpus.shard,
			  &opt->corpus.shards);
		break;
	case SKIP:
		opt->skip = tool_int(tool, "--skip", optarg, 0, INT64_MAX);
		break;
	case RESUME: opt->resume = optarg; break;
	case LENGTH:
		opt->max_length = tool_int(tool, "--max-length", optarg, 1,
					   INT32_MAX);
		break;
	case TEXT: opt->keep_text = true; break;
	case NO_BOS: opt->no_bos = true; break;
	default: tool_option(tool, c, optarg);
	}
}

static struct tokenize_options
parse_options(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {
		TOOL_LONG, { "model", 1, 0, 'm' }, { "decode", 0, 0, 'd' },
		{ "field", 1, 0, FIELD }, { "sample", 1, 0, SAMPLE },
		{ "seed", 1, 0, SEED }, { "shard", 1, 0, SHARD },
		{ "skip", 1, 0, SKIP }, { "resume", 1, 0, RESUME },
		{ "max-length", 1, 0, LENGTH }, { "keep-text", 0, 0, TEXT },
		{ "no-bos", 0, 0, NO_BOS }, { 0, 0, 0, 0 }
	};
	struct tokenize_options opt = {
		.corpus = { .seed = 1, .shard = 1, .shards = 1 }
	};
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT "m:d", longs,
				NULL)) != -1)
		parse_option(tool, &opt, c);
	if (opt.model == NULL)
		tool_misuse(tool, "which model? (-m DIR)");
	if (opt.resume != NULL && opt.skip > 0)
		tool_misuse(tool, "--skip and --resume exclude each other");
	if (opt.decode && optind < argc)
		tool_misuse(tool, "-d reads standard input only");
	opt.corpus.files = argv + optind;
	opt.corpus.n_files = (size_t)(argc - optind);
	return opt;
}

int
main(int argc, char **argv)
{
	struct tool tool = { .name = "ee-tokenize", .usage = usage };
	struct ee_tokenizer *tok;
	struct tokenize_options opt;
	enum ee_status status;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	status = ee_tokenizer_open(&tok, opt.model, &tool.warn, &tool.err);
	if (status == EE_OK)
		status = opt.decode ? detokenize(&tool, tok, opt.corpus.field)
				    : tokenize(&tool, &opt, tok);
	ee_tokenizer_close(tok);
	return tool_finish(&tool, status);
}
