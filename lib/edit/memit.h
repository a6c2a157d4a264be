/*
 * memit.h - many facts at once, spread over several layers (Meng et al.
 * 2022, MEMIT, arXiv:2210.07229, eq. 14 to 20), EMMET (Gupta et al. 2024,
 * arXiv:2403.14236) and AlphaEdit (Fang et al. 2024, arXiv:2410.02355).
 *
 * For each layer l of m, in order, i = 0..m-1, all earlier ones edited:
 *
 *   K   (f, N)  keys: the mean within each group of templates, then the mean
 *               over the groups
 *   R   (d, N)  (z - h) / (m - i): what the hidden states at the last edited
 *               layer still lack
 *   W  <- W + R A^T,   A (f, N) = (lambda C + K K^T)^-1 K
 *
 * Hidden states are carried from layer to layer; the model is never run anew.
 */
#ifndef EE_MEMIT_H
#define EE_MEMIT_H

#include "base/base.h"
#include "base/progress.h"
#include "edit/delta.h"
#include "edit/request.h"
#include "edit/templates.h"
#include "model/forward.h"

/* One request: the same place seen through every template. */
struct ee_memit_case {
	const struct ee_spot *probes;	/* (ntemplates + 1) the last one is
					 * the bare prompt */
	const float *z;			/* (d) where its hidden state should
					 * be, after the last edited layer */
};

struct ee_memit_job {
	const struct ee_memit_case *cases;
	size_t n;			/* N */
	const struct ee_templates *templates;
	const size_t *layers;		/* (nlayers) ascending */
	size_t nlayers;
	bool spread_sqrt;		/* R / sqrt(m - i) instead */
	size_t batch;			/* tokens computed together; 0: 4096 */
};

/*
 * A (f, N) float64 from K (f, N) float64, for layer number i of the job:
 * whatever the method makes of the keys.  See ee_solve_keys.
 */
typedef enum ee_status ee_memit_solver(void *ctx, size_t i, size_t f,
	size_t n, const double *k, double *a, struct ee_err *err);

/* What was done to a layer, for the report. */
struct ee_memit_layer {
	double update;		/* |R A^T| / |W| */
	double lack;		/* mean over cases of |z - h| / |z| before */
};

/*
 * Edit all layers: the changes are laid over the model and returned in
 * deltas (nlayers), their arrays the caller's to free(), also on failure;
 * their rank is N, or d where that is less (see lowrank.h).
 * 'keys' (nlayers) or NULL gets each layer's K (f, N) as float32, the
 * caller's to free().
 *
 * Fails with EE_EINPUT, EE_EMATH, EE_ENOMEM, and as 'solver' does.
 */
EE_MUST_CHECK enum ee_status ee_memit(struct ee_model *model,
	const struct ee_memit_job *job, ee_memit_solver *solver, void *ctx,
	struct ee_delta *deltas, struct ee_memit_layer *report, float **keys,
	struct ee_progress *progress, struct ee_err *err);

#endif
