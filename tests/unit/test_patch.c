/*
 * test_patch.c - patches on a pass: two sequences, each with an edit of its
 * own, computed together, against the model with that edit laid over it.
 *
 * Tolerance: 1e-5 relative (measured: 1.1e-6 at most).
 */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "golden.h"
#include "model/forward.h"

static const char *const models[] = {
	"tiny-gpt2", "tiny-gptj", "tiny-gpt-neox", "tiny-gpt-neox-seq",
	"tiny-llama", "tiny-llama-gqa",
};
enum { MODELS = sizeof(models) / sizeof(models[0]) };

static const enum ee_role roles[] = {
	EE_W_QKV, EE_W_Q, EE_W_K, EE_W_V, EE_W_PROJ, EE_W_GATE, EE_W_UP,
	EE_W_DOWN
};
enum { ROLES = sizeof(roles) / sizeof(roles[0]), LAYERS = 2, RANK = 3,
       SEQUENCES = 2, PATCHES = SEQUENCES * LAYERS * ROLES };

static const int32_t texts[SEQUENCES][7] = {
	{ 5, 17, 60, 3, 99, 42, 7 }, { 5, 17, 60, 81, 20, 2, 11 }
};
enum { LENGTH = 7 };

static float *
random_floats(struct ee_random *random, size_t n, double size)
{
	struct ee_err err;
	float *x = ee_floats(n, &err);
	size_t i;

	ck_assert_ptr_nonnull(x);
	for (i = 0; i < n; i++)
		x[i] = (float)(size * ee_random_normal(random));
	return x;
}

/* Every matrix of the layers 1 and 2, for each sequence. */
static size_t
make_patches(const struct ee_model *m, struct ee_patch *p)
{
	struct ee_random random;
	size_t s, layer, i, n = 0;

	ee_random_seed(&random, 3);
	for (s = 0; s < SEQUENCES; s++) {
		for (layer = 1; layer <= LAYERS; layer++) {
			for (i = 0; i < ROLES; i++) {
				const struct ee_param *w = ee_model_param(m,
					layer, roles[i]);

				if (w->module == NULL)
					continue;
				p[n++] = (struct ee_patch){
					.layer = layer, .role = roles[i],
					.begin = s * LENGTH,
					.end = (s + 1) * LENGTH, .r = RANK,
					.left = random_floats(&random,
						RANK * w->w.out, 0.1),
					.right = random_floats(&random,
						RANK * w->w.in, 0.1),
					.scale = -0.7f,
					.h = random_floats(&random,
						LENGTH * w->w.in, 1),
					.g = random_floats(&random,
						LENGTH * w->w.out, 1),
				};
			}
		}
	}
	return n;
}

static void
free_patches(struct ee_patch *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free((float *)(uintptr_t)p[i].left);
		free((float *)(uintptr_t)p[i].right);
		free(p[i].h);
		free(p[i].g);
	}
}

/* (r, width) turned to (width, r) */
static float *
turned(const float *x, size_t width)
{
	struct ee_err err;
	float *y = ee_floats(RANK * width, &err);
	size_t i, r;

	ck_assert_ptr_nonnull(y);
	for (r = 0; r < RANK; r++)
		for (i = 0; i < width; i++)
			y[i * RANK + r] = x[r * width + i];
	return y;
}

static void
lay_over(struct ee_model *m, const struct ee_patch *p)
{
	const struct ee_param *w = ee_model_param(m, p->layer, p->role);
	float *left = turned(p->left, w->w.out);
	float *right = turned(p->right, w->w.in);
	char name[EE_MAX_NAME];
	struct ee_err err;

	ee_model_name(m, p->layer, w->module, name);
	strcat(name, ".weight");
	must(ee_model_edit(m, name, left, w->w.out, right, w->w.in, RANK,
			   p->scale, &err));
	free(left);
	free(right);
}

/* Gradients that taps have shown: (LENGTH, width) copies. */
static float *shown[LAYERS + 1][EE_SITES];

static enum ee_status
keep(void *ctx, size_t layer, enum ee_site site, const float *x, size_t n,
     size_t width, struct ee_err *err)
{
	(void)ctx;
	ck_assert_uint_eq(n, LENGTH);
	free(shown[layer][site]);
	shown[layer][site] = ee_floats(n * width, err);
	memcpy(shown[layer][site], x, n * width * sizeof(*x));
	return EE_OK;
}

/* Forward and backward over n sequences from 'first' on: x and dx (n, d). */
static void
run(const struct ee_model *m, size_t first, size_t n,
    const struct ee_patch *patches, size_t npatches, float *x, float *dx)
{
	struct ee_trie trie = { 0 };
	struct ee_span span;
	struct ee_pass pass;
	struct ee_tape tape;
	struct ee_err err;
	uint32_t node;
	size_t i;

	for (i = first; i < first + n; i++) {
		must(ee_trie_child(&trie, EE_NO_NODE, texts[i][0],
				   (uint32_t)i + 1, &node, &err));
		must(ee_trie_insert(&trie, node, texts[i] + 1, LENGTH - 1,
				    NULL, &err));
	}
	ck_assert_uint_eq(trie.n, n * LENGTH);
	must(ee_pass_open(&pass, m, &trie, EE_KEEP_KV, &err));
	must(ee_span_make(&span, &trie, 0, trie.n, &err));
	must(ee_tape_open(&tape, m, trie.n, 0, m->config.layers, &err));
	pass.tape = &tape;
	pass.patches = patches;
	pass.npatches = npatches;
	must(ee_embed(&pass, &span, x, &err));
	must(ee_forward(&pass, &span, 0, m->config.layers, x, &err));
	pass.tap = keep;
	for (i = 0; i < npatches && n == 1; i++)
		ee_pass_want(&pass, patches[i].layer, ee_model_param(m,
			     patches[i].layer, patches[i].role)->module->out);
	must(ee_backward(&pass, &span, &tape, dx, &err));
	ee_tape_close(&tape);
	ee_span_free(&span);
	ee_pass_close(&pass);
	ee_trie_free(&trie);
}

static void
near(const float *x, const float *want, size_t n, const char *what)
{
	struct ee_tensor t = ee_tensor_2d(EE_F32, want, n, 0);

	ck_assert_msg(relative(x, &t) <= 1e-5, "%s: %g off", what,
		      relative(x, &t));
}

START_TEST(a_patch_is_an_edit)
{
	struct ee_patch patches[PATCHES], bare[LAYERS * ROLES];
	struct ee_model *m;
	struct ee_random random;
	struct ee_err err;
	char path[256];
	float *x, *dx, *dx0, *alone, *dalone;
	size_t d, n, s, i, each;

	snprintf(path, sizeof(path), "tests/golden/models/%s", models[_i]);
	must(ee_model_open(&m, path, &err));
	must(ee_model_keep(m, &err));
	d = m->config.d;
	ee_random_seed(&random, 5);
	x = random_floats(&random, SEQUENCES * LENGTH * d, 1);
	dx0 = random_floats(&random, SEQUENCES * LENGTH * d, 1);
	dx = random_floats(&random, SEQUENCES * LENGTH * d, 1);
	alone = random_floats(&random, LENGTH * d, 1);
	dalone = random_floats(&random, LENGTH * d, 1);
	memcpy(dx, dx0, SEQUENCES * LENGTH * d * sizeof(*dx));
	n = make_patches(m, patches);
	each = n / SEQUENCES;
	run(m, 0, SEQUENCES, patches, n, x, dx);
	for (s = 0; s < SEQUENCES; s++) {
		ee_model_return(m);
		for (i = 0; i < each; i++) {
			const struct ee_patch *p = &patches[s * each + i];
			const struct ee_param *w = ee_model_param(m,
				p->layer, p->role);

			lay_over(m, p);
			/* r = 0: looks, and changes nothing */
			bare[i] = (struct ee_patch){ .layer = p->layer,
				.role = p->role, .end = LENGTH,
				.h = random_floats(&random,
					LENGTH * w->w.in, 1),
				.g = random_floats(&random,
					LENGTH * w->w.out, 1) };
		}
		memcpy(dalone, dx0 + s * LENGTH * d,
		       LENGTH * d * sizeof(*dx));
		run(m, s, 1, bare, each, alone, dalone);
		near(x + s * LENGTH * d, alone, LENGTH * d, "output");
		near(dx + s * LENGTH * d, dalone, LENGTH * d, "gradient");
		for (i = 0; i < each; i++) {
			const struct ee_patch *p = &patches[s * each + i];
			const struct ee_param *w = ee_model_param(m,
				p->layer, p->role);

			near(p->h, bare[i].h, LENGTH * w->w.in, "h");
			near(p->g, bare[i].g, LENGTH * w->w.out, "g");
			near(shown[p->layer][w->module->out], bare[i].g,
			     LENGTH * w->w.out, "a tap");
		}
		free_patches(bare, each);
	}
	free_patches(patches, n);
	free(x);
	free(dx0);
	free(dx);
	free(alone);
	free(dalone);
	for (i = 0; i < (LAYERS + 1) * EE_SITES; i++)
		free(shown[i / EE_SITES][i % EE_SITES]);
	memset(shown, 0, sizeof(shown));
	ee_model_close(m);
}
END_TEST

Suite *suite_patch(void);

Suite *
suite_patch(void)
{
	Suite *s = suite_create("patch");
	TCase *t = tcase_create("identity");

	tcase_add_loop_test(t, a_patch_is_an_edit, 0, MODELS);
	suite_add_tcase(s, t);
	return s;
}
