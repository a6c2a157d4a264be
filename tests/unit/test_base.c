/*
 * test_base.c - values, memory, numbers, files.
 *
 * The random numbers are those of CPython 3.11's random.Random(seed).
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/value.h"

START_TEST(numbers_are_strict)
{
	static const char *const bad[] = { "", " 1", "1 ", "1x", "0x10", "--1",
		"1e3", "1.5", "nan", "99999999999999999999", "11", "-1" };
	static const char *const bad_real[] = { "", " 1", "1 ", "1x", "0x1p3",
		"nan", "inf", "1e999", ".", "e5", "-0.1", "10.5" };
	int64_t i = 77;
	double d = 77;
	size_t k;

	for (k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
		ck_assert_msg(!ee_parse_int(bad[k], 0, 10, &i), "%s", bad[k]);
	for (k = 0; k < sizeof(bad_real) / sizeof(bad_real[0]); k++)
		ck_assert_msg(!ee_parse_real(bad_real[k], 0, 10, &d), "%s",
			      bad_real[k]);
	ck_assert_int_eq(i, 77);
	ck_assert(d == 77.0);
	ck_assert(ee_parse_int("10", 0, 10, &i) && i == 10);
	ck_assert(ee_parse_int("-9223372036854775808", INT64_MIN, 0, &i));
	ck_assert(i == INT64_MIN);
	ck_assert(ee_parse_real("2.5e-1", 0, 10, &d) && d == 0.25);
}
END_TEST

START_TEST(products_and_hashes)
{
	size_t n;

	ck_assert(ee_mul(3, 5, &n) && n == 15);
	ck_assert(ee_mul(0, SIZE_MAX, &n) && n == 0);
	ck_assert(!ee_mul(SIZE_MAX / 2, 3, &n));
	/* the published FNV-1a vectors */
	ck_assert(ee_hash(EE_HASH_START, "", 0) ==
		  UINT64_C(0xcbf29ce484222325));
	ck_assert(ee_hash(EE_HASH_START, "a", 1) ==
		  UINT64_C(0xaf63dc4c8601ec8c));
	ck_assert(ee_hash(EE_HASH_START, "foobar", 6) ==
		  UINT64_C(0x85944171f73967e8));
}
END_TEST

START_TEST(memory_fails_politely)
{
	struct ee_err err = {{0}};
	struct ee_arena arena = {0};
	float *f = ee_floats(3, &err);
	uint32_t *list = NULL;
	size_t room = 0, was;

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq((uintptr_t)f % 64, 0);
	free(f);
	ck_assert_ptr_null(ee_floats(SIZE_MAX / 2, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "out of memory"));
	ck_assert_ptr_null(ee_grow(NULL, SIZE_MAX, 2, &err));
	ck_assert_int_eq(ee_reserve(&list, &room, 3, sizeof(*list), &err),
			 EE_OK);
	ck_assert_uint_ge(room, 3);
	memcpy(list, "\1\2\3\4\5\6\7\10\11\12\13\14", 12);
	was = room;
	ck_assert_int_eq(ee_reserve(&list, &room, SIZE_MAX, sizeof(*list),
				    &err), EE_ENOMEM);
	ck_assert_uint_eq(room, was);
	ck_assert_int_eq(ee_reserve(&list, &room, 9999, sizeof(*list), &err),
			 EE_OK);
	ck_assert_uint_ge(room, 9999);
	ck_assert_mem_eq(list, "\1\2\3\4\5\6\7\10\11\12\13\14", 12);
	free(list);
	ck_assert_int_eq(ee_arena_check(&arena, &err), EE_OK);
	ck_assert_ptr_null(ee_arena_alloc(&arena, SIZE_MAX - 8, 16));
	ck_assert_int_eq(ee_arena_check(&arena, &err), EE_ENOMEM);
	ee_arena_free(&arena);
}
END_TEST

START_TEST(arena_aligns_and_keeps)
{
	struct ee_arena arena = {0};
	char *text[2000];
	int round, i;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < 2000; i++) {
			double *d = ee_arena_alloc(&arena, 24, 64);

			ck_assert_uint_eq((uintptr_t)d % 64, 0);
			text[i] = ee_arena_printf(&arena, "%d %0*d", i,
						  i % 100, 0);
		}
		for (i = 0; i < 2000; i++)
			ck_assert_int_eq(atoi(text[i]), i);
		ck_assert_ptr_nonnull(ee_arena_alloc(&arena, 1 << 20, 16));
		ee_arena_reset(&arena);
	}
	ee_arena_free(&arena);
}
END_TEST

/* [random() x 2], getrandbits(32), [randrange(n)...], after seed */
START_TEST(random_is_pythons)
{
	static const struct {
		uint64_t seed;
		double real[2];
		uint32_t bits;
		uint64_t below[3];	/* 10, 1000, 10**12 */
	} want[] = {
		{ UINT64_C(0),
		  { 0.8444218515250481, 0.7579544029403025 },
		  UINT32_C(1806341205), { 0, 265, UINT64_C(562492388602) } },
		{ UINT64_C(1),
		  { 0.13436424411240122, 0.8474337369372327 },
		  UINT32_C(3280387012), { 1, 261, UINT64_C(541672336265) } },
		{ UINT64_C(42),
		  { 0.6394267984578837, 0.025010755222666936 },
		  UINT32_C(1181241943), { 3, 228, UINT64_C(808053162473) } },
		{ UINT64_C(4294967295),
		  { 0.6353574441341173, 0.20319993954407756 },
		  UINT32_C(2608619700), { 8, 298, UINT64_C(376252238075) } },
		{ UINT64_C(1099511627793),
		  { 0.6614192930187859, 0.24151842637090726 },
		  UINT32_C(2967781900), { 1, 455, UINT64_C(454486968012) } },
		{ UINT64_C(18446744073709551615),
		  { 0.021825695401270107, 0.3380953268613758 },
		  UINT32_C(910393425), { 7, 629, UINT64_C(407595883462) } },
	};
	struct ee_random r;
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		ee_random_seed(&r, want[i].seed);
		ck_assert(ee_random_real(&r) == want[i].real[0]);
		ck_assert(ee_random_real(&r) == want[i].real[1]);
		ck_assert_uint_eq(ee_random_u32(&r), want[i].bits);
		ck_assert(ee_random_below(&r, 10) == want[i].below[0]);
		ck_assert(ee_random_below(&r, 1000) == want[i].below[1]);
		ck_assert(ee_random_below(&r, UINT64_C(1000000000000)) ==
			  want[i].below[2]);
	}
}
END_TEST

START_TEST(shuffle_is_pythons)
{
	/* x = list(range(10)); random.Random(42).shuffle(x) */
	static const size_t want[10] = { 7, 3, 2, 8, 5, 6, 9, 4, 0, 1 };
	size_t x[10], i;
	struct ee_random r;
	double sum = 0, squares = 0;

	for (i = 0; i < 10; i++)
		x[i] = i;
	ee_random_seed(&r, 42);
	ee_random_shuffle(&r, x, 10);
	for (i = 0; i < 10; i++)
		ck_assert_uint_eq(x[i], want[i]);
	for (i = 0; i < 100000; i++) {
		const double z = ee_random_normal(&r);

		sum += z;
		squares += z * z;
	}
	ck_assert_double_eq_tol(sum / 1e5, 0, 0.02);
	ck_assert_double_eq_tol(squares / 1e5, 1, 0.03);
}
END_TEST

START_TEST(dtypes_have_two_names)
{
	enum ee_dtype d;
	int i;

	for (i = 0; i < EE_DTYPES; i++) {
		ck_assert(ee_dtype_from_numpy(ee_dtype_numpy((enum ee_dtype)i),
					      &d));
		ck_assert_int_eq((int)d, i);
		ck_assert_uint_gt(ee_dtype_size(d), 0);
	}
	ck_assert(ee_dtype_from_numpy("|V2", &d) && d == EE_BF16);
	ck_assert(ee_dtype_from_numpy("=f4", &d) && d == EE_F32);
	ck_assert(!ee_dtype_from_numpy(">f4", &d));
	ck_assert(!ee_dtype_from_numpy("<c8", &d));
	ck_assert(!ee_dtype_from_numpy("", &d));
	ck_assert(!ee_dtype_from_numpy("<f4x", &d));
}
END_TEST

START_TEST(tensors_count_and_read)
{
	static const uint16_t f16[] = { 0x3c00, 0xc000, 0x0001, 0x7c00,
					0x3555 };
	static const uint16_t bf16[] = { 0x3f80, 0xc000 };
	struct ee_tensor t = ee_tensor_2d(EE_F16, f16, 5, 0);
	char text[128];
	size_t n;

	ck_assert(ee_tensor_at(&t, 0) == 1.0);
	ck_assert(ee_tensor_at(&t, 1) == -2.0);
	ck_assert(ee_tensor_at(&t, 2) == ldexp(1, -24));
	ck_assert(isinf(ee_tensor_at(&t, 3)));
	ck_assert_double_eq_tol(ee_tensor_at(&t, 4), 1. / 3, 1e-4);
	ck_assert_str_eq(ee_tensor_shape(&t, text), "(5,)");
	t = ee_tensor_2d(EE_BF16, bf16, 1, 2);
	ck_assert(ee_tensor_at(&t, 0) == 1.0 && ee_tensor_at(&t, 1) == -2.0);
	ck_assert_str_eq(ee_tensor_shape(&t, text), "(1, 2)");
	ck_assert(ee_tensor_bytes(&t, &n) && n == 4);
	t.shape[0] = SIZE_MAX;
	ck_assert(!ee_tensor_bytes(&t, &n));
	t.ndim = 0;
	ck_assert(ee_tensor_count(&t, &n) && n == 1);
	ck_assert_str_eq(ee_tensor_shape(&t, text), "()");
}
END_TEST

START_TEST(values_grow_and_copy)
{
	struct ee_arena a = {0}, b = {0};
	struct ee_value list = ee_list(), map = ee_map(), copy;
	static const float data[2] = { 1, 2 };
	int i;

	for (i = 0; i < 1000; i++)
		ee_add(&a, &list, ee_int(i));
	ee_put(&a, &map, "list", list);
	ee_put(&a, &map, "text", ee_text("x"));
	ee_put(&a, &map, "t", ee_tensor(ee_tensor_2d(EE_F32, data, 2, 0)));
	copy = ee_copy(&b, &map);
	ee_arena_free(&a);
	ck_assert_uint_eq(ee_get(&copy, "list")->n, 1000);
	ck_assert_int_eq(ee_get(&copy, "list")->u.list[999].u.integer, 999);
	ck_assert_str_eq(ee_get(&copy, "text")->u.text, "x");
	ck_assert(ee_tensor_at(&ee_get(&copy, "t")->u.tensor, 1) == 2.0);
	ck_assert_ptr_null(ee_get(&copy, "nothing"));
	ck_assert_ptr_null(ee_get(NULL, "x"));
	ck_assert_ptr_null(ee_get(ee_get(&copy, "text"), "x"));
	ee_arena_free(&b);
}
END_TEST

START_TEST(getters_check_and_say)
{
	struct ee_arena a = {0};
	struct ee_value map = ee_map();
	struct ee_err err;
	const char *text;
	int64_t i;
	double d;
	bool b;

	ee_put(&a, &map, "i", ee_int(5));
	ee_put(&a, &map, "r", ee_real(2.0));
	ee_put(&a, &map, "half", ee_real(0.5));
	ck_assert_int_eq(ee_get_int(&map, "i", 0, 9, &i, "w", &err), EE_OK);
	ck_assert_int_eq(ee_get_int(&map, "r", 0, 9, &i, "w", &err), EE_OK);
	ck_assert_int_eq(i, 2);
	ck_assert_int_eq(ee_get_real(&map, "i", 0, 9, &d, "w", &err), EE_OK);
	ck_assert(d == 5.0);
	ck_assert_int_eq(ee_get_int(&map, "half", 0, 9, &i, "w", &err),
			 EE_EFORMAT);
	ck_assert_str_eq(err.text,
			 "w: 'half': is a number, want an integer");
	ck_assert_int_eq(ee_get_int(&map, "i", 6, 9, &i, "w", &err),
			 EE_EFORMAT);
	ck_assert_str_eq(err.text, "w: 'i': is 5, want 6 to 9");
	ck_assert_int_eq(ee_get_text(&map, "no", &text, "w", &err),
			 EE_EFORMAT);
	ck_assert_str_eq(err.text, "w: 'no' is missing");
	ck_assert_int_eq(ee_get_logic(&map, "i", &b, "w", &err), EE_EFORMAT);
	ee_arena_free(&a);
}
END_TEST

static void
expect_file(const char *path, const char *want)
{
	struct ee_mapped file;
	struct ee_err err;

	ck_assert_int_eq(ee_map_file(&file, path, &err), EE_OK);
	ck_assert_uint_eq(file.size, strlen(want));
	ck_assert(file.size == 0 || memcmp(file.data, want, file.size) == 0);
	ee_unmap_file(&file);
}

START_TEST(files_appear_whole)
{
	char dir[] = "/tmp/ee-test-XXXXXX", path[64];
	struct ee_outfile out;
	struct ee_mapped file;
	struct ee_err err;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x", dir);
	ck_assert_int_eq(ee_map_file(&file, path, &err), EE_EIO);
	ck_assert_int_eq(ee_outfile_open(&out, path, &err), EE_OK);
	fputs("old", out.fp);
	ck_assert_int_ne(access(path, F_OK), 0);	/* not before commit */
	ck_assert_int_eq(ee_outfile_commit(&out, &err), EE_OK);
	expect_file(path, "old");
	ck_assert_int_eq(ee_outfile_open(&out, path, &err), EE_OK);
	fputs("new", out.fp);
	ee_outfile_abort(&out);
	expect_file(path, "old");
	ck_assert_int_eq(ee_outfile_open(&out, path, &err), EE_OK);
	ck_assert_int_eq(ee_outfile_commit(&out, &err), EE_OK);
	expect_file(path, "");
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);	/* nothing left beside it */
	ck_assert_int_eq(ee_outfile_open(&out, path, &err), EE_EIO);
	ck_assert_int_eq(ee_map_file(&file, "/tmp", &err), EE_EIO);
}
END_TEST

START_TEST(full_disk_is_noticed)
{
	struct ee_outfile out;
	struct ee_err err;

	if (access("/dev/full", W_OK) != 0)
		return;
	ck_assert_int_eq(ee_outfile_open(&out, "/dev/full", &err), EE_OK);
	fputs("x", out.fp);
	ck_assert_int_eq(ee_outfile_commit(&out, &err), EE_EIO);
}
END_TEST

START_TEST(progress_may_go_nowhere)
{
	struct ee_progress p;

	ee_progress_start(&p, NULL, "tokens", 10);
	ee_progress_add(&p, 5);
	ee_progress_end(&p);
}
END_TEST

Suite *suite_base(void);

Suite *
suite_base(void)
{
	Suite *s = suite_create("base");
	TCase *t = tcase_create("base");

	tcase_add_test(t, numbers_are_strict);
	tcase_add_test(t, products_and_hashes);
	tcase_add_test(t, memory_fails_politely);
	tcase_add_test(t, arena_aligns_and_keeps);
	tcase_add_test(t, random_is_pythons);
	tcase_add_test(t, shuffle_is_pythons);
	tcase_add_test(t, dtypes_have_two_names);
	tcase_add_test(t, tensors_count_and_read);
	tcase_add_test(t, values_grow_and_copy);
	tcase_add_test(t, getters_check_and_say);
	tcase_add_test(t, files_appear_whole);
	tcase_add_test(t, full_disk_is_noticed);
	tcase_add_test(t, progress_may_go_nowhere);
	suite_add_tcase(s, t);
	return s;
}
