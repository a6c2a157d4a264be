/*
 * test_mendtrain.c - MEND learned, against the reference's own training.
 */
#include <stdlib.h>
#include <string.h>

#include "file/json.h"
#include "golden.h"
#include "score/lessons.h"

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
	struct ee_lessons train, val;
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
	const struct ee_lessons_options options = {
		.max_length = 40, .flags = EE_SAID_LIKE_EASYEDIT,
	};
	char path[256];

	memset(r, 0, sizeof(*r));
	r->name = name;
	snprintf(path, sizeof(path), "tests/golden/models/%.*s",
		 (int)strcspn(name, "."), name);
	must(ee_tokenizer_open(&r->tok, path, NULL, &err));
	path_in(path, r, "train.json");
	must(ee_lessons_read(&r->train, path, r->tok, &options, NULL, &err));
	path_in(path, r, "val.json");
	must(ee_lessons_read(&r->val, path, r->tok, &options, NULL, &err));
	path_in(path, r, "trace.json");
	must(ee_json_read(&r->arena, path, &r->trace, &err));
}

static void
run_close(struct run *r)
{
	ee_tokenizer_close(r->tok);
	ee_lessons_free(&r->train);
	ee_lessons_free(&r->val);
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
			const struct ee_lesson *l = &r.train.list[
				cases->u.list[k].u.integer];

			same_said(ee_get(batch, "edit"), k, &l->edit);
			same_said(ee_get(batch, "loc"), k, &l->loc);
		}
	}
	ck_assert_uint_ge(seen, 10);
	run_close(&r);
}
END_TEST

Suite *suite_mendtrain(void);

Suite *
suite_mendtrain(void)
{
	Suite *s = suite_create("mendtrain");
	TCase *t = tcase_create("golden");

	tcase_add_loop_test(t, sequences_are_the_references, 0, RUNS);
	suite_add_tcase(s, t);
	return s;
}
