/*
 * test_file.c - YAML, safetensors, weights of a folder, npy and npz.
 *
 * What numpy and safetensors themselves make of the same files is in
 * tests/golden, which they wrote.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/outfile.h"
#include "file/npz.h"
#include "file/safetensors.h"
#include "file/weights.h"
#include "file/yaml.h"

#define MODELS "tests/golden/models/"
#define BROKEN "tests/golden/stats/broken/"

static struct ee_err err;

#define must(call) do { \
	const enum ee_status status_ = (call); \
	ck_assert_msg(status_ == EE_OK, "%s", err.text); \
} while (0)

/* A file in memory with these bytes; its path. */
struct memfile {
	int fd;
	char path[64];
};

static struct memfile
file_of(const void *p, size_t n)
{
	struct memfile f = { .fd = memfd_create("file", 0) };

	ck_assert_int_ge(f.fd, 0);
	ck_assert_int_eq(pwrite(f.fd, p, n, 0), (ssize_t)n);
	snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", f.fd);
	return f;
}

static struct ee_arena arena;

static void
empty_arena(void)
{
	ee_arena_free(&arena);
}

static struct ee_value
yaml(const char *text)
{
	struct ee_value v;

	must(ee_yaml_parse(&arena, text, strlen(text), "it", &v, &err));
	return v;
}

static void
yaml_fails(const char *text, const char *message)
{
	struct ee_value v;

	ck_assert_int_eq(ee_yaml_parse(&arena, text, strlen(text), "it", &v,
				       &err), EE_EFORMAT);
	ck_assert_msg(strstr(err.text, message) != NULL, "%s", err.text);
}

START_TEST(yaml_scalars)
{
	static const struct {
		const char *text;
		enum ee_type type;
		double value;
	} cases[] = {
		{ "~", EE_NULL, 0 }, { "", EE_NULL, 0 },
		{ "Null", EE_NULL, 0 }, { "nUll", EE_TEXT, 0 },
		{ "yes", EE_LOGIC, 1 }, { "OFF", EE_LOGIC, 0 },
		{ "True", EE_LOGIC, 1 }, { "tRue", EE_TEXT, 0 },
		{ "y", EE_TEXT, 0 }, { "\"yes\"", EE_TEXT, 0 },
		{ "12", EE_INT, 12 }, { "-3", EE_INT, -3 },
		{ "+5", EE_INT, 5 }, { "0x1F", EE_INT, 31 },
		{ "010", EE_INT, 8 }, { "0b101", EE_INT, 5 },
		{ "1_000", EE_INT, 1000 }, { "08", EE_TEXT, 0 },
		{ "1.5", EE_REAL, 1.5 }, { "5.", EE_REAL, 5 },
		{ ".5", EE_REAL, .5 }, { "5e-1", EE_REAL, .5 },
		{ "1E5", EE_REAL, 1e5 }, { "1e-5", EE_REAL, 1e-5 },
		{ "1e", EE_TEXT, 0 }, { "e5", EE_TEXT, 0 },
		{ ".", EE_TEXT, 0 }, { "-", EE_TEXT, 0 },
		{ "1:30", EE_TEXT, 0 }, { "2020-01-01", EE_TEXT, 0 },
		{ "'5'", EE_TEXT, 0 }, { "!!str 5", EE_TEXT, 0 },
		{ "!!float 5", EE_REAL, 5 },
		{ "99999999999999999999", EE_REAL, 1e20 },
		{ "0x1p3", EE_TEXT, 0 }, { "nan", EE_TEXT, 0 },
	};
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ee_value map;
		const struct ee_value *v;

		snprintf(text, sizeof(text), "k: [%s]", cases[i].text);
		if (strcmp(cases[i].text, "-") == 0 || cases[i].text[0] == 0)
			snprintf(text, sizeof(text), "k: \n  - %s",
				 cases[i].text[0] ? "\"-\"" : "");
		map = yaml(text);
		v = &ee_get(&map, "k")->u.list[0];
		ck_assert_msg(v->type == cases[i].type, "%s is %s",
			      cases[i].text, ee_type_name(v->type));
		if (v->type == EE_INT)
			ck_assert_int_eq(v->u.integer, (int64_t)cases[i].value);
		if (v->type == EE_REAL)
			ck_assert_double_eq(v->u.real, cases[i].value);
		if (v->type == EE_LOGIC)
			ck_assert(v->u.logic == (cases[i].value != 0));
	}
	ck_assert(isinf(yaml(".inf").u.real));
	ck_assert(isnan(yaml(".NaN").u.real));
}
END_TEST

START_TEST(yaml_documents)
{
	struct ee_value v = yaml("a: 1\nb:\n  - x\n  - c: 2\n# no\nd: &q [1]\n"
				 "e: *q\nf: |\n  two\n  lines\n");
	struct ee_value j = yaml("{\n\t\"a\": [1,\n\t2], \"b\": "
				 "\"\\ud83d\\ude00\"}");

	ck_assert_uint_eq(ee_get(&v, "a")->line, 1);
	ck_assert_uint_eq(ee_get(&v, "b")->line, 2);
	ck_assert_uint_eq(ee_get(&v, "b")->u.list[1].line, 4);
	ck_assert_uint_eq(ee_get(&v, "d")->line, 6);
	ck_assert_uint_eq(ee_get(&v, "e")->n, 1);
	ck_assert_str_eq(ee_get(&v, "f")->u.text, "two\nlines\n");
	ck_assert_uint_eq(ee_get(&j, "a")->n, 2);
	ck_assert_str_eq(ee_get(&j, "b")->u.text, "\xf0\x9f\x98\x80");
	ck_assert_int_eq(yaml("# nothing\n").type, EE_NULL);
}
END_TEST

START_TEST(yaml_errors)
{
	char deep[200];

	yaml_fails("a: 1\nb: 2\na: 3", "it:3: key 'a' stands on line 1");
	yaml_fails("--- 1\n--- 2", "it:2: a second document");
	yaml_fails("a: *b", "it:1: alias 'b'");
	yaml_fails("&a [*a]", "alias 'a'");
	yaml_fails("a: !!python/object:os.system x", "tag");
	yaml_fails("a: !!int x", "does not fit");
	yaml_fails("? [1]\n: 2", "a key must be");
	yaml_fails("<<: {a: 1}", "merge keys");
	yaml_fails("a: b: c", "it:1:5");
	yaml_fails("{\"a\": [1,2}", "it:1");
	yaml_fails("a: &x [q,q,q,q,q,q,q,q,q,q]\n"
		   "b: &b [*x,*x,*x,*x,*x,*x,*x,*x,*x,*x]\n"
		   "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
		   "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
		   "e: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]", "too many values");
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	yaml_fails(deep, "too deeply");
}
END_TEST

static enum ee_status
open_tensors(const void *data, size_t size)
{
	struct memfile f = file_of(data, size);
	struct ee_safetensors st;
	enum ee_status status = ee_safetensors_open(&st, f.path, &err);

	if (status == EE_OK)
		ee_safetensors_close(&st);
	close(f.fd);
	return status;
}

/* A file with this header and 'n' bytes of data. */
static enum ee_status
open_header(const char *header, size_t n)
{
	const size_t len = strlen(header);
	unsigned char *p = calloc(8 + len + n, 1);
	enum ee_status status;

	p[0] = (unsigned char)len;
	p[1] = (unsigned char)(len >> 8);
	memcpy(p + 8, header, len);
	status = open_tensors(p, 8 + len + n);
	free(p);
	return status;
}

START_TEST(safetensors_round)
{
	struct ee_safetensors st, again;
	struct memfile f = file_of("", 0);
	FILE *fp = fopen(f.path, "w");
	struct ee_mapped a, b;

	must(ee_safetensors_open(&st, MODELS "tiny-gpt2/model.safetensors",
				 &err));
	ck_assert_uint_eq(st.n, 52);
	ck_assert_str_eq(ee_get(&st.metadata, "format")->u.text, "pt");
	ck_assert_ptr_nonnull(ee_safetensors_find(&st,
		"transformer.wte.weight"));
	ck_assert_ptr_null(ee_safetensors_find(&st, "transformer"));
	must(ee_safetensors_write(fp, st.list, st.n, &st.metadata, &err));
	fclose(fp);
	must(ee_safetensors_open(&again, f.path, &err));
	ck_assert_uint_eq(again.n, st.n);
	/* the data are the same bytes in the same order */
	must(ee_map_file(&a, MODELS "tiny-gpt2/model.safetensors", &err));
	must(ee_map_file(&b, f.path, &err));
	ck_assert_uint_eq(a.size - st.list[0].offset,
			  b.size - again.list[0].offset);
	ck_assert_mem_eq(a.data + st.list[0].offset,
			 b.data + again.list[0].offset,
			 a.size - st.list[0].offset);
	ee_unmap_file(&a);
	ee_unmap_file(&b);
	ee_safetensors_close(&again);
	ee_safetensors_close(&st);
	close(f.fd);
}
END_TEST

START_TEST(safetensors_cut)
{
	struct ee_mapped whole;
	enum ee_status status;
	size_t n;

	must(ee_map_file(&whole, "tests/fuzz/seeds/fuzz_safetensors/"
			 "a.safetensors", &err));
	must(open_tensors(whole.data, whole.size));
	for (n = 0; n < whole.size; n++) {
		status = open_tensors(whole.data, n);
		ck_assert_msg(status == EE_ETRUNC, "%zu bytes: %d", n, status);
	}
	ee_unmap_file(&whole);
}
END_TEST

START_TEST(safetensors_damage)
{
	must(open_header("{}", 0));
	must(open_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],"
			 "\"data_offsets\":[3,11]},\"b\":{\"dtype\":\"U8\","
			 "\"shape\":[3],\"data_offsets\":[0,3]}}", 11));
#define ONE(dtype, shape, range) "{\"a\":{\"dtype\":\"" dtype "\",\"shape\":" \
	shape ",\"data_offsets\":" range "}}"
	must(open_header(ONE("F32", "[1]", "[0,4]"), 4));
	ck_assert_int_eq(open_header(ONE("F8_E4M3", "[4]", "[0,4]"), 4),
			 EE_EINPUT);
	ck_assert_int_eq(open_header(ONE("F32", "[1]", "[0,4]"), 3),
			 EE_ETRUNC);
	ck_assert_int_eq(open_header(ONE("F32", "[1]", "[0,4]"), 5),
			 EE_EFORMAT);
	ck_assert_int_eq(open_header(ONE("F32", "[1]", "[1,5]"), 5),
			 EE_EFORMAT);
	ck_assert_int_eq(open_header(ONE("F32", "[2]", "[0,4]"), 4),
			 EE_EFORMAT);
	ck_assert_int_eq(open_header(ONE("F32", "[1]", "[4,0]"), 4),
			 EE_EFORMAT);
	ck_assert_int_eq(open_header(ONE("F32", "[-1]", "[0,4]"), 4),
			 EE_EFORMAT);
	ck_assert_int_eq(open_header(ONE("F32", "[4294967296,4294967296,4]",
					 "[0,0]"), 0), EE_EFORMAT);
	ck_assert_int_eq(open_header(ONE("F32", "[1]", "[0,4]") "x", 4),
			 EE_EFORMAT);
	ck_assert_int_eq(open_header("[]", 0), EE_EFORMAT);
	ck_assert_int_eq(open_header("{\"a\":1,\"a\":2}", 0), EE_EFORMAT);
	ck_assert_msg(strstr(err.text, "duplicate") != NULL, "%s", err.text);
	/* two that share bytes */
	ck_assert_int_eq(open_header("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],"
		"\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":"
		"[2],\"data_offsets\":[1,3]}}", 3), EE_EFORMAT);
#undef ONE
}
END_TEST

START_TEST(weights_folders)
{
	struct ee_weights one, shards;
	size_t i;

	must(ee_weights_open(&one, MODELS "tiny-llama-gqa", &err));
	must(ee_weights_open(&shards, MODELS "variants/tiny-llama-gqa-sharded",
			     &err));
	ck_assert_uint_eq(one.nfiles, 1);
	ck_assert_uint_eq(shards.nfiles, 3);
	ck_assert_uint_eq(one.n, shards.n);
	for (i = 0; i < one.n; i++) {
		const struct ee_weights_item *w = &one.list[i];
		const struct ee_weights_item *s;
		size_t bytes;

		s = ee_weights_find(&shards, w->name);
		ck_assert_ptr_nonnull(s);
		ck_assert(ee_tensor_bytes(&w->tensor, &bytes));
		ck_assert_mem_eq(w->tensor.data, s->tensor.data, bytes);
	}
	ck_assert_ptr_null(ee_weights_find(&one, "nothing"));
	ee_weights_close(&one);
	ee_weights_close(&shards);
	ck_assert_int_eq(ee_weights_open(&one, "tests/golden", &err), EE_EIO);
	ck_assert_int_eq(ee_weights_open(&one, MODELS "nowhere", &err),
			 EE_EIO);
}
END_TEST

static void
write_text(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *fp;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fp = fopen(path, "w");
	ck_assert_ptr_nonnull(fp);
	fputs(text, fp);
	fclose(fp);
}

/* An index of its own in an empty folder. */
static void
index_fails(const char *index, const char *message)
{
	static const char name[] = "model.safetensors.index.json";
	char dir[] = "/tmp/ee-test-XXXXXX", path[256];
	struct ee_weights w;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	write_text(dir, name, index);
	ck_assert_int_ne(ee_weights_open(&w, dir, &err), EE_OK);
	ck_assert_msg(strstr(err.text, message) != NULL, "%s", err.text);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
	rmdir(dir);
}

START_TEST(weights_index)
{
	index_fails("{}", "no weight_map");
	index_fails("{\"weight_map\": {\"a\": \"x.safetensors\"}}",
		    "tensor 'a'");
	index_fails("{\"weight_map\": {\"a\": \"../x\"}}", "no file of this");
	index_fails("{\"weight_map\": {\"a\": 3}}", "no file of this");
	index_fails("{", "not JSON");
}
END_TEST

/* All arrays of a file; the status of the first that fails. */
static enum ee_status
read_npz(const char *path)
{
	struct ee_npz npz;
	struct ee_value v;
	enum ee_status status = ee_npz_open(&npz, path, &err);
	size_t i;

	if (status != EE_OK)
		return status;
	for (i = 0; i < npz.n && status == EE_OK; i++)
		status = ee_npz_get(&npz, npz.names[i], &arena, &v, &err);
	ee_npz_close(&npz);
	return status;
}

START_TEST(npz_broken)
{
	static const char *const bad[] = {
		"bad-comment-fake-end", "bad-crc", "bad-empty", "bad-notzip",
		"bad-object", "bad-string", "bad-truncated",
		"bad-truncated-tail",
	};
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(path, sizeof(path), BROKEN "%s.npz", bad[i]);
		ck_assert_msg(read_npz(path) != EE_OK, "%s", path);
	}
}
END_TEST

START_TEST(npz_variants)
{
	static const char *const good[] = {
		"ok-bigendian-f4", "ok-bigendian-f8", "ok-comment-extra",
		"ok-deflated", "ok-float64", "ok-fortran",
		"ok-int-count-float", "ok-npy-v2", "ok-npy-v3",
		"ok-streamed-descriptors", "ok-zip64",
	};
	struct ee_value want, v;
	struct ee_npz npz, other;
	char path[128];
	size_t i, k;

	must(ee_npz_open(&npz, BROKEN "good64.npz", &err));
	must(ee_npz_get(&npz, "mom2.mom2", &arena, &want, &err));
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(path, sizeof(path), BROKEN "%s.npz", good[i]);
		must(ee_npz_open(&other, path, &err));
		must(ee_npz_get(&other, "mom2.mom2", &arena, &v, &err));
		for (k = 0; k < 64 * 64; k++)
			ck_assert_double_eq(ee_tensor_at(&v.u.tensor, k),
					    ee_tensor_at(&want.u.tensor, k));
		must(ee_npz_get(&other, "mom2.constructor", &arena, &v,
				&err));
		ck_assert_str_eq(v.u.text, "easyeditor.util.runningstats."
				 "SecondMoment()");
		ee_npz_close(&other);
	}
	ee_npz_close(&npz);
}
END_TEST

static void
read_whole(const char *path, struct ee_value *v)
{
	struct ee_mapped file;

	must(ee_map_file(&file, path, &err));
	must(ee_npy_parse(&arena, file.data, file.size, path, v, &err));
	*v = ee_copy(&arena, v);
	ee_unmap_file(&file);
}

START_TEST(npy_order)
{
	struct ee_value c, f;
	size_t i, n;

	read_whole(BROKEN "order-c.npy", &c);
	read_whole(BROKEN "order-f.npy", &f);
	ck_assert(ee_tensor_count(&c.u.tensor, &n));
	ck_assert_uint_eq(c.u.tensor.shape[0], f.u.tensor.shape[0]);
	for (i = 0; i < n; i++)
		ck_assert_double_eq(ee_tensor_at(&c.u.tensor, i),
				    ee_tensor_at(&f.u.tensor, i));
}
END_TEST

/* Read, written, and the bytes that numpy itself wrote. */
static void
same_bytes(const char *path, bool deflate)
{
	struct ee_value map = ee_map(), v;
	struct ee_mapped a, b;
	struct memfile out = file_of("", 0);
	struct ee_zip_writer w = { .deflate = deflate };
	FILE *fp = fopen(out.path, "w");
	struct ee_npz npz;
	size_t i;

	must(ee_npz_open(&npz, path, &err));
	for (i = 0; i < npz.n; i++) {
		must(ee_npz_get(&npz, npz.names[i], &arena, &v, &err));
		ee_put(&arena, &map, npz.names[i], v);
	}
	ck_assert_ptr_nonnull(w.fp = fp);
	for (i = 0; i < map.n; i++)
		must(ee_npz_put(&w, map.u.map[i].key, &map.u.map[i].value,
				&err));
	must(ee_zip_finish(&w, &err));
	ee_zip_writer_free(&w);
	fclose(fp);
	must(ee_map_file(&a, path, &err));
	must(ee_map_file(&b, out.path, &err));
	ck_assert_uint_eq(a.size, b.size);
	ck_assert_mem_eq(a.data, b.data, a.size);
	ee_unmap_file(&a);
	ee_unmap_file(&b);
	ee_npz_close(&npz);
	close(out.fd);
}

START_TEST(npz_bytes)
{
	same_bytes(BROKEN "good.npz", false);
	same_bytes(BROKEN "ok-float64.npz", false);
	same_bytes("tests/golden/stats/data/tiny-llama/wikipedia_stats/"
		   "model.layers.1.mlp.down_proj_float32_mean-mom2-norm_mean"
		   ".npz", false);
}
END_TEST

static void
same_moment(const char *a, const char *b)
{
	struct ee_npz x, y;
	struct ee_value v, w;

	must(ee_npz_open(&x, a, &err));
	must(ee_npz_open(&y, b, &err));
	must(ee_npz_get(&x, "mom2.mom2", &arena, &v, &err));
	must(ee_npz_get(&y, "mom2.mom2", &arena, &w, &err));
	ck_assert_mem_eq(v.u.tensor.data, w.u.tensor.data, 16);
	ee_npz_close(&x);
	ee_npz_close(&y);
}

START_TEST(npz_cut)
{
	static const char path[] = "tests/fuzz/seeds/fuzz_npz/mom2.npz";
	struct ee_mapped whole;
	size_t n;

	must(read_npz(path));
	must(ee_map_file(&whole, path, &err));
	for (n = 0; n < whole.size; n++) {
		struct memfile f = file_of(whole.data, n);

		ck_assert_msg(read_npz(f.path) != EE_OK, "%zu bytes", n);
		close(f.fd);
	}
	/* one bit of each byte: never accepted with other data */
	for (n = 0; n < whole.size; n++) {
		unsigned char *copy = malloc(whole.size);
		struct memfile f;

		memcpy(copy, whole.data, whole.size);
		copy[n] ^= 0x10;
		f = file_of(copy, whole.size);
		if (read_npz(f.path) == EE_OK)	/* a date, say */
			same_moment(f.path, path);
		close(f.fd);
		free(copy);
	}
	ee_unmap_file(&whole);
}
END_TEST

static void
npy_fails(const char *header, size_t data, enum ee_status want)
{
	unsigned char bytes[512] = "\x93NUMPY\x01\x00";
	struct ee_value v;
	const size_t n = strlen(header);

	bytes[8] = (unsigned char)n;
	memcpy(bytes + 10, header, n);
	ck_assert_msg(ee_npy_parse(&arena, bytes, 10 + n + data, "it", &v,
				   &err) == want, "%s: %s", header, err.text);
}

START_TEST(npy_headers)
{
#define H(descr, order, shape) "{'descr': '" descr "', 'fortran_order': " \
	order ", 'shape': " shape ", }"
	npy_fails(H("<f4", "False", "(2,)"), 8, EE_OK);
	npy_fails(H("<f4", "True", "(2, 1)"), 8, EE_OK);
	npy_fails("{\"shape\":(2L,),\"descr\":\"|u1\","
		  "\"fortran_order\":False}", 2, EE_OK);
	npy_fails(H("<f4", "False", "(2,)"), 7, EE_ETRUNC);
	npy_fails(H("<f4", "False", "(2,)"), 9, EE_EFORMAT);
	npy_fails(H("<f4", "False", "(-2,)"), 8, EE_EFORMAT);
	npy_fails(H("<f4", "False", "(4294967296, 4294967296)"), 8,
		  EE_EFORMAT);
	npy_fails(H("<f4", "Maybe", "(2,)"), 8, EE_EFORMAT);
	npy_fails(H("<c8", "False", "(1,)"), 8, EE_EINPUT);
	npy_fails(H("|O", "False", "(1,)"), 8, EE_EINPUT);
	npy_fails("{'descr': [('a', '<f4')], 'fortran_order': False, "
		  "'shape': (1,)}", 4, EE_EINPUT);
	npy_fails("{'descr': '<f4', 'shape': (2,)}", 8, EE_EFORMAT);
	npy_fails("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, "
		  "'shape': (2,)}", 8, EE_EFORMAT);
	npy_fails(H("<U2", "False", "()"), 8, EE_OK);
	npy_fails(H("<U2", "False", "()"), 4, EE_EFORMAT);
	npy_fails("", 8, EE_EFORMAT);
#undef H
}
END_TEST

Suite *suite_file(void);

Suite *
suite_file(void)
{
	Suite *s = suite_create("file");
	TCase *yaml_case = tcase_create("yaml");
	TCase *tensors = tcase_create("safetensors");
	TCase *npz = tcase_create("npz");

	tcase_add_checked_fixture(yaml_case, NULL, empty_arena);
	tcase_add_test(yaml_case, yaml_scalars);
	tcase_add_test(yaml_case, yaml_documents);
	tcase_add_test(yaml_case, yaml_errors);
	tcase_add_test(tensors, safetensors_round);
	tcase_add_test(tensors, safetensors_cut);
	tcase_add_test(tensors, safetensors_damage);
	tcase_add_test(tensors, weights_folders);
	tcase_add_test(tensors, weights_index);
	tcase_add_checked_fixture(npz, NULL, empty_arena);
	tcase_set_timeout(npz, 60);
	tcase_add_test(npz, npz_broken);
	tcase_add_test(npz, npz_variants);
	tcase_add_test(npz, npy_order);
	tcase_add_test(npz, npz_bytes);
	tcase_add_test(npz, npz_cut);
	tcase_add_test(npz, npy_headers);
	suite_add_tcase(s, yaml_case);
	suite_add_tcase(s, tensors);
	suite_add_tcase(s, npz);
	return s;
}
