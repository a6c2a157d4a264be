/*
 * test_torchwrite.c - what is written as torch.save writes is read again, to
 * the bit; tests/interop has torch itself read it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file/pickle.h"
#include "file/pickle_write.h"
#include "file/torch.h"
#include "file/torch_write.h"
#include "golden.h"
#include "scratch.h"

#define FILES "tests/golden/torch/"
#define MEND "tests/golden/mend/"

static const char *const path = scratch_path, *const old_path = scratch_old;
static struct ee_err err;
static struct ee_arena arena;

static void
finish(void)
{
	scratch_remove();
	ee_arena_free(&arena);
}

/* Written, and read again. */
static void
check_round(const struct ee_value *v)
{
	struct ee_torch t;
	size_t i;

	must(ee_torch_write(path, v, NULL, &err));
	must(ee_torch_open(&t, path, &err));
	must(ee_torch_check(&t, &err));
	ck_assert(same_value(v, &t.root, true));
	ck_assert_uint_eq(t.foreign.n, 0);
	for (i = 0; i < t.zip.n; i++) {
		const unsigned char *p = ee_zip_stored(&t.zip,
						       &t.zip.list[i]);

		ck_assert_uint_eq((size_t)(p - t.zip.file.data) % 64, 0);
	}
	ee_torch_close(&t);
}

START_TEST(files_written_again)
{
	static const char *const files[] = {
		FILES "views.pt", FILES "views-p5.pt", FILES "training.pt",
		MEND "tiny-gpt2.default/random.archive",
		MEND "tiny-gpt2.default/original.archive",
		FILES "tensor.pt", FILES "tiny.pt",
	};
	struct ee_torch t;

	must(ee_torch_open(&t, files[_i], &err));
	check_round(&t.root);
	ee_torch_close(&t);
}
END_TEST

/* Python's own pickles of plain values, written again. */
START_TEST(pickles_written_again)
{
	struct ee_value v, again, foreign;
	struct ee_pickler p = { 0 };
	struct ee_mapped file;
	char name[64], *text;
	size_t size;

	snprintf(name, sizeof(name), FILES "plain.p%d.pkl", _i);
	must(ee_map_file(&file, name, &err));
	must(ee_pickle_parse(&arena, file.data, file.size, "it", NULL, &v,
			     &foreign, &err));
	ee_unmap_file(&file);
	p.fp = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(p.fp);
	must(ee_pickle_write(&p, &v, &err));
	ck_assert_int_eq(fclose(p.fp), 0);
	must(ee_pickle_parse(&arena, (unsigned char *)text, size, "again",
			     NULL, &again, &foreign, &err));
	ck_assert(same_value(&v, &again, true));
	ck_assert_int_eq(ee_get(&v, "by number")->form, EE_NUMBERED);
	ck_assert_int_eq(ee_get(&v, "ordered")->form, EE_ORDERED);
	ck_assert_int_eq(ee_get(&v, "bytes")->form, EE_BYTES);
	ck_assert_int_eq(ee_get(&v, "tuples")->form, EE_PLAIN);
	ck_assert_int_eq(ee_get(&v, "tuples")->u.list[2].form, EE_TUPLE);
	ck_assert_int_eq(ee_get(&v, "set")->form, EE_PLAIN);
	ck_assert_int_eq(ee_get(&v, "frozen")->form, EE_PLAIN);
	free(text);
}
END_TEST

static struct ee_value
in_form(struct ee_value v, enum ee_form form)
{
	v.form = form;
	return v;
}

/* Integers at the ends of every form, as values and as keys. */
static struct ee_value
integers(void)
{
	static const int64_t list[] = {
		0, 1, 255, 256, 65535, 65536, INT32_MAX, INT64_C(1) << 31, -1,
		INT32_MIN, INT32_MIN - INT64_C(1), INT64_MAX, INT64_MIN,
	};
	struct ee_value v = in_form(ee_map(), EE_NUMBERED);
	size_t i;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		ee_put(&arena, &v, ee_arena_printf(&arena, "%lld",
						   (long long)list[i]),
		       ee_int(list[i]));
	return v;
}

START_TEST(values_written)
{
	static const uint64_t data[8] = { 1, 2, UINT64_MAX, 4, 5, 6, 7, 8 };
	struct ee_value v = ee_map(), list = ee_list();
	char bytes[256];
	unsigned i;

	for (i = 0; i < 256; i++)
		bytes[i] = (char)i;
	for (i = 0; i < EE_DTYPES; i++) {
		struct ee_tensor t = { (enum ee_dtype)i, i % 4, { 2, 1, 3 },
				       data };

		ee_add(&arena, &list, ee_tensor(t));
	}
	ee_add(&arena, &list, ee_tensor(ee_tensor_2d(EE_F32, NULL, 0, 4)));
	ee_put(&arena, &v, "integers", integers());
	ee_put(&arena, &v, "tensors", in_form(list, EE_TUPLE));
	ee_put(&arena, &v, "reals", ee_list());
	for (i = 0; i < 4; i++)
		ee_add(&arena, &v.u.map[2].value,
		       ee_real((double[]){ -0.0, 1e300, HUGE_VAL, NAN }[i]));
	ee_put(&arena, &v, "bytes",
	       in_form(ee_text_n(bytes, 256), EE_BYTES));
	ee_put(&arena, &v, "text", ee_text_n("K\303\266ln\0", 6));
	ee_put(&arena, &v, "", in_form(ee_list(), EE_TUPLE));
	ee_put(&arena, &v, "yes", ee_logic(true));
	ee_put(&arena, &v, "none", ee_null());
	ee_put(&arena, &v, "empty", in_form(ee_map(), EE_ORDERED));
	must(ee_arena_check(&arena, &err));
	check_round(&v);
}
END_TEST

static void
refuses(const struct ee_value *v, const char *says)
{
	const enum ee_status status = ee_torch_write(path, v, NULL, &err);

	ck_assert_msg(status == EE_EINPUT && strstr(err.text, says) != NULL &&
		      strstr(err.text, path) != NULL, "%d %s", (int)status,
		      err.text);
	ck_assert(access(path, F_OK) != 0);
}

START_TEST(values_refused)
{
	struct ee_value v = ee_map(), numbered = in_form(ee_map(),
							 EE_NUMBERED);
	int i;

	ee_put(&arena, &v, "k\351y", ee_null());
	refuses(&v, "not UTF-8");
	v = ee_map();
	ee_put(&arena, &v, "key", ee_text("K\366ln"));
	refuses(&v, "'key': a text that is not UTF-8");
	ee_put(&arena, &numbered, "0x1", ee_null());
	refuses(&numbered, "key '0x1' is no integer");
	v = ee_null();
	for (i = 0; i < EE_PICKLE_DEPTH; i++) {
		struct ee_value outer = ee_list();

		ee_add(&arena, &outer, v);
		v = outer;
	}
	refuses(&v, "nested more than 200");
	check_round(&v.u.list[0]);
	v = ee_tensor((struct ee_tensor){ EE_F32, 2, { SIZE_MAX, 2 }, NULL });
	unlink(path);
	refuses(&v, "size");
}
END_TEST

/* Where it cannot be written, what was there stays. */
START_TEST(disk_refuses)
{
	const struct ee_value one = ee_int(1), two = ee_int(2);
	struct ee_torch t;

	ck_assert_int_eq(ee_torch_write("/dev/full", &one, NULL, &err),
			 EE_EIO);
	ck_assert_ptr_nonnull(strstr(err.text, "/dev/full"));
	ck_assert_int_eq(ee_torch_write("/none/x.pt", &one, NULL, &err),
			 EE_EIO);
	/* a backup that cannot be made */
	must(ee_torch_write(path, &one, NULL, &err));
	ck_assert_int_eq(ee_torch_write(path, &two, "/none/x", &err),
			 EE_EIO);
	must(ee_torch_open(&t, path, &err));
	ck_assert(same_value(&t.root, &one, true));
	ee_torch_close(&t);
}
END_TEST

static void
check_is(const char *file, int64_t want)
{
	struct ee_torch t;

	must(ee_torch_open(&t, file, &err));
	ck_assert_int_eq(t.root.u.integer, want);
	ee_torch_close(&t);
}

/* The one before is kept, the one before that is not. */
START_TEST(old_file_kept)
{
	struct ee_value v = ee_int(1);

	must(ee_torch_write(path, &v, ".bk", &err));
	ck_assert(access(old_path, F_OK) != 0);
	for (v = ee_int(2); v.u.integer < 5; v.u.integer++) {
		must(ee_torch_write(path, &v, ".bk", &err));
		check_is(path, v.u.integer);
		check_is(old_path, v.u.integer - 1);
	}
	/* both names of one file, as when stopped in between */
	ck_assert_int_eq(unlink(old_path), 0);
	ck_assert_int_eq(link(path, old_path), 0);
	must(ee_torch_write(path, &v, ".bk", &err));
	check_is(path, 5);
	check_is(old_path, 4);
}
END_TEST

Suite *suite_torchwrite(void);

Suite *
suite_torchwrite(void)
{
	Suite *s = suite_create("torchwrite");
	TCase *t = tcase_create("torchwrite");

	tcase_add_checked_fixture(t, scratch_make, finish);
	tcase_add_loop_test(t, files_written_again, 0, 7);
	tcase_add_loop_test(t, pickles_written_again, 2, 6);
	tcase_add_test(t, values_written);
	tcase_add_test(t, values_refused);
	tcase_add_test(t, disk_refuses);
	tcase_add_test(t, old_file_kept);
	suite_add_tcase(s, t);
	return s;
}
