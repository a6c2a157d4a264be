/*
 * fuzz_yaml.c - any bytes are one YAML document, or an error; and any document
 * hyper-parameters, or an error.
 */
#include <stdio.h>
#include <stdlib.h>

#include "edit/hparams.h"
#include "edit/mendparams.h"
#include "file/json.h"
#include "file/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
as_hparams(const struct ee_value *v)
{
	struct ee_hparams edit = { 0 };
	struct ee_mend_params mend = { 0 };
	struct ee_err err;

	(void)!ee_hparams_from(&edit, v, "it", NULL, &err);
	(void)!ee_mend_params_from(&mend, v, "it", NULL, &err);
	ee_hparams_free(&edit);
	ee_mend_params_free(&mend);
}

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
			  &err) == EE_OK) {
		ee_json_write(null, &v);
		as_hparams(&v);
	}
	ee_arena_free(&arena);
	return 0;
}
