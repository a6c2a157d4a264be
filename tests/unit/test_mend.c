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
		"lr_scale: 2.0, dropout: 0.1, hidden_dim: 7, odd: 1}";
	unsigned notices = 0;
	const struct ee_warn warn = { count, &notices };
	struct ee_mend_params p = { 0 };
	struct ee_value map;
	struct ee_err err;

	must(ee_yaml_parse(&p.arena, text, strlen(text), "a", &map, &err));
	must(ee_mend_params_from(&p, &map, "a", &warn, &err));
	ck_assert_uint_eq(notices, 5);
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
		const struct ee_mend_text *t = &s->texts[i];

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
	free(delta.left);
	free(delta.right);
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

START_TEST(edits_are_the_references)
{
	struct mendrun s;
	struct ee_mend_pass pass;
	struct ee_mend_case c;
	struct ee_mend_edit edit;
	struct ee_err err;
	size_t i;

	mendrun_start(&s, runs[_i].name, runs[_i].number);
	check_tokens(&s);
	must(ee_mend_pass_open(&pass, s.model, s.m, s.texts, s.n, &err));
	c.n = s.n;
	must(ee_mend_gradients(&pass, 1, &c, NULL, &err));
	for (i = 0; i < s.m->nparams; i++)
		check_gradient(&s, &c.rows[i]);
	ee_mend_case_free(&c, s.m);
	ee_mend_pass_close(&pass);

	must(ee_mend_edit(&(struct ee_mend_edit_job){ s.model, s.m, s.texts,
			  s.texts, s.n }, &edit, &err));
	for (i = 0; i < s.m->nparams; i++) {
		check_factors(&s, &edit.rows[i]);
		check_update(&s, &edit.rows[i]);
	}
	check_logits(&s);
	ee_mend_edit_free(&edit, s.m);
	mendrun_finish(&s);
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
	return s;
}
