/* copy.c - a stream to the same stream, through libee; with an argument,
 * tensors are split beyond that many bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "stream/stream.h"
#include "stream/wire.h"

int
main(int argc, char **argv)
{
	struct ee_reader *in = NULL;
	struct ee_writer *out = NULL;
	const struct ee_value *record;
	struct ee_arena arena = {0};
	struct ee_value extra;
	struct ee_err err;
	const char *kind = "";
	enum ee_status status;

	status = ee_reader_open(&in, STDIN_FILENO, "input", NULL, &err);
	if (status == EE_OK)
		status = ee_get_text(ee_reader_header(in), "kind", &kind,
				     "header", &err);
	if (status == EE_OK) {
		extra = ee_header_extra(&arena, ee_reader_header(in), "copy");
		status = ee_writer_open(&out, STDOUT_FILENO, "output", kind,
					"copy 1", &extra, &err);
	}
	if (status == EE_OK && argc > 1)
		ee_writer_split_at(out, strtoul(argv[1], NULL, 10));
	while (status == EE_OK) {
		status = ee_reader_next(in, &record, &err);
		if (status == EE_OK)
			status = ee_writer_put(out, record, &err);
	}
	if (status == EE_END)
		status = ee_writer_end(out, &err);
	if (status != EE_OK)
		fprintf(stderr, "copy: %s\n", err.text);
	ee_reader_close(in);
	ee_writer_close(out);
	ee_arena_free(&arena);
	return status != EE_OK;
}
