/* tokjson_parts.c - what tokenizer.json does before and after its model. */
#include <stdio.h>
#include <string.h>

#include "text/tokjson.h"

enum ee_status
ee_tok_json_flag(const struct ee_value *map, const char *key, bool *out,
		 const char *where, struct ee_err *err)
{
	const struct ee_value *v = ee_get(map, key);

	if (v == NULL || v->type == EE_NULL)
		return EE_OK;
	return ee_get_logic(map, key, out, where, err);
}

enum ee_status
ee_tok_json_text(const struct ee_value *map, const char *key,
		 const struct ee_value **out, const char *where,
		 struct ee_err *err)
{
	const struct ee_value *v = ee_get(map, key);

	if (v == NULL || v->type == EE_NULL)
		return EE_OK;
	if (v->type != EE_TEXT)
		return ee_fail(err, EE_EFORMAT, "%s: '%s' is %s, want a text",
			       where, key, ee_type_name(v->type));
	*out = v;
	return EE_OK;
}

static enum ee_status
unsupported(const char *where, const char *what, const char *type,
	    struct ee_err *err)
{
	return ee_fail(err, EE_EFORMAT, "%s: %s: %.60s is not supported",
		       where, what, type);
}

/* "type" of one part; "" where it has none. */
static const char *
type_of(const struct ee_value *v)
{
	const struct ee_value *type = ee_get(v, "type");

	return type != NULL && type->type == EE_TEXT ? type->u.text : "";
}

/*
 * Call 'one' for 'v', or for each member of its list 'key' if it is a
 * Sequence (which may be nested).
 */
static enum ee_status
each(struct ee_tokenizer *tok, const struct ee_value *v, const char *key,
     const char *where,
     enum ee_status (*one)(struct ee_tokenizer *, const struct ee_value *,
			   const char *, struct ee_err *),
     struct ee_err *err)
{
	const struct ee_value *list = ee_get(v, key);
	enum ee_status status = EE_OK;
	size_t i;

	if (v == NULL || v->type == EE_NULL)
		return EE_OK;
	if (strcmp(type_of(v), "Sequence") != 0)
		return one(tok, v, where, err);
	if (list == NULL || list->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: Sequence: no list '%s'",
			       where, key);
	for (i = 0; i < list->n && status == EE_OK; i++)
		status = each(tok, &list->u.list[i], key, where, one, err);
	return status;
}

/* A pattern's String or Regex. */
static enum ee_status
pattern_of(const struct ee_value *v, const struct ee_value **text,
	   bool *regex, const char *where, struct ee_err *err)
{
	const struct ee_value *pattern = ee_get(v, "pattern");
	enum ee_status status;

	*text = NULL;
	status = ee_tok_json_text(pattern, "String", text, where, err);
	*regex = *text == NULL;
	if (status == EE_OK && *regex)
		status = ee_tok_json_text(pattern, "Regex", text, where, err);
	if (status == EE_OK && *text == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: %s: no 'pattern'", where,
			       type_of(v));
	return status;
}

/* Replace of one text by another, into 'norms'. */
static enum ee_status
read_replace(struct ee_norm *norms, size_t *n, const struct ee_value *v,
	     const char *where, struct ee_err *err)
{
	const struct ee_value *from, *to = NULL;
	enum ee_status status;
	bool regex;

	status = pattern_of(v, &from, &regex, where, err);
	if (status == EE_OK && regex)
		return unsupported(where, "Replace", "a Regex pattern", err);
	if (status == EE_OK)
		status = ee_tok_json_text(v, "content", &to, where, err);
	if (status == EE_OK && to == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: Replace: no 'content'",
			       where);
	if (status == EE_OK)
		status = ee_tok_norm(norms, n, EE_NORM_REPLACE, from->u.text,
				     from->n, to->u.text, to->n, err);
	return status;
}

static enum ee_status
one_normalizer(struct ee_tokenizer *tok, const struct ee_value *v,
	       const char *where, struct ee_err *err)
{
	const char *type = type_of(v);
	const struct ee_value *text = NULL;
	enum ee_status status;

	if (strcmp(type, "NFC") == 0)
		return ee_tok_norm(tok->norms, &tok->n_norms, EE_NORM_NFC,
				   NULL, 0, NULL, 0, err);
	if (strcmp(type, "Replace") == 0)
		return read_replace(tok->norms, &tok->n_norms, v, where, err);
	if (strcmp(type, "Prepend") != 0)
		return unsupported(where, "normalizer", type, err);
	status = ee_tok_json_text(v, "prepend", &text, where, err);
	if (status == EE_OK && text == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: Prepend: no 'prepend'",
			       where);
	if (status == EE_OK)
		status = ee_tok_norm(tok->norms, &tok->n_norms,
				     EE_NORM_PREPEND, NULL, 0, text->u.text,
				     text->n, err);
	return status;
}

enum ee_status
ee_tok_json_normalizer(struct ee_tokenizer *tok, const struct ee_value *v,
		       const char *where, struct ee_err *err)
{
	return each(tok, v, "normalizers", where, one_normalizer, err);
}

/* The pattern that matches 'text' as it is. */
static const char *
quoted(struct ee_tokenizer *tok, const struct ee_value *text, size_t *len)
{
	char *out = ee_arena_alloc(&tok->arena, 2 * text->n + 1, 1);
	size_t i;

	*len = 0;
	for (i = 0; out != NULL && i < text->n; i++) {
		if (strchr("\\^$.|?*+()[]{}", text->u.text[i]) != NULL)
			out[(*len)++] = '\\';
		out[(*len)++] = text->u.text[i];
	}
	return out != NULL ? out : "";
}

static enum ee_status
read_split(struct ee_tokenizer *tok, const struct ee_value *v,
	   const char *where, struct ee_err *err)
{
	const struct ee_value *text, *behavior = NULL;
	bool regex, invert = false, removed;
	struct ee_split split;
	enum ee_status status;
	const char *pattern;
	size_t len;

	status = pattern_of(v, &text, &regex, where, err);
	if (status == EE_OK)
		status = ee_tok_json_text(v, "behavior", &behavior, where,
					  err);
	if (status == EE_OK)
		status = ee_tok_json_flag(v, "invert", &invert, where, err);
	if (status != EE_OK)
		return status;
	removed = behavior != NULL && strcmp(behavior->u.text, "Removed") == 0;
	if (behavior == NULL ||
	    (!removed && strcmp(behavior->u.text, "Isolated") != 0))
		return unsupported(where, "pre_tokenizer: Split: behavior",
				   behavior ? behavior->u.text : "none", err);
	pattern = text->u.text;
	len = text->n;
	if (!regex)
		pattern = quoted(tok, text, &len);
	status = ee_split_pattern(&split, pattern, len, err);
	if (status != EE_OK)
		return ee_within(err, status, "%s: pre_tokenizer: Split",
				 where);
	split.drop_hits = removed && !invert;
	split.drop_gaps = removed && invert;
	if (split.drop_hits && split.kind != EE_SPLIT_REGEX)
		return unsupported(where, "pre_tokenizer: Split",
				   "to remove all text", err);
	return ee_tok_split(tok, &split, err);
}

static enum ee_status
read_byte_level(struct ee_tokenizer *tok, const struct ee_value *v,
		const char *where, struct ee_err *err)
{
	const struct ee_split split = { .kind = EE_SPLIT_GPT2 };
	bool prefix = true, regex = true;
	enum ee_status status;

	status = ee_tok_json_flag(v, "add_prefix_space", &prefix, where, err);
	if (status == EE_OK)
		status = ee_tok_json_flag(v, "use_regex", &regex, where, err);
	if (status != EE_OK)
		return status;
	if (prefix && tok->n_splits > 0)
		return unsupported(where, "pre_tokenizer: ByteLevel",
				   "add_prefix_space after a Split", err);
	tok->vocab.byte_level = true;
	if (prefix)
		status = ee_tok_norm(tok->pres, &tok->n_pres, EE_NORM_PREFIX,
				     NULL, 0, " ", 1, err);
	if (status == EE_OK && regex)
		status = ee_tok_split(tok, &split, err);
	return status;
}

/* How a Metaspace puts a mark in front: always, first or never. */
static enum ee_status
prepend_scheme(const struct ee_value *v, const char **scheme,
	       const char *where, struct ee_err *err)
{
	const struct ee_value *text = NULL;
	bool prefix = true;
	enum ee_status status;

	status = ee_tok_json_text(v, "prepend_scheme", &text, where, err);
	if (status == EE_OK)
		status = ee_tok_json_flag(v, "add_prefix_space", &prefix,
					  where, err);
	if (status != EE_OK)
		return status;
	*scheme = text ? text->u.text : prefix ? "always" : "never";
	if (strcmp(*scheme, "always") != 0 && strcmp(*scheme, "first") != 0 &&
	    strcmp(*scheme, "never") != 0)
		return unsupported(where, "Metaspace: prepend_scheme",
				   *scheme, err);
	return EE_OK;
}

static enum ee_status
read_metaspace(struct ee_tokenizer *tok, const struct ee_value *v,
	       const char *where, struct ee_err *err)
{
	const struct ee_split at_mark = { .kind = EE_SPLIT_MARK };
	const struct ee_value *mark = NULL;
	const char *scheme;
	enum ee_status status;
	bool split = true;

	status = ee_tok_json_text(v, "replacement", &mark, where, err);
	if (status == EE_OK)
		status = ee_tok_json_flag(v, "split", &split, where, err);
	if (status == EE_OK)
		status = prepend_scheme(v, &scheme, where, err);
	if (status != EE_OK)
		return status;
	if (mark == NULL || strcmp(mark->u.text, "\xe2\x96\x81") != 0 ||
	    tok->n_splits > 0 || tok->n_pres > 0)
		return unsupported(where, "pre_tokenizer: Metaspace",
				   "any but U+2581 or any but the first", err);
	status = ee_tok_norm(tok->pres, &tok->n_pres, EE_NORM_REPLACE, " ", 1,
			     mark->u.text, mark->n, err);
	if (status == EE_OK && strcmp(scheme, "never") != 0)
		status = ee_tok_norm(tok->pres, &tok->n_pres,
				     strcmp(scheme, "first") == 0
				     ? EE_NORM_PREFIX_FIRST : EE_NORM_PREFIX,
				     NULL, 0, mark->u.text, mark->n, err);
	if (status == EE_OK && split)
		status = ee_tok_split(tok, &at_mark, err);
	return status;
}

static enum ee_status
one_pre(struct ee_tokenizer *tok, const struct ee_value *v,
	const char *where, struct ee_err *err)
{
	const char *type = type_of(v);

	if (tok->vocab.byte_level)
		return unsupported(where, "pre_tokenizer",
				   "a step after ByteLevel", err);
	if (strcmp(type, "ByteLevel") == 0)
		return read_byte_level(tok, v, where, err);
	if (strcmp(type, "Split") == 0)
		return read_split(tok, v, where, err);
	if (strcmp(type, "Metaspace") == 0)
		return read_metaspace(tok, v, where, err);
	return unsupported(where, "pre_tokenizer", type, err);
}

enum ee_status
ee_tok_json_pre(struct ee_tokenizer *tok, const struct ee_value *v,
		const char *where, struct ee_err *err)
{
	return each(tok, v, "pretokenizers", where, one_pre, err);
}
