/*
 * test_exact.c - sums that depend on nothing but their terms.
 *
 * Everything here is an identity, to the last bit.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

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

/* Number i is the sum of all of 'hard', turned by i. */
static void
add_hard(double *first, struct ee_lows *low, size_t term)
{
	double terms[WIDE];
	size_t i;

	for (i = 0; i < WIDE; i++)
		terms[i] = hard[(term + i) % HARD];
	must(ee_exact_add(first, low, WIDE, 0, WIDE, terms, &err));
}

static void
same_number(const double *a, const struct ee_lows *la, size_t i,
	    const double *b, const struct ee_lows *lb, size_t k)
{
	size_t p;

	ck_assert_mem_eq(&a[i], &b[k], sizeof(*a));
	for (p = 0; p < EE_EXACT_PLANES; p++) {
		const double v = p < la->planes ? la->plane[p][i] : 0;
		const double w = p < lb->planes ? lb->plane[p][k] : 0;

		ck_assert_mem_eq(&v, &w, sizeof(v));
	}
}

START_TEST(exact_orders)
{
	struct ee_lows whole = { 0 }, mixed, half, part[2];
	double first[WIDE] = { 0 }, other[WIDE], sum[WIDE], zero[WIDE];
	size_t order[HARD], i, k, t, round;
	struct ee_random r;

	memset(zero, 0, sizeof(zero));
	for (t = 0; t < HARD; t++)
		add_hard(first, &whole, t);
	for (i = 1; i < WIDE; i++)	/* all terms are in each */
		same_number(first, &whole, i, first, &whole, 0);
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
		memset(&mixed, 0, sizeof(mixed));
		memset(&half, 0, sizeof(half));
		memcpy(other, zero, sizeof(zero));
		memcpy(sum, zero, sizeof(zero));
		for (t = 0; t < HARD; t++)	/* two groups, then both */
			add_hard(t < cut ? other : sum, t < cut ? &half :
				 &mixed, order[t]);
		must(ee_exact_add(sum, &mixed, WIDE, 0, WIDE, other, &err));
		for (t = 0; t < half.planes; t++)
			must(ee_exact_add(sum, &mixed, WIDE, 0, WIDE,
					  half.plane[t], &err));
		for (i = 0; i < WIDE; i++)
			same_number(sum, &mixed, i, first, &whole, 0);
		ee_lows_free(&half);
		for (t = 0; t < HARD; t++) {	/* and all out again */
			double terms[WIDE];

			for (i = 0; i < WIDE; i++)
				terms[i] = -hard[(t + i) % HARD];
			must(ee_exact_add(sum, &mixed, WIDE, 0, WIDE, terms,
					  &err));
		}
		memset(part, 0, sizeof(part));
		for (i = 0; i < WIDE; i++)
			same_number(sum, &mixed, i, zero, &part[0], i);
		ee_lows_free(&mixed);
	}
	ee_lows_free(&whole);
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
