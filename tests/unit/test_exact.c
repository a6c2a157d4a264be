/*
 * test_exact.c - sums that depend on nothing but their terms.
 *
 * Everything here is an identity, to the last bit.
 */
#include <check.h>
#include <stdlib.h>

#include "base/random.h"
#include "golden.h"
#include "stats/exact.h"

static struct ee_err err;

/* Terms whose sizes differ so much that two doubles cannot hold a sum, sums
 * that lie half way between two floats or doubles, terms that cancel. */
static const double hard[] = {
	1, 0x1p-53, 0x1p-106, -0x1p-24, 1e300, 3e-310, -1e300, 0x1p-1074,
	1e16, 1, -1e16, 0x1.000001p0, 0x1p-25, 0x1p-78, -0x1p-130, 7e22,
	0x1.fffffffffffffp60, 0x1p8, 1 / 3.0, -1e-40, 0x1p-24, 5e-324
};
enum { HARD = sizeof(hard) / sizeof(hard[0]), WIDE = 150 };

/* Number i is the sum of all of 'hard', turned by i; or is so no more. */
static void
add_hard(struct ee_exact *sum, size_t term, double sign)
{
	double terms[WIDE];
	size_t i;

	for (i = 0; i < WIDE; i++)
		terms[i] = sign * hard[(term + i) % HARD];
	must(ee_exact_add(sum, terms, &err));
}

static void
same_number(const struct ee_exact *a, size_t i, const struct ee_exact *b,
	    size_t k)
{
	size_t p;

	ck_assert_mem_eq(&a->first[i], &b->first[k], sizeof(*a->first));
	for (p = 0; p < EE_EXACT_PLANES; p++) {
		const double v = p < a->planes ? a->plane[p][i] : 0;
		const double w = p < b->planes ? b->plane[p][k] : 0;

		ck_assert_mem_eq(&v, &w, sizeof(v));
	}
}

START_TEST(exact_orders)
{
	struct ee_exact whole, sum, other, zero;
	size_t order[HARD], i, k, t, round;
	struct ee_random r;

	must(ee_exact_init(&whole, WIDE, &err));
	must(ee_exact_init(&zero, WIDE, &err));
	for (t = 0; t < HARD; t++)
		add_hard(&whole, t, 1);
	for (i = 1; i < WIDE; i++)	/* all terms are in each */
		same_number(&whole, i, &whole, 0);
	ck_assert_uint_ge(whole.planes, 2);
	ee_random_seed(&r, 3);
	for (round = 0; round < 12; round++) {
		const size_t cut = ee_random_below(&r, HARD);

		for (t = 0; t < HARD; t++)
			order[t] = t;
		for (t = HARD - 1; t > 0; t--) {
			k = ee_random_below(&r, t + 1);
			i = order[t];
			order[t] = order[k];
			order[k] = i;
		}
		must(ee_exact_init(&sum, WIDE, &err));
		must(ee_exact_init(&other, WIDE, &err));
		for (t = 0; t < HARD; t++)	/* two groups, then both */
			add_hard(t < cut ? &other : &sum, order[t], 1);
		must(ee_exact_merge(&sum, &other, &err));
		for (i = 0; i < WIDE; i++)
			same_number(&sum, i, &whole, 0);
		for (t = 0; t < HARD; t++)	/* and all out again */
			add_hard(&sum, t, -1);
		for (i = 0; i < WIDE; i++)
			same_number(&sum, i, &zero, i);
		ee_exact_free(&sum);
		ee_exact_free(&other);
	}
	ee_exact_free(&whole);
	ee_exact_free(&zero);
}
END_TEST

START_TEST(exact_forms)
{
	double tie[3] = { 0x1p-106, 1, 0x1p-53 }, even[2] = { 0x1p-53, 1 };
	double below[3] = { 1, -0x1p-54, -0x1p-108 }, none[2] = { 1, -1 };

	ck_assert_uint_eq(ee_exact_form(tie, 3), 2);
	ck_assert_double_eq(tie[0], 1 + 0x1p-52);	/* not 1 */
	ck_assert_double_eq(tie[1], -0x1p-53 + 0x1p-106);
	ck_assert_uint_eq(ee_exact_form(even, 2), 2);
	ck_assert_double_eq(even[0], 1);
	ck_assert_double_eq(even[1], 0x1p-53);
	ck_assert_uint_eq(ee_exact_form(below, 3), 3);
	ck_assert_double_eq(below[0], 1 - 0x1p-53);	/* a finer binade */
	ck_assert_double_eq(below[1], 0x1p-54);
	ck_assert_uint_eq(ee_exact_form(none, 2), 1);
	ck_assert_double_eq(none[0], 0);
}
END_TEST

Suite *suite_exact(void);

Suite *
suite_exact(void)
{
	Suite *s = suite_create("exact");
	TCase *sums = tcase_create("sums");

	tcase_set_timeout(sums, 60);
	tcase_add_test(sums, exact_orders);
	tcase_add_test(sums, exact_forms);
	suite_add_tcase(s, sums);
	return s;
}
