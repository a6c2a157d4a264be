/*
 * test_mend.c - MEND: hyper-parameters, the hypernetwork and its gradients,
 * edits against EasyEdit's own (tests/golden/mend).
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "edit/mend.h"
#include "file/yaml.h"
#include "golden.h"

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
	return s;
}
