/* json_text.c - a value as one line of JSON.  See json_text.h. */
#include "stats/json_text.h"

#include <stdio.h>
#include <stdlib.h>

#include "file/json.h"

const char *
ee_json_text(struct ee_arena *arena, const struct ee_value *v)
{
	const char *kept = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *fp = open_memstream(&text, &size);

	if (fp != NULL) {
		ee_json_write(fp, v);
		if (fclose(fp) == 0)
			kept = ee_arena_text(arena, text, size);
	}
	free(text);
	if (kept == NULL)
		arena->failed = true;
	return kept;
}
