/* tokjson_parts.c - what tokenizer.json does before its model. */
#include <string.h>

#include "base/try.h"
#include "text/tokjson.h"
#include "text/utf8.h"

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

enum ee_status
ee_tok_json_flags(const struct ee_value *v, unsigned *flags,
		  const char *where, struct ee_err *err)
{
	static const struct {
		const char *key;
		unsigned flag;
	} all[] = {
		{ "special", EE_ADDED_SPECIAL }, { "lstrip", EE_ADDED_LSTRIP },
		{ "rstrip", EE_ADDED_RSTRIP },
		{ "normalized", EE_ADDED_NORMAL },
		{ "single_word", EE_ADDED_WORD }
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		bool on = (*flags & all[i].flag) != 0;

		TRY(ee_tok_json_flag(v, all[i].key, &on, where, err));
		*flags = on ? *flags | all[i].flag : *flags & ~all[i].flag;
	}
	return EE_OK;
}

enum ee_status
ee_tok_json_refuse(const char *where, const char *what, const char *type,
		   struct ee_err *err)
{
	return ee_fail(err, EE_EFORMAT, "%s: %s: %.60s is not supported",
		       where, what, type);
}

const char *
ee_tok_json_type(const struct ee_value *v)
{
	const struct ee_value *type = ee_get(v, "type");

	return type != NULL && type->type == EE_TEXT ? type->u.text : "";
}

enum ee_status
ee_tok_json_each(struct ee_tokenizer *tok, const struct ee_value *v,
		 const char *key, const char *where,
		 enum ee_status (*one)(struct ee_tokenizer *,
				       const struct ee_value *, const char *,
				       struct ee_err *),
		 struct ee_err *err)
{
	const struct ee_value *list = ee_get(v, key);
	size_t i;

	if (v == NULL || v->type == EE_NULL)
		return EE_OK;
	if (strcmp(ee_tok_json_type(v), "Sequence") != 0)
		return one(tok, v, where, err);
	if (list == NULL || list->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: Sequence: no list '%s'",
			       where, key);
	for (i = 0; i < list->n; i++)
		TRY(ee_tok_json_each(tok, &list->u.list[i], key, where, one,
				     err));
	return EE_OK;
}

/* A pattern's String or Regex. */
static enum ee_status
pattern_of(const struct ee_value *v, const struct ee_value **text,
	   bool *regex, const char *where, struct ee_err *err)
{
	const struct ee_value *pattern = ee_get(v, "pattern");

	*text = NULL;
	TRY(ee_tok_json_text(pattern, "String", text, where, err));
	*regex = *text == NULL;
	if (*regex)
		TRY(ee_tok_json_text(pattern, "Regex", text, where, err));
	return *text != NULL ? EE_OK :
	       ee_fail(err, EE_EFORMAT, "%s: %s: no 'pattern'", where,
		       ee_tok_json_type(v));
}

enum ee_status
ee_tok_json_replace(struct ee_norm *norms, size_t *n,
		    const struct ee_value *v, const char *where,
		    struct ee_err *err)
{
	const struct ee_value *from, *to = NULL;
	bool regex;

	TRY(pattern_of(v, &from, &regex, where, err));
	if (regex)
		return ee_tok_json_refuse(where, "Replace", "a Regex pattern",
					  err);
	TRY(ee_tok_json_text(v, "content", &to, where, err));
	if (to == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: Replace: no 'content'",
			       where);
	return ee_tok_norm(norms, n, EE_NORM_REPLACE, from->u.text, from->n,
			   to->u.text, to->n, err);
}

static enum ee_status
one_normalizer(struct ee_tokenizer *tok, const struct ee_value *v,
	       const char *where, struct ee_err *err)
{
	const char *type = ee_tok_json_type(v);
	const struct ee_value *text = NULL;

	if (strcmp(type, "NFC") == 0)
		return ee_tok_norm(tok->norms, &tok->n_norms, EE_NORM_NFC,
				   NULL, 0, NULL, 0, err);
	if (strcmp(type, "Replace") == 0)
		return ee_tok_json_replace(tok->norms, &tok->n_norms, v,
					   where, err);
	if (strcmp(type, "Prepend") != 0)
		return ee_tok_json_refuse(where, "normalizer", type, err);
	TRY(ee_tok_json_text(v, "prepend", &text, where, err));
	if (text == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: Prepend: no 'prepend'",
			       where);
	return ee_tok_norm(tok->norms, &tok->n_norms, EE_NORM_PREPEND, NULL,
			   0, text->u.text, text->n, err);
}

enum ee_status
ee_tok_json_normalizer(struct ee_tokenizer *tok, const struct ee_value *v,
		       const char *where, struct ee_err *err)
{
	return ee_tok_json_each(tok, v, "normalizers", where, one_normalizer,
				err);
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

	TRY(pattern_of(v, &text, &regex, where, err));
	TRY(ee_tok_json_text(v, "behavior", &behavior, where, err));
	TRY(ee_tok_json_flag(v, "invert", &invert, where, err));
	removed = behavior != NULL && strcmp(behavior->u.text, "Removed") == 0;
	if (behavior == NULL ||
	    (!removed && strcmp(behavior->u.text, "Isolated") != 0))
		return ee_tok_json_refuse(where, "pre_tokenizer: Split: "
					  "behavior", behavior ?
					  behavior->u.text : "none", err);
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
		return ee_tok_json_refuse(where, "pre_tokenizer: Split",
					  "to remove all text", err);
	return ee_tok_split(tok, &split, err);
}

static enum ee_status
read_byte_level(struct ee_tokenizer *tok, const struct ee_value *v,
		const char *where, struct ee_err *err)
{
	const struct ee_split split = { .kind = EE_SPLIT_GPT2 };
	bool prefix = true, regex = true;

	TRY(ee_tok_json_flag(v, "add_prefix_space", &prefix, where, err));
	TRY(ee_tok_json_flag(v, "use_regex", &regex, where, err));
	if (prefix && tok->n_splits > 0)
		return ee_tok_json_refuse(where, "pre_tokenizer: ByteLevel",
					  "add_prefix_space after a Split",
					  err);
	tok->vocab.byte_level = true;
	if (prefix)
		TRY(ee_tok_norm(tok->pres, &tok->n_pres, EE_NORM_PREFIX, NULL,
				0, " ", 1, err));
	return regex ? ee_tok_split(tok, &split, err) : EE_OK;
}

enum ee_status
ee_tok_json_metaspace(const struct ee_value *v, struct ee_metaspace *out,
		      const char *where, struct ee_err *err)
{
	static const char *const names[] = {
		[EE_MARK_ALWAYS] = "always", [EE_MARK_FIRST] = "first",
		[EE_MARK_NEVER] = "never"
	};
	const struct ee_value *scheme = NULL;
	bool prefix = true;
	unsigned i;

	out->mark = NULL;
	TRY(ee_tok_json_text(v, "replacement", &out->mark, where, err));
	TRY(ee_tok_json_text(v, "prepend_scheme", &scheme, where, err));
	TRY(ee_tok_json_flag(v, "add_prefix_space", &prefix, where, err));
	if (out->mark == NULL)
		return ee_tok_json_refuse(where, "Metaspace",
					  "none without 'replacement'", err);
	out->scheme = prefix ? EE_MARK_ALWAYS : EE_MARK_NEVER;
	if (scheme == NULL)
		return EE_OK;
	for (i = 0; i < 3 && strcmp(scheme->u.text, names[i]) != 0; i++)
		;
	if (i == 3)
		return ee_tok_json_refuse(where, "Metaspace: prepend_scheme",
					  scheme->u.text, err);
	out->scheme = i;
	return EE_OK;
}

static enum ee_status
read_metaspace(struct ee_tokenizer *tok, const struct ee_value *v,
	       const char *where, struct ee_err *err)
{
	const struct ee_split at_mark = { .kind = EE_SPLIT_MARK };
	struct ee_metaspace meta;
	bool split = true;

	TRY(ee_tok_json_metaspace(v, &meta, where, err));
	TRY(ee_tok_json_flag(v, "split", &split, where, err));
	if (strcmp(meta.mark->u.text, EE_MARK) != 0 ||
	    tok->n_splits > 0 || tok->n_pres > 0)
		return ee_tok_json_refuse(where, "pre_tokenizer: Metaspace",
					  "any but U+2581 or any but the "
					  "first", err);
	TRY(ee_tok_norm(tok->pres, &tok->n_pres, EE_NORM_REPLACE, " ", 1,
			meta.mark->u.text, meta.mark->n, err));
	if (meta.scheme != EE_MARK_NEVER)
		TRY(ee_tok_norm(tok->pres, &tok->n_pres,
				meta.scheme == EE_MARK_FIRST
				? EE_NORM_PREFIX_FIRST : EE_NORM_PREFIX, NULL,
				0, meta.mark->u.text, meta.mark->n, err));
	return split ? ee_tok_split(tok, &at_mark, err) : EE_OK;
}

static enum ee_status
one_pre(struct ee_tokenizer *tok, const struct ee_value *v,
	const char *where, struct ee_err *err)
{
	const char *type = ee_tok_json_type(v);

	if (tok->vocab.byte_level)
		return ee_tok_json_refuse(where, "pre_tokenizer",
					  "a step after ByteLevel", err);
	if (strcmp(type, "ByteLevel") == 0)
		return read_byte_level(tok, v, where, err);
	if (strcmp(type, "Split") == 0)
		return read_split(tok, v, where, err);
	if (strcmp(type, "Metaspace") == 0)
		return read_metaspace(tok, v, where, err);
	return ee_tok_json_refuse(where, "pre_tokenizer", type, err);
}

enum ee_status
ee_tok_json_pre(struct ee_tokenizer *tok, const struct ee_value *v,
		const char *where, struct ee_err *err)
{
	return ee_tok_json_each(tok, v, "pretokenizers", where, one_pre, err);
}
