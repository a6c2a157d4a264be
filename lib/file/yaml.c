/* yaml.c - YAML through libyaml's events.  See yaml.h. */
#include "file/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/outfile.h"
#include "base/try.h"
#include "file/json.h"
#include "file/yaml_scalar.h"

enum { MAX_DEPTH = 64, MAX_EXPANDED = 100000 };

struct anchor {
	const char *name;
	struct ee_value value;
	size_t size;		/* values in it, itself included */
};

struct doc {
	yaml_parser_t parser;
	yaml_event_t event;	/* the one being looked at */
	bool has_event;
	struct ee_arena *arena;
	struct anchor *anchors;
	size_t nanchors, room;
	size_t expanded;	/* values that aliases have stood for */
	const char *where;
	struct ee_err *err;
};

static unsigned
line_of(const yaml_mark_t *mark)
{
	return (unsigned)(mark->line + 1);
}

static enum ee_status
bad(const struct doc *d, const char *what)
{
	return ee_fail(d->err, EE_EFORMAT, "%s:%u: %s", d->where,
		       line_of(&d->event.start_mark), what);
}

static enum ee_status
next_event(struct doc *d)
{
	const yaml_parser_t *p = &d->parser;

	if (d->has_event)
		yaml_event_delete(&d->event);
	d->has_event = yaml_parser_parse(&d->parser, &d->event) != 0;
	if (d->has_event)
		return EE_OK;
	if (p->error == YAML_MEMORY_ERROR)
		return ee_fail(d->err, EE_ENOMEM, "out of memory");
	return ee_fail(d->err, EE_EFORMAT, "%s:%u:%u: %s%s%s", d->where,
		       line_of(&p->problem_mark),
		       (unsigned)p->problem_mark.column + 1,
		       p->context ? p->context : "", p->context ? ": " : "",
		       p->problem ? p->problem : "not YAML");
}

static enum ee_status
scalar(const struct doc *d, struct ee_value *out)
{
	const char *s = (const char *)d->event.data.scalar.value;
	const char *tag = (const char *)d->event.data.scalar.tag;
	const size_t n = d->event.data.scalar.length;
	const bool plain = d->event.data.scalar.style ==
			   YAML_PLAIN_SCALAR_STYLE;
	const char *kept = ee_arena_text(d->arena, s, n);
	static const struct {
		const char *tag;
		enum ee_type type;
	} tags[] = {
		{ YAML_INT_TAG, EE_INT }, { YAML_FLOAT_TAG, EE_REAL },
		{ YAML_BOOL_TAG, EE_LOGIC }, { YAML_NULL_TAG, EE_NULL },
	};
	size_t i;

	if (kept == NULL)
		return ee_arena_check(d->arena, d->err);
	*out = ee_text_n(kept, n);
	if (tag == NULL ? !plain : strcmp(tag, YAML_STR_TAG) == 0 ||
				   strcmp(tag, "!") == 0)
		return EE_OK;
	*out = strlen(kept) == n ? ee_yaml_scalar(kept, n) : *out;
	if (tag == NULL)
		return EE_OK;
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (strcmp(tag, tags[i].tag) != 0)
			continue;
		if (tags[i].type == EE_REAL && out->type == EE_INT)
			*out = ee_real((double)out->u.integer);
		return out->type == tags[i].type ? EE_OK :
		       bad(d, "the value does not fit its tag");
	}
	return ee_fail(d->err, EE_EFORMAT, "%s:%u: tag '%s' is not known",
		       d->where, line_of(&d->event.start_mark), tag);
}

/* Only the plain tags of lists and maps; nothing that would build objects. */
static enum ee_status
check_tag(const struct doc *d, const yaml_char_t *tag, const char *want)
{
	if (tag == NULL || strcmp((const char *)tag, want) == 0)
		return EE_OK;
	return ee_fail(d->err, EE_EFORMAT, "%s:%u: tag '%s' is not known",
		       d->where, line_of(&d->event.start_mark),
		       (const char *)tag);
}

static enum ee_status
remember(struct doc *d, const char *name, const struct ee_value *v,
	 size_t size)
{
	if (name == NULL)
		return EE_OK;
	TRY(ee_reserve(&d->anchors, &d->room, d->nanchors + 1,
		       sizeof(*d->anchors), d->err));
	d->anchors[d->nanchors++] = (struct anchor){ name, *v, size };
	return EE_OK;
}

static enum ee_status
alias(struct doc *d, struct ee_value *out, size_t *size)
{
	const char *name = (const char *)d->event.data.alias.anchor;
	size_t i;

	for (i = d->nanchors; i-- > 0;) {	/* the latest of a name */
		if (strcmp(d->anchors[i].name, name) != 0)
			continue;
		*out = d->anchors[i].value;
		*size += d->anchors[i].size - 1;
		d->expanded += d->anchors[i].size;
		if (d->expanded > MAX_EXPANDED)
			return bad(d, "aliases stand for too many values");
		return EE_OK;
	}
	return ee_fail(d->err, EE_EFORMAT, "%s:%u: alias '%s' stands for "
		       "nothing", d->where, line_of(&d->event.start_mark),
		       name);
}

static enum ee_status node(struct doc *d, unsigned depth,
			   struct ee_value *out, size_t *size);

static enum ee_status
list(struct doc *d, unsigned depth, struct ee_value *out, size_t *size)
{
	struct ee_value item;

	TRY(check_tag(d, d->event.data.sequence_start.tag, YAML_SEQ_TAG));
	*out = ee_list();
	for (;;) {
		TRY(next_event(d));
		if (d->event.type == YAML_SEQUENCE_END_EVENT)
			return EE_OK;
		TRY(node(d, depth + 1, &item, size));
		ee_add(d->arena, out, item);
	}
}

static int
by_key(const void *a, const void *b)
{
	const struct ee_pair *const *x = a, *const *y = b;
	const int order = strcmp((*x)->key, (*y)->key);

	if (order != 0)
		return order;
	return (*x)->value.line < (*y)->value.line ? -1 :
	       (*x)->value.line > (*y)->value.line;
}

static enum ee_status
check_keys(const struct doc *d, const struct ee_value *map)
{
	const struct ee_pair **sorted;
	enum ee_status status = EE_OK;
	size_t i;

	sorted = ee_calloc(map->n, sizeof(*sorted), d->err);
	if (sorted == NULL)
		return EE_ENOMEM;
	for (i = 0; i < map->n; i++)
		sorted[i] = &map->u.map[i];
	qsort(sorted, map->n, sizeof(*sorted), by_key);
	for (i = 1; i < map->n && status == EE_OK; i++)
		if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
			status = ee_fail(d->err, EE_EFORMAT, "%s:%u: key '%s' "
					 "stands on line %u already", d->where,
					 sorted[i]->value.line, sorted[i]->key,
					 sorted[i - 1]->value.line);
	free(sorted);
	return status;
}

static enum ee_status
pair(struct doc *d, unsigned depth, struct ee_value *map, size_t *size)
{
	const unsigned line = line_of(&d->event.start_mark);
	const char *key = (const char *)d->event.data.scalar.value;
	const size_t n = d->event.data.scalar.length;
	struct ee_value v;

	if (d->event.type != YAML_SCALAR_EVENT || strlen(key) != n)
		return bad(d, "a key must be a word or a string");
	if (strcmp(key, "<<") == 0 && d->event.data.scalar.plain_implicit)
		return bad(d, "merge keys (<<) are not supported");
	if (d->event.data.scalar.anchor != NULL)
		return bad(d, "an anchor on a key is not supported");
	key = ee_arena_text(d->arena, key, n);
	TRY(next_event(d));
	TRY(node(d, depth + 1, &v, size));
	TRY(ee_arena_check(d->arena, d->err));
	v.line = line;
	ee_put(d->arena, map, key, v);
	return EE_OK;
}

static enum ee_status
map(struct doc *d, unsigned depth, struct ee_value *out, size_t *size)
{
	TRY(check_tag(d, d->event.data.mapping_start.tag, YAML_MAP_TAG));
	*out = ee_map();
	for (;;) {
		TRY(next_event(d));
		if (d->event.type == YAML_MAPPING_END_EVENT)
			return check_keys(d, out);
		TRY(pair(d, depth, out, size));
	}
}

static const char *
anchor_of(const struct doc *d)
{
	const yaml_char_t *name = NULL;

	switch (d->event.type) {
	case YAML_SCALAR_EVENT: name = d->event.data.scalar.anchor; break;
	case YAML_SEQUENCE_START_EVENT:
		name = d->event.data.sequence_start.anchor;
		break;
	case YAML_MAPPING_START_EVENT:
		name = d->event.data.mapping_start.anchor;
		break;
	default: break;
	}
	return name ? ee_arena_text(d->arena, (const char *)name,
				    strlen((const char *)name)) : NULL;
}

/*
 * The value that starts at the event at hand; it ends with the last event of
 * the value at hand.  '*size' grows by the number of values in it.
 */
static enum ee_status
node(struct doc *d, unsigned depth, struct ee_value *out, size_t *size)
{
	const unsigned line = line_of(&d->event.start_mark);
	const size_t before = (*size)++;
	const char *name = anchor_of(d);
	enum ee_status status;

	if (depth > MAX_DEPTH)
		return bad(d, "nested too deeply");
	switch (d->event.type) {
	case YAML_SCALAR_EVENT: status = scalar(d, out); break;
	case YAML_SEQUENCE_START_EVENT:
		status = list(d, depth, out, size);
		break;
	case YAML_MAPPING_START_EVENT:
		status = map(d, depth, out, size);
		break;
	case YAML_ALIAS_EVENT: status = alias(d, out, size); break;
	default: status = bad(d, "a value is missing"); break;
	}
	if (status != EE_OK)
		return status;
	out->line = line;
	return remember(d, name, out, *size - before);
}

static enum ee_status
document(struct doc *d, struct ee_value *out)
{
	size_t size = 0;

	*out = ee_null();
	out->line = 1;
	TRY(next_event(d));				/* stream start */
	TRY(next_event(d));
	if (d->event.type == YAML_STREAM_END_EVENT)
		return EE_OK;
	TRY(next_event(d));				/* after its start */
	TRY(node(d, 0, out, &size));
	TRY(next_event(d));				/* document end */
	TRY(next_event(d));
	return d->event.type == YAML_STREAM_END_EVENT ? EE_OK :
	       bad(d, "a second document; only one is wanted");
}

/*
 * A JSON text that libyaml refuses (it knows no \u surrogate pairs) is still
 * JSON: then only the line numbers are missing.
 */
static bool
is_json(struct ee_arena *arena, const char *text, size_t len,
	struct ee_value *out)
{
	struct ee_err ignored;
	size_t i = 0;

	while (i < len && strchr(" \t\r\n", text[i]) != NULL)
		i++;
	return i < len && (text[i] == '{' || text[i] == '[') &&
	       ee_json_parse(arena, text, len, "", out, &ignored) == EE_OK;
}

enum ee_status
ee_yaml_parse(struct ee_arena *arena, const char *text, size_t len,
	      const char *where, struct ee_value *out, struct ee_err *err)
{
	struct doc d = { .arena = arena, .where = where, .err = err };
	enum ee_status status;

	if (!yaml_parser_initialize(&d.parser))
		return ee_fail(err, EE_ENOMEM, "out of memory");
	yaml_parser_set_input_string(&d.parser, (const unsigned char *)
				     (len > 0 ? text : ""), len);
	status = document(&d, out);
	if (d.has_event)
		yaml_event_delete(&d.event);
	if (status == EE_EFORMAT && d.parser.error != YAML_NO_ERROR &&
	    is_json(arena, text, len, out))
		status = EE_OK;
	yaml_parser_delete(&d.parser);
	free(d.anchors);
	return status == EE_OK ? ee_arena_check(arena, err) : status;
}

enum ee_status
ee_yaml_read(struct ee_arena *arena, const char *path, struct ee_value *out,
	     struct ee_err *err)
{
	struct ee_mapped file;
	enum ee_status status;

	TRY(ee_map_file(&file, path, err));
	status = ee_yaml_parse(arena, (const char *)file.data, file.size,
			       path, out, err);
	ee_unmap_file(&file);
	return status;
}
