/*
 * config.h - the shape of a model, from the config.json of its folder.
 */
#ifndef EE_CONFIG_H
#define EE_CONFIG_H

#include "base/base.h"
#include "model/family.h"

enum { EE_MAX_NAME = 256 };

struct ee_config {
	const struct ee_family *family;
	char name[EE_MAX_NAME];	/* _name_or_path, else the folder's name */
	size_t layers, d, heads, kv_heads, head, f, vocab, positions;
	float norm_eps;
	enum ee_activation activation;
	enum ee_residual residual;
	bool tied;
	size_t window;		/* tokens that attention sees; 0: all */
	bool scale_by_layer;	/* scores also divided by layer + 1 */
	bool scale_scores;	/* by 1 / sqrt(head) */
	/* rotary positions: 'rotary' dimensions of each head are turned */
	size_t rotary;
	double theta;
	double factor, low, high, original;	/* scaling; factor 1: none */
	bool llama3;		/* the llama3 rule; else all slowed alike */
	int32_t bos, eos;	/* -1: none */
};

/*
 * Read 'dir'/config.json.  Fails with EE_EIO, EE_EFORMAT (names the key),
 * EE_EINPUT (an unknown model_type: lists those known; a feature that would
 * change results and is not computed here: names it).
 */
EE_MUST_CHECK enum ee_status ee_config_read(struct ee_config *config,
	const char *dir, struct ee_err *err);

/* Elements of a row at 'site'. */
size_t ee_site_width(const struct ee_config *config, enum ee_site site);

/* The logical dimensions of a role's weight; a norm has 'out' only. */
void ee_role_shape(const struct ee_config *config, enum ee_role role,
		   size_t *out, size_t *in);
bool ee_is_norm(enum ee_role role);

/* The inverse frequencies of the rotary positions: (rotary / 2). */
void ee_rotary_frequencies(const struct ee_config *config, double *inv);

#endif
