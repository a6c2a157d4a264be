/*
 * ee-generate - continue texts with a model, edited or not
 *
 * reads   prompts   arguments, or lines of standard input
 * writes  text      prompt and continuation; or JSON lines; or context
 *                   templates for ee-rome and ee-memit
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "continue.h"
#include "edit/hparams.h"
#include "edit/templates.h"
#include "modeltool.h"
#include "tool.h"

static const char usage[] =
	"usage: ee-generate -m DIR [-e DELTA]... [-n TOKENS] [--greedy |\n"
	"                   --top-k K] [--temperature T] [--seed S] [--json]\n"
	"                   [--force] [-hqv] [-j THREADS] [PROMPT...]\n"
	"       ee-generate -m DIR --templates LENGTH:COUNT,... [--seed S]\n";

struct options {
	struct model_options model;
	struct continuation how;
	size_t nlengths;
	int64_t length[EE_MAX_LENGTHS], count[EE_MAX_LENGTHS];
	char **prompts;
	size_t nprompts;
};

enum { GREEDY = OPT_OWN, TOP_K, TEMPERATURE, SEED, JSON, TEMPLATES };

/* "5:10,10:10" */
static void
parse_lengths(const struct tool *tool, struct options *opt, char *text)
{
	char *part, *save, *colon;

	for (part = strtok_r(text, ",", &save); part != NULL;
	     part = strtok_r(NULL, ",", &save)) {
		colon = strchr(part, ':');
		if (colon == NULL || opt->nlengths == EE_MAX_LENGTHS)
			tool_misuse(tool, "--templates: want LENGTH:COUNT,"
				    "...");
		*colon = '\0';
		opt->length[opt->nlengths] = tool_int(tool, "--templates",
						      part, 1, 1000);
		opt->count[opt->nlengths++] = tool_int(tool, "--templates",
						       colon + 1, 0, 10000);
	}
}

static struct options
parse_options(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = { TOOL_LONG, MODEL_LONG,
		{ "tokens", 1, 0, 'n' }, { "greedy", 0, 0, GREEDY },
		{ "top-k", 1, 0, TOP_K }, { "seed", 1, 0, SEED },
		{ "temperature", 1, 0, TEMPERATURE },
		{ "json", 0, 0, JSON },
		{ "templates", 1, 0, TEMPLATES }, { 0 } };
	struct options opt = { .how = { .tokens = 20, .seed = 1,
					.sampling = { true, 1, 1, 0 } } };
	struct continuation *how = &opt.how;
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT MODEL_SHORT "n:",
				longs, NULL)) != -1) {
		switch (c) {
		case 'n':
			how->tokens = tool_int(tool, "-n", optarg, 0, 1 << 20);
			break;
		case GREEDY: how->sampling.greedy = true; break;
		case TOP_K:
			how->sampling.top_k = (size_t)tool_int(tool, "--top-k",
						optarg, 1, 1 << 20);
			how->sampling.greedy = false;
			break;
		case TEMPERATURE:
			how->sampling.temperature = tool_real(tool,
				"--temperature", optarg, 1e-3, 1e3);
			break;
		case SEED:
			how->seed = tool_int(tool, "--seed", optarg, 0,
					     INT64_MAX);
			break;
		case JSON: how->json = true; break;
		case TEMPLATES: parse_lengths(tool, &opt, optarg); break;
		default:
			if (!model_option(tool, &opt.model, c, optarg))
				tool_option(tool, c, optarg);
		}
	}
	if (opt.model.dir == NULL)
		tool_misuse(tool, "which model? (-m DIR)");
	opt.prompts = argv + optind;
	opt.nprompts = (size_t)(argc - optind);
	if (opt.nlengths > 0 && opt.nprompts > 0)
		tool_misuse(tool, "--templates takes no prompts");
	if (how->sampling.greedy && how->sampling.temperature != 1)
		tool_misuse(tool, "--temperature is for --top-k: without it "
			    "nothing is drawn");
	return opt;
}

/* All lines of standard input. */
static enum ee_status
read_lines(struct tool *tool, char ***lines, size_t *n)
{
	char *line = NULL, **more;
	size_t size = 0;
	ssize_t len;
	enum ee_status status = EE_OK;

	*lines = NULL;
	*n = 0;
	while (status == EE_OK && (len = getline(&line, &size, stdin)) > 0) {
		if (memchr(line, '\0', (size_t)len) != NULL)
			status = ee_fail(&tool->err, EE_EINPUT, "standard "
					 "input: line %zu holds a NUL", *n + 1);
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		more = ee_grow(*lines, *n + 1, sizeof(*more), &tool->err);
		if (more != NULL) {
			*lines = more;
			more[*n] = ee_arena_text(&tool->arena, line,
						 strlen(line));
		}
		if (more == NULL || more[(*n)++] == NULL)
			status = ee_fail(&tool->err, EE_ENOMEM,
					 "out of memory");
	}
	if (status == EE_OK && ferror(stdin))
		status = ee_fail_sys(&tool->err, "standard input");
	if (status == EE_OK && *n == 0)
		status = ee_fail(&tool->err, EE_EINPUT, "standard input: no "
				 "prompts");
	free(line);
	return status;
}

static enum ee_status
print_templates(struct tool *tool, const struct options *opt,
		const struct ee_model *model, const struct ee_tokenizer *tok)
{
	struct ee_templates t;
	enum ee_status status = ee_templates_sample(&t, model, tok,
		opt->nlengths, opt->length, opt->count, (uint64_t)opt->how.seed,
		&tool->err);

	if (status != EE_OK)
		return status;
	status = ee_templates_print(&t, stdout, &tool->err);
	ee_templates_free(&t);
	return status;
}

static enum ee_status
generate(struct tool *tool, struct options *opt)
{
	struct ee_tokenizer *tok = NULL;
	struct ee_model *model = NULL;
	char **lines = NULL;
	enum ee_status status = EE_OK;

	if (opt->nprompts == 0 && opt->nlengths == 0) {
		status = read_lines(tool, &lines, &opt->nprompts);
		opt->prompts = lines;
	}
	if (status == EE_OK)
		status = model_open_both(tool, &opt->model, &model, &tok);
	if (status == EE_OK && opt->nlengths > 0)
		status = print_templates(tool, opt, model, tok);
	else if (status == EE_OK)
		status = continue_texts(tool, &opt->how, model, tok,
					opt->prompts, opt->nprompts);
	free(lines);
	ee_tokenizer_close(tok);
	ee_model_close(model);
	return status;
}

int
main(int argc, char **argv)
{
	struct tool tool = { .name = "ee-generate", .usage = usage };
	struct options opt;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	return tool_finish(&tool, generate(&tool, &opt));
}
