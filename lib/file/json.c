/* json.c - JSON through jansson.  See json.h. */
#include "file/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/outfile.h"
#include "base/try.h"

static struct ee_value
convert(struct ee_arena *arena, const json_t *j)
{
	struct ee_value v = ee_null();
	const char *key;
	json_t *item;
	size_t i, n;

	switch (json_typeof(j)) {
	case JSON_NULL: break;
	case JSON_TRUE: v = ee_logic(true); break;
	case JSON_FALSE: v = ee_logic(false); break;
	case JSON_INTEGER: v = ee_int(json_integer_value(j)); break;
	case JSON_REAL: v = ee_real(json_real_value(j)); break;
	case JSON_STRING:
		n = json_string_length(j);
		v = ee_text_n(ee_arena_text(arena, json_string_value(j), n),
			      n);
		break;
	case JSON_ARRAY:
		v = ee_list();
		json_array_foreach(j, i, item)
			ee_add(arena, &v, convert(arena, item));
		break;
	case JSON_OBJECT:
		v = ee_map();
		json_object_foreach((json_t *)(uintptr_t)j, key, item) {
			const char *k = ee_arena_text(arena, key, strlen(key));

			ee_put(arena, &v, k ? k : "", convert(arena, item));
		}
		break;
	}
	return v;
}

static enum ee_status
parse(struct ee_arena *arena, const char *text, size_t len, size_t flags,
      const char *where, struct ee_value *out, struct ee_err *err)
{
	json_error_t jerr;
	json_t *j = json_loadb(len > 0 ? text : "", len,
			       JSON_DECODE_ANY | flags, &jerr);

	if (j == NULL && json_error_code(&jerr) == json_error_out_of_memory)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	if (j == NULL)
		return ee_fail(err, EE_EFORMAT, "%s:%d:%d: not JSON: %s",
			       where, jerr.line, jerr.column,
			       json_error_code(&jerr) ==
			       json_error_null_character ?
			       "a NUL (\\u0000) in a text" : jerr.text);
	*out = convert(arena, j);
	json_decref(j);
	return ee_arena_check(arena, err);
}

enum ee_status
ee_json_parse(struct ee_arena *arena, const char *text, size_t len,
	      const char *where, struct ee_value *out, struct ee_err *err)
{
	return parse(arena, text, len, JSON_ALLOW_NUL, where, out, err);
}

enum ee_status
ee_json_parse_strict(struct ee_arena *arena, const char *text, size_t len,
		     const char *where, struct ee_value *out,
		     struct ee_err *err)
{
	return parse(arena, text, len, JSON_REJECT_DUPLICATES, where, out,
		     err);
}

static enum ee_status
map_input(struct ee_mapped *file, const char **path, struct ee_err *err)
{
	if (strcmp(*path, "-") == 0) {
		*path = "standard input";
		return ee_map_file(file, "/dev/stdin", err);
	}
	return ee_map_file(file, *path, err);
}

enum ee_status
ee_json_read(struct ee_arena *arena, const char *path, struct ee_value *out,
	     struct ee_err *err)
{
	struct ee_mapped file;
	enum ee_status status;

	TRY(map_input(&file, &path, err));
	status = parse(arena, (const char *)file.data, file.size, 0, path, out,
		       err);
	ee_unmap_file(&file);
	return status;
}

/* One map a line. */
static enum ee_status
parse_lines(struct ee_arena *arena, const char *text, size_t len,
	    const char *path, struct ee_value *out, struct ee_err *err)
{
	const char *end = text + len, *eol;
	struct ee_value v;
	unsigned line = 0;
	char where[256];

	*out = ee_list();
	for (; text < end; text = eol + 1) {
		eol = memchr(text, '\n', (size_t)(end - text));
		if (eol == NULL)
			eol = end;
		line++;
		if (strspn(text, " \t\r\n") >= (size_t)(eol - text))
			continue;
		snprintf(where, sizeof(where), "%s: record on line %u", path,
			 line);
		TRY(parse(arena, text, (size_t)(eol - text), 0, where, &v,
			  err));
		v.line = line;
		ee_add(arena, out, v);
	}
	return ee_arena_check(arena, err);
}

static enum ee_status
parse_records(struct ee_arena *arena, const char *text, size_t len,
	      const char *path, struct ee_value *out, struct ee_err *err)
{
	enum ee_status status;
	struct ee_value whole;
	size_t i;

	status = parse(arena, text, len, 0, path, out, err);
	if (status == EE_OK && out->type == EE_MAP) {
		whole = *out;
		*out = ee_list();
		ee_add(arena, out, whole);
	} else if (status == EE_EFORMAT) {
		/* a list that does not parse is a damaged list, not lines */
		i = strspn(text, " \t\r\n");
		if (i == len)
			return ee_fail(err, EE_EFORMAT, "%s: is empty", path);
		if (text[i] == '{')
			status = parse_lines(arena, text, len, path, out, err);
	}
	TRY(status);
	if (out->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT,
			       "%s: is %s, want a list of records", path,
			       ee_type_name(out->type));
	for (i = 0; i < out->n; i++)
		if (out->u.list[i].type != EE_MAP)
			return ee_fail(err, EE_EFORMAT,
				       "%s: record %zu is %s, want a map",
				       path, i + 1,
				       ee_type_name(out->u.list[i].type));
	return ee_arena_check(arena, err);
}

enum ee_status
ee_json_records(struct ee_arena *arena, const char *path,
		struct ee_value *out, struct ee_err *err)
{
	struct ee_mapped file;
	enum ee_status status;
	char *text;

	TRY(map_input(&file, &path, err));
	/* a NUL at the end, so that strspn stops there */
	text = ee_arena_text(arena, (const char *)file.data, file.size);
	if (text == NULL)
		status = ee_fail(err, EE_ENOMEM, "out of memory");
	else
		status = parse_records(arena, text, file.size, path, out, err);
	ee_unmap_file(&file);
	return status;
}

static void
write_text(FILE *fp, const char *s, size_t n)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s;
	utf8proc_ssize_t left = (utf8proc_ssize_t)n, k;
	utf8proc_int32_t c;

	putc('"', fp);
	for (; left > 0; p += k, left -= k) {
		k = utf8proc_iterate(p, left, &c);
		if (k <= 0) {
			fputs("\\ufffd", fp);
			k = 1;
		} else if (c == '"' || c == '\\') {
			fprintf(fp, "\\%c", (char)c);
		} else if (c == '\n') {
			fputs("\\n", fp);
		} else if (c < 0x20 || c == 0x7f) {
			fprintf(fp, "\\u%04x", (unsigned)c);
		} else {
			fwrite(p, 1, (size_t)k, fp);
		}
	}
	putc('"', fp);
}

static void
write_real(FILE *fp, double d)
{
	char text[40];
	int digits;

	if (!isfinite(d)) {
		fputs("null", fp);
		return;
	}
	/* the shortest that reads back */
	for (digits = 6; digits < 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	if (digits == 17)
		snprintf(text, sizeof(text), "%.17g", d);
	fputs(text, fp);
	if (strpbrk(text, ".e") == NULL)
		fputs(".0", fp);
}

static void
write_tensor(FILE *fp, const struct ee_tensor *t)
{
	unsigned i;

	fprintf(fp, "{\"dtype\": \"%s\", \"shape\": [",
		ee_dtype_name(t->dtype));
	for (i = 0; i < t->ndim; i++)
		fprintf(fp, "%s%zu", i ? ", " : "", t->shape[i]);
	fputs("]}", fp);
}

void
ee_json_write(FILE *fp, const struct ee_value *v)
{
	size_t i;

	switch (v->type) {
	case EE_NULL: fputs("null", fp); break;
	case EE_LOGIC: fputs(v->u.logic ? "true" : "false", fp); break;
	case EE_INT: fprintf(fp, "%lld", (long long)v->u.integer); break;
	case EE_REAL: write_real(fp, v->u.real); break;
	case EE_TEXT: write_text(fp, v->u.text, v->n); break;
	case EE_TENSOR: write_tensor(fp, &v->u.tensor); break;
	case EE_LIST:
		putc('[', fp);
		for (i = 0; i < v->n; i++) {
			if (i > 0)
				fputs(", ", fp);
			ee_json_write(fp, &v->u.list[i]);
		}
		putc(']', fp);
		break;
	case EE_MAP:
		putc('{', fp);
		for (i = 0; i < v->n; i++) {
			const char *key = v->u.map[i].key;

			if (i > 0)
				fputs(", ", fp);
			write_text(fp, key, strlen(key));
			fputs(": ", fp);
			ee_json_write(fp, &v->u.map[i].value);
		}
		putc('}', fp);
		break;
	}
}

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
