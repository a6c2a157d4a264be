/*
 * frozen.c - what the frozen model gives for an example.  See frozen.h.
 *
 * All examples of a call are one pass (mendpass.h): first the edits, then the
 * locality prompts, then the rephrased edits.  All of it runs to layer f; the
 * edits go on to the end and back to f, the locality prompts to the end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/frozen.h"
#include "edit/mendpass.h"
#include "math/vec.h"

size_t
ee_loc_row(const struct ee_said *loc, bool like_easyedit)
{
	return loc->n - loc->nlabels - (like_easyedit ? 0 : 1);
}

size_t
ee_frozen_most(const struct ee_mend *m, const struct ee_example *l, size_t d)
{
	size_t sum = (l->outer.n + l->loc.n + l->loc.nlabels) * d, j;

	for (j = 0; j < m->nparams; j++)
		sum += l->edit.n * (m->param[j].in + m->param[j].out);
	return sum;
}

struct ee_frozen_view
ee_frozen_view(const struct ee_frozen *g, const struct ee_mend *m,
	       const struct ee_example *example, size_t d,
	       struct ee_mend_rows *rows)
{
	struct ee_frozen_view v;
	float *p = g->block;
	size_t j;

	for (j = 0; j < m->nparams; j++) {
		rows[j].param = j;
		rows[j].n = g->rows[j];
		rows[j].x = p;
		p += g->rows[j] * m->param[j].in;
		rows[j].delta = p;
		p += g->rows[j] * m->param[j].out;
	}
	v.outer = p;
	v.loc = v.outer + example->outer.n * d;
	v.said = v.loc + example->loc.n * d;
	return v;
}

struct job {
	const struct ee_mend *m;
	const struct ee_example *const *examples;
	size_t n, d;
	bool like_easyedit;
	struct ee_frozen *frozen;
	struct ee_said *texts;	/* edit (n), loc (n), outer (n) */
	double *weight, *nll;	/* (n) of the edits */
	struct ee_mend_pass pass;
	struct ee_err *err;
};

static bool
same_said(const struct ee_said *a, const struct ee_said *b)
{
	return a->ids == b->ids;
}

static enum ee_status
lay_out(struct job *j, const struct ee_example_shift *shift)
{
	const size_t n = j->n;
	size_t i;

	j->texts = ee_calloc(3 * n, sizeof(*j->texts), j->err);
	j->weight = ee_doubles(2 * n, j->err);
	if (j->texts == NULL || j->weight == NULL)
		return EE_ENOMEM;
	j->nll = j->weight + n;
	for (i = 0; i < n; i++) {
		const struct ee_example *l = j->examples[i];

		j->weight[i] = 1;
		j->texts[i] = l->edit;
		j->texts[n + i] = l->loc;
		if (!same_said(&l->edit, &l->outer))
			j->texts[2 * n + i] = l->outer;
		if (shift == NULL)
			continue;
		j->texts[i].shift = shift[i].edit;
		j->texts[n + i].shift = shift[i].loc;
		j->texts[2 * n + i].shift = shift[i].outer;
	}
	return EE_OK;
}

/* The end of what was put. */
static float *
put(float *to, const float *from, size_t n)
{
	memcpy(to, from, n * sizeof(*to));
	return to + n;
}

/* 'rows' rows from number 'row' of a text, of what enters layer f. */
static float *
put_base(const struct job *j, float *to, size_t text, size_t rows)
{
	return put(to, j->pass.base + j->pass.begin[text] * j->d,
		   rows * j->d);
}

/* One example's block; 'said' are the last layer's outputs of all locality
 * prompts. */
static enum ee_status
pack(struct job *j, size_t i, const float *said)
{
	const struct ee_example *l = j->examples[i];
	const size_t *begin = j->pass.begin, n = j->n, d = j->d;
	struct ee_frozen *f = &j->frozen[i];
	size_t most = ee_frozen_most(j->m, l, d), k;
	float *to = ee_floats(most, j->err);

	f->block = to;
	if (to == NULL)
		return EE_ENOMEM;
	for (k = 0; k < j->m->nparams; k++) {
		const struct ee_mend_param *p = &j->m->param[k];

		f->rows[k] = ee_mend_pass_rows(&j->pass, k, i, i + 1, to,
					       NULL);
		to += f->rows[k] * p->in;
		ee_mend_pass_rows(&j->pass, k, i, i + 1, NULL, to);
		to += f->rows[k] * p->out;
	}
	to = put_base(j, to, same_said(&l->edit, &l->outer) ? i : 2 * n + i,
		      l->outer.n);
	to = put_base(j, to, n + i, l->loc.n);
	if (l->loc.n > 0)
		to = put(to, said + (begin[n + i] - begin[n] +
				     ee_loc_row(&l->loc, j->like_easyedit)) *
			 d, l->loc.nlabels * d);
	f->size = (size_t)(to - f->block);
	if (!ee_all_finite(f->size, f->block))
		return ee_fail(j->err, EE_EMATH, "case %s: the model's states "
			       "or gradients are not finite", l->id);
	return EE_OK;
}

/* The last layer's outputs of all locality prompts, the caller's. */
static enum ee_status
read_locs(struct job *j, float **said)
{
	struct ee_mend_pass *p = &j->pass;
	const size_t n = j->n;
	size_t size;

	*said = NULL;
	if (p->begin[n] == p->begin[2 * n])
		return EE_OK;
	TRY(ee_mend_pass_choose(p, n, 2 * n, j->err));
	TRY(ee_mend_pass_upper(p, NULL, true, j->err));
	size = p->span.n * j->d;
	*said = ee_floats(size, j->err);
	if (*said == NULL)
		return EE_ENOMEM;
	memcpy(*said, p->x, size * sizeof(**said));
	return EE_OK;
}

static enum ee_status
make(struct job *j)
{
	enum ee_status status;
	float *said;
	size_t i;

	status = read_locs(j, &said);
	if (status == EE_OK)
		status = ee_mend_pass_choose(&j->pass, 0, j->n, j->err);
	if (status == EE_OK)
		status = ee_mend_pass_gradients(&j->pass, j->weight, j->nll,
						j->err);
	for (i = 0; i < j->n && status == EE_OK; i++)
		status = pack(j, i, said);
	free(said);
	return status;
}

enum ee_status
ee_frozen_make(const struct ee_model *model, const struct ee_mend *m,
	       const struct ee_example *const *examples,
	       const struct ee_example_shift *shift, size_t n,
	       bool like_easyedit, struct ee_frozen *frozen,
	       struct ee_err *err)
{
	struct job j = { .m = m, .examples = examples, .n = n,
			 .d = model->config.d, .like_easyedit = like_easyedit,
			 .frozen = frozen, .err = err };
	enum ee_status status = lay_out(&j, shift);
	size_t i;

	for (i = 0; i < n; i++)
		frozen[i].block = NULL;
	if (status == EE_OK)
		status = ee_mend_pass_open(&j.pass, model, m, j.texts, 3 * n,
					   err);
	if (status == EE_OK) {
		status = make(&j);
		ee_mend_pass_close(&j.pass);
	}
	for (i = 0; i < n && status != EE_OK; i++) {
		free(frozen[i].block);
		frozen[i].block = NULL;
	}
	free(j.texts);
	free(j.weight);
	return status;
}
