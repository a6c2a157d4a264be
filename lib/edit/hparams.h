/*
 * hparams.h - hyper-parameters of an edit, from EasyEdit's YAML files and
 * the JSON files of the original ROME and MEMIT, as they are.
 */
#ifndef EE_HPARAMS_H
#define EE_HPARAMS_H

#include "base/base.h"
#include "base/value.h"
#include "model/model.h"

enum ee_fact_token {
	EE_SUBJECT_LAST, EE_SUBJECT_FIRST, EE_SUBJECT_AFTER, EE_PROMPT_LAST
};

enum { EE_MAX_EDIT_LAYERS = 64, EE_MAX_LENGTHS = 16 };

struct ee_hparams {
	const char *alg_name;		/* "R-ROME", "MEMIT"; "" if not said */
	const char *model_name;		/* or NULL */
	const char *stats_dir;		/* or NULL */
	size_t nlayers, layers[EE_MAX_EDIT_LAYERS];
	enum ee_fact_token fact_token;
	int64_t steps;			/* v_num_grad_steps */
	double lr;			/* v_lr */
	int64_t loss_layer;		/* v_loss_layer */
	double weight_decay;		/* v_weight_decay */
	double clamp;			/* clamp_norm_factor */
	double kl_factor;
	bool mom2_adjustment;
	bool mom2_given;		/* the file says it */
	double mom2_update_weight;	/* MEMIT */
	double update_norm;		/* update_norm_lambda */
	double emmet_lambda;		/* EMMET's mu; 0.1 if not given */
	double l2, null_threshold;	/* AlphaEdit: L2, nullspace_threshold */
	bool random_prefix_keys;	/* R-ROME: keys of all templates */
	bool prompt_keys;		/* R-ROME: keys of the bare prompt */
	/* context templates to sample: count[i] of length[i] tokens */
	size_t nlengths;
	int64_t length[EE_MAX_LENGTHS], count[EE_MAX_LENGTHS];
	const char *rewrite_module, *layer_module, *mlp_module;
	const char *mom2_dataset, *mom2_dtype;
	int64_t mom2_n_samples;
	struct ee_arena arena;		/* owns the texts */
};

/*
 * Read 'path'.  Unknown keys are notices; keys that say where the reference
 * runs (device, fp16, ...) are passed over.
 *
 * Fails with EE_EIO, EE_EFORMAT (file, line and key), EE_ENOMEM.
 * ee_hparams_free whatever happens.
 */
EE_MUST_CHECK enum ee_status ee_hparams_read(struct ee_hparams *hparams,
	const char *path, const struct ee_warn *warn, struct ee_err *err);
/* The same from a map that is there already, whose texts are borrowed; the
 * struct starts as {0}. */
EE_MUST_CHECK enum ee_status ee_hparams_from(struct ee_hparams *hparams,
	const struct ee_value *map, const char *path,
	const struct ee_warn *warn, struct ee_err *err);
void ee_hparams_free(struct ee_hparams *hparams);

/* "transformer.h.{}.mlp.c_proj" with the layer put in. */
void ee_fill_layer(const char *pattern, size_t layer,
		   char text[EE_MAX_NAME]);

/*
 * Check that layers, rewrite_module, layer_module and mlp_module name what
 * the method needs in this model: a down projection, a block, its MLP.
 * Fails with EE_EINPUT.
 */
EE_MUST_CHECK enum ee_status ee_hparams_check(
	const struct ee_hparams *hparams, const struct ee_model *model,
	struct ee_err *err);

#endif
