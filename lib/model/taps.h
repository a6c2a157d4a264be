/*
 * taps.h - which activations are wanted, by name.
 *
 *   transformer.h.5.mlp.c_proj:in     an input or output of any module
 *   transformer.h.{13-17}:out         ... of several layers: ranges and
 *   transformer.h.{0,4,8}.attn:out        lists in braces
 *   hidden                            the output of every layer
 *   logits                            (V) per token
 *   nll                               -log p of each token but the first
 */
#ifndef EE_TAPS_H
#define EE_TAPS_H

#include "base/base.h"
#include "model/forward.h"

struct ee_tap {
	char name[EE_MAX_NAME];
	size_t layer, width;
	enum ee_site site;
};

struct ee_taps {
	size_t n;
	struct ee_tap *tap;	/* as they were asked for, each once */
	bool logits, nll;
	size_t deepest;		/* layers to be computed */
	enum ee_site last;	/* how far in the last of them */
};

/* Add what 'spec' names; start with {0}.  Fails with EE_EINPUT (no such
 * module, a malformed range), EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_taps_add(struct ee_taps *taps,
	const struct ee_model *model, const char *spec, struct ee_err *err);
void ee_taps_free(struct ee_taps *taps);

/* Keep the taps of group 1 <= 'group' <= 'groups': cut in as many parts as
 * alike as can be, in the order in which they were asked for. */
void ee_taps_group(struct ee_taps *taps, size_t group, size_t groups);

#endif
