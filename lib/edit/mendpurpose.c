/*
 * mendpurpose.c - for which model and which networks an archive is.  See
 * mendarchive_parts.h.
 *
 * EasyEdit's archives hold transformers' description of the model; ours say
 * of which weights, for which of them, and how the networks are made.
 */
#include <string.h>

#include "base/try.h"
#include "edit/delta.h"
#include "edit/mendarchive_parts.h"

struct purpose {
	const char *path;
	const struct ee_value *model;	/* the state dict */
};

/* A number of the model's config, by either of its names. */
static enum ee_status
check_number(const struct purpose *p, const struct ee_value *config,
	     const char *name, const char *other, size_t want,
	     struct ee_err *err)
{
	const struct ee_value *v = ee_get(config, name);

	if (v == NULL)
		v = ee_get(config, other);
	if (v == NULL || v->type != EE_INT || v->u.integer == (int64_t)want)
		return EE_OK;
	return ee_fail(err, EE_EMATCH, "%s: was made for another model: its "
		       "%s is %lld, this one's %zu", p->path, name,
		       (long long)v->u.integer, want);
}

/* What transformers says of the model: a dict, or an object's. */
static enum ee_status
check_config(const struct purpose *p, const struct ee_config *c,
	     struct ee_err *err)
{
	const struct ee_value *config = ee_get(p->model, "model_config");
	const struct ee_value *state = ee_get(config, "state");
	const struct ee_value *type;

	if (state != NULL)
		config = state;
	type = ee_get(config, "model_type");
	if (type != NULL && type->type == EE_TEXT &&
	    strcmp(type->u.text, c->family->model_type) != 0)
		return ee_fail(err, EE_EMATCH, "%s: was made for another "
			       "model: a %s, this one is a %s", p->path,
			       type->u.text, c->family->model_type);
	TRY(check_number(p, config, "hidden_size", "n_embd", c->d, err));
	TRY(check_number(p, config, "num_hidden_layers", "n_layer", c->layers,
			 err));
	return check_number(p, config, "vocab_size", "vocab_size", c->vocab,
			    err);
}

/* The weights, in their order: rates and modes go by it. */
static enum ee_status
check_weights(const struct purpose *p, const struct ee_mend *m,
	      const struct ee_value *list, struct ee_err *err)
{
	size_t i;

	if (list == NULL || list->type != EE_LIST)
		return EE_OK;
	for (i = 0; i < list->n && i < m->nparams; i++) {
		const struct ee_value *v = &list->u.list[i];

		if (v->type != EE_TEXT ||
		    strcmp(v->u.text, m->param[i].weight) != 0)
			return ee_fail(err, EE_EMATCH, "%s: inner_params: "
				       "number %zu is '%.128s' there and '%s' "
				       "here", p->path, i + 1,
				       v->type == EE_TEXT ? v->u.text : "",
				       m->param[i].weight);
	}
	if (list->n != m->nparams)
		return ee_fail(err, EE_EMATCH, "%s: inner_params: %zu weights "
			       "there and %zu here", p->path, list->n,
			       m->nparams);
	return EE_OK;
}

/* The first choice that differs.  Numbers tell by the tensors' shapes: a rank
 * beyond a width is that width. */
static enum ee_status
check_net(const struct purpose *p, const struct ee_mend *m,
	  const struct ee_value *there, struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	struct ee_value here = ee_mend_net_value(&arena, &m->net_params);
	enum ee_status status = ee_arena_check(&arena, err);
	size_t i;

	for (i = 0; i < here.n && status == EE_OK; i++) {
		const struct ee_value *a = &here.u.map[i].value;
		const struct ee_value *b = ee_get(there, here.u.map[i].key);
		const bool differs = b != NULL && b->type == a->type &&
			(a->type == EE_LOGIC ? a->u.logic != b->u.logic :
			 a->type == EE_TEXT &&
			 strcmp(a->u.text, b->u.text) != 0);

		if (differs)
			status = ee_fail(err, EE_EMATCH, "%s: was trained "
					 "with another '%s'", p->path,
					 here.u.map[i].key);
	}
	ee_arena_free(&arena);
	return status;
}

enum ee_status
ee_mend_purpose(const struct ee_value *root, const char *path,
		const struct ee_mend *m, const struct ee_model *model,
		bool force, const struct ee_warn *warn, struct ee_err *err)
{
	const struct purpose p = { path, ee_get(root, "model") };
	const struct ee_value *ours = ee_get(root, "ee");

	TRY(check_config(&p, &model->config, err));
	if (ours == NULL)
		return EE_OK;
	TRY(check_weights(&p, m, ee_get(ours, "inner_params"), err));
	TRY(check_net(&p, m, ee_get(ours, "net"), err));
	return ee_model_check(model, ours, path, force, warn, err);
}
