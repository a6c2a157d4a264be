/* trainwork.c - what ee-mend-train opens, goes on from and saves.  See
 * trainwork.h. */
#include "trainwork.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/try.h"

/* What the YAML says, unless an option says otherwise. */
static enum ee_status
read_params(struct training *t)
{
	const struct train_options *opt = t->opt;
	struct ee_mend_params *p = &t->params;
	struct ee_err *err = &t->tool->err;

	TRY(ee_mend_params_read(p, opt->hparams, &t->tool->warn, err));
	if (p->eval_only)
		return ee_fail(err, EE_EINPUT, "%s: eval_only is true: these "
			       "are the parameters to edit with", opt->hparams);
	if (opt->outer != EE_OUTER_UNSAID)
		p->outer = opt->outer;
	if (p->outer == EE_OUTER_UNSAID)
		p->outer = opt->like_easyedit ? EE_OUTER_EDIT :
						EE_OUTER_REPHRASE;
	if (opt->max_iters >= 0)
		p->max_iters = opt->max_iters;
	if (opt->seed >= 0)
		p->seed = opt->seed;
	if (opt->archive != NULL)
		p->archive = opt->archive;
	return EE_OK;
}

static uint64_t
print_said(uint64_t hash, const struct ee_said *s)
{
	hash = ee_hash(hash, &s->n, sizeof(s->n));
	hash = ee_hash(hash, s->ids, s->n * sizeof(*s->ids));
	return ee_hash(hash, s->labels, s->nlabels * sizeof(*s->labels));
}

/* Of all that decides in which order what is learned. */
static uint64_t
print_lessons(const struct training *t)
{
	const struct ee_lessons *const sets[] = { &t->train, &t->val };
	const struct ee_mend_params *p = &t->params;
	const int64_t said[] = { p->seed, p->batch_size, p->accumulate,
				 t->opt->like_easyedit };
	uint64_t hash = ee_hash(EE_HASH_START, said, sizeof(said));
	size_t i, k;

	for (k = 0; k < 2; k++) {
		for (i = 0; i < sets[k]->n; i++) {
			const struct ee_lesson *l = &sets[k]->list[i];

			hash = print_said(hash, &l->edit);
			hash = print_said(hash, &l->outer);
			hash = print_said(hash, &l->loc);
		}
	}
	return hash & INT64_MAX;
}

static enum ee_status
read_lessons(struct training *t)
{
	const struct ee_lessons_options options = {
		.max_length = (size_t)t->params.max_length,
		.flags = t->opt->like_easyedit ? EE_SAID_LIKE_EASYEDIT : 0,
		.rephrase = t->params.outer == EE_OUTER_REPHRASE,
	};
	struct tool *tool = t->tool;

	TRY(ee_lessons_read(&t->train, t->opt->train, t->tok, &options,
			    &tool->warn, &tool->err));
	TRY(ee_lessons_read(&t->val, t->opt->val, t->tok, &options,
			    &tool->warn, &tool->err));
	t->print = print_lessons(t);
	return EE_OK;
}

static struct ee_mend_optim
optim(const struct training *t)
{
	static const enum ee_optim kinds[] = {
		[EE_OPT_ADAM] = EE_OPTIM_ADAM,
		[EE_OPT_ADAMW] = EE_OPTIM_ADAMW, [EE_OPT_SGD] = EE_OPTIM_SGD,
	};

	return (struct ee_mend_optim){
		.kind = kinds[t->params.opt], .lr = t->params.lr,
		.lr_lr = t->params.lr_lr, .apart = !t->opt->like_easyedit,
		.step = t->learner.steps, .m = t->learner.adam_m,
		.v = t->learner.adam_v,
	};
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
	char by[80];
	enum ee_status status;

	if (tally != NULL)
		p.val_stats = train_means(a, tally, "_val");
	ee_put(a, &p.train, "lessons", ee_int((int64_t)t->print));
	ee_put(a, &p.train, "best", ee_real(t->run.best));
	ee_put(a, &p.train, "best_step",
	       ee_int((int64_t)t->run.best_iteration));
	snprintf(by, sizeof(by), "%s %s", t->tool->name, EE_VERSION);
	status = ee_arena_check(a, &t->tool->err);
	if (status == EE_OK)
		status = ee_mend_save(t->m, path, t->model, &p, by,
				      &t->tool->err);
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
	int64_t lessons, best_step;

	if (ee_get(&p->train, "lessons") == NULL)
		return ee_fail(err, EE_EINPUT, "%s: no run of ee-mend-train "
			       "to go on with: give it as --archive", path);
	TRY(ee_get_int(&p->train, "lessons", 0, INT64_MAX, &lessons, path,
		       err));
	TRY(ee_get_int(&p->train, "best_step", 0, INT64_MAX, &best_step,
		       path, err));
	TRY(ee_get_real(&p->train, "best", -1e300, 1e300, &t->run.best, path,
			err));
	if ((uint64_t)lessons != t->print)
		return ee_fail(err, EE_EMATCH, "%s: a run with other records, "
			       "another seed, batch_size, accumulate_bs, "
			       "outer or --like", path);
	t->run.best_iteration = (uint64_t)best_step;
	t->run.iteration = (uint64_t)p->step;
	return EE_OK;
}

/* From nothing, from an archive, or from where a run stopped. */
static enum ee_status
start(struct training *t)
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

enum ee_status
train_open(struct training *t, struct tool *tool,
	   const struct train_options *opt)
{
	struct ee_err *err = &tool->err;

	t->tool = tool;
	t->opt = opt;
	t->started = ee_seconds();
	if (asprintf(&t->last, "%s.last", opt->out) < 0) {
		t->last = NULL;
		return ee_fail(err, EE_ENOMEM, "out of memory");
	}
	TRY(read_params(t));
	TRY(model_open_both(tool, &opt->model, &t->model, &t->tok));
	TRY(read_lessons(t));
	TRY(ee_mend_create(&t->m, &t->params, t->model, err));
	t->learner = (struct ee_mend_learner){
		.model = t->model, .m = t->m, .params = &t->params,
		.like_easyedit = opt->like_easyedit,
	};
	TRY(ee_mend_learner_open(&t->learner, err));
	TRY(start(t));
	t->run.learner = &t->learner;
	t->run.train = t->train.list;
	t->run.ntrain = t->train.n;
	t->run.val = t->val.list;
	t->run.nval = t->val.n;
	t->run.store_options = (struct ee_ground_store_options){
		.memory = (size_t)opt->memory << 20,
		.spill = (size_t)opt->spill << 20,
		.like_easyedit = opt->like_easyedit,
	};
	TRY(ee_mend_run_open(&t->run, err));
	return train_log_open(t);
}

void
train_close(struct training *t)
{
	ee_mend_run_close(&t->run);
	ee_mend_learner_close(&t->learner);
	ee_mend_free(t->m);
	ee_lessons_free(&t->train);
	ee_lessons_free(&t->val);
	ee_mend_params_free(&t->params);
	ee_tokenizer_close(t->tok);
	ee_model_close(t->model);
	free(t->last);
}
