/*
 * fuzz_npz.c - any bytes are arrays, and layer statistics, or an error; what
 * was read as statistics is written, and read as the same again.
 *
 * Input that begins with 'A' is one array; 'L', the arrays of a statistics
 * file (two bytes of length before each), which get right checksums here;
 * anything else is a file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file/npz.h"
#include "file/npz_text.h"
#include "stats/layer.h"
#include "stats/statfile.h"
#include "stats/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_arrays(const char *path, FILE *null)
{
	struct ee_arena arena = { 0 };
	struct ee_npz npz;
	struct ee_value v;
	struct ee_err err;
	size_t i;

	if (ee_npz_open(&npz, path, &err) != EE_OK)
		return;
	(void)!ee_npz_list(null, &npz, &err);
	for (i = 0; i < npz.n; i++)
		if (ee_npz_get(&npz, npz.names[i], &arena, &v, &err) == EE_OK)
			ee_value_tsv(null, &v);
	ee_npz_close(&npz);
	ee_arena_free(&arena);
}

static void
write_again(const struct ee_layer *l)
{
	struct ee_arena arena = { 0 };
	struct ee_value record;
	struct ee_layer again;
	struct ee_err err;

	if (ee_layer_record(&arena, l, &record, &err) != EE_OK ||
	    ee_layer_from_record(&again, &record, NULL, &err) != EE_OK) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	if (again.sums.count != l->sums.count ||
	    again.sums.collect != l->sums.collect)
		abort();
	ee_layer_free(&again);
	if (ee_layer_arrays(&arena, l, EE_F32, false, -1, &record,
			    &err) != EE_OK)
		abort();
	ee_arena_free(&arena);
}

/* Exactly twice; or a sum beyond all numbers. */
static void
add_again(struct ee_layer *l, const char *path)
{
	const size_t n = l->sums.mom2.n;
	const double first = n > 0 ? l->sums.mom2.first[n - 1] : 0;
	struct ee_layer again;
	struct ee_err err;

	if (ee_layer_from_npz(&again, path, &err) != EE_OK)
		abort();
	if (ee_moments_merge(&l->sums, &again.sums, &err) == EE_OK &&
	    n > 0 && l->sums.mom2.first[n - 1] != 2 * first)
		abort();
	ee_layer_free(&again);
}

static void
read_statistics(const char *path)
{
	struct ee_stats_query any = { .sample_size = -1 };
	struct ee_expected nothing = { .sample_size = -1 };
	struct ee_report report;
	struct ee_layer layer;
	struct ee_stats stats;
	struct ee_err err;

	if (ee_stats_load(&stats, path, &any, NULL, &err) == EE_OK)
		ee_stats_close(&stats);
	if (ee_layer_from_npz(&layer, path, &err) == EE_OK) {
		write_again(&layer);
		add_again(&layer, path);
		ee_layer_free(&layer);
	}
	if (ee_stats_verify(path, &nothing, &report, &err) != EE_OK)
		report.n = 0;
	ee_report_free(&report);
}

static void
write_members(const char *path, const uint8_t *data, size_t size)
{
	static const char *const names[] = {
		"mom2.count", "mom2.mom2", "mean.count", "mean.mean",
		"cov.count", "cov.mean", "cov.cmom2", "var.count",
		"var.mean", "var.cmom2", "norm_mean.count",
		"norm_mean.mean", "corr", "sample_size", "ee.layer",
		"ee.side", "ee.corpus", "ee.history", "ee.documents",
		"ee.parts", "ee.precision", "ee.moment_of", "ee.low.mom2",
		"ee.low.mean", "ee.low.var", "ee.low.norm_mean",
	};
	struct ee_zip_writer w = { .fp = fopen(path, "w") };
	struct ee_err err;
	char member[64];
	size_t i, n;

	if (w.fp == NULL)
		abort();
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && size >= 2; i++) {
		n = (size_t)data[0] | (size_t)data[1] << 8;
		data += 2;
		size -= 2;
		n = n < size ? n : size;
		snprintf(member, sizeof(member), "%s.npy", names[i]);
		if (n > 0 && ee_zip_put(&w, member, data, n, NULL, 0, &err) !=
		    EE_OK)
			abort();
		data += n;
		size -= n;
	}
	if (ee_zip_finish(&w, &err) != EE_OK || fclose(w.fp) != 0)
		abort();
	ee_zip_writer_free(&w);
}

static void
read_array(const uint8_t *data, size_t size, FILE *null)
{
	unsigned char *copy = malloc(size + 1);	/* aligned, exactly as long */
	struct ee_arena arena = { 0 };
	struct ee_value v;
	struct ee_err err;

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	if (ee_npy_parse(&arena, copy, size, "it", &v, &err) == EE_OK)
		ee_value_tsv(null, &v);
	ee_arena_free(&arena);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;
	static int fd = -1;
	char path[64];

	if (null == NULL)
		null = fopen("/dev/null", "w");
	if (fd < 0)
		fd = memfd_create("npz", 0);
	if (null == NULL || fd < 0 || ftruncate(fd, 0) != 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (size > 0 && data[0] == 'A') {
		read_array(data + 1, size - 1, null);
		return 0;
	}
	if (size > 0 && data[0] == 'L')
		write_members(path, data + 1, size - 1);
	else if (pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	read_arrays(path, null);
	read_statistics(path);
	return 0;
}
