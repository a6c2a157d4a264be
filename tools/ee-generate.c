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

#include "edit/hparams.h"
#include "edit/templates.h"
#include "file/json.h"
#include "model/generate.h"
#include "modeltool.h"
#include "tool.h"

static const char usage[] =
	"usage: ee-generate -m DIR [-e DELTA]... [-n TOKENS] [--greedy |\n"
	"                   --top-k K] [--temperature T] [--seed S] [--json]\n"
	"                   [--force] [-hqv] [-j THREADS] [PROMPT...]\n"
	"       ee-generate -m DIR --templates LENGTH:COUNT,... [--seed S]\n";

struct options {
	struct model_options model;
	int64_t tokens, seed;
	struct ee_sampling sampling;
	bool json;
	size_t nlengths;
	int64_t length[EE_MAX_LENGTHS], count[EE_MAX_LENGTHS];
	char **prompts;
	size_t nprompts;
};

enum { GREEDY = 1100, TOP_K, TEMPERATURE, SEED, JSON, TEMPLATES };

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
	struct options opt = { .tokens = 20, .seed = 1,
			       .sampling = { true, 1, 1, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT MODEL_SHORT "n:",
				longs, NULL)) != -1) {
		switch (c) {
		case 'n':
			opt.tokens = tool_int(tool, "-n", optarg, 0, 1 << 20);
			break;
		case GREEDY: opt.sampling.greedy = true; break;
		case TOP_K:
			opt.sampling.top_k = (size_t)tool_int(tool, "--top-k",
						optarg, 1, 1 << 20);
			opt.sampling.greedy = false;
			break;
		case TEMPERATURE:
			opt.sampling.temperature = tool_real(tool,
				"--temperature", optarg, 1e-3, 1e3);
			break;
		case SEED:
			opt.seed = tool_int(tool, "--seed", optarg, 0,
					    INT64_MAX);
			break;
		case JSON: opt.json = true; break;
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
	return opt;
}

static enum ee_status
print_text(struct tool *tool, const struct options *opt,
	   const struct ee_tokenizer *tok, const char *prompt,
	   const struct ee_sequence *s, size_t given)
{
	char *text = NULL;
	size_t len, room = 0;
	enum ee_status status = ee_decode(tok, s->ids + given, s->n - given,
					  true, &text, &len, &room,
					  &tool->err);

	if (status == EE_OK && opt->json) {
		struct ee_value v = ee_map();

		ee_put(&tool->arena, &v, "prompt", ee_text(prompt));
		ee_put(&tool->arena, &v, "text", ee_text_n(text, len));
		ee_put(&tool->arena, &v, "tokens",
		       ee_int((int64_t)(s->n - given)));
		ee_put(&tool->arena, &v, "ended", ee_logic(s->ended));
		ee_json_write(stdout, &v);
		putchar('\n');
	} else if (status == EE_OK) {
		printf("%s", prompt);
		fwrite(text, 1, len, stdout);
		putchar('\n');
	}
	free(text);
	return status;
}

static enum ee_status
encode_prompt(struct tool *tool, const struct options *opt,
	      const struct ee_model *model, const struct ee_tokenizer *tok,
	      const char *prompt, struct ee_sequence *s)
{
	struct ee_ids ids = { 0 };
	enum ee_status status = ee_encode(tok, prompt, strlen(prompt), 0,
					  &ids, &tool->err);

	if (status == EE_OK && ids.n == 0 && model->config.bos < 0)
		status = ee_fail(&tool->err, EE_EINPUT, "an empty prompt");
	s->n = ids.n > 0 ? ids.n : 1;
	s->most = s->n + (size_t)opt->tokens;
	s->stop = model->config.eos;
	s->ids = ee_calloc(s->most, sizeof(*s->ids), &tool->err);
	if (s->ids == NULL)
		status = EE_ENOMEM;
	if (status == EE_OK && ids.n > 0)
		memcpy(s->ids, ids.ids, ids.n * sizeof(*s->ids));
	else if (status == EE_OK)
		s->ids[0] = model->config.bos;
	ee_ids_free(&ids);
	return status;
}

static enum ee_status
continue_texts(struct tool *tool, const struct options *opt,
	       const struct ee_model *model, const struct ee_tokenizer *tok,
	       char *const *prompts, size_t n)
{
	struct ee_sequence *seq = ee_calloc(n, sizeof(*seq), &tool->err);
	struct ee_sampling sampling = opt->sampling;
	size_t *given = ee_calloc(n, sizeof(*given), &tool->err), i;
	struct ee_random random;
	enum ee_status status = seq && given ? EE_OK : EE_ENOMEM;

	sampling.vocab = ee_tokenizer_size(tok);
	ee_random_seed(&random, (uint64_t)opt->seed);
	for (i = 0; i < n && status == EE_OK; i++) {
		status = encode_prompt(tool, opt, model, tok, prompts[i],
				       &seq[i]);
		given[i] = seq[i].n;
	}
	if (status == EE_OK)
		status = ee_generate(model, &sampling, &random, seq, n,
				     &tool->err);
	for (i = 0; i < n && status == EE_OK; i++)
		status = print_text(tool, opt, tok, prompts[i], &seq[i],
				    given[i]);
	for (i = 0; seq != NULL && i < n; i++)
		free(seq[i].ids);
	free(seq);
	free(given);
	return status;
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
		status = ee_fail(&tool->err, EE_EINPUT, "no prompts");
	free(line);
	return status;
}

static enum ee_status
print_templates(struct tool *tool, const struct options *opt,
		const struct ee_model *model, const struct ee_tokenizer *tok)
{
	struct ee_templates t;
	enum ee_status status = ee_templates_sample(&t, model, tok,
		opt->nlengths, opt->length, opt->count, (uint64_t)opt->seed,
		&tool->err);

	if (status != EE_OK)
		return status;
	status = ee_templates_print(&t, stdout, &tool->err);
	ee_templates_free(&t);
	return status;
}

int
main(int argc, char **argv)
{
	struct tool tool = { .name = "ee-generate", .usage = usage };
	struct ee_tokenizer *tok = NULL;
	struct ee_model *model = NULL;
	struct options opt;
	char **lines = NULL;
	enum ee_status status = EE_OK;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	if (opt.nprompts == 0 && opt.nlengths == 0) {
		status = read_lines(&tool, &lines, &opt.nprompts);
		opt.prompts = lines;
	}
	if (status == EE_OK)
		status = model_open_both(&tool, &opt.model, &model, &tok);
	if (status == EE_OK && opt.nlengths > 0)
		status = print_templates(&tool, &opt, model, tok);
	else if (status == EE_OK)
		status = continue_texts(&tool, &opt, model, tok, opt.prompts,
					opt.nprompts);
	free(lines);
	ee_tokenizer_close(tok);
	ee_model_close(model);
	return tool_finish(&tool, status);
}
