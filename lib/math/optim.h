/*
 * optim.h - optimisers over one block of parameters, as PyTorch's defaults
 * have them, and the clipping of gradients.
 *
 * Arrays are float32 of n elements: x parameters, g their gradient, m and v
 * what Adam remembers (zero at first; not used by SGD).  The result does not
 * depend on the number of threads.
 */
#ifndef EE_OPTIM_H
#define EE_OPTIM_H

#include "base/base.h"

enum ee_optim { EE_OPTIM_ADAM, EE_OPTIM_ADAMW, EE_OPTIM_SGD };

enum { EE_OPTIMS = 3 };
extern const char *const ee_optim_names[EE_OPTIMS];	/* "AdamW" */

/*
 * One step number 'step' (from 1) with rate lr.
 *
 *   Adam   betas 0.9, 0.999, eps 1e-8 (Kingma and Ba 2015)
 *   AdamW  the same after x *= 1 - 0.01 lr (Loshchilov and Hutter 2019)
 *   SGD    x -= lr g; no momentum
 */
void ee_optim_step(enum ee_optim optim, size_t n, uint64_t step, double lr,
		   const float *g, float *m, float *v, float *x);

/* The Euclidean length of n elements, added in double. */
double ee_total_norm(size_t n, const float *g);

/* What a gradient of this norm is multiplied with to be no longer than
 * 'most' (> 0; PyTorch's clip_grad_norm_): 1, or most / (norm + 1e-6). */
double ee_clip_factor(double norm, double most);

#endif
