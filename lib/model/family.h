/*
 * family.h - what differs between families of models, as data.
 *
 * A family is one row: the names of its modules, which weight each holds,
 * and where in a layer's computation each module's input and output stand.
 * The loader, the taps, the forward and backward passes and the tests all
 * read this table; nothing else in the library asks which family a model is.
 *
 * Letters: d hidden size, f MLP width, h heads, g key/value heads, e head
 * size, V vocabulary.
 */
#ifndef EE_FAMILY_H
#define EE_FAMILY_H

#include "base/base.h"
#include "math/vec.h"

/* Places in one layer, in the order in which they are computed. */
enum ee_site {
	EE_AT_IN,		/* (d) input of the block */
	EE_AT_NORM1,		/* (d) output of the first norm */
	EE_AT_QKV,		/* (h e + 2 g e) fused projection */
	EE_AT_Q,		/* (h e) before positions are turned in */
	EE_AT_K,		/* (g e) */
	EE_AT_V,		/* (g e) */
	EE_AT_HEADS,		/* (h e) attention, before its projection */
	EE_AT_ATTN,		/* (d) output of attention */
	EE_AT_MID,		/* (d) input of the second norm */
	EE_AT_NORM2,		/* (d) input of the MLP */
	EE_AT_GATE,		/* (f) gate projection, before activation */
	EE_AT_GATE_ACT,		/* (f) activated gate */
	EE_AT_UP,		/* (f) up projection, before activation */
	EE_AT_KEY,		/* (f) input of the down projection */
	EE_AT_MLP,		/* (d) output of the MLP */
	EE_AT_OUT,		/* (d) output of the block */
	EE_SITES,
	EE_AT_NOWHERE = EE_SITES
};

/* Weights of one layer. */
enum ee_role {
	EE_W_NORM1, EE_W_QKV, EE_W_Q, EE_W_K, EE_W_V, EE_W_PROJ, EE_W_NORM2,
	EE_W_GATE, EE_W_UP, EE_W_DOWN,
	EE_LAYER_ROLES,
	/* ... and of the whole model */
	EE_W_EMBED = EE_LAYER_ROLES, EE_W_POSITION, EE_W_FINAL, EE_W_HEAD,
	EE_ROLES,
	EE_W_NONE = EE_ROLES
};

enum ee_bias { EE_NO_BIAS, EE_BIAS, EE_MAYBE_BIAS };

struct ee_module {
	const char *name;	/* below the layer, or the whole name */
	enum ee_role role;	/* EE_W_NONE: a container */
	enum ee_bias bias;
	enum ee_site in, out;	/* EE_AT_NOWHERE for whole-model modules */
};

enum ee_rotary { EE_LEARNED, EE_ROTATE_PAIRS, EE_ROTATE_HALVES };
enum ee_residual {
	EE_SEQUENTIAL,		/* x + attn, then + mlp(norm2(x + attn)) */
	EE_PARALLEL,		/* x + attn(norm1 x) + mlp(norm2 x) */
	EE_PARALLEL_SHARED	/* ... one norm for both */
};
enum ee_qkv { EE_QKV_APART, EE_QKV_THIRDS, EE_QKV_BY_HEAD };

/* sliding_window in config.json: not looked at, always kept to, or only with
 * use_sliding_window */
enum ee_window { EE_NO_WINDOW, EE_WINDOW, EE_WINDOW_IF_ASKED };

struct ee_family {
	const char *model_type;	/* of config.json */
	const char *layer;	/* "transformer.h.%zu" */
	const char *prefix;	/* what older files leave out of names */
	bool rms;
	bool in_major;		/* weights stored (in, out): Conv1D */
	enum ee_rotary rotary;
	enum ee_residual residual;
	enum ee_qkv qkv;
	enum ee_window window;
	bool gated;		/* SwiGLU */
	bool tied;		/* head = embedding unless config says not */
	const char *activation;	/* where config.json names none */
	const struct ee_module *modules;	/* of a layer; name NULL ends */
	const struct ee_module *whole;	/* of the model; name NULL ends */
};

/* NULL if unknown. */
const struct ee_family *ee_family(const char *model_type);
/* "gpt2, gptj, ..." into text */
void ee_family_list(char *text, size_t size);

#endif
