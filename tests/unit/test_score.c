/*
 * test_score.c - scores against a plain computation, and small cases worked
 * by hand.
 */
#include <stdlib.h>
#include <string.h>

#include "file/json.h"
#include "golden.h"
#include "model/forward.h"
#include "score/exam.h"

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

/* Records of all shapes, and what becomes of them. */
static void
read_case(struct ee_case *c, struct ee_arena *arena, const char *json,
	  enum ee_data_format want)
{
	struct ee_value v;
	enum ee_data_format format;

	must(ee_json_parse(arena, json, strlen(json), "test", &v, &err));
	must(ee_data_format_guess(&v, &format, &err));
	ck_assert_int_eq(format, want);
	must(ee_case_read(c, &v, format, 7, arena, &err));
}

static void
expect(const struct ee_case *c, size_t i, enum ee_aspect aspect,
       const char *group, const char *prompt, const char *target)
{
	ck_assert_uint_lt(i, c->n);
	ck_assert_int_eq(c->list[i].aspect, aspect);
	ck_assert_pstr_eq(c->list[i].group, group);
	ck_assert_str_eq(c->list[i].prompt, prompt);
	ck_assert_str_eq(c->list[i].target, target);
}

START_TEST(test_cases)
{
	struct ee_arena arena = { 0 };
	struct ee_case c;

	read_case(&c, &arena, "{\"case_id\": 3, \"requested_rewrite\": "
		  "{\"prompt\": \"{} is in\", \"subject\": \"Brno\", "
		  "\"target_new\": {\"str\": \"Iowa\"}, \"target_true\": "
		  "{\"str\": \"Moravia\"}}, \"paraphrase_prompts\": [\"a\", "
		  "\"b\"], \"neighborhood_prompts\": [\"c\"], \"x\": 1}",
		  EE_COUNTERFACT);
	ck_assert_str_eq(c.id, "3");
	ck_assert_uint_eq(c.n, 4);
	expect(&c, 0, EE_REWRITE, NULL, "Brno is in", "Iowa");
	expect(&c, 2, EE_REPHRASE, NULL, "b", "Iowa");
	expect(&c, 3, EE_LOCALITY, NULL, "c", "Iowa");
	ck_assert_str_eq(c.list[3].other, "Moravia");

	read_case(&c, &arena, "{\"src\": \"s\", \"alt\": \"a\", \"rephrase\":"
		  " \"r\", \"loc\": \"l\", \"loc_ans\": \"la\"}", EE_ZSRE);
	ck_assert_str_eq(c.id, "7");
	ck_assert_uint_eq(c.n, 3);
	expect(&c, 1, EE_REPHRASE, NULL, "r", "a");
	expect(&c, 2, EE_LOCALITY, NULL, "l", "la");
	ck_assert_ptr_null(c.list[2].other);

	read_case(&c, &arena, "{\"prompt\": \"p\", \"target_new\": \"t\", "
		  "\"rephrase_prompt\": \"r\", \"locality\": {\"near\": "
		  "{\"prompt\": [\"l\", \"m\"], \"ground_truth\": [\"x\", "
		  "\"y\"]}}, \"portability\": {\"Reasoning\": [{\"prompt\": "
		  "\"q\", \"ground_truth\": [[\"z\", \"zz\"]]}, {\"prompt\": "
		  "\"n\", \"ground_truth\": []}], \"Alias\": {\"prompt\": "
		  "\"k\", \"ground_truth\": \"w\"}}}", EE_EASYEDIT);
	ck_assert_uint_eq(c.n, 6);
	ck_assert_uint_eq(c.ntopics, 1);
	ck_assert_str_eq(c.topics[0], "p");
	expect(&c, 1, EE_REPHRASE, NULL, "r", "t");
	expect(&c, 3, EE_LOCALITY, "near", "m", "y");
	expect(&c, 4, EE_PORTABILITY, "Reasoning", "q", "z");
	expect(&c, 5, EE_PORTABILITY, "Alias", "k", "w");
	ee_arena_free(&arena);
}
END_TEST

/* What only some versions of the data sets have. */
START_TEST(test_cases_more)
{
	struct ee_arena arena = { 0 };
	struct ee_case c;

	read_case(&c, &arena, "{\"requested_rewrite\": {\"prompt\": \"{} is"
		  "\", \"subject\": \"S\", \"relation_id\": \"P1\", "
		  "\"target_new\": {\"str\": \"n\", \"id\": \"Q1\"}, "
		  "\"target_true\": {\"str\": \"t\"}}, "
		  "\"paraphrase_prompts\": [], \"neighborhood_prompts\": [], "
		  "\"generation_prompts\": [\"g\", \"h\"]}",
		  EE_COUNTERFACT);
	ck_assert_str_eq(c.relation, "P1");
	ck_assert_str_eq(c.object, "Q1");
	ck_assert_uint_eq(c.ntopics, 2);
	ck_assert_str_eq(c.topics[1], "h");
	ck_assert_str_eq(c.name, "record 7");

	read_case(&c, &arena, "{\"case_id\": \"x\", \"src\": \"s\", "
		  "\"alt\": \"a\", \"rephrase\": \"r\", \"loc\": \"l\", "
		  "\"loc_ans\": \"la\", \"portability\": {\"New Question\":"
		  " \"q\", \"New Answer\": \"w\"}}", EE_ZSRE);
	ck_assert_str_eq(c.name, "record 7 (case x)");
	ck_assert_uint_eq(c.n, 4);
	expect(&c, 3, EE_PORTABILITY, NULL, "q", "w");
	ck_assert_str_eq(c.list[3].field, "portability");

	read_case(&c, &arena, "{\"prompt\": \"p\", \"target_new\": \"t\", "
		  "\"locality_prompt\": \"l\", \"locality_ground_truth\": "
		  "\"g\"}", EE_EASYEDIT);
	ck_assert_uint_eq(c.n, 2);
	expect(&c, 1, EE_LOCALITY, NULL, "l", "g");

	read_case(&c, &arena, "{\"concept\": \"c\", \"text\": \"p\", "
		  "\"labels\": \"t\", \"locality\": {\"R\": [{\"prompt\": "
		  "\"l\", \"ground_truth\": [\"g\"]}]}}", EE_EASYEDIT);
	ck_assert_uint_eq(c.n, 2);
	expect(&c, 0, EE_REWRITE, NULL, "p", "t");
	expect(&c, 1, EE_LOCALITY, "R", "l", "g");
	ee_arena_free(&arena);
}
END_TEST

static const struct {
	const char *json, *says;
	enum ee_data_format format;
} lacks[] = {
	{ "{\"src\": \"s\", \"alt\": \"a\", \"rephrase\": \"r\", \"loc\": "
	  "\"l\"}", "record 7: 'loc_ans' is missing, empty, or no text",
	  EE_ZSRE },
	{ "{\"prompt\": \"{} is\", \"target_new\": \"t\"}",
	  "record 7: 'subject' is missing, and the prompt '{} is' has {}",
	  EE_EASYEDIT },
	{ "{\"prompt\": \"p\", \"target_new\": \"\"}",
	  "record 7: 'target_new' is missing, empty, or no text", EE_EASYEDIT },
	{ "{\"prompt\": \"p\", \"target_new\": \"t\", \"locality\": {\"g\": "
	  "{\"prompt\": [\"a\"], \"ground_truth\": []}}}",
	  "record 7: 'g': needs 'prompt' and 'ground_truth', as many of the "
	  "one as of the other", EE_EASYEDIT },
	{ "{\"requested_rewrite\": {\"prompt\": \"p\", \"subject\": \"s\", "
	  "\"target_new\": {\"str\": \"n\"}, \"target_true\": {\"str\": "
	  "\"t\"}}, \"paraphrase_prompts\": []}",
	  "record 7: 'neighborhood_prompts' is missing, or no list",
	  EE_COUNTERFACT },
};
enum { LACKS = sizeof(lacks) / sizeof(lacks[0]) };

START_TEST(test_cases_lack)
{
	struct ee_arena arena = { 0 };
	struct ee_value v;
	struct ee_case c;
	const char *json = lacks[_i].json;

	must(ee_json_parse(&arena, json, strlen(json), "test", &v, &err));
	ck_assert_int_eq(ee_case_read(&c, &v, lacks[_i].format, 7, &arena,
				      &err), EE_EINPUT);
	ck_assert_str_eq(err.text, lacks[_i].says);
	ee_arena_free(&arena);
}
END_TEST

START_TEST(test_says)
{
	ck_assert(ee_says(" Rome, the city", "Rome"));
	ck_assert(ee_says("Rome", " Rome"));
	ck_assert(!ee_says(" Romeo", "Rome"));
	ck_assert(!ee_says(" The Rome", "Rome"));
	ck_assert(!ee_says("", "Rome"));
	ck_assert(ee_says(" \xe5\xb7\xb4\xe9\xbb\x8e\xe5\xb8\x82",
			  "\xe5\xb7\xb4\xe9\xbb\x8e"));
}
END_TEST

/*
 * An exam with answers made up.  Case 0: rewrite p(new) .8, p(true) .1;
 * paraphrases .2 against .4 and .5 against .3; neighbours .1 new, .6 true;
 * .4, .2; .3, .3 (a tie is no success).
 */
START_TEST(test_measures_counterfact)
{
	static const double p[] = { .8, .1, .2, .4, .5, .3, .1, .6, .4, .2,
				    .3, .3 };
	static const struct {
		const char *name;
		double want;
	} wants[] = {
		{ "efficacy", 1 }, { "paraphrase", .5 },
		{ "neighbourhood", 1 / 3. }, { "efficacy_magnitude", .7 },
		{ "paraphrase_magnitude", 0 },
		{ "neighbourhood_magnitude", .1 }
	};
	struct ee_question q[6] = {
		{ EE_REWRITE, NULL, "a", "n", "t", NULL },
		{ EE_REPHRASE, NULL, "b", "n", "t", NULL },
		{ EE_REPHRASE, NULL, "c", "n", "t", NULL },
		{ EE_LOCALITY, NULL, "d", "n", "t", NULL },
		{ EE_LOCALITY, NULL, "e", "n", "t", NULL },
		{ EE_LOCALITY, NULL, "f", "n", "t", NULL }
	};
	struct ee_case c = { .id = "0", .list = q, .n = 6 };
	size_t first[2] = { 0, 12 }, i;
	struct ee_answer answers[12];
	struct ee_exam e = { .format = EE_COUNTERFACT, .cases = &c,
			     .ncases = 1, .nasks = 12, .first = first,
			     .answers = { answers, NULL } };
	struct ee_tally t;

	for (i = 0; i < 12; i++)
		answers[i] = (struct ee_answer){ -log(p[i]), 0, NULL };
	ee_tally_start(&t, 1);
	must(ee_exam_measure(&e, EE_BEFORE, 0, &t, &err));
	ck_assert_uint_eq(t.n, 6);
	for (i = 0; i < 6; i++) {
		ck_assert_str_eq(t.name[i], wants[i].name);
		ck_assert_double_eq_tol(t.value[i][EE_BEFORE][0],
					wants[i].want, 1e-12);
	}
	ee_tally_free(&t);
}
END_TEST

static double
after_of(const struct ee_tally *t, const char *name)
{
	const size_t i = ee_tally_find(t, name);

	ck_assert_uint_lt(i, t->n);
	return t->value[i][EE_AFTER][0];
}

/* Two of three tokens right; of the locality tokens 1 of 2 stays in one
 * group, 1 of 1 in the other. */
START_TEST(test_measures_easyedit)
{
	struct ee_question q[3] = {
		{ EE_REWRITE, NULL, "a", "n", NULL, NULL },
		{ EE_LOCALITY, "far", "b", "n", NULL, NULL },
		{ EE_LOCALITY, "near", "c", "n", NULL, NULL }
	};
	struct ee_case c = { .id = "0", .list = q, .n = 3 };
	size_t first[2] = { 0, 3 };
	struct ee_ask asks[3] = { { NULL, 5, 3 }, { NULL, 5, 2 },
				  { NULL, 5, 1 } };
	int32_t before[] = { 1, 2, 3, 4, 5, 6 };
	int32_t after[] = { 1, 2, 9, 4, 8, 6 };
	struct ee_answer a[2][3] = {
		{ { 0, 0, before }, { 0, 2, before + 3 },
		  { 0, 0, before + 5 } },
		{ { 0, 2, after }, { 0, 1, after + 3 }, { 0, 0, after + 5 } }
	};
	const char *written[3] = { " n", NULL, NULL };
	struct ee_exam e = { .format = EE_EASYEDIT, .cases = &c, .ncases = 1,
			     .asks = asks, .nasks = 3, .first = first,
			     .answers = { a[0], a[1] },
			     .written = { NULL, written } };
	struct ee_tally t;
	size_t i;

	ee_tally_start(&t, 1);
	must(ee_exam_measure(&e, EE_BEFORE, 0, &t, &err));
	ck_assert_uint_eq(ee_tally_find(&t, "locality"), t.n);
	must(ee_exam_measure(&e, EE_AFTER, 0, &t, &err));
	ck_assert_double_eq_tol(after_of(&t, "rewrite_acc"), 2 / 3., 1e-12);
	ck_assert_double_eq_tol(after_of(&t, "locality"), .75, 1e-12);
	ck_assert_double_eq_tol(after_of(&t, "locality.far"), .5, 1e-12);
	ck_assert_double_eq_tol(after_of(&t, "locality.near"), 1, 1e-12);
	ck_assert_double_eq_tol(after_of(&t, "locality_acc"), .25, 1e-12);
	ck_assert_double_eq_tol(after_of(&t, "generated_rewrite"), 1, 1e-12);
	i = ee_tally_find(&t, "locality_acc");
	ck_assert_double_eq_tol(t.value[i][EE_BEFORE][0], .5, 1e-12);
	ee_tally_free(&t);
}
END_TEST

/* Means over the cases that have a measure; the harmonic mean of 3/4 and
 * 1/2 is 3/5; all cases alike: no width. */
START_TEST(test_tally)
{
	const double x[] = { 1, 1, 0, 1 };
	const size_t both[] = { 0, 1 }, third = 2;
	struct ee_estimate e, again;
	struct ee_tally t;
	size_t i;

	ee_tally_start(&t, 4);
	for (i = 0; i < 4; i++) {
		must(ee_tally_put(&t, "x", EE_AFTER, i, x[i], &err));
		if (i < 2)
			must(ee_tally_put(&t, "y", EE_AFTER, i, (double)i,
					  &err));
		must(ee_tally_put(&t, "z", EE_AFTER, i, .25, &err));
	}
	must(ee_tally_estimate(&t, both, 1, EE_AFTER, 1000, 1, &e, &err));
	ck_assert_double_eq_tol(e.mean, .75, 1e-12);
	ck_assert_double_eq_tol(e.low, .25, 1e-12);
	ck_assert_double_eq_tol(e.high, 1, 1e-12);
	ck_assert_uint_eq(e.n, 4);
	must(ee_tally_estimate(&t, both, 1, EE_AFTER, 1000, 1, &again, &err));
	ck_assert_double_eq(e.low, again.low);
	must(ee_tally_estimate(&t, both, 2, EE_AFTER, 1000, 1, &e, &err));
	ck_assert_double_eq_tol(e.mean, .6, 1e-12);
	must(ee_tally_estimate(&t, &third, 1, EE_AFTER, 100, 1, &e, &err));
	ck_assert_double_eq(e.low, .25);
	ck_assert_double_eq(e.high, .25);
	must(ee_tally_estimate(&t, both, 1, EE_BEFORE, 100, 1, &e, &err));
	ck_assert_uint_eq(e.n, 0);
	ee_tally_free(&t);
}
END_TEST

/*
 * Words a b a b a: of 4 pairs ab and ba twice each, H2 = 1; of 3 triples aba
 * twice, bab once, H3 = log2 3 - 2/3; (2/3 H2 + 4/3 H3) / 2.
 */
START_TEST(test_entropy)
{
	char *words[] = { "a", "b", "a", "b", "a" };
	double h;

	must(ee_ngram_entropy(words, 5, &h, &err));
	ck_assert_double_eq_tol(h, 1 / 3. + 2 / 3. * (log2(3) - 2 / 3.),
				1e-12);
	must(ee_ngram_entropy(words, 3, &h, &err));	/* ab, ba; aba */
	ck_assert_double_eq_tol(h, 1 / 3., 1e-12);
	must(ee_ngram_entropy(words, 2, &h, &err));
	ck_assert_double_eq(h, 0);
	must(ee_ngram_entropy(words, 0, &h, &err));
	ck_assert_double_eq(h, 0);
}
END_TEST

/*
 * "the" is in both documents, idf 1; cat, sat, dog in one: i = log(3/2) + 1.
 * Of "the cat" and "The dog dog": (1, i, 0) and (1, 0, 2 i).
 */
START_TEST(test_tfidf)
{
	const char *const documents[] = { "The cat sat; a", "the DOG" };
	const double i = log(1.5) + 1;
	struct ee_tfidf *t;
	double x;

	must(ee_tfidf_open(&t, documents, 2, &err));
	must(ee_tfidf_cosine(t, "the cat a", "The dog dog.", &x, &err));
	ck_assert_double_eq_tol(x, 1 / sqrt(1 + i * i) /
				sqrt(1 + 4 * i * i), 1e-12);
	ck_assert_double_eq_tol(x, .194314, 1e-6);
	must(ee_tfidf_cosine(t, "cat sat", "(Sat) unknown: CAT", &x, &err));
	ck_assert_double_eq_tol(x, 1, 1e-12);
	must(ee_tfidf_cosine(t, "cat", "dog", &x, &err));
	ck_assert_double_eq(x, 0);
	must(ee_tfidf_cosine(t, "cat", "unknown", &x, &err));
	ck_assert(isnan(x));
	must(ee_tfidf_cosine(t, "cat", "a", &x, &err));	/* is too short */
	ck_assert(isnan(x));
	ee_tfidf_close(t);
}
END_TEST

/* As NLTK 3.9 cuts them, sentence by sentence. */
static const struct {
	const char *text, *words;
} cuts[] = {
	{ "Good muffins cost $3.88 (roughly 3,36 euros) in New York. Please "
	  "buy me two. Thanks.", "Good|muffins|cost|$|3.88|(|roughly|3,36|"
	  "euros|)|in|New|York|.|Please|buy|me|two|.|Thanks|." },
	{ "He said: \"I cannot go.\" She didn't; they'll say 'tis fine -- "
	  "isn't it?", "He|said|:|``|I|can|not|go|.|''|She|did|n't|;|they|"
	  "'ll|say|'|tis|fine|--|is|n't|it|?" },
	{ "Dr. Smith left the U.S. in May. It's J. R. Tolkien's book.",
	  "Dr.|Smith|left|the|U.S.|in|May|.|It|'s|J.|R.|Tolkien|'s|book|." },
	{ "\u00abBonjour\u00bb\u00a0\u2014 a--b... [x]", "\u00ab|Bonjour|"
	  "\u00bb|\u2014|a|--|b|...|[|x|]" },
	{ "gonna wanna", "gon|na|wan|na" },
	{ " \n", "" }
};
enum { CUTS = sizeof(cuts) / sizeof(cuts[0]) };

START_TEST(test_words)
{
	struct ee_words w = { 0 };
	struct ee_cutter *cutter;
	char all[512] = "";
	size_t i;

	must(ee_cutter_open(&cutter, &err));
	must(ee_words_cut(&w, cutter, "Words before. And these!", &err));
	must(ee_words_cut(&w, cutter, cuts[_i].text, &err));
	for (i = 0; i < w.n; i++) {
		strcat(all, i > 0 ? "|" : "");
		strcat(all, w.word[i]);
	}
	ck_assert_str_eq(all, cuts[_i].words);
	ck_assert_int_eq(ee_words_cut(&w, cutter, "a \xff b", &err),
			 EE_EINPUT);
	ee_words_free(&w);
	ee_cutter_close(cutter);
}
END_TEST

/* Lay an edit of rank one over a weight of layer 2. */
static void
edit_layer_2(struct ee_model *model)
{
	const size_t d = model->config.d, f = model->config.f;
	float *left = ee_floats(d, &err), *right = ee_floats(f, &err);
	size_t i;

	for (i = 0; i < d; i++)
		left[i] = (float)sin((double)i);
	for (i = 0; i < f; i++)
		right[i] = (float)cos((double)i);
	must(ee_model_edit(model, "transformer.h.2.mlp.c_proj.weight", left,
			   d, right, f, 1, 1, &err));
	free(left);
	free(right);
}

static void
same_answers(const struct ee_answer *a, const struct ee_answer *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		ck_assert_double_eq_tol(a[i].nll, b[i].nll, 1e-4);
		ck_assert_uint_eq(a[i].right, b[i].right);
	}
}

/* What is below the edited layer is computed once, and nothing else. */
START_TEST(test_score_again)
{
	struct ee_answer a[ASKS] = { 0 }, b[ASKS] = { 0 }, c[ASKS] = { 0 };
	struct ee_shared shared, only;
	struct ee_ask asks[ASKS], other;
	struct ee_model *model;
	struct ee_tokenizer *tok;
	size_t i;

	open_model("tiny-gpt2", &model, &tok);
	for (i = 0; i < ASKS; i++)
		must(ee_ask_make(&asks[i], model, tok, texts[i][0],
				 texts[i][1], &err));
	must(ee_score(model, asks, ASKS, 0, a, NULL, &err));
	must(ee_score_first(model, asks, ASKS, 2, b, &shared, NULL, &err));
	must(ee_score_first(model, asks, ASKS, 2, NULL, &only, NULL, &err));
	same_answers(a, b, ASKS);
	ck_assert_mem_eq(shared.x, only.x, shared.trie.n * model->config.d *
			 sizeof(float));
	edit_layer_2(model);
	must(ee_score(model, asks, ASKS, 0, b, NULL, &err));
	ck_assert(fabs(a[0].nll - b[0].nll) > 1e-2);
	must(ee_score_again(model, &shared, asks, ASKS, c, NULL, &err));
	same_answers(b, c, ASKS);
	must(ee_score_again(model, &shared, asks + 2, 1, c, NULL, &err));
	same_answers(b + 2, c, 1);
	must(ee_ask_make(&other, model, tok, "A new prompt", "Rome", &err));
	ck_assert_int_eq(ee_score_again(model, &shared, &other, 1, c, NULL,
					&err), EE_EINPUT);
	free(other.ids);
	for (i = 0; i < ASKS; i++)
		free(asks[i].ids);
	ee_shared_free(&shared);
	ee_shared_free(&only);
	ee_tokenizer_close(tok);
	ee_model_close(model);
}
END_TEST

static const char two[] =
	"[{\"prompt\": \"The Eiffel Tower is in\", \"target_new\": \"Rome\","
	" \"rephrase_prompt\": \"One finds it in\"},"
	" {\"prompt\": \"Brno is in\", \"target_new\": \"Iowa\"}]";

struct sitting {
	struct ee_model *model;
	struct ee_tokenizer *tok;
	struct ee_arena arena;
	struct ee_value records;
	struct ee_exam exam;
};

static void
sit(struct sitting *s, size_t top_k)
{
	memset(s, 0, sizeof(*s));
	open_model("tiny-gpt2", &s->model, &s->tok);
	must(ee_json_parse(&s->arena, two, strlen(two), "test", &s->records,
			   &err));
	must(ee_exam_make(&s->exam, &s->records, NULL, EE_EASYEDIT, s->model,
			  s->tok, &err));
	must(ee_exam_topics(&s->exam, s->model, s->tok, 30, top_k, 3, &err));
}

static void
rise(struct sitting *s)
{
	ee_exam_free(&s->exam);
	ee_arena_free(&s->arena);
	ee_tokenizer_close(s->tok);
	ee_model_close(s->model);
}

/* Texts do not depend on what is written with them; before and after have
 * the same draws; greedily is as --generate has it. */
START_TEST(test_essays)
{
	struct sitting s;
	const char *const *before, *const *after;
	size_t i;

	sit(&s, 5);
	must(ee_exam_essays(&s.exam, s.model, s.tok, EE_BEFORE, 0, 2, &err));
	must(ee_exam_essays(&s.exam, s.model, s.tok, EE_AFTER, 1, 2, &err));
	must(ee_exam_essays(&s.exam, s.model, s.tok, EE_AFTER, 0, 1, &err));
	before = s.exam.essays.text[EE_BEFORE];
	after = s.exam.essays.text[EE_AFTER];
	ck_assert_uint_eq(s.exam.essays.n, 2);
	for (i = 0; i < 2; i++)
		ck_assert_str_eq(before[i], after[i]);
	ck_assert_str_ne(before[0], before[1]);
	ck_assert_int_eq(strncmp(before[1], "Brno is in", 10), 0);
	rise(&s);

	sit(&s, 1);
	must(ee_exam_essays(&s.exam, s.model, s.tok, EE_BEFORE, 0, 2, &err));
	must(ee_exam_write(&s.exam, s.model, s.tok, EE_BEFORE, 0, 2, 2,
			   &err));
	ck_assert_ptr_nonnull(s.exam.written[EE_BEFORE][1]);
	ck_assert_ptr_nonnull(strstr(s.exam.essays.text[EE_BEFORE][1],
				     s.exam.written[EE_BEFORE][2]));
	rise(&s);
}
END_TEST

/* To a record and back: the same measures; a record of another shape is
 * refused. */
START_TEST(test_answers_again)
{
	struct sitting s, t;
	struct ee_value v;
	size_t i, n;

	sit(&s, 5);
	sit(&t, 5);
	must(ee_exam_score(&s.exam, s.model, EE_BEFORE, 0, 2, NULL, &err));
	must(ee_exam_write(&s.exam, s.model, s.tok, EE_BEFORE, 0, 2, 4,
			   &err));
	must(ee_exam_essays(&s.exam, s.model, s.tok, EE_BEFORE, 0, 2, &err));
	v = ee_exam_record(&s.exam, EE_BEFORE, &s.arena);
	must(ee_exam_take(&t.exam, EE_BEFORE, &v, "test", &err));
	for (i = 0; i < s.exam.nasks; i++) {
		const struct ee_answer *a = &s.exam.answers[EE_BEFORE][i];
		const struct ee_answer *b = &t.exam.answers[EE_BEFORE][i];

		ck_assert_double_eq(a->nll, b->nll);
		ck_assert_uint_eq(a->right, b->right);
		ck_assert_mem_eq(a->said, b->said, s.exam.asks[i].asked *
				 sizeof(*a->said));
		ck_assert_pstr_eq(s.exam.written[EE_BEFORE][i],
				  t.exam.written[EE_BEFORE][i]);
	}
	for (i = 0; i < 2; i++)
		ck_assert_str_eq(s.exam.essays.text[EE_BEFORE][i],
				 t.exam.essays.text[EE_BEFORE][i]);
	ee_exam_forget(&t.exam, EE_BEFORE);
	n = t.exam.nasks--;
	ck_assert_int_eq(ee_exam_take(&t.exam, EE_BEFORE, &v, "test", &err),
			 EE_EFORMAT);
	t.exam.nasks = n;
	rise(&s);
	rise(&t);
}
END_TEST

/* References are found by relation and object, wherever they stand. */
START_TEST(test_references)
{
	static const char list[] = "[{\"relation_id\": \"P1\", \"target_id\":"
		" \"Q1\", \"samples\": [{\"text\": \"x one\"}, {\"text\": "
		"\"two\"}]}, {\"relation_id\": \"P1\", \"target_id\": "
		"\"Q0\", \"samples\": [{\"text\": \"no\"}]}, "
		"{\"relation_id\": \"P1\", \"target_id\": \"Q1\", "
		"\"samples\": [{\"text\": \"three\"}]}]";
	static const char lacking[] = "[{\"relation_id\": \"P1\"}]";
	struct ee_value v;
	struct sitting s;
	size_t found;
	double x;

	sit(&s, 5);
	s.exam.cases[1].relation = "P1";
	s.exam.cases[1].object = "Q1";
	must(ee_json_parse(&s.arena, list, strlen(list), "test", &v, &err));
	must(ee_exam_references(&s.exam, &v, &found, &err));
	ck_assert_uint_eq(found, 1);
	ck_assert_ptr_null(s.exam.essays.references[0]);
	ck_assert_str_eq(s.exam.essays.references[1], "x one two three");
	must(ee_tfidf_cosine(s.exam.essays.tfidf, "no", "no", &x, &err));
	ck_assert_double_eq_tol(x, 1, 1e-12);	/* idf is of all of them */
	rise(&s);
	sit(&s, 5);
	must(ee_json_parse(&s.arena, lacking, strlen(lacking), "test", &v,
			   &err));
	ck_assert_int_eq(ee_exam_references(&s.exam, &v, &found, &err),
			 EE_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.text, "record 1: 'target_id'"));
	rise(&s);
}
END_TEST

Suite *suite_score(void);

Suite *
suite_score(void)
{
	Suite *s = suite_create("score");
	TCase *asks = tcase_create("asks"), *worth = tcase_create("worth");
	TCase *prose = tcase_create("prose");

	tcase_add_loop_test(asks, test_score_plain, 0, 2);
	tcase_add_test(asks, test_ask_refuses);
	tcase_add_test(asks, test_ask_space);
	tcase_add_test(asks, test_cases);
	tcase_add_test(asks, test_cases_more);
	tcase_add_loop_test(asks, test_cases_lack, 0, LACKS);
	tcase_add_test(asks, test_score_again);
	suite_add_tcase(s, asks);
	tcase_add_test(worth, test_says);
	tcase_add_test(worth, test_measures_counterfact);
	tcase_add_test(worth, test_measures_easyedit);
	tcase_add_test(worth, test_tally);
	suite_add_tcase(s, worth);
	tcase_add_test(prose, test_entropy);
	tcase_add_test(prose, test_tfidf);
	tcase_add_loop_test(prose, test_words, 0, CUTS);
	tcase_add_test(prose, test_essays);
	tcase_add_test(prose, test_answers_again);
	tcase_add_test(prose, test_references);
	suite_add_tcase(s, prose);
	return s;
}
