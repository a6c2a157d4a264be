/* model.c - a model folder, opened.  See model.h. */
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "math/convert.h"

const struct ee_param *
ee_model_param(const struct ee_model *m, size_t layer, enum ee_role role)
{
	if (role >= EE_LAYER_ROLES)
		return &m->whole[role - EE_LAYER_ROLES];
	return &m->layer[layer * EE_LAYER_ROLES + role];
}

/* The stored tensor 'name', or the same without the family's prefix. */
static const struct ee_weights_item *
find(const struct ee_model *m, const char *name)
{
	const char *prefix = m->config.family->prefix;
	const struct ee_weights_item *item = ee_weights_find(&m->weights,
							     name);

	if (item == NULL && strncmp(name, prefix, strlen(prefix)) == 0)
		item = ee_weights_find(&m->weights, name + strlen(prefix));
	return item;
}

static enum ee_status
check_shape(const char *name, const struct ee_tensor *t, size_t rows,
	    size_t cols, struct ee_err *err)
{
	char have[128], want[128];
	const struct ee_tensor model = ee_tensor_2d(EE_F32, NULL, rows, cols);

	if (t->dtype != EE_F32 && t->dtype != EE_F16 && t->dtype != EE_BF16)
		return ee_fail(err, EE_EINPUT, "tensor '%s' is %s; weights "
			       "must be float32, float16 or bfloat16", name,
			       ee_dtype_name(t->dtype));
	if (t->ndim != model.ndim || t->shape[0] != rows ||
	    (cols > 0 && t->shape[1] != cols))
		return ee_fail(err, EE_EMATCH, "tensor '%s' is %s, but "
			       "config.json says %s", name,
			       ee_tensor_shape(t, have),
			       ee_tensor_shape(&model, want));
	return EE_OK;
}

/* A stored vector as a float32 copy. */
static enum ee_status
load_vector(const struct ee_model *m, const char *name, bool optional,
	    size_t n, float **out, struct ee_err *err)
{
	const struct ee_weights_item *item = find(m, name);
	enum ee_status status;

	if (item == NULL && optional)
		return EE_OK;
	if (item == NULL)
		return ee_fail(err, EE_EMATCH, "tensor '%s' is missing",
			       name);
	status = check_shape(name, &item->tensor, n, 0, err);
	if (status != EE_OK)
		return status;
	*out = ee_floats(n, err);
	if (*out == NULL)
		return EE_ENOMEM;
	ee_to_f32(item->tensor.dtype, item->tensor.data, n, *out);
	return EE_OK;
}

static enum ee_status
load_matrix(const struct ee_model *m, const char *name, struct ee_param *p,
	    struct ee_err *err)
{
	const bool layered = p->module->role < EE_LAYER_ROLES;
	const struct ee_weights_item *item = find(m, name);
	struct ee_weight *w = &p->w;
	enum ee_status status;

	if (item == NULL)
		return ee_fail(err, EE_EMATCH, "tensor '%s' is missing",
			       name);
	ee_role_shape(&m->config, p->module->role, &w->out, &w->in);
	w->in_major = layered && m->config.family->in_major;
	status = check_shape(name, &item->tensor,
			     w->in_major ? w->in : w->out,
			     w->in_major ? w->out : w->in, err);
	w->data = item->tensor.data;
	w->dtype = item->tensor.dtype;
	p->stored = item->name;
	return status;
}

/* Load the module 'full' (its whole name) into its parameter. */
static enum ee_status
load_param(struct ee_model *m, const char *full,
	   const struct ee_module *module, struct ee_param *p,
	   struct ee_err *err)
{
	char name[EE_MAX_NAME + 8];
	enum ee_status status;
	size_t out, in;

	p->module = module;
	ee_role_shape(&m->config, module->role, &out, &in);
	p->w.out = out;
	snprintf(name, sizeof(name), "%s.weight", full);
	if (ee_is_norm(module->role))
		status = load_vector(m, name, false, out, &p->norm, err);
	else
		status = load_matrix(m, name, p, err);
	if (status != EE_OK || module->bias == EE_NO_BIAS)
		return status;
	snprintf(name, sizeof(name), "%s.bias", full);
	return load_vector(m, name, module->bias == EE_MAYBE_BIAS, out,
			   &p->bias, err);
}

static enum ee_status
load_layers(struct ee_model *m, struct ee_err *err)
{
	const struct ee_module *module;
	struct ee_param *p;
	char full[EE_MAX_NAME];
	enum ee_status status;
	size_t i;

	for (i = 0; i < m->config.layers; i++) {
		module = m->config.family->modules;
		for (; module->name != NULL; module++) {
			if (module->role == EE_W_NONE)
				continue;
			ee_model_name(m, i, module, full);
			p = &m->layer[i * EE_LAYER_ROLES + module->role];
			status = load_param(m, full, module, p, err);
			if (status != EE_OK)
				return status;
			if ((p->bias == NULL) !=
			    (m->layer[module->role].bias == NULL))
				return ee_fail(err, EE_EMATCH, "some layers "
					       "have a tensor '%s.bias', "
					       "others none", module->name);
		}
	}
	/* a layer more than config.json says is another model */
	for (module = m->config.family->modules; module->name != NULL;
	     module++) {
		if (module->role == EE_W_NONE)
			continue;
		ee_model_name(m, i, module, full);
		strncat(full, ".weight", sizeof(full) - strlen(full) - 1);
		if (find(m, full) != NULL)
			return ee_fail(err, EE_EMATCH, "tensor '%s' is there,"
				       " but config.json says %zu layers",
				       full, i);
	}
	return EE_OK;
}

/* The head is the embedding; a head that is stored as well must be so. */
static enum ee_status
load_tied(struct ee_model *m, const struct ee_module *module,
	  struct ee_param *p, struct ee_err *err)
{
	const struct ee_param *embed = &m->whole[EE_W_EMBED - EE_LAYER_ROLES];
	struct ee_param stored = { .module = module };
	char name[EE_MAX_NAME + 8];
	enum ee_status status = EE_OK;

	snprintf(name, sizeof(name), "%s.weight", module->name);
	if (find(m, name) != NULL) {
		status = load_matrix(m, name, &stored, err);
		if (status == EE_OK &&
		    ee_param_print(&stored) != ee_param_print(embed))
			return ee_fail(err, EE_EMATCH, "tensor '%s' is not the "
				       "embedding, but config.json says "
				       "tie_word_embeddings", name);
	}
	*p = *embed;
	p->module = module;
	if (status != EE_OK || module->bias == EE_NO_BIAS)
		return status;
	snprintf(name, sizeof(name), "%s.bias", module->name);
	return load_vector(m, name, false, p->w.out, &p->bias, err);
}

static enum ee_status
load_whole(struct ee_model *m, struct ee_err *err)
{
	const struct ee_module *module = m->config.family->whole;
	struct ee_param *p;
	enum ee_status status;

	for (; module->name != NULL; module++) {
		p = &m->whole[module->role - EE_LAYER_ROLES];
		status = module->role == EE_W_HEAD && m->config.tied ?
			 load_tied(m, module, p, err) :
			 load_param(m, module->name, module, p, err);
		if (status != EE_OK)
			return status;
	}
	return EE_OK;
}

/* Norms and biases lie scattered over the file, and are all copied. */
static void
prefetch_vectors(const struct ee_weights *w)
{
	size_t i, size;

	for (i = 0; i < w->n; i++)
		if (w->list[i].tensor.ndim == 1 &&
		    ee_tensor_bytes(&w->list[i].tensor, &size))
			ee_map_prefetch(w->list[i].tensor.data, size);
}

enum ee_status
ee_model_open(struct ee_model **model, const char *dir, struct ee_err *err)
{
	struct ee_model *m = ee_calloc(1, sizeof(*m), err);
	enum ee_status status;

	*model = NULL;
	if (m == NULL)
		return EE_ENOMEM;
	status = ee_config_read(&m->config, dir, err);
	if (status != EE_OK)
		goto fail;
	status = ee_weights_open(&m->weights, dir, err);
	if (status != EE_OK)
		goto fail;
	prefetch_vectors(&m->weights);
	m->layer = ee_calloc(m->config.layers,
			     EE_LAYER_ROLES * sizeof(*m->layer), err);
	m->prints = ee_calloc(m->config.layers, 2 * sizeof(*m->prints), err);
	m->file_prints = ee_calloc(m->config.layers, 2 * sizeof(*m->prints),
				   err);
	status = EE_ENOMEM;
	if (m->layer == NULL || m->prints == NULL || m->file_prints == NULL)
		goto fail;
	status = load_whole(m, err);
	if (status == EE_OK)
		status = load_layers(m, err);
	if (status != EE_OK) {
		status = ee_within(err, status, "%s", dir);
		goto fail;
	}
	ee_model_prefetch(m);
	ee_model_fingerprint(m);
	memcpy(m->file_prints, m->prints,
	       m->config.layers * 2 * sizeof(*m->prints));
	m->file_print = m->print;
	*model = m;
	return EE_OK;
fail:
	ee_model_close(m);
	return status;
}

static void
free_param(struct ee_param *p)
{
	free(p->norm);
	free(p->bias);
	free(p->edited);
	free(p->kept);
}

void
ee_model_close(struct ee_model *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; m->layer != NULL &&
	     i < m->config.layers * EE_LAYER_ROLES; i++)
		free_param(&m->layer[i]);
	for (i = 0; i < EE_ROLES - EE_LAYER_ROLES; i++)
		if (i == EE_W_HEAD - EE_LAYER_ROLES && m->config.tied)
			free(m->whole[i].bias);		/* the rest is lent */
		else
			free_param(&m->whole[i]);
	free(m->layer);
	free(m->prints);
	free(m->file_prints);
	ee_weights_close(&m->weights);
	free(m);
}
