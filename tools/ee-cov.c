/*
 * ee-cov - statistics of the rows that pass each tap
 *
 * reads   activations  tap, x f4 (n, f), doc i8 (n), pos i4 (n)
 * writes  stats        one record for each tap: sums over all its rows
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "math/threads.h"
#include "stats/arrays.h"
#include "stats/collector.h"
#include "tool.h"

static const char usage[] =
"usage: ee-cov [-hqv] [-j THREADS] [OPTION...] < activations > stats\n"
"      --collect LIST     of mom2 (default), mean, var, norm_mean, cov, corr\n"
"      --tokens N         stop after N tokens; Nx: N times the widest tap\n"
"      --checkpoint FILE  save what is done there, and go on from it\n"
"      --every SECONDS    how often (300)\n"
"      --version\n";

struct options {
	unsigned collect;
	int64_t tokens;		/* 0: all */
	bool per_width;		/* tokens counts widths of the widest tap */
	const char *checkpoint;
	double every;		/* seconds */
};

static void
parse_tokens(const struct tool *tool, const char *text, struct options *opt)
{
	const size_t n = strlen(text);
	char digits[24] = "";

	opt->per_width = n > 0 && text[n - 1] == 'x';
	if (n < sizeof(digits))
		memcpy(digits, text, n - opt->per_width);
	if (!ee_parse_int(digits, 1, INT64_C(1) << 40, &opt->tokens))
		tool_misuse(tool, "--tokens '%s': want a whole number, or one "
			    "followed by x", text);
}

static struct options
parse_options(struct tool *tool, int argc, char *argv[])
{
	static const struct option names[] = {
		{ "collect", 1, 0, 'c' },
		{ "tokens", 1, 0, 't' },
		{ "checkpoint", 1, 0, 'p' },
		{ "every", 1, 0, 'e' },
		TOOL_LONG, { 0, 0, 0, 0 }
	};
	struct options opt = { .collect = EE_COLLECT_MOM2, .every = 300 };
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT, names, NULL)) != -1) {
		switch (c) {
		case 'c':
			if (ee_collect_parse(optarg, &opt.collect,
					     &tool->err) != EE_OK)
				tool_misuse(tool, "--collect: %s",
					    tool->err.text);
			break;
		case 't': parse_tokens(tool, optarg, &opt); break;
		case 'p': opt.checkpoint = optarg; break;
		case 'e':
			opt.every = tool_real(tool, "--every", optarg, 0,
					      1e9);
			break;
		default: tool_option(tool, c, optarg);
		}
	}
	if (optind < argc)
		tool_misuse(tool, "unexpected argument '%s'", argv[optind]);
	return opt;
}

static volatile sig_atomic_t stopped;
static int null_fd = -1;

/* End the input as well: a read that waits must not go on waiting. */
static void
stop(int number)
{
	(void)number;
	stopped = 1;
	(void)dup2(null_fd, STDIN_FILENO);
}

static enum ee_status
catch_signals(struct tool *tool)
{
	struct sigaction action = { .sa_handler = stop,
				    .sa_flags = (int)SA_RESETHAND };

	null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null_fd < 0 || sigaction(SIGTERM, &action, NULL) != 0 ||
	    sigaction(SIGINT, &action, NULL) != 0)
		return ee_fail_sys(&tool->err, "signals");
	return EE_OK;
}

/* Start from the checkpoint, if there is one. */
static enum ee_status
resume(struct tool *tool, const struct options *opt, struct ee_collector *c)
{
	enum ee_status status;

	if (opt->checkpoint == NULL)
		return EE_OK;
	if (access(opt->checkpoint, F_OK) == 0) {
		status = ee_collector_resume(c, opt->checkpoint, &tool->err);
		if (status != EE_OK)
			return status;
		ee_warn(&tool->warn, "going on from %s: %lld tokens",
			opt->checkpoint, (long long)ee_collector_rows(c));
	}
	return catch_signals(tool);
}

static enum ee_status
save(struct tool *tool, const struct options *opt, struct ee_collector *c)
{
	return ee_collector_save(c, opt->checkpoint, "ee-cov " EE_VERSION,
				 &tool->err);
}

/* The stream ended too early: keep what was computed, and say what failed. */
static enum ee_status
give_up(struct tool *tool, const struct options *opt, struct ee_collector *c,
	enum ee_status status)
{
	const struct ee_err first = tool->err;

	if (opt->checkpoint == NULL || (status != EE_ETRUNC && !stopped))
		return status;
	if (save(tool, opt, c) != EE_OK)
		return ee_fail(&tool->err, EE_EIO, "stopped, and the "
			       "checkpoint cannot be written");
	if (stopped)
		return ee_fail(&tool->err, EE_EIO, "stopped by a signal; %s "
			       "holds %lld tokens", opt->checkpoint,
			       (long long)ee_collector_rows(c));
	tool->err = first;
	return status;
}

static enum ee_status
collect(struct tool *tool, const struct options *opt, struct ee_collector *c)
{
	const struct ee_value *record;
	struct ee_progress progress;
	enum ee_status status = EE_OK;
	double saved = ee_seconds();
	int64_t rows = ee_collector_rows(c);

	ee_progress_start(&progress, tool_progress(tool), "tokens",
			  c->limit < INT64_MAX ? (double)c->limit : 0);
	while (status == EE_OK && !stopped && !ee_collector_is_full(c)) {
		status = ee_reader_next(tool->in, &record, &tool->err);
		if (status == EE_OK)
			status = ee_collector_add(c, record, &tool->err);
		ee_progress_add(&progress,
				(double)(ee_collector_rows(c) - rows));
		rows = ee_collector_rows(c);
		if (status == EE_OK && opt->checkpoint != NULL &&
		    ee_seconds() - saved >= opt->every) {
			status = save(tool, opt, c);
			saved = ee_seconds();
		}
	}
	ee_progress_end(&progress);
	if (stopped || (status != EE_OK && status != EE_END))
		return give_up(tool, opt, c, status);
	(void)close(STDIN_FILENO);	/* the stage before may end */
	return ee_collector_finish(c, &tool->err);
}

static enum ee_status
run(struct tool *tool, const struct options *opt)
{
	const struct ee_value *header;
	struct ee_collector c = { 0 };
	struct ee_value extra;
	enum ee_status status = tool_in(tool, "activations");
	size_t i;

	if (status != EE_OK)
		return status;
	header = ee_reader_header(tool->in);
	extra = ee_header_extra(&tool->arena, header, tool->command);
	status = ee_collector_open(&c, header, &extra, opt->collect,
				   &tool->err);
	if (status != EE_OK)
		return status;
	status = resume(tool, opt, &c);
	if (opt->tokens > 0)
		ee_collector_limit(&c, opt->per_width ? opt->tokens *
				   (int64_t)ee_collector_widest(&c) :
				   opt->tokens);
	if (status == EE_OK)
		status = tool_out(tool, "stats", &c.extra);
	if (status == EE_OK)
		status = collect(tool, opt, &c);
	for (i = 0; i < c.n && status == EE_OK; i++)
		status = ee_layer_put(&c.taps[i].layer, tool->out,
				      &tool->err);
	ee_collector_close(&c);
	return status;
}

int
main(int argc, char *argv[])
{
	struct tool tool = { .name = "ee-cov", .usage = usage };
	struct options opt;
	int code;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	ee_threads_set((unsigned)tool.threads);
	code = tool_finish(&tool, run(&tool, &opt));
	if (code == 0 && opt.checkpoint != NULL)
		(void)unlink(opt.checkpoint);
	return code;
}
