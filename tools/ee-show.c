/*
 * ee-show - say what is in a stream or a file, one line of JSON each
 *
 * reads   any stream; .npz and .safetensors files, and those of torch.save
 * writes  {"header": ...}, {"record": ...} for each record (a tensor as its
 *         dtype, shape, range, mean and NaNs), {"end": ...}, or {"damage": ...}
 */
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "filekind.h"
#include "show.h"
#include "stream/stream.h"

static const char usage[] =
	"usage: ee-show [-hqv] [-d N] [FILE...]\n"
	"  -d, --data N   the first N values of each tensor too\n"
	"      --version\n";

static void
parse_options(struct show *s, int argc, char **argv)
{
	static const struct option longs[] = {
		TOOL_LONG, { "data", 1, 0, 'd' }, { 0, 0, 0, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT "d:", longs,
				NULL)) != -1) {
		if (c == 'd')
			s->data = (size_t)tool_int(s->tool, "-d", optarg, 0,
						   1 << 20);
		else
			tool_option(s->tool, c, optarg);
	}
	s->several = argc - optind > 1;
}

static enum ee_status
stream_end(struct show *s, const struct ee_reader *r)
{
	struct ee_value map = ee_map();

	ee_put(&s->arena, &map, "records",
	       ee_int((int64_t)ee_reader_count(r)));
	ee_put(&s->arena, &map, "bytes", ee_int((int64_t)ee_reader_bytes(r)));
	return show_line(s, "end", &map);
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
			status = show_line(s, "header", header);
			continue;
		}
		status = ee_reader_next(r, &record, err);
		if (status == EE_OK && header != ee_reader_header(r)) {
			header = ee_reader_header(r);
			status = show_line(s, "header", header);
		}
		if (status == EE_END) {
			status = stream_end(s, r);
			break;
		}
		if (status == EE_OK)
			status = show_line(s, "record", record);
	}
	ee_reader_close(r);
	return status;
}

/* A regular file says by its first bytes what it is. */
static enum ee_status
show_file(struct show *s, const char *path)
{
	char head[9] = "";
	ssize_t n;
	enum ee_status status = EE_OK;
	int fd;

	if (strcmp(path, "-") == 0)
		return show_stream(s, STDIN_FILENO);
	s->file = path;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ee_fail_sys(&s->tool->err, "%s", path);
	n = pread(fd, head, sizeof(head), 0);
	switch (file_kind_of(path, head, n > 0 ? (size_t)n : 0)) {
	case FILE_NPZ:		status = show_npz(s); break;
	case FILE_SAFETENSORS:	status = show_safetensors(s); break;
	case FILE_TORCH:	status = show_torch(s); break;
	case FILE_STREAM:	status = show_stream(s, fd); break;
	}
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
	(void)!show_line(s, "damage", &text);
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
	enum ee_status status;

	tool_start(&tool, argc, argv);
	parse_options(&show, argc, argv);
	if (optind == argc && isatty(STDIN_FILENO))
		tool_misuse(&tool, "no FILE, and standard input is a "
			    "terminal");
	status = show_all(&show, optind < argc ? argv + optind :
						 standard_input);
	ee_arena_free(&show.arena);
	return tool_finish(&tool, status);
}
