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

/* "ee-cov --collect mom2  # 0.1.0": can be pasted into a shell again. */
static char *
command_line(const struct tool *tool, int argc, char **argv)
{
	char *text = NULL;
	size_t size = 0;
	FILE *fp = open_memstream(&text, &size);
	int i;

	if (fp == NULL)
		return NULL;
	fputs(tool->name, fp);
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

void
tool_start(struct tool *tool, int argc, char **argv)
{
	hold_standard_files();
	signal(SIGPIPE, SIG_IGN);
	tool->warn = (struct ee_warn){ say, tool };
	tool->command = command_line(tool, argc, argv);
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
	case 1009: tool->memory = tool_bytes(tool, "--memory", arg); break;
	case 1000:
		printf("%s %s\n", tool->name, EE_VERSION);
		exit(report_stdout(tool));
	default: tool_usage(tool, 2);
	}
}

unsigned
tool_word(const struct tool *tool, const char *option, const char *text,
	  const char *const *words, unsigned n)
{
	const unsigned i = ee_word_index(text, words, n);
	char want[128];

	if (i == n)
		tool_misuse(tool, "%s '%s': want %s", option, text,
			    ee_word_list(words, n, want));
	return i;
}

bool
tool_second(const struct tool *tool, const char *option, const char *text,
	    const char *one, const char *two)
{
	const char *const words[] = { one, two };

	return tool_word(tool, option, text, words, 2) == 1;
}

int64_t
tool_int(const struct tool *tool, const char *option, const char *text,
	 int64_t min, int64_t max)
{
	int64_t v;

	if (!ee_parse_int(text, min, max, &v))
		tool_misuse(tool, "%s '%s': want a whole number from %lld to "
			    "%lld", option, text, (long long)min,
			    (long long)max);
	return v;
}

double
tool_real(const struct tool *tool, const char *option, const char *text,
	  double min, double max)
{
	double v;

	if (!ee_parse_real(text, min, max, &v))
		tool_misuse(tool, "%s '%s': want a number from %g to %g",
			    option, text, min, max);
	return v;
}

size_t
tool_bytes(const struct tool *tool, const char *option, const char *text)
{
	static const char units[] = "KMG";
	const size_t n = strlen(text);
	const char *unit = n > 0 ? strchr(units, text[n - 1]) : NULL;
	char digits[24] = "";
	double number;

	if (n < sizeof(digits))
		memcpy(digits, text, n - (unit != NULL));
	if (!ee_parse_real(digits, 1, 1e9, &number) &&
	    (unit != NULL || !ee_parse_real(digits, 1, 1e15, &number)))
		tool_misuse(tool, "%s '%s': want a number of bytes, K, M or "
			    "G may follow", option, text);
	for (; unit != NULL && unit >= units; unit--)
		number *= 1024;
	return (size_t)number;
}

void
tool_part(const struct tool *tool, const char *option, const char *text,
	  int64_t *part, int64_t *parts)
{
	const char *slash = strchr(text, '/');
	char first[24] = "";

	if (slash == NULL || (size_t)(slash - text) >= sizeof(first))
		tool_misuse(tool, "%s '%s': want I/N", option, text);
	memcpy(first, text, (size_t)(slash - text));
	*parts = tool_int(tool, option, slash + 1, 1, INT32_MAX);
	*part = tool_int(tool, option, first, 1, *parts);
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
	if (status == EE_OK)
		return ee_outfile_commit(&file, &tool->err);
	ee_outfile_abort(&file);
	return status;
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
