/*
 * pass.h - what the forward and the backward pass share.  Private to this
 * room.
 */
#ifndef EE_PASS_H
#define EE_PASS_H

#include "model/forward.h"

/* Blocks of one layer's tape; 'gate' and 'mid' NULL where there is none. */
struct ee_saved {
	float *in;	/* (n, d) */
	float *q;	/* (n, h e) positions turned in */
	float *mid;	/* (n, d) input of the second norm, if sequential */
	float *up;	/* (n, f) before activation */
	float *gate;	/* (n, f) */
};
struct ee_saved ee_tape_layer(const struct ee_tape *tape,
			      const struct ee_config *c, size_t layer);

/* Keys and values of a layer: (trie->n, g e). */
float *ee_pass_k(const struct ee_pass *pass, size_t layer);
float *ee_pass_v(const struct ee_pass *pass, size_t layer);

/* Room for the keys, values and positions that the span needs. */
enum ee_status ee_pass_prepare(struct ee_pass *pass,
	const struct ee_span *span, size_t from, size_t to,
	struct ee_err *err);

/* Call the tap if it is wanted. */
enum ee_status ee_pass_show(struct ee_pass *pass, size_t layer,
	enum ee_site site, const float *x, size_t n, struct ee_err *err);

/* One product of a layer, as the patches of the pass see it. */
struct ee_patched {
	const struct ee_pass *pass;
	const struct ee_span *span;
	size_t layer;
	enum ee_role role;
	struct ee_err *err;
};

/* y (n, out) of the span's rows, from x (n, in): add what the patches add. */
enum ee_status ee_patch_forward(const struct ee_patched *at, const float *x,
	float *y);

/* The same for dx (n, in) from dy (n, out). */
enum ee_status ee_patch_back(const struct ee_patched *at, const float *dy,
	float *dx);

/* Turn positions into (or, 'back', out of) x (n, heads e), in place. */
void ee_rotate(const struct ee_pass *pass, const struct ee_span *span,
	       float *x, size_t heads, bool back);

/*
 * Causal attention over the trie: out (n, h e) from q (n, h e), n the rows of
 * the span, and the keys and values of 'layer'.
 */
enum ee_status ee_attend(struct ee_pass *pass, const struct ee_span *span,
	size_t layer, const float *q, float *out, struct ee_err *err);

/* Its gradient: dq (n, h e), dk, dv (end - begin, g e) of the span's range,
 * from dout (n, h e). */
enum ee_status ee_attend_back(struct ee_pass *pass,
	const struct ee_span *span, size_t layer, const float *q,
	const float *dout, float *dq, float *dk, float *dv,
	struct ee_err *err);

/* Between separate (n, h e), (n, g e), (n, g e) and fused rows. */
void ee_qkv_split(const struct ee_config *c, size_t n, const float *qkv,
		  float *q, float *k, float *v);
void ee_qkv_join(const struct ee_config *c, size_t n, const float *q,
		 const float *k, const float *v, float *qkv);

#endif
