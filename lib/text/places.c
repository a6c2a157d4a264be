/* places.c - finding the documents of a corpus.  See places.h. */
#include "text/places.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/try.h"
#include "file/json.h"

static size_t
files_of(const struct ee_corpus_options *opt)
{
	return opt->n_files > 0 ? opt->n_files : 1;
}

/* The i-th path and its name in messages. */
static const char *
path_of(const struct ee_corpus_options *opt, size_t i, const char **name)
{
	const char *path = opt->n_files > 0 ? opt->files[i] : "-";

	*name = strcmp(path, "-") == 0 ? "standard input" : path;
	return path;
}

static bool
is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Is a line no document?  Only among JSON records. */
static bool
is_passed_over(const struct ee_corpus_options *opt, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && is_space((unsigned char)s[i]); i++)
		;
	return opt->field != NULL && i == n;
}

/* Length of a line without its end. */
static size_t
without_end(const char *s, size_t n)
{
	if (n > 0 && s[n - 1] == '\n')
		n--;
	if (n > 0 && s[n - 1] == '\r')
		n--;
	return n;
}

static enum ee_status
parse_list(struct ee_arena *arena, const char *text, size_t len,
	   const char *name, struct ee_value *list, struct ee_err *err)
{
	TRY(ee_json_parse(arena, text, len, name, list, err));
	if (list->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: is %s, want a list of "
			       "records", name, ee_type_name(list->type));
	return EE_OK;
}

void
ee_places_init(struct ee_places *p, const struct ee_corpus_options *opt)
{
	*p = (struct ee_places){ .opt = opt, .fd = -1 };
}

static void
close_file(struct ee_places *p)
{
	if (p->fp != NULL)
		fclose(p->fp);
	ee_gunzip_close(p->gz);
	if (p->fd > STDIN_FILENO)
		close(p->fd);
	p->fp = NULL;
	p->gz = NULL;
	p->fd = -1;
	p->list.n = 0;
	ee_arena_reset(&p->arena);
}

void
ee_places_free(struct ee_places *p)
{
	close_file(p);
	free(p->line);
	ee_arena_free(&p->arena);
}

/* Why reading has stopped before the end. */
static enum ee_status
read_error(const struct ee_places *p, struct ee_err *err)
{
	enum ee_status status = ee_gunzip_failed(p->gz, err);

	return status != EE_OK ? status : ee_fail_sys(err, "%s", p->name);
}

/* All that is left of the file, to p->line. */
static enum ee_status
read_rest(struct ee_places *p, size_t *len, struct ee_err *err)
{
	size_t n;

	*len = 0;
	do {
		TRY(ee_reserve(&p->line, &p->room, *len + 4096, 1, err));
		n = fread(p->line + *len, 1, p->room - *len, p->fp);
		*len += n;
	} while (n > 0);
	return ferror(p->fp) ? read_error(p, err) : EE_OK;
}

/* Records that begin with '[' are one JSON list. */
static enum ee_status
read_list(struct ee_places *p, struct ee_err *err)
{
	size_t len;
	int c;

	do {
		c = getc(p->fp);
		p->number += c == '\n';
	} while (c != EOF && is_space(c));
	if (ferror(p->fp))
		return read_error(p, err);
	if (c != EOF)
		ungetc(c, p->fp);
	if (c != '[')
		return EE_OK;
	TRY(read_rest(p, &len, err));
	return parse_list(&p->arena, p->line, len, p->name, &p->list, err);
}

/* Open the next file; EE_END if there is none. */
static enum ee_status
open_next(struct ee_places *p, struct ee_err *err)
{
	const char *path;

	if (p->next_file == files_of(p->opt))
		return EE_END;
	path = path_of(p->opt, p->next_file++, &p->name);
	p->fd = strcmp(path, "-") == 0 ? STDIN_FILENO :
					 open(path, O_RDONLY | O_CLOEXEC);
	if (p->fd < 0)
		return ee_fail_sys(err, "%s", path);
	TRY(ee_gunzip_open(&p->gz, p->fd, NULL, 0, p->name, err));
	p->fp = ee_gunzip_file(p->gz, err);
	if (p->fp == NULL)
		return EE_EIO;
	p->number = p->at = 0;
	return p->opt->field != NULL ? read_list(p, err) : EE_OK;
}

/* The next member of the list or line of the file that is open; EE_END at
 * its end. */
static enum ee_status
next_here(struct ee_places *p, struct ee_place *place, struct ee_err *err)
{
	ssize_t n;

	*place = (struct ee_place){ .file = p->name };
	if (p->at < p->list.n) {
		place->record = &p->list.u.list[p->at++];
		place->number = p->at;
		return EE_OK;
	}
	do {
		n = getline(&p->line, &p->room, p->fp);
		if (n < 0)
			return feof(p->fp) ? EE_END : read_error(p, err);
		place->s = p->line;
		place->len = without_end(p->line, (size_t)n);
		place->number = ++p->number;
	} while (is_passed_over(p->opt, place->s, place->len));
	return EE_OK;
}

enum ee_status
ee_places_next(struct ee_places *p, struct ee_place *place,
	       struct ee_err *err)
{
	enum ee_status status;

	for (;;) {
		if (p->fp == NULL)
			TRY(open_next(p, err));
		status = next_here(p, place, err);
		if (status != EE_END)
			return status;
		close_file(p);
	}
}

static enum ee_status
add_place(struct ee_place_index *x, const struct ee_place *place,
	  struct ee_err *err)
{
	TRY(ee_reserve(&x->places, &x->room, x->n + 1, sizeof(*x->places),
		       err));
	x->places[x->n++] = *place;
	return EE_OK;
}

static enum ee_status
add_lines(struct ee_place_index *x, const struct ee_corpus_options *opt,
	  const char *s, size_t n, const char *name, struct ee_err *err)
{
	struct ee_place place = { .file = name };
	const char *end = s + n, *next;

	for (; s < end; s = next) {
		next = memchr(s, '\n', (size_t)(end - s));
		next = next != NULL ? next + 1 : end;
		place.s = s;
		place.len = without_end(s, (size_t)(next - s));
		place.number++;
		if (!is_passed_over(opt, s, place.len))
			TRY(add_place(x, &place, err));
	}
	return EE_OK;
}

static enum ee_status
add_list(struct ee_place_index *x, const char *s, size_t n,
	 const char *name, struct ee_err *err)
{
	struct ee_place place = { .file = name };
	struct ee_value list;
	size_t i;

	TRY(parse_list(&x->arena, s, n, name, &list, err));
	for (i = 0; i < list.n; i++) {
		place.record = &list.u.list[i];
		place.number = i + 1;
		TRY(add_place(x, &place, err));
	}
	return EE_OK;
}

static enum ee_status
add_file(struct ee_place_index *x, const struct ee_corpus_options *opt,
	 size_t i, struct ee_err *err)
{
	struct ee_mapped *map = &x->maps[i];
	const char *name, *path = path_of(opt, i, &name), *s;
	size_t at = 0;

	if (strcmp(path, "-") == 0)
		path = "/dev/stdin";
	TRY(ee_map_file(map, path, err));
	x->n_maps++;
	TRY(ee_gunzip_map(map, name, err));
	s = map->size > 0 ? (const char *)map->data : "";
	while (at < map->size && is_space((unsigned char)s[at]))
		at++;
	if (opt->field != NULL && at < map->size && s[at] == '[')
		return add_list(x, s, map->size, name, err);
	return add_lines(x, opt, s, map->size, name, err);
}

enum ee_status
ee_place_index_make(struct ee_place_index *x,
		    const struct ee_corpus_options *opt, struct ee_err *err)
{
	const size_t n = files_of(opt);
	size_t i;

	*x = (struct ee_place_index){0};
	x->maps = ee_calloc(n, sizeof(*x->maps), err);
	if (x->maps == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n; i++)
		TRY(add_file(x, opt, i, err));
	return EE_OK;
}

void
ee_place_index_free(struct ee_place_index *x)
{
	size_t i;

	for (i = 0; i < x->n_maps; i++)
		ee_unmap_file(&x->maps[i]);
	free(x->maps);
	free(x->places);
	ee_arena_free(&x->arena);
}
