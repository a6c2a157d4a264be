/*
 * tool.h - what every tool does alike: options, streams on standard input
 * and output, messages, exit status.  The only code that prints and exits.
 *
 * Exit status: 0 done, 1 failed (one line on standard error: "ee-x: ..."),
 * 2 usage.  A broken pipe on standard output ends a tool with status 1 and
 * no message.
 */
#ifndef EE_TOOL_H
#define EE_TOOL_H

#include <stdio.h>

#include "base/base.h"
#include "base/progress.h"
#include "base/value.h"
#include "stream/stream.h"

struct tool {
	const char *name;	/* "ee-cov" */
	const char *usage;	/* one or more lines, each ending in \n */
	bool quiet, verbose;	/* -q, -v */
	int64_t threads;	/* -j; 0: as many as there are processors */
	size_t memory;		/* --memory; 0: not said */
	struct ee_warn warn;	/* prints "ee-x: ..." unless quiet */
	char *command;		/* the command line, for the history */
	struct ee_arena arena;	/* for as long as the tool runs */
	struct ee_err err;
	struct ee_reader *in;
	struct ee_writer *out;
};

/*
 * Options all tools take: -h --help --version -q -v -j THREADS.  The tool's
 * table adds its own; long names only through getopt_long.  tool_start fills
 * name-independent parts; call it first in main.
 */
/* Numbers of options without a letter: what several tools take, and from
 * OPT_OWN on a tool's own. */
enum { OPT_VERSION = 1000, OPT_MEMORY, OPT_FORCE, OPT_STATS, OPT_TEMPLATES,
       OPT_SAVE_TEMPLATES, OPT_SEED, OPT_LIKE, OPT_RIDGE, OPT_OWN };
#define TOOL_SHORT "hqvj:"
#define TOOL_LONG { "help", 0, 0, 'h' }, { "version", 0, 0, OPT_VERSION }, \
	{ "quiet", 0, 0, 'q' }, { "verbose", 0, 0, 'v' }, \
	{ "threads", 1, 0, 'j' }
/* For those that can trade memory for time (budget.h): --memory BYTES. */
#define TOOL_MEMORY { "memory", 1, 0, OPT_MEMORY }
void tool_start(struct tool *tool, int argc, char **argv);
/* Handle one of the common options; usage error for anything else. */
void tool_option(struct tool *tool, int c, const char *arg);

/* "ee-cov --collect mom2  # 0.1.0": can be pasted into a shell again.  The
 * caller's, to free(); NULL without memory. */
char *tool_command_line(const char *name, int argc, char **argv);

/* Usage to stdout (status 0) or stderr (2), and exit. */
void tool_usage(const struct tool *tool, int status)
	__attribute__((noreturn));
/* "ee-x: <text>", then the usage line, exit 2. */
void tool_misuse(const struct tool *tool, const char *fmt, ...)
	__attribute__((noreturn)) EE_PRINTF(2, 3);

/* Strict option numbers: a usage error names the option and the range. */
int64_t tool_int(const struct tool *tool, const char *option,
		 const char *text, int64_t min, int64_t max);
double tool_real(const struct tool *tool, const char *option,
		 const char *text, double min, double max);

/* "4G": a number of bytes, K, M or G may follow; at least 1. */
size_t tool_bytes(const struct tool *tool, const char *option,
		  const char *text);

/* Which of n words: its index.  A usage error if it is none of them. */
unsigned tool_word(const struct tool *tool, const char *option,
		   const char *text, const char *const *words, unsigned n);
/* Of two words: is it the second? */
bool tool_second(const struct tool *tool, const char *option,
		 const char *text, const char *one, const char *two);

/* "I/N", 1 <= I <= N. */
void tool_part(const struct tool *tool, const char *option, const char *text,
	       int64_t *part, int64_t *parts);

/* Open standard input as a stream of 'kind'. */
EE_MUST_CHECK enum ee_status tool_in(struct tool *tool, const char *kind);
/* Open standard output as a stream of 'kind'; refuses a terminal.  'extra'
 * as made by ee_header_extra. */
EE_MUST_CHECK enum ee_status tool_out(struct tool *tool, const char *kind,
				      const struct ee_value *extra);

/*
 * Write a stream of one record to the file 'path', which appears whole or not
 * at all.  'extra' as for tool_out.
 */
EE_MUST_CHECK enum ee_status tool_keep(struct tool *tool, const char *path,
	const char *kind, const struct ee_value *extra,
	const struct ee_value *record);

/* Where progress goes: stderr if it is a terminal and not quiet, else NULL */
FILE *tool_progress(const struct tool *tool);

/*
 * The end of every main: on EE_OK writes the end map of an open output
 * stream and flushes and closes stdout, reporting failure of that; otherwise
 * prints "ee-x: <err.text>".  Frees what tool holds.  Returns the exit code.
 */
int tool_finish(struct tool *tool, enum ee_status status);

#endif
