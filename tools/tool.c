/* tool.c - what every tool does alike.  See tool.h. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"

static void
say(void *ctx, const char *text)
{
	const struct tool *tool = ctx;

	if (!tool->quiet)
		fprintf(stderr, "%s: %s\n", tool->name, text);
}

/*
 * A standard descriptor that is closed must not be given to the next file
 * that is opened: put something there that fails when it is used.
 */
static void
hold_standard_files(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
			(void)open("/dev/null", fd ? O_RDONLY : O_WRONLY);
}

void
tool_start(struct tool *tool, int argc, char **argv)
{
	hold_standard_files();
	signal(SIGPIPE, SIG_IGN);
	tool->warn = (struct ee_warn){ say, tool };
	tool->command = tool_command_line(tool->name, argc, argv);
	if (tool->command == NULL) {
		say(tool, "out of memory");
		exit(1);
	}
	if (argc > 0)		/* getopt says "ee-x: ..." too */
		argv[0] = (char *)(uintptr_t)tool->name;
}

/* Close standard output; false, with errno, if not all got there. */
static bool
close_stdout(void)
{
	const bool failed = ferror(stdout) != 0;

	errno = 0;
	if (fclose(stdout) != 0)
		return false;
	errno = 0;
	return !failed;
}

static int
report_stdout(const struct tool *tool)
{
	if (close_stdout())
		return 0;
	if (errno != EPIPE)
		fprintf(stderr, "%s: standard output: %s\n", tool->name,
			errno != 0 ? strerror(errno) : "write error");
	return 1;
}

void
tool_usage(const struct tool *tool, int status)
{
	fputs(tool->usage, status == 0 ? stdout : stderr);
	if (status == 0)
		status = report_stdout(tool);
	exit(status);
}

void
tool_misuse(const struct tool *tool, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", tool->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	putc('\n', stderr);
	tool_usage(tool, 2);
}

void
tool_option(struct tool *tool, int c, const char *arg)
{
	switch (c) {
	case 'q': tool->quiet = true; break;
	case 'v': tool->verbose = true; break;
	case 'j': tool->threads = tool_int(tool, "-j", arg, 1, 256); break;
	case 'h': tool_usage(tool, 0);
	case OPT_MEMORY:
		tool->memory = tool_bytes(tool, "--memory", arg);
		break;
	case OPT_VERSION:
		printf("%s %s\n", tool->name, EE_VERSION);
		exit(report_stdout(tool));
	default: tool_usage(tool, 2);
	}
}

enum ee_status
tool_in(struct tool *tool, const char *kind)
{
	if (isatty(STDIN_FILENO))
		return ee_fail(&tool->err, EE_EINPUT, "standard input is a "
			       "terminal, want a stream of '%s'",
			       kind ? kind : "any kind");
	return ee_reader_open(&tool->in, STDIN_FILENO, "standard input",
			      kind, &tool->err);
}

enum ee_status
tool_out(struct tool *tool, const char *kind, const struct ee_value *extra)
{
	char by[80];

	if (isatty(STDOUT_FILENO))
		return ee_fail(&tool->err, EE_EINPUT, "standard output is a "
			       "terminal, and a stream is binary: use a pipe "
			       "or a file");
	snprintf(by, sizeof(by), "%s %s", tool->name, EE_VERSION);
	return ee_writer_open(&tool->out, STDOUT_FILENO, "standard output",
			      kind, by, extra, &tool->err);
}

enum ee_status
tool_keep(struct tool *tool, const char *path, const char *kind,
	  const struct ee_value *extra, const struct ee_value *record)
{
	struct ee_writer *out = NULL;
	struct ee_outfile file;
	enum ee_status status = ee_outfile_open(&file, path, &tool->err);

	if (status != EE_OK)
		return status;
	status = ee_writer_open(&out, fileno(file.fp), file.path, kind,
				tool->name, extra, &tool->err);
	if (status == EE_OK)
		status = ee_writer_put(out, record, &tool->err);
	if (status == EE_OK)
		status = ee_writer_end(out, &tool->err);
	ee_writer_close(out);
	return ee_outfile_end(&file, status, &tool->err);
}

FILE *
tool_progress(const struct tool *tool)
{
	return !tool->quiet && isatty(STDERR_FILENO) ? stderr : NULL;
}

int
tool_finish(struct tool *tool, enum ee_status status)
{
	int code;

	if (status == EE_END)
		status = EE_OK;
	if (status == EE_OK && tool->out != NULL)
		status = ee_writer_end(tool->out, &tool->err);
	if (status == EE_OK) {
		code = report_stdout(tool);
	} else {
		(void)fflush(stdout);	/* what came before the message */
		if (status != EE_EPIPE)
			fprintf(stderr, "%s: %s\n", tool->name,
				tool->err.text);
		code = 1;
	}
	ee_reader_close(tool->in);
	ee_writer_close(tool->out);
	ee_arena_free(&tool->arena);
	free(tool->command);
	return code;
}
