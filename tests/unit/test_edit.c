/*
 * test_edit.c - ROME against EasyEdit's own runs (tests/golden/edits): the
 * same templates and statistics.
 *
 * Tolerances: u, v and the weight update within 1e-3 relative, the loss
 * trace within 1e-3 absolute and relative.  The reference's own distance
 * between float32 and float64 is up to 1e-4 in u with statistics.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "edit/rome.h"
#include "file/json.h"
#include "golden.h"

struct setup {
	struct ee_model *model;
	struct ee_tokenizer *tok;
	struct ee_arena arena;
	struct ee_value json;
	struct ee_hparams hparams;
	struct ee_templates templates;
	struct golden golden;
	const char *family;
};

static void
start(struct setup *s, const char *family, const char *which)
{
	struct ee_err err;
	char path[256];

	memset(s, 0, sizeof(*s));
	s->family = family;
	snprintf(path, sizeof(path), "tests/golden/models/%s", family);
	must(ee_model_open(&s->model, path, &err));
	must(ee_tokenizer_open(&s->tok, path, NULL, &err));
	snprintf(path, sizeof(path), "tests/golden/edits/%s/%s.json", family,
		 which);
	must(ee_json_read(&s->arena, path, &s->json, &err));
	must(ee_hparams_from(&s->hparams, ee_get(&s->json, "hparams"), path,
			     NULL, &err));
	must(ee_hparams_check(&s->hparams, s->model, &err));
	snprintf(path, sizeof(path), "tests/golden/edits/%s/%s.npz", family,
		 which);
	golden_open(&s->golden, path);
}

static void
finish(struct setup *s)
{
	golden_close(&s->golden);
	ee_templates_free(&s->templates);
	ee_hparams_free(&s->hparams);
	ee_tokenizer_close(s->tok);
	ee_model_close(s->model);
	ee_arena_free(&s->arena);
}

static void
take_templates(struct setup *s)
{
	const struct ee_value *list = ee_get(&s->json, "context_templates");
	static size_t groups[64];
	static const char *texts[64];
	size_t i;

	ck_assert(list != NULL && list->n <= 64);
	for (i = 0; i < list->n; i++)
		texts[i] = list->u.list[i].u.text;
	s->templates.n = list->n;
	s->templates.text = texts;
	s->templates.group = groups;
}

static void
solver_of(struct setup *s, size_t layer, struct ee_solver *solver)
{
	char module[EE_MAX_NAME], path[512];
	struct ee_value mom2, count;
	struct ee_arena arena = { 0 };
	struct ee_npz npz;
	struct ee_err err;

	ee_fill_layer(s->hparams.rewrite_module, layer, module);
	snprintf(path, sizeof(path), "tests/golden/stats/data/%s/"
		 "wikipedia_stats/%s_float32_mom2_100.npz", s->family,
		 module);
	must(ee_npz_open(&npz, path, &err));
	must(ee_npz_get(&npz, "mom2.mom2", &arena, &mom2, &err));
	must(ee_npz_get(&npz, "mom2.count", &arena, &count, &err));
	must(ee_solver_make(solver, &mom2.u.tensor,
			    (int64_t)ee_tensor_at(&count.u.tensor, 0), 0,
			    &err));
	ee_npz_close(&npz);
	ee_arena_free(&arena);
}

static void
compare_trace(struct setup *s, size_t layer, const struct ee_rome_report *r)
{
	const struct ee_tensor nll = golden_get(&s->golden, "layer%zu.nll",
						layer);
	const struct ee_tensor kl = golden_get(&s->golden, "layer%zu.kl",
					       layer);
	const struct ee_tensor wd = golden_get(&s->golden, "layer%zu.wd",
					       layer);
	size_t i;

	ck_assert_uint_eq(r->steps, nll.shape[0]);
	for (i = 0; i < r->steps; i++) {
		const double want = ee_tensor_at(&nll, i);

		ck_assert_double_eq_tol(r->losses[i].nll, want,
					1e-3 * (want > 1 ? want : 1));
		ck_assert_double_eq_tol(r->losses[i].kl,
					ee_tensor_at(&kl, i), 1e-3);
		ck_assert_double_eq_tol(r->losses[i].decay,
					ee_tensor_at(&wd, i), 1e-3);
	}
}

static void
compare_layer(struct setup *s, size_t layer, const struct ee_delta *d,
	      const struct ee_rome_report *r, bool in_major)
{
	const struct ee_tensor u = golden_get(&s->golden, "layer%zu.u",
					      layer);
	const struct ee_tensor v = golden_get(&s->golden, "layer%zu.v",
					      layer);
	struct ee_tensor update;
	struct ee_err err;
	char name[64];
	float *w;

	compare_trace(s, layer, r);
	ck_assert_msg(relative(d->right, &u) <= 1e-3, "u: %g",
		      relative(d->right, &u));
	ck_assert_msg(relative(d->left, &v) <= 1e-3, "v: %g",
		      relative(d->left, &v));
	snprintf(name, sizeof(name), "layer%zu.weight_update", layer);
	if (!golden_has(&s->golden, name))
		return;
	update = golden_get(&s->golden, "%s", name);
	w = ee_floats(d->out * d->in, &err);
	if (in_major)
		ee_gemm(false, true, d->in, d->out, 1, 1, d->right, 1,
			d->left, 1, 0, w, d->out);
	else
		ee_gemm(false, true, d->out, d->in, 1, 1, d->left, 1,
			d->right, 1, 0, w, d->in);
	ck_assert_msg(relative(w, &update) <= 1e-3, "update: %g",
		      relative(w, &update));
	free(w);
}

/* SentencePiece's tokens of " x" are not those of "x" in a text, so EasyEdit
 * optimises other positions there than the target's. */
static bool
misaligned(const struct setup *s)
{
	return strcmp(s->family, "tiny-llama") == 0;
}

static void
run_case(const char *family, const char *which)
{
	const struct ee_rome_options like_easyedit = { true, 0 };
	struct ee_solver solver = { 0 };
	struct ee_rome_report report;
	struct ee_request request;
	struct ee_delta delta;
	struct ee_err err;
	struct setup s;
	size_t i;

	start(&s, family, which);
	take_templates(&s);
	must(ee_request_read(&request, &ee_get(&s.json, "requests")->u.list[0],
			     1, &s.arena, &err));
	for (i = 0; i < s.hparams.nlayers; i++) {
		const size_t layer = s.hparams.layers[i];

		if (s.hparams.mom2_adjustment)
			solver_of(&s, layer, &solver);
		must(ee_rome(s.model, s.tok, &s.hparams, layer, &request,
			     &s.templates,
			     s.hparams.mom2_adjustment ? &solver : NULL,
			     &like_easyedit, &delta, &report, NULL, NULL,
			     &err));
		compare_layer(&s, layer, &delta, &report,
			      s.model->config.family->in_major);
		if (!misaligned(&s) && s.hparams.steps >= 20)
			ck_assert(report.p_after > report.p_before);
		free(delta.left);
		free(delta.right);
		free(report.losses);
		ee_solver_free(&solver);
	}
	s.templates = (struct ee_templates){ 0 };
	finish(&s);
}

/* rome-first and -last are not here: EasyEdit's index for them is a bug
 * (negative, or of the padding). */
static const char *const cases[] = {
	"rome-plain", "rome-mom2", "rome-after", "rome-earlystop",
	"rome-spaced", "rome-2layers-literal", "r-rome-prefix",
	"r-rome-prompt",
};
static const char *const families[] = { "tiny-gpt2", "tiny-gptj",
	"tiny-gpt-neox", "tiny-gpt-neox-seq", "tiny-llama",
	"tiny-llama-gqa" };
enum { CASES = sizeof(cases) / sizeof(cases[0]),
       FAMILIES = sizeof(families) / sizeof(families[0]) };

START_TEST(rome_is_the_references)
{
	/* here those positions even reach back to the subject's last token */
	if (strcmp(families[_i / CASES], "tiny-llama") == 0 &&
	    strcmp(cases[_i % CASES], "rome-earlystop") == 0)
		return;
	run_case(families[_i / CASES], cases[_i % CASES]);
}
END_TEST

static void
fail_on_notice(void *ctx, const char *text)
{
	(void)ctx;
	ck_abort_msg("%s", text);
}

/* Every file of ours is read without a notice. */
START_TEST(our_hparams_are_whole)
{
	const struct ee_warn warn = { fail_on_notice, NULL };
	struct ee_hparams h;
	struct ee_err err;
	glob_t files;
	size_t i;

	ck_assert_int_eq(glob("pipelines/hparams/ROME/*.yaml", 0, NULL,
			      &files), 0);
	ck_assert_int_eq(glob("pipelines/hparams/MEMIT/*.yaml", GLOB_APPEND,
			      NULL, &files), 0);
	for (i = 0; i < files.gl_pathc; i++) {
		must(ee_hparams_read(&h, files.gl_pathv[i], &warn, &err));
		ck_assert(h.lr > 0.05 && h.lr <= 0.5);
		ee_hparams_free(&h);
	}
	globfree(&files);
}
END_TEST

Suite *suite_edit(void);

Suite *
suite_edit(void)
{
	Suite *s = suite_create("edit");
	TCase *t = tcase_create("golden");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, rome_is_the_references, 0, CASES * FAMILIES);
	tcase_add_test(t, our_hparams_are_whole);
	suite_add_tcase(s, t);
	return s;
}
