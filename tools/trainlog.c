/* trainlog.c - the log of ee-mend-train.  See trainwork.h. */
#include <stdlib.h>
#include <string.h>

#include "file/json.h"
#include "trainwork.h"

static void
put_means(struct ee_arena *a, struct ee_value *map,
	  const struct ee_mend_tally *tally, const char *suffix)
{
	const struct ee_mend_loss mean = ee_mend_tally_mean(tally);
	size_t i;

	for (i = 0; i < EE_MEND_MEASURES; i++) {
		const struct ee_mend_measure *m = &ee_mend_measures[i];

		ee_put(a, map, ee_arena_printf(a, "%s%s", m->name, suffix),
		       ee_real(ee_mend_measured(&mean, m)));
	}
}

struct ee_value
train_means(struct ee_arena *arena, const struct ee_mend_tally *tally,
	    const char *suffix)
{
	struct ee_value map = ee_map();

	put_means(arena, &map, tally, suffix);
	return map;
}

/* One line, with what all have. */
static struct ee_value
event(const struct training *t, struct ee_arena *arena, const char *name)
{
	struct ee_value v = ee_map();

	ee_put(arena, &v, "event", ee_text(name));
	ee_put(arena, &v, "step", ee_int((int64_t)t->run.iteration));
	ee_put(arena, &v, "seconds", ee_real(ee_seconds() - t->started));
	return v;
}

static enum ee_status
write_line(struct training *t, struct ee_arena *arena,
	   const struct ee_value *v)
{
	struct ee_err *err = &t->tool->err;
	enum ee_status status = ee_arena_check(arena, err);

	if (status == EE_OK) {
		ee_json_write(t->log, v);
		putc('\n', t->log);
		if (fflush(t->log) != 0)
			status = ee_fail_sys(err, "%s", t->opt->log);
	}
	ee_arena_free(arena);
	return status;
}

static void
put_params(struct ee_arena *a, struct ee_value *v,
	   const struct ee_mend_params *p)
{
	struct ee_value inner = ee_list();
	size_t i;

	for (i = 0; i < p->ninner; i++)
		ee_add(a, &inner, ee_text(p->inner[i]));
	ee_put(a, v, "inner_params", inner);
	ee_put(a, v, "lr", ee_real(p->lr));
	ee_put(a, v, "edit_lr", ee_real(p->edit_lr));
	ee_put(a, v, "lr_lr", ee_real(p->lr_lr));
	ee_put(a, v, "rank", ee_int(p->net.rank));
	ee_put(a, v, "batch_size", ee_int(p->batch_size));
	ee_put(a, v, "accumulate_bs", ee_int(p->accumulate));
	ee_put(a, v, "cedit", ee_real(p->cedit));
	ee_put(a, v, "cloc", ee_real(p->cloc));
	ee_put(a, v, "seed", ee_int(p->seed));
	ee_put(a, v, "early_stop_key", ee_text(p->early_stop_key));
}

enum ee_status
train_log_open(struct training *t)
{
	const struct train_options *opt = t->opt;
	struct ee_arena a = { 0 };
	struct ee_value v;

	if (opt->log == NULL)
		return EE_OK;
	t->log = strcmp(opt->log, "-") == 0 ? stdout :
		 fopen(opt->log, opt->resume ? "a" : "w");
	if (t->log == NULL)
		return ee_fail_sys(&t->tool->err, "%s", opt->log);
	v = event(t, &a, "start");
	ee_put(&a, &v, "by", ee_text(t->tool->command));
	ee_put(&a, &v, "model", ee_model_value(&a, t->model));
	ee_put(&a, &v, "learned", ee_int((int64_t)t->m->nlearned));
	ee_put(&a, &v, "train", ee_int((int64_t)t->run.ntrain));
	ee_put(&a, &v, "val", ee_int((int64_t)t->run.nval));
	ee_put(&a, &v, "iterations", ee_int((int64_t)t->run.last));
	put_params(&a, &v, &t->params);
	return write_line(t, &a, &v);
}

enum ee_status
train_log_step(struct training *t, const struct ee_mend_tally *tally)
{
	const struct ee_frozen_cache_state cache =
		ee_frozen_cache_state(t->run.train_cache);
	struct ee_arena a = { 0 };
	struct ee_value v, lr = ee_list();
	size_t i;

	if (t->log == NULL)
		return EE_OK;
	v = event(t, &a, "train");
	put_means(&a, &v, tally, "");
	ee_put(&a, &v, "grad", ee_real(tally->norm / (double)tally->steps));
	for (i = 0; i < t->m->nparams; i++)
		ee_add(&a, &lr, ee_real((double)t->m->learned[i]));
	ee_put(&a, &v, "edit_lrs", lr);
	ee_put(&a, &v, "computed", ee_int((int64_t)cache.computed));
	ee_put(&a, &v, "memory", ee_int((int64_t)cache.memory));
	ee_put(&a, &v, "spilled", ee_int((int64_t)cache.spilled));
	return write_line(t, &a, &v);
}

enum ee_status
train_log_val(struct training *t, const struct ee_mend_tally *tally,
	      bool best)
{
	struct ee_arena a = { 0 };
	struct ee_value v;

	if (t->log == NULL)
		return EE_OK;
	v = event(t, &a, "val");
	put_means(&a, &v, tally, "_val");
	ee_put(&a, &v, "best", ee_logic(best));
	return write_line(t, &a, &v);
}

enum ee_status
train_log_end(struct training *t, const char *why)
{
	struct ee_arena a = { 0 };
	struct ee_value v;

	if (t->log == NULL)
		return EE_OK;
	v = event(t, &a, "end");
	ee_put(&a, &v, "why", ee_text(why));
	ee_put(&a, &v, "best", ee_real(t->run.best));
	ee_put(&a, &v, "best_step", ee_int((int64_t)t->run.best_iteration));
	return write_line(t, &a, &v);
}

enum ee_status
train_log_close(struct training *t)
{
	FILE *fp = t->log;

	t->log = NULL;
	if (fp == NULL || fp == stdout)
		return EE_OK;
	return fclose(fp) == 0 ? EE_OK :
	       ee_fail_sys(&t->tool->err, "%s", t->opt->log);
}
