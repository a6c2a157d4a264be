/* hparams.c - hyper-parameters of an edit.  See hparams.h. */
#include "edit/hparams.h"

#include <stdio.h>
#include <string.h>

#include "base/try.h"
#include "edit/keys.h"
#include "file/yaml.h"

static enum ee_status
read_layers(void *into, const struct ee_keys_source *s,
	    const struct ee_value *v)
{
	static const char want[] = "a list of layer numbers";
	struct ee_hparams *h = into;
	size_t i, j;

	if (v->type != EE_LIST || v->n == 0 || v->n > EE_MAX_EDIT_LAYERS)
		return ee_key_wrong(s, v, "layers", want);
	for (i = 0; i < v->n; i++) {
		if (v->u.list[i].type != EE_INT || v->u.list[i].u.integer < 0)
			return ee_key_wrong(s, v, "layers", want);
		/* kept in ascending order, as the methods go */
		for (j = i; j > 0 && h->layers[j - 1] >
		     (size_t)v->u.list[i].u.integer; j--)
			h->layers[j] = h->layers[j - 1];
		h->layers[j] = (size_t)v->u.list[i].u.integer;
	}
	for (i = 1; i < v->n; i++)
		if (h->layers[i] == h->layers[i - 1])
			return ee_key_wrong(s, v, "layers",
					    "each layer once");
	h->nlayers = v->n;
	return EE_OK;
}

static enum ee_status
read_lengths(void *into, const struct ee_keys_source *s,
	     const struct ee_value *v)
{
	static const char key[] = "context_template_length_params";
	static const char want[] = "a list of [length, count]";
	struct ee_hparams *h = into;
	size_t i;

	if (v->type != EE_LIST || v->n > EE_MAX_LENGTHS)
		return ee_key_wrong(s, v, key, want);
	for (i = 0; i < v->n; i++) {
		const struct ee_value *pair = &v->u.list[i];

		if (pair->type != EE_LIST || pair->n != 2 ||
		    pair->u.list[0].type != EE_INT ||
		    pair->u.list[1].type != EE_INT ||
		    pair->u.list[0].u.integer < 1 ||
		    pair->u.list[0].u.integer > 1000 ||
		    pair->u.list[1].u.integer < 0 ||
		    pair->u.list[1].u.integer > 10000)
			return ee_key_wrong(s, v, key, want);
		h->length[i] = pair->u.list[0].u.integer;
		h->count[i] = pair->u.list[1].u.integer;
	}
	h->nlengths = v->n;
	return EE_OK;
}

static enum ee_status
read_token(void *into, const struct ee_keys_source *s,
	   const struct ee_value *v)
{
	static const char *const names[] = {
		[EE_SUBJECT_LAST] = "subject_last",
		[EE_SUBJECT_FIRST] = "subject_first",
		[EE_SUBJECT_AFTER] = "subject_first_after_last",
		[EE_PROMPT_LAST] = "last",
	};
	struct ee_hparams *h = into;
	unsigned i;

	TRY(ee_key_choice(s, v, "fact_token", names, 4, &i));
	h->fact_token = (enum ee_fact_token)i;
	return EE_OK;
}

#define AT(member) offsetof(struct ee_hparams, member)
#define TEXT(key, member, needed) \
	{ key, EE_KEY_TEXT, AT(member), 0, 0, needed, NULL }
#define REAL(key, member, max, needed) \
	{ key, EE_KEY_REAL, AT(member), 0, max, needed, NULL }
#define INT(key, member, min, max, needed) \
	{ key, EE_KEY_INT, AT(member), min, max, needed, NULL }
#define LOGIC(key, member) \
	{ key, EE_KEY_LOGIC, AT(member), 0, 0, false, NULL }
#define OWN(key, needed, read) { key, EE_KEY_OWN, 0, 0, 0, needed, read }
#define PASS(key) { key, EE_KEY_PASS, 0, 0, 0, false, NULL }

static const struct ee_key keys[] = {
	TEXT("alg_name", alg_name, false),
	TEXT("model_name", model_name, false),
	TEXT("stats_dir", stats_dir, false),
	OWN("layers", true, read_layers),
	OWN("fact_token", true, read_token),
	INT("v_num_grad_steps", steps, 1, 1e6, true),
	REAL("v_lr", lr, 1e6, true),
	INT("v_loss_layer", loss_layer, 0, 1e6, true),
	REAL("v_weight_decay", weight_decay, 1e6, true),
	REAL("clamp_norm_factor", clamp, 1e6, true),
	REAL("kl_factor", kl_factor, 1e6, true),
	LOGIC("mom2_adjustment", mom2_adjustment),
	REAL("mom2_update_weight", mom2_update_weight, 1e12, false),
	REAL("update_norm_lambda", update_norm, 1e12, false),
	REAL("emmet_lambda", emmet_lambda, 1e6, false),
	REAL("L2", l2, 1e12, false),
	REAL("nullspace_threshold", null_threshold, 1e12, false),
	LOGIC("enable_random_prefix_keys", random_prefix_keys),
	LOGIC("enable_prompt_keys", prompt_keys),
	OWN("context_template_length_params", false, read_lengths),
	TEXT("rewrite_module_tmp", rewrite_module, true),
	TEXT("layer_module_tmp", layer_module, false),
	TEXT("mlp_module_tmp", mlp_module, false),
	TEXT("mom2_dataset", mom2_dataset, false),
	INT("mom2_n_samples", mom2_n_samples, 1, 1e12, false),
	TEXT("mom2_dtype", mom2_dtype, false),
	/* where and how the reference runs; names the family table knows */
	PASS("device"),
	PASS("model_parallel"),
	PASS("fp16"),
	PASS("max_length"),
	PASS("batch_size"),
	PASS("attn_module_tmp"),
	PASS("ln_f_module"),
	PASS("lm_head_module"),
	PASS("P_loc"),
	PASS("layer_selection"),
	PASS("original_implementation"),
	PASS("calculate_objective_value"),
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

enum ee_status
ee_hparams_from(struct ee_hparams *h, const struct ee_value *map,
		const char *path, const struct ee_warn *warn,
		struct ee_err *err)
{
	const struct ee_keys_source s = { map, path, err };

	h->alg_name = "";
	h->mom2_dataset = "wikipedia";
	h->mom2_dtype = "float32";
	h->emmet_lambda = 0.1;
	h->random_prefix_keys = true;
	h->mom2_given = ee_get(map, "mom2_adjustment") != NULL;
	return ee_keys_read(keys, KEYS, &s, h, warn);
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
