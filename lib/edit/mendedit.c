/* mendedit.c - edits by a trained hypernetwork.  See mendedit.h. */
#include "edit/mendedit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/lowrank.h"
#include "math/vec.h"

static void
free_rows(struct ee_mend_rows *rows, const struct ee_mend *m)
{
	size_t i;

	for (i = 0; rows != NULL && i < m->nparams; i++)
		ee_mend_rows_free(&rows[i]);
	free(rows);
}

void
ee_mend_case_free(struct ee_mend_case *c, const struct ee_mend *m)
{
	free_rows(c->rows, m);
	c->rows = NULL;
}

/* Everything one call of ee_mend_gradients needs. */
struct job {
	struct ee_mend_pass *pass;
	const struct ee_mend *m;
	size_t ncases;
	struct ee_mend_case *cases;
	double *weight;			/* (ntexts) 1 / labels of the case */
	double *nll;			/* (ntexts) */
	struct ee_tape tape;
	float *dx;			/* (n, d) */
	struct ee_patch *seen;		/* (nparams) keep h and g, of all n */
	struct ee_err *err;
};

/* The loss of a case is the mean over its labels. */
static enum ee_status
weigh(struct job *j)
{
	const struct ee_said *texts = j->pass->texts;
	size_t i, k, labels, first = 0;

	j->weight = ee_doubles(j->pass->ntexts + 1, j->err);
	j->nll = ee_doubles(j->pass->ntexts + 1, j->err);
	if (j->weight == NULL || j->nll == NULL)
		return EE_ENOMEM;
	for (i = 0; i < j->ncases; i++) {
		const size_t end = first + j->cases[i].n;

		for (k = first, labels = 0; k < end; k++)
			labels += texts[k].nlabels;
		for (; first < end; first++)
			j->weight[first] = 1.0 / (double)labels;
	}
	return EE_OK;
}

/* A patch of rank 0 for each weight: it changes nothing and keeps what the
 * module reads and the gradient of what it gives. */
static enum ee_status
look(struct job *j)
{
	const struct ee_mend *m = j->m;
	size_t i;

	j->seen = ee_calloc(m->nparams, sizeof(*j->seen), j->err);
	if (j->seen == NULL)
		return EE_ENOMEM;
	for (i = 0; i < m->nparams; i++) {
		const struct ee_mend_param *p = &m->param[i];

		j->seen[i] = (struct ee_patch){
			.layer = p->layer, .role = p->role,
			.end = j->pass->n,
			/* of the last layer not all rows are written */
			.h = ee_calloc(j->pass->n * p->in, sizeof(float),
				       j->err),
			.g = ee_calloc(j->pass->n * p->out, sizeof(float),
				       j->err),
		};
		if (j->seen[i].h == NULL || j->seen[i].g == NULL)
			return EE_ENOMEM;
	}
	j->pass->pass.patches = j->seen;
	j->pass->pass.npatches = m->nparams;
	return EE_OK;
}

/* Rows of one weight for the nodes from 'begin' to 'end' - 1. */
static enum ee_status
take_rows(const struct job *j, size_t param, size_t begin, size_t end,
	  struct ee_mend_rows *rows)
{
	const struct ee_mend_param *p = &j->m->param[param];
	const struct ee_patch *s = &j->seen[param];
	size_t i;

	TRY(ee_mend_rows_make(rows, j->m, param, end - begin, j->err));
	rows->n = 0;
	for (i = begin; i < end; i++) {
		const float *x = s->h + i * p->in, *g = s->g + i * p->out;

		if (!ee_all_finite(p->in, x) || !ee_all_finite(p->out, g))
			return ee_fail(j->err, EE_EMATH, "%s: the gradient "
				       "of the edit is not finite",
				       p->weight);
		if (!ee_mend_is_row(p, x, g))
			continue;
		memcpy(rows->x + rows->n * p->in, x, p->in * sizeof(*x));
		memcpy(rows->delta + rows->n * p->out, g,
		       p->out * sizeof(*g));
		rows->n++;
	}
	return EE_OK;
}

static enum ee_status
take_case(const struct job *j, struct ee_mend_case *c, size_t first)
{
	size_t i;

	c->loss = 0;
	for (i = first; i < first + c->n; i++)
		c->loss += j->weight[i] * j->nll[i];
	if (!isfinite(c->loss))
		return ee_fail(j->err, EE_EMATH, "the loss of the edit is "
			       "not finite");
	c->rows = ee_calloc(j->m->nparams, sizeof(*c->rows), j->err);
	if (c->rows == NULL)
		return EE_ENOMEM;
	for (i = 0; i < j->m->nparams; i++)
		TRY(take_rows(j, i, j->pass->begin[first],
			      j->pass->begin[first + c->n], &c->rows[i]));
	return EE_OK;
}

static enum ee_status
gradients(struct job *j)
{
	struct ee_mend_pass *p = j->pass;
	const size_t layers = p->model->config.layers;
	size_t i, first = 0;

	TRY(weigh(j));
	TRY(look(j));
	TRY(ee_tape_open(&j->tape, p->model, p->n, j->m->first, layers,
			 j->err));
	j->tape.mlp_only = j->m->mlp_only;
	j->dx = ee_floats(p->n * p->model->config.d, j->err);
	if (j->dx == NULL)
		return EE_ENOMEM;
	TRY(ee_mend_pass_upper(p, &j->tape, j->err));
	TRY(ee_mend_pass_nll(p, j->weight, j->nll, j->dx, j->err));
	TRY(ee_backward(&p->pass, &p->span, &j->tape, j->dx, j->err));
	for (i = 0; i < j->ncases; i++) {
		TRY(take_case(j, &j->cases[i], first));
		first += j->cases[i].n;
	}
	return EE_OK;
}

enum ee_status
ee_mend_gradients(struct ee_mend_pass *pass, size_t ncases,
		  struct ee_mend_case *cases, double *nll,
		  struct ee_err *err)
{
	struct job j = { .pass = pass, .m = pass->m, .ncases = ncases,
			 .cases = cases, .err = err };
	enum ee_status status;
	size_t i;

	for (i = 0; i < ncases; i++)
		cases[i].rows = NULL;
	status = gradients(&j);
	if (status == EE_OK && nll != NULL)
		memcpy(nll, j.nll, pass->ntexts * sizeof(*nll));
	for (i = 0; i < ncases && status != EE_OK; i++)
		ee_mend_case_free(&cases[i], j.m);
	for (i = 0; j.seen != NULL && i < j.m->nparams; i++) {
		free(j.seen[i].h);
		free(j.seen[i].g);
	}
	free(j.seen);
	pass->pass.patches = NULL;
	pass->pass.npatches = 0;
	pass->pass.tape = NULL;
	free(j.dx);
	ee_tape_close(&j.tape);
	free(j.weight);
	free(j.nll);
	return status;
}

void
ee_mend_edit_free(struct ee_mend_edit *e, const struct ee_mend *m)
{
	free_rows(e->rows, m);
	free(e->p_before);
	free(e->p_after);
	memset(e, 0, sizeof(*e));
}

/* rows <- network(normal(rows)), in place */
static enum ee_status
transform(const struct ee_mend *m, struct ee_mend_rows *rows,
	  struct ee_err *err)
{
	size_t i, n = 0;

	if (m->net_params.norm && !ee_mend_is_trained(m))
		return ee_fail(err, EE_EMATH, "the hypernetwork has seen no "
			       "gradients yet to normalise by: it is not "
			       "trained");
	for (i = 0; i < m->nparams; i++) {
		n += rows[i].n;
		ee_mend_normal(m, &rows[i], &rows[i]);
	}
	if (n == 0)
		return ee_fail(err, EE_EMATH, "the gradient of the edit is "
			       "zero: there is nothing to transform");
	TRY(ee_mend_transform(m, m->nparams, rows, rows, NULL, err));
	for (i = 0; i < m->nparams; i++) {
		const struct ee_mend_param *p = &m->param[i];

		if (!ee_all_finite(rows[i].n * p->in, rows[i].x) ||
		    !ee_all_finite(rows[i].n * p->out, rows[i].delta))
			return ee_fail(err, EE_EMATH, "%s: the transformed "
				       "gradient is not finite", p->weight);
	}
	return EE_OK;
}

/* nll (n) of texts in the model, edited by 'rows' or, NULL, as it is */
static enum ee_status
measure(const struct ee_mend_edit_job *job, struct ee_mend_pass *pass,
	const struct ee_mend_rows *rows, double *nll, struct ee_err *err)
{
	const struct ee_mend *m = job->m;
	struct ee_patch *patches = ee_calloc(m->nparams, sizeof(*patches),
					     err);
	enum ee_status status;
	size_t i;

	if (patches == NULL)
		return EE_ENOMEM;
	for (i = 0; rows != NULL && i < m->nparams; i++)
		patches[i] = (struct ee_patch){
			.layer = m->param[i].layer, .role = m->param[i].role,
			.end = pass->n, .r = rows[i].n, .left = rows[i].delta,
			.right = rows[i].x, .scale = m->learned[i],
		};
	pass->pass.patches = patches;
	pass->pass.npatches = rows != NULL ? m->nparams : 0;
	status = ee_mend_pass_upper(pass, NULL, err);
	if (status == EE_OK)
		status = ee_mend_pass_nll(pass, NULL, nll, NULL, err);
	pass->pass.patches = NULL;
	pass->pass.npatches = 0;
	free(patches);
	return status;
}

/* Before and after, of other texts than those of the gradient. */
static enum ee_status
ask(const struct ee_mend_edit_job *job, struct ee_mend_edit *e,
    struct ee_err *err)
{
	struct ee_mend_pass pass;
	enum ee_status status;

	TRY(ee_mend_pass_open(&pass, job->model, job->m, job->asks, job->n,
			      err));
	status = measure(job, &pass, NULL, e->p_before, err);
	if (status == EE_OK)
		status = measure(job, &pass, e->rows, e->p_after, err);
	ee_mend_pass_close(&pass);
	return status;
}

static double
mean_nll(const struct ee_mend_edit_job *job, const double *nll)
{
	double sum = 0, labels = 0;
	size_t i;

	for (i = 0; i < job->n; i++) {
		sum += nll[i];
		labels += (double)job->texts[i].nlabels;
	}
	return sum / labels;
}

static enum ee_status
edit(const struct ee_mend_edit_job *job, struct ee_mend_pass *pass,
     struct ee_mend_edit *e, struct ee_err *err)
{
	struct ee_mend_case c = { .n = job->n };

	TRY(ee_mend_gradients(pass, 1, &c, e->p_before, err));
	e->rows = c.rows;
	e->loss_before = c.loss;
	TRY(transform(job->m, e->rows, err));
	TRY(measure(job, pass, e->rows, e->p_after, err));
	e->loss_after = mean_nll(job, e->p_after);
	return job->asks != job->texts ? ask(job, e, err) : EE_OK;
}

enum ee_status
ee_mend_edit(const struct ee_mend_edit_job *job, struct ee_mend_edit *e,
	     struct ee_err *err)
{
	struct ee_mend_pass pass;
	enum ee_status status;
	size_t i;

	memset(e, 0, sizeof(*e));
	e->p_before = ee_doubles(job->n, err);
	e->p_after = ee_doubles(job->n, err);
	if (e->p_before == NULL || e->p_after == NULL)
		return EE_ENOMEM;
	TRY(ee_mend_pass_open(&pass, job->model, job->m, job->texts, job->n,
			      err));
	status = edit(job, &pass, e, err);
	ee_mend_pass_close(&pass);
	for (i = 0; i < job->n; i++) {
		e->p_before[i] = exp(-e->p_before[i]);
		e->p_after[i] = exp(-e->p_after[i]);
	}
	return status;
}

/* (n, width) times a, turned: (width, n) */
static float *
turned(size_t n, size_t width, float a, const float *x, struct ee_err *err)
{
	float *y = ee_floats(n * width, err);
	size_t i, k;

	for (i = 0; y != NULL && i < n; i++)
		for (k = 0; k < width; k++)
			y[k * n + i] = a * x[i * width + k];
	return y;
}

enum ee_status
ee_mend_delta(const struct ee_mend *m, const struct ee_mend_rows *rows,
	      struct ee_delta *delta, struct ee_err *err)
{
	const struct ee_mend_param *p = &m->param[rows->param];
	enum ee_status status = EE_ENOMEM;

	memset(delta, 0, sizeof(*delta));
	memcpy(delta->weight, p->weight, sizeof(p->weight));
	delta->out = p->out;
	delta->in = p->in;
	delta->r = rows->n;
	delta->left = turned(rows->n, p->out, m->learned[rows->param],
			     rows->delta, err);
	delta->right = turned(rows->n, p->in, 1, rows->x, err);
	if (delta->left != NULL && delta->right != NULL)
		status = ee_lowrank_shrink(delta, err);
	if (status != EE_OK)
		ee_delta_free(delta);
	return status;
}
