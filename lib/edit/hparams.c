/* hparams.c - hyper-parameters of an edit.  See hparams.h. */
#include "edit/hparams.h"

#include <stdio.h>
#include <string.h>

#include "file/yaml.h"

enum kind { TEXT, REAL, INTEGER, LOGIC, LAYERS, TOKEN, LENGTHS, PASS };

#define AT(member) offsetof(struct ee_hparams, member)

static const struct {
	const char *key;
	enum kind kind;
	size_t at;
	double min, max;
	bool needed;
} keys[] = {
	{ "alg_name", TEXT, AT(alg_name), 0, 0, false },
	{ "model_name", TEXT, AT(model_name), 0, 0, false },
	{ "stats_dir", TEXT, AT(stats_dir), 0, 0, false },
	{ "layers", LAYERS, 0, 0, 0, true },
	{ "fact_token", TOKEN, AT(fact_token), 0, 0, true },
	{ "v_num_grad_steps", INTEGER, AT(steps), 1, 1e6, true },
	{ "v_lr", REAL, AT(lr), 0, 1e6, true },
	{ "v_loss_layer", INTEGER, AT(loss_layer), 0, 1e6, true },
	{ "v_weight_decay", REAL, AT(weight_decay), 0, 1e6, true },
	{ "clamp_norm_factor", REAL, AT(clamp), 0, 1e6, true },
	{ "kl_factor", REAL, AT(kl_factor), 0, 1e6, true },
	{ "mom2_adjustment", LOGIC, AT(mom2_adjustment), 0, 0, false },
	{ "mom2_update_weight", REAL, AT(mom2_update_weight), 0, 1e12,
	  false },
	{ "L2", REAL, AT(l2), 0, 1e12, false },
	{ "nullspace_threshold", REAL, AT(null_threshold), 0, 1e12, false },
	{ "enable_random_prefix_keys", LOGIC, AT(random_prefix_keys), 0, 0,
	  false },
	{ "enable_prompt_keys", LOGIC, AT(prompt_keys), 0, 0, false },
	{ "context_template_length_params", LENGTHS, 0, 0, 0, false },
	{ "rewrite_module_tmp", TEXT, AT(rewrite_module), 0, 0, true },
	{ "layer_module_tmp", TEXT, AT(layer_module), 0, 0, false },
	{ "mlp_module_tmp", TEXT, AT(mlp_module), 0, 0, false },
	{ "mom2_dataset", TEXT, AT(mom2_dataset), 0, 0, false },
	{ "mom2_n_samples", INTEGER, AT(mom2_n_samples), 1, 1e12, false },
	{ "mom2_dtype", TEXT, AT(mom2_dtype), 0, 0, false },
	/* where and how the reference runs; names the family table knows */
	{ "device", PASS, 0, 0, 0, false },
	{ "model_parallel", PASS, 0, 0, 0, false },
	{ "fp16", PASS, 0, 0, 0, false },
	{ "max_length", PASS, 0, 0, 0, false },
	{ "batch_size", PASS, 0, 0, 0, false },
	{ "attn_module_tmp", PASS, 0, 0, 0, false },
	{ "ln_f_module", PASS, 0, 0, 0, false },
	{ "lm_head_module", PASS, 0, 0, 0, false },
	{ "P_loc", PASS, 0, 0, 0, false },
	{ "layer_selection", PASS, 0, 0, 0, false },
	{ "original_implementation", PASS, 0, 0, 0, false },
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

struct source {
	const struct ee_value *map;
	const char *path;
	struct ee_err *err;
};

static enum ee_status
wrong(const struct source *s, const struct ee_value *v, const char *key,
      const char *want)
{
	return ee_fail(s->err, EE_EFORMAT, "%s:%u: '%s': want %s", s->path,
		       v->line, key, want);
}

static enum ee_status
read_layers(struct ee_hparams *h, const struct source *s,
	    const struct ee_value *v)
{
	size_t i, j;

	if (v->type != EE_LIST || v->n == 0 || v->n > EE_MAX_EDIT_LAYERS)
		return wrong(s, v, "layers", "a list of layer numbers");
	for (i = 0; i < v->n; i++) {
		if (v->u.list[i].type != EE_INT || v->u.list[i].u.integer < 0)
			return wrong(s, v, "layers",
				     "a list of layer numbers");
		/* kept in ascending order, as the methods go */
		for (j = i; j > 0 && h->layers[j - 1] >
		     (size_t)v->u.list[i].u.integer; j--)
			h->layers[j] = h->layers[j - 1];
		h->layers[j] = (size_t)v->u.list[i].u.integer;
	}
	for (i = 1; i < v->n; i++)
		if (h->layers[i] == h->layers[i - 1])
			return wrong(s, v, "layers", "each layer once");
	h->nlayers = v->n;
	return EE_OK;
}

static enum ee_status
read_lengths(struct ee_hparams *h, const struct source *s,
	     const struct ee_value *v)
{
	static const char want[] = "a list of [length, count]";
	size_t i;

	if (v->type != EE_LIST || v->n > EE_MAX_LENGTHS)
		return wrong(s, v, "context_template_length_params", want);
	for (i = 0; i < v->n; i++) {
		const struct ee_value *pair = &v->u.list[i];

		if (pair->type != EE_LIST || pair->n != 2 ||
		    pair->u.list[0].type != EE_INT ||
		    pair->u.list[1].type != EE_INT ||
		    pair->u.list[0].u.integer < 1 ||
		    pair->u.list[0].u.integer > 1000 ||
		    pair->u.list[1].u.integer < 0 ||
		    pair->u.list[1].u.integer > 10000)
			return wrong(s, v, "context_template_length_params",
				     want);
		h->length[i] = pair->u.list[0].u.integer;
		h->count[i] = pair->u.list[1].u.integer;
	}
	h->nlengths = v->n;
	return EE_OK;
}

static enum ee_status
read_token(struct ee_hparams *h, const struct source *s,
	   const struct ee_value *v)
{
	static const char *const names[] = {
		[EE_SUBJECT_LAST] = "subject_last",
		[EE_SUBJECT_FIRST] = "subject_first",
		[EE_SUBJECT_AFTER] = "subject_first_after_last",
		[EE_PROMPT_LAST] = "last",
	};
	unsigned i;

	for (i = 0; v->type == EE_TEXT && i < 4; i++) {
		if (strcmp(v->u.text, names[i]) == 0) {
			h->fact_token = (enum ee_fact_token)i;
			return EE_OK;
		}
	}
	return wrong(s, v, "fact_token", "subject_last, subject_first, "
		     "subject_first_after_last or last");
}

static enum ee_status
read_key(struct ee_hparams *h, const struct source *s, size_t k)
{
	char *to = (char *)h + keys[k].at;
	const char *key = keys[k].key;
	const struct ee_value *v = ee_get(s->map, key);

	switch (keys[k].kind) {
	case TEXT:
		return ee_get_text(s->map, key, (const char **)(void *)to,
				   s->path, s->err);
	case REAL:
		return ee_get_real(s->map, key, keys[k].min, keys[k].max,
				   (double *)(void *)to, s->path, s->err);
	case INTEGER:
		return ee_get_int(s->map, key, (int64_t)keys[k].min,
				  (int64_t)keys[k].max,
				  (int64_t *)(void *)to, s->path, s->err);
	case LOGIC:
		return ee_get_logic(s->map, key, (bool *)(void *)to, s->path,
				    s->err);
	case LAYERS: return read_layers(h, s, v);
	case TOKEN: return read_token(h, s, v);
	case LENGTHS: return read_lengths(h, s, v);
	case PASS: break;
	}
	return EE_OK;
}

static void
warn_unknown(const struct source *s, const struct ee_warn *warn)
{
	size_t i, k;

	for (i = 0; i < s->map->n; i++) {
		const struct ee_pair *p = &s->map->u.map[i];

		for (k = 0; k < KEYS; k++)
			if (strcmp(keys[k].key, p->key) == 0)
				break;
		if (k == KEYS)
			ee_warn(warn, "%s:%u: unknown key '%s'", s->path,
				p->value.line, p->key);
	}
}

enum ee_status
ee_hparams_from(struct ee_hparams *h, const struct ee_value *map,
		const char *path, const struct ee_warn *warn,
		struct ee_err *err)
{
	const struct source s = { map, path, err };
	enum ee_status status;
	size_t k;

	h->alg_name = "ROME";
	h->mom2_dataset = "wikipedia";
	h->mom2_dtype = "float32";
	h->random_prefix_keys = true;
	if (map->type != EE_MAP)
		return ee_fail(err, EE_EFORMAT, "%s: is %s, want a map of "
			       "hyper-parameters", path,
			       ee_type_name(map->type));
	warn_unknown(&s, warn);
	h->mom2_given = ee_get(map, "mom2_adjustment") != NULL;
	for (k = 0; k < KEYS; k++) {
		const struct ee_value *v = ee_get(map, keys[k].key);

		if (v == NULL || v->type == EE_NULL) {
			if (keys[k].needed)
				return ee_fail(err, EE_EFORMAT,
					       "%s: '%s' is missing", path,
					       keys[k].key);
			continue;
		}
		status = read_key(h, &s, k);
		if (status != EE_OK)
			return status;
	}
	return EE_OK;
}

enum ee_status
ee_hparams_read(struct ee_hparams *h, const char *path,
		const struct ee_warn *warn, struct ee_err *err)
{
	struct ee_value map;
	enum ee_status status;

	memset(h, 0, sizeof(*h));
	status = ee_yaml_read(&h->arena, path, &map, err);
	return status == EE_OK ? ee_hparams_from(h, &map, path, warn, err)
			       : status;
}

void
ee_hparams_free(struct ee_hparams *h)
{
	ee_arena_free(&h->arena);
}

void
ee_fill_layer(const char *pattern, size_t layer, char text[EE_MAX_NAME])
{
	const char *hole = strstr(pattern, "{}");

	if (hole == NULL)
		snprintf(text, EE_MAX_NAME, "%s", pattern);
	else
		snprintf(text, EE_MAX_NAME, "%.*s%zu%s",
			 (int)(hole - pattern), pattern, layer, hole + 2);
}

/* The module that 'pattern' names at 'layer' must end at 'site'. */
static enum ee_status
check_module(const struct ee_model *model, const char *key,
	     const char *pattern, size_t layer, enum ee_site site,
	     const char *what, struct ee_err *err)
{
	char name[EE_MAX_NAME];
	struct ee_place place;
	enum ee_status status;

	if (pattern == NULL)
		return EE_OK;
	ee_fill_layer(pattern, layer, name);
	status = ee_model_place(model, name, &place, err);
	if (status != EE_OK)
		return ee_within(err, status, "'%s'", key);
	if (place.module->out != site ||
	    (site == EE_AT_MLP && place.module->role != EE_W_DOWN &&
	     strcmp(key, "rewrite_module_tmp") == 0) || place.layer != layer)
		return ee_fail(err, EE_EINPUT, "'%s': '%s' is not the %s of "
			       "layer %zu", key, name, what, layer);
	return EE_OK;
}

enum ee_status
ee_hparams_check(const struct ee_hparams *h, const struct ee_model *model,
		 struct ee_err *err)
{
	enum ee_status status = EE_OK;
	size_t i;

	if ((uint64_t)h->loss_layer >= model->config.layers)
		return ee_fail(err, EE_EINPUT, "'v_loss_layer': %lld; this "
			       "model has layers 0 to %zu",
			       (long long)h->loss_layer,
			       model->config.layers - 1);
	for (i = 0; i < h->nlayers && status == EE_OK; i++) {
		const size_t layer = h->layers[i];

		if (layer >= model->config.layers)
			return ee_fail(err, EE_EINPUT, "'layers': %zu; this "
				       "model has layers 0 to %zu", layer,
				       model->config.layers - 1);
		status = check_module(model, "rewrite_module_tmp",
				      h->rewrite_module, layer, EE_AT_MLP,
				      "down projection", err);
		if (status == EE_OK)
			status = check_module(model, "mlp_module_tmp",
					      h->mlp_module, layer,
					      EE_AT_MLP, "MLP", err);
		if (status == EE_OK)
			status = check_module(model, "layer_module_tmp",
					      h->layer_module, layer,
					      EE_AT_OUT, "block", err);
	}
	return status;
}
