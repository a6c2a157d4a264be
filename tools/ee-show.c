/*
 * ee-show - say what is in a stream or a file, one line of JSON each
 *
 * reads   any stream; .npz and .safetensors files
 * writes  {"header": ...}, {"record": ...} for each record (a tensor as its
 *         dtype, shape, range, mean and NaNs), {"end": ...}, or {"damage": ...}
 */
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "file/json.h"
#include "file/npz.h"
#include "file/safetensors.h"
#include "stream/summary.h"
#include "tool.h"

static const char usage[] =
	"usage: ee-show [-hqv] [-d N] [FILE...]\n"
	"  -d, --data N   the first N values of each tensor too\n"
	"      --version\n";

struct options {
	int64_t data;
	bool several;		/* files: name each */
};

struct show {
	struct tool *tool;
	const struct options *opt;
	const char *file;
	struct ee_arena arena;		/* for one line */
};

static struct options
parse_options(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {
		TOOL_LONG, { "data", 1, 0, 'd' }, { 0, 0, 0, 0 }
	};
	struct options opt = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT "d:", longs,
				NULL)) != -1) {
		if (c == 'd')
			opt.data = tool_int(tool, "-d", optarg, 0, 1 << 20);
		else
			tool_option(tool, c, optarg);
	}
	opt.several = argc - optind > 1;
	return opt;
}

/* {"file": ..., "<what>": v}.  EE_END if nobody reads on. */
static enum ee_status
line(struct show *s, const char *what, const struct ee_value *v)
{
	struct ee_value map = ee_map();
	enum ee_status status;

	if (s->opt->several)
		ee_put(&s->arena, &map, "file", ee_text(s->file));
	ee_put(&s->arena, &map, what,
	       ee_summary(&s->arena, v, (size_t)s->opt->data));
	status = ee_arena_check(&s->arena, &s->tool->err);
	if (status == EE_OK) {
		ee_json_write(stdout, &map);
		putchar('\n');
	}
	ee_arena_reset(&s->arena);
	return status == EE_OK && ferror(stdout) ? EE_END : status;
}

static enum ee_status
end_line(struct show *s, uint64_t records, const struct ee_reader *r)
{
	struct ee_value map = ee_map();

	ee_put(&s->arena, &map, "records", ee_int((int64_t)records));
	if (r != NULL)
		ee_put(&s->arena, &map, "bytes",
		       ee_int((int64_t)ee_reader_bytes(r)));
	return line(s, "end", &map);
}

static enum ee_status
show_stream(struct show *s, int fd)
{
	const struct ee_value *record, *header = NULL;
	struct ee_err *err = &s->tool->err;
	struct ee_reader *r;
	enum ee_status status = ee_reader_open(&r, fd, s->file, NULL, err);

	while (status == EE_OK) {
		if (header != ee_reader_header(r)) {
			header = ee_reader_header(r);
			status = line(s, "header", header);
			continue;
		}
		status = ee_reader_next(r, &record, err);
		if (status == EE_OK && header != ee_reader_header(r)) {
			header = ee_reader_header(r);
			status = line(s, "header", header);
		}
		if (status == EE_END) {
			status = end_line(s, ee_reader_count(r), r);
			break;
		}
		if (status == EE_OK)
			status = line(s, "record", record);
	}
	ee_reader_close(r);
	return status;
}

static enum ee_status
file_header(struct show *s, const char *kind, const struct ee_value *metadata)
{
	struct ee_value map = ee_map();

	ee_put(&s->arena, &map, "kind", ee_text(kind));
	if (metadata != NULL && metadata->n > 0)
		ee_put(&s->arena, &map, "metadata", *metadata);
	return line(s, "header", &map);
}

static enum ee_status
named_line(struct show *s, const char *name, struct ee_value v)
{
	struct ee_value map = ee_map();

	ee_put(&s->arena, &map, "name", ee_text(name));
	ee_put(&s->arena, &map, "value", v);
	return line(s, "record", &map);
}

static enum ee_status
show_npz(struct show *s)
{
	struct ee_arena arena = {0};
	struct ee_npz npz;
	struct ee_value v;
	enum ee_status status = ee_npz_open(&npz, s->file, &s->tool->err);
	size_t i;

	if (status != EE_OK)
		return status;
	status = file_header(s, "npz", NULL);
	for (i = 0; i < npz.n && status == EE_OK; i++) {
		status = ee_npz_get(&npz, npz.names[i], &arena, &v,
				    &s->tool->err);
		if (status == EE_OK)
			status = named_line(s, npz.names[i], v);
		ee_arena_reset(&arena);
	}
	if (status == EE_OK)
		status = end_line(s, npz.n, NULL);
	ee_arena_free(&arena);
	ee_npz_close(&npz);
	return status;
}

static enum ee_status
show_safetensors(struct show *s)
{
	struct ee_safetensors st;
	enum ee_status status;
	size_t i;

	status = ee_safetensors_open(&st, s->file, &s->tool->err);
	if (status != EE_OK)
		return status;
	status = file_header(s, "safetensors", &st.metadata);
	for (i = 0; i < st.n && status == EE_OK; i++)
		status = named_line(s, st.list[i].name,
				    ee_tensor(st.list[i].tensor));
	if (status == EE_OK)
		status = end_line(s, st.n, NULL);
	ee_safetensors_close(&st);
	return status;
}

/* A regular file says by its first bytes what it is. */
static enum ee_status
show_file(struct show *s, const char *path)
{
	char head[9] = "";
	ssize_t n;
	enum ee_status status;
	int fd;

	if (strcmp(path, "-") == 0)
		return show_stream(s, STDIN_FILENO);
	s->file = path;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ee_fail_sys(&s->tool->err, "%s", path);
	n = pread(fd, head, sizeof(head), 0);
	if (n >= 4 && memcmp(head, "PK\3\4", 4) == 0)
		status = show_npz(s);
	else if (n == 9 && head[8] == '{' && head[6] == 0 && head[7] == 0)
		status = show_safetensors(s);
	else
		status = show_stream(s, fd);
	close(fd);
	return status;
}

/* Damage is part of what there is to show, and still a failure. */
static enum ee_status
show_damage(struct show *s, enum ee_status status)
{
	const struct ee_value text = ee_text(s->tool->err.text);

	if (status == EE_OK || status == EE_END || status == EE_EPIPE)
		return status;
	ee_arena_reset(&s->arena);
	(void)line(s, "damage", &text);
	return status;
}

/* Go on after a damaged file; the first failure is the one to report. */
static enum ee_status
show_all(struct show *s, char **paths)
{
	enum ee_status status, worst = EE_OK;
	struct ee_err err = {{0}};

	for (; *paths != NULL; paths++) {
		s->file = "standard input";
		status = show_damage(s, show_file(s, *paths));
		if (status == EE_END)
			break;
		if (status != EE_OK && worst == EE_OK) {
			worst = status;
			err = s->tool->err;
		}
	}
	s->tool->err = err;
	return worst;
}

int
main(int argc, char **argv)
{
	static char *standard_input[] = { "-", NULL };
	struct tool tool = { .name = "ee-show", .usage = usage };
	struct show show = { .tool = &tool };
	struct options opt;
	enum ee_status status;

	tool_start(&tool, argc, argv);
	opt = parse_options(&tool, argc, argv);
	if (optind == argc && isatty(STDIN_FILENO))
		tool_misuse(&tool, "no FILE, and standard input is a "
			    "terminal");
	show.opt = &opt;
	status = show_all(&show, optind < argc ? argv + optind :
						 standard_input);
	ee_arena_free(&show.arena);
	return tool_finish(&tool, status);
}
