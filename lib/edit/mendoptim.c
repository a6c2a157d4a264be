/*
 * mendoptim.c - optimisers as torch's state_dict() has them, both ways.
 *
 *   {"state": {i: {"step", "exp_avg", "exp_avg_sq"}}, "param_groups": [{...}]}
 *
 * i counts the tensors in the order of the networks' parameters(), and then
 * edit_lrs.  See mendarchive_parts.h.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/try.h"
#include "edit/mendarchive_parts.h"

/* Tensors that are learned. */
static size_t
count_learned(const struct ee_mend *m)
{
	size_t i, n = 0;

	for (i = 0; i < m->nslices; i++)
		n += !m->slice[i].running;
	return n;
}

/* The slice that torch counts as 'index': edit_lrs, slice 0, come last. */
static const struct ee_mend_slice *
slice_of(const struct ee_mend *m, size_t index)
{
	size_t i;

	for (i = 1; i < m->nslices; i++)
		if (!m->slice[i].running && index-- == 0)
			return &m->slice[i];
	return &m->slice[0];
}

static struct ee_value
moments(struct ee_arena *arena, const struct ee_mend_slice *s,
	const struct ee_mend_optim *o)
{
	struct ee_value v = ee_map();
	float *step = ee_arena_alloc(arena, sizeof(*step), sizeof(*step));
	const size_t cols = s->ndim == 2 ? s->dims[1] : 0;

	if (step == NULL)
		return v;
	*step = (float)o->step;
	ee_put(arena, &v, "step",
	       ee_tensor((struct ee_tensor){ .dtype = EE_F32, .data = step }));
	ee_put(arena, &v, "exp_avg", ee_tensor(
	       ee_tensor_2d(EE_F32, o->m + s->at, s->dims[0], cols)));
	ee_put(arena, &v, "exp_avg_sq", ee_tensor(
	       ee_tensor_2d(EE_F32, o->v + s->at, s->dims[0], cols)));
	return v;
}

/* The settings, all of them, with torch's defaults. */
static void
put_settings(struct ee_arena *arena, struct ee_value *group,
	     enum ee_optim kind, double lr)
{
	const bool w = kind == EE_OPTIM_ADAMW, sgd = kind == EE_OPTIM_SGD;
	struct ee_value betas = ee_list();

	betas.form = EE_TUPLE;
	ee_add(arena, &betas, ee_real(0.9));
	ee_add(arena, &betas, ee_real(0.999));
	ee_put(arena, group, "lr", ee_real(lr));
	if (sgd) {
		ee_put(arena, group, "momentum", ee_int(0));
		ee_put(arena, group, "dampening", ee_int(0));
		ee_put(arena, group, "nesterov", ee_logic(false));
	} else {
		ee_put(arena, group, "betas", betas);
		ee_put(arena, group, "eps", ee_real(1e-8));
		ee_put(arena, group, "amsgrad", ee_logic(false));
		ee_put(arena, group, "capturable", ee_logic(false));
		ee_put(arena, group, "decoupled_weight_decay", ee_logic(w));
	}
	ee_put(arena, group, "weight_decay", w ? ee_real(0.01) : ee_int(0));
	ee_put(arena, group, "maximize", ee_logic(false));
	ee_put(arena, group, "foreach", ee_null());
	ee_put(arena, group, "differentiable", ee_logic(false));
	ee_put(arena, group, "fused", ee_null());
}

struct ee_value
ee_mend_optim_value(struct ee_arena *arena, const struct ee_mend *m,
		    const struct ee_mend_optim *o, bool lr_opt)
{
	const size_t n = lr_opt ? 1 : count_learned(m);
	const size_t rates = lr_opt ? 0 : n - 1;	/* where edit_lrs is */
	const bool has = o->kind != EE_OPTIM_SGD && o->m != NULL &&
			 o->v != NULL && o->step > 0;
	struct ee_value state = ee_map(), group = ee_map();
	struct ee_value params = ee_list(), groups = ee_list(), v = ee_map();
	size_t i;

	state.form = EE_NUMBERED;
	put_settings(arena, &group, o->kind, lr_opt ? o->lr_lr : o->lr);
	for (i = 0; i < n; i++) {
		ee_add(arena, &params, ee_int((int64_t)i));
		if (has && (i != rates || o->apart == lr_opt))
			ee_put(arena, &state, ee_arena_printf(arena, "%zu", i),
			       moments(arena, lr_opt ? &m->slice[0] :
				       slice_of(m, i), o));
	}
	ee_put(arena, &group, "params", params);
	ee_add(arena, &groups, group);
	ee_put(arena, &v, "state", state);
	ee_put(arena, &v, "param_groups", groups);
	return v;
}

/* What an optimiser remembers of its tensor 'index', or NULL. */
static const struct ee_value *
find(const struct ee_value *opt, size_t index)
{
	char key[24];

	snprintf(key, sizeof(key), "%zu", index);
	return ee_get(ee_get(opt, "state"), key);
}

/* The number of steps: a tensor of one number, an integer in older files. */
static enum ee_status
read_step(const struct ee_value *state, const char *where, uint64_t *step,
	  struct ee_err *err)
{
	const struct ee_value *v = ee_get(state, "step");
	size_t n = 0;
	double d = -1;

	if (v != NULL && v->type == EE_INT)
		d = (double)v->u.integer;
	else if (v != NULL && v->type == EE_REAL)
		d = v->u.real;
	else if (v != NULL && v->type == EE_TENSOR &&
		 ee_tensor_count(&v->u.tensor, &n) && n == 1)
		d = ee_tensor_at(&v->u.tensor, 0);
	if (!(d >= 1 && d <= 1e15) || floor(d) < d)
		return ee_fail(err, EE_EFORMAT, "%s: 'step' is no number of "
			       "steps", where);
	if (*step > 0 && *step != (uint64_t)d)
		return ee_fail(err, EE_EINPUT, "%s: is at step %llu, another "
			       "at step %llu", where, (unsigned long long)d,
			       (unsigned long long)*step);
	*step = (uint64_t)d;
	return EE_OK;
}

/* What is remembered of one tensor; without a state it stays zero. */
static enum ee_status
read_moments(struct ee_mend_optim *o, const struct ee_value *state,
	     const struct ee_mend_slice *s, const char *path,
	     struct ee_err *err)
{
	char m[EE_MEND_KEY + 32], v[EE_MEND_KEY + 32];
	size_t i;

	snprintf(m, sizeof(m), "exp_avg of %s", s->key);
	snprintf(v, sizeof(v), "exp_avg_sq of %s", s->key);
	if (ee_get(state, "exp_avg") == NULL)
		return ee_fail(err, EE_EINPUT, "%s: its optimiser has no "
			       "%s: it is not %s", path, m,
			       ee_optim_names[o->kind]);
	TRY(read_step(state, path, &o->step, err));
	TRY(ee_mend_numbers(ee_get(state, "exp_avg"), m, s, false,
			    o->m + s->at, path, err));
	TRY(ee_mend_numbers(ee_get(state, "exp_avg_sq"), v, s, false,
			    o->v + s->at, path, err));
	for (i = 0; i < s->dims[0] * s->dims[1]; i++)
		if (o->v[s->at + i] < 0)
			return ee_fail(err, EE_EMATH, "%s: %s: number %zu is "
				       "negative", path, v, i);
	return EE_OK;
}

/* The one group of an optimiser; NULL if there is no optimiser. */
static enum ee_status
group_of(const struct ee_value *root, const char *name, size_t nparams,
	 const struct ee_value **group, const char *path, struct ee_err *err)
{
	const struct ee_value *opt = ee_get(root, name), *list;

	*group = NULL;
	if (opt == NULL || opt->type == EE_NULL)
		return EE_OK;
	list = ee_get(opt, "param_groups");
	if (list == NULL || list->type != EE_LIST || list->n != 1 ||
	    list->u.list[0].type != EE_MAP)
		return ee_fail(err, EE_EINPUT, "%s: '%s' has not one "
			       "'param_groups', as MEND's has", path, name);
	*group = &list->u.list[0];
	list = ee_get(*group, "params");
	if (list == NULL || list->type != EE_LIST || list->n != nparams)
		return ee_fail(err, EE_EMATCH, "%s: '%s' is of %zu tensors, "
			       "not of %zu", path, name,
			       list != NULL ? list->n : 0, nparams);
	return EE_OK;
}

/* Which optimiser wrote this group. */
static enum ee_optim
kind_of(const struct ee_value *group)
{
	const struct ee_value *w = ee_get(group, "decoupled_weight_decay");
	const struct ee_value *decay = ee_get(group, "weight_decay");

	if (ee_get(group, "betas") == NULL)
		return EE_OPTIM_SGD;
	if (w != NULL && w->type == EE_LOGIC)
		return w->u.logic ? EE_OPTIM_ADAMW : EE_OPTIM_ADAM;
	/* older ones do not say; AdamW has 0.01 where Adam has 0 */
	return decay != NULL && decay->type == EE_REAL && decay->u.real > 0 ?
	       EE_OPTIM_ADAMW : EE_OPTIM_ADAM;
}

/* An optimiser that has made no step may give way to another. */
static enum ee_status
read_group(struct ee_mend_optim *o, const struct ee_value *root,
	   const struct ee_value *group, const char *name, double *lr,
	   const char *path, struct ee_err *err)
{
	const enum ee_optim kind = kind_of(group);
	const struct ee_value *step = ee_get(root, "step");

	if (kind != o->kind && step != NULL && step->type == EE_INT &&
	    step->u.integer > 0)
		return ee_fail(err, EE_EINPUT, "%s: '%s' is the state of %s, "
			       "not of %s", path, name, ee_optim_names[kind],
			       ee_optim_names[o->kind]);
	return ee_get_real(group, "lr", 0, DBL_MAX, lr, path, err);
}

enum ee_status
ee_mend_optim_read(struct ee_mend_optim *o, const struct ee_mend *m,
		   const struct ee_value *root, const char *path,
		   struct ee_err *err)
{
	const struct ee_value *opt = ee_get(root, "opt"), *group, *state;
	const struct ee_value *lr_opt = ee_get(root, "lr_opt");
	const size_t n = count_learned(m);
	size_t i;

	o->step = 0;
	o->lr = o->lr_lr = 0;
	o->apart = find(lr_opt, 0) != NULL;
	TRY(group_of(root, "opt", n, &group, path, err));
	if (group != NULL)
		TRY(read_group(o, root, group, "opt", &o->lr, path, err));
	TRY(group_of(root, "lr_opt", 1, &group, path, err));
	if (group != NULL)
		TRY(read_group(o, root, group, "lr_opt", &o->lr_lr, path,
			       err));
	if (o->m == NULL || o->v == NULL || o->kind == EE_OPTIM_SGD)
		return EE_OK;
	memset(o->m, 0, m->nlearned * sizeof(*o->m));
	memset(o->v, 0, m->nlearned * sizeof(*o->v));
	for (i = 0; i < n; i++) {
		state = i + 1 == n && o->apart ? find(lr_opt, 0) :
			find(opt, i);
		if (state != NULL)
			TRY(read_moments(o, state, slice_of(m, i), path,
					 err));
	}
	return EE_OK;
}
