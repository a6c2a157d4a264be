/*
 * test_mendgrad.c - every gradient of MEND's training against finite
 * differences of a plain float64 reference: the hypernetwork, the update, and
 * the layers of a GPT-2 above it, written out below with no regard to speed.
 *
 * Tolerance: 5e-4 relative, by tensor (measured: 6e-5 at most).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "mendrun.h"
#include "model/forward.h"

enum { PLACES = 6 };	/* of a tensor that are looked at */

/* The learned numbers as float64, and what is computed from them. */
struct plain {
	const struct mendrun *s;
	double *learned;		/* (nlearned) */
	const struct ee_mend_rows *rows;	/* (nparams) normalised */
	double **xt, **dt;		/* (nparams) (n, in), (n, out) */
	const float *base;		/* (n, d) */
	size_t n;
};

/* h (w) through the layers of one network, in place */
static void
plain_mlp(const struct plain *p, const struct ee_mend_mlp *mlp,
	  const struct ee_mend_param *param, double *h)
{
	const double *a = p->learned;
	const size_t w = mlp->width, r = mlp->rank;
	double *t = calloc(r, sizeof(*t)), *y = calloc(w, sizeof(*y));
	size_t l, i, k;

	for (l = 0; l < mlp->n; l++) {
		const struct ee_mend_layer *at = &mlp->layer[l];

		for (k = 0; k < r; k++)
			for (t[k] = 0, i = 0; i < w; i++)
				t[k] += a[at->v->at + k * w + i] * h[i];
		for (i = 0; i < w; i++) {
			double z = a[at->bias->at + i];

			for (k = 0; k < r; k++)
				z += a[at->u->at + i * r + k] * t[k];
			if (p->s->m->net[param->net].modes > 0)
				z = z * a[at->scale->at + param->mode * w + i] +
				    a[at->shift->at + param->mode * w + i];
			y[i] = z > 0 ? z : 0;
			if (p->s->m->net_params.init == EE_INIT_ID)
				y[i] += h[i];
		}
		memcpy(h, y, w * sizeof(*h));
	}
	free(t);
	free(y);
}

static void
plain_transform(const struct plain *p)
{
	const struct ee_mend *m = p->s->m;
	size_t j, i, k;

	for (j = 0; j < m->nparams; j++) {
		const struct ee_mend_param *param = &m->param[j];
		const struct ee_mend_net *net = &m->net[param->net];
		const size_t in = param->in, out = param->out;
		double *h = calloc(in + out, sizeof(*h));

		for (i = 0; i < p->rows[j].n; i++) {
			for (k = 0; k < in; k++)
				h[k] = (double)p->rows[j].x[i * in + k];
			for (k = 0; k < out; k++)
				h[in + k] = (double)
					p->rows[j].delta[i * out + k];
			plain_mlp(p, &net->mlp[0], param, h);
			plain_mlp(p, &net->mlp[1], param, h + in);
			memcpy(p->xt[j] + i * in, h, in * sizeof(*h));
			memcpy(p->dt[j] + i * out, h + in, out * sizeof(*h));
		}
		free(h);
	}
}

/* y (out) = (W + lr dt^T xt) x + b */
static void
plain_linear(const struct plain *p, size_t layer, enum ee_role role,
	     const double *x, double *y)
{
	const struct ee_mend *m = p->s->m;
	const struct ee_param *w = ee_model_param(p->s->model, layer, role);
	const float *data = w->w.data;
	size_t o, i, j, k;

	for (o = 0; o < w->w.out; o++) {
		y[o] = w->bias != NULL ? (double)w->bias[o] : 0;
		for (i = 0; i < w->w.in; i++)
			y[o] += x[i] * (double)data[w->w.in_major ?
				i * w->w.out + o : o * w->w.in + i];
	}
	for (j = 0; j < m->nparams; j++) {
		if (m->param[j].layer != layer || m->param[j].role != role ||
		    p->xt == NULL)
			continue;
		for (k = 0; k < p->rows[j].n; k++) {
			double dot = 0;

			for (i = 0; i < w->w.in; i++)
				dot += x[i] * p->xt[j][k * w->w.in + i];
			for (o = 0; o < w->w.out; o++)
				y[o] += p->learned[j] * dot *
					p->dt[j][k * w->w.out + o];
		}
	}
}

static void
plain_norm(const struct plain *p, const struct ee_param *norm,
	   const double *x, double *y)
{
	const size_t d = p->s->model->config.d;
	double mean = 0, var = 0;
	size_t i;

	for (i = 0; i < d; i++)
		mean += x[i] / (double)d;
	for (i = 0; i < d; i++)
		var += (x[i] - mean) * (x[i] - mean) / (double)d;
	for (i = 0; i < d; i++)
		y[i] = (x[i] - mean) /
		       sqrt(var + (double)p->s->model->config.norm_eps) *
		       (double)norm->norm[i] + (double)norm->bias[i];
}

/* Rows of out (n, d) += causal attention of qkv (n, 3 d), projected */
static void
plain_attention(const struct plain *p, size_t layer, const double *qkv,
		double *x)
{
	const struct ee_config *c = &p->s->model->config;
	const size_t d = c->d, e = c->head;
	double *s = calloc(p->n, sizeof(*s)), *heads = calloc(d, sizeof(*s));
	double *out = calloc(d, sizeof(*s));
	size_t i, j, h, k;

	for (i = 0; i < p->n; i++) {
		memset(heads, 0, d * sizeof(*heads));
		for (h = 0; h < c->heads; h++) {
			double sum = 0;

			for (j = 0; j <= i; j++) {
				for (s[j] = 0, k = 0; k < e; k++)
					s[j] += qkv[i * 3 * d + h * e + k] *
					    qkv[j * 3 * d + d + h * e + k];
				s[j] = exp(s[j] / sqrt((double)e));
				sum += s[j];
			}
			for (j = 0; j <= i; j++)
				for (k = 0; k < e; k++)
					heads[h * e + k] += s[j] / sum *
						qkv[j * 3 * d + 2 * d +
						    h * e + k];
		}
		plain_linear(p, layer, EE_W_PROJ, heads, out);
		for (k = 0; k < d; k++)
			x[i * d + k] += out[k];
	}
	free(s);
	free(heads);
	free(out);
}

static void
plain_layer(const struct plain *p, size_t layer, double *x)
{
	const struct ee_model *m = p->s->model;
	const size_t d = m->config.d, f = m->config.f;
	double *qkv = calloc(p->n * 3 * d, sizeof(*qkv));
	double *y = calloc(d, sizeof(*y)), *up = calloc(f, sizeof(*up));
	size_t i, k;

	for (i = 0; i < p->n; i++) {
		plain_norm(p, ee_model_param(m, layer, EE_W_NORM1),
			   x + i * d, y);
		plain_linear(p, layer, EE_W_QKV, y, qkv + i * 3 * d);
	}
	plain_attention(p, layer, qkv, x);
	for (i = 0; i < p->n; i++) {
		plain_norm(p, ee_model_param(m, layer, EE_W_NORM2),
			   x + i * d, y);
		plain_linear(p, layer, EE_W_UP, y, up);
		for (k = 0; k < f; k++)
			up[k] = 0.5 * up[k] * (1 + tanh(0.7978845608028654 *
				(up[k] + 0.044715 * up[k] * up[k] * up[k])));
		plain_linear(p, layer, EE_W_DOWN, up, y);
		for (k = 0; k < d; k++)
			x[i * d + k] += y[k];
	}
	free(qkv);
	free(y);
	free(up);
}

/* Mean -log p of the labels in the edited model. */
static double
plain_loss(const struct plain *p)
{
	const struct ee_model *m = p->s->model;
	const struct ee_said *t = &p->s->texts[0];
	const struct ee_param *head = ee_model_param(m, 0, EE_W_HEAD);
	const size_t d = m->config.d, vocab = m->config.vocab;
	const float *w = head->w.data;
	double *x = calloc(p->n * d, sizeof(*x));
	double *y = calloc(d, sizeof(*y)), loss = 0;
	size_t i, k, l;

	for (i = 0; i < p->n * d; i++)
		x[i] = (double)p->base[i];
	for (l = p->s->m->first; l < m->config.layers; l++)
		plain_layer(p, l, x);
	for (i = 0; i < t->nlabels; i++) {
		const size_t at = p->n - 1 - t->nlabels + i;
		double sum = 0, own = 0;

		plain_norm(p, ee_model_param(m, 0, EE_W_FINAL), x + at * d,
			   y);
		for (l = 0; l < vocab; l++) {
			double z = 0;

			for (k = 0; k < d; k++)
				z += (double)w[l * d + k] * y[k];
			sum += exp(z);
			if (l == (size_t)t->labels[i])
				own = z;
		}
		loss += (log(sum) - own) / (double)t->nlabels;
	}
	free(x);
	free(y);
	return loss;
}

/* The loss as a function of the learned numbers. */
static double
plain_all(const struct plain *p)
{
	plain_transform(p);
	return plain_loss(p);
}

static double
central(const struct plain *p, double *at, double (*loss)(const struct plain *))
{
	const double was = *at, step = 1e-6 * (1 + fabs(was));
	double up, down;

	*at = was + step;
	up = loss(p);
	*at = was - step;
	down = loss(p);
	*at = was;
	return (up - down) / (2 * step);
}

/* Ours: the edited pass, back through it, and back to the learned numbers. */
struct ours {
	double loss;
	struct ee_mend_rows *t, *d;	/* (nparams) factors, gradients */
	float *grad;			/* (nlearned) */
};

static void
run_ours(const struct mendrun *s, struct ee_mend_pass *pass,
	 const struct ee_mend_rows *rows, struct ours *o)
{
	const struct ee_mend *m = s->m;
	struct ee_patch *patches = calloc(m->nparams, sizeof(*patches));
	const double weight = 1.0 / (double)s->texts[0].nlabels;
	struct ee_mend_tape tape = { 0 };
	struct ee_tape layers;
	struct ee_err err;
	float *dx = ee_floats(pass->n * s->model->config.d, &err);
	size_t i;

	o->t = calloc(m->nparams, sizeof(*o->t));
	o->d = calloc(m->nparams, sizeof(*o->d));
	o->grad = calloc(m->nlearned, sizeof(*o->grad));
	for (i = 0; i < m->nparams; i++) {
		must(ee_mend_rows_make(&o->t[i], m, i, rows[i].n, &err));
		must(ee_mend_rows_make(&o->d[i], m, i, rows[i].n, &err));
	}
	must(ee_mend_transform(m, m->nparams, rows, o->t, &tape, &err));
	for (i = 0; i < m->nparams; i++) {
		const struct ee_mend_param *p = &m->param[i];

		patches[i] = (struct ee_patch){ .layer = p->layer,
			.role = p->role, .end = pass->n, .r = o->t[i].n,
			.left = o->t[i].delta, .right = o->t[i].x,
			.scale = m->learned[i],
			.h = calloc(pass->n * p->in, sizeof(float)),
			.g = calloc(pass->n * p->out, sizeof(float)) };
	}
	pass->pass.patches = patches;
	pass->pass.npatches = m->nparams;
	must(ee_tape_open(&layers, s->model, pass->n, m->first,
			  s->model->config.layers, &err));
	layers.mlp_only = m->mlp_only;
	must(ee_mend_pass_upper(pass, &layers, false, &err));
	must(ee_mend_pass_nll(pass, &weight, &o->loss, dx, &err));
	o->loss *= weight;
	must(ee_backward(&pass->pass, &pass->span, &layers, dx, &err));
	for (i = 0; i < m->nparams; i++) {
		must(ee_mend_update_back(m, &o->t[i], pass->n, patches[i].h,
					 patches[i].g, &o->d[i], &o->grad[i],
					 &err));
		free(patches[i].h);
		free(patches[i].g);
	}
	must(ee_mend_transform_back(m, m->nparams, o->d, &tape, o->grad,
				    &err));
	ee_mend_tape_free(&tape);
	ee_tape_close(&layers);
	free(patches);
	free(dx);
}

/* How far ours (n) is from finite differences at 'at' (n), at up to PLACES
 * places. */
static void
compare(const struct plain *p, const float *ours, double *at, size_t n,
	double (*loss)(const struct plain *), const char *what)
{
	struct ee_random random;
	double off = 0, size = 0;
	size_t i, k;

	ee_random_seed(&random, 11);
	for (i = 0; i < n && i < PLACES; i++) {
		double want;

		k = n <= PLACES ? i : (size_t)ee_random_below(&random, n);
		want = central(p, &at[k], loss);
		off += ((double)ours[k] - want) * ((double)ours[k] - want);
		size += want * want;
	}
	ck_assert_msg(size > 0, "%s: no gradient", what);
	ck_assert_msg(sqrt(off / size) <= 5e-4, "%s: %g off", what,
		      sqrt(off / size));
}

static void
widen(const float *x, double *y, size_t n)
{
	while (n-- > 0)
		y[n] = (double)x[n];
}

static const char *const names[] = {
	"tiny-gpt2.default", "tiny-gpt2.unshared", "tiny-gpt2.twonets",
	"tiny-gpt2.onesided", "tiny-gpt2.xonly", "tiny-gpt2.deltaonly",
	"tiny-gpt2.xavier", "tiny-gpt2.nonorm-deep",
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static void
make_plain(struct plain *p, const struct mendrun *s,
	   const struct ee_mend_pass *pass, const struct ee_mend_rows *rows)
{
	const struct ee_mend *m = s->m;
	size_t i;

	*p = (struct plain){ .s = s, .rows = rows, .base = pass->base,
			     .n = pass->n };
	p->learned = calloc(m->nlearned, sizeof(*p->learned));
	p->xt = calloc(m->nparams, sizeof(*p->xt));
	p->dt = calloc(m->nparams, sizeof(*p->dt));
	widen(m->learned, p->learned, m->nlearned);
	for (i = 0; i < m->nparams; i++) {
		p->xt[i] = calloc(rows[i].n * m->param[i].in, sizeof(double));
		p->dt[i] = calloc(rows[i].n * m->param[i].out,
				  sizeof(double));
	}
}

static void
free_all(struct plain *p, struct ours *o)
{
	size_t i;

	for (i = 0; i < p->s->m->nparams; i++) {
		free(p->xt[i]);
		free(p->dt[i]);
		ee_mend_rows_free(&o->t[i]);
		ee_mend_rows_free(&o->d[i]);
	}
	free(p->xt);
	free(p->dt);
	free(p->learned);
	free(o->t);
	free(o->d);
	free(o->grad);
}

START_TEST(gradients_are_differences)
{
	struct ee_mend_pass pass;
	struct ee_mend_rows rows[16];
	struct mendrun s;
	struct plain p;
	struct ours o;
	struct ee_err err;
	size_t i;

	mendrun_start(&s, names[_i], 1);
	must(ee_mend_pass_open(&pass, s.model, s.m, s.texts, 1, &err));
	mendrun_gradient(s.model, s.m, s.texts, 1, rows);
	for (i = 0; i < s.m->nparams; i++)
		ee_mend_normal(s.m, &rows[i], &rows[i]);
	run_ours(&s, &pass, rows, &o);
	make_plain(&p, &s, &pass, rows);
	ck_assert_double_eq_tol(plain_all(&p), o.loss, 1e-5 * (1 + o.loss));
	for (i = 0; i < s.m->nparams; i++) {
		const struct ee_mend_param *param = &s.m->param[i];

		compare(&p, o.d[i].x, p.xt[i], o.t[i].n * param->in,
			plain_loss, "xt");
		compare(&p, o.d[i].delta, p.dt[i], o.t[i].n * param->out,
			plain_loss, "dt");
	}
	for (i = 0; i < s.m->nslices; i++) {
		const struct ee_mend_slice *at = &s.m->slice[i];

		if (!at->running)
			compare(&p, o.grad + at->at, p.learned + at->at,
				at->dims[0] * at->dims[1], plain_all,
				at->key);
	}
	free_all(&p, &o);
	mendrun_free_rows(rows, s.m);
	ee_mend_pass_close(&pass);
	mendrun_finish(&s);
}
END_TEST

Suite *suite_mendgrad(void);

Suite *
suite_mendgrad(void)
{
	Suite *s = suite_create("mendgrad");
	TCase *t = tcase_create("differences");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, gradients_are_differences, 0, NAMES);
	suite_add_tcase(s, t);
	return s;
}
