/* fuzz_stream.c - any bytes are a stream, or a clean error. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base.h"
#include "stream/stream.h"
#include "stream/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Look at all of it: the summary touches every value and element. */
static void
look(const struct ee_value *v)
{
	struct ee_arena arena = {0};

	(void)ee_summary(&arena, v, 3);
	ee_arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	const struct ee_value *record;
	struct ee_reader *r;
	struct ee_err err;
	enum ee_status status;

	if (fd < 0)
		fd = memfd_create("stream", 0);
	if (fd < 0 || ftruncate(fd, 0) != 0 ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	lseek(fd, 0, SEEK_SET);
	status = ee_reader_open(&r, fd, "it", NULL, &err);
	while (status == EE_OK) {
		look(ee_reader_header(r));
		status = ee_reader_next(r, &record, &err);
		if (status == EE_OK)
			look(record);
	}
	ee_reader_close(r);
	return 0;
}
