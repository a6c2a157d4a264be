/*
 * ee-npz - layer-statistics files, and any arrays, to streams and back
 *
 * reads   stats (save, merge), any stream (save -o); .npz files
 * writes  .npz files (save, merge, convert); safetensors (convert); stats or
 *         arrays (load, merge, convert); text
 */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "math/threads.h"
#include "npztool.h"
#include "stats/statname.h"

static const char usage[] =
"usage: ee-npz save   [-d STATS_DIR | -o FILE] [OPTION...] < stream\n"
"       ee-npz merge  [-d STATS_DIR | -o FILE] [OPTION...] [FILE...]\n"
"       ee-npz load   FILE... > stream\n"
"       ee-npz convert [--to KIND] [OPTION...] FILE [-o FILE | > stream]\n"
"       ee-npz diff   [OPTION...] FILE FILE\n"
"       ee-npz ls     FILE...\n"
"       ee-npz cat    FILE KEY\n"
"       ee-npz verify [-m MODEL] [--sample-size N] [--json] FILE...\n"
"       [-hqv] [-j THREADS]\n"
"  -d STATS_DIR        one file a layer, where rome, memit, EasyEdit look\n"
"  -o FILE             this file\n"
"      --dataset NAME  data set in the name: \"wikipedia\"\n"
"      --model-name NAME  the model's folder\n"
"      --precision P   float32 (default) or float64\n"
"      --sample-size N documents in the sample, for the name\n"
"      --deflate       compress\n"
"  -m MODEL            compare with this model folder\n"
"      --json          one JSON object for each file\n"
"      --to KIND       npz (default), safetensors or stream\n"
"      --moment        not the sum: divide by the count\n"
"      --keys FILE     activations, instead of keys drawn\n"
"      --samples N     this many keys: 64\n"
"      --seed S        of keys that are drawn: 1\n"
"      --ridge R       add R times the mean diagonal to both\n"
"      --strict        warnings are failures\n"
"      --mix           add other corpora and precisions\n"
"      --final         no more will be added: half the size\n"
"      --version\n";

static const struct npz_command commands[] = {
	{ "save", npz_save, 0, 0 }, { "merge", npz_merge, 0, 1 << 20 },
	{ "load", npz_load, 1, 1 << 20 }, { "ls", npz_ls, 1, 1 << 20 },
	{ "convert", npz_convert, 1, 1 }, { "diff", npz_diff, 2, 2 },
	{ "cat", npz_cat, 2, 2 }, { "verify", npz_verify, 1, 1 << 20 },
};

static const struct npz_command *
find_command(struct tool *tool, struct npz_options *opt, int argc,
	     char *argv[])
{
	const char *name = optind < argc ? argv[optind] : NULL;
	const struct npz_command *command = NULL;
	unsigned i;

	if (name == NULL)
		tool_misuse(tool, "want a command");
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			command = &commands[i];
	if (command == NULL)
		tool_misuse(tool, "'%s' is no command", name);
	opt->n = argc - optind - 1;
	opt->args = argv + optind + 1;
	if (opt->n < command->least || opt->n > command->most)
		tool_misuse(tool, "%s: %s arguments", name,
			    opt->n < command->least ? "missing" :
							   "too many");
	return command;
}

enum { DATASET = OPT_OWN, MODEL_NAME, PRECISION, SAMPLE_SIZE, DEFLATE, JSON,
       STRICT, TO, MOMENT, KEYS, SAMPLES, SEED, RIDGE, MIX, FINAL };

static void
parse_option(struct tool *tool, struct npz_options *opt, int c)
{
	static const char *const kinds[] = { "npz", "safetensors", "stream" };

	switch (c) {
	case 'd': opt->save.dir = optarg; break;
	case 'o': opt->save.file = optarg; break;
	case 'm': opt->model = optarg; break;
	case DATASET: opt->save.dataset = optarg; break;
	case MODEL_NAME: opt->save.model = optarg; break;
	case PRECISION:
		opt->save.precision = tool_second(tool, "--precision", optarg,
						  "float32", "float64") ?
				      EE_F64 : EE_F32;
		break;
	case SAMPLE_SIZE:
		opt->save.sample_size = tool_int(tool, "--sample-size", optarg,
						 0, 1LL << 40);
		break;
	case DEFLATE: opt->save.deflate = true; break;
	case JSON: opt->json = true; break;
	case STRICT: opt->strict = true; break;
	case TO:
		opt->to = (enum npz_to)tool_word(tool, "--to", optarg, kinds,
						 3);
		break;
	case MOMENT: opt->moment = true; break;
	case KEYS: opt->keys = optarg; break;
	case SAMPLES:
		opt->samples = tool_int(tool, "--samples", optarg, 1, 100000);
		break;
	case SEED:
		opt->seed = tool_int(tool, "--seed", optarg, 0, INT64_MAX);
		break;
	case RIDGE:
		opt->ridge = tool_real(tool, "--ridge", optarg, 0, 1e6);
		break;
	case MIX: opt->mix = true; break;
	case FINAL: opt->final = true; break;
	default: tool_option(tool, c, optarg);
	}
}

static struct npz_options
parse_options(struct tool *tool, int argc, char *argv[])
{
	static const struct option names[] = {
		{ "dataset", 1, 0, DATASET },
		{ "model-name", 1, 0, MODEL_NAME },
		{ "precision", 1, 0, PRECISION },
		{ "sample-size", 1, 0, SAMPLE_SIZE },
		{ "deflate", 0, 0, DEFLATE },
		{ "json", 0, 0, JSON },
		{ "strict", 0, 0, STRICT },
		{ "to", 1, 0, TO },
		{ "moment", 0, 0, MOMENT },
		{ "keys", 1, 0, KEYS },
		{ "samples", 1, 0, SAMPLES },
		{ "seed", 1, 0, SEED },
		{ "ridge", 1, 0, RIDGE },
		{ "mix", 0, 0, MIX },
		{ "final", 0, 0, FINAL },
		TOOL_LONG, { 0, 0, 0, 0 }
	};
	struct npz_options opt = { .save.sample_size = -1, .samples = 64,
				   .seed = 1 };
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT "d:o:m:", names,
				NULL)) != -1)
		parse_option(tool, &opt, c);
	return opt;
}

int
main(int argc, char *argv[])
{
	struct tool tool = { .name = "ee-npz", .usage = usage };
	const struct npz_command *command;
	struct npz_options opt;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	command = find_command(&tool, &opt, argc, argv);
	ee_threads_set((unsigned)tool.threads);
	return tool_finish(&tool, command->run(&tool, &opt));
}
