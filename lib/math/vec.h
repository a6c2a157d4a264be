/*
 * vec.h - what a transformer does between its matrix products, and back.
 *
 * Arrays are float32, row-major, without gaps unless 'ld' is given.
 * n rows, d columns.  "Back" functions take the gradient of the loss with
 * respect to the output and give it with respect to the input.
 */
#ifndef EE_VEC_H
#define EE_VEC_H

#include "base/base.h"

enum ee_activation { EE_GELU_TANH, EE_GELU_ERF, EE_SILU, EE_RELU };

/* y = act(x), n elements; in place is fine. */
void ee_activate(enum ee_activation act, size_t n, const float *x, float *y);
/* dx = dy act'(x), n elements; dx may be dy. */
void ee_activate_back(enum ee_activation act, size_t n, const float *x,
		      const float *dy, float *dx);

/* Gated unit (SwiGLU): y = act(gate) up. */
void ee_gate(enum ee_activation act, size_t n, const float *gate,
	     const float *up, float *y);
/* dgate = dy up act'(gate), dup = dy act(gate); dup may be dy. */
void ee_gate_back(enum ee_activation act, size_t n, const float *gate,
		  const float *up, const float *dy, float *dgate, float *dup);

/*
 * LayerNorm: y = (x - mean) / sqrt(var + eps) w + b; RMSNorm where 'rms':
 * y = x / sqrt(mean(x^2) + eps) w.  'b' may be NULL.  x and y: (n, d).
 */
void ee_norm(bool rms, size_t n, size_t d, float eps, const float *w,
	     const float *b, const float *x, float *y);
/* dx += the gradient through the norm; x is the norm's input. */
void ee_norm_back(bool rms, size_t n, size_t d, float eps, const float *w,
		  const float *x, const float *dy, float *dx);

/* In place: row i of s (m, ld) becomes the softmax of its first first + i
 * elements, at most 'cols', and of these only the last 'window' (0: all);
 * the others up to 'cols' become 0. */
void ee_softmax_causal(size_t m, size_t cols, size_t first, size_t window,
		       float *s, size_t ld);
/* In place on dp: dp = p (dp - sum(p dp)) rowwise over 'cols'. */
void ee_softmax_back(size_t m, size_t cols, const float *p, float *dp,
		     size_t ld);

/* log sum exp of n values, and the values minus it into 'logp' (may be x;
 * NULL: not wanted). */
double ee_log_softmax(size_t n, const float *x, float *logp);

/* y = a exp(x - b), n elements; in place is fine. */
void ee_exp(size_t n, float a, const float *x, float b, float *y);
/* The divergence sum p (log p - log q) of n values given as logarithms; and p
 * into 'p'. */
double ee_kl(size_t n, const float *logp, const float *logq, float *p);
/* Its gradient with respect to what logp is the log_softmax of, times a, in
 * place of the p of above: a p (log p - log q - kl). */
void ee_kl_back(size_t n, float a, double kl, const float *logp,
		const float *logq, float *p);

float ee_largest(size_t n, const float *x);	/* n > 0; passes over NaN */
double ee_dot(size_t n, const float *x, const float *y);
double ee_norm2(size_t n, const float *x);		/* Euclidean length */
bool ee_all_finite(size_t n, const float *x);
void ee_axpy(size_t n, float a, const float *x, float *y);	/* y += a x */
void ee_scal(size_t n, float a, float *x);		/* x *= a */

#endif
