/* commandline.c - how a tool was called.  See tool.h. */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

char *
tool_command_line(const char *name, int argc, char **argv)
{
	struct ee_arena arena = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *fp = open_memstream(&text, &size);
	int i;

	if (fp == NULL)
		return NULL;
	fputs(name, fp);
	for (i = 1; i < argc; i++)
		fprintf(fp, " %s", ee_shell_word(&arena, argv[i]));
	ee_arena_free(&arena);
	fprintf(fp, "  # %s", EE_VERSION);
	if (fclose(fp) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
