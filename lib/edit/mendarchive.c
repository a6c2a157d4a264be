/*
 * mendarchive.c - reading a hypernetwork's archive.  See mendarchive.h.
 *
 * All is checked, and read into blocks of its own, before the first number of
 * the hypernetwork changes.
 */
#include "edit/mendarchive.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/delta.h"
#include "edit/mendarchive_parts.h"
#include "file/torch.h"

/* An archive being read. */
struct reading {
	struct ee_torch torch;
	const char *path;
	const struct ee_value *model;	/* its state dict */
	const char *prefix;		/* "mend." or "gtn." */
	float *learned, *running;
};

static const char same[] = "inner_params and the keys that shape the networks "
			   "(rank, n_hidden, combine, shared) must be those "
			   "that it was trained with";

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* What 'root' is, that has no state dict of MEND in it. */
static enum ee_status
wrong_kind(const struct reading *r, struct ee_err *err)
{
	static const char want[] = "want what ee-mend-train, EasyEdit's "
				   "trainer or the original MEND saved";
	const struct ee_value *root = &r->torch.root, *model;
	const char *key;

	if (root->type != EE_MAP || root->n == 0)
		return ee_fail(err, EE_EINPUT, "%s: holds %s, not an archive "
			       "of MEND: %s", r->path,
			       ee_type_name(root->type), want);
	model = ee_get(root, "model");
	key = root->u.map[0].key;
	if (model == NULL && root->u.map[0].value.type == EE_TENSOR)
		return ee_fail(err, EE_EINPUT, "%s: is a state dict of "
			       "weights ('%.60s', ...), not an archive of "
			       "MEND: %s", r->path, key, want);
	if (model == NULL || model->type != EE_MAP || model->n == 0)
		return ee_fail(err, EE_EINPUT, "%s: has no 'model' with "
			       "tensors in it: not an archive of MEND: %s",
			       r->path, want);
	key = model->u.map[0].key;
	return ee_fail(err, EE_EINPUT, "%s: its 'model' has '%.60s', but no "
		       "'edit_lrs': an archive of %s, not of MEND: %s",
		       r->path, key, begins(key, "classifier.") ||
		       begins(key, "replacement.") ? "SERAC" :
		       begins(key, "model.") ? "a whole model" :
		       "another method", want);
}

/* The state dict, and what its keys begin with. */
static enum ee_status
find_model(struct reading *r, struct ee_err *err)
{
	size_t i;

	r->model = ee_get(&r->torch.root, "model");
	if (ee_get(r->model, "edit_lrs") == NULL)
		return wrong_kind(r, err);
	r->prefix = "mend.";
	for (i = 0; i < r->model->n; i++)
		if (begins(r->model->u.map[i].key, "gtn."))
			r->prefix = "gtn.";
	return EE_OK;
}

/* The key of a slice in this archive. */
static const char *
key_of(const struct reading *r, const struct ee_mend_slice *s,
       char key[EE_MEND_KEY])
{
	if (begins(s->key, "mend."))
		snprintf(key, EE_MEND_KEY, "%s%s", r->prefix,
			 s->key + strlen("mend."));
	else
		snprintf(key, EE_MEND_KEY, "%s", s->key);
	return key;
}

enum ee_status
ee_mend_numbers(const struct ee_value *v, const char *key,
		const struct ee_mend_slice *s, bool nan, float *to,
		const char *path, struct ee_err *err)
{
	const size_t n = s->dims[0] * s->dims[1];
	struct ee_tensor want = { .ndim = s->ndim,
				  .shape = { s->dims[0], s->dims[1] } };
	char shape[128], wanted[128];
	size_t i;

	if (v == NULL || v->type != EE_TENSOR)
		return ee_fail(err, EE_EMATCH, "%s: '%s' is %s; %s", path,
			       key, v == NULL ? "missing" :
			       ee_type_name(v->type), same);
	if (v->u.tensor.ndim != want.ndim ||
	    memcmp(v->u.tensor.shape, want.shape,
		   want.ndim * sizeof(want.shape[0])) != 0)
		return ee_fail(err, EE_EMATCH, "%s: '%s': shape %s, want %s; "
			       "%s", path, key,
			       ee_tensor_shape(&v->u.tensor, shape),
			       ee_tensor_shape(&want, wanted), same);
	if (v->u.tensor.dtype > EE_BF16)
		return ee_fail(err, EE_EINPUT, "%s: '%s' is of %s", path, key,
			       ee_dtype_name(v->u.tensor.dtype));
	for (i = 0; i < n; i++) {
		to[i] = (float)ee_tensor_at(&v->u.tensor, i);
		if (!isfinite(to[i]) && !nan)
			return ee_fail(err, EE_EMATH, "%s: '%s': number %zu "
				       "is %g", path, key, i, (double)to[i]);
	}
	return EE_OK;
}

/* The first tensor that the hypernetwork has no place for. */
static enum ee_status
check_rest(const struct reading *r, const struct ee_mend *m,
	   struct ee_err *err)
{
	char key[EE_MEND_KEY];
	size_t i, k;

	for (i = 0; i < r->model->n; i++) {
		const struct ee_pair *p = &r->model->u.map[i];

		for (k = 0; k < m->nslices; k++)
			if (strcmp(p->key, key_of(r, &m->slice[k], key)) == 0)
				break;
		if (k == m->nslices && strcmp(p->key, "model_config") != 0)
			return ee_fail(err, EE_EMATCH, "%s: has '%.200s', for "
				       "which there is no place; %s", r->path,
				       p->key, same);
	}
	return EE_OK;
}

/* Statistics are all there, or, to train on, not one of a net's is. */
static enum ee_status
check_running(const struct reading *r, const struct ee_mend *m, bool to_edit,
	      struct ee_err *err)
{
	size_t i, k;

	for (i = 0; i < m->nslices; i++) {
		const struct ee_mend_slice *s = &m->slice[i];
		const size_t n = s->dims[0] * s->dims[1];

		for (k = 0; s->running && k < n; k++) {
			const double x = (double)r->running[s->at + k];

			if (isfinite(x))
				continue;
			if (isnan(x) && !m->net_params.norm)
				continue;
			if (isnan(x) && !to_edit)
				continue;
			return ee_fail(err, EE_EINPUT, "%s: '%s' is %g: the "
				       "running statistics of a hypernetwork "
				       "that was not trained yet", r->path,
				       s->key, x);
		}
	}
	return EE_OK;
}

static enum ee_status
read_tensors(struct reading *r, const struct ee_mend *m, bool to_edit,
	     struct ee_err *err)
{
	char key[EE_MEND_KEY];
	size_t i;

	r->learned = ee_floats(m->nlearned, err);
	r->running = ee_floats(m->nrunning, err);
	if (r->learned == NULL || r->running == NULL)
		return EE_ENOMEM;
	for (i = 0; i < m->nslices; i++) {
		const struct ee_mend_slice *s = &m->slice[i];

		key_of(r, s, key);
		TRY(ee_mend_numbers(ee_get(r->model, key), key, s, s->running,
				    (s->running ? r->running : r->learned) +
				    s->at, r->path, err));
	}
	TRY(check_rest(r, m, err));
	return check_running(r, m, to_edit, err);
}

/* A number of the model's config, by either of its names. */
static enum ee_status
check_number(const struct reading *r, const struct ee_value *config,
	     const char *name, const char *other, size_t want,
	     struct ee_err *err)
{
	const struct ee_value *v = ee_get(config, name);

	if (v == NULL)
		v = ee_get(config, other);
	if (v == NULL || v->type != EE_INT || v->u.integer == (int64_t)want)
		return EE_OK;
	return ee_fail(err, EE_EMATCH, "%s: was made for another model: its "
		       "%s is %lld, this one's %zu", r->path, name,
		       (long long)v->u.integer, want);
}

/* What transformers says of the model: a dict, or an object's. */
static enum ee_status
check_config(const struct reading *r, const struct ee_config *c,
	     struct ee_err *err)
{
	const struct ee_value *config = ee_get(r->model, "model_config");
	const struct ee_value *state = ee_get(config, "state");
	const struct ee_value *type;

	if (state != NULL)
		config = state;
	type = ee_get(config, "model_type");
	if (type != NULL && type->type == EE_TEXT &&
	    strcmp(type->u.text, c->family->model_type) != 0)
		return ee_fail(err, EE_EMATCH, "%s: was made for another "
			       "model: a %s, this one is a %s", r->path,
			       type->u.text, c->family->model_type);
	TRY(check_number(r, config, "hidden_size", "n_embd", c->d, err));
	TRY(check_number(r, config, "num_hidden_layers", "n_layer", c->layers,
			 err));
	return check_number(r, config, "vocab_size", "vocab_size", c->vocab,
			    err);
}

/* The weights, in their order: rates and modes go by it. */
static enum ee_status
check_weights(const struct reading *r, const struct ee_mend *m,
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
				       "here", r->path, i + 1,
				       v->type == EE_TEXT ? v->u.text : "",
				       m->param[i].weight);
	}
	if (list->n != m->nparams)
		return ee_fail(err, EE_EMATCH, "%s: inner_params: %zu weights "
			       "there and %zu here", r->path, list->n,
			       m->nparams);
	return EE_OK;
}

/* The first choice that differs.  Numbers tell by the tensors' shapes: a rank
 * beyond a width is that width. */
static enum ee_status
check_net(const struct reading *r, const struct ee_mend *m,
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
					 "with another '%s'", r->path,
					 here.u.map[i].key);
	}
	ee_arena_free(&arena);
	return status;
}

/* What we have written says exactly what it is for; others do not. */
static enum ee_status
check_purpose(const struct reading *r, const struct ee_mend *m,
	      const struct ee_model *model, bool force,
	      const struct ee_warn *warn, struct ee_err *err)
{
	const struct ee_value *ours = ee_get(&r->torch.root, "ee");

	TRY(check_config(r, &model->config, err));
	if (ours == NULL)
		return EE_OK;
	TRY(check_weights(r, m, ee_get(ours, "inner_params"), err));
	TRY(check_net(r, m, ee_get(ours, "net"), err));
	return ee_model_check(model, ours, r->path, force, warn, err);
}

/* A map of what is a number; the rest is left out. */
static struct ee_value
numbers_of(struct ee_arena *arena, const struct ee_value *map)
{
	struct ee_value out = ee_map();
	size_t i;

	for (i = 0; map != NULL && map->type == EE_MAP && i < map->n; i++) {
		const struct ee_pair *p = &map->u.map[i];

		if (p->value.type == EE_REAL || p->value.type == EE_INT)
			ee_put(arena, &out, ee_arena_text(arena, p->key,
			       strlen(p->key)), p->value);
	}
	return out;
}

/* A number, or 0 if it is not there: only tools look at these. */
static double
real_of(const struct ee_value *v)
{
	return v == NULL ? 0 : v->type == EE_REAL ? v->u.real :
	       v->type == EE_INT ? (double)v->u.integer : 0;
}

static enum ee_status
read_progress(const struct reading *r, const struct ee_mend *m,
	      struct ee_mend_progress *p, struct ee_err *err)
{
	const struct ee_value *root = &r->torch.root;
	const struct ee_value *train = ee_get(ee_get(root, "ee"), "train");
	const struct ee_value *start = ee_get(root, "start_time");

	TRY(ee_mend_optim_read(&p->optim, m, root, r->path, err));
	TRY(ee_get_int(root, "step", 0, INT64_MAX, &p->step, r->path, err));
	p->elapsed = real_of(ee_get(root, "elapsed_time"));
	p->val_stats = numbers_of(&p->arena, ee_get(root, "val_stats"));
	p->train = train != NULL && train->type == EE_MAP ?
		   ee_copy(&p->arena, train) : ee_map();
	p->start_time = start != NULL && start->type == EE_TEXT ?
			ee_arena_text(&p->arena, start->u.text, start->n) : "";
	return ee_arena_check(&p->arena, err);
}

enum ee_status
ee_mend_load(struct ee_mend *m, const char *path,
	     const struct ee_model *model, struct ee_mend_progress *progress,
	     bool force, const struct ee_warn *warn, struct ee_err *err)
{
	struct reading r = { .path = path };
	enum ee_status status;

	TRY(ee_torch_open(&r.torch, path, err));
	status = ee_torch_check(&r.torch, err);
	if (status == EE_OK)
		status = find_model(&r, err);
	if (status == EE_OK)
		status = check_purpose(&r, m, model, force, warn, err);
	if (status == EE_OK)
		status = read_tensors(&r, m, progress == NULL, err);
	if (status == EE_OK && progress != NULL)
		status = read_progress(&r, m, progress, err);
	if (status == EE_OK) {
		memcpy(m->learned, r.learned, m->nlearned * sizeof(float));
		memcpy(m->running, r.running, m->nrunning * sizeof(float));
	}
	free(r.learned);
	free(r.running);
	ee_torch_close(&r.torch);
	return status;
}

void
ee_mend_progress_free(struct ee_mend_progress *p)
{
	ee_arena_free(&p->arena);
	memset(p, 0, sizeof(*p));
}
