/* commandline.c - how a tool was called.  See tool.h. */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static bool
is_plain(const char *arg)
{
	return arg[0] != '\0' &&
	       arg[strspn(arg, "abcdefghijklmnopqrstuvwxyz"
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789%+,-./:=@_^")] == '\0';
}

/* One argument, quoted for the shell where it needs that. */
static void
put_quoted(FILE *fp, const char *arg)
{
	if (is_plain(arg)) {
		fputs(arg, fp);
		return;
	}
	putc('\'', fp);
	for (; *arg != '\0'; arg++) {
		if (*arg == '\'')
			fputs("'\\''", fp);
		else
			putc(*arg, fp);
	}
	putc('\'', fp);
}

char *
tool_command_line(const char *name, int argc, char **argv)
{
	char *text = NULL;
	size_t size = 0;
	FILE *fp = open_memstream(&text, &size);
	int i;

	if (fp == NULL)
		return NULL;
	fputs(name, fp);
	for (i = 1; i < argc; i++) {
		putc(' ', fp);
		put_quoted(fp, argv[i]);
	}
	fprintf(fp, "  # %s", EE_VERSION);
	if (fclose(fp) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
