/*
 * mendarchive.c - reading a hypernetwork's archive.  See mendarchive.h.
 *
 * All is checked, where it lies in the file, before the first number of the
 * hypernetwork changes.
 */
#include "edit/mendarchive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/mendarchive_parts.h"
#include "file/torch.h"
#include "math/convert.h"
#include "math/threads.h"
#include "math/vec.h"

/* One slice's tensor, and what is wrong with its bytes. */
struct part {
	const struct ee_mend_slice *slice;
	const struct ee_tensor *tensor;
	enum ee_status status;
	struct ee_err err;
};

/* An archive being read. */
struct reading {
	struct ee_torch *torch;
	const char *path;
	const struct ee_value *model;	/* its state dict */
	const char *prefix;		/* "mend." or "gtn." */
	float *running;
	bool to_edit;
	struct part *parts;		/* (nslices) */
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
	const struct ee_value *root = &r->torch->root, *model;
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

	r->model = ee_get(&r->torch->root, "model");
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

static size_t
count_of(const struct ee_mend_slice *s)
{
	return s->dims[0] * s->dims[1];
}

/* The first number that is not finite, as float32. */
static enum ee_status
check_finite(const struct ee_tensor *t, size_t n, const char *key,
	     const char *path, struct ee_err *err)
{
	size_t i;

	if (t->dtype == EE_F32 && ee_all_finite(n, t->data))
		return EE_OK;
	for (i = 0; i < n; i++) {
		const float x = (float)ee_tensor_at(t, i);

		if (!isfinite(x))
			return ee_fail(err, EE_EMATH, "%s: '%s': number %zu "
				       "is %g", path, key, i, (double)x);
	}
	return EE_OK;
}

enum ee_status
ee_mend_numbers(const struct ee_value *v, const char *key,
		const struct ee_mend_slice *s, bool nan, float *to,
		const char *path, struct ee_err *err)
{
	struct ee_tensor want = { .ndim = s->ndim,
				  .shape = { s->dims[0], s->dims[1] } };
	char shape[128], wanted[128];

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
	if (!nan)
		TRY(check_finite(&v->u.tensor, count_of(s), key, path, err));
	if (to != NULL)
		ee_to_f32(v->u.tensor.dtype, v->u.tensor.data, count_of(s),
			  to);
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
check_running(const struct reading *r, const struct ee_mend *m,
	      struct ee_err *err)
{
	size_t i, k;

	for (i = 0; i < m->nslices; i++) {
		const struct ee_mend_slice *s = &m->slice[i];

		for (k = 0; s->running && k < count_of(s); k++) {
			const double x = (double)r->running[s->at + k];

			if (isfinite(x))
				continue;
			if (isnan(x) && !m->net_params.norm)
				continue;
			if (isnan(x) && !r->to_edit)
				continue;
			return ee_fail(err, EE_EINPUT, "%s: '%s' is %g: the "
				       "running statistics of a hypernetwork "
				       "that was not trained yet", r->path,
				       s->key, x);
		}
	}
	return EE_OK;
}

static void
check_parts(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct reading *r = arg;
	char key[EE_MEND_KEY];
	size_t i;

	(void)thread;
	for (i = begin; i < end; i++) {
		struct part *p = &r->parts[i];

		if (r->to_edit)
			p->status = ee_torch_check_tensor(r->torch, p->tensor,
							  &p->err);
		if (p->status == EE_OK && !p->slice->running)
			p->status = check_finite(p->tensor,
				count_of(p->slice), key_of(r, p->slice, key),
				r->path, &p->err);
	}
}

/* Of what is there only what an edit needs is read, and its checksums are
 * looked at; a training reads all of it. */
static enum ee_status
check_bytes(struct reading *r, size_t nslices, struct ee_err *err)
{
	size_t i;

	if (!r->to_edit)
		TRY(ee_torch_check(r->torch, err));
	ee_parallel(nslices, 1, check_parts, r);
	for (i = 0; i < nslices; i++) {
		if (r->parts[i].status != EE_OK) {
			*err = r->parts[i].err;
			return r->parts[i].status;
		}
	}
	return EE_OK;
}

static enum ee_status
check_tensors(struct reading *r, const struct ee_mend *m, struct ee_err *err)
{
	char key[EE_MEND_KEY];
	size_t i;

	r->running = ee_floats(m->nrunning, err);
	r->parts = ee_calloc(m->nslices, sizeof(*r->parts), err);
	if (r->running == NULL || r->parts == NULL)
		return EE_ENOMEM;
	for (i = 0; i < m->nslices; i++) {
		const struct ee_mend_slice *s = &m->slice[i];
		const struct ee_value *v = ee_get(r->model, key_of(r, s, key));

		TRY(ee_mend_numbers(v, key, s, true, NULL, r->path, err));
		r->parts[i].slice = s;
		r->parts[i].tensor = &v->u.tensor;
	}
	TRY(check_rest(r, m, err));
	TRY(check_bytes(r, m->nslices, err));
	for (i = 0; i < m->nslices; i++) {
		const struct ee_tensor *t = r->parts[i].tensor;

		if (m->slice[i].running)
			ee_to_f32(t->dtype, t->data, count_of(&m->slice[i]),
				  r->running + m->slice[i].at);
	}
	return check_running(r, m, err);
}

/* The numbers of 'm'; those to edit with stay where they are, if they are
 * float32, but for the rates. */
static void
take(struct reading *r, struct ee_mend *m)
{
	bool stays = false;
	size_t i;

	ee_mend_leave_archive(m);
	memcpy(m->running, r->running, m->nrunning * sizeof(*m->running));
	for (i = 0; i < m->nslices; i++) {
		struct ee_mend_slice *s = &m->slice[i];
		const struct ee_tensor *t = r->parts[i].tensor;

		if (s->running)
			continue;
		if (r->to_edit && t->dtype == EE_F32 && s->at > 0) {
			s->data = t->data;
			stays = true;
		} else {
			ee_to_f32(t->dtype, t->data, count_of(s),
				  m->learned + s->at);
		}
	}
	if (stays) {
		m->archive = r->torch;
		r->torch = NULL;
	}
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
	const struct ee_value *root = &r->torch->root;
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

static enum ee_status
load(struct reading *r, struct ee_mend *m, const struct ee_model *model,
     struct ee_mend_progress *progress, bool force,
     const struct ee_warn *warn, struct ee_err *err)
{
	r->torch = ee_calloc(1, sizeof(*r->torch), err);
	if (r->torch == NULL)
		return EE_ENOMEM;
	TRY(ee_torch_open(r->torch, r->path, err));
	TRY(find_model(r, err));
	TRY(ee_mend_purpose(&r->torch->root, r->path, m, model, force, warn,
			    err));
	TRY(check_tensors(r, m, err));
	if (progress != NULL)
		TRY(read_progress(r, m, progress, err));
	take(r, m);
	return EE_OK;
}

enum ee_status
ee_mend_load(struct ee_mend *m, const char *path,
	     const struct ee_model *model, struct ee_mend_progress *progress,
	     bool force, const struct ee_warn *warn, struct ee_err *err)
{
	struct reading r = { .path = path, .to_edit = progress == NULL };
	const enum ee_status status = load(&r, m, model, progress, force,
					   warn, err);

	free(r.running);
	free(r.parts);
	if (r.torch != NULL)
		ee_torch_close(r.torch);
	free(r.torch);
	return status;
}

void
ee_mend_progress_free(struct ee_mend_progress *p)
{
	ee_arena_free(&p->arena);
	memset(p, 0, sizeof(*p));
}
