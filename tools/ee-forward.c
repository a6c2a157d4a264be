/*
 * ee-forward - run a model over tokens and show its activations
 *
 * reads   tokens       id, ids i4 (n): one record a document
 * writes  activations  tap, x f4 (n, width), doc i8 (n), pos i4 (n): for
 *                      each batch of documents one record a tap, in the
 *                      order in which the model computes them
 */
#include <getopt.h>
#include <stdlib.h>

#include "batch.h"
#include "budget.h"
#include "model/taps.h"
#include "modeltool.h"
#include "tool.h"

static const char usage[] =
	"usage: ee-forward -m DIR -t TAP... [--group I/N] [-e DELTA]...\n"
	"                  [--batch TOKENS] [--memory BYTES] [--force] [-hqv]\n"
	"                  [-j THREADS] < tokens > activations\n";

enum { MAX_TAPS = 256 };
enum { BATCH = OPT_OWN, GROUP };

struct options {
	struct model_options model;
	const char *taps[MAX_TAPS];
	size_t ntaps;
	int64_t batch;		/* tokens computed together; 0: not said */
	int64_t group, groups;	/* of the taps */
};

static struct options
parse_options(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = { TOOL_LONG, MODEL_LONG,
		{ "tap", 1, 0, 't' }, { "batch", 1, 0, BATCH },
		{ "group", 1, 0, GROUP }, TOOL_MEMORY, { 0 } };
	struct options opt = { .group = 1, .groups = 1 };
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT MODEL_SHORT "t:",
				longs, NULL)) != -1) {
		if (c == 't' && opt.ntaps == MAX_TAPS)
			tool_misuse(tool, "more than %d taps (-t)",
				    (int)MAX_TAPS);
		else if (c == 't')
			opt.taps[opt.ntaps++] = optarg;
		else if (c == BATCH)
			opt.batch = tool_int(tool, "--batch", optarg, 1,
					     1 << 24);
		else if (c == GROUP)
			tool_part(tool, "--group", optarg, &opt.group,
				  &opt.groups);
		else if (!model_option(tool, &opt.model, c, optarg))
			tool_option(tool, c, optarg);
	}
	if (optind < argc)
		tool_misuse(tool, "unexpected argument '%s'", argv[optind]);
	if (opt.model.dir == NULL)
		tool_misuse(tool, "which model? (-m DIR)");
	if (opt.ntaps == 0)
		tool_misuse(tool, "which activations? (-t TAP)");
	return opt;
}

/* How many tokens to compute together. */
static size_t
batch_size(struct tool *tool, const struct options *opt,
	   const struct ee_model *model, const struct ee_taps *taps)
{
	const size_t usual = 2048;
	struct budget b = { .held = budget_base() };
	size_t row = budget_row(&model->config), n, i;

	for (i = 0; i < taps->n; i++)	/* its rows, and the record of them */
		row += 2 * sizeof(float) * taps->tap[i].width;
	if (taps->logits)
		row += 2 * sizeof(float) * model->config.vocab;
	n = budget_left(tool, &b, usual * row) / row;
	if (n > usual)
		n = usual;
	if (opt->batch > 0)
		n = (size_t)opt->batch;
	else if (n == 0)
		n = 1;
	b.batch = n * row;
	budget_tell(tool, &b, NULL);
	return n;
}

static enum ee_status
run(struct tool *tool, const struct options *opt, struct ee_model *model,
    const struct ee_taps *taps)
{
	struct ee_progress progress;
	struct batch batch;
	const struct ee_value *record;
	struct ee_value extra;
	enum ee_status status = tool_in(tool, "tokens");

	if (status == EE_OK)
		status = model_check_tokens(tool, &opt->model);
	if (status != EE_OK)
		return status;
	extra = model_header(tool, model, ee_reader_header(tool->in));
	ee_put(&tool->arena, &extra, "taps",
	       batch_announce(&tool->arena, model, taps));
	status = tool_out(tool, "activations", &extra);
	if (status != EE_OK)
		return status;
	status = batch_open(&batch, model, taps, tool->out,
			    batch_size(tool, opt, model, taps), &tool->err);
	if (status != EE_OK)
		return status;
	ee_progress_start(&progress, tool_progress(tool), "tokens", 0);
	while ((status = ee_reader_next(tool->in, &record,
					&tool->err)) == EE_OK) {
		status = batch_add(&batch, record, &progress, &tool->err);
		if (status != EE_OK)
			break;
	}
	if (status == EE_END)
		status = batch_run(&batch, &progress, &tool->err);
	ee_progress_end(&progress);
	batch_close(&batch);
	return status;
}

static enum ee_status
take_group(struct tool *tool, const struct options *opt, struct ee_taps *taps)
{
	if (taps->logits || taps->nll || (uint64_t)opt->groups > taps->n)
		return ee_fail(&tool->err, EE_EINPUT, "--group %lld/%lld: "
			       "there are %zu taps to share out; logits and "
			       "nll cannot be", (long long)opt->group,
			       (long long)opt->groups, taps->n);
	ee_taps_group(taps, (size_t)opt->group, (size_t)opt->groups);
	return EE_OK;
}

static enum ee_status
forward(struct tool *tool, const struct options *opt)
{
	struct ee_taps taps = { 0 };
	struct ee_model *model;
	enum ee_status status = model_open(tool, &opt->model, &model);
	size_t i;

	for (i = 0; i < opt->ntaps && status == EE_OK; i++)
		status = ee_taps_add(&taps, model, opt->taps[i], &tool->err);
	if (status == EE_OK && opt->groups > 1)
		status = take_group(tool, opt, &taps);
	if (status == EE_OK)
		status = run(tool, opt, model, &taps);
	ee_taps_free(&taps);
	ee_model_close(model);
	return status;
}

int
main(int argc, char **argv)
{
	struct tool tool = { .name = "ee-forward", .usage = usage };
	struct options opt;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	return tool_finish(&tool, forward(&tool, &opt));
}
