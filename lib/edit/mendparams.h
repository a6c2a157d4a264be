/*
 * mendparams.h - hyper-parameters of MEND, from EasyEdit's YAML files, those
 * to train with and those to edit with, as they are.
 */
#ifndef EE_MENDPARAMS_H
#define EE_MENDPARAMS_H

#include "base/base.h"
#include "base/value.h"
#include "math/optim.h"

enum { EE_MAX_INNER_PARAMS = 256 };

enum ee_mend_init { EE_INIT_ID, EE_INIT_XAVIER };
enum ee_mend_outer { EE_OUTER_REPHRASE, EE_OUTER_EDIT, EE_OUTER_UNSAID };

/* What shapes the hypernetwork: an archive fits only the same. */
struct ee_mend_net_params {
	bool combine;		/* one network for x and delta together */
	bool one_sided;		/* a network for the narrower one only */
	bool x_only, delta_only;	/* a network for this one only */
	bool norm;		/* by running mean and deviation */
	bool shared;		/* one network for each shape of weight */
	int64_t n_hidden;	/* layers but the last */
	int64_t rank;		/* of a layer; at most its width */
	enum ee_mend_init init;
};

struct ee_mend_params {
	const char *alg;		/* "MEND": alg or alg_name */
	const char *model_name;		/* or NULL */
	const char *archive;		/* NULL: train from scratch */
	size_t ninner;
	const char *inner[EE_MAX_INNER_PARAMS];	/* inner_params, in order */
	struct ee_mend_net_params net;

	double lr;			/* of the networks */
	double edit_lr;			/* where each weight's lr starts */
	double lr_lr;			/* rate at which those are learned */
	int64_t seed;
	double cedit, cloc;		/* weights of the two losses */
	double dropout;			/* in training; 0 unless said */
	enum ee_mend_outer outer;	/* where the edit loss is read */
	enum ee_optim opt;
	double grad_clip;		/* largest norm of a gradient */
	int64_t batch_size;		/* edits in one update */
	int64_t accumulate;		/* accumulate_bs */
	int64_t max_iters;
	int64_t max_epochs;		/* -1: not said */
	int64_t max_length;		/* tokens of a sequence */

	int64_t log_interval, eval_log_interval;
	int64_t val_interval, val_steps, val_batch_size;
	int64_t early_stop_patience;
	const char *early_stop_key;	/* "loss/total_edit_val" */
	bool eval_only, final_eval;
	const char *results_dir;	/* or NULL */
	int64_t model_save_pt;
	struct ee_arena arena;		/* owns the texts */
};

/*
 * Read 'path' (YAML or JSON).  Unknown keys are notices, as are keys whose
 * value would change the method and which we do not follow (an activation
 * inside the layers: the reference has none either); keys that say where the
 * reference runs are passed over.
 *
 * Fails with EE_EIO, EE_EFORMAT (file, line and key), EE_EINPUT (options that
 * exclude each other, or that we do not have: train_base, another mlp_class),
 * EE_ENOMEM.  ee_mend_params_free whatever happens.
 */
EE_MUST_CHECK enum ee_status ee_mend_params_read(struct ee_mend_params *p,
	const char *path, const struct ee_warn *warn, struct ee_err *err);
/* The same from a map that is there already, whose texts are borrowed; the
 * struct starts as {0}. */
EE_MUST_CHECK enum ee_status ee_mend_params_from(struct ee_mend_params *p,
	const struct ee_value *map, const char *path,
	const struct ee_warn *warn, struct ee_err *err);
void ee_mend_params_free(struct ee_mend_params *p);

#endif
