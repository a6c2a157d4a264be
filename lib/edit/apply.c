/* apply.c - edits written into a model folder.  See apply.h. */
#include "edit/apply.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edit/delta.h"
#include "file/rewrite.h"
#include "math/convert.h"
#include "math/vec.h"

struct job {
	const struct ee_apply_job *job;
	struct ee_application *done;
	struct ee_model *model;
	struct ee_changed *changed;
	void **owned;		/* data of 'changed', where it is ours */
	size_t n;
	char ids[EE_PRINT_TEXT];	/* of the deltas together */
	const struct ee_warn *warn;
	struct ee_err *err;
};

static enum ee_status
add_changed(struct job *j, const struct ee_changed *changed, void *owned)
{
	struct ee_changed *list = ee_grow(j->changed, j->n + 1,
					  sizeof(*list), j->err);
	void **data;

	if (list == NULL)
		return EE_ENOMEM;
	j->changed = list;
	data = ee_grow(j->owned, j->n + 1, sizeof(*data), j->err);
	if (data == NULL)
		return EE_ENOMEM;
	j->owned = data;
	list[j->n] = *changed;
	data[j->n++] = owned;
	return EE_OK;
}

/* How far 'now' is from the stored tensor, for the report. */
static enum ee_status
report(struct job *j, const struct ee_weights_item *item, const void *now,
       const float *exact)
{
	struct ee_applied *list = ee_grow(j->done->list, j->done->n + 1,
					  sizeof(*list), j->err);
	double change = 0, size = 0, rounding = 0;
	float a[2048], b[2048];
	size_t n, i, k;
	const size_t width = ee_dtype_size(item->tensor.dtype);

	if (list == NULL || !ee_tensor_count(&item->tensor, &n))
		return EE_ENOMEM;
	j->done->list = list;
	for (i = 0; i < n; i += 2048) {
		const size_t m = n - i < 2048 ? n - i : 2048;

		ee_to_f32(item->tensor.dtype, (const char *)
			  item->tensor.data + i * width, m, a);
		ee_to_f32(item->tensor.dtype, (const char *)now + i * width,
			  m, b);
		for (k = 0; k < m; k++) {
			const double d = (double)b[k] - (double)a[k];
			const double r = exact == NULL ? 0 : (double)b[k] -
					 (double)exact[i + k];

			change += d * d;
			rounding += r * r;
			size += (double)a[k] * (double)a[k];
		}
	}
	snprintf(list[j->done->n].name, sizeof(list->name), "%s", item->name);
	list[j->done->n].change = sqrt(change / size);
	list[j->done->n++].rounding = change > 0 ? sqrt(rounding / change)
						 : 0;
	return EE_OK;
}

/* A weight as edited, in the dtype in which it is stored. */
static enum ee_status
take_edited(struct job *j, const struct ee_param *p)
{
	const struct ee_weights_item *item =
		ee_weights_find(&j->model->weights, p->stored);
	struct ee_changed c = { item->name, item->tensor };
	const size_t n = p->w.out * p->w.in;
	void *data = ee_calloc(n, ee_dtype_size(c.tensor.dtype), j->err);
	float check[2048];
	enum ee_status status;
	size_t i;

	if (data == NULL)
		return EE_ENOMEM;
	ee_from_f32(c.tensor.dtype, p->edited, n, data);
	for (i = 0; i < n; i += 2048) {
		const size_t m = n - i < 2048 ? n - i : 2048;

		ee_to_f32(c.tensor.dtype, (const char *)data + i *
			  ee_dtype_size(c.tensor.dtype), m, check);
		if (!ee_all_finite(m, check)) {
			free(data);
			return ee_fail(j->err, EE_EMATH, "'%s', edited, is "
				       "not finite in %s", item->name,
				       ee_dtype_name(c.tensor.dtype));
		}
	}
	c.tensor.data = data;
	status = report(j, item, data, p->edited);
	if (status == EE_OK)
		status = add_changed(j, &c, data);
	if (status != EE_OK)
		free(data);
	return status;
}

static enum ee_status
take_all_edited(struct job *j)
{
	const size_t n = j->model->config.layers * EE_LAYER_ROLES;
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < n && status == EE_OK; i++)
		if (j->model->layer[i].edited != NULL)
			status = take_edited(j, &j->model->layer[i]);
	return status;
}

/* Lay all deltas over the model (or off it) and remember which they were. */
static enum ee_status
load_deltas(struct job *j, float sign)
{
	uint64_t ids = EE_HASH_START, id;
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < j->job->ndeltas && status == EE_OK; i++) {
		status = ee_delta_load_id(j->model, j->job->deltas[i], sign,
					  j->job->force, &id, j->warn,
					  j->err);
		ids = ee_hash(ids, &id, sizeof(id));
	}
	ee_print_text(ids, j->ids);
	return status;
}

/* The original tensors, and between which models they stand. */
static enum ee_status
write_undo(struct job *j, const char *temp)
{
	struct ee_named *list = ee_calloc(j->n, sizeof(*list), j->err);
	struct ee_arena arena = { 0 };
	struct ee_value metadata = ee_map();
	char path[4200];
	enum ee_status status = EE_ENOMEM;
	size_t i;

	if (list == NULL)
		return status;
	for (i = 0; i < j->n; i++) {
		list[i].name = j->changed[i].name;
		list[i].tensor = ee_weights_find(&j->model->weights,
						 list[i].name)->tensor;
	}
	ee_put(&arena, &metadata, "before", ee_text(j->done->before));
	ee_put(&arena, &metadata, "after", ee_text(j->done->after));
	ee_put(&arena, &metadata, "deltas", ee_text(j->ids));
	snprintf(path, sizeof(path), "%s/%s", temp, EE_UNDO_FILE);
	status = ee_arena_check(&arena, j->err);
	if (status == EE_OK)
		status = ee_safetensors_save(path, list, j->n, &metadata,
					     j->err);
	ee_arena_free(&arena);
	free(list);
	return status;
}

/* The fingerprint of what was just written. */
static enum ee_status
print_of(const char *dir, char text[EE_PRINT_TEXT], struct ee_err *err)
{
	struct ee_model *model;
	enum ee_status status = ee_model_open(&model, dir, err);

	if (status == EE_OK)
		ee_print_text(model->file_print, text);
	ee_model_close(model);
	return status;
}

static enum ee_status
write_folder(struct job *j, bool undo)
{
	const struct ee_apply_job *job = j->job;
	char *temp;
	enum ee_status status;

	if (job->out == NULL)
		return EE_OK;
	status = ee_folder_rewrite(job->dir, &j->model->weights, j->changed,
				   j->n, job->out, &temp, j->err);
	if (status != EE_OK)
		return status;
	status = print_of(temp, j->done->after, j->err);
	if (status == EE_OK && undo)
		status = write_undo(j, temp);
	if (status == EE_OK)
		status = ee_folder_commit(temp, job->out, j->err);
	if (status != EE_OK)
		ee_folder_abort(temp);
	free(temp);
	return status;
}

static enum ee_status
open_job(struct job *j)
{
	enum ee_status status;

	memset(j->done, 0, sizeof(*j->done));
	status = ee_model_open(&j->model, j->job->dir, j->err);
	if (status == EE_OK)
		ee_print_text(j->model->file_print, j->done->before);
	return status;
}

static enum ee_status
close_job(struct job *j, enum ee_status status)
{
	size_t i;

	for (i = 0; i < j->n; i++)
		free(j->owned[i]);
	free(j->changed);
	free(j->owned);
	ee_model_close(j->model);
	return status;
}

enum ee_status
ee_apply(const struct ee_apply_job *job, struct ee_application *done,
	 const struct ee_warn *warn, struct ee_err *err)
{
	struct job j = { .job = job, .done = done, .warn = warn, .err = err };
	enum ee_status status = open_job(&j);

	done->how = EE_BY_ADDING;
	if (status == EE_OK)
		status = load_deltas(&j, 1);
	if (status == EE_OK)
		status = take_all_edited(&j);
	if (status == EE_OK)
		status = write_folder(&j, true);
	return close_job(&j, status);
}

static bool
same_kind(const struct ee_tensor *a, const struct ee_tensor *b)
{
	return a->dtype == b->dtype && a->ndim == b->ndim &&
	       memcmp(a->shape, b->shape, a->ndim * sizeof(*a->shape)) == 0;
}

static enum ee_status
not_alike(const struct ee_changed *original, const struct ee_tensor *now,
	  struct ee_err *err)
{
	char was[128], is[128];

	return ee_fail(err, EE_EMATCH, "the original of '%s' is %s %s, the "
		       "model's %s %s", original->name,
		       ee_dtype_name(original->tensor.dtype),
		       ee_tensor_shape(&original->tensor, was),
		       ee_dtype_name(now->dtype), ee_tensor_shape(now, is));
}

/* Original tensors for all that the deltas touched, from an open file or
 * folder of them; 'find' looks there. */
static enum ee_status
take_originals(struct job *j, const struct ee_safetensors *undo,
	       const struct ee_weights *base)
{
	const size_t n = j->model->config.layers * EE_LAYER_ROLES;
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < n && status == EE_OK; i++) {
		const struct ee_param *p = &j->model->layer[i];
		const struct ee_weights_item *item, *in_base = NULL;
		const struct ee_named *in_undo = NULL;
		struct ee_changed c;

		if (p->edited == NULL)
			continue;
		item = ee_weights_find(&j->model->weights, p->stored);
		c.name = item->name;
		if (undo != NULL)
			in_undo = ee_safetensors_find(undo, item->name);
		else
			in_base = ee_weights_find(base, item->name);
		if (in_undo == NULL && in_base == NULL)
			return ee_fail(j->err, EE_EMATCH, "'%s' has no "
				       "original to go back to", c.name);
		c.tensor = in_undo != NULL ? in_undo->tensor
					   : in_base->tensor;
		if (!same_kind(&c.tensor, &item->tensor))
			return not_alike(&c, &item->tensor, j->err);
		status = add_changed(j, &c, NULL);
		if (status == EE_OK)
			status = report(j, item, c.tensor.data, NULL);
	}
	return status;
}

static bool
says(const struct ee_value *metadata, const char *key, const char *text)
{
	const struct ee_value *v = ee_get(metadata, key);

	return v != NULL && v->type == EE_TEXT &&
	       strcmp(v->u.text, text) == 0;
}

/* From the undo file, if it is there and of this model and these deltas. */
static enum ee_status
by_undo(struct job *j, const char *path)
{
	struct ee_safetensors undo;
	enum ee_status status = ee_safetensors_open(&undo, path, j->err);

	if (status != EE_OK)
		return status;
	if (!says(&undo.metadata, "after", j->done->before)) {
		ee_warn(j->warn, "%s is not of this model as it is now: it "
			"is not used", path);
		status = EE_END;
	} else if (!says(&undo.metadata, "deltas", j->ids)) {
		ee_warn(j->warn, "%s undoes other edits than these: it is "
			"not used", path);
		status = EE_END;
	} else {
		j->done->how = EE_BY_UNDO;
		status = take_originals(j, &undo, NULL);
		if (status == EE_OK)
			status = write_folder(j, false);
	}
	ee_safetensors_close(&undo);
	return status;
}

static enum ee_status
by_base(struct job *j)
{
	struct ee_weights base;
	enum ee_status status = ee_weights_open(&base, j->job->base, j->err);
	char print[EE_PRINT_TEXT];

	if (status != EE_OK)
		return status;
	j->done->how = EE_BY_BASE;
	status = take_originals(j, NULL, &base);
	if (status == EE_OK)
		status = write_folder(j, false);
	ee_weights_close(&base);
	if (status != EE_OK || j->job->out == NULL)
		return status;
	status = print_of(j->job->base, print, j->err);
	if (status == EE_OK && strcmp(print, j->done->after) != 0)
		ee_warn(j->warn, "the result is not %s: tensors that these "
			"edits do not touch differ", j->job->base);
	return status;
}

static enum ee_status
go_back(struct job *j)
{
	char path[4200];
	enum ee_status status = load_deltas(j, -1);

	if (status != EE_OK)
		return status;
	snprintf(path, sizeof(path), "%s/%s", j->job->dir, EE_UNDO_FILE);
	if (access(path, F_OK) == 0) {
		status = by_undo(j, path);
		if (status != EE_END)
			return status;
	}
	if (j->job->base != NULL)
		return by_base(j);
	j->done->how = EE_BY_SUBTRACTING;
	status = take_all_edited(j);
	return status == EE_OK ? write_folder(j, false) : status;
}

enum ee_status
ee_unapply(const struct ee_apply_job *job, struct ee_application *done,
	   const struct ee_warn *warn, struct ee_err *err)
{
	struct job j = { .job = job, .done = done, .warn = warn, .err = err };
	enum ee_status status = open_job(&j);

	if (status == EE_OK)
		status = go_back(&j);
	return close_job(&j, status);
}
