/*
 * model.h - a model folder, opened: shape, weights where they lie, the
 * edits laid over them, fingerprints, and the names of its modules.
 *
 * Ownership: everything belongs to the struct ee_model and is valid until
 * ee_model_close.  A model is read-only while it computes; edits are added
 * before.
 */
#ifndef EE_MODEL_H
#define EE_MODEL_H

#include "base/base.h"
#include "file/weights.h"
#include "math/blas.h"
#include "model/config.h"
#include "model/family.h"

/* One weight with its bias, or one norm. */
struct ee_param {
	const struct ee_module *module;	/* NULL: the family has none such */
	struct ee_weight w;		/* matrices */
	float *norm;			/* norms: (d), float32 copy */
	float *bias;			/* (out), float32 copy, or NULL */
	const char *stored;		/* the tensor's name in its file */
	float *edited;			/* float32 copy with edits, or NULL */
	float *kept;			/* 'edited' at ee_model_keep, or NULL */
};

struct ee_model {
	struct ee_config config;
	struct ee_weights weights;
	struct ee_param *layer;		/* (layers, EE_LAYER_ROLES) */
	struct ee_param whole[EE_ROLES - EE_LAYER_ROLES];
	uint64_t *prints;		/* (layers, 2): see ee_model_print */
	uint64_t *file_prints;		/* (layers, 2): without edits */
	uint64_t print, file_print;	/* of the whole model */
};

/*
 * Open the model folder 'dir': config.json and weights.  Tensor data is
 * mapped; only norms, biases and samples for the fingerprints are read.
 *
 * Fails with EE_EIO, EE_ENOMEM, EE_EFORMAT, EE_ETRUNC, EE_EINPUT (see
 * config.h, weights.h), EE_EMATCH (a tensor is missing, or of another shape
 * than config.json says: names it).
 */
EE_MUST_CHECK enum ee_status ee_model_open(struct ee_model **model,
	const char *dir, struct ee_err *err);
void ee_model_close(struct ee_model *model);	/* NULL is fine */

/* The parameter of 'role'; 'layer' counts only for roles of a layer. */
const struct ee_param *ee_model_param(const struct ee_model *model,
	size_t layer, enum ee_role role);

/*
 * Fingerprints (16 hex digits as text) say of which weights a thing was
 * made.  They hash, for each tensor in turn, its shape and 256 of its values
 * as float32, in runs of 8 evenly spread (all of a smaller one): enough to
 * tell any two trained or edited models apart without reading gigabytes; not
 * proof against a forger.  The container, its dtype names and sharding do not
 * count; edits laid over the model do.  model->file_print and file_prints
 * are those of the files alone.
 *
 * For a site, only the weights that it depends on count: so statistics of a
 * layer's keys outlive an edit of that layer's down projection.
 */
enum { EE_PRINT_TEXT = 17 };
void ee_print_text(uint64_t print, char text[EE_PRINT_TEXT]);
uint64_t ee_model_print(const struct ee_model *model, size_t layer,
			enum ee_site site);
uint64_t ee_model_file_print(const struct ee_model *model, size_t layer,
			     enum ee_site site);

/* Where in the model a tap, or a weight, is. */
struct ee_place {
	size_t layer;
	const struct ee_module *module;
	enum ee_site site;	/* EE_AT_NOWHERE for a weight */
};

/*
 * The module called 'name' ("transformer.h.5.mlp.c_proj"), a site of it with
 * ":in" or ":out" behind.  Fails with EE_EINPUT, listing the modules of a
 * layer.
 */
EE_MUST_CHECK enum ee_status ee_model_place(const struct ee_model *model,
	const char *name, struct ee_place *place, struct ee_err *err);

/* The full name of a module of a layer, into text. */
void ee_model_name(const struct ee_model *model, size_t layer,
		   const struct ee_module *module, char text[EE_MAX_NAME]);

/*
 * Lay an edit over a weight: W += sign * left right^T.
 *
 *   name   "transformer.h.5.mlp.c_proj.weight": a matrix of a layer
 *   left   (out, r)   right  (in, r)   float32, borrowed for the call
 *
 * Fails with EE_EMATCH (no such weight, other dimensions), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_model_edit(struct ee_model *model,
	const char *name, const float *left, size_t out, const float *right,
	size_t in, size_t r, float sign, struct ee_err *err);

/*
 * Remember all weights as they are now; go back to what was remembered last,
 * or else to the files: exactly, which taking an edit off with sign -1
 * is not.  ee_model_keep fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_model_keep(struct ee_model *model,
	struct ee_err *err);
void ee_model_return(struct ee_model *model);

/* Have what the fingerprints sample of the files read side by side: before
 * they are taken for the first time. */
void ee_model_prefetch(const struct ee_model *model);
/* Take the fingerprints (all that change the model do). */
void ee_model_fingerprint(struct ee_model *model);
/* ... of one parameter. */
uint64_t ee_param_print(const struct ee_param *param);

/* The parameter whose weight is called 'name', or NULL. */
const struct ee_param *ee_model_weight(const struct ee_model *model,
				       const char *name);

#endif
