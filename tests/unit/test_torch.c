/*
 * test_torch.c - pickles, torch.save's archives, and models that are in them.
 *
 * What Python itself wrote is in tests/golden/torch (make.py says how) and in
 * tests/golden/models/variants.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/outfile.h"
#include "file/json.h"
#include "file/pickle.h"
#include "file/rewrite.h"
#include "file/torch.h"
#include "file/weights.h"
#include "golden.h"
#include "model/forward.h"

#define FILES "tests/golden/torch/"
#define MEND "tests/golden/mend/"
#define VARIANTS "tests/golden/models/variants/"

static struct ee_err err;
static struct ee_arena arena;

static void
empty_arena(void)
{
	ee_arena_free(&arena);
}

static enum ee_status
parse(const void *data, size_t size, struct ee_value *v,
      struct ee_value *foreign)
{
	return ee_pickle_parse(&arena, data, size, "it", NULL, v, foreign,
			       &err);
}

START_TEST(pickle_is_data)
{
	struct ee_value want, v, foreign;
	struct ee_mapped file;
	char path[64];
	size_t i;
	int protocol;

	must(ee_json_read(&arena, FILES "plain.json", &want, &err));
	for (protocol = 2; protocol <= 5; protocol++) {
		snprintf(path, sizeof(path), FILES "plain.p%d.pkl", protocol);
		must(ee_map_file(&file, path, &err));
		must(parse(file.data, file.size, &v, &foreign));
		ck_assert_uint_eq(v.n, want.n);
		for (i = 0; i < v.n; i++) {
			ck_assert_str_eq(v.u.map[i].key, want.u.map[i].key);
			ck_assert_msg(same_value(&v.u.map[i].value,
						 &want.u.map[i].value, false),
				      "protocol %d: %s", protocol,
				      v.u.map[i].key);
		}
		ck_assert_uint_eq(foreign.n, 0);
		ee_unmap_file(&file);
	}
}
END_TEST

/* Cut anywhere it is an error. */
START_TEST(pickle_cut)
{
	struct ee_value v, foreign;
	struct ee_mapped file;
	size_t i;

	must(ee_map_file(&file, _i == 0 ? FILES "plain.p2.pkl"
				: FILES "plain.p4.pkl", &err));
	for (i = 0; i < file.size; i++) {
		unsigned char *cut = malloc(i + 1);

		ck_assert_ptr_nonnull(cut);
		memcpy(cut, file.data, i);
		ck_assert_int_eq(parse(cut, i, &v, &foreign), EE_ETRUNC);
		free(cut);
		ee_arena_free(&arena);
	}
	ee_unmap_file(&file);
}
END_TEST

/* What os.system is called with, and that it was not. */
static void
check_evil(const struct ee_value *evil, const struct ee_value *foreign)
{
	const struct ee_value *args = ee_get(evil, "args");
	const char *name = NULL;

	must(ee_get_text(evil, "class", &name, "evil", &err));
	ck_assert_msg(strcmp(name, "posix.system") == 0, "%s", name);
	ck_assert_uint_eq(args->n, 1);
	ck_assert_str_eq(args->u.list[0].u.text, "touch evil-was-run");
	ck_assert_uint_eq(foreign->n, 1);
	ck_assert_str_eq(foreign->u.list[0].u.text, name);
	ck_assert(access("evil-was-run", F_OK) != 0);
}

START_TEST(pickle_runs_nothing)
{
	static const char dropped[] = "\x80\x02" "cos\nsystem\nX\x02\0\0\0ls"
				      "\x85" "R0N.";
	struct ee_value v, foreign;
	struct ee_mapped file;
	struct ee_torch t;

	must(ee_map_file(&file, FILES "evil.pkl", &err));
	must(parse(file.data, file.size, &v, &foreign));
	ee_unmap_file(&file);
	check_evil(&ee_get(&v, "x")->u.list[0], &foreign);
	must(ee_torch_open(&t, FILES "evil.pt", &err));
	check_evil(ee_get(&t.root, "x"), &t.foreign);
	ee_torch_close(&t);
	/* a call whose result is thrown away is told of as well */
	must(parse(dropped, sizeof(dropped) - 1, &v, &foreign));
	ck_assert_int_eq(v.type, EE_NULL);
	ck_assert_str_eq(foreign.u.list[0].u.text, "os.system");
}
END_TEST

#define PICKLE(text) text, sizeof(text) - 1

START_TEST(pickle_broken)
{
	static const struct {
		const char *text;
		size_t size;
		enum ee_status status;
		const char *says;
	} cases[] = {
		{ PICKLE("(dp0\n."), EE_EFORMAT, "not a pickle" },
		{ PICKLE("\x80\x01N."), EE_EINPUT, "protocol" },
		{ PICKLE("\x80\x06N."), EE_EINPUT, "protocol" },
		{ PICKLE("\x80\x02."), EE_EFORMAT, "one value" },
		{ PICKLE("\x80\x02NN."), EE_EFORMAT, "one value" },
		{ PICKLE("\x80\x02(N."), EE_EFORMAT, "one value" },
		{ PICKLE("\x80\x02N.N"), EE_EFORMAT, "more follows" },
		{ PICKLE("\x80\x02I1\n."), EE_EFORMAT, "0x49 is no opcode" },
		{ PICKLE("\x80\x02\xff."), EE_EFORMAT, "byte 2 of" },
		{ PICKLE("\x80\x02t."), EE_EFORMAT, "no mark" },
		{ PICKLE("\x80\x02N\x86."), EE_EFORMAT, "too short" },
		{ PICKLE("\x80\x02](NN\x87."), EE_EFORMAT, "too short" },
		{ PICKLE("\x80\x02" "0."), EE_EFORMAT, "too short" },
		{ PICKLE("\x80\x02NNa."), EE_EFORMAT, "no such container" },
		{ PICKLE("\x80\x02)Na."), EE_EFORMAT, "no such container" },
		{ PICKLE("\x80\x02]NNs."), EE_EFORMAT, "no such container" },
		{ PICKLE("\x80\x02(Ne."), EE_EFORMAT, "no such container" },
		{ PICKLE("\x80\x02}(Nu."), EE_EFORMAT, "without a value" },
		{ PICKLE("\x80\x02(Nd."), EE_EFORMAT, "without a value" },
		{ PICKLE("\x80\x02h\0."), EE_EFORMAT, "into the memo" },
		{ PICKLE("\x80\x02j\xff\xff\xff\xff."), EE_EFORMAT, "memo" },
		{ PICKLE("\x80\x02Nr\xff\xff\xff\xff."), EE_EFORMAT,
		  "beyond reason" },
		{ PICKLE("\x80\x02NNR."), EE_EFORMAT, "no tuple" },
		{ PICKLE("\x80\x02N)b."), EE_EFORMAT, "state" },
		{ PICKLE("\x80\x02NN\x93."), EE_EFORMAT, "no text" },
		{ PICKLE("\x80\x02" "ca\nb\0c\n."), EE_EFORMAT, "zero byte" },
		{ PICKLE("\x80\x02NQ."), EE_EFORMAT, "outside the pickle" },
		{ PICKLE("\x80\x02\x8a\x09\0\0\0\0\0\0\0\x80\0."), EE_EINPUT,
		  "64 bits" },
		{ PICKLE("\x80\x02\x8b\xff\xff\xff\xff."), EE_ETRUNC, "cut" },
		{ PICKLE("\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff."),
		  EE_ETRUNC, "cut" },
		{ PICKLE("\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fN."),
		  EE_ETRUNC, "frame" },
		{ PICKLE("\x80\x02]q\0h\0a."), EE_EINPUT, "holds itself" },
		{ PICKLE("\x80\x02}q\0U\x01xh\0s."), EE_EINPUT,
		  "'x': holds itself" },
		{ PICKLE("\x80\x02" "cm\nC\n)R}h\0sb."), EE_EFORMAT, "memo" },
	};
	struct ee_value v, foreign;
	enum ee_status status;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		status = parse(cases[i].text, cases[i].size, &v, &foreign);
		ck_assert_msg(status == cases[i].status &&
			      strstr(err.text, cases[i].says) != NULL,
			      "case %zu: %d %s", i, (int)status, err.text);
	}
}
END_TEST

/* A list of the list before, twice, 'levels' deep. */
static enum ee_status
bomb(unsigned levels)
{
	char text[8192] = "\x80\x02]";
	struct ee_value v, foreign;
	size_t n = 3;
	unsigned i;

	for (i = 0; i < levels; i++) {
		memcpy(text + n, "2\x86", 2);	/* the top, and a pair */
		n += 2;
	}
	text[n++] = '.';
	return parse(text, n, &v, &foreign);
}

START_TEST(pickle_bombs)
{
	struct ee_value v, foreign;
	char *text = malloc(1 << 20);
	size_t n, i;

	ck_assert_int_eq(bomb(10), EE_OK);
	ck_assert_int_eq(bomb(100), EE_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "shared"));
	ck_assert_int_eq(bomb(1000), EE_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "deep"));
	/* one text of 100000 bytes, made into bytes again and again */
	ck_assert_ptr_nonnull(text);
	memcpy(text, "\x80\x02(X\xa0\x86\x01\0", n = 8);
	memset(text + n, 'x', 100000);
	memcpy(text + n + 50000, "\xc3\xa9", 2);
	n += 100000;
	memcpy(text + n, "q\0", 2);
	n += 2;
	for (i = 0; i < 10000; i++) {
		static const char call[] = "c_codecs\nencode\nh\0U\6latin1"
					   "\x86R";

		memcpy(text + n, call, sizeof(call) - 1);
		n += sizeof(call) - 1;
	}
	memcpy(text + n, "t.", 2);
	ck_assert_int_eq(parse(text, n + 2, &v, &foreign), EE_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.text, "many times"));
	free(text);
}
END_TEST

/* Every class once, and no more names than are asked for. */
START_TEST(pickle_names_classes)
{
	struct ee_value v, foreign;
	char text[8192] = "\x80\x02N";
	size_t n = 3;
	int i;

	for (i = 0; i < 200; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "cm\nClass%d\n0", i % 150);
	text[n++] = '.';
	must(parse(text, n, &v, &foreign));
	ck_assert_uint_eq(foreign.n, EE_PICKLE_NAMED);
	ck_assert_str_eq(foreign.u.list[1].u.text, "m.Class1");
}
END_TEST

static void
same_numbers(const struct ee_tensor *t, const struct ee_tensor *want,
	     const char *name)
{
	size_t n, count, i;

	ck_assert_msg(t->ndim == want->ndim, "%s", name);
	for (i = 0; i < t->ndim; i++)
		ck_assert_uint_eq(t->shape[i], want->shape[i]);
	ck_assert(ee_tensor_count(t, &n) && ee_tensor_count(want, &count));
	ck_assert_uint_eq(n, count);
	ck_assert((uintptr_t)t->data % ee_dtype_size(t->dtype) == 0);
	for (i = 0; i < n; i++)
		ck_assert_msg(ee_tensor_at(t, i) >= ee_tensor_at(want, i) &&
			      ee_tensor_at(t, i) <= ee_tensor_at(want, i),
			      "%s[%zu]", name, i);
}

/* All tensors of a map against arrays of the same names. */
static void
same_arrays(const struct ee_value *map, const char *npz)
{
	struct golden g;
	size_t i;

	golden_open(&g, npz);
	ck_assert_uint_eq(map->n, g.npz.n);
	for (i = 0; i < g.npz.n; i++) {
		const struct ee_value *v = ee_get(map, g.npz.names[i]);
		struct ee_tensor want = golden_get(&g, "%s",
						   g.npz.names[i]);

		ck_assert_msg(v != NULL && v->type == EE_TENSOR, "%s",
			      g.npz.names[i]);
		same_numbers(&v->u.tensor, &want, g.npz.names[i]);
	}
	golden_close(&g);
}

START_TEST(torch_views)
{
	static const char *const files[] = {
		FILES "views.pt", FILES "views-p5.pt",
		FILES "views-deflated.pt", FILES "views-odd.pt",
	};
	const unsigned char *data;
	struct ee_torch t;

	must(ee_torch_open(&t, files[_i], &err));
	same_arrays(&t.root, FILES "views.npz");
	must(ee_torch_check(&t, &err));
	ck_assert_uint_eq(t.foreign.n, 0);
	ck_assert_int_eq(ee_get(&t.root, "bfloat16")->u.tensor.dtype,
			 EE_BF16);
	ck_assert_int_eq(ee_get(&t.root, "uint64")->u.tensor.dtype, EE_U64);
	data = ee_get(&t.root, "rows")->u.tensor.data;
	if (_i < 2)	/* not copied */
		ck_assert(data > t.zip.file.data &&
			  data < t.zip.file.data + t.zip.file.size);
	ee_torch_close(&t);
}
END_TEST

START_TEST(torch_training)
{
	const struct ee_value *opt, *state, *config;
	struct ee_tensor moment;
	const char *text = NULL;
	struct ee_torch t;
	int64_t i = 0;
	double lr = 0;

	must(ee_torch_open(&t, FILES "training.pt", &err));
	opt = ee_get(&t.root, "opt");
	state = ee_get(ee_get(opt, "state"), "0");
	must(ee_get_tensor(state, "exp_avg", EE_F32, 1, &moment, "it", &err));
	ck_assert_double_eq_tol(ee_tensor_at(&moment, 1), 0.1, 1e-7);
	must(ee_get_real(&ee_get(opt, "param_groups")->u.list[0], "lr", 0, 1,
			 &lr, "it", &err));
	ck_assert_double_eq(lr, 0.5);
	must(ee_get_int(&t.root, "step", 0, 9, &i, "it", &err));
	ck_assert_int_eq(i, 1);
	config = ee_get(&t.root, "config");
	must(ee_get_text(config, "class", &text, "it", &err));
	ck_assert_str_eq(text, "__main__.Config");
	ck_assert_str_eq(t.foreign.u.list[0].u.text, text);
	config = ee_get(config, "state");
	must(ee_get_text(config, "dtype", &text, "it", &err));
	ck_assert_str_eq(text, "torch.float32");
	must(ee_get_text(config, "device", &text, "it", &err));
	ck_assert_str_eq(text, "cpu");
	ck_assert_uint_eq(ee_get(config, "shape")->n, 2);
	ee_torch_close(&t);
	must(ee_torch_open(&t, FILES "tensor.pt", &err));
	ck_assert_int_eq(t.root.type, EE_TENSOR);
	ck_assert_double_eq(ee_tensor_at(&t.root.u.tensor, 1), -2);
	ee_torch_close(&t);
}
END_TEST

START_TEST(torch_mend)
{
	static const char *const files[] = {
		MEND "tiny-gpt2.default/random.archive",
		MEND "tiny-gpt2.deltaonly/random.archive",
		MEND "tiny-gpt2.default/original.archive",
	};
	static const char *const keys[] = {
		"model", "opt", "lr_opt", "val_stats", "start_time",
		"elapsed_time", "step",
	};
	const struct ee_value *model;
	struct ee_tensor tensor;
	struct ee_torch t;
	size_t i;

	must(ee_torch_open(&t, files[_i], &err));
	must(ee_torch_check(&t, &err));
	for (i = 0; i < 7; i++)
		ck_assert_ptr_nonnull(ee_get(&t.root, keys[i]));
	model = ee_get(&t.root, "model");
	must(ee_get_tensor(model, "edit_lrs", EE_F32, 1, &tensor, "it",
			   &err));
	ck_assert_uint_eq(tensor.shape[0], 4);
	ck_assert_uint_eq(t.foreign.n, 1);
	ck_assert_str_eq(t.foreign.u.list[0].u.text, "transformers.models."
			 "gpt2.configuration_gpt2.GPT2Config");
	if (_i == 0) {
		struct ee_value tensors = ee_map();

		for (i = 0; i < model->n; i++)
			if (model->u.map[i].value.type == EE_TENSOR)
				ee_put(&arena, &tensors, model->u.map[i].key,
				       model->u.map[i].value);
		same_arrays(&tensors,
			    MEND "tiny-gpt2.default/random.archive.npz");
	}
	ee_torch_close(&t);
}
END_TEST

static void
torch_fails(const char *path, enum ee_status want, const char *says)
{
	struct ee_torch t;
	const enum ee_status status = ee_torch_open(&t, path, &err);

	ck_assert_msg(status == want && strstr(err.text, says) != NULL,
		      "%s: %d %s", path, (int)status, err.text);
}

/* A file in memory with these bytes; its path. */
static int
file_of(const void *p, size_t n, char path[64])
{
	const int fd = memfd_create("file", 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, p, n, 0), (ssize_t)n);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

START_TEST(torch_refuses)
{
	char tar[512] = "", path[64];
	int fd;

	torch_fails(FILES "complex.pt", EE_EINPUT, "'z': a tensor of "
		    "torch.ComplexFloatStorage is not supported");
	torch_fails(FILES "float8.pt", EE_EINPUT, "'w': a tensor of "
		    "torch.float8_e4m3fn is not supported");
	torch_fails(FILES "views.npz", EE_EFORMAT, "without data.pkl");
	torch_fails(FILES "plain.json", EE_ETRUNC, "not an archive");
	torch_fails(FILES "none.pt", EE_EIO, "none.pt");
	memcpy(tar + 257, "ustar", 5);
	fd = file_of(tar, sizeof(tar), path);
	torch_fails(path, EE_EINPUT, "torch.save(torch.load(f), f)");
	close(fd);
}
END_TEST

START_TEST(torch_cut)
{
	struct ee_mapped file;
	char path[64];
	size_t i;
	int fd;

	must(ee_map_file(&file, FILES "tiny.pt", &err));
	for (i = 0; i < file.size; i++) {
		fd = file_of(file.data, i, path);
		torch_fails(path, EE_ETRUNC, "");
		close(fd);
	}
	ee_unmap_file(&file);
}
END_TEST

/* With any byte changed it is read, or an error; a changed number in a
 * storage is found by ee_torch_check. */
START_TEST(torch_damage)
{
	struct ee_mapped file;
	unsigned char *copy;
	struct ee_torch t;
	char path[64];
	size_t i, found = 0;
	int fd;

	must(ee_map_file(&file, FILES "tiny.pt", &err));
	copy = malloc(file.size);
	ck_assert_ptr_nonnull(copy);
	for (i = 0; i < file.size; i++) {
		memcpy(copy, file.data, file.size);
		copy[i] ^= 0x41;
		fd = file_of(copy, file.size, path);
		if (ee_torch_open(&t, path, &err) == EE_OK) {
			found += ee_torch_check(&t, &err) == EE_EFORMAT;
			ee_torch_close(&t);
		}
		close(fd);
	}
	/* the storage's 16 bytes, the 4 of its checksum */
	ck_assert_uint_ge(found, 20);
	free(copy);
	ee_unmap_file(&file);
}
END_TEST

/* An archive around a pickle, with one storage of 16 bytes. */
static enum ee_status
open_pickle(const char *text, size_t size)
{
	static const float storage[4] = { 1, 2, 3, 4 };
	struct ee_zip_writer w = { 0 };
	struct ee_torch t;
	enum ee_status status;
	char path[64];
	const int fd = file_of("", 0, path);

	w.fp = fopen(path, "wb");
	ck_assert_ptr_nonnull(w.fp);
	must(ee_zip_put(&w, "a/data.pkl", text, size, NULL, 0, &err));
	must(ee_zip_put(&w, "a/data/0", storage, 16, NULL, 0, &err));
	must(ee_zip_finish(&w, &err));
	ck_assert_int_eq(fclose(w.fp), 0);
	ee_zip_writer_free(&w);
	status = ee_torch_open(&t, path, &err);
	if (status == EE_OK)
		ee_torch_close(&t);
	close(fd);
	return status;
}

/* (storage of n floats, offset, sizes, strides) with the parts as opcodes */
#define VIEW(key, n, rest) PICKLE("\x80\x02" \
	"ctorch._utils\n_rebuild_tensor_v2\n((U\7storagectorch\nFloatStorage" \
	"\nU\1" key "U\3cpuK" n "tQ" rest "tR.")

START_TEST(torch_bounds)
{
	static const struct {
		const char *text;
		size_t size;
		enum ee_status status;
	} cases[] = {
		{ VIEW("0", "\4", "K\0K\4\x85K\1\x85"), EE_OK },
		{ VIEW("0", "\4", "K\4K\0\x85K\1\x85"), EE_OK },
		{ VIEW("0", "\4", "K\3K\5\x85K\0\x85"), EE_OK },
		{ VIEW("0", "\4", "K\0))"), EE_OK },
		{ VIEW("0", "\4", "K\0K\5\x85K\1\x85"), EE_EFORMAT },
		{ VIEW("0", "\4", "K\1K\4\x85K\1\x85"), EE_EFORMAT },
		{ VIEW("0", "\4", "K\4))"), EE_EFORMAT },
		{ VIEW("0", "\4", "K\0K\3\x85K\2\x85"), EE_EFORMAT },
		{ VIEW("0", "\5", "K\0K\4\x85K\1\x85"), EE_EFORMAT },
		{ VIEW("0", "\3", "K\0K\3\x85K\1\x85"), EE_EFORMAT },
		{ VIEW("1", "\4", "K\0K\4\x85K\1\x85"), EE_EFORMAT },
		{ VIEW("0", "\4", "K\0K\4\x85K\1K\1\x86"), EE_EFORMAT },
		{ VIEW("0", "\4", "J\xff\xff\xff\xffK\1\x85K\1\x85"),
		  EE_EFORMAT },
		{ VIEW("0", "\4", "K\2K\2\x85J\xff\xff\xff\xff\x85"),
		  EE_EFORMAT },
		{ VIEW("0", "\4", "K\0\x8a\x08\0\0\0\0\0\0\0\x40K\4\x86"
		       "K\0K\1\x86"), EE_EFORMAT },
		{ VIEW("0", "\4", "K\1K\2\x85\x8a\x08\xff\xff\xff\xff\xff\xff"
		       "\xff\x7f\x85"), EE_EFORMAT },
		/* a thousand million elements out of one */
		{ VIEW("0", "\4", "K\0J\0\0\0\x40\x85K\0\x85"), EE_EINPUT },
	};
	enum ee_status status;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err.text[0] = '\0';
		status = open_pickle(cases[i].text, cases[i].size);
		ck_assert_msg(status == cases[i].status, "case %zu: %d %s", i,
			      (int)status, err.text);
	}
}
END_TEST

/* Two containers with the same tensors, name for name. */
static void
same_weights(const struct ee_weights *a, const struct ee_weights *b)
{
	size_t i, bytes;

	ck_assert_uint_eq(a->n, b->n);
	for (i = 0; i < a->n; i++) {
		const struct ee_tensor *x = &a->list[i].tensor;
		const struct ee_tensor *y = &b->list[i].tensor;

		ck_assert_str_eq(a->list[i].name, b->list[i].name);
		ck_assert_int_eq(x->dtype, y->dtype);
		ck_assert_uint_eq(x->ndim, y->ndim);
		ck_assert_mem_eq(x->shape, y->shape,
				 x->ndim * sizeof(x->shape[0]));
		ck_assert(ee_tensor_bytes(x, &bytes));
		ck_assert_mem_eq(x->data, y->data, bytes);
	}
}

START_TEST(models_in_torch_files)
{
	static const char *const folders[] = {
		VARIANTS "tiny-llama-gqa-bin",
		VARIANTS "tiny-llama-gqa-bin-sharded",
	};
	struct ee_weights w, base;
	struct ee_model *a, *b;

	must(ee_weights_open(&base, "tests/golden/models/tiny-llama-gqa",
			     &err));
	must(ee_weights_open(&w, folders[_i], &err));
	ck_assert_uint_eq(w.nfiles, _i == 0 ? 1 : 3);
	same_weights(&w, &base);
	ee_weights_close(&w);
	ee_weights_close(&base);
	must(ee_model_open(&a, folders[_i], &err));
	must(ee_model_open(&b, "tests/golden/models/tiny-llama-gqa", &err));
	ck_assert(a->print == b->print);
	ee_model_close(a);
	ee_model_close(b);
}
END_TEST

/* Transposed views, shared storages, half precision. */
START_TEST(views_are_a_model)
{
	struct ee_model *m;

	must(ee_model_open(&m, VARIANTS "tiny-gpt2-bin-views-f16", &err));
	check_variant(m, "tests/golden/forward/tiny-gpt2.variants.npz",
		      "logits_bin-views-f16");
	ee_model_close(m);
}
END_TEST

static void
copy_file(const char *from, const char *to)
{
	struct ee_mapped file;
	FILE *fp = fopen(to, "wb");

	must(ee_map_file(&file, from, &err));
	ck_assert_ptr_nonnull(fp);
	ck_assert_uint_eq(fwrite(file.data, 1, file.size, fp), file.size);
	ck_assert_int_eq(fclose(fp), 0);
	ee_unmap_file(&file);
}

/* A folder with 'from' as its pytorch_model.bin, or as an index. */
static void
folder_fails(const char *from, const char *index, enum ee_status want,
	     const char *says)
{
	char dir[] = "/tmp/ee-test-XXXXXX", path[64];
	struct ee_weights w;
	enum ee_status status;
	FILE *fp;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/pytorch_model.bin%s", dir,
		 index ? ".index.json" : "");
	if (index != NULL) {
		fp = fopen(path, "w");
		ck_assert_ptr_nonnull(fp);
		fputs(index, fp);
		fclose(fp);
	} else {
		copy_file(from, path);
	}
	status = ee_weights_open(&w, dir, &err);
	ck_assert_msg(status == want && strstr(err.text, says) != NULL,
		      "%d %s", (int)status, err.text);
	unlink(path);
	rmdir(dir);
}

START_TEST(weights_in_torch_files)
{
	folder_fails(FILES "evil.pt", NULL, EE_EINPUT,
		     "an object of class posix.system, which is not run");
	folder_fails(FILES "tiny.pt", NULL, EE_EINPUT,
		     "'n' is an integer, not a tensor");
	folder_fails(FILES "tensor.pt", NULL, EE_EINPUT,
		     "a tensor, not a dict of tensors");
	folder_fails(NULL, "{\"weight_map\": {\"w\": \"one.bin\"}}", EE_EIO,
		     "tensor 'w'");
	folder_fails(NULL, "{\"weight_map\": {\"w\": \"../one.bin\"}}",
		     EE_EFORMAT, "no file of this folder");
}
END_TEST

/* Written as safetensors, with one tensor changed, and all others as they
 * were; changed back, all are. */
START_TEST(folders_become_safetensors)
{
	static const char *const folders[] = {
		VARIANTS "tiny-llama-gqa-bin",
		VARIANTS "tiny-llama-gqa-bin-sharded",
		VARIANTS "tiny-gpt2-bin-views-f16",
		VARIANTS "tiny-gpt2-bin-legacy",
	};
	char out[] = "/tmp/ee-test-XXXXXX", *temp;
	struct ee_weights old, made;
	struct ee_changed change;
	unsigned char *data;
	size_t bytes, i;
	char name[64];

	ck_assert_ptr_nonnull(mkdtemp(out));
	rmdir(out);
	must(ee_weights_open(&old, folders[_i], &err));
	change.name = old.list[3].name;
	change.tensor = old.list[3].tensor;
	ck_assert(ee_tensor_bytes(&change.tensor, &bytes));
	data = calloc(bytes, 1);
	ck_assert_ptr_nonnull(data);
	change.tensor.data = data;
	must(ee_folder_rewrite(folders[_i], &old, &change, 1, out, &temp,
			       &err));
	must(ee_weights_open(&made, temp, &err));
	ck_assert_uint_eq(made.nfiles, old.nfiles);
	for (i = 0; i < made.n; i++) {	/* each in the same shard */
		snprintf(name, sizeof(name), "model-%.5s-of-00003.safetensors",
			 old.files[old.list[i].file].name +
			 strlen("pytorch_model-"));
		ck_assert_str_eq(made.files[made.list[i].file].name,
				 _i == 1 ? name : "model.safetensors");
	}
	ck_assert_mem_eq(made.list[3].tensor.data, data, bytes);
	memcpy(data, old.list[3].tensor.data, bytes);
	ee_folder_abort(temp);
	free(temp);
	ee_weights_close(&made);
	must(ee_folder_rewrite(folders[_i], &old, &change, 1, out, &temp,
			       &err));
	must(ee_weights_open(&made, temp, &err));
	same_weights(&old, &made);
	ee_weights_close(&made);
	ee_weights_close(&old);
	ee_folder_abort(temp);
	free(temp);
	free(data);
}
END_TEST

Suite *suite_torch(void);

Suite *
suite_torch(void)
{
	Suite *s = suite_create("torch");
	TCase *t = tcase_create("torch");

	tcase_add_checked_fixture(t, NULL, empty_arena);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, pickle_is_data);
	tcase_add_loop_test(t, pickle_cut, 0, 2);
	tcase_add_test(t, pickle_runs_nothing);
	tcase_add_test(t, pickle_broken);
	tcase_add_test(t, pickle_bombs);
	tcase_add_test(t, pickle_names_classes);
	tcase_add_loop_test(t, torch_views, 0, 4);
	tcase_add_test(t, torch_training);
	tcase_add_loop_test(t, torch_mend, 0, 3);
	tcase_add_test(t, torch_refuses);
	tcase_add_test(t, torch_cut);
	tcase_add_test(t, torch_damage);
	tcase_add_test(t, torch_bounds);
	tcase_add_loop_test(t, models_in_torch_files, 0, 2);
	tcase_add_test(t, views_are_a_model);
	tcase_add_test(t, weights_in_torch_files);
	tcase_add_loop_test(t, folders_become_safetensors, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
