/* fuzz_json.c - any bytes are JSON, or an error; and what is written from
 * JSON is read as the same again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/value.h"
#include "file/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *
written(const struct ee_value *v, size_t *size)
{
	char *text = NULL;
	FILE *fp = open_memstream(&text, size);

	if (fp == NULL)
		abort();
	ee_json_write(fp, v);
	if (fclose(fp) != 0)
		abort();
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ee_arena arena = {0};
	struct ee_value v;
	struct ee_err err;
	char *once, *twice;
	size_t n, m;

	if (ee_json_parse(&arena, (const char *)data, size, "it", &v,
			  &err) == EE_OK) {
		once = written(&v, &n);
		if (ee_json_parse(&arena, once, n, "again", &v, &err) !=
		    EE_OK)
			abort();
		twice = written(&v, &m);
		if (n != m || memcmp(once, twice, n) != 0)
			abort();
		free(once);
		free(twice);
	}
	ee_arena_free(&arena);
	return 0;
}
