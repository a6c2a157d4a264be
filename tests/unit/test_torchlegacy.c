/*
 * test_torchlegacy.c - what torch.save wrote before it made zip archives.
 *
 * What Python itself wrote is in tests/golden/torch (make.py says how) and in
 * tests/golden/models/variants.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/outfile.h"
#include "file/torch.h"
#include "golden.h"
#include "model/forward.h"

#define FILES "tests/golden/torch/"
#define MEND "tests/golden/mend/tiny-gpt2.default/"
#define MODELS "tests/golden/models/"

static struct ee_err err;

static void
same_tensors(const struct ee_value *a, const struct ee_value *b,
	     const char *name)
{
	size_t bytes;

	ck_assert_msg(a != NULL && a->type == EE_TENSOR, "%s", name);
	ck_assert_int_eq(a->u.tensor.dtype, b->u.tensor.dtype);
	ck_assert_uint_eq(a->u.tensor.ndim, b->u.tensor.ndim);
	ck_assert_mem_eq(a->u.tensor.shape, b->u.tensor.shape,
			 b->u.tensor.ndim * sizeof(size_t));
	ck_assert(ee_tensor_bytes(&b->u.tensor, &bytes));
	ck_assert((uintptr_t)a->u.tensor.data %
		  ee_dtype_size(a->u.tensor.dtype) == 0);
	ck_assert_msg(bytes == 0 || memcmp(a->u.tensor.data, b->u.tensor.data,
					   bytes) == 0, "%s", name);
}

/* As torch itself has it in its new format. */
START_TEST(legacy_views)
{
	static const char *const files[] = {
		FILES "legacy-views.pt", FILES "legacy-views-p4.pt",
	};
	struct ee_torch old, new;
	size_t i;

	must(ee_torch_open(&new, FILES "views.pt", &err));
	must(ee_torch_open(&old, files[_i], &err));
	must(ee_torch_check(&old, &err));
	ck_assert_uint_eq(old.root.n, new.root.n);
	ck_assert_int_eq(old.root.form, EE_ORDERED);
	for (i = 0; i < new.root.n; i++)
		same_tensors(ee_get(&old.root, new.root.u.map[i].key),
			     &new.root.u.map[i].value, new.root.u.map[i].key);
	ee_torch_close(&old);
	ee_torch_close(&new);
}
END_TEST

/* The archive of the original MEND: its keys begin with "gtn.". */
START_TEST(legacy_archive)
{
	const struct ee_value *a, *b;
	struct ee_torch old, new;
	size_t i;

	must(ee_torch_open(&old, MEND "original-gtn-legacyzip.archive", &err));
	must(ee_torch_open(&new, MEND "original.archive", &err));
	a = ee_get(&old.root, "model");
	b = ee_get(&new.root, "model");
	ck_assert_uint_eq(a->n, b->n);
	for (i = 0; i < b->n; i++) {
		const char *x = a->u.map[i].key, *y = b->u.map[i].key;

		if (strncmp(y, "mend.", 5) == 0) {
			ck_assert(strncmp(x, "gtn.", 4) == 0);
			ck_assert_str_eq(x + 4, y + 5);
		} else {
			ck_assert_str_eq(x, y);
		}
		if (b->u.map[i].value.type == EE_TENSOR)
			same_tensors(&a->u.map[i].value, &b->u.map[i].value,
				     x);
	}
	ee_torch_close(&old);
	ee_torch_close(&new);
}
END_TEST

/* The same model, and to the bit the same logits. */
START_TEST(legacy_model)
{
	static const int32_t ids[] = { 5, 17, 300, 2, 2, 99, 40 };
	enum { N = sizeof(ids) / sizeof(ids[0]) };
	struct ee_model *m[2];
	float *logits[2];
	int i;

	must(ee_model_open(&m[0], MODELS "tiny-gpt2", &err));
	must(ee_model_open(&m[1], MODELS "variants/tiny-gpt2-bin-legacy",
			   &err));
	ck_assert(m[0]->print == m[1]->print);
	for (i = 0; i < 2; i++) {
		logits[i] = ee_floats(N * m[i]->config.vocab, &err);
		must(ee_sequence_logits(m[i], ids, N, N, logits[i], &err));
	}
	ck_assert_mem_eq(logits[0], logits[1],
			 N * m[0]->config.vocab * sizeof(float));
	for (i = 0; i < 2; i++) {
		free(logits[i]);
		ee_model_close(m[i]);
	}
}
END_TEST

/* Open a file in memory with these bytes. */
static enum ee_status
open_bytes(struct ee_torch *t, const void *p, size_t n)
{
	const int fd = memfd_create("file", 0);
	enum ee_status status;
	char path[64];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, p, n, 0), (ssize_t)n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	status = ee_torch_open(t, path, &err);
	close(fd);
	return status;
}

START_TEST(legacy_cut)
{
	struct ee_mapped file;
	struct ee_torch t;
	size_t i;

	must(ee_map_file(&file, FILES "legacy.pt", &err));
	for (i = 0; i < file.size; i++)
		ck_assert_int_eq(open_bytes(&t, file.data, i), EE_ETRUNC);
	ee_unmap_file(&file);
}
END_TEST

/* With any byte changed it is read, or an error. */
START_TEST(legacy_damage)
{
	struct ee_mapped file;
	unsigned char *copy;
	struct ee_torch t;
	size_t i, refused = 0;

	must(ee_map_file(&file, FILES "legacy.pt", &err));
	copy = malloc(file.size);
	ck_assert_ptr_nonnull(copy);
	for (i = 0; i < file.size; i++) {
		memcpy(copy, file.data, file.size);
		copy[i] ^= 0x41;
		if (open_bytes(&t, copy, file.size) == EE_OK)
			ee_torch_close(&t);
		else
			refused++;
	}
	/* but for texts of no weight and the numbers, which nothing guards */
	ck_assert_uint_ge(refused, file.size / 2);
	free(copy);
	ee_unmap_file(&file);
}
END_TEST

#define TEXT(text) text, sizeof(text) - 1
#define MAGIC "\x80\x02\x8a\x0al\xfc\x9c" "F\xf9 j\xa8P\x19."
#define VERSION "\x80\x02M\xe9\x03."
#define LITTLE "\x80\x02}X\x0d\0\0\0little_endian\x88s."
#define BIG "\x80\x02}X\x0d\0\0\0little_endian\x89s."
/* a tensor of 'sizes' from storage 'key' of n floats; 'view' may be N */
#define OBJECT(key, n, view, sizes) "\x80\x02" \
	"ctorch._utils\n_rebuild_tensor_v2\n((U\7storagectorch\nFloatStorage" \
	"\nU\1" key "U\3cpuK" n view "tQK\0" sizes "K\1\x85tR."
#define KEYS "\x80\x02]U\1" "7a."
#define RAW "\4\0\0\0\0\0\0\0" "\0\0\x80?\0\0\0@\0\0@@\0\0\x80@"
#define HEAD MAGIC VERSION LITTLE
#define FOUR OBJECT("7", "\4", "N", "K\4\x85")

START_TEST(legacy_by_hand)
{
	static const struct {
		const char *text;
		size_t size;
		enum ee_status status;
		const char *says;
	} cases[] = {
		{ TEXT(HEAD FOUR KEYS RAW), EE_OK, "" },
		/* of a part: two elements from the second on */
		{ TEXT(HEAD OBJECT("7", "\4", "(U\1" "8K\1K\2t", "K\2\x85")
		       KEYS RAW), EE_OK, "" },
		{ TEXT(HEAD OBJECT("7", "\4", "(U\1" "8K\1K\2t", "K\3\x85")
		       KEYS RAW), EE_EFORMAT, "beyond its storage" },
		{ TEXT(HEAD OBJECT("7", "\4", "(U\1" "8K\3K\2t", "K\2\x85")
		       KEYS RAW), EE_EFORMAT, "beyond its storage" },
		{ TEXT(HEAD OBJECT("7", "\4", "(U\1" "8K\1t", "K\2\x85")
		       KEYS RAW), EE_EFORMAT, "without offset" },
		{ TEXT(MAGIC VERSION BIG FOUR KEYS RAW), EE_EINPUT,
		  "byte order" },
		{ TEXT(MAGIC VERSION "\x80\x02}." FOUR KEYS RAW), EE_EFORMAT,
		  "'little_endian' is missing" },
		{ TEXT(MAGIC "\x80\x02M\xea\x03." LITTLE FOUR KEYS RAW),
		  EE_EINPUT, "version 1001" },
		{ TEXT("\x80\x02K\x01."), EE_EFORMAT, "not what torch.save" },
		{ TEXT(HEAD FOUR KEYS RAW "x"), EE_EFORMAT,
		  "1 bytes follow" },
		{ TEXT(HEAD FOUR "\x80\x02K\1." RAW), EE_EFORMAT,
		  "keys of storages" },
		{ TEXT(HEAD FOUR "\x80\x02]K\7a." RAW), EE_EFORMAT,
		  "is no text" },
		{ TEXT(HEAD FOUR "\x80\x02](U\1" "7U\1" "7e." RAW RAW),
		  EE_EFORMAT, "two storages '7'" },
		{ TEXT(HEAD FOUR "\x80\x02](U\1" "7U\1" "8e." RAW RAW),
		  EE_EINPUT, "nothing says what storage '8'" },
		{ TEXT(HEAD FOUR "\x80\x02]."), EE_EFORMAT,
		  "'7' is not in the" },
		{ TEXT(HEAD OBJECT("7", "\3", "N", "K\3\x85") KEYS RAW),
		  EE_EFORMAT, "not those of 3 elements" },
		{ TEXT(HEAD FOUR KEYS "\5\0\0\0\0\0\0\0" "\0\0\x80?"),
		  EE_ETRUNC, "'7' is cut short" },
		{ TEXT(HEAD FOUR KEYS "\1\0\0\0\0\0\0\x40" "\0\0\x80?"),
		  EE_ETRUNC, "'7' is cut short" },
		/* a container with its source is its class */
		{ TEXT(HEAD "\x80\x02(U\6modulectorch.nn\nLinear\nNNtQ."
		       "\x80\x02]."), EE_OK, "" },
		{ TEXT(HEAD "\x80\x02(U\5xxxxxK\1tQ.\x80\x02]."), EE_EFORMAT,
		  "names no storage" },
	};
	struct ee_torch t;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum ee_status status;

		err.text[0] = '\0';
		status = open_bytes(&t, cases[i].text, cases[i].size);
		ck_assert_msg(status == cases[i].status &&
			      strstr(err.text, cases[i].says) != NULL,
			      "case %zu: %d %s", i, (int)status, err.text);
		if (status != EE_OK)
			continue;
		if (i < 2)
			ck_assert_double_eq(ee_tensor_at(&t.root.u.tensor, 1),
					    i == 0 ? 2 : 3);
		else
			ck_assert_str_eq(t.foreign.u.list[0].u.text,
					 "torch.nn.Linear");
		ee_torch_close(&t);
	}
}
END_TEST

Suite *suite_torchlegacy(void);

Suite *
suite_torchlegacy(void)
{
	Suite *s = suite_create("torchlegacy");
	TCase *t = tcase_create("torchlegacy");

	tcase_add_loop_test(t, legacy_views, 0, 2);
	tcase_add_test(t, legacy_archive);
	tcase_add_test(t, legacy_model);
	tcase_add_test(t, legacy_cut);
	tcase_add_test(t, legacy_damage);
	tcase_add_test(t, legacy_by_hand);
	suite_add_tcase(s, t);
	return s;
}
