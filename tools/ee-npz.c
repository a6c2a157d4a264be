/*
 * ee-npz - layer-statistics files, and any arrays, to streams and back
 *
 * reads   stats (save, merge), any stream (save -o); .npz files
 * writes  .npz files (save, merge); stats or arrays (load, merge); text
 */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "file/npz.h"
#include "file/npz_text.h"
#include "math/threads.h"
#include "stats/arrays.h"
#include "stats/layerset.h"
#include "stats/statname.h"
#include "stats/statsave.h"
#include "stats/verify.h"
#include "tool.h"

static const char usage[] =
"usage: ee-npz save   [-d STATS_DIR | -o FILE] [OPTION...] < stream\n"
"       ee-npz merge  [-d STATS_DIR | -o FILE] [OPTION...] [FILE...]\n"
"       ee-npz load   FILE... > stream\n"
"       ee-npz ls     FILE...\n"
"       ee-npz cat    FILE KEY\n"
"       ee-npz verify [-m MODEL] FILE...\n"
"       [-hqv] [-j THREADS]\n"
"  -d STATS_DIR        one file a layer, where rome, memit, EasyEdit look\n"
"  -o FILE             this file\n"
"      --dataset NAME  data set in the name: \"wikipedia\"\n"
"      --model-name NAME  the model's folder\n"
"      --precision P   float32 (default) or float64\n"
"      --sample-size N documents in the sample, for the name\n"
"      --deflate       compress\n"
"  -m MODEL            compare with this model folder\n"
"      --version\n";

struct command;
struct options {
	const struct command *command;
	struct ee_save_options save;
	const char *model;
	int n;			/* operands */
	char **args;
};

/* One file a layer, or one for the only layer. */
static enum ee_status
save_set(struct tool *tool, const struct options *opt,
	 const struct ee_layerset *set)
{
	enum ee_status status = EE_OK;
	const char *path;
	size_t i;

	if (opt->save.file != NULL && set->n > 1)
		return ee_fail(&tool->err, EE_EINPUT, "statistics of %zu "
			       "layers do not fit in one file: give -d "
			       "STATS_DIR", set->n);
	for (i = 0; i < set->n && status == EE_OK; i++) {
		status = ee_layer_save(&tool->arena, &set->list[i],
				       &opt->save, &path, &tool->err);
		if (status == EE_OK)
			ee_warn(&tool->warn, "%s: %lld tokens", path,
				(long long)set->list[i].sums.count);
	}
	return status;
}

static enum ee_status
write_set(struct tool *tool, const struct ee_layerset *set)
{
	struct ee_value extra = ee_layerset_extra(&tool->arena, set,
						  tool->command);
	enum ee_status status = tool_out(tool, "stats", &extra);
	size_t i;

	for (i = 0; i < set->n && status == EE_OK; i++)
		status = ee_layer_put(&set->list[i], tool->out, &tool->err);
	return status;
}

static bool
is_stats(const struct tool *tool)
{
	const struct ee_value *kind = ee_get(ee_reader_header(tool->in),
					     "kind");

	return kind != NULL && kind->type == EE_TEXT &&
	       strcmp(kind->u.text, "stats") == 0;
}

static enum ee_status
save(struct tool *tool, const struct options *opt)
{
	struct ee_layerset set = { 0 };
	enum ee_status status;

	if ((opt->save.dir == NULL) == (opt->save.file == NULL))
		tool_misuse(tool, "save: want either -d or -o");
	status = tool_in(tool, opt->save.file ? NULL : "stats");
	if (status != EE_OK)
		return status;
	if (!is_stats(tool))
		return ee_stream_to_npz(tool->in, opt->save.file,
					opt->save.deflate, &tool->err);
	status = ee_layerset_read(&set, tool->in, &tool->err);
	if (status == EE_OK)
		status = save_set(tool, opt, &set);
	ee_layerset_free(&set);
	return status;
}

static enum ee_status
merge(struct tool *tool, const struct options *opt)
{
	struct ee_layerset set = { .merge = true };
	enum ee_status status = EE_OK;
	int i;

	if (opt->save.dir != NULL && opt->save.file != NULL)
		tool_misuse(tool, "merge: -d and -o exclude each other");
	for (i = 0; i < opt->n && status == EE_OK; i++)
		status = ee_layerset_open(&set, opt->args[i], &tool->err);
	if (opt->n == 0) {
		status = tool_in(tool, "stats");
		if (status == EE_OK)
			status = ee_layerset_read(&set, tool->in, &tool->err);
	}
	if (status == EE_OK && (opt->save.dir || opt->save.file))
		status = save_set(tool, opt, &set);
	else if (status == EE_OK)
		status = write_set(tool, &set);
	ee_layerset_free(&set);
	return status;
}

/* A file that holds no statistics: one record for each array. */
static enum ee_status
load_arrays(struct tool *tool, const struct options *opt)
{
	struct ee_value extra = ee_header_extra(&tool->arena, NULL,
						tool->command);
	enum ee_status status = tool_out(tool, "arrays", &extra);
	struct ee_npz npz;
	int i;

	for (i = 0; i < opt->n && status == EE_OK; i++) {
		status = ee_npz_open(&npz, opt->args[i], &tool->err);
		if (status != EE_OK)
			break;
		status = ee_npz_to_stream(&npz, tool->out, &tool->err);
		ee_npz_close(&npz);
	}
	return status;
}

/* Does the first file hold layer statistics? */
static enum ee_status
holds_stats(struct tool *tool, const char *path, bool *out)
{
	struct ee_npz npz;
	enum ee_status status = ee_npz_open(&npz, path, &tool->err);

	if (status != EE_OK)
		return status;
	*out = ee_npz_has(&npz, "mom2.count") ||
	       ee_npz_has(&npz, "mean.count") ||
	       ee_npz_has(&npz, "cov.count") ||
	       ee_npz_has(&npz, "var.count") ||
	       ee_npz_has(&npz, "norm_mean.count");
	ee_npz_close(&npz);
	return EE_OK;
}

static enum ee_status
load(struct tool *tool, const struct options *opt)
{
	struct ee_layerset set = { 0 };
	bool stats = false;
	enum ee_status status = holds_stats(tool, opt->args[0], &stats);
	int i;

	if (status == EE_OK && !stats)
		return load_arrays(tool, opt);
	for (i = 0; i < opt->n && status == EE_OK; i++)
		status = ee_layerset_open(&set, opt->args[i], &tool->err);
	if (status == EE_OK)
		status = write_set(tool, &set);
	ee_layerset_free(&set);
	return status;
}

static enum ee_status
ls(struct tool *tool, const struct options *opt)
{
	enum ee_status status = EE_OK;
	struct ee_npz npz;
	int i;

	for (i = 0; i < opt->n && status == EE_OK; i++) {
		status = ee_npz_open(&npz, opt->args[i], &tool->err);
		if (status != EE_OK)
			break;
		if (opt->n > 1)
			printf("%s:\n", opt->args[i]);
		status = ee_npz_list(stdout, &npz, &tool->err);
		ee_npz_close(&npz);
	}
	return status;
}

static enum ee_status
cat(struct tool *tool, const struct options *opt)
{
	struct ee_npz npz;
	struct ee_value v;
	enum ee_status status = ee_npz_open(&npz, opt->args[0], &tool->err);

	if (status != EE_OK)
		return status;
	status = ee_npz_get(&npz, opt->args[1], &tool->arena, &v, &tool->err);
	if (status == EE_OK)
		ee_value_tsv(stdout, &v);
	ee_npz_close(&npz);
	return status;
}

static enum ee_status
verify(struct tool *tool, const struct options *opt)
{
	struct ee_model *model = NULL;
	struct ee_verdict v;
	enum ee_status status = EE_OK, first = EE_OK;
	char collect[64];
	int i;

	if (opt->model != NULL)
		status = ee_model_open(&model, opt->model, &tool->err);
	for (i = 0; i < opt->n && (status == EE_OK || first != EE_OK); i++) {
		status = ee_stats_verify(opt->args[i], model, &v, &tool->err);
		if (status != EE_OK) {
			printf("bad\t%s\n", tool->err.text);
			first = status;
			continue;
		}
		printf("ok\t%s\t%s\t%zu wide\t%lld tokens%s\n", opt->args[i],
		       ee_collect_text(v.collect, '-', collect), v.width,
		       (long long)v.count, v.singular ? "\tsingular" : "");
	}
	ee_model_close(model);
	if (first != EE_OK)
		return ee_fail(&tool->err, first, "not all files are sound");
	return status;
}

static const struct command {
	const char *name;
	enum ee_status (*run)(struct tool *, const struct options *);
	int least, most;	/* operands */
} commands[] = {
	{ "save", save, 0, 0 }, { "merge", merge, 0, 1 << 20 },
	{ "load", load, 1, 1 << 20 }, { "ls", ls, 1, 1 << 20 },
	{ "cat", cat, 2, 2 }, { "verify", verify, 1, 1 << 20 },
};

static void
find_command(struct tool *tool, struct options *opt, int argc, char *argv[])
{
	const char *name = optind < argc ? argv[optind] : NULL;
	unsigned i;

	if (name == NULL)
		tool_misuse(tool, "want a command");
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			opt->command = &commands[i];
	if (opt->command == NULL)
		tool_misuse(tool, "'%s' is no command", name);
	opt->n = argc - optind - 1;
	opt->args = argv + optind + 1;
	if (opt->n < opt->command->least || opt->n > opt->command->most)
		tool_misuse(tool, "%s: %s arguments", name,
			    opt->n < opt->command->least ? "missing" :
							   "too many");
}

static struct options
parse_options(struct tool *tool, int argc, char *argv[])
{
	static const struct option names[] = {
		{ "dataset", 1, 0, 'D' },
		{ "model-name", 1, 0, 'M' },
		{ "precision", 1, 0, 'P' },
		{ "sample-size", 1, 0, 'S' },
		{ "deflate", 0, 0, 'Z' },
		TOOL_LONG, { 0, 0, 0, 0 }
	};
	struct options opt = { .save.sample_size = -1 };
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT "d:o:m:", names,
				NULL)) != -1) {
		switch (c) {
		case 'd': opt.save.dir = optarg; break;
		case 'o': opt.save.file = optarg; break;
		case 'm': opt.model = optarg; break;
		case 'D': opt.save.dataset = optarg; break;
		case 'M': opt.save.model = optarg; break;
		case 'P':
			if (!ee_statname_precision(optarg,
						   &opt.save.precision) ||
			    opt.save.precision == EE_F16)
				tool_misuse(tool, "--precision '%s': want "
					    "float32 or float64", optarg);
			break;
		case 'S':
			opt.save.sample_size = tool_int(tool, "--sample-size",
							optarg, 0, 1LL << 40);
			break;
		case 'Z': opt.save.deflate = true; break;
		default: tool_option(tool, c, optarg);
		}
	}
	find_command(tool, &opt, argc, argv);
	return opt;
}

int
main(int argc, char *argv[])
{
	struct tool tool = { .name = "ee-npz", .usage = usage };
	struct options opt;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	ee_threads_set((unsigned)tool.threads);
	return tool_finish(&tool, opt.command->run(&tool, &opt));
}
