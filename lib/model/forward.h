/*
 * forward.h - a model computed over a token trie, forward and backward.
 *
 * Letters: n nodes of the span, d hidden size, f MLP width, h heads, g
 * key/value heads, e head size, V vocabulary.  Arrays are float32, row-major,
 * one row per node in node order.  What can fail, fails with EE_ENOMEM, or as
 * a tap does, and where else as it says.
 *
 *   struct ee_pass pass;
 *   ee_pass_open(&pass, model, &trie, EE_KEEP_KV, err);
 *   ee_span_make(&span, &trie, 0, trie.n, err);
 *   ee_embed(&pass, &span, x, err);
 *   ee_forward(&pass, &span, 0, layers, x, err);     x is now the last
 *   ee_logits(model, n, x, NULL, logits, err);       layer's output
 */
#ifndef EE_FORWARD_H
#define EE_FORWARD_H

#include "base/base.h"
#include "model/model.h"
#include "model/trie.h"

/*
 * What a pass shows as it goes: called at each place asked for, with the
 * rows of the span (n, width), borrowed for the call.  In a backward pass
 * the rows are the gradient at that place.  Its status ends the pass if it
 * is not EE_OK.
 */
typedef enum ee_status ee_tap_fn(void *ctx, size_t layer, enum ee_site site,
	const float *x, size_t n, size_t width, struct ee_err *err);

/*
 * A change of one weight for some nodes only, W + scale left^T right, which
 * is never formed: y += scale (h right^T) left.  Sequences of one trie can so
 * each have their own edit, if they share no node; forward and backward honour
 * it alike.  With r = 0 it changes nothing and only keeps h and g.
 */
struct ee_patch {
	size_t layer;
	enum ee_role role;	/* a matrix of the layer, (out, in) */
	size_t begin, end;	/* nodes */
	size_t r;
	const float *left;	/* (r, out) */
	const float *right;	/* (r, in) */
	float scale;
	float *h;	/* NULL, or gets the inputs (end - begin, in) */
	float *g;	/* NULL, or gets, in a backward pass, the gradients of
			 * the outputs (end - begin, out); where the pass has
			 * tips, only their rows of h and g are written */
};

struct ee_tape;

struct ee_pass {
	const struct ee_model *model;
	const struct ee_trie *trie;

	/* To be set by the caller, any time. */
	uint32_t *taps;		/* (layers) bit 1 << site: call 'tap' */
	ee_tap_fn *tap;
	void *ctx;
	struct ee_tape *tape;	/* where forward keeps what backward needs */
	const struct ee_patch *patches;	/* (npatches) */
	size_t npatches;
	/* or NULL: nodes picked of the span, the only ones whose output of
	 * the last layer computed is wanted: see ee_forward */
	const struct ee_span *tips;

	/* Keys and values, rotary positions included: per layer, or one pair
	 * for all where they are not kept. */
	bool keep;
	size_t kv_rows;
	float **k, **v;		/* (layers or 1) each (trie->n, g e) */

	float *cosines, *sines;	/* (turned, rotary / 2) */
	size_t turned;		/* positions in these tables */
};

enum { EE_KEEP_KV = 1 };

/* Start; the trie is borrowed and may grow.  EE_KEEP_KV: keep keys and
 * values of each layer, so that nodes added later can be computed alone. */
EE_MUST_CHECK enum ee_status ee_pass_open(struct ee_pass *pass,
	const struct ee_model *model, const struct ee_trie *trie,
	unsigned flags, struct ee_err *err);
void ee_pass_close(struct ee_pass *pass);

/* Keys and values of each node i of the pass's trie, in all layers, from node
 * 'node[i]' of another pass over the same model; both keep them.  Layers that
 * the other has not computed are left out. */
EE_MUST_CHECK enum ee_status ee_pass_take(struct ee_pass *pass,
	const struct ee_pass *from, const uint32_t *node,
	struct ee_err *err);

/* Ask for, or forget, a tap. */
void ee_pass_want(struct ee_pass *pass, size_t layer, enum ee_site site);
void ee_pass_want_nothing(struct ee_pass *pass);

/* x (n, d): token embeddings plus learned positions.  Fails with EE_EINPUT
 * for a token id beyond the vocabulary or a position beyond the model's. */
EE_MUST_CHECK enum ee_status ee_embed(struct ee_pass *pass,
	const struct ee_span *span, float *x, struct ee_err *err);

/*
 * Compute layers 'from' to 'to' - 1 for the span; x (n, d) is the input of
 * layer 'from' on entry and the output of layer 'to' - 1 on exit.  Keys and
 * values of all ancestors outside the span must have been computed.
 *
 * With pass->tips, of the other nodes only keys and values of layer 'to' - 1
 * are computed: x gets the tips' rows alone, (tips->n, d), and so do taps of
 * that layer from EE_AT_HEADS on.
 */
EE_MUST_CHECK enum ee_status ee_forward(struct ee_pass *pass,
	const struct ee_span *span, size_t from, size_t to, float *x,
	struct ee_err *err);

/* The same, but layer 'to' - 1 only as far as 'site', which must be tapped
 * there; x is then of no use. */
EE_MUST_CHECK enum ee_status ee_forward_until(struct ee_pass *pass,
	const struct ee_span *span, size_t from, size_t to,
	enum ee_site site, float *x, struct ee_err *err);

/* logits (rows, V) = head(final norm(x)), x (rows, d) outputs of the last
 * layer.  'normed' (rows, d), or NULL, gets the final norm's output. */
EE_MUST_CHECK enum ee_status ee_logits(const struct ee_model *model,
	size_t rows, const float *x, float *normed, float *logits,
	struct ee_err *err);

/* dx (rows, d) = d loss / d x, from dlogits (rows, V) and the x of above. */
EE_MUST_CHECK enum ee_status ee_logits_back(const struct ee_model *model,
	size_t rows, const float *x, const float *dlogits, float *dx,
	struct ee_err *err);

/* All of this for one sequence of n tokens: logits (rows, V) of its last
 * 'rows' ones.  Fails as ee_embed. */
EE_MUST_CHECK enum ee_status ee_sequence_logits(const struct ee_model *model,
	const int32_t *ids, size_t n, size_t rows, float *logits,
	struct ee_err *err);

/*
 * What ee_forward keeps of layers from..to - 1 of a span, so that
 * ee_backward can go back through them: (2 + [sequential]) d + f (+ f where
 * gated) floats per node and layer.
 */
struct ee_tape {
	size_t from, to, rows;
	bool mlp_only;		/* to be set: of layer 'from' only the MLP is
				 * gone back through; dx is then of no use */
	float **layer;		/* (to - from) one block each */
};
EE_MUST_CHECK enum ee_status ee_tape_open(struct ee_tape *tape,
	const struct ee_model *model, size_t rows, size_t from, size_t to,
	struct ee_err *err);
void ee_tape_close(struct ee_tape *tape);

/*
 * dx (n, d): on entry d loss / d (output of layer tape->to - 1), on exit
 * d loss / d (input of layer tape->from), for the span that the tape was
 * made of; with pass->tips, as it was for forward, on entry (tips->n, d).
 * Nodes outside the span count as constants.  Taps are called with gradients
 * at EE_AT_MLP, EE_AT_UP, EE_AT_GATE, EE_AT_KEY, EE_AT_ATTN, EE_AT_OUT, and at
 * EE_AT_QKV or EE_AT_Q, EE_AT_K, EE_AT_V: those of what the module gives,
 * before positions are turned in.  The pass must keep keys and values.
 */
EE_MUST_CHECK enum ee_status ee_backward(struct ee_pass *pass,
	const struct ee_span *span, const struct ee_tape *tape, float *dx,
	struct ee_err *err);

#endif
