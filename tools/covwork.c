/* covwork.c - statistics of a stream of activations.  See covwork.h. */
#include "covwork.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <unistd.h>

#include "stats/arrays.h"
#include "stats/collector.h"

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
resume(struct tool *tool, const struct cov_options *opt, struct ee_collector *c)
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
save(struct tool *tool, const struct cov_options *opt, struct ee_collector *c)
{
	return ee_collector_save(c, opt->checkpoint, "ee-cov " EE_VERSION,
				 &tool->err);
}

/* The stream ended too early: keep what was computed, and say what failed. */
static enum ee_status
give_up(struct tool *tool, const struct cov_options *opt,
	struct ee_collector *c, enum ee_status status)
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

/* What a check has found, for those who watch. */
static void
say_check(struct tool *tool, const struct ee_collector *c)
{
	const struct ee_tapped *worst = ee_collector_worst(c);

	if (tool->verbose && worst != NULL)
		ee_warn(&tool->warn, "%lld tokens: C^-1 k has changed by %.3g "
			"(%s)", (long long)worst->probe.checked,
			worst->probe.change, worst->tap);
}

static void
say_until(struct tool *tool, const struct ee_collector *c)
{
	const struct ee_tapped *worst = ee_collector_worst(c);

	if (worst == NULL)
		ee_warn(&tool->warn, "too few tokens to tell whether C^-1 k "
			"has settled: %lld of %lld",
			(long long)ee_collector_rows(c),
			(long long)(2 * ee_probe_first(
				ee_collector_widest(c))));
	else
		ee_warn(&tool->warn, "C^-1 k has %ssettled: from %lld to %lld "
			"tokens it changed by %.3g (%s)",
			c->settled ? "" : "not ",
			(long long)(worst->probe.checked / 2),
			(long long)worst->probe.checked, worst->probe.change,
			worst->tap);
}

static enum ee_status
collect(struct tool *tool, const struct cov_options *opt,
	struct ee_collector *c)
{
	const struct ee_probe *last = &c->taps[c->n - 1].probe;
	const struct ee_value *record;
	struct ee_progress progress;
	enum ee_status status = EE_OK;
	double saved = ee_seconds();
	int64_t rows = ee_collector_rows(c), checked = last->checked;

	ee_progress_start(&progress, tool_progress(tool), "tokens",
			  c->limit < INT64_MAX ? (double)c->limit : 0);
	while (status == EE_OK && !stopped && !ee_collector_is_full(c)) {
		status = ee_reader_next(tool->in, &record, &tool->err);
		if (status == EE_OK)
			status = ee_collector_add(c, record, &tool->err);
		ee_progress_add(&progress,
				(double)(ee_collector_rows(c) - rows));
		rows = ee_collector_rows(c);
		if (last->checked != checked)
			say_check(tool, c);
		checked = last->checked;
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
	if (c->until > 0)
		say_until(tool, c);
	return ee_collector_finish(c, &tool->err);
}

/* What is to be collected, and how much; go on from a checkpoint. */
static enum ee_status
prepare(struct tool *tool, const struct cov_options *opt,
	const struct ee_value *header, struct ee_collector *c)
{
	struct ee_value extra = ee_header_extra(&tool->arena, header,
						tool->command);
	enum ee_status status = ee_collector_open(c, header, &extra,
						  opt->collect, &tool->err);

	if (status != EE_OK)
		return status;
	if (opt->until > 0)
		status = ee_collector_watch(c, opt->until, &tool->err);
	if (status == EE_OK)
		status = resume(tool, opt, c);
	if (opt->tokens > 0)
		ee_collector_limit(c, opt->tokens);
	else if (opt->widths > 0)
		ee_collector_limit(c, (int64_t)ceil(opt->widths *
				   (double)ee_collector_widest(c)));
	return status;
}

enum ee_status
cov_stream(struct tool *tool, const struct cov_options *opt)
{
	struct ee_collector c = { 0 };
	enum ee_status status = tool_in(tool, "activations");
	size_t i;

	if (status != EE_OK)
		return status;
	if (opt->plan)
		return cov_plan(tool, opt, ee_reader_header(tool->in));
	status = cov_memory(tool, opt, ee_reader_header(tool->in));
	if (status == EE_OK)
		status = prepare(tool, opt, ee_reader_header(tool->in), &c);
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
