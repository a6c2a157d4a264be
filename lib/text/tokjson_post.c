/* tokjson_post.c - what tokenizer.json does to tokens: added around them,
 * and turned back into text. */
#include <stdio.h>
#include <string.h>

#include "text/tokjson.h"

static const char *
type_of(const struct ee_value *v)
{
	const struct ee_value *type = ee_get(v, "type");

	return type != NULL && type->type == EE_TEXT ? type->u.text : "";
}

/* The ids of the template's special token 'name', to 'ids'. */
static enum ee_status
special_ids(const struct ee_tokenizer *tok, const struct ee_value *template,
	    const char *name, int32_t *ids, size_t *n, const char *where,
	    struct ee_err *err)
{
	const struct ee_value *entry, *list;
	size_t i;

	entry = ee_get(ee_get(template, "special_tokens"), name);
	list = ee_get(entry, "ids");
	if (list == NULL || list->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: no ids of the special "
			       "token '%.40s'", where, name);
	for (i = 0; i < list->n; i++) {
		const struct ee_value *id = &list->u.list[i];

		if (id->type != EE_INT || id->u.integer < 0 ||
		    (uint64_t)id->u.integer >= tok->vocab.n)
			return ee_fail(err, EE_EFORMAT, "%s: special token "
				       "'%.40s': no such id", where, name);
		if (*n == EE_MAX_AROUND)
			return ee_fail(err, EE_EFORMAT, "%s: more than %d "
				       "tokens", where, EE_MAX_AROUND);
		ids[(*n)++] = (int32_t)id->u.integer;
	}
	return EE_OK;
}

/* "single": special tokens around the sequence A. */
static enum ee_status
read_template(struct ee_tokenizer *tok, const struct ee_value *v,
	      const char *where, struct ee_err *err)
{
	const struct ee_value *list = ee_get(v, "single"), *id;
	enum ee_status status = EE_OK;
	size_t i, sequences = 0;

	if (list == NULL || list->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: no list 'single'", where);
	for (i = 0; i < list->n && status == EE_OK; i++) {
		const struct ee_value *piece = &list->u.list[i];

		if (ee_get(piece, "Sequence") != NULL) {
			sequences++;
			continue;
		}
		id = ee_get(ee_get(piece, "SpecialToken"), "id");
		if (id == NULL || id->type != EE_TEXT)
			return ee_fail(err, EE_EFORMAT, "%s: single[%zu]: want "
				       "a Sequence or a SpecialToken", where,
				       i);
		status = sequences == 0
			? special_ids(tok, v, id->u.text, tok->before,
				      &tok->n_before, where, err)
			: special_ids(tok, v, id->u.text, tok->after,
				      &tok->n_after, where, err);
	}
	if (status == EE_OK && sequences != 1)
		return ee_fail(err, EE_EFORMAT, "%s: the sequence occurs %zu "
			       "times, want once", where, sequences);
	return status;
}

enum ee_status
ee_tok_json_post(struct ee_tokenizer *tok, const struct ee_value *v,
		 const char *where, struct ee_err *err)
{
	const struct ee_value *list = ee_get(v, "processors");
	const char *type = type_of(v);
	enum ee_status status = EE_OK;
	char at[300];
	size_t i;

	if (v == NULL || v->type == EE_NULL || strcmp(type, "ByteLevel") == 0)
		return EE_OK;
	if (strcmp(type, "TemplateProcessing") == 0) {
		snprintf(at, sizeof(at), "%s: TemplateProcessing", where);
		if (tok->n_before + tok->n_after > 0)
			return ee_fail(err, EE_EFORMAT, "%s: a second one is "
				       "not supported", at);
		return read_template(tok, v, at, err);
	}
	if (strcmp(type, "Sequence") != 0 || list == NULL ||
	    list->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: post_processor: %.60s is "
			       "not supported", where, type);
	for (i = 0; i < list->n && status == EE_OK; i++)
		status = ee_tok_json_post(tok, &list->u.list[i], where, err);
	return status;
}

static enum ee_status
bad_decoder(const char *where, const char *what, struct ee_err *err)
{
	return ee_fail(err, EE_EFORMAT, "%s: decoder: %.60s is not supported",
		       where, what);
}

static enum ee_status
read_strip(struct ee_decoder *d, const struct ee_value *v, const char *where,
	   struct ee_err *err)
{
	const struct ee_value *content = NULL;
	enum ee_status status;
	int64_t stop;

	status = ee_tok_json_text(v, "content", &content, where, err);
	if (status == EE_OK)
		status = ee_get_int(v, "start", 0, INT32_MAX, &d->strip, where,
				    err);
	if (status == EE_OK)
		status = ee_get_int(v, "stop", 0, INT32_MAX, &stop, where,
				    err);
	if (status != EE_OK)
		return status;
	if (content == NULL || content->n != 1 || stop != 0)
		return bad_decoder(where, "Strip of more than one ASCII "
				   "character, or at the end,", err);
	d->strip_char = content->u.text[0];
	return EE_OK;
}

static enum ee_status
read_metaspace(struct ee_decoder *d, const struct ee_value *v,
	       const char *where, struct ee_err *err)
{
	const struct ee_value *mark = NULL, *scheme = NULL;
	enum ee_status status;
	bool prefix = true;

	status = ee_tok_json_text(v, "replacement", &mark, where, err);
	if (status == EE_OK)
		status = ee_tok_json_text(v, "prepend_scheme", &scheme, where,
					  err);
	if (status == EE_OK)
		status = ee_tok_json_flag(v, "add_prefix_space", &prefix,
					  where, err);
	if (status != EE_OK)
		return status;
	if (mark == NULL)
		return bad_decoder(where, "Metaspace without 'replacement'",
				   err);
	if (scheme != NULL)
		prefix = strcmp(scheme->u.text, "never") != 0;
	d->drop_first = prefix;
	return ee_tok_norm(d->replaces, &d->n_replaces, EE_NORM_REPLACE,
			   mark->u.text, mark->n, " ", 1, err);
}

static enum ee_status
read_replace(struct ee_decoder *d, const struct ee_value *v,
	     const char *where, struct ee_err *err)
{
	const struct ee_value *from = NULL, *to = NULL;
	enum ee_status status;

	status = ee_tok_json_text(ee_get(v, "pattern"), "String", &from,
				  where, err);
	if (status == EE_OK)
		status = ee_tok_json_text(v, "content", &to, where, err);
	if (status != EE_OK)
		return status;
	if (from == NULL || to == NULL)
		return bad_decoder(where, "Replace of anything but a String",
				   err);
	return ee_tok_norm(d->replaces, &d->n_replaces, EE_NORM_REPLACE,
			   from->u.text, from->n, to->u.text, to->n, err);
}

/*
 * The steps of a decoder, each at its place: Replace or Metaspace, then
 * ByteFallback, then Fuse, then Strip.  '*stage' is how far we are.
 */
static enum ee_status
read_step(struct ee_decoder *d, const struct ee_value *v, int *stage,
	  const char *where, struct ee_err *err)
{
	const char *type = type_of(v);
	const int was = *stage;

	if (strcmp(type, "Replace") == 0 && was == 0)
		return read_replace(d, v, where, err);
	if (strcmp(type, "Metaspace") == 0 && was == 0) {
		*stage = 1;
		return read_metaspace(d, v, where, err);
	}
	if (strcmp(type, "ByteFallback") == 0 && was <= 1) {
		*stage = 2;
		d->byte_fallback = true;
		return EE_OK;
	}
	if (strcmp(type, "Fuse") == 0 && was <= 2) {
		*stage = 3;
		return EE_OK;
	}
	if (strcmp(type, "Strip") == 0 && was == 3) {
		*stage = 4;
		return read_strip(d, v, where, err);
	}
	return bad_decoder(where, type, err);
}

enum ee_status
ee_tok_json_decoder(struct ee_tokenizer *tok, const struct ee_value *v,
		    const char *where, struct ee_err *err)
{
	const struct ee_value *list = ee_get(v, "decoders");
	struct ee_decoder *d = &tok->decoder;
	enum ee_status status = EE_OK;
	int stage = 0;
	size_t i;

	d->byte_level = tok->vocab.byte_level;
	if (d->byte_level != (strcmp(type_of(v), "ByteLevel") == 0))
		return bad_decoder(where, d->byte_level
				   ? "any but ByteLevel, after that "
				     "pre-tokenizer,"
				   : "ByteLevel without that pre-tokenizer",
				   err);
	if (d->byte_level)
		return EE_OK;
	d->spaced = v == NULL || v->type == EE_NULL;
	if (d->spaced)
		return EE_OK;
	if (strcmp(type_of(v), "Sequence") != 0)
		return read_step(d, v, &stage, where, err);
	if (list == NULL || list->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: decoder: no list "
			       "'decoders'", where);
	for (i = 0; i < list->n && status == EE_OK; i++)
		status = read_step(d, &list->u.list[i], &stage, where, err);
	return status;
}
