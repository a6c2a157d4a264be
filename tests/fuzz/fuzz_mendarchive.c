/*
 * fuzz_mendarchive.c - any pickle in an archive is a hypernetwork that fits,
 * or an error that leaves the one that is there as it was; and what was read
 * is written and read again.
 *
 * Input is the pickle; the archive around it has right checksums and a storage
 * for each length of a small hypernetwork's tensors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "edit/mendarchive.h"
#include "file/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One weight of the smallest model, a network of one layer and rank 1: all
 * tensors have 1, 36, 144 or 180 numbers. */
static struct ee_model *model;
static struct ee_mend *m;
static float *before;

static void
prepare(void)
{
	struct ee_mend_params p = { .ninner = 1, .edit_lr = 1e-4 };
	struct ee_err err;

	p.inner[0] = "transformer.h.3.mlp.c_fc.weight";
	p.net.combine = p.net.norm = true;
	p.net.rank = 1;
	if (ee_model_open(&model, "tests/golden/models/tiny-gpt2", &err) !=
	    EE_OK || ee_mend_create(&m, &p, model, &err) != EE_OK) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	before = ee_floats(m->nlearned, &err);
	if (before == NULL)
		abort();
}

static void
write_archive(const char *path, const uint8_t *data, size_t size)
{
	static const size_t sizes[] = { 1, 36, 144, 180 };
	static float numbers[180];
	struct ee_zip_writer w = { .fp = fopen(path, "w") };
	struct ee_err err;
	char name[16];
	int i;

	for (i = 0; i < 180; i++)
		numbers[i] = (float)(i + 2);
	if (w.fp == NULL ||
	    ee_zip_put(&w, "a/data.pkl", data, size, NULL, 0, &err) != EE_OK)
		abort();
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "a/data/%d", i);
		if (ee_zip_put(&w, name, numbers, sizes[i] * sizeof(float),
			       NULL, 0, &err) != EE_OK)
			abort();
	}
	if (ee_zip_finish(&w, &err) != EE_OK || fclose(w.fp) != 0)
		abort();
	ee_zip_writer_free(&w);
}

/* Untouched on failure; nothing that is not finite comes in. */
static bool
load(const char *path, struct ee_mend_progress *p)
{
	struct ee_err err;
	size_t i, k;

	memcpy(before, m->learned, m->nlearned * sizeof(float));
	if (ee_mend_load(m, path, model, p, true, NULL, &err) != EE_OK) {
		if (memcmp(before, m->learned, m->nlearned * sizeof(float)))
			abort();
		return false;
	}
	for (i = 0; i < m->nslices; i++) {
		const struct ee_mend_slice *s = &m->slice[i];

		for (k = 0; !s->running && k < s->dims[0] * s->dims[1]; k++)
			if (!(s->data[k] - s->data[k] == 0))
				abort();
	}
	return true;
}

/* What fits is written, and fits again.  Texts that Python would not take
 * are refused. */
static void
write_again(const struct ee_mend_progress *p)
{
	char copy[] = "/tmp/ee-fuzz-XXXXXX", old[64];
	const int made = mkstemp(copy);
	struct ee_err err;

	if (made < 0)
		abort();
	close(made);
	if (ee_mend_save(m, copy, model, p, true, "fuzz", &err) == EE_OK &&
	    !load(copy, NULL))
		abort();
	unlink(copy);
	snprintf(old, sizeof(old), "%s.bk", copy);
	unlink(old);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ee_mend_optim optim = { .kind = EE_OPTIM_ADAM };
	struct ee_mend_progress p = { .step = 0 };
	static int fd = -1;
	struct ee_err err;
	char path[64];
	bool fits;

	if (fd < 0) {
		fd = memfd_create("archive", 0);
		prepare();
		optim.m = ee_floats(m->nlearned, &err);
		optim.v = ee_floats(m->nlearned, &err);
	}
	if (fd < 0 || ftruncate(fd, 0) != 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	write_archive(path, data, size);
	fits = load(path, NULL);
	p.optim = optim;
	if (load(path, &p) && fits)
		write_again(&p);
	ee_mend_progress_free(&p);
	return 0;
}
