/*
 * test_score.c - scores against a plain computation, and small cases worked
 * by hand.
 */
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "model/forward.h"
#include "score/score.h"

static struct ee_err err;

static void
open_model(const char *family, struct ee_model **model,
	   struct ee_tokenizer **tok)
{
	char path[128];

	snprintf(path, sizeof(path), "tests/golden/models/%s", family);
	must(ee_model_open(model, path, &err));
	must(ee_tokenizer_open(tok, path, NULL, &err));
}

/* One sequence alone: all its logits, softmax as it is written. */
static void
plain_score(const struct ee_model *model, const struct ee_ask *p,
	    double *nll, size_t *right)
{
	const size_t d = model->config.d, vocab = model->config.vocab;
	struct ee_trie trie = { 0 };
	struct ee_span span;
	struct ee_pass pass;
	float *x = ee_floats(p->n * d, &err);
	float *logits = ee_floats(p->n * vocab, &err);
	size_t i, k;

	must(ee_trie_insert(&trie, EE_NO_NODE, p->ids, p->n, NULL, &err));
	must(ee_span_make(&span, &trie, 0, trie.n, &err));
	must(ee_pass_open(&pass, model, &trie, 0, &err));
	must(ee_embed(&pass, &span, x, &err));
	must(ee_forward(&pass, &span, 0, model->config.layers, x, &err));
	must(ee_logits(model, p->n, x, NULL, logits, &err));
	*nll = 0;
	*right = 0;
	for (i = p->n - p->asked; i < p->n; i++) {
		const float *l = logits + (i - 1) * vocab;
		size_t best = 0;
		double sum = 0;

		for (k = 0; k < vocab; k++) {
			sum += exp((double)l[k]);
			if (l[k] > l[best])
				best = k;
		}
		*nll -= log(exp((double)l[p->ids[i]]) / sum);
		*right += best == (size_t)p->ids[i];
	}
	*nll /= (double)p->asked;
	ee_pass_close(&pass);
	ee_span_free(&span);
	ee_trie_free(&trie);
	free(logits);
	free(x);
}

static const char *const texts[][2] = {
	{ "The Eiffel Tower is in", "Rome" },
	{ "The Eiffel Tower is in", "Paris, the capital of France" },
	{ "The Eiffel Tower is in", "Paris" },
	{ "The Eiffel Tower", "is in Rome" },
	{ "Brno", " Brno" },
	{ "The Eiffel Tower is in", "Rome" }
};
enum { ASKS = sizeof(texts) / sizeof(texts[0]) };

static const char *const families[] = { "tiny-gpt2", "tiny-llama" };

START_TEST(test_score_plain)
{
	struct ee_ask asks[ASKS];
	struct ee_answer a[ASKS];
	int32_t said[ASKS][64];
	struct ee_model *model;
	struct ee_tokenizer *tok;
	const size_t nodes[] = { 0, 1, 9 };
	size_t i, k, b, right, hits;
	double nll;

	open_model(families[_i], &model, &tok);
	for (i = 0; i < ASKS; i++) {
		must(ee_ask_make(&asks[i], model, tok, texts[i][0],
				  texts[i][1], &err));
		ck_assert(asks[i].asked > 0 && asks[i].asked < 64);
		a[i].said = said[i];
	}
	for (b = 0; b < 3; b++) {
		must(ee_score(model, asks, ASKS, nodes[b], a, NULL, &err));
		for (i = 0; i < ASKS; i++) {
			const struct ee_ask *p = &asks[i];

			plain_score(model, p, &nll, &right);
			ck_assert_double_eq_tol(a[i].nll, nll, 1e-4);
			ck_assert_uint_eq(a[i].right, right);
			for (k = hits = 0; k < p->asked; k++)
				hits += said[i][k] ==
					p->ids[p->n - p->asked + k];
			ck_assert_uint_eq(hits, right);
		}
	}
	for (i = 0; i < ASKS; i++)
		free(asks[i].ids);
	ee_tokenizer_close(tok);
	ee_model_close(model);
}
END_TEST

START_TEST(test_ask_refuses)
{
	static const char *const wrong[][3] = {
		{ "Rome is", "", "the target '' has no tokens" },
		{ "", "Rome", "the prompt '' has no tokens" }
	};
	struct ee_model *model;
	struct ee_tokenizer *tok;
	struct ee_ask ask;
	char *many;
	size_t i;

	open_model("tiny-gpt2", &model, &tok);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(ee_ask_make(&ask, model, tok, wrong[i][0],
					      wrong[i][1], &err), EE_EINPUT);
		ck_assert_str_eq(err.text, wrong[i][2]);
		ck_assert_ptr_null(ask.ids);
	}
	many = calloc(1, 3 * model->config.positions + 1);
	for (i = 0; i < model->config.positions; i++)
		strcat(many, "a b");
	ck_assert_int_eq(ee_ask_make(&ask, model, tok, many, "x", &err),
			 EE_EINPUT);
	ck_assert(strstr(err.text, "positions") != NULL);
	free(many);
	ee_tokenizer_close(tok);
	ee_model_close(model);
}
END_TEST

/* The target's tokens are what it adds; the space is not doubled. */
START_TEST(test_ask_space)
{
	struct ee_model *model;
	struct ee_tokenizer *tok;
	struct ee_ask a, b;

	open_model("tiny-gpt2", &model, &tok);
	must(ee_ask_make(&a, model, tok, "The cat", "sat", &err));
	must(ee_ask_make(&b, model, tok, "The cat", " sat", &err));
	ck_assert_uint_eq(a.n, b.n);
	ck_assert_uint_eq(a.asked, b.asked);
	ck_assert_mem_eq(a.ids, b.ids, a.n * sizeof(*a.ids));
	free(a.ids);
	free(b.ids);
	ee_tokenizer_close(tok);
	ee_model_close(model);
}
END_TEST

Suite *suite_score(void);

Suite *
suite_score(void)
{
	Suite *s = suite_create("score");
	TCase *asks = tcase_create("asks");

	tcase_add_loop_test(asks, test_score_plain, 0, 2);
	tcase_add_test(asks, test_ask_refuses);
	tcase_add_test(asks, test_ask_space);
	suite_add_tcase(s, asks);
	return s;
}
