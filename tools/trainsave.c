/* trainsave.c - what ee-mend-train goes on from and saves.  See
 * trainwork.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/try.h"
#include "trainwork.h"

static struct ee_mend_optim
optim(const struct training *t)
{
	return (struct ee_mend_optim){
		.kind = t->params.opt, .lr = t->params.lr,
		.lr_lr = t->params.lr_lr, .apart = !t->opt->like_easyedit,
		.step = t->learner.steps, .m = t->learner.adam_m,
		.v = t->learner.adam_v,
	};
}

/* What stood at 'path' when the run began is kept as "<path>.bk"; what the
 * run itself has written is not. */
static enum ee_status
save_at(struct training *t, const char *path,
	const struct ee_mend_progress *p)
{
	const bool ours = path == t->last || t->saved || t->opt->resume;
	enum ee_status status;
	char by[80];

	snprintf(by, sizeof(by), "%s %s", t->tool->name, EE_VERSION);
	status = ee_mend_save(t->m, path, t->model, p, !ours, by,
			      &t->tool->err);
	t->saved |= status == EE_OK && path != t->last;
	return status;
}

enum ee_status
train_save(struct training *t, const char *path,
	   const struct ee_mend_tally *tally)
{
	struct ee_mend_progress p = { .optim = optim(t), .start_time = "",
				      .step = (int64_t)t->run.iteration,
				      .val_stats = ee_map(),
				      .train = ee_map() };
	struct ee_arena *a = &p.arena;
	enum ee_status status;

	if (tally != NULL)
		p.val_stats = train_means(a, tally, "_val");
	ee_put(a, &p.train, "lessons", ee_int((int64_t)t->print));
	ee_put(a, &p.train, "best", ee_real(t->run.best));
	ee_put(a, &p.train, "best_step",
	       ee_int((int64_t)t->run.best_iteration));
	status = ee_arena_check(a, &t->tool->err);
	if (status == EE_OK)
		status = save_at(t, path, &p);
	ee_arena_free(a);
	return status;
}

/* Load an archive; 'p' gets what it says of its run. */
static enum ee_status
load(struct training *t, const char *path, struct ee_mend_progress *p)
{
	memset(p, 0, sizeof(*p));
	p->optim = optim(t);
	TRY(ee_mend_load(t->m, path, t->model, p, t->opt->model.force,
			 &t->tool->warn, &t->tool->err));
	t->learner.steps = p->optim.step;
	return EE_OK;
}

/* Where the run of this archive stood. */
static enum ee_status
go_on(struct training *t, const char *path, const struct ee_mend_progress *p)
{
	struct ee_err *err = &t->tool->err;
	int64_t examples, best_step;

	if (ee_get(&p->train, "lessons") == NULL)
		return ee_fail(err, EE_EINPUT, "%s: no run of ee-mend-train "
			       "to go on with: give it as --archive", path);
	TRY(ee_get_int(&p->train, "lessons", 0, INT64_MAX, &examples, path,
		       err));
	TRY(ee_get_int(&p->train, "best_step", 0, INT64_MAX, &best_step,
		       path, err));
	TRY(ee_get_real(&p->train, "best", -1e300, 1e300, &t->run.best, path,
			err));
	if ((uint64_t)examples != t->print)
		return ee_fail(err, EE_EMATCH, "%s: a run with other records, "
			       "another seed, batch_size, accumulate_bs, "
			       "outer or --like", path);
	t->run.best_iteration = (uint64_t)best_step;
	t->run.iteration = (uint64_t)p->step;
	return EE_OK;
}

enum ee_status
train_start(struct training *t)
{
	const char *path = t->params.archive;
	struct ee_mend_progress p;
	enum ee_status status;

	if (t->opt->resume)
		path = access(t->last, F_OK) == 0 ? t->last : t->opt->out;
	if (path == NULL)
		return EE_OK;
	status = load(t, path, &p);
	if (status == EE_OK && t->opt->resume)
		status = go_on(t, path, &p);
	ee_mend_progress_free(&p);
	return status;
}
