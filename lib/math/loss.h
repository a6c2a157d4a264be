/*
 * loss.h - losses of one row of logits, with their gradients.
 *
 * x is a row of n logits, p = softmax(x).
 */
#ifndef EE_LOSS_H
#define EE_LOSS_H

#include "base/base.h"

/* log p(want); x becomes weight (p - onehot(want)), the gradient of
 * -weight log p(want).  '*best' is the likeliest element (the first of
 * equals); may be NULL. */
double ee_nll_back(size_t n, float *x, size_t want, float weight,
		   size_t *best);

/* KL(p0 || p) = sum p0 (log p0 - log p), p0 = softmax(x0); x becomes
 * weight (p - p0), the gradient of weight KL. */
double ee_kl_back(size_t n, const float *x0, float *x, float weight);

/* The index of the largest element, the first of equals. */
size_t ee_argmax(size_t n, const float *x);

#endif
