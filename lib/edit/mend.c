/* mend.c - the layout of a hypernetwork and how it starts.  See mend.h. */
#include "edit/mend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/try.h"
#include "file/torch.h"

/* The weight called 'name', which must be a matrix of a layer. */
static enum ee_status
find_param(struct ee_mend_param *p, const char *name,
	   const struct ee_model *model, struct ee_err *err)
{
	const struct ee_param *param = ee_model_weight(model, name);
	size_t at;

	if (param == NULL || param->w.data == NULL)
		return ee_fail(err, EE_EINPUT, "inner_params: '%s' is no "
			       "matrix of this model's layers: want names "
			       "like %s, layers up to %zu", name,
			       model->layer[EE_W_DOWN].stored != NULL ?
			       model->layer[EE_W_DOWN].stored : "...",
			       model->config.layers - 1);
	at = (size_t)(param - model->layer);
	snprintf(p->weight, sizeof(p->weight), "%s", name);
	p->layer = at / EE_LAYER_ROLES;
	p->role = (enum ee_role)(at % EE_LAYER_ROLES);
	p->x_site = param->module->in;
	p->y_site = param->module->out;
	p->in = param->w.in;
	p->out = param->w.out;
	return EE_OK;
}

/* The net of a parameter: that of its shape where they share. */
static void
choose_net(struct ee_mend *m, struct ee_mend_param *p)
{
	struct ee_mend_net *net;
	char *c;

	for (p->net = 0; m->net_params.shared && p->net < m->nnets; p->net++)
		if (m->net[p->net].in == p->in &&
		    m->net[p->net].out == p->out)
			break;
	if (!m->net_params.shared)
		p->net = m->nnets;
	net = &m->net[p->net];
	if (p->net == m->nnets) {
		m->nnets++;
		net->in = p->in;
		net->out = p->out;
		if (m->net_params.shared)
			snprintf(net->key, sizeof(net->key), "(%zu, %zu)",
				 p->in, p->out);
		else
			snprintf(net->key, sizeof(net->key), "%s", p->weight);
		for (c = net->key; *c != '\0' && !m->net_params.shared; c++)
			if (*c == '.')
				*c = '#';
	}
	p->mode = m->net_params.shared ? net->modes++ : 0;
}

/* Add a slice to the table and its numbers to their block; cols 0: a
 * vector.  'm->slice' has room. */
static const struct ee_mend_slice *
add_slice(struct ee_mend *m, bool running, const struct ee_mend_net *net,
	  const char *what, size_t rows, size_t cols)
{
	struct ee_mend_slice *s = &m->slice[m->nslices++];
	size_t *const used = running ? &m->nrunning : &m->nlearned;

	if (net != NULL)
		snprintf(s->key, sizeof(s->key), "mend.%.255s.%s", net->key,
			 what);
	else
		snprintf(s->key, sizeof(s->key), "%s", what);
	s->running = running;
	s->at = *used;
	s->ndim = cols > 0 ? 2 : 1;
	s->dims[0] = rows;
	s->dims[1] = cols > 0 ? cols : 1;
	*used += rows * s->dims[1];
	return s;
}

static void
add_layer(struct ee_mend *m, const struct ee_mend_net *net,
	  const struct ee_mend_mlp *mlp, size_t i)
{
	static const char *const names[] = { "mlp1", "mlp2" };
	const char *name = m->net_params.combine ? "mlp" :
			   names[mlp == &net->mlp[1]];
	struct ee_mend_layer *l = &mlp->layer[i];
	char text[64];
	const size_t w = mlp->width;

#define KEY(what) (snprintf(text, sizeof(text), "%s.layers.%zu." what, name, \
			    i), text)
	l->u = add_slice(m, false, net, KEY("u"), w, mlp->rank);
	l->v = add_slice(m, false, net, KEY("v"), mlp->rank, w);
	l->bias = add_slice(m, false, net, KEY("bias"), w, 0);
	if (net->modes == 0)
		return;
	l->shift = add_slice(m, false, net, KEY("mode_shift.weight"),
			     net->modes, w);
	l->scale = add_slice(m, false, net, KEY("mode_scale.weight"),
			     net->modes, w);
#undef KEY
}

/* Widths of the two networks; 0 for one that is the identity. */
static void
widths(const struct ee_mend_net_params *p, const struct ee_mend_net *net,
       size_t width[2])
{
	const bool x = p->one_sided ? net->in <= net->out :
		       p->x_only || !p->delta_only;
	const bool delta = p->one_sided ? net->in > net->out : !p->x_only;

	width[0] = p->combine ? net->in + net->out : x ? net->in : 0;
	width[1] = !p->combine && delta ? net->out : 0;
}

static enum ee_status
add_net(struct ee_mend *m, struct ee_mend_net *net, struct ee_err *err)
{
	const size_t layers = (size_t)m->net_params.n_hidden + 1;
	const size_t rank = (size_t)m->net_params.rank;
	size_t width[2], side, i;

	net->u_mean = add_slice(m, true, net, "u_mean", net->in, 0)->at;
	net->v_mean = add_slice(m, true, net, "v_mean", net->out, 0)->at;
	net->u_std = add_slice(m, true, net, "u_std", net->in, 0)->at;
	net->v_std = add_slice(m, true, net, "v_std", net->out, 0)->at;
	net->u_s = add_slice(m, true, net, "u_s", net->in, 0)->at;
	net->v_s = add_slice(m, true, net, "v_s", net->out, 0)->at;
	net->k = add_slice(m, true, net, "k", 1, 0)->at;
	widths(&m->net_params, net, width);
	for (side = 0; side < 2; side++) {
		struct ee_mend_mlp *mlp = &net->mlp[side];

		if (width[side] == 0)
			continue;
		mlp->width = width[side];
		mlp->rank = rank < mlp->width ? rank : mlp->width;
		mlp->layer = ee_calloc(layers, sizeof(*mlp->layer), err);
		if (mlp->layer == NULL)
			return EE_ENOMEM;
		for (i = 0; i < layers; i++)
			add_layer(m, net, mlp, i);
		mlp->n = layers;
	}
	return EE_OK;
}

static enum ee_status
lay_out(struct ee_mend *m, const struct ee_mend_params *p,
	const struct ee_model *model, struct ee_err *err)
{
	const size_t n = p->ninner;
	const size_t tensors = 7 + 2 * 5 * ((size_t)p->net.n_hidden + 1);
	size_t i;

	m->param = ee_calloc(n + 1, sizeof(*m->param), err);
	m->net = ee_calloc(n + 1, sizeof(*m->net), err);
	m->slice = ee_calloc(n * tensors + 1, sizeof(*m->slice), err);
	if (m->param == NULL || m->net == NULL || m->slice == NULL)
		return EE_ENOMEM;
	m->net_params = p->net;
	m->nparams = n;
	m->first = model->config.layers;
	for (i = 0; i < n; i++) {
		struct ee_mend_param *param = &m->param[i];

		TRY(find_param(param, p->inner[i], model, err));
		choose_net(m, param);
		m->first = param->layer < m->first ? param->layer : m->first;
		m->last = param->layer > m->last ? param->layer : m->last;
	}
	m->mlp_only = true;
	for (i = 0; i < n; i++)
		if (m->param[i].layer == m->first &&
		    m->param[i].x_site < EE_AT_NORM2 &&
		    m->param[i].y_site < EE_AT_NORM2)
			m->mlp_only = false;
	add_slice(m, false, NULL, "edit_lrs", n, 0);
	for (i = 0; i < m->nnets; i++)
		TRY(add_net(m, &m->net[i], err));
	return EE_OK;
}

static void
uniform(struct ee_random *random, double bound, size_t n, float *x)
{
	size_t i;

	for (i = 0; i < n; i++)
		x[i] = (float)(bound * (2 * ee_random_real(random) - 1));
}

static void
start_layer(struct ee_mend *m, const struct ee_mend_net *net,
	    const struct ee_mend_mlp *mlp, const struct ee_mend_layer *l,
	    struct ee_random *random)
{
	const size_t w = mlp->width, all = w * mlp->rank;
	const double spread = sqrt(6.0 / (double)(w + mlp->rank));
	float *const u = m->learned + l->u->at;
	float *const v = m->learned + l->v->at;
	size_t i;

	if (m->net_params.init == EE_INIT_XAVIER) {
		uniform(random, sqrt(2) * spread, all, u);
		uniform(random, spread, all, v);
	} else {
		for (i = 0; i < all; i++)
			v[i] = (float)ee_random_normal(random);
	}
	for (i = 0; i < net->modes * w; i++)
		m->learned[l->scale->at + i] = 1;
}

static enum ee_status
make_blocks(struct ee_mend *m, struct ee_err *err)
{
	size_t i;

	m->learned = ee_calloc(m->nlearned, sizeof(*m->learned), err);
	m->running = ee_calloc(m->nrunning, sizeof(*m->running), err);
	if (m->learned == NULL || m->running == NULL)
		return EE_ENOMEM;
	for (i = 0; i < m->nrunning; i++)
		m->running[i] = NAN;
	ee_mend_leave_archive(m);
	return EE_OK;
}

/* What stands in the blocks before training. */
static void
start(struct ee_mend *m, const struct ee_mend_params *p)
{
	struct ee_random random;
	size_t i, side, k;

	for (i = 0; i < m->nparams; i++)
		m->learned[i] = (float)p->edit_lr;
	ee_random_seed(&random, (uint64_t)p->seed);
	for (i = 0; i < m->nnets; i++)
		for (side = 0; side < 2; side++)
			for (k = 0; k < m->net[i].mlp[side].n; k++)
				start_layer(m, &m->net[i],
					    &m->net[i].mlp[side],
					    &m->net[i].mlp[side].layer[k],
					    &random);
}

enum ee_status
ee_mend_create(struct ee_mend **out, const struct ee_mend_params *params,
	       const struct ee_model *model, struct ee_err *err)
{
	const enum ee_status status = ee_mend_empty(out, params, model, err);

	if (status == EE_OK)
		start(*out, params);
	return status;
}

enum ee_status
ee_mend_empty(struct ee_mend **out, const struct ee_mend_params *params,
	      const struct ee_model *model, struct ee_err *err)
{
	struct ee_mend *m = ee_calloc(1, sizeof(*m), err);
	enum ee_status status;

	*out = NULL;
	if (m == NULL)
		return EE_ENOMEM;
	status = lay_out(m, params, model, err);
	if (status == EE_OK)
		status = make_blocks(m, err);
	if (status == EE_OK)
		*out = m;
	else
		ee_mend_free(m);
	return status;
}

void
ee_mend_leave_archive(struct ee_mend *m)
{
	size_t i;

	for (i = 0; i < m->nslices; i++) {
		struct ee_mend_slice *s = &m->slice[i];

		s->data = (s->running ? m->running : m->learned) + s->at;
	}
	if (m->archive != NULL)
		ee_torch_close(m->archive);
	free(m->archive);
	m->archive = NULL;
}

void
ee_mend_free(struct ee_mend *m)
{
	size_t i;

	if (m == NULL)
		return;
	ee_mend_leave_archive(m);
	for (i = 0; i < m->nnets; i++) {
		free(m->net[i].mlp[0].layer);
		free(m->net[i].mlp[1].layer);
	}
	free(m->param);
	free(m->net);
	free(m->slice);
	free(m->learned);
	free(m->running);
	free(m);
}

bool
ee_mend_is_trained(const struct ee_mend *m)
{
	size_t i;

	for (i = 0; i < m->nnets; i++)
		if (!(m->running[m->net[i].k] >= 2))
			return false;
	return true;
}
