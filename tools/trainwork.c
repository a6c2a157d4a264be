/* trainwork.c - what ee-mend-train opens.  See trainwork.h. */
#include "trainwork.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/try.h"
#include "budget.h"

/* A plan is made for examples of so many tokens, all that are computed in one
 * go together. */
enum { USUAL_ROWS = 1024 };

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
	if (p->dropout != 0)
		return ee_fail(err, EE_EINPUT, "%s: dropout %g: nothing is "
			       "dropped here: want 0", opt->hparams,
			       p->dropout);
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

static uint64_t
print_set(uint64_t hash, const struct ee_example *list, size_t n)
{
	size_t i;

	hash = ee_hash(hash, &n, sizeof(n));
	for (i = 0; i < n; i++) {
		hash = print_said(hash, &list[i].edit);
		hash = print_said(hash, &list[i].outer);
		hash = print_said(hash, &list[i].loc);
	}
	return hash;
}

/* Of all that decides in which order what is learned. */
static uint64_t
print_examples(const struct training *t)
{
	const struct ee_mend_params *p = &t->params;
	const int64_t said[] = { p->seed, p->batch_size, p->accumulate,
				 t->opt->like_easyedit };
	uint64_t hash = ee_hash(EE_HASH_START, said, sizeof(said));

	hash = print_set(hash, t->run.train, t->run.ntrain);
	return print_set(hash, t->run.val, t->run.nval) & INT64_MAX;
}

static enum ee_status
read_examples(struct training *t)
{
	const struct ee_trainset_options options = {
		.max_length = (size_t)t->params.max_length,
		.like_easyedit = t->opt->like_easyedit,
		.rephrase = t->params.outer == EE_OUTER_REPHRASE,
	};
	const size_t out = (size_t)t->opt->hold_out;
	struct tool *tool = t->tool;

	TRY(ee_trainset_read(&t->train, t->opt->train, t->tok, &options,
			     &tool->warn, &tool->err));
	t->run.train = t->train.list;
	t->run.ntrain = t->train.n;
	if (out > 0) {
		if (out >= t->train.n)
			return ee_fail(&tool->err, EE_EINPUT, "%s: %zu "
				       "records, and %zu to hold out",
				       t->opt->train, t->train.n, out);
		t->run.nval = out;
		t->run.ntrain -= out;
		t->run.val = t->run.train + t->run.ntrain;
	} else {
		TRY(ee_trainset_read(&t->val, t->opt->val, t->tok, &options,
				     &tool->warn, &tool->err));
		t->run.val = t->val.list;
		t->run.nval = t->val.n;
	}
	t->print = print_examples(t);
	return EE_OK;
}

/* How much of what the frozen model gives is kept in memory: what a training
 * leaves of it. */
static size_t
cache_size(struct training *t)
{
	const size_t usual = (size_t)2 << 30;
	const struct ee_mend *m = t->m;
	struct budget b = {	/* what is learned, its gradient and Adam's */
		.held = budget_base() + 4 * sizeof(float) * m->nlearned,
	};
	size_t i;

	for (i = 0; i < m->nparams; i++)
		b.batch += m->param[i].in + m->param[i].out;
	b.batch = USUAL_ROWS * (sizeof(float) * b.batch +
				budget_row(&t->model->config));
	b.kept = budget_left(t->tool, &b, usual + b.batch);
	b.kept = b.kept > b.batch ? b.kept - b.batch : 0;
	budget_tell(t->tool, &b, "what does not change");
	return b.kept;
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
	TRY(read_examples(t));
	TRY(opt->resume || t->params.archive != NULL ?
	    ee_mend_empty(&t->m, &t->params, t->model, err) :
	    ee_mend_create(&t->m, &t->params, t->model, err));
	t->learner = (struct ee_mend_learner){
		.model = t->model, .m = t->m, .params = &t->params,
		.like_easyedit = opt->like_easyedit,
	};
	TRY(ee_mend_learner_open(&t->learner, err));
	TRY(train_start(t));
	t->run.learner = &t->learner;
	t->run.cache_options = (struct ee_frozen_cache_options){
		.memory = cache_size(t),
		.spill = opt->spill,
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
	ee_trainset_free(&t->train);
	ee_trainset_free(&t->val);
	ee_mend_params_free(&t->params);
	ee_tokenizer_close(t->tok);
	ee_model_close(t->model);
	free(t->last);
}
