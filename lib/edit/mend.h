/*
 * mend.h - MEND, a hypernetwork that turns the gradient of one edit into a
 * better one (Mitchell et al. 2022, arXiv:2110.11309).
 *
 * For every edited weight W (out, in) the edit's gradient is a sum over
 * tokens of delta x^T: x (in) the module's input, delta (out) the gradient of
 * the edit loss at its output.  The hypernetwork maps each pair (x, delta) to
 * a pair (xt, dt), and the edit is
 *
 *     W <- W + lr * sum over tokens of dt xt^T
 *
 * with one learned 'lr' for each weight (the plus is right: they learn the
 * sign).  Nothing here ever forms a matrix of W's size.
 *
 * Weights of one shape (in, out) share one network where 'shared', each with
 * its own mode: a row of the learned scales and shifts.
 *
 * Letters: n rows (tokens), i = in, o = out of a weight, w = width of a
 * network's layer (i + o where combined, else i or o), r its rank.  Arrays
 * are float32, row-major.
 *
 * All learned numbers stand in one block, m->learned; running statistics in
 * another, m->running.  Gradients and optimiser states are blocks of the
 * layout of 'learned'.  m->slice says what is where, in the order of the
 * state dict that the reference saves, with its keys.
 *
 * A hypernetwork that was loaded to edit with has its numbers, but the rates
 * 'lr', where they lie in the archive, which it keeps mapped: read them
 * through slice->data.
 */
#ifndef EE_MEND_H
#define EE_MEND_H

#include "base/base.h"
#include "edit/mendparams.h"
#include "model/model.h"

struct ee_torch;

enum { EE_MEND_KEY = 2 * EE_MAX_NAME };

/* One tensor of the state dict. */
struct ee_mend_slice {
	char key[EE_MEND_KEY];	/* "mend.(144, 36).mlp.layers.0.u" */
	bool running;		/* in m->running, not in m->learned */
	size_t at;		/* its first number's index in that block */
	unsigned ndim;		/* 1 or 2 */
	size_t dims[2];		/* dims[1] is 1 where ndim is 1 */
	const float *data;	/* in that block, or in the archive */
};

/* One edited weight; in the order of inner_params. */
struct ee_mend_param {
	char weight[EE_MAX_NAME];	/* "transformer.h.3.mlp.c_fc.weight" */
	size_t layer;
	enum ee_role role;
	enum ee_site x_site;	/* where its input is seen in a forward pass */
	enum ee_site y_site;	/* and its output */
	size_t in, out;
	size_t net;		/* which network transforms its gradient */
	size_t mode;		/* its row of that network's modes */
};

/*
 * One layer, of slices of learned numbers:
 *
 *   y = max(0, scale_mode o (u (v h) + bias) + shift_mode)  [+ h]
 *
 * "+ h" where m->net_params.init is EE_INIT_ID.  The derivative of max(0, z)
 * at 0 is 1, as torch's clamp has it.
 */
struct ee_mend_layer {
	const struct ee_mend_slice *u;		/* (w, r) */
	const struct ee_mend_slice *v;		/* (r, w) */
	const struct ee_mend_slice *bias;	/* (w) */
	const struct ee_mend_slice *shift, *scale;	/* (modes, w) each;
						 * NULL if modes is 0 */
};

/* Some layers one after the other; none (n = 0) is the identity. */
struct ee_mend_mlp {
	size_t width, rank;	/* w, r = min(rank of the YAML, w) */
	size_t n;		/* n_hidden + 1, or 0 */
	struct ee_mend_layer *layer;
};

struct ee_mend_net {
	char key[EE_MAX_NAME];	/* "(144, 36)", or the weight's name with
				 * '#' for '.' where not shared */
	size_t in, out;		/* x is (n, in), delta (n, out) */
	size_t modes;		/* weights that share it; 0: not shared */
	/* combined: mlp[0] takes rows [x, delta] and mlp[1] is not there;
	 * else mlp[0] takes x and mlp[1] takes delta */
	struct ee_mend_mlp mlp[2];
	/* indices into the block of running statistics */
	size_t u_mean, u_std, u_s;	/* (in): of x */
	size_t v_mean, v_std, v_s;	/* (out): of delta */
	size_t k;			/* (1): rows seen; NaN for none */
};

struct ee_mend {
	struct ee_mend_net_params net_params;
	size_t nparams, nnets, nslices, nlearned, nrunning;
	struct ee_mend_param *param;
	struct ee_mend_net *net;	/* in order of first use by a param */
	struct ee_mend_slice *slice;
	float *learned;		/* (nlearned); the first nparams are lr */
	float *running;		/* (nrunning) */
	size_t first, last;	/* lowest and highest edited layer */
	bool mlp_only;		/* of the lowest only the MLP is edited: see
				 * struct ee_tape */
	struct ee_torch *archive;	/* or NULL: where slices lie */
};

/*
 * Lay a hypernetwork out for the weights that params->inner_params names in
 * this model and start it as the reference does: u zero and v normal (init
 * id) or both xavier uniform (gain sqrt(2) for u), bias and shift zero, scale
 * one, all lr = params->edit_lr; running statistics NaN, as before the first
 * row.  Seeded by params->seed: the same numbers on every machine, but not
 * torch's.  '*m' is the caller's, to end with ee_mend_free.
 *
 * Fails with EE_EINPUT (a name that is no matrix of the model's layers),
 * EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_mend_create(struct ee_mend **m,
	const struct ee_mend_params *params, const struct ee_model *model,
	struct ee_err *err);

/* The same with nothing learned, all zero: for ee_mend_load, which sets
 * everything; to draw the numbers of a large one takes seconds. */
EE_MUST_CHECK enum ee_status ee_mend_empty(struct ee_mend **m,
	const struct ee_mend_params *params, const struct ee_model *model,
	struct ee_err *err);
void ee_mend_free(struct ee_mend *m);	/* NULL is fine */

/* All slices lie in their blocks again, with whatever is there, and the
 * archive is closed. */
void ee_mend_leave_archive(struct ee_mend *m);

/* Running statistics are there: two rows or more were seen by each net. */
bool ee_mend_is_trained(const struct ee_mend *m);

/*
 * Rows of one weight, in and out of its network.  'in' and 'out' below are
 * those of m->param[param].
 */
struct ee_mend_rows {
	size_t param, n;
	float *x;		/* (n, in) */
	float *delta;		/* (n, out) */
};
/* Room for n rows; free() of both, and {0}.  Fails with EE_ENOMEM. */
EE_MUST_CHECK enum ee_status ee_mend_rows_make(struct ee_mend_rows *rows,
	const struct ee_mend *m, size_t param, size_t n, struct ee_err *err);
void ee_mend_rows_free(struct ee_mend_rows *rows);

/*
 * Transformed rows 'more' join those of an update, {0} before the first, and
 * are then empty.  Where they would be more than the smaller side of the
 * weight they become as many as that has: the identity there, and the sum over
 * all of dt xt^T at the other.  Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_mend_rows_add(struct ee_mend_rows *rows,
	const struct ee_mend *m, struct ee_mend_rows *more,
	struct ee_err *err);

/* Is a token's x (in) and delta (out) a row?  Not if either is nothing but
 * zeros. */
bool ee_mend_is_row(const struct ee_mend_param *param, const float *x,
	const float *delta);

/*
 * Training only, before ee_mend_normal: rows enter the running statistics of
 * their net one by one (Welford 1962), x into u_mean, u_s, delta into v_mean,
 * v_s; then u_std = sqrt(u_s / (k - 1)), v_std alike.  A net that has seen
 * none starts; one that has goes on.
 *
 * Fails with EE_EMATH where fewer than two rows have been seen in all, and
 * the YAML says norm.
 */
EE_MUST_CHECK enum ee_status ee_mend_observe(struct ee_mend *m,
	const struct ee_mend_rows *rows, struct ee_err *err);

/*
 * The input of the network: x <- (x - u_mean) / (u_std + 1e-7), delta alike,
 * by the running statistics as they are now; a copy where the YAML says no
 * norm.  'to' has room for as many rows of the same param and may be 'from'.
 */
void ee_mend_normal(const struct ee_mend *m, const struct ee_mend_rows *from,
		    struct ee_mend_rows *to);

/* What a transformation keeps for its way back. */
struct ee_mend_tape {
	size_t nnets;
	float *(*net)[2];	/* (nnets, 2) blocks, one for each mlp */
};
void ee_mend_tape_free(struct ee_mend_tape *tape);

/*
 * Transform: to[b] = network(from[b]) for blocks b < nblocks, of any
 * parameters, in any order, several of one parameter if need be; 'from' as
 * ee_mend_normal gives it, 'to' with room for as many rows.  All rows of one
 * network are computed as one tall product.
 *
 *   tape  NULL, or {0} on entry: kept for ee_mend_transform_back; to end
 *         with ee_mend_tape_free
 *
 * Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_mend_transform(const struct ee_mend *m,
	size_t nblocks, const struct ee_mend_rows *from,
	struct ee_mend_rows *to, struct ee_mend_tape *tape,
	struct ee_err *err);

/*
 * The gradient of what was transformed with 'tape', by the learned numbers:
 * added to grad (m->nlearned), where the first nparams, those of lr, are left
 * as they are.
 *
 *   d  (nblocks): the blocks of ee_mend_transform in the same order, with
 *      d loss / d xt in x and d loss / d dt in delta
 *
 * Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_mend_transform_back(const struct ee_mend *m,
	size_t nblocks, const struct ee_mend_rows *d,
	const struct ee_mend_tape *tape, float *grad, struct ee_err *err);

/*
 * The gradient of a loss through the update W + lr dt^T xt of one weight, from
 * what the edited pass saw there: h (n, in), the module's inputs, and g
 * (n, out), d loss / d (its outputs).
 *
 *   d loss / d dt = lr (xt h^T) g      d loss / d xt = lr (dt g^T) h
 *   d loss / d lr = sum of (xt h^T) o (dt g^T)
 *
 *   t    the transformed rows, xt in x and dt in delta
 *   d    out, for t->n rows; set, not added to
 *   dlr  out: added to
 *
 * Fails with EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_mend_update_back(const struct ee_mend *m,
	const struct ee_mend_rows *t, size_t n, const float *h,
	const float *g, struct ee_mend_rows *d, float *dlr,
	struct ee_err *err);

#endif
