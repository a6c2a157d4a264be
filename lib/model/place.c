/* place.c - names of modules, and edits.  See model.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "math/convert.h"
#include "model/model.h"

/* "transformer.h.%zu" filled in; the format is the family table's. */
static void
layer_name(const struct ee_model *m, size_t layer, char text[EE_MAX_NAME])
{
	const char *pattern = m->config.family->layer;
	const int head = (int)(strstr(pattern, "%zu") - pattern);

	snprintf(text, EE_MAX_NAME, "%.*s%zu%s", head, pattern, layer,
		 pattern + head + 3);
}

void
ee_model_name(const struct ee_model *m, size_t layer,
	      const struct ee_module *module, char text[EE_MAX_NAME])
{
	char name[EE_MAX_NAME];

	layer_name(m, layer, name);
	snprintf(text, EE_MAX_NAME, "%s%s%s", name,
		 module->name[0] ? "." : "", module->name);
}

static enum ee_status
unknown(const struct ee_model *m, const char *name, struct ee_err *err)
{
	const struct ee_module *module = m->config.family->modules;
	char text[400], layer[EE_MAX_NAME];
	size_t used = 0;

	text[0] = '\0';
	for (; module->name != NULL && used < sizeof(text); module++)
		if (module->name[0] != '\0')
			used += (size_t)snprintf(text + used,
						 sizeof(text) - used, " %s",
						 module->name);
	layer_name(m, m->config.layers - 1, layer);
	return ee_fail(err, EE_EINPUT, "'%s' is no module of this model: "
		       "layers go up to %s, modules of a layer are:%s", name,
		       layer, text);
}

/* Length of the layer part of 'name' and its number; 0 if there is none. */
static size_t
match_layer(const struct ee_model *m, const char *name, size_t *layer)
{
	char text[EE_MAX_NAME];
	size_t i, len;

	for (i = m->config.layers; i-- > 0; ) {
		layer_name(m, i, text);
		len = strlen(text);
		if (strncmp(name, text, len) == 0 &&
		    strchr(".:", name[len]) != NULL) {
			*layer = i;
			return len;
		}
	}
	return 0;
}

enum ee_status
ee_model_place(const struct ee_model *m, const char *name,
	       struct ee_place *place, struct ee_err *err)
{
	const struct ee_module *module = m->config.family->modules;
	const char *side = strrchr(name, ':');
	size_t len = match_layer(m, name, &place->layer), rest;
	const char *below;

	if (len == 0)
		return unknown(m, name, err);
	below = name + len + (name[len] == '.');
	rest = side != NULL ? (size_t)(side - name) : strlen(name);
	if ((size_t)(below - name) > rest)
		return unknown(m, name, err);
	rest -= (size_t)(below - name);
	for (; module->name != NULL; module++)
		if (strlen(module->name) == rest &&
		    strncmp(module->name, below, rest) == 0)
			break;
	if (module->name == NULL)
		return unknown(m, name, err);
	place->module = module;
	place->site = EE_AT_NOWHERE;
	if (side == NULL)
		return EE_OK;
	if (strcmp(side, ":in") == 0)
		place->site = module->in;
	else if (strcmp(side, ":out") == 0)
		place->site = module->out;
	else
		return ee_fail(err, EE_EINPUT, "'%s': want ':in' or ':out', "
			       "not '%s'", name, side);
	return EE_OK;
}

const struct ee_param *
ee_model_weight(const struct ee_model *m, const char *name)
{
	const size_t len = strlen(name), tail = strlen(".weight");
	struct ee_place place;
	struct ee_err err;
	char module[EE_MAX_NAME];
	const struct ee_param *p;

	if (len <= tail || len >= sizeof(module) ||
	    strcmp(name + len - tail, ".weight") != 0)
		return NULL;
	memcpy(module, name, len - tail);
	module[len - tail] = '\0';
	if (ee_model_place(m, module, &place, &err) != EE_OK ||
	    place.module->role >= EE_LAYER_ROLES)
		return NULL;
	p = ee_model_param(m, place.layer, place.module->role);
	return p->w.data != NULL ? p : NULL;
}

/* Make p->edited: a float32 copy that edits can be added to. */
static enum ee_status
unshare(struct ee_param *p, struct ee_err *err)
{
	const size_t n = p->w.out * p->w.in;

	if (p->edited != NULL)
		return EE_OK;
	p->edited = ee_floats(n, err);
	if (p->edited == NULL)
		return EE_ENOMEM;
	ee_to_f32(p->w.dtype, p->w.data, n, p->edited);
	p->w.data = p->edited;
	p->w.dtype = EE_F32;
	return EE_OK;
}

enum ee_status
ee_model_edit(struct ee_model *m, const char *name, const float *left,
	      size_t out, const float *right, size_t in, size_t r, float sign,
	      struct ee_err *err)
{
	const struct ee_param *found = ee_model_weight(m, name);
	struct ee_param *p;
	enum ee_status status;

	if (found == NULL)
		return ee_fail(err, EE_EMATCH, "'%s' is no weight matrix of "
			       "this model", name);
	if (found->w.out != out || found->w.in != in)
		return ee_fail(err, EE_EMATCH, "'%s' is (%zu, %zu), the edit "
			       "is for (%zu, %zu)", name, found->w.out,
			       found->w.in, out, in);
	p = &m->layer[found - m->layer];
	status = unshare(p, err);
	if (status != EE_OK)
		return status;
	if (p->w.in_major)
		ee_gemm(false, true, in, out, r, sign, right, r, left, r, 1,
			p->edited, out);
	else
		ee_gemm(false, true, out, in, r, sign, left, r, right, r, 1,
			p->edited, in);
	ee_model_fingerprint(m);
	return EE_OK;
}

enum ee_status
ee_model_keep(struct ee_model *m, struct ee_err *err)
{
	const size_t n = m->config.layers * EE_LAYER_ROLES;
	struct ee_param *p;
	size_t size;

	for (p = m->layer; p < m->layer + n; p++) {
		if (p->edited == NULL)
			continue;
		size = p->w.out * p->w.in;
		if (p->kept == NULL)
			p->kept = ee_floats(size, err);
		if (p->kept == NULL)
			return EE_ENOMEM;
		memcpy(p->kept, p->edited, size * sizeof(*p->kept));
	}
	return EE_OK;
}

void
ee_model_return(struct ee_model *m)
{
	const size_t n = m->config.layers * EE_LAYER_ROLES;
	const struct ee_weights_item *item;
	struct ee_param *p;

	for (p = m->layer; p < m->layer + n; p++) {
		if (p->kept != NULL) {
			memcpy(p->edited, p->kept, p->w.out * p->w.in *
			       sizeof(*p->kept));
		} else if (p->edited != NULL) {
			item = ee_weights_find(&m->weights, p->stored);
			p->w.data = item->tensor.data;
			p->w.dtype = item->tensor.dtype;
			free(p->edited);
			p->edited = NULL;
		}
	}
	ee_model_fingerprint(m);
}
