/*
 * test_mend.c - MEND: hyper-parameters, the hypernetwork and its gradients,
 * edits against EasyEdit's own (tests/golden/mend).
 *
 * Tolerances: gradients, transformed factors and updates within 2e-5 relative
 * (measured: 2e-6 at most), logits after the edit within 1e-4 (measured:
 * 5e-6).
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "edit/frozen.h"
#include "edit/lowrank.h"
#include "file/yaml.h"
#include "mendrun.h"
#include "model/forward.h"

#define TIGHT 2e-5

static void
count(void *ctx, const char *text)
{
	(void)text;
	++*(unsigned *)ctx;
}

/* Every file that we ship is read whole, without a notice. */
START_TEST(our_hparams_are_read)
{
	static const char *const patterns[] = {
		"pipelines/hparams/MEND/*.yaml",
		"pipelines/hparams/TRAINING/MEND/*.yaml" };
	unsigned notices = 0;
	const struct ee_warn warn = { count, &notices };
	struct ee_mend_params p;
	struct ee_err err;
	glob_t found;
	size_t i;

	ck_assert_int_eq(glob(patterns[_i], 0, NULL, &found), 0);
	ck_assert_uint_ge(found.gl_pathc, 8);
	for (i = 0; i < found.gl_pathc; i++) {
		must(ee_mend_params_read(&p, found.gl_pathv[i], &warn, &err));
		ck_assert_str_eq(p.alg, "MEND");
		ck_assert_int_eq(p.archive == NULL, _i == 1);
		ck_assert_uint_ge(p.ninner, 6);
		ck_assert(p.net.combine && p.net.norm && p.net.shared);
		ee_mend_params_free(&p);
	}
	ck_assert_uint_eq(notices, 0);
	globfree(&found);
}
END_TEST

static const struct {
	const char *text, *says;
} wrong[] = {
	{ "{alg: MEND}", "'inner_params' is missing" },
	{ "{inner_params: []}", "want a list of names" },
	{ "{inner_params: [a, b, a]}", "each weight once" },
	{ "{inner_params: [a], combine: true, x_only: true}", "excludes" },
	{ "{inner_params: [a], train_base: true}", "only the hypernetwork" },
	{ "{inner_params: [a], mlp_class: MLP}", "only IDMLP" },
	{ "{inner_params: [a], init: zero}", "want id or xavier" },
	{ "{inner_params: [a], opt: Adagrad}", "want Adam, AdamW or SGD" },
	{ "{inner_params: [a], outer: both}", "want rephrase or edit" },
	{ "{inner_params: [a], rank: 0}", "'rank'" },
	{ "{inner_params: [a], alg: SERAC}", "not of MEND" },
};

START_TEST(bad_hparams_are_named)
{
	struct ee_mend_params p = { 0 };
	struct ee_value map;
	struct ee_err err;

	must(ee_yaml_parse(&p.arena, wrong[_i].text, strlen(wrong[_i].text),
			   "bad.yaml", &map, &err));
	ck_assert_int_ne(ee_mend_params_from(&p, &map, "bad.yaml", NULL,
					     &err), EE_OK);
	ck_assert_ptr_eq(strstr(err.text, "bad.yaml"), err.text);
	ck_assert_msg(strstr(err.text, wrong[_i].says) != NULL, "%s",
		      err.text);
	ee_mend_params_free(&p);
}
END_TEST

START_TEST(idle_keys_are_notices)
{
	static const char text[] = "{inner_params: [a], act: gelu, "
		"lr_scale: 2.0, hidden_dim: 7, odd: 1}";
	unsigned notices = 0;
	const struct ee_warn warn = { count, &notices };
	struct ee_mend_params p = { 0 };
	struct ee_value map;
	struct ee_err err;

	must(ee_yaml_parse(&p.arena, text, strlen(text), "a", &map, &err));
	must(ee_mend_params_from(&p, &map, "a", &warn, &err));
	ck_assert_uint_eq(notices, 4);
	ee_mend_params_free(&p);
}
END_TEST

/* The reference's tokens are ours with padding in front. */
static void
check_tokens(struct mendrun *s)
{
	const struct ee_tensor ids = golden_get(&s->golden, "batch.input_ids");
	const struct ee_tensor labels = golden_get(&s->golden, "batch.labels");
	const size_t wide = ids.shape[1], most = labels.shape[1];
	size_t i, k;

	ck_assert_uint_eq(ids.shape[0], s->n);
	for (i = 0; i < s->n; i++) {
		const struct ee_said *t = &s->texts[i];

		ck_assert_uint_eq(t->shift + t->n, wide);
		ck_assert_uint_eq(t->nlabels, most);
		for (k = 0; k < t->n; k++)
			ck_assert_int_eq(t->ids[k], (int)ee_tensor_at(&ids,
				i * wide + t->shift + k));
		for (k = 0; k < most; k++)
			ck_assert_int_eq(t->labels[k],
				(int)ee_tensor_at(&labels, i * most + k));
	}
}

static bool
zeros(const float *x, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (x[i] < 0 || x[i] > 0)
			return false;
	return true;
}

static void
near(const float *x, const struct ee_tensor *want, double most,
     const char *what, const char *name)
{
	const double off = relative(x, want);

	ck_assert_msg(off <= most, "%s of %s: %g off", what, name, off);
}

/* Rows of x and delta, those of zeros left out, are the reference's. */
static void
check_gradient(struct mendrun *s, const struct ee_mend_rows *rows)
{
	const struct ee_mend_param *p = &s->m->param[rows->param];
	char name[EE_MAX_NAME + 8];
	struct ee_tensor x, delta;
	float *wx, *wd;
	size_t i, n = 0;

	snprintf(name, sizeof(name), "x.%s", p->weight);
	if (!golden_has(&s->golden, name))
		return;
	x = golden_get(&s->golden, "x.%s", p->weight);
	delta = golden_get(&s->golden, "delta.%s", p->weight);
	wx = calloc(x.shape[0] * x.shape[1] * p->in, sizeof(*wx));
	wd = calloc(x.shape[0] * x.shape[1] * p->out, sizeof(*wd));
	for (i = 0; i < x.shape[0] * x.shape[1]; i++) {
		const float *a = (const float *)x.data + i * p->in;
		const float *b = (const float *)delta.data + i * p->out;

		if (zeros(a, p->in) || zeros(b, p->out))
			continue;
		memcpy(wx + n * p->in, a, p->in * sizeof(*a));
		memcpy(wd + n++ * p->out, b, p->out * sizeof(*b));
	}
	ck_assert_uint_eq(rows->n, n);
	x = ee_tensor_2d(EE_F32, wx, n, p->in);
	delta = ee_tensor_2d(EE_F32, wd, n, p->out);
	near(rows->x, &x, TIGHT, "x", p->weight);
	near(rows->delta, &delta, TIGHT, "delta", p->weight);
	free(wx);
	free(wd);
}

static void
check_factors(struct mendrun *s, const struct ee_mend_rows *rows)
{
	const struct ee_mend_param *p = &s->m->param[rows->param];
	char name[EE_MAX_NAME + 8];
	struct ee_tensor x, delta;

	snprintf(name, sizeof(name), "xt.%s", p->weight);
	if (!golden_has(&s->golden, name))
		return;
	x = golden_get(&s->golden, "xt.%s", p->weight);
	delta = golden_get(&s->golden, "deltat.%s", p->weight);
	ck_assert_uint_eq(rows->n, x.shape[0]);
	near(rows->x, &x, TIGHT, "xt", p->weight);
	near(rows->delta, &delta, TIGHT, "deltat", p->weight);
}

/* W' - W, in the orientation of the file, is the reference's; then lay it
 * over the model. */
static void
check_update(struct mendrun *s, const struct ee_mend_rows *rows)
{
	const struct ee_mend_param *p = &s->m->param[rows->param];
	const bool turned = s->model->config.family->in_major;
	char name[EE_MAX_NAME + 16];
	struct ee_delta delta;
	struct ee_tensor want;
	struct ee_err err;
	float *w;
	size_t o, i, k;

	must(ee_mend_delta(s->m, rows, &delta, &err));
	must(ee_model_edit(s->model, delta.weight, delta.left, delta.out,
			   delta.right, delta.in, delta.r, 1, &err));
	snprintf(name, sizeof(name), "weight_update.%s", p->weight);
	if (golden_has(&s->golden, name)) {
		want = golden_get(&s->golden, "%s", name);
		w = calloc(p->out * p->in, sizeof(*w));
		for (o = 0; o < p->out; o++)
			for (i = 0; i < p->in; i++)
				for (k = 0; k < delta.r; k++)
					w[turned ? i * p->out + o
						 : o * p->in + i] +=
						delta.left[o * delta.r + k] *
						delta.right[i * delta.r + k];
		ck_assert_uint_eq(want.shape[0], turned ? p->in : p->out);
		near(w, &want, TIGHT, "update", p->weight);
		free(w);
	}
	ee_delta_free(&delta);
}

/* Logits of the edited model, and of the edit's own patches. */
static void
check_logits(struct mendrun *s)
{
	const size_t vocab = s->model->config.vocab;
	float *logits = calloc(vocab, sizeof(*logits));
	struct ee_err err;
	int i;

	for (i = 0; i < 3; i++) {
		const struct ee_tensor ids = golden_get(&s->golden,
			"probe%d.input_ids", i);
		const struct ee_tensor want = golden_get(&s->golden,
			"post.probe%d.logits", i);
		const struct ee_tensor pre = golden_get(&s->golden,
			"pre.probe%d.logits", i);

		must(ee_sequence_logits(s->model, ids.data, ids.shape[0], 1,
					logits, &err));
		ck_assert_msg(worst_abs(logits, &want) <= 1e-4, "probe %d: "
			      "%g off", i, worst_abs(logits, &want));
		/* and the edit did something */
		ck_assert(worst_abs(logits, &pre) > 1e-2);
	}
	free(logits);
}

static const struct {
	const char *name;
	int number;
} runs[] = {
	{ "tiny-gpt2.default", 1 }, { "tiny-gpt2.default", 2 },
	{ "tiny-gptj.default", 1 }, { "tiny-gptj.default", 2 },
	{ "tiny-llama.default", 1 }, { "tiny-llama.default", 2 },
	{ "tiny-gpt2.unshared", 1 }, { "tiny-gpt2.twonets", 1 },
	{ "tiny-gpt2.onesided", 1 }, { "tiny-gpt2.xonly", 1 },
	{ "tiny-gpt2.deltaonly", 1 }, { "tiny-gpt2.xavier", 1 },
	{ "tiny-gpt2.nonorm-deep", 1 },
};
enum { RUNS = sizeof(runs) / sizeof(runs[0]) };

/* All texts of the run as one update. */
static void
edit_texts(const struct mendrun *s, struct ee_mend_edit *edit)
{
	double *p = calloc(2 * s->n, sizeof(*p));
	struct ee_err err;

	must(ee_mend_edit(&(struct ee_mend_edit_job){ s->model, s->m,
		s->texts, s->texts, s->n, false, SIZE_MAX }, edit, p, p + s->n,
		&err));
	free(p);
}

START_TEST(edits_are_the_references)
{
	struct mendrun s;
	struct ee_mend_rows rows[16];
	struct ee_mend_edit edit;
	size_t i;

	mendrun_start(&s, runs[_i].name, runs[_i].number);
	check_tokens(&s);
	mendrun_gradient(s.model, s.m, s.texts, s.n, rows);
	for (i = 0; i < s.m->nparams; i++)
		check_gradient(&s, &rows[i]);
	mendrun_free_rows(rows, s.m);

	edit_texts(&s, &edit);
	for (i = 0; i < s.m->nparams; i++) {
		check_factors(&s, &edit.rows[i]);
		check_update(&s, &edit.rows[i]);
	}
	check_logits(&s);
	ee_mend_edit_free(&edit, s.m);
	mendrun_finish(&s);
}
END_TEST

/* The same seed gives the same numbers, spread as torch's are. */
START_TEST(a_hypernetwork_starts_as_the_references)
{
	struct mendrun s;
	struct ee_mend *a, *b;
	struct ee_err err;
	size_t i, k;

	mendrun_start(&s, _i == 0 ? "tiny-gpt2.default" : "tiny-gpt2.xavier",
		      1);
	must(ee_mend_create(&a, &s.params, s.model, &err));
	s.params.seed++;
	must(ee_mend_create(&b, &s.params, s.model, &err));
	ck_assert(!ee_mend_is_trained(a) && ee_mend_is_trained(s.m));
	for (i = 0; i < a->nslices; i++) {
		const struct ee_mend_slice *at = &a->slice[i];
		const size_t n = at->dims[0] * at->dims[1];
		const float *x = at->data;
		const char *name = strrchr(at->key, '.');
		double sum = 0, top = 0;

		for (k = 0; k < n; k++) {
			const double v = (double)x[k];

			ck_assert_int_eq(isnan(v) != 0, at->running);
			sum += v * v / (double)n;
			top = fabs(v) > top ? fabs(v) : top;
		}
		if (at->running)
			continue;
		if (name == NULL)		/* edit_lrs */
			ck_assert_double_eq_tol(top, s.params.edit_lr, 1e-9);
		else if (strcmp(name, ".u") == 0 && _i == 0)
			ck_assert(top <= 0);
		else if (strcmp(name, ".v") == 0 && _i == 0)
			ck_assert(sum > 0.9 && sum < 1.1);
		else if (name[1] == 'u' || name[1] == 'v') {
			/* uniform within 'bound': its square is a third */
			const double bound = sqrt((name[1] == 'u' ? 12.0 : 6)
				/ (double)(at->dims[0] + at->dims[1]));

			ck_assert(top <= bound && top > 0.9 * bound);
			ck_assert_double_eq_tol(sum * 3 / (bound * bound), 1,
						0.1);
		} else if (strstr(at->key, "mode_scale") != NULL)
			ck_assert_double_eq_tol(sum, 1, 1e-9);
		else
			ck_assert(top <= 0);
	}
	ck_assert(memcmp(a->learned, b->learned,
			 a->nlearned * sizeof(float)) != 0);
	ee_mend_free(b);
	s.params.seed--;
	must(ee_mend_create(&b, &s.params, s.model, &err));
	ck_assert(memcmp(a->learned, b->learned,
			 a->nlearned * sizeof(float)) == 0);
	ee_mend_free(a);
	ee_mend_free(b);
	mendrun_finish(&s);
}
END_TEST

/* Mean and deviation of the rows of both weights that share a net, in
 * float64 and in two passes. */
static void
check_running(const struct ee_mend *m, const struct ee_mend_rows *rows,
	      size_t i)
{
	const struct ee_mend_net *net = &m->net[m->param[i].net];
	double n = 0, mean = 0, s = 0;
	size_t j, k;

	for (j = 0; j < m->nparams; j++)
		for (k = 0; m->param[j].net == m->param[i].net &&
			    k < rows[j].n; k++, n++)
			mean += (double)rows[j].x[k * net->in + 3];
	mean /= n;
	for (j = 0; j < m->nparams; j++)
		for (k = 0; m->param[j].net == m->param[i].net &&
			    k < rows[j].n; k++)
			s += pow((double)rows[j].x[k * net->in + 3] - mean,
				 2);
	ck_assert_double_eq_tol((double)m->running[net->k], n, 0.5);
	ck_assert_double_eq_tol((double)m->running[net->u_mean + 3], mean,
				1e-5 * (1 + fabs(mean)));
	ck_assert_double_eq_tol((double)m->running[net->u_s + 3], s, 1e-4 * s);
	ck_assert_double_eq_tol((double)m->running[net->u_std + 3],
				sqrt(s / (n - 1)), 1e-4 * sqrt(s / (n - 1)));
}

START_TEST(statistics_are_those_of_all_rows)
{
	struct ee_mend_rows one, rows[16];
	struct mendrun s;
	struct ee_mend *m;
	struct ee_err err;
	size_t i;

	mendrun_start(&s, "tiny-gpt2.default", 2);
	must(ee_mend_create(&m, &s.params, s.model, &err));
	mendrun_gradient(s.model, s.m, s.texts, s.n, rows);
	one = rows[0];
	one.n = 1;
	ck_assert_int_eq(ee_mend_observe(m, &one, &err), EE_EMATH);
	ck_assert_msg(strstr(err.text, "one row") != NULL, "%s", err.text);
	/* the first row is in already */
	one = rows[0];
	one.n--;
	one.x += m->param[0].in;
	one.delta += m->param[0].out;
	must(ee_mend_observe(m, &one, &err));
	for (i = 1; i < m->nparams; i++)
		must(ee_mend_observe(m, &rows[i], &err));
	for (i = 0; i < m->nparams; i++)
		check_running(m, rows, i);
	ck_assert(ee_mend_is_trained(m));
	mendrun_free_rows(rows, m);
	ee_mend_free(m);
	mendrun_finish(&s);
}
END_TEST

/* The rows of two edits in one transformation are what each is alone. */
START_TEST(together_is_as_alone)
{
	struct ee_mend_rows from[32], to[32];
	struct ee_mend_edit edit;
	struct mendrun s;
	struct ee_err err;
	size_t i, k, n, nparams;
	double loss[2], p[2];

	mendrun_start(&s, "tiny-gpt2.default", 2);
	nparams = s.m->nparams;
	n = 2 * nparams;
	for (k = 0; k < 2; k++)
		loss[k] = mendrun_gradient(s.model, s.m, &s.texts[k], 1,
					   from + k * nparams);
	for (i = 0; i < n; i++) {
		ee_mend_normal(s.m, &from[i], &from[i]);
		must(ee_mend_rows_make(&to[i], s.m, from[i].param, from[i].n,
				       &err));
	}
	must(ee_mend_transform(s.m, n, from, to, NULL, &err));
	for (k = 0; k < 2; k++) {
		must(ee_mend_edit(&(struct ee_mend_edit_job){ s.model, s.m,
			&s.texts[k], &s.texts[k], 1, false, SIZE_MAX }, &edit,
			p, p + 1, &err));
		ck_assert_double_eq_tol(edit.loss_before, loss[k], 1e-5);
		for (i = 0; i < nparams; i++) {
			const struct ee_mend_rows *t = &to[k * nparams + i];
			const struct ee_tensor x = ee_tensor_2d(EE_F32,
				edit.rows[i].x, t->n, s.m->param[i].in);

			ck_assert_uint_eq(t->n, edit.rows[i].n);
			near(t->x, &x, TIGHT, "xt", s.m->param[i].weight);
		}
		ee_mend_edit_free(&edit, s.m);
	}
	for (i = 0; i < n; i++) {
		ee_mend_rows_free(&from[i]);
		ee_mend_rows_free(&to[i]);
	}
	mendrun_finish(&s);
}
END_TEST

/* The update of one weight, (out, in), by doubles. */
static double *
update_of(const struct ee_mend *m, const struct ee_mend_rows *rows)
{
	const size_t in = m->param[rows->param].in;
	const size_t out = m->param[rows->param].out;
	double *w = calloc(in * out, sizeof(*w));
	size_t t, o, i;

	for (t = 0; t < rows->n; t++)
		for (o = 0; o < out; o++)
			for (i = 0; i < in; i++)
				w[o * in + i] += (double)rows->delta[t * out +
					o] * (double)rows->x[t * in + i];
	return w;
}

static void
same_update(const struct ee_mend *m, const struct ee_mend_edit *a,
	    const struct ee_mend_edit *b)
{
	size_t i, k;

	ck_assert_double_eq_tol(a->loss_before, b->loss_before, 1e-5);
	ck_assert_double_eq_tol(a->loss_after, b->loss_after, 1e-4);
	for (i = 0; i < m->nparams; i++) {
		const size_t n = m->param[i].in * m->param[i].out;
		double *x = update_of(m, &a->rows[i]);
		double *y = update_of(m, &b->rows[i]), off = 0, all = 0;

		ck_assert_uint_eq(a->tokens[i], b->tokens[i]);
		for (k = 0; k < n; k++) {
			off += (x[k] - y[k]) * (x[k] - y[k]);
			all += x[k] * x[k];
		}
		ck_assert_msg(sqrt(off) <= 1e-4 * sqrt(all), "%s: %g",
			      m->param[i].weight, sqrt(off / all));
		free(x);
		free(y);
	}
}

/* Blocks of a text, and more tokens than a weight is wide: the same update.
 * Of each text by itself, all in one pass: the same as alone. */
START_TEST(blocks_do_not_matter)
{
	enum { N = 12 };
	struct ee_mend_edit whole, parts, alone, each[N];
	struct ee_said texts[N];
	double p[4][N], q[2];
	struct ee_mend_edit_job job;
	struct mendrun s;
	struct ee_err err;
	size_t i, side;

	mendrun_start(&s, "tiny-gpt2.default", 2);
	for (i = 0; i < N; i++)
		texts[i] = s.texts[i % s.n];
	job = (struct ee_mend_edit_job){ s.model, s.m, texts, texts, N, false,
					 SIZE_MAX };
	must(ee_mend_edit(&job, &whole, p[0], p[1], &err));
	job.tokens = 1;
	must(ee_mend_edit(&job, &parts, p[2], p[3], &err));
	same_update(s.m, &whole, &parts);
	for (i = 0; i < s.m->nparams; i++) {
		side = s.m->param[i].in < s.m->param[i].out ?
		       s.m->param[i].in : s.m->param[i].out;
		ck_assert_uint_gt(whole.tokens[i], side);
		ck_assert_uint_eq(whole.rows[i].n, side);
	}
	for (i = 0; i < N; i++) {
		ck_assert_double_eq_tol(p[0][i], p[2][i], 1e-4 * p[0][i]);
		ck_assert_double_eq_tol(p[1][i], p[3][i], 1e-3 * p[1][i]);
	}
	job.apart = true;
	must(ee_mend_edit(&job, each, p[0], p[1], &err));
	job.n = 1;
	for (i = 0; i < N; i++, job.texts++, job.asks++) {
		must(ee_mend_edit(&job, &alone, &q[0], &q[1], &err));
		same_update(s.m, &each[i], &alone);
		ck_assert_double_eq_tol(p[0][i], q[0], 1e-4 * q[0]);
		ck_assert_double_eq_tol(p[1][i], q[1], 1e-3 * q[1]);
		ee_mend_edit_free(&alone, s.m);
		ee_mend_edit_free(&each[i], s.m);
	}
	ee_mend_edit_free(&whole, s.m);
	ee_mend_edit_free(&parts, s.m);
	mendrun_finish(&s);
}
END_TEST

/* What is no edit: a gradient of zeros, one that is not finite, a network
 * that has never been trained. */
START_TEST(no_gradient_is_no_edit)
{
	static const char *const says[] = { "is zero", "not finite",
					    "not trained" };
	struct ee_mend_edit edit;
	struct mendrun s;
	struct ee_err err;
	float *norm;
	double p;

	mendrun_start(&s, "tiny-gpt2.default", 1);
	norm = s.model->whole[EE_W_FINAL - EE_LAYER_ROLES].norm;
	if (_i == 0)	/* the logits are the same whatever comes */
		memset(norm, 0, s.model->config.d * sizeof(*norm));
	else if (_i == 1)
		norm[0] = NAN;
	else
		s.m->running[s.m->net[1].k] = 1;
	ck_assert_int_eq(ee_mend_edit(&(struct ee_mend_edit_job){ s.model,
		s.m, s.texts, s.texts, 1, false, SIZE_MAX }, &edit, &p, &p,
		&err), EE_EMATH);
	ck_assert_msg(strstr(err.text, says[_i]) != NULL, "%s", err.text);
	ee_mend_edit_free(&edit, s.m);
	mendrun_finish(&s);
}
END_TEST

static const char *const models[] = {
	"tiny-gpt2", "tiny-gptj", "tiny-gpt-neox", "tiny-gpt-neox-seq",
	"tiny-llama", "tiny-llama-gqa",
};
enum { MODELS = sizeof(models) / sizeof(models[0]) };

/* One matrix of a model as inner_params, and a network that changes nothing:
 * as it starts, without normalising. */
struct plain {
	struct ee_model *model;
	struct ee_mend_params params;
	struct ee_said text;
};

/* The loss after a step of lr against the gradient; *size is what the step
 * changes it by to first order, lr |G|^2, both in the first call's lr. */
static double
step(const struct plain *p, double lr, double *size)
{
	struct ee_mend_params params = p->params;
	struct ee_mend_edit edit;
	struct ee_delta delta;
	struct ee_mend *m;
	struct ee_err err;
	double loss, before, after;

	params.edit_lr = -lr;
	must(ee_mend_create(&m, &params, p->model, &err));
	must(ee_mend_edit(&(struct ee_mend_edit_job){ p->model, m, &p->text,
			  &p->text, 1, false, SIZE_MAX }, &edit, &before,
			  &after, &err));
	must(ee_mend_delta(m, &edit.rows[0], &delta, &err));
	*size = pow(ee_lowrank_norm(&delta, &err), 2) / fabs(lr);
	loss = edit.loss_after;
	ee_delta_free(&delta);
	ee_mend_edit_free(&edit, m);
	ee_mend_free(m);
	return loss;
}

/* A network that changes nothing is gradient descent: every matrix of the
 * first and of the last layer, in every family. */
START_TEST(no_network_is_gradient_descent)
{
	static int32_t ids[] = { 5, 17, 60, 3, 99, 42, 7 };
	static int32_t labels[] = { 42, 11, 8 };
	struct plain p = { .text = { .ids = ids, .n = 7, .labels = labels,
				     .nlabels = 3 } };
	char path[256], name[EE_MAX_NAME];
	struct ee_value map = ee_map(), list = ee_list();
	struct ee_err err;
	size_t layer, role, last, done = 0;

	snprintf(path, sizeof(path), "tests/golden/models/%s", models[_i]);
	must(ee_model_open(&p.model, path, &err));
	ee_add(&p.params.arena, &list, ee_text(name));
	ee_put(&p.params.arena, &map, "inner_params", list);
	ee_put(&p.params.arena, &map, "norm", ee_logic(false));
	must(ee_mend_params_from(&p.params, &map, "test", NULL, &err));
	last = p.model->config.layers - 1;
	for (layer = 0; layer <= last; layer += last) {
		for (role = 0; role < EE_LAYER_ROLES; role++) {
			const struct ee_param *w = ee_model_param(p.model,
				layer, (enum ee_role)role);
			double size, scale, change;

			if (w->module == NULL || w->w.data == NULL)
				continue;
			ee_model_name(p.model, layer, w->module, name);
			strcat(name, ".weight");
			step(&p, 1e-3, &size);
			scale = 1e-3 * 0.01 / size;	/* by 0.01, about */
			change = step(&p, -scale, &size) -
				 step(&p, scale, &size);
			ck_assert_msg(fabs(change / (2 * size) - 1) < 0.01,
				      "%s: %g for %g", name, change,
				      2 * size);
			done++;
		}
	}
	ck_assert_uint_ge(done, 8);
	ee_mend_params_free(&p.params);
	ee_model_close(p.model);
}
END_TEST

/* The gradients that training keeps are those that an edit is made of: of
 * every matrix of a layer, attention's too. */
START_TEST(training_has_the_edits_gradients)
{
	static int32_t ids[] = { 5, 17, 60, 3, 99, 42, 7 };
	static int32_t labels[] = { 99, 42, 7 };
	const struct ee_said said = { .ids = ids, .n = 7, .labels = labels,
				      .nlabels = 3 };
	const struct ee_example example = { "1", said, said, said };
	const struct ee_example *const examples[] = { &example };
	struct ee_mend_params params = { .net = { .n_hidden = 1, .rank = 4,
						  .combine = true } };
	struct ee_mend_rows rows[EE_LAYER_ROLES], c[EE_LAYER_ROLES];
	char names[EE_LAYER_ROLES][EE_MAX_NAME + 8], path[256];
	struct ee_model *model;
	struct ee_frozen frozen = { 0 };
	struct ee_mend *m;
	struct ee_err err;
	size_t role, i, k;

	snprintf(path, sizeof(path), "tests/golden/models/%s", models[_i]);
	must(ee_model_open(&model, path, &err));
	for (role = 0; role < EE_LAYER_ROLES; role++) {
		const struct ee_param *w = ee_model_param(model, 1,
			(enum ee_role)role);

		if (w->module == NULL || w->w.data == NULL)
			continue;
		ee_model_name(model, 1, w->module, names[params.ninner]);
		strcat(names[params.ninner], ".weight");
		params.inner[params.ninner] = names[params.ninner];
		params.ninner++;
	}
	ck_assert_uint_ge(params.ninner, 4);
	must(ee_mend_create(&m, &params, model, &err));
	frozen.rows = calloc(m->nparams, sizeof(*frozen.rows));
	must(ee_frozen_make(model, m, examples, NULL, 1, false, &frozen,
			    &err));
	ee_frozen_view(&frozen, m, &example, model->config.d, rows);
	mendrun_gradient(model, m, &said, 1, c);
	for (i = 0; i < m->nparams; i++) {
		const struct ee_mend_param *p = &m->param[i];
		const struct ee_tensor x = ee_tensor_2d(EE_F32, rows[i].x,
			rows[i].n, p->in);
		const struct ee_tensor delta = ee_tensor_2d(EE_F32,
			rows[i].delta, rows[i].n, p->out);

		ck_assert_uint_eq(c[i].n, rows[i].n);
		ck_assert_uint_ge(rows[i].n, 5);
		/* a mean here, a sum there */
		for (k = 0; k < rows[i].n * p->out; k++)
			c[i].delta[k] *= 3;
		near(c[i].x, &x, TIGHT, "x", p->weight);
		near(c[i].delta, &delta, TIGHT, "delta", p->weight);
	}
	mendrun_free_rows(c, m);
	free(frozen.block);
	free(frozen.rows);
	ee_mend_free(m);
	ee_model_close(model);
}
END_TEST

Suite *suite_mend(void);

Suite *
suite_mend(void)
{
	Suite *s = suite_create("mend");
	TCase *t = tcase_create("hparams");

	tcase_add_loop_test(t, our_hparams_are_read, 0, 2);
	tcase_add_loop_test(t, bad_hparams_are_named, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, idle_keys_are_notices);
	suite_add_tcase(s, t);
	t = tcase_create("golden");
	tcase_add_loop_test(t, edits_are_the_references, 0, RUNS);
	suite_add_tcase(s, t);
	t = tcase_create("parts");
	tcase_add_loop_test(t, a_hypernetwork_starts_as_the_references, 0, 2);
	tcase_add_test(t, statistics_are_those_of_all_rows);
	tcase_add_test(t, together_is_as_alone);
	tcase_add_test(t, blocks_do_not_matter);
	tcase_add_loop_test(t, no_gradient_is_no_edit, 0, 3);
	tcase_add_loop_test(t, no_network_is_gradient_descent, 0, MODELS);
	tcase_add_loop_test(t, training_has_the_edits_gradients, 0, MODELS);
	suite_add_tcase(s, t);
	return s;
}
