/*
 * test_model.c - the model room against the reference's numbers.
 *
 * Tolerances: logits and hidden states within 2e-4 absolute of the float64
 * truth (measured: 1.3e-5 at most, as is the reference's own float32 run);
 * gradients within 1e-4 relative (measured: 3e-6).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "golden.h"
#include "math/vec.h"
#include "model/forward.h"
#include "model/generate.h"

static const char *const models[] = {
	"tiny-gpt2", "tiny-gptj", "tiny-gpt-neox", "tiny-gpt-neox-seq",
	"tiny-llama", "tiny-llama-gqa",
};
enum { MODELS = sizeof(models) / sizeof(models[0]) };

static struct ee_model *
open_model(const char *name)
{
	struct ee_model *m;
	struct ee_err err;
	char path[256];

	snprintf(path, sizeof(path), "tests/golden/models/%s", name);
	must(ee_model_open(&m, path, &err));
	return m;
}

/* A pass over one sequence, with everything that a test looks at. */
struct setup {
	struct ee_model *model;
	struct golden golden;
	struct ee_trie trie;
	struct ee_pass pass;
	struct ee_span span;
	struct ee_tape tape;
	float *x, *logits;
	size_t n;
	int seq;
	struct ee_err err;
};

static void
start(struct setup *s, const char *model, int seq)
{
	struct ee_err err;
	struct ee_tensor ids;
	char path[256];

	memset(s, 0, sizeof(*s));
	s->model = open_model(model);
	s->seq = seq;
	snprintf(path, sizeof(path), "tests/golden/forward/%s.npz", model);
	golden_open(&s->golden, path);
	ids = golden_get(&s->golden, "seq%d.input_ids", seq);
	s->n = ids.shape[0];
	must(ee_trie_insert(&s->trie, EE_NO_NODE, ids.data, s->n, NULL,
			    &err));
	must(ee_pass_open(&s->pass, s->model, &s->trie, EE_KEEP_KV, &err));
	must(ee_span_make(&s->span, &s->trie, 0, s->n, &err));
	must(ee_tape_open(&s->tape, s->model, s->n, 0,
			  s->model->config.layers, &err));
	s->x = ee_floats(s->n * s->model->config.d, &err);
	s->logits = ee_floats(s->n * s->model->config.vocab, &err);
	ck_assert(s->x != NULL && s->logits != NULL);
}

static void
finish(struct setup *s)
{
	free(s->x);
	free(s->logits);
	ee_tape_close(&s->tape);
	ee_span_free(&s->span);
	ee_pass_close(&s->pass);
	ee_trie_free(&s->trie);
	golden_close(&s->golden);
	ee_model_close(s->model);
}

static struct ee_tensor
slice(struct ee_tensor t, size_t layer)
{
	size_t rest = 1;
	unsigned i;

	for (i = 1; i < t.ndim; i++)
		rest *= t.shape[i];
	memmove(t.shape, t.shape + 1, (t.ndim - 1) * sizeof(t.shape[0]));
	t.ndim--;
	t.data = (const float *)t.data + layer * rest;
	return t;
}

static enum ee_status
compare_forward(void *ctx, size_t layer, enum ee_site site, const float *x,
		size_t n, size_t width, struct ee_err *err)
{
	struct setup *s = ctx;
	const char *name = site == EE_AT_KEY ? "key" :
			   site == EE_AT_MLP ? "mlp_out" : "hidden";
	struct ee_tensor want = golden_get(&s->golden, "seq%d.%s", s->seq,
					   name);

	(void)err;
	want = slice(want, layer + (site == EE_AT_OUT));
	ck_assert_uint_eq(want.shape[0], n);
	ck_assert_uint_eq(want.shape[1], width);
	ck_assert_msg(worst_abs(x, &want) <= 2e-4, "%s of layer %zu: %g off",
		      name, layer, worst_abs(x, &want));
	return EE_OK;
}

static enum ee_status
compare_backward(void *ctx, size_t layer, enum ee_site site, const float *x,
		 size_t n, size_t width, struct ee_err *err)
{
	struct setup *s = ctx;
	struct ee_tensor want = golden_get(&s->golden, "seq%d.grad_%s_out",
		s->seq, site == EE_AT_MLP ? "mlp" : "block");

	(void)n, (void)width, (void)err;
	want = slice(want, layer);
	ck_assert_msg(relative(x, &want) <= 1e-4, "gradient at layer %zu: %g",
		      layer, relative(x, &want));
	return EE_OK;
}

static void
want_everywhere(struct setup *s, enum ee_site a, enum ee_site b,
		enum ee_site c)
{
	size_t i;

	ee_pass_want_nothing(&s->pass);
	for (i = 0; i < s->model->config.layers; i++) {
		ee_pass_want(&s->pass, i, a);
		ee_pass_want(&s->pass, i, b);
		ee_pass_want(&s->pass, i, c);
	}
}

static void
forward(struct setup *s)
{
	struct ee_err err;

	must(ee_embed(&s->pass, &s->span, s->x, &err));
	must(ee_forward(&s->pass, &s->span, 0, s->model->config.layers, s->x,
			&err));
	must(ee_logits(s->model, s->n, s->x, NULL, s->logits, &err));
}

START_TEST(forward_is_the_references)
{
	struct ee_tensor want;
	struct setup s;
	int seq;

	for (seq = 0; seq < 6; seq++) {
		start(&s, models[_i], seq);
		s.pass.tap = compare_forward;
		s.pass.ctx = &s;
		if (seq < 5)
			want_everywhere(&s, EE_AT_KEY, EE_AT_MLP, EE_AT_OUT);
		forward(&s);
		want = golden_get(&s.golden, "seq%d.logits_f64", seq);
		ck_assert_msg(worst_abs(s.logits, &want) <= 2e-4, "%g",
			      worst_abs(s.logits, &want));
		finish(&s);
	}
}
END_TEST

/* Families that the other golden data has not: logits of transformers 5.23
 * for random models (tests/golden/forward/tiny-{mistral,qwen2}.npz). */
START_TEST(newer_families_are_rows_too)
{
	struct ee_tensor want;
	struct setup s;

	start(&s, _i == 0 ? "tiny-mistral" : "tiny-qwen2", 0);
	forward(&s);
	want = golden_get(&s.golden, "seq0.logits_f64");
	ck_assert_msg(worst_abs(s.logits, &want) <= 2e-4, "%g",
		      worst_abs(s.logits, &want));
	ck_assert_uint_eq(s.model->config.window, _i == 0 ? 7 : 0);
	finish(&s);
}
END_TEST

/* nll of the last k tokens, and in place of the logits its gradient */
static double
nll(struct setup *s, const int32_t *ids, size_t k)
{
	const size_t vocab = s->model->config.vocab;
	double sum = 0;
	size_t i, j;

	for (i = 0; i < s->n; i++) {
		float *l = s->logits + i * vocab;

		if (i + 1 >= s->n || i + 1 + k < s->n) {
			memset(l, 0, vocab * sizeof(*l));
			continue;
		}
		ee_log_softmax(vocab, l, l);
		sum -= (double)l[ids[i + 1]];
		for (j = 0; j < vocab; j++)
			l[j] = expf(l[j]) / (float)k;
		l[ids[i + 1]] -= 1.0f / (float)k;
	}
	return sum / (double)k;
}

START_TEST(gradients_are_the_references)
{
	struct ee_tensor ids, k, want;
	struct ee_err err;
	struct setup s;
	float *dx;
	int seq;

	for (seq = 1; seq < 5; seq++) {
		start(&s, models[_i], seq);
		ids = golden_get(&s.golden, "seq%d.input_ids", seq);
		k = golden_get(&s.golden, "seq%d.k_last", seq);
		want = golden_get(&s.golden, "seq%d.nll_f64", seq);
		s.pass.tape = &s.tape;
		forward(&s);
		ck_assert_double_eq_tol(nll(&s, ids.data, (size_t)
					    ee_tensor_at(&k, 0)),
					ee_tensor_at(&want, 0), 1e-4);
		s.pass.tap = compare_backward;
		s.pass.ctx = &s;
		want_everywhere(&s, EE_AT_MLP, EE_AT_OUT, EE_AT_OUT);
		dx = ee_floats(s.n * s.model->config.d, &err);
		must(ee_logits_back(s.model, s.n, s.x, s.logits, dx, &err));
		must(ee_backward(&s.pass, &s.span, &s.tape, dx, &err));
		free(dx);
		finish(&s);
	}
}
END_TEST

/* The last rows of sequences in one trie, each against itself alone. */
START_TEST(a_trie_is_its_sequences)
{
	const int32_t ids[4][6] = { { 5, 9, 12, 33, 40, 41 },
				    { 5, 9, 12, 33, 7, 8 },
				    { 5, 9, 77, 33, 40, 41 },
				    { 6, 9, 12, 33, 40, 41 } };
	struct ee_model *m = open_model(models[_i]);
	const size_t d = m->config.d, layers = m->config.layers;
	struct ee_trie trie = { 0 };
	struct ee_span span;
	struct ee_pass pass;
	struct ee_err err;
	uint32_t nodes[4][6];
	float *all, *one;
	size_t i, k;

	for (i = 0; i < 4; i++)
		must(ee_trie_insert(&trie, EE_NO_NODE, ids[i], 6, nodes[i],
				    &err));
	ck_assert_uint_eq(trie.n, 6 + 2 + 4 + 6);
	all = ee_floats(trie.n * d, &err);
	one = ee_floats(6 * d, &err);
	must(ee_pass_open(&pass, m, &trie, 0, &err));
	must(ee_span_make(&span, &trie, 0, trie.n, &err));
	must(ee_embed(&pass, &span, all, &err));
	must(ee_forward(&pass, &span, 0, layers, all, &err));
	ee_span_free(&span);
	ee_pass_close(&pass);
	for (i = 0; i < 4; i++) {
		struct ee_trie alone = { 0 };

		must(ee_trie_insert(&alone, EE_NO_NODE, ids[i], 6, NULL,
				    &err));
		must(ee_pass_open(&pass, m, &alone, EE_KEEP_KV, &err));
		/* in two parts, the second on the kept keys of the first */
		must(ee_span_make(&span, &alone, 0, 4, &err));
		must(ee_embed(&pass, &span, one, &err));
		must(ee_forward(&pass, &span, 0, layers, one, &err));
		ee_span_free(&span);
		must(ee_span_make(&span, &alone, 4, 6, &err));
		must(ee_embed(&pass, &span, one + 4 * d, &err));
		must(ee_forward(&pass, &span, 0, layers, one + 4 * d, &err));
		ee_span_free(&span);
		for (k = 0; k < 6; k++) {
			const struct ee_tensor want = ee_tensor_2d(EE_F32,
				all + nodes[i][k] * d, d, 0);

			ck_assert(worst_abs(one + k * d, &want) < 2e-5);
		}
		ee_pass_close(&pass);
		ee_trie_free(&alone);
	}
	free(all);
	free(one);
	ee_trie_free(&trie);
	ee_model_close(m);
}
END_TEST

/* Forward through layers from 'from' on, with a tape, and back from dx
 * (nodes, d) in place; x (nodes, d) the outputs.  'tips' or NULL: of x and
 * dx then only its rows, in front. */
static void
there_and_back(struct ee_model *m, const struct ee_trie *trie, size_t from,
	       const struct ee_span *tips, float *x, float *dx)
{
	const size_t layers = m->config.layers;
	struct ee_span span;
	struct ee_tape tape;
	struct ee_pass pass;
	struct ee_err err;

	must(ee_pass_open(&pass, m, trie, EE_KEEP_KV, &err));
	must(ee_span_make(&span, trie, 0, trie->n, &err));
	must(ee_tape_open(&tape, m, trie->n, from, layers, &err));
	pass.tape = &tape;
	pass.tips = tips;
	must(ee_embed(&pass, &span, x, &err));
	must(ee_forward(&pass, &span, from, layers, x, &err));
	must(ee_backward(&pass, &span, &tape, dx, &err));
	ee_tape_close(&tape);
	ee_span_free(&span);
	ee_pass_close(&pass);
}

/* A last layer computed where it is wanted: the same rows as when all are,
 * and the same gradient as when that of the others is 0.  None wanted: no
 * gradient.  Through all layers, one, or none. */
START_TEST(tips_are_rows_of_the_whole)
{
	const int32_t ids[3][6] = { { 5, 9, 12, 33, 40, 41 },
				    { 5, 9, 12, 33, 7, 8 },
				    { 6, 9, 12, 33, 40, 41 } };
	const uint32_t picked[] = { 0, 3, 4, 7, 9, 10, 13 };
	const size_t n = _i % 4 > 0 ? sizeof(picked) / sizeof(*picked) : 0;
	struct ee_model *m = open_model(models[_i / 4]);
	const size_t d = m->config.d, layers = m->config.layers;
	const size_t from = _i % 4 > 1 ? layers - (size_t)_i % 2 : 0;
	struct ee_trie trie = { 0 };
	struct ee_span tips;
	struct ee_err err;
	float *all, *some, *dall, *dsome;
	size_t i, k;

	for (i = 0; i < 3; i++)
		must(ee_trie_insert(&trie, EE_NO_NODE, ids[i], 6, NULL,
				    &err));
	ck_assert_uint_eq(trie.n, 14);
	must(ee_span_pick(&tips, &trie, 0, trie.n, picked, n, &err));
	all = ee_floats(14 * d, &err);
	some = ee_floats(14 * d, &err);
	dall = ee_calloc(14 * d, sizeof(*dall), &err);
	dsome = ee_calloc(14 * d, sizeof(*dsome), &err);
	for (i = 0; i < n; i++)
		for (k = 0; k < d; k++)
			dall[picked[i] * d + k] = dsome[i * d + k] =
				(float)((i + 3 * k) % 7) - 3;
	there_and_back(m, &trie, from, NULL, all, dall);
	there_and_back(m, &trie, from, &tips, some, dsome);
	for (i = 0; i < n; i++)
		for (k = 0; k < d; k++)
			ck_assert_float_eq_tol(some[i * d + k],
				all[picked[i] * d + k], 1e-5f);
	for (i = 0; i < 14 * d; i++)
		ck_assert_float_eq_tol(dsome[i], dall[i], 2e-4f);
	ck_assert(n == 0 || ee_norm2(14 * d, dall) > 1);
	free(all);
	free(some);
	free(dall);
	free(dsome);
	ee_span_free(&tips);
	ee_trie_free(&trie);
	ee_model_close(m);
}
END_TEST

START_TEST(places_have_names)
{
	struct ee_model *m = open_model("tiny-gpt2");
	struct ee_place p;
	struct ee_err err;

	must(ee_model_place(m, "transformer.h.2.mlp.c_proj:in", &p, &err));
	ck_assert_uint_eq(p.layer, 2);
	ck_assert_int_eq(p.site, EE_AT_KEY);
	must(ee_model_place(m, "transformer.h.0:out", &p, &err));
	ck_assert_int_eq(p.site, EE_AT_OUT);
	ck_assert(ee_model_place(m, "transformer.h.4.mlp:in", &p, &err) ==
		  EE_EINPUT);
	ck_assert(ee_model_place(m, "transformer.h.1.mlp.c_pro:in", &p,
				 &err) == EE_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "mlp.c_proj"));
	ck_assert(ee_model_place(m, "transformer.h.1.mlp:up", &p, &err) ==
		  EE_EINPUT);
	ck_assert_ptr_nonnull(ee_model_weight(m,
				"transformer.h.1.mlp.c_proj.weight"));
	ck_assert_ptr_null(ee_model_weight(m, "transformer.h.1.ln_1.weight"));
	ee_model_close(m);
}
END_TEST

/* The containers of one model are one model to us. */
START_TEST(containers_share_a_fingerprint)
{
	static const char *const same[] = { "variants/tiny-gpt2-hub",
					    "variants/tiny-llama-gqa-sharded" };
	static const char *const base[] = { "tiny-gpt2", "tiny-llama-gqa" };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct ee_model *a = open_model(base[i]);
		struct ee_model *b = open_model(same[i]);

		ck_assert(a->print == b->print);
		ee_model_close(a);
		ee_model_close(b);
	}
}
END_TEST

START_TEST(edits_change_fingerprints_from_there_on)
{
	struct ee_model *m = open_model("tiny-gpt2");
	const size_t d = m->config.d, f = m->config.f;
	float *left = ee_calloc(d, sizeof(*left), &(struct ee_err){ 0 });
	float *right = ee_calloc(f, sizeof(*right), &(struct ee_err){ 0 });
	const uint64_t key = ee_model_print(m, 1, EE_AT_KEY);
	const uint64_t out = ee_model_print(m, 1, EE_AT_OUT);
	const uint64_t before = ee_model_print(m, 0, EE_AT_OUT);
	struct ee_err err;
	size_t i;

	for (i = 0; i < d; i++)
		left[i] = 0.25f;
	for (i = 0; i < f; i++)
		right[i] = 0.5f;
	must(ee_model_edit(m, "transformer.h.1.mlp.c_proj.weight", left, d,
			   right, f, 1, 1, &err));
	ck_assert(ee_model_print(m, 1, EE_AT_KEY) == key);
	ck_assert(ee_model_print(m, 0, EE_AT_OUT) == before);
	ck_assert(ee_model_print(m, 1, EE_AT_OUT) != out);
	ck_assert(m->print != m->file_print);
	ck_assert(ee_model_edit(m, "transformer.h.1.mlp.c_fc.weight", left,
				d, right, f, 1, 1, &err) == EE_EMATCH);
	free(left);
	free(right);
	ee_model_close(m);
}
END_TEST

START_TEST(half_precision_is_the_same_arithmetic)
{
	struct ee_model *m = open_model(_i == 0 ? "variants/tiny-llama-gqa-f16"
				       : "variants/tiny-llama-gqa-bf16");

	check_variant(m, "tests/golden/forward/tiny-llama-gqa.variants.npz",
		      _i == 0 ? "logits_f16" : "logits_bf16");
	ee_model_close(m);
}
END_TEST

/* Greedy generation in one trie is each prompt alone. */
START_TEST(generation_does_not_depend_on_company)
{
	const struct ee_sampling greedy = { .greedy = true, .top_k = 1 };
	struct ee_model *m = open_model(models[_i]);
	int32_t ids[4][12] = { { 5, 9, 12 }, { 5, 9 }, { 5, 9, 12, 33 } };
	const size_t n[3] = { 3, 2, 4 };
	struct ee_sequence together[3], alone;
	int32_t copy[12];
	struct ee_err err;
	size_t i;

	for (i = 0; i < 3; i++)
		together[i] = (struct ee_sequence){ ids[i], n[i], 12, -1,
						    false, NULL };
	must(ee_generate(m, &greedy, NULL, together, 3, &err));
	for (i = 0; i < 3; i++) {
		ck_assert_uint_eq(together[i].n, 12);
		memcpy(copy, ids[i], sizeof(copy));
		alone = (struct ee_sequence){ copy, n[i], 12, -1, false,
					 NULL };
		must(ee_generate(m, &greedy, NULL, &alone, 1, &err));
		ck_assert_mem_eq(copy, ids[i], sizeof(copy));
	}
	ee_model_close(m);
}
END_TEST

Suite *suite_model(void);

Suite *
suite_model(void)
{
	Suite *s = suite_create("model");
	TCase *t = tcase_create("golden");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, forward_is_the_references, 0, MODELS);
	tcase_add_loop_test(t, gradients_are_the_references, 0, MODELS);
	tcase_add_loop_test(t, a_trie_is_its_sequences, 0, MODELS);
	tcase_add_loop_test(t, tips_are_rows_of_the_whole, 0, 4 * MODELS);
	tcase_add_loop_test(t, half_precision_is_the_same_arithmetic, 0, 2);
	tcase_add_loop_test(t, generation_does_not_depend_on_company, 0,
			    MODELS);
	tcase_add_loop_test(t, newer_families_are_rows_too, 0, 2);
	tcase_add_test(t, places_have_names);
	tcase_add_test(t, containers_share_a_fingerprint);
	tcase_add_test(t, edits_change_fingerprints_from_there_on);
	suite_add_tcase(s, t);
	return s;
}
