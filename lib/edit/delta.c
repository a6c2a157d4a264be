/* delta.c - edits as patches.  See delta.h. */
#include "edit/delta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "math/vec.h"
#include "stream/stream.h"

void
ee_delta_free(struct ee_delta *delta)
{
	free(delta->left);
	free(delta->right);
	memset(delta, 0, sizeof(*delta));
}

struct ee_value
ee_delta_record(struct ee_arena *arena, const struct ee_delta *d)
{
	struct ee_value v = ee_map();

	ee_put(arena, &v, "weight", ee_text(d->weight));
	ee_put(arena, &v, "left",
	       ee_tensor(ee_tensor_2d(EE_F32, d->left, d->out, d->r)));
	ee_put(arena, &v, "right",
	       ee_tensor(ee_tensor_2d(EE_F32, d->right, d->in, d->r)));
	return v;
}

enum ee_status
ee_delta_from(const struct ee_value *record, const char *where,
	      struct ee_delta *d, struct ee_err *err)
{
	struct ee_tensor left, right;
	const char *weight;
	enum ee_status status;

	status = ee_get_text(record, "weight", &weight, where, err);
	if (status == EE_OK)
		status = ee_get_tensor(record, "left", EE_F32, 2, &left,
				       where, err);
	if (status == EE_OK)
		status = ee_get_tensor(record, "right", EE_F32, 2, &right,
				       where, err);
	if (status != EE_OK)
		return status;
	if (left.shape[1] != right.shape[1])
		return ee_fail(err, EE_EFORMAT, "%s: '%s': left has rank %zu, "
			       "right %zu", where, weight, left.shape[1],
			       right.shape[1]);
	snprintf(d->weight, sizeof(d->weight), "%s", weight);
	d->out = left.shape[0];
	d->in = right.shape[0];
	d->r = left.shape[1];
	/* borrowed; the struct is also used for arrays of one's own */
	d->left = (float *)(uintptr_t)left.data;
	d->right = (float *)(uintptr_t)right.data;
	if (!ee_all_finite(d->out * d->r, d->left) ||
	    !ee_all_finite(d->in * d->r, d->right))
		return ee_fail(err, EE_EFORMAT, "%s: '%s': not finite",
			       where, weight);
	return EE_OK;
}

struct ee_value
ee_model_value(struct ee_arena *arena, const struct ee_model *model)
{
	struct ee_value v = ee_map();
	char text[EE_PRINT_TEXT];

	ee_print_text(model->print, text);
	ee_put(arena, &v, "name", ee_text(model->config.name));
	ee_put(arena, &v, "fingerprint",
	       ee_text(ee_arena_text(arena, text, strlen(text))));
	return v;
}

enum ee_status
ee_model_check(const struct ee_model *model, const struct ee_value *header,
	       const char *where, bool force, const struct ee_warn *warn,
	       struct ee_err *err)
{
	const struct ee_value *v = ee_get(ee_get(header, "model"),
					  "fingerprint");
	char now[EE_PRINT_TEXT], file[EE_PRINT_TEXT];

	if (v == NULL || v->type != EE_TEXT) {
		ee_warn(warn, "%s does not say for which model it was made",
			where);
		return EE_OK;
	}
	ee_print_text(model->print, now);
	ee_print_text(model->file_print, file);
	if (strcmp(v->u.text, now) == 0 || strcmp(v->u.text, file) == 0)
		return EE_OK;
	if (!force)
		return ee_fail(err, EE_EMATCH, "%s was made for another model:"
			       " its fingerprint is %s, this model's is %s "
			       "(--force goes on)", where, v->u.text, now);
	ee_warn(warn, "%s was made for another model (%s, this is %s)",
		where, v->u.text, now);
	return EE_OK;
}

/* Going back, what is there is the edited model: not that which the edit was
 * made for. */
static enum ee_status
check_edited(const struct ee_model *model, const struct ee_reader *in,
	     struct ee_err *err)
{
	const struct ee_value *v = ee_get(ee_get(ee_reader_header(in),
						 "model"), "fingerprint");
	char file[EE_PRINT_TEXT];

	ee_print_text(model->file_print, file);
	if (v == NULL || v->type != EE_TEXT || strcmp(v->u.text, file) != 0)
		return EE_OK;
	return ee_fail(err, EE_EMATCH, "%s is not in this model, which is the "
		       "one that it was made for (--force subtracts it all "
		       "the same)", ee_reader_name(in));
}

static uint64_t
hash_delta(uint64_t id, const struct ee_delta *d)
{
	id = ee_hash(id, d->weight, strlen(d->weight));
	id = ee_hash(id, d->left, d->out * d->r * sizeof(*d->left));
	return ee_hash(id, d->right, d->in * d->r * sizeof(*d->right));
}

static enum ee_status
load_records(struct ee_model *model, struct ee_reader *in, const char *path,
	     float sign, uint64_t *id, struct ee_err *err)
{
	const struct ee_value *record;
	struct ee_delta d;
	enum ee_status status;
	char where[40];

	*id = EE_HASH_START;
	while ((status = ee_reader_next(in, &record, err)) == EE_OK) {
		snprintf(where, sizeof(where), "record %llu",
			 (unsigned long long)ee_reader_count(in));
		status = ee_delta_from(record, where, &d, err);
		if (status == EE_OK)
			*id = hash_delta(*id, &d);
		if (status == EE_OK)
			status = ee_model_edit(model, d.weight, d.left, d.out,
					       d.right, d.in, d.r, sign, err);
		if (status != EE_OK)
			return ee_within(err, status, "%s", path);
	}
	if (status == EE_END && ee_reader_count(in) == 0)
		return ee_fail(err, EE_EFORMAT, "%s: holds no edit", path);
	return status == EE_END ? EE_OK : status;
}

enum ee_status
ee_delta_open(struct ee_reader **in, const char *path, struct ee_err *err)
{
	if (strcmp(path, "-") == 0)
		return ee_reader_open(in, STDIN_FILENO, "standard input",
				      "delta", err);
	return ee_reader_open_file(in, path, "delta", err);
}

enum ee_status
ee_delta_load_id(struct ee_model *model, const char *path, float sign,
		 bool force, uint64_t *id, const struct ee_warn *warn,
		 struct ee_err *err)
{
	struct ee_reader *in;
	enum ee_status status = ee_delta_open(&in, path, err);

	if (status != EE_OK)
		return status;
	if (sign > 0)
		status = ee_model_check(model, ee_reader_header(in),
					ee_reader_name(in), force, warn, err);
	else if (!force)
		status = check_edited(model, in, err);
	if (status == EE_OK)
		status = load_records(model, in, ee_reader_name(in), sign, id,
				      err);
	ee_reader_close(in);
	return status;
}

enum ee_status
ee_delta_load(struct ee_model *model, const char *path, float sign,
	      bool force, const struct ee_warn *warn, struct ee_err *err)
{
	uint64_t id;

	return ee_delta_load_id(model, path, sign, force, &id, warn, err);
}
