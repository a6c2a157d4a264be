/* trainrun.c - a run of ee-mend-train: what is saved when, what is said, how
 * it is stopped.  See trainwork.h. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/try.h"
#include "trainwork.h"

static volatile sig_atomic_t stopped;

static void
stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static enum ee_status
trained(void *ctx, const struct ee_mend_run *run,
	const struct ee_mend_tally *tally, struct ee_err *err)
{
	(void)run, (void)err;
	return train_log_step(ctx, tally);
}

static enum ee_status
validated(void *ctx, const struct ee_mend_run *run,
	  const struct ee_mend_tally *tally, bool best, struct ee_err *err)
{
	struct training *t = ctx;
	const struct ee_mend_loss mean = ee_mend_tally_mean(tally);

	(void)err;
	if (t->tool->verbose)
		ee_warn(&t->tool->warn, "%llu iterations: loss %.4g, edit "
			"%.4g (%.1f%%), locality %.4g (%.1f%%)%s",
			(unsigned long long)run->iteration, mean.total,
			mean.edit, 100 * mean.acc, mean.loc,
			100 * mean.same, best ? ", best" : "");
	TRY(train_log_val(t, tally, best));
	if (best)
		TRY(train_save(t, t->opt->out, tally));
	return train_save(t, t->last, NULL);
}

static enum ee_status
stepped(void *ctx, const struct ee_mend_run *run, struct ee_err *err)
{
	struct training *t = ctx;

	(void)err;
	ee_progress_add(&t->progress, (double)t->params.accumulate);
	if (!ee_mend_due(run, t->params.model_save_pt))
		return EE_OK;
	return train_save(t, t->last, NULL);
}

/* What came of it, in words. */
static enum ee_status
finish(struct training *t, enum ee_mend_end end)
{
	static const char *const why[] = {
		[EE_MEND_DONE] = "max_iters", [EE_MEND_STOPPED] = "stopped",
		[EE_MEND_PATIENCE] = "early_stop_patience",
	};
	const unsigned long long made = t->run.iteration;

	TRY(train_log_end(t, why[end]));
	TRY(train_log_close(t));
	if (end == EE_MEND_STOPPED) {
		TRY(train_save(t, t->last, NULL));
		return ee_fail(&t->tool->err, EE_EIO, "stopped after %llu "
			       "iterations: --resume goes on from %s", made,
			       t->last);
	}
	ee_warn(&t->tool->warn, "%llu iterations, to %s; best %s %.4g after "
		"%llu: %s", made, why[end], t->params.early_stop_key,
		t->run.best, (unsigned long long)t->run.best_iteration,
		t->opt->out);
	return EE_OK;
}

enum ee_status
train(struct tool *tool, const struct train_options *opt)
{
	const struct sigaction on_stop = { .sa_handler = stop,
					   .sa_flags = (int)SA_RESETHAND };
	struct training t = { .tool = tool };
	const struct ee_mend_hooks hooks = { &t, trained, validated,
					     stepped };
	enum ee_mend_end end;
	enum ee_status status;

	t.run.hooks = &hooks;
	t.run.stop = &stopped;
	status = train_open(&t, tool, opt);
	if (status == EE_OK) {
		sigaction(SIGINT, &on_stop, NULL);
		sigaction(SIGTERM, &on_stop, NULL);
		ee_progress_start(&t.progress, tool_progress(tool),
				  "iterations",
				  (double)(t.run.last - t.run.iteration));
		status = ee_mend_run_go(&t.run, &end, &tool->err);
		ee_progress_end(&t.progress);
	}
	if (status == EE_OK)
		status = finish(&t, end);
	train_close(&t);
	return status;
}
