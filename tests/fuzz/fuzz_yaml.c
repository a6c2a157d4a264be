/* fuzz_yaml.c - any bytes are one YAML document, or an error. */
#include <stdio.h>
#include <stdlib.h>

#include "file/json.h"
#include "file/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;
	struct ee_arena arena = { 0 };
	struct ee_value v;
	struct ee_err err;

	if (null == NULL)
		null = fopen("/dev/null", "w");
	if (null == NULL)
		abort();
	if (ee_yaml_parse(&arena, (const char *)data, size, "it", &v,
			  &err) == EE_OK)
		ee_json_write(null, &v);
	ee_arena_free(&arena);
	return 0;
}
