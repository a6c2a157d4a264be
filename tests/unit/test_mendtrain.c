/*
 * test_mendtrain.c - MEND learned, against the reference's own training.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edit/mendrun.h"
#include "file/json.h"
#include "file/torch.h"
#include "golden.h"
#include "score/trainset.h"
#include "score/score.h"

static const char *const runs[] = {
	"tiny-gpt2.train", "tiny-gptj.train", "tiny-llama.train",
	"tiny-gpt2.train-accum",
};
enum { RUNS = sizeof(runs) / sizeof(runs[0]) };

static struct ee_err err;

/* One of the runs above, as it is in its folder. */
struct run {
	const char *name;
	struct ee_tokenizer *tok;
	struct ee_trainset train, val;
	struct ee_value trace;
	struct ee_arena arena;
};

static void
path_in(char path[256], const struct run *r, const char *file)
{
	snprintf(path, 256, "tests/golden/mend/%s/%s", r->name, file);
}

static void
run_open(struct run *r, const char *name)
{
	const struct ee_trainset_options options = {
		.max_length = 40, .like_easyedit = true,
	};
	char path[256];

	memset(r, 0, sizeof(*r));
	r->name = name;
	snprintf(path, sizeof(path), "tests/golden/models/%.*s",
		 (int)strcspn(name, "."), name);
	must(ee_tokenizer_open(&r->tok, path, NULL, &err));
	path_in(path, r, "train.json");
	must(ee_trainset_read(&r->train, path, r->tok, &options, NULL, &err));
	path_in(path, r, "val.json");
	must(ee_trainset_read(&r->val, path, r->tok, &options, NULL, &err));
	path_in(path, r, "trace.json");
	must(ee_json_read(&r->arena, path, &r->trace, &err));
}

static void
run_close(struct run *r)
{
	ee_tokenizer_close(r->tok);
	ee_trainset_free(&r->train);
	ee_trainset_free(&r->val);
	ee_arena_free(&r->arena);
}

/* The last n of a padded row of the reference are these; all before is
 * padding. */
static void
same_tail(const struct ee_value *row, const int32_t *ids, size_t n,
	  int64_t pad)
{
	size_t i;

	ck_assert_uint_ge(row->n, n);
	for (i = 0; i < row->n - n; i++)
		ck_assert_int_eq(row->u.list[i].u.integer, pad);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(row->u.list[row->n - n + i].u.integer,
				 ids[i]);
}

static void
same_said(const struct ee_value *batch, size_t i, const struct ee_said *said)
{
	const struct ee_value *ids = ee_get(batch, "input_ids");
	const struct ee_value *labels = ee_get(batch, "labels");

	same_tail(&ids->u.list[i], said->ids, said->n,
		  ids->u.list[i].u.list[0].u.integer);
	same_tail(&labels->u.list[i], said->labels, said->nlabels, -100);
}

START_TEST(sequences_are_the_references)
{
	const struct ee_value *steps;
	size_t i, k, seen = 0;
	struct run r;

	run_open(&r, runs[_i]);
	steps = ee_get(&r.trace, "steps");
	for (i = 0; i < steps->n; i++) {
		const struct ee_value *step = &steps->u.list[i];
		const struct ee_value *batch = ee_get(step, "batch");
		const struct ee_value *cases = ee_get(step, "case_ids");

		for (k = 0; batch != NULL && k < cases->n; k++, seen++) {
			const struct ee_example *l = &r.train.list[
				cases->u.list[k].u.integer];

			same_said(ee_get(batch, "edit"), k, &l->edit);
			same_said(ee_get(batch, "loc"), k, &l->loc);
		}
	}
	ck_assert_uint_ge(seen, 10);
	run_close(&r);
}
END_TEST

/* A learner that starts where the reference's run did. */
struct learning {
	struct run run;
	struct ee_model *model;
	struct ee_mend_params params;
	struct ee_mend *m;
	struct ee_mend_learner learner;
	struct ee_frozen_cache *cache;
};

static void
load_archive(struct ee_mend *m, const char *path)
{
	struct ee_torch t;
	struct ee_tensor tensor;
	const struct ee_value *v;
	size_t i, k, n;

	must(ee_torch_open(&t, path, &err));
	for (i = 0; i < m->nslices; i++) {
		const struct ee_mend_slice *s = &m->slice[i];
		float *to = (s->running ? m->running : m->learned) + s->at;

		v = ee_get(ee_get(&t.root, "model"), s->key);
		ck_assert_msg(v != NULL, "%s", s->key);
		tensor = v->u.tensor;
		ck_assert(ee_tensor_count(&tensor, &n));
		ck_assert_uint_eq(n, s->dims[0] * s->dims[1]);
		for (k = 0; k < n; k++)
			to[k] = (float)ee_tensor_at(&tensor, k);
	}
	ee_torch_close(&t);
}

static void
learning_open(struct learning *l, const char *name)
{
	const struct ee_frozen_cache_options options = {
		.memory = 1 << 30, .like_easyedit = true,
	};
	char path[256];

	run_open(&l->run, name);
	snprintf(path, sizeof(path), "tests/golden/models/%.*s",
		 (int)strcspn(name, "."), name);
	must(ee_model_open(&l->model, path, &err));
	path_in(path, &l->run, "config.json");
	must(ee_mend_params_read(&l->params, path, NULL, &err));
	must(ee_mend_create(&l->m, &l->params, l->model, &err));
	snprintf(path, sizeof(path), "tests/golden/mend/%.*s.train/"
		 "init.archive", (int)strcspn(name, "."), name);
	load_archive(l->m, path);
	l->learner = (struct ee_mend_learner){
		.model = l->model, .m = l->m, .params = &l->params,
		.like_easyedit = true,
	};
	must(ee_mend_learner_open(&l->learner, &err));
	must(ee_frozen_cache_open(&l->cache, l->model, l->m,
				  l->run.train.list, l->run.train.n, NULL,
				  &options, &err));
}

static void
learning_close(struct learning *l)
{
	ee_frozen_cache_close(l->cache);
	ee_mend_learner_close(&l->learner);
	ee_mend_free(l->m);
	ee_mend_params_free(&l->params);
	ee_model_close(l->model);
	run_close(&l->run);
}

static double
number(const struct ee_value *map, const char *key)
{
	double x = NAN;

	must(ee_get_real(map, key, -1e30, 1e30, &x, "trace.json", &err));
	return x;
}

/*
 * Losses are within 1e-2 of the reference (measured: 4e-3).  Differences of
 * rounding, 1e-7 in the first step, grow by half at each, as Adam makes
 * steps of one size of the least gradients; the norm of a gradient shows it
 * most (measured: 1e-3 over 12 steps, 2e-2 over 30).
 */
static void
near(const struct ee_value *step, const char *key, double x, double tol)
{
	const double want = number(step, key);

	ck_assert_msg(fabs(x - want) <= tol * fabs(want), "%s: %.7g, want "
		      "%.7g", key, x, want);
}

/* After the last step the reference validates. */
static void
validates_alike(struct learning *l)
{
	struct ee_mend_run run = {
		.learner = &l->learner, .train = l->run.train.list,
		.ntrain = l->run.train.n, .val = l->run.val.list,
		.nval = l->run.val.n,
		.cache_options = { .memory = 1 << 20, .like_easyedit = true },
	};
	struct ee_mend_tally tally;
	struct ee_mend_loss mean;
	char key[32];
	size_t i;

	must(ee_mend_run_open(&run, &err));
	must(ee_mend_run_validate(&run, &tally, &err));
	mean = ee_mend_tally_mean(&tally);
	/* but for the last one, which the reference has not */
	for (i = 0; i + 1 < EE_MEND_MEASURES; i++) {
		snprintf(key, sizeof(key), "%s_val", ee_mend_measures[i].name);
		near(ee_get(&l->run.trace, "validation_at_save"), key,
		     ee_mend_measured(&mean, &ee_mend_measures[i]), 1e-2);
	}
	ee_mend_run_close(&run);
}

START_TEST(training_is_the_references)
{
	const struct ee_value *steps, *lr;
	struct ee_mend_loss losses[8];
	struct ee_mend_group groups[8];
	size_t ids[8][8], i, k, n = 0, accumulate;
	struct learning l;
	double norm;

	learning_open(&l, runs[_i]);
	steps = ee_get(&l.run.trace, "steps");
	accumulate = (size_t)l.params.accumulate;
	for (i = 0; i < steps->n; i++) {
		const struct ee_value *cases = ee_get(&steps->u.list[i],
						      "case_ids");

		for (k = 0; k < cases->n; k++)
			ids[n][k] = (size_t)cases->u.list[k].u.integer;
		groups[n].ids = ids[n];
		groups[n].n = cases->n;
		if (++n < accumulate)
			continue;
		must(ee_mend_losses(&l.learner, l.run.train.list, l.cache,
				    groups, n, true, n, losses, &err));
		for (k = 0; k < n; k++) {
			const struct ee_value *step =
				&steps->u.list[i + 1 - n + k];

			near(step, "loss/edit", losses[k].edit, 1e-2);
			near(step, "loss/loc", losses[k].loc, 1e-2);
		}
		must(ee_mend_step(&l.learner, &norm, &err));
		near(&steps->u.list[i], "grad", norm,
		     i < 12 ? 1e-2 : 5e-2);
		lr = ee_get(&steps->u.list[i], "edit_lrs_after");
		for (k = 0; k < lr->n; k++)
			ck_assert_double_eq_tol(lr->u.list[k].u.real,
				(double)l.m->learned[k],
				1e-2 * fmax(fabs(lr->u.list[k].u.real),
					    l.params.lr));
		n = 0;
	}
	validates_alike(&l);
	learning_close(&l);
}
END_TEST

/* Each shape of record, and what is the example in it. */
START_TEST(records_of_any_shape_are_examples)
{
	static const char *const records[] = {
		"{\"src\": \"A is in\", \"alt\": \"B C\", \"rephrase\": "
		"\"A lies in\", \"loc\": \"D is\", \"loc_ans\": \"E F\"}",
		"{\"requested_rewrite\": {\"prompt\": \"{} is in\", "
		"\"subject\": \"A\", \"target_new\": {\"str\": \"B C\"}, "
		"\"target_true\": {\"str\": \"E F\"}}, "
		"\"paraphrase_prompts\": [\"A lies in\", \"x\"], "
		"\"neighborhood_prompts\": [\"D is\", \"y\"]}",
		"{\"prompt\": \"A is in\", \"target_new\": \" B C\", "
		"\"rephrase_prompt\": \"A lies in\", \"locality\": {\"R\": "
		"{\"prompt\": \"D is\", \"ground_truth\": \"E F\"}}}",
	};
	const struct ee_trainset_options options = {
		.max_length = 40, .rephrase = true,
	};
	static const char *const texts[] = { "A is in B C", "A lies in B C",
					     "D is E F" };
	struct ee_tokenizer *tok;
	struct ee_trainset examples;
	struct ee_ids ids = { 0 };
	const struct ee_said *said[3];
	char path[] = "/tmp/ee-examples-XXXXXX";
	FILE *fp = fdopen(mkstemp(path), "w");
	size_t i;

	ck_assert_ptr_nonnull(fp);
	fprintf(fp, "[%s]\n", records[_i]);
	fclose(fp);
	must(ee_tokenizer_open(&tok, "tests/golden/models/tiny-llama", NULL,
			       &err));
	must(ee_trainset_read(&examples, path, tok, &options, NULL, &err));
	unlink(path);
	ck_assert_uint_eq(examples.n, 1);
	said[0] = &examples.list[0].edit;
	said[1] = &examples.list[0].outer;
	said[2] = &examples.list[0].loc;
	for (i = 0; i < 3; i++) {
		ids.n = 0;
		must(ee_encode(tok, texts[i], strlen(texts[i]), 0, &ids,
			       &err));
		ck_assert_uint_eq(said[i]->n, ids.n);
		ck_assert_mem_eq(said[i]->ids, ids.ids,
				 ids.n * sizeof(*ids.ids));
		/* labels are the last tokens, and no BOS is among them */
		ck_assert_uint_gt(said[i]->nlabels, 0);
		ck_assert_mem_eq(said[i]->labels, said[i]->ids + said[i]->n -
				 said[i]->nlabels, said[i]->nlabels *
				 sizeof(*said[i]->labels));
		ck_assert_int_ne(said[i]->labels[0], ee_tokenizer_bos(tok));
	}
	ee_ids_free(&ids);
	ee_trainset_free(&examples);
	ee_tokenizer_close(tok);
}
END_TEST

/* ids (n) are the tokens of 'text'. */
static void
says(const struct ee_tokenizer *tok, const char *text, const int32_t *ids,
     size_t n)
{
	struct ee_ids want = { 0 };

	must(ee_encode(tok, text, strlen(text), 0, &want, &err));
	ck_assert_msg(n == want.n && memcmp(ids, want.ids, n * sizeof(*ids))
		      == 0, "not the tokens of '%s'", text);
	ee_ids_free(&want);
}

/* Where spaces are: an edit, what is learned from it and what is asked about
 * it are the same tokens; and EasyEdit's are of the texts it has. */
START_TEST(an_answer_gets_one_space)
{
	static const char *const names[] = { "tiny-gpt2", "tiny-llama" };
	static const struct {
		const char *prompt, *answer, *text, *trained;
	} list[] = {
		{ "A is in", "Rome", "A is in Rome", "A is in Rome" },
		{ "A is in", " Rome", "A is in Rome", "A is in  Rome" },
		{ "A is in ", "Rome", "A is in  Rome", "A is in  Rome" },
		{ "A is in ", " Rome", "A is in  Rome", "A is in   Rome" },
	};
	const bool bos = _i == 1;
	struct ee_tokenizer *tok;
	struct ee_model *model;
	struct ee_arena arena = { 0 };
	struct ee_said said;
	struct ee_ask ask;
	char path[256];
	size_t i;

	snprintf(path, sizeof(path), "tests/golden/models/%s", names[_i]);
	must(ee_model_open(&model, path, &err));
	must(ee_tokenizer_open(&tok, path, NULL, &err));
	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		const char *answer = list[i].answer;

		must(ee_said_make(&said, tok, list[i].prompt, answer,
				  EE_SAID_ORIGINAL, &arena, &err));
		must(ee_ask_make(&ask, model, tok, list[i].prompt, answer,
				 &err));
		ck_assert_uint_eq(said.n, ask.n);
		ck_assert_mem_eq(said.ids, ask.ids, ask.n * sizeof(*ask.ids));
		ck_assert_uint_eq(said.nlabels, ask.asked);
		ck_assert_mem_eq(said.labels, said.ids + said.n -
				 said.nlabels, said.nlabels *
				 sizeof(*said.ids));
		free(ask.ids);

		must(ee_said_make(&said, tok, list[i].prompt, answer,
				  EE_SAID_EASYEDIT, &arena, &err));
		says(tok, list[i].text, said.ids, said.n);
		says(tok, " Rome", said.labels, said.nlabels);

		must(ee_said_make(&said, tok, list[i].prompt, answer,
				  EE_SAID_EASYEDIT_TRAINS, &arena, &err));
		says(tok, list[i].trained, said.ids, said.n);
		says(tok, bos ? answer : answer[0] == ' ' ? "  Rome" :
		     " Rome", said.labels, said.nlabels);
	}
	ck_assert_int_eq(ee_said_make(&said, tok, "A is in", "  ",
		EE_SAID_EASYEDIT, &arena, &err), EE_EINPUT);
	ck_assert_str_eq(err.text, "'A is in': an empty answer");
	ee_arena_free(&arena);
	ee_tokenizer_close(tok);
	ee_model_close(model);
}
END_TEST

/* A record that is left out leaves nothing to the one that takes its
 * place. */
START_TEST(what_is_left_out_is_gone)
{
	static const char records[] =
		"{\"prompt\": \"one two three four five six seven eight nine "
		"ten eleven twelve\", \"target_new\": \"B\", \"locality\": "
		"{\"R\": {\"prompt\": \"D is\", \"ground_truth\": \"E\"}}}\n"
		"{\"prompt\": \"A is\", \"target_new\": \"B\"}\n";
	const struct ee_trainset_options options = { .max_length = 10 };
	struct ee_tokenizer *tok;
	struct ee_trainset examples;
	char path[] = "/tmp/ee-examples-XXXXXX";
	FILE *fp = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(fp);
	fputs(records, fp);
	fclose(fp);
	must(ee_tokenizer_open(&tok, "tests/golden/models/tiny-gpt2", NULL,
			       &err));
	must(ee_trainset_read(&examples, path, tok, &options, NULL, &err));
	unlink(path);
	ck_assert_uint_eq(examples.n, 1);
	ck_assert_uint_eq(examples.too_long, 1);
	ck_assert_uint_gt(examples.list[0].edit.n, 0);
	ck_assert_uint_eq(examples.list[0].loc.n, 0);
	ee_trainset_free(&examples);
	ee_tokenizer_close(tok);
}
END_TEST

/* Memory, the spill file, and computed anew by the same groups: the same
 * bits.  Alone, without company: the same numbers. */
START_TEST(frozen_does_not_depend_on_where_it_is_kept)
{
	const size_t ids[] = { 3, 0, 7, 3 };
	enum { N = sizeof(ids) / sizeof(ids[0]) };
	const struct ee_frozen_cache_options spill = {
		.memory = 1 << 16, .spill = 1 << 30, .like_easyedit = true,
	}, none = { .like_easyedit = true };
	struct ee_frozen_cache *other;
	struct ee_frozen a[N], b[N];
	struct ee_frozen_cache_state state;
	struct learning l;
	size_t i, k, round;

	learning_open(&l, runs[_i]);
	must(ee_frozen_cache_take(l.cache, ids, N, NULL, a, &err));
	must(ee_frozen_cache_open(&other, l.model, l.m, l.run.train.list,
				  l.run.train.n, NULL, &spill, &err));
	for (round = 0; round < 2; round++) {
		must(ee_frozen_cache_take(other, ids, N, NULL, b, &err));
		for (i = 0; i < N; i++) {
			ck_assert_uint_eq(a[i].size, b[i].size);
			ck_assert_mem_eq(a[i].rows, b[i].rows,
					 l.m->nparams * sizeof(*a[i].rows));
			ck_assert_mem_eq(a[i].block, b[i].block,
					 a[i].size * sizeof(*a[i].block));
		}
	}
	state = ee_frozen_cache_state(other);
	ck_assert_uint_eq(state.computed, l.run.train.n);
	ck_assert_uint_gt(state.memory, 0);
	ck_assert_uint_gt(state.spilled, 0);
	ee_frozen_cache_close(other);

	must(ee_frozen_cache_open(&other, l.model, l.m, l.run.train.list,
				  l.run.train.n, NULL, &none, &err));
	must(ee_frozen_cache_take(other, ids, 1, NULL, b, &err));
	ck_assert_uint_eq(a[0].size, b[0].size);
	for (k = 0; k < a[0].size; k++)
		ck_assert_float_eq_tol(a[0].block[k], b[0].block[k], 1e-4f);
	ck_assert_uint_eq(ee_frozen_cache_state(other).computed, 1);
	ee_frozen_cache_close(other);
	learning_close(&l);
}
END_TEST

/* What the hooks of a run were told. */
struct told {
	size_t validations, bests;
	uint64_t best_iteration;
	double best;
};

static enum ee_status
hear(void *ctx, const struct ee_mend_run *run,
     const struct ee_mend_tally *tally, struct ee_err *e)
{
	(void)ctx, (void)run, (void)e;
	ck_assert_uint_eq(tally->n, 3);
	return EE_OK;
}

static enum ee_status
judge(void *ctx, const struct ee_mend_run *run,
      const struct ee_mend_tally *tally, bool best, struct ee_err *e)
{
	const double total = ee_mend_tally_mean(tally).total;
	struct told *told = ctx;

	(void)e;
	ck_assert(best == (told->validations == 0 || total < told->best));
	told->validations++;
	if (best) {
		told->bests++;
		told->best = total;
		told->best_iteration = run->iteration;
	}
	return EE_OK;
}

/* With a rate that is far too high nothing gets better for long. */
START_TEST(patience_ends_a_run_and_the_best_is_known)
{
	struct told told = { 0 };
	const struct ee_mend_hooks hooks = { &told, hear, judge, NULL };
	struct ee_mend_run run = { .hooks = &hooks };
	struct learning l;
	enum ee_mend_end end;

	learning_open(&l, "tiny-gpt2.train");
	l.params.lr = l.params.lr_lr = 0.1;
	l.params.accumulate = l.params.val_interval = 3;
	l.params.log_interval = 3;
	l.params.max_iters = 3000;
	l.params.early_stop_patience = 12;
	run.learner = &l.learner;
	run.train = l.run.train.list;
	run.ntrain = l.run.train.n;
	run.val = l.run.val.list;
	run.nval = l.run.val.n;
	run.cache_options.memory = 1 << 28;
	must(ee_mend_run_open(&run, &err));
	must(ee_mend_run_go(&run, &end, &err));
	ck_assert_int_eq(end, EE_MEND_PATIENCE);
	ck_assert_uint_lt(told.bests, told.validations);
	ck_assert_uint_eq(run.best_iteration, told.best_iteration);
	ck_assert(run.best == told.best);
	ck_assert_uint_eq(run.iteration, told.best_iteration + 15);
	ck_assert_uint_eq(told.validations, run.iteration / 3);
	ee_mend_run_close(&run);
	learning_close(&l);
}
END_TEST

Suite *suite_mendtrain(void);

Suite *
suite_mendtrain(void)
{
	Suite *s = suite_create("mendtrain");
	TCase *t = tcase_create("golden");

	tcase_add_loop_test(t, sequences_are_the_references, 0, RUNS);
	tcase_add_loop_test(t, training_is_the_references, 0, RUNS);
	tcase_add_loop_test(t, records_of_any_shape_are_examples, 0, 3);
	tcase_add_loop_test(t, an_answer_gets_one_space, 0, 2);
	tcase_add_test(t, what_is_left_out_is_gone);
	tcase_add_loop_test(t, frozen_does_not_depend_on_where_it_is_kept,
			    0, RUNS);
	tcase_add_test(t, patience_ends_a_run_and_the_best_is_known);
	suite_add_tcase(s, t);
	return s;
}
