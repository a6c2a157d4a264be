/* fuzz_safetensors.c - any bytes are tensors, or an error; what was read is
 * written, and read as the same again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same(const struct ee_safetensors *a, const struct ee_safetensors *b)
{
	size_t i, n, m;

	if (a->n != b->n || a->metadata.n != b->metadata.n)
		abort();
	for (i = 0; i < a->n; i++) {
		const struct ee_tensor *s = &a->list[i].tensor;
		const struct ee_tensor *t = &b->list[i].tensor;

		if (ee_safetensors_find(a, a->list[i].name) != &a->list[i] ||
		    strcmp(a->list[i].name, b->list[i].name) != 0 ||
		    !ee_tensor_bytes(s, &n) || !ee_tensor_bytes(t, &m) ||
		    n != m || s->dtype != t->dtype || s->ndim != t->ndim ||
		    (n > 0 && memcmp(s->data, t->data, n) != 0))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1, out = -1;
	struct ee_safetensors st, again;
	struct ee_err err;
	char path[64], path2[64];
	FILE *fp;

	if (fd < 0) {
		fd = memfd_create("in", 0);
		out = memfd_create("out", 0);
	}
	if (fd < 0 || out < 0 || ftruncate(fd, 0) != 0 ||
	    ftruncate(out, 0) != 0 ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(path2, sizeof(path2), "/proc/self/fd/%d", out);
	if (ee_safetensors_open(&st, path, &err) != EE_OK)
		return 0;
	fp = fopen(path2, "w");
	if (fp == NULL ||
	    ee_safetensors_write(fp, st.list, st.n, &st.metadata, &err) !=
	    EE_OK || fclose(fp) != 0 ||
	    ee_safetensors_open(&again, path2, &err) != EE_OK)
		abort();
	same(&st, &again);
	ee_safetensors_close(&again);
	ee_safetensors_close(&st);
	return 0;
}
