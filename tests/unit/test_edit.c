/*
 * test_edit.c - ROME and MEMIT against EasyEdit's own runs
 * (tests/golden/edits): the same templates and statistics.
 *
 * Tolerances: u, v and the weight update within 1e-3 relative, the loss
 * trace within 1e-3 absolute and relative.  The reference's own distance
 * between float32 and float64 is up to 1e-4 in u with statistics.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "edit/lowrank.h"
#include "edit/memit.h"
#include "edit/prompts.h"
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
open_stats(struct setup *s, size_t layer, struct ee_npz *npz,
	   struct ee_value *mom2, struct ee_value *count)
{
	char module[EE_MAX_NAME], path[512];
	struct ee_err err;

	ee_fill_layer(s->hparams.rewrite_module, layer, module);
	snprintf(path, sizeof(path), "tests/golden/stats/data/%s/"
		 "wikipedia_stats/%s_float32_mom2_100.npz", s->family,
		 module);
	must(ee_npz_open(npz, path, &err));
	must(ee_npz_get(npz, "mom2.mom2", &s->arena, mom2, &err));
	must(ee_npz_get(npz, "mom2.count", &s->arena, count, &err));
}

static void
solver_of(struct setup *s, size_t layer, double scale,
	  struct ee_solver *solver)
{
	const struct ee_solver_params params = { .scale = scale };
	struct ee_value mom2, count;
	struct ee_npz npz;
	struct ee_err err;

	open_stats(s, layer, &npz, &mom2, &count);
	must(ee_solver_make(solver, &mom2.u.tensor,
			    (int64_t)ee_tensor_at(&count.u.tensor, 0),
			    &params, &err));
	ee_npz_close(&npz);
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
			solver_of(&s, layer, 1, &solver);
		must(ee_rome(s.model, s.tok, &s.hparams, layer, &request,
			     &s.templates,
			     s.hparams.mom2_adjustment ? &solver : NULL,
			     &like_easyedit, &delta, &report, NULL, NULL,
			     &err));
		compare_layer(&s, layer, &delta, &report,
			      s.model->config.family->in_major);
		if (!misaligned(&s) && s.hparams.steps >= 20)
			ck_assert(report.p_after > report.p_before);
		ee_delta_free(&delta);
		free(report.losses);
		ee_solver_free(&solver);
	}
	s.templates = (struct ee_templates){ 0 };
	finish(&s);
}

/* rome-first and -last are not here: EasyEdit's index for them is a bug
 * (negative, or of the padding). */
static const char *const rome_cases[] = {
	"rome-plain", "rome-mom2", "rome-after", "rome-earlystop",
	"rome-spaced", "rome-2layers-literal", "r-rome-prefix",
	"r-rome-prompt",
};
static const char *const families[] = { "tiny-gpt2", "tiny-gptj",
	"tiny-gpt-neox", "tiny-gpt-neox-seq", "tiny-llama",
	"tiny-llama-gqa" };
enum { CASES = sizeof(rome_cases) / sizeof(rome_cases[0]),
       FAMILIES = sizeof(families) / sizeof(families[0]) };

START_TEST(rome_is_the_references)
{
	run_case(families[_i / CASES], rome_cases[_i % CASES]);
}
END_TEST

struct memit_case {
	struct ee_prompts prompts;
	struct ee_target target;
	float *z;
};

struct memit_solver {
	struct ee_solver solver[4];
};

static enum ee_status
solve_memit(void *ctx, size_t i, size_t f, size_t n, const double *k,
	    double *a, struct ee_err *err)
{
	struct memit_solver *s = ctx;

	(void)f;
	return ee_solve_keys(&s->solver[i], n, k, 1, a, err);
}

static void
take_groups(struct setup *s)
{
	const struct ee_value *list = ee_get(&s->json, "context_templates");
	static size_t groups[64];
	static const char *texts[64];
	size_t i, k, n = 0;

	for (i = 0; i < list->n; i++) {
		for (k = 0; k < list->u.list[i].n; k++) {
			groups[n] = i;
			texts[n++] = list->u.list[i].u.list[k].u.text;
		}
	}
	s->templates.n = n;
	s->templates.text = texts;
	s->templates.group = groups;
}

/* All targets in one batch; z within 1e-3 relative of the reference's. */
static void
find_targets(struct setup *s, const char *prefix, struct memit_case *cases,
	     size_t n)
{
	const size_t d = s->model->config.d;
	const struct ee_target_params params = {
		.layer = s->hparams.layers[s->hparams.nlayers - 1],
		.at = EE_AT_OUT, .steps = (unsigned)s->hparams.steps,
		.lr = s->hparams.lr, .weight_decay = s->hparams.weight_decay,
		.clamp = s->hparams.clamp, .kl_factor = s->hparams.kl_factor,
	};
	struct ee_target targets[16];
	struct ee_tensor want;
	struct ee_err err;
	size_t i, j;

	memset(targets, 0, sizeof(targets));
	for (i = 0; i < n; i++) {
		struct ee_target *t = &targets[i];
		struct ee_prompts *p = &cases[i].prompts;

		t->rows = p->rows;
		t->nrows = p->nrows;
		t->kl = &p->kl;
		t->target = p->target.ids;
		t->ntarget = p->target.n;
		t->delta = ee_floats(d, &err);
		t->v0 = ee_floats(d, &err);
	}
	must(ee_targets(s->model, &params, targets, n, NULL, &err));
	for (i = 0; i < n; i++) {
		cases[i].z = ee_floats(d, &err);
		for (j = 0; j < d; j++)
			cases[i].z[j] = targets[i].v0[j] +
					targets[i].delta[j];
		want = golden_get(&s->golden, "%sreq%zu.z", prefix, i);
		ck_assert_msg(relative(cases[i].z, &want) <= 1e-3, "z%zu: %g",
			      i, relative(cases[i].z, &want));
		free(targets[i].delta);
		free(targets[i].v0);
	}
}

/* A weight update within 2e-3 relative of an array of the reference's. */
static void
compare_update(struct setup *s, const struct ee_delta *d, const char *prefix,
	       size_t layer, const char *what)
{
	const struct ee_tensor update = golden_get(&s->golden,
		"%slayer%zu.%s", prefix, layer, what);
	struct ee_err err;
	float *w = ee_floats(d->in * d->out, &err);

	if (s->model->config.family->in_major)
		ee_gemm(false, true, d->in, d->out, d->r, 1, d->right, d->r,
			d->left, d->r, 0, w, d->out);
	else
		ee_gemm(false, true, d->out, d->in, d->r, 1, d->left, d->r,
			d->right, d->r, 0, w, d->in);
	ck_assert_msg(relative(w, &update) <= 2e-3, "%slayer%zu.%s: %g",
		      prefix, layer, what, relative(w, &update));
	free(w);
}

/* Keys within 1e-4. */
static void
compare_keys(struct setup *s, size_t layer, size_t n, size_t f,
	     const float *keys)
{
	const struct ee_tensor k = golden_get(&s->golden, "layer%zu.k",
					      layer);
	struct ee_err err;
	float *turned = ee_floats(f * n, &err);
	size_t i, j;

	for (i = 0; i < f; i++)
		for (j = 0; j < n; j++)
			turned[j * f + i] = keys[i * n + j];
	ck_assert_msg(relative(turned, &k) <= 1e-4, "keys: %g",
		      relative(turned, &k));
	free(turned);
}

static void
run_memit(const char *family, const char *which)
{
	struct memit_solver solvers = { 0 };
	struct memit_case cases[16];
	struct ee_memit_case views[16];
	struct ee_memit_job job = { .cases = views };
	struct ee_memit_layer report[4];
	struct ee_delta deltas[4];
	struct ee_request request;
	float *keys[4];
	struct ee_err err;
	struct setup s;
	size_t i;

	start(&s, family, which);
	take_groups(&s);
	job.n = ee_get(&s.json, "requests")->n;
	job.templates = &s.templates;
	job.layers = s.hparams.layers;
	job.nlayers = s.hparams.nlayers;
	job.batch = 64;		/* several chunks */
	memset(cases, 0, sizeof(cases));
	for (i = 0; i < job.n; i++) {
		must(ee_request_read(&request, &ee_get(&s.json, "requests")->
				     u.list[i], i + 1, &s.arena, &err));
		must(ee_prompts_make(&cases[i].prompts, s.tok, &request,
				     &s.templates, s.hparams.fact_token,
				     EE_TARGET_AS_TEXT, NULL, &err));
	}
	find_targets(&s, "", cases, job.n);
	for (i = 0; i < job.n; i++) {
		views[i].probes = cases[i].prompts.probes;
		views[i].z = cases[i].z;
	}
	for (i = 0; i < job.nlayers; i++)
		solver_of(&s, job.layers[i], s.hparams.mom2_update_weight,
			  &solvers.solver[i]);
	must(ee_memit(s.model, &job, solve_memit, &solvers, deltas, report,
		      keys, NULL, &err));
	for (i = 0; i < job.nlayers; i++) {
		compare_keys(&s, job.layers[i], job.n, deltas[i].in, keys[i]);
		compare_update(&s, &deltas[i], "", job.layers[i],
			       "weight_update");
		ee_delta_free(&deltas[i]);
		free(keys[i]);
		ee_solver_free(&solvers.solver[i]);
	}
	for (i = 0; i < job.n; i++) {
		ee_prompts_free(&cases[i].prompts);
		free(cases[i].z);
	}
	s.templates = (struct ee_templates){ 0 };
	finish(&s);
}

/* The reference's threshold is the median eigenvalue of one layer, to float32
 * rounding: whether that one is below it is chance, and with tiny-llama it
 * was not. */
static void
null_solver_of(struct setup *s, size_t layer, struct ee_solver *solver)
{
	const double nudge = strcmp(s->family, "tiny-llama") == 0 ? 1e-6 : 0;
	struct ee_value mom2, count;
	struct ee_npz npz;
	struct ee_err err;

	open_stats(s, layer, &npz, &mom2, &count);
	must(ee_solver_null(solver, &mom2.u.tensor,
			    (int64_t)ee_tensor_at(&count.u.tensor, 0),
			    s->hparams.null_threshold * (1 - nudge),
			    s->hparams.l2, &err));
	ee_npz_close(&npz);
}

/* U U^T against the reference's P, which float32 found: next to the
 * threshold tiny-gpt2 has eigenvalues that differ by 2e-4 relative, whose
 * vectors float32 mixes. */
static void
compare_projection(struct setup *s, size_t layer, const struct ee_solver *v)
{
	struct ee_tensor want;
	char name[64];
	struct ee_err err;
	double *p = ee_doubles(v->f * v->f, &err);
	float *p32 = ee_floats(v->f * v->f, &err);
	size_t i;

	snprintf(name, sizeof(name), "layer%zu.P", layer);
	if (golden_has(&s->golden, name)) {
		want = golden_get(&s->golden, "%s", name);
		ee_dgemm(true, false, v->f, v->f, v->r, 1, v->basis, v->f,
			 v->basis, v->f, 0, p, v->f);
		for (i = 0; i < v->f * v->f; i++)
			p32[i] = (float)p[i];
		ck_assert_msg(relative(p32, &want) <= 1e-3, "P: %g",
			      relative(p32, &want));
	}
	free(p);
	free(p32);
}

/* One batch of requests: within 2e-3 of the reference's weight update. */
static void
alpha_batch(struct setup *s, size_t number, struct memit_solver *solvers)
{
	const struct ee_value *list =
		&ee_get(&s->json, "requests")->u.list[number];
	struct memit_case cases[4] = { 0 };
	struct ee_memit_case views[4];
	const struct ee_memit_job job = { views, list->n, &s->templates,
		s->hparams.layers, s->hparams.nlayers, false, 0 };
	struct ee_memit_layer report[4];
	struct ee_delta deltas[4];
	struct ee_request request;
	char prefix[32];
	float *keys[4];
	struct ee_err err;
	size_t i;

	snprintf(prefix, sizeof(prefix), "batch%zu.", number);
	for (i = 0; i < list->n; i++) {
		must(ee_request_read(&request, &list->u.list[i], i + 1,
				     &s->arena, &err));
		must(ee_prompts_make(&cases[i].prompts, s->tok, &request,
				     &s->templates, s->hparams.fact_token,
				     EE_TARGET_AS_TEXT, NULL, &err));
	}
	find_targets(s, prefix, cases, list->n);
	for (i = 0; i < list->n; i++)
		views[i] = (struct ee_memit_case){ cases[i].prompts.probes,
						   cases[i].z };
	must(ee_memit(s->model, &job, solve_memit, solvers, deltas, report,
		      keys, NULL, &err));
	for (i = 0; i < job.nlayers; i++) {
		if (number == 0 || i == 0)	/* what the file has */
			compare_update(s, &deltas[i], prefix, job.layers[i],
				       "weight_delta");
		must(ee_solver_add(&solvers->solver[i], list->n, keys[i],
				   &err));
		ee_delta_free(&deltas[i]);
		free(keys[i]);
	}
	for (i = 0; i < list->n; i++) {
		ee_prompts_free(&cases[i].prompts);
		free(cases[i].z);
	}
}

static const char *const alpha_families[] = { "tiny-gpt2", "tiny-llama",
					      "tiny-llama-gqa" };

START_TEST(alphaedit_is_the_references)
{
	struct memit_solver solvers = { 0 };
	struct setup s;
	size_t i;

	start(&s, alpha_families[_i], "alphaedit");
	take_groups(&s);
	for (i = 0; i < s.hparams.nlayers; i++) {
		null_solver_of(&s, s.hparams.layers[i], &solvers.solver[i]);
		compare_projection(&s, s.hparams.layers[i],
				   &solvers.solver[i]);
	}
	alpha_batch(&s, 0, &solvers);
	alpha_batch(&s, 1, &solvers);
	for (i = 0; i < s.hparams.nlayers; i++)
		ee_solver_free(&solvers.solver[i]);
	s.templates = (struct ee_templates){ 0 };
	finish(&s);
}
END_TEST

static const char *const memit_cases[] = { "memit-1", "memit-8",
					   "memit-3-after" };

START_TEST(memit_is_the_references)
{
	run_memit(families[_i / 3], memit_cases[_i % 3]);
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
	ck_assert_int_eq(glob("pipelines/hparams/EMMET/*.yaml", GLOB_APPEND,
			      NULL, &files), 0);
	ck_assert_int_eq(glob("pipelines/hparams/AlphaEdit/*.yaml",
			      GLOB_APPEND, NULL, &files), 0);
	for (i = 0; i < files.gl_pathc; i++) {
		must(ee_hparams_read(&h, files.gl_pathv[i], &warn, &err));
		ck_assert(h.lr > 0.05 && h.lr <= 0.5);
		ee_hparams_free(&h);
	}
	globfree(&files);
}
END_TEST

/* A little of everything, always the same. */
static void
fill(float *x, size_t n, unsigned seed)
{
	size_t i;

	for (i = 0; i < n; i++) {
		seed = seed * 1664525u + 1013904223u;
		x[i] = (float)(seed >> 8) / (float)(1u << 24) - 0.5f;
	}
}

enum { WIDE = 24, SEEN = 60, EARLIER = 15, NEW = 4 };

/* The sum of the outer products of SEEN keys. */
static void
sum_products(const float *x, float *sum)
{
	ee_gemm(true, false, WIDE, WIDE, SEEN, 1, x, WIDE, x, WIDE, 0, sum,
		WIDE);
}

/* (s C + nu I + P P^T + K K^T) A = K, whether P was there from the start or
 * came after, in two parts; few, in a system of their own, or so many that
 * they join the factor. */
START_TEST(earlier_keys_join_the_system)
{
	static const size_t counts[] = { 5, 12, 13, 15 };
	const size_t early = counts[_i];
	float x[SEEN * WIDE], sum[WIDE * WIDE] = { 0 };
	float earlier[WIDE * EARLIER], one[WIDE], rest[WIDE * EARLIER];
	double k[WIDE * NEW], a[2][WIDE * NEW];
	const struct ee_tensor mom2 = ee_tensor_2d(EE_F32, sum, WIDE, WIDE);
	const struct ee_solver_params with = {
		.scale = 3, .nu = 0.7, .previous = earlier,
		.nprevious = early };
	const struct ee_solver_params without = { .scale = 3, .nu = 0.7 };
	struct ee_solver solver;
	struct ee_err err;
	size_t i, j, n, m;

	fill(x, SEEN * WIDE, 1);
	sum_products(x, sum);
	fill(earlier, WIDE * early, 2);
	fill(x, WIDE * NEW, 3);
	for (i = 0; i < WIDE * NEW; i++)
		k[i] = (double)x[i];
	for (i = 0; i < WIDE; i++) {
		one[i] = earlier[i * early];
		memcpy(rest + i * (early - 1), earlier + i * early + 1,
		       (early - 1) * sizeof(*rest));
	}
	must(ee_solver_make(&solver, &mom2, SEEN, &with, &err));
	must(ee_solve_keys(&solver, NEW, k, 1, a[0], &err));
	ee_solver_free(&solver);
	must(ee_solver_make(&solver, &mom2, SEEN, &without, &err));
	must(ee_solver_add(&solver, 1, one, &err));
	must(ee_solver_add(&solver, early - 1, rest, &err));
	must(ee_solve_keys(&solver, NEW, k, 1, a[1], &err));
	ee_solver_free(&solver);
	for (i = 0; i < WIDE; i++) {
		for (n = 0; n < NEW; n++) {
			double left = 0;

			for (j = 0; j < WIDE; j++) {
				double s = 3.0 / SEEN *
					   (double)sum[i * WIDE + j] +
					   (i == j ? 0.7 : 0);

				for (m = 0; m < early; m++)
					s += (double)earlier[i * early + m] *
					     (double)earlier[j * early + m];
				for (m = 0; m < NEW; m++)
					s += k[i * NEW + m] * k[j * NEW + m];
				left += s * a[0][j * NEW + n];
			}
			ck_assert_double_eq_tol(left, k[i * NEW + n], 1e-6);
			ck_assert_double_eq_tol(a[0][i * NEW + n],
						a[1][i * NEW + n], 1e-10);
		}
	}
}
END_TEST

/* More requests than rows: the same change in smaller factors. */
START_TEST(large_factors_shrink)
{
	enum { D = 3, F = 7, N = 5 };
	struct ee_delta delta = { .out = D, .in = F, .r = N };
	float before[D * F], after[D * F];
	struct ee_err err;
	double norm;
	size_t i;

	delta.left = ee_floats(D * N, &err);
	delta.right = ee_floats(F * N, &err);
	fill(delta.left, D * N, 4);
	fill(delta.right, F * N, 5);
	norm = ee_lowrank_norm(&delta, &err);
	ee_gemm(false, true, D, F, N, 1, delta.left, N, delta.right, N, 0,
		before, F);
	must(ee_lowrank_shrink(&delta, &err));
	ck_assert_uint_eq(delta.r, D);
	ee_gemm(false, true, D, F, D, 1, delta.left, D, delta.right, D, 0,
		after, F);
	for (i = 0; i < D * F; i++)
		ck_assert_float_eq_tol(before[i], after[i], 1e-6f);
	ck_assert_double_eq_tol(ee_lowrank_norm(&delta, &err), norm, 1e-6);
	ee_delta_free(&delta);
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
	tcase_add_loop_test(t, memit_is_the_references, 0, 3 * FAMILIES);
	tcase_add_loop_test(t, alphaedit_is_the_references, 0, 3);
	tcase_add_test(t, our_hparams_are_whole);
	suite_add_tcase(s, t);
	t = tcase_create("systems");
	tcase_add_loop_test(t, earlier_keys_join_the_system, 0, 4);
	tcase_add_test(t, large_factors_shrink);
	suite_add_tcase(s, t);
	return s;
}
