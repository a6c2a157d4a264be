/* masstargets.c - the targets of many requests.  See masstargets.h. */
#include "masstargets.h"

#include <stdlib.h>
#include <string.h>

#include "math/vec.h"

size_t
mass_last_layer(const struct session *s)
{
	return s->hparams.layers[s->hparams.nlayers - 1];
}

/* Bytes that the moving part of one request takes, about: activations of
 * each layer above the edited one, and logits with their gradient. */
static size_t
weight_of(const struct session *s, const struct mass_case *c)
{
	const struct ee_config *m = &s->model->config;
	const size_t above = m->layers - mass_last_layer(s);
	size_t tokens = 1, i;

	for (i = 0; i < c->prompts.nrows; i++)
		tokens += c->prompts.rows[i].n - c->prompts.rows[i].at;
	return sizeof(float) * (tokens * above * (4 * m->d + 2 * m->f) +
				(c->prompts.nrows * c->prompts.target.n + 1) *
				m->vocab);
}

static enum ee_status
put_target(struct session *s, const struct mass_case *c,
	   const struct ee_target *t)
{
	static const char *const ended[] = {
		[EE_RAN_OUT] = "ran out of steps",
		[EE_CONVERGED] = "converged", [EE_SAID] = "said",
	};
	const struct ee_target_loss *last = &t->losses[t->used - 1];
	const size_t d = s->model->config.d;
	struct ee_arena *a = &s->arena;
	struct ee_value r = ee_map();

	ee_arena_reset(a);
	ee_put(a, &r, "case", ee_text(c->request.id));
	ee_put(a, &r, "layer", ee_int((int64_t)mass_last_layer(s)));
	ee_put(a, &r, "at", ee_text("layer"));
	ee_put(a, &r, "v", ee_tensor(ee_tensor_2d(EE_F32, c->z, d, 0)));
	ee_put(a, &r, "v0", ee_tensor(ee_tensor_2d(EE_F32, c->v0, d, 0)));
	ee_put(a, &r, "steps", ee_int(t->used));
	ee_put(a, &r, "ended", ee_text(ended[t->end]));
	ee_put(a, &r, "loss", ee_real(last->nll + last->kl + last->decay));
	ee_put(a, &r, "p_before", ee_real(t->p_before));
	ee_put(a, &r, "p_after", ee_real(t->p_after));
	return ee_writer_put(s->tool->out, &r, &s->tool->err);
}

static void
prepare(struct session *s, struct mass_case *c, struct ee_target *t)
{
	memset(t, 0, sizeof(*t));
	t->rows = c->prompts.rows;
	t->nrows = c->prompts.nrows;
	t->kl = &c->prompts.kl;
	t->target = c->prompts.target.ids;
	t->ntarget = c->prompts.target.n;
	t->v0 = c->v0;
	t->delta = ee_floats(s->model->config.d, &s->tool->err);
	t->losses = ee_calloc((size_t)s->hparams.steps, sizeof(*t->losses),
			      &s->tool->err);
}

static enum ee_status
find_batch(struct session *s, const struct mass_how *how,
	   struct mass_case *cases, size_t n, struct ee_progress *progress)
{
	const struct ee_hparams *h = &s->hparams;
	const struct ee_target_params params = {
		.layer = mass_last_layer(s), .at = EE_AT_OUT,
		.steps = (unsigned)h->steps, .lr = h->lr,
		.weight_decay = h->weight_decay, .clamp = h->clamp,
		.kl_factor = h->kl_factor, .stop = how->stop,
	};
	const size_t d = s->model->config.d;
	struct ee_target *t = ee_calloc(n, sizeof(*t), &s->tool->err);
	enum ee_status status = t != NULL ? EE_OK : EE_ENOMEM;
	size_t i;

	for (i = 0; i < n && status == EE_OK; i++) {
		prepare(s, &cases[i], &t[i]);
		if (t[i].delta == NULL || t[i].losses == NULL)
			status = EE_ENOMEM;
	}
	if (status == EE_OK)
		status = ee_targets(s->model, &params, t, n, NULL,
				    &s->tool->err);
	for (i = 0; i < n && status == EE_OK; i++) {
		memcpy(cases[i].z, t[i].v0, d * sizeof(*t[i].v0));
		ee_axpy(d, 1, t[i].delta, cases[i].z);
		cases[i].found = true;
		if (how->put)
			status = put_target(s, &cases[i], &t[i]);
		ee_progress_add(progress, 1);
	}
	for (i = 0; t != NULL && i < n; i++) {
		free(t[i].delta);
		free(t[i].losses);
	}
	free(t);
	return status;
}

enum ee_status
mass_targets_find(struct session *s, const struct mass_how *how,
		  struct mass_case *cases, size_t n)
{
	struct ee_progress progress;
	enum ee_status status = EE_OK;
	size_t i, end, used;

	ee_progress_start(&progress, tool_progress(s->tool), "targets",
			  (double)n);
	for (i = 0; i < n && status == EE_OK; i = end) {
		end = i + 1;
		if (cases[i].found)
			continue;
		used = weight_of(s, &cases[i]);
		for (; end < n && !cases[end].found; end++) {
			used += weight_of(s, &cases[end]);
			if (used > how->memory)
				break;
		}
		status = find_batch(s, how, cases + i, end - i, &progress);
	}
	ee_progress_end(&progress);
	return status;
}
