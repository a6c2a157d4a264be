/* mendrun.c - a hypernetwork's training.  See mendrun.h. */
#include "edit/mendrun.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"

/* Groups of a validation that run as one pass. */
enum { TOGETHER = 16 };

#define AT(member) offsetof(struct ee_mend_loss, member)
const struct ee_mend_measure ee_mend_measures[EE_MEND_MEASURES] = {
	{ "loss/edit", AT(edit), false }, { "loss/loc", AT(loc), false },
	{ "loss/total", AT(total), false },
	{ "loss/total_edit", AT(total), false },
	{ "edit/acc", AT(acc), true }, { "edit/prob", AT(prob), true },
	{ "loc/same", AT(same), true },
};

/* "loss/edit_val", or NULL. */
static const struct ee_mend_measure *
measure(const char *key)
{
	size_t i, n;

	for (i = 0; i < EE_MEND_MEASURES; i++) {
		n = strlen(ee_mend_measures[i].name);
		if (strncmp(key, ee_mend_measures[i].name, n) == 0 &&
		    strcmp(key + n, "_val") == 0)
			return &ee_mend_measures[i];
	}
	return NULL;
}

double
ee_mend_measured(const struct ee_mend_loss *loss,
		 const struct ee_mend_measure *m)
{
	double value;

	memcpy(&value, (const char *)loss + m->at, sizeof(value));
	return value;
}

static void
add(struct ee_mend_tally *t, const struct ee_mend_loss *loss)
{
	t->sum.edit += loss->edit;
	t->sum.loc += loss->loc;
	t->sum.total += loss->total;
	t->sum.acc += loss->acc;
	t->sum.prob += loss->prob;
	t->sum.same += loss->same;
	t->n++;
}

struct ee_mend_loss
ee_mend_tally_mean(const struct ee_mend_tally *t)
{
	const double n = t->n > 0 ? (double)t->n : 1;

	return (struct ee_mend_loss){
		.edit = t->sum.edit / n, .loc = t->sum.loc / n,
		.total = t->sum.total / n, .acc = t->sum.acc / n,
		.prob = t->sum.prob / n, .same = t->sum.same / n,
	};
}

/* The order of the next epoch, which follows from that of the one before. */
static void
shuffle(struct ee_mend_run *r)
{
	ee_random_shuffle(&r->random, r->order, r->ntrain);
}

static enum ee_status
check(struct ee_mend_run *r, struct ee_err *err)
{
	const struct ee_mend_params *p = r->learner->params;
	char known[512] = "";
	size_t i;

	if (measure(p->early_stop_key) == NULL) {
		for (i = 0; i < EE_MEND_MEASURES; i++) {
			strcat(known, i > 0 ? ", " : "");
			strcat(known, ee_mend_measures[i].name);
			strcat(known, "_val");
		}
		return ee_fail(err, EE_EINPUT, "early_stop_key '%s': want "
			       "one of %s", p->early_stop_key, known);
	}
	if (r->iteration % (uint64_t)p->accumulate != 0)
		return ee_fail(err, EE_EINPUT, "%llu iterations to go on "
			       "from are no whole steps of accumulate_bs %lld",
			       (unsigned long long)r->iteration,
			       (long long)p->accumulate);
	return EE_OK;
}

/* Iterations in all: of max_iters and max_epochs the less, in whole steps. */
static uint64_t
iterations(const struct ee_mend_run *r)
{
	const struct ee_mend_params *p = r->learner->params;
	const uint64_t step = (uint64_t)p->accumulate;
	uint64_t n = (uint64_t)p->max_iters;

	if (p->max_epochs >= 0 && (uint64_t)p->max_epochs * r->groups < n)
		n = (uint64_t)p->max_epochs * r->groups;
	return (n + step - 1) / step * step;
}

enum ee_status
ee_mend_run_open(struct ee_mend_run *r, struct ee_err *err)
{
	const struct ee_mend_learner *l = r->learner;
	const size_t batch = (size_t)l->params->batch_size;
	size_t i;

	r->order = NULL;
	r->train_cache = r->val_cache = NULL;
	r->epoch = 0;
	memset(&r->tally, 0, sizeof(r->tally));
	TRY(check(r, err));
	r->groups = (r->ntrain + batch - 1) / batch;
	r->last = iterations(r);
	r->order = ee_calloc(r->ntrain, sizeof(*r->order), err);
	if (r->order == NULL)
		return EE_ENOMEM;
	for (i = 0; i < r->ntrain; i++)
		r->order[i] = i;
	ee_random_seed(&r->random, (uint64_t)l->params->seed);
	shuffle(r);
	TRY(ee_frozen_cache_open(&r->train_cache, l->model, l->m, r->train,
				 r->ntrain, r->order, &r->cache_options,
				 err));
	return ee_frozen_cache_open(&r->val_cache, l->model, l->m, r->val,
				    r->nval, NULL, &r->cache_options, err);
}

void
ee_mend_run_close(struct ee_mend_run *r)
{
	ee_frozen_cache_close(r->train_cache);
	ee_frozen_cache_close(r->val_cache);
	free(r->order);
	r->train_cache = r->val_cache = NULL;
	r->order = NULL;
}

enum ee_status
ee_mend_run_validate(struct ee_mend_run *r, struct ee_mend_tally *tally,
		     struct ee_err *err)
{
	const struct ee_mend_params *p = r->learner->params;
	const size_t batch = (size_t)p->val_batch_size;
	const size_t most = (r->nval + batch - 1) / batch;
	const size_t steps = (size_t)p->val_steps < most ?
			     (size_t)p->val_steps : most;
	struct ee_mend_group groups[TOGETHER];
	struct ee_mend_loss losses[TOGETHER];
	size_t *ids = ee_calloc(r->nval, sizeof(*ids), err), i, n, done;
	enum ee_status status = EE_OK;

	memset(tally, 0, sizeof(*tally));
	if (ids == NULL)
		return EE_ENOMEM;
	for (i = 0; i < r->nval; i++)
		ids[i] = i;
	for (done = 0; done < steps && status == EE_OK; done += n) {
		for (n = 0; n < TOGETHER && done + n < steps; n++) {
			const size_t at = (done + n) * batch;

			groups[n].ids = ids + at;
			groups[n].n = r->nval - at < batch ? r->nval - at :
							     batch;
		}
		status = ee_mend_losses(r->learner, r->val, r->val_cache,
					groups, n, false, 1, losses, err);
		for (i = 0; i < n && status == EE_OK; i++)
			add(tally, &losses[i]);
	}
	free(ids);
	return status;
}

/* The group of iteration number 'at' (from 0); its ids go into 'ids'. */
static struct ee_mend_group
group_at(struct ee_mend_run *r, uint64_t at, size_t *ids)
{
	const size_t batch = (size_t)r->learner->params->batch_size;
	const size_t first = (size_t)(at % r->groups) * batch;
	struct ee_mend_group g = { ids, 0 };

	for (; r->epoch < at / r->groups; r->epoch++)
		shuffle(r);
	g.n = r->ntrain - first < batch ? r->ntrain - first : batch;
	memcpy(ids, r->order + first, g.n * sizeof(*ids));
	return g;
}

/* One step of the optimiser. */
static enum ee_status
step(struct ee_mend_run *r, struct ee_err *err)
{
	const struct ee_mend_params *p = r->learner->params;
	const size_t n = (size_t)p->accumulate, batch = (size_t)p->batch_size;
	size_t *ids = ee_calloc(n * batch, sizeof(*ids), err), i;
	struct ee_mend_group *groups = ee_calloc(n, sizeof(*groups), err);
	struct ee_mend_loss *losses = ee_calloc(n, sizeof(*losses), err);
	enum ee_status status = EE_ENOMEM;
	double norm;

	if (ids == NULL || groups == NULL || losses == NULL)
		goto out;
	for (i = 0; i < n; i++)
		groups[i] = group_at(r, r->iteration + i, ids + i * batch);
	status = ee_mend_losses(r->learner, r->train, r->train_cache, groups,
				n, true, n, losses, err);
	if (status == EE_OK)
		status = ee_mend_step(r->learner, &norm, err);
	if (status != EE_OK) {
		status = ee_within(err, status, "iterations %llu to %llu",
			(unsigned long long)r->iteration + 1,
			(unsigned long long)(r->iteration + n));
		goto out;
	}
	for (i = 0; i < n; i++)
		add(&r->tally, &losses[i]);
	r->tally.norm += norm;
	r->tally.steps++;
	r->iteration += n;
out:
	free(ids);
	free(groups);
	free(losses);
	return status;
}

bool
ee_mend_due(const struct ee_mend_run *r, int64_t interval)
{
	const uint64_t every = (uint64_t)interval;
	const uint64_t step = (uint64_t)r->learner->params->accumulate;

	return r->iteration / every != (r->iteration - step) / every;
}

static enum ee_status
tell(struct ee_mend_run *r, struct ee_err *err)
{
	enum ee_status status;

	if (r->tally.n == 0)
		return EE_OK;
	status = r->hooks->trained(r->hooks->ctx, r, &r->tally, err);
	memset(&r->tally, 0, sizeof(r->tally));
	return status;
}

/* Validate, and see whether it is the best so far. */
static enum ee_status
judge(struct ee_mend_run *r, struct ee_err *err)
{
	const struct ee_mend_measure *m =
		measure(r->learner->params->early_stop_key);
	struct ee_mend_tally tally;
	struct ee_mend_loss mean;
	enum ee_status status;
	double value;
	bool best;

	status = ee_mend_run_validate(r, &tally, err);
	if (status != EE_OK)
		return ee_within(err, status, "the validation after %llu "
				 "iterations",
				 (unsigned long long)r->iteration);
	mean = ee_mend_tally_mean(&tally);
	value = ee_mend_measured(&mean, m);
	best = r->best_iteration == 0 || tally.n == 0 ||
	       (m->more ? value > r->best : value < r->best);
	if (best) {
		r->best = value;
		r->best_iteration = r->iteration;
	}
	return r->hooks->validated(r->hooks->ctx, r, &tally, best, err);
}

enum ee_status
ee_mend_run_go(struct ee_mend_run *r, enum ee_mend_end *end,
	       struct ee_err *err)
{
	const struct ee_mend_params *p = r->learner->params;
	bool judged = true;

	*end = r->iteration >= r->last ? EE_MEND_DONE : EE_MEND_GOES_ON;
	while (*end == EE_MEND_GOES_ON) {
		TRY(step(r, err));
		if (r->hooks->stepped != NULL)
			TRY(r->hooks->stepped(r->hooks->ctx, r, err));
		if (ee_mend_due(r, p->log_interval))
			TRY(tell(r, err));
		judged = ee_mend_due(r, p->val_interval);
		if (judged)
			TRY(judge(r, err));
		if (r->iteration >= r->last)
			*end = EE_MEND_DONE;
		else if (judged && r->iteration - r->best_iteration >
			 (uint64_t)p->early_stop_patience)
			*end = EE_MEND_PATIENCE;
		else if (r->stop != NULL && *r->stop)
			*end = EE_MEND_STOPPED;
	}
	TRY(tell(r, err));
	return judged || *end == EE_MEND_STOPPED ? EE_OK : judge(r, err);
}
