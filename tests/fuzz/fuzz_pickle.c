/*
 * fuzz_pickle.c - any bytes are a pickle or a torch archive, or an error; what
 * was read can be walked, every tensor to its end, in bounded time.
 *
 * Input that begins with 0x80 is a pickle: by itself, then in an archive that
 * has right checksums and four storages, and in a file of the old format with
 * the same.  All input is a file as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file/json.h"
#include "file/pickle.h"
#include "file/torch.h"
#include "file/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned
sum_of(const struct ee_tensor *t)
{
	const unsigned char *p = t->data;
	unsigned sum = 0;
	size_t bytes, i;

	if (!ee_tensor_bytes(t, &bytes) ||
	    (bytes > 0 && (uintptr_t)p % ee_dtype_size(t->dtype) != 0))
		abort();
	for (i = 0; i < bytes; i++)
		sum += p[i];
	return sum;
}

static unsigned
walk(const struct ee_value *v, unsigned depth)
{
	unsigned sum = 0;
	size_t i;

	if (depth > EE_PICKLE_DEPTH + 2)
		abort();
	switch (v->type) {
	case EE_TEXT:
		if (v->u.text[v->n] != '\0')
			abort();
		break;
	case EE_LIST:
		for (i = 0; i < v->n; i++)
			sum += walk(&v->u.list[i], depth + 1);
		break;
	case EE_MAP:
		for (i = 0; i < v->n; i++)
			sum += walk(&v->u.map[i].value, depth + 1);
		break;
	case EE_TENSOR:
		sum += sum_of(&v->u.tensor);
		break;
	default:
		break;
	}
	return sum;
}

static void
read_file(const char *path)
{
	static FILE *null;
	struct ee_named *list;
	struct ee_torch t;
	struct ee_err err;
	size_t n;

	if (null == NULL)
		null = fopen("/dev/null", "w");
	if (null == NULL)
		abort();
	if (ee_torch_open(&t, path, &err) != EE_OK)
		return;
	fprintf(null, "%u", walk(&t.root, 0) + walk(&t.foreign, 0));
	ee_json_write(null, &t.root);
	if (ee_torch_tensors(&t, &list, &n, &err) == EE_OK)
		free(list);
	(void)!ee_torch_check(&t, &err);
	ee_torch_close(&t);
}

static void
read_pickle(const uint8_t *data, size_t size)
{
	unsigned char *copy = malloc(size + 1);	/* exactly as long */
	struct ee_arena arena = { 0 };
	struct ee_value v, foreign;
	struct ee_err err;

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	if (ee_pickle_parse(&arena, copy, size, "it", NULL, &v, &foreign,
			    &err) == EE_OK)
		(void)walk(&v, 0);
	free(copy);
	ee_arena_free(&arena);
}

static void
write_archive(const char *path, const uint8_t *data, size_t size)
{
	static const unsigned char zeros[64];
	static const size_t sizes[] = { 0, 4, 16, 64 };
	struct ee_zip_writer w = { .fp = fopen(path, "w") };
	struct ee_err err;
	char name[16];
	int i;

	if (w.fp == NULL ||
	    ee_zip_put(&w, "a/data.pkl", data, size, NULL, 0, &err) != EE_OK)
		abort();
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "a/data/%d", i);
		w.deflate = i == 3;
		if (ee_zip_put(&w, name, zeros, sizes[i], NULL, 0, &err) !=
		    EE_OK)
			abort();
	}
	if (ee_zip_finish(&w, &err) != EE_OK || fclose(w.fp) != 0)
		abort();
	ee_zip_writer_free(&w);
}

/* The same in the old format; its storages are of floats. */
static void
write_old(const char *path, const uint8_t *data, size_t size)
{
	static const unsigned char head[] = "\x80\x02\x8a\x0al\xfc\x9c"
		"F\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."
		"\x80\x02}X\x0d\0\0\0little_endian\x88s.";
	static const unsigned char keys[] = "\x80\x02](U\1" "0U\1" "1U\1"
		"2U\1" "3e.";
	static const unsigned char counts[] = { 0, 1, 4, 16 };
	static const unsigned char zeros[64];
	FILE *fp = fopen(path, "w");
	int i;

	if (fp == NULL)
		abort();
	fwrite(head, 1, sizeof(head) - 1, fp);
	fwrite(data, 1, size, fp);
	fwrite(keys, 1, sizeof(keys) - 1, fp);
	for (i = 0; i < 4; i++) {
		putc(counts[i], fp);
		fwrite(zeros, 1, 7, fp);
		fwrite(zeros, 4, counts[i], fp);
	}
	if (fclose(fp) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char path[64];

	if (fd < 0)
		fd = memfd_create("torch", 0);
	if (fd < 0 || ftruncate(fd, 0) != 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (size > 0 && data[0] == 0x80) {
		read_pickle(data, size);
		write_archive(path, data, size);
		read_file(path);
		write_old(path, data, size);
		read_file(path);
	}
	if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) !=
	    (ssize_t)size)
		abort();
	read_file(path);
	return 0;
}
