/*
 * tokjson.c - tokenizer.json.
 *
 * The vocabulary and the merges are found first and cut out; what is left is
 * small, becomes a tree and says how the two are to be read.
 */
#include "text/tokjson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file/json.h"
#include "text/jsonscan.h"
#include "text/utf8.h"

static enum ee_status
scan_model(struct ee_scan *scan, struct ee_json_parts *parts,
	   struct ee_err *err);

/* The members of a map: 'model' within the top, vocab and merges in that. */
static enum ee_status
scan_members(struct ee_scan *scan, bool in_model, struct ee_json_parts *parts,
	     struct ee_err *err)
{
	enum ee_status status;
	struct ee_json_part *part, other;
	const char *key;
	size_t len;

	do {
		status = ee_scan_string(scan, &key, &len, err);
		if (status != EE_OK)
			return status;
		part = &other;
		if (in_model && len == 5 && memcmp(key, "vocab", 5) == 0)
			part = &parts->vocab;
		if (in_model && len == 6 && memcmp(key, "merges", 6) == 0)
			part = &parts->merges;
		if (!ee_scan_take(scan, ':'))
			return ee_scan_want(scan, "':'", err);
		ee_scan_peek(scan);
		if (part != &other && part->from != NULL)
			return ee_scan_want(scan, "no second one of a key",
					    err);
		part->from = scan->p;
		if (!in_model && len == 5 && memcmp(key, "model", 5) == 0)
			status = scan_model(scan, parts, err);
		else
			status = ee_scan_skip(scan, err);
		part->to = scan->p;
		if (status != EE_OK)
			return status;
	} while (ee_scan_take(scan, ','));
	if (!ee_scan_take(scan, '}'))
		return ee_scan_want(scan, "',' or '}'", err);
	return EE_OK;
}

static enum ee_status
scan_model(struct ee_scan *scan, struct ee_json_parts *parts,
	   struct ee_err *err)
{
	if (!ee_scan_take(scan, '{'))
		return ee_scan_skip(scan, err);
	if (ee_scan_take(scan, '}'))
		return EE_OK;
	return scan_members(scan, true, parts, err);
}

static enum ee_status
find_parts(const char *text, size_t len, const char *where,
	   struct ee_json_parts *parts, struct ee_err *err)
{
	enum ee_status status = EE_OK;
	struct ee_scan scan;

	*parts = (struct ee_json_parts){ { NULL, NULL }, { NULL, NULL } };
	ee_scan_init(&scan, text, len, where);
	if (!ee_scan_take(&scan, '{'))
		status = ee_scan_want(&scan, "a map", err);
	else if (!ee_scan_take(&scan, '}'))
		status = scan_members(&scan, false, parts, err);
	ee_scan_free(&scan);
	return status;
}

/* Copy from..to without the part but with its line ends, so that the lines
 * of errors stay right; returns the end. */
static char *
copy_without(char *out, const char *from, const char *to,
	     const struct ee_json_part *part)
{
	const char *p;

	if (part->from == NULL || part->from < from || part->to > to) {
		memcpy(out, from, (size_t)(to - from));
		return out + (to - from);
	}
	memcpy(out, from, (size_t)(part->from - from));
	out += part->from - from;
	memcpy(out, "null", 4);
	out += 4;
	for (p = part->from; (p = memchr(p, '\n', (size_t)(part->to - p)));
	     p++)
		*out++ = '\n';
	memcpy(out, part->to, (size_t)(to - part->to));
	return out + (to - part->to);
}

/* All of the text but the two parts, as a tree. */
static enum ee_status
read_rest(struct ee_arena *arena, const char *text, size_t len,
	  const struct ee_json_parts *parts, const char *where,
	  struct ee_value *out, struct ee_err *err)
{
	const struct ee_json_part *one = &parts->vocab, *two = &parts->merges;
	const char *middle, *to = text + len;
	enum ee_status status;
	char *copy, *end;

	if (two->from != NULL && (one->from == NULL || two->from < one->from)) {
		one = two;
		two = &parts->vocab;
	}
	copy = ee_calloc(len + 16, 1, err);
	if (copy == NULL)
		return EE_ENOMEM;
	middle = one->from ? one->to : to;
	end = copy_without(copy, text, middle, one);
	end = copy_without(end, middle, to, two);
	status = ee_json_parse(arena, copy, (size_t)(end - copy), where, out,
			       err);
	free(copy);
	return status;
}

/* A setting that we have only one value of: absent, null, false, 0 or "". */
static enum ee_status
want_unset(const struct ee_value *model, const char *key, const char *where,
	   struct ee_err *err)
{
	const struct ee_value *v = ee_get(model, key);

	if (v == NULL || v->type == EE_NULL ||
	    (v->type == EE_TEXT && v->n == 0) ||
	    (v->type == EE_LOGIC && !v->u.logic) ||
	    (v->type == EE_INT && v->u.integer == 0) ||
	    (v->type == EE_REAL && !(v->u.real > 0 || v->u.real < 0)))
		return EE_OK;
	return ee_fail(err, EE_EFORMAT, "%s: model: '%s' is not supported",
		       where, key);
}

static enum ee_status
read_model(struct ee_tokenizer *tok, const struct ee_value *model,
	   const char *where, struct ee_err *err)
{
	static const char *const unset[] = {
		"dropout", "continuing_subword_prefix", "end_of_word_suffix"
	};
	struct ee_vocab *v = &tok->vocab;
	const struct ee_value *type = NULL;
	enum ee_status status = EE_OK;
	char at[300];
	size_t i;

	snprintf(at, sizeof(at), "%s: model", where);
	if (model == NULL || model->type != EE_MAP)
		return ee_fail(err, EE_EFORMAT, "%s: no 'model'", where);
	status = ee_tok_json_text(model, "type", &type, at, err);
	if (status != EE_OK)
		return status;
	if (type != NULL && strcmp(type->u.text, "BPE") != 0)
		return ee_fail(err, EE_EFORMAT, "%s: type '%.40s' is not "
			       "supported, only BPE", at, type->u.text);
	for (i = 0; i < 3 && status == EE_OK; i++)
		status = want_unset(model, unset[i], where, err);
	if (status == EE_OK)
		status = ee_tok_json_flag(model, "fuse_unk", &v->fuse_unk, at,
					  err);
	if (status == EE_OK)
		status = ee_tok_json_flag(model, "byte_fallback",
					  &v->byte_fallback, at, err);
	if (status == EE_OK)
		status = ee_tok_json_flag(model, "ignore_merges",
					  &v->ignore_merges, at, err);
	return status;
}

/* One of "added_tokens". */
static enum ee_status
read_added(struct ee_tokenizer *tok, const struct ee_value *v,
	   const char *where, struct ee_err *err)
{
	static const struct {
		const char *key;
		unsigned flag;
	} flags[] = {
		{ "special", EE_ADDED_SPECIAL }, { "lstrip", EE_ADDED_LSTRIP },
		{ "rstrip", EE_ADDED_RSTRIP },
		{ "normalized", EE_ADDED_NORMAL },
		{ "single_word", EE_ADDED_WORD }
	};
	const struct ee_value *content = NULL;
	enum ee_status status;
	unsigned set = 0;
	int64_t id;
	bool on;
	size_t i;

	status = ee_get_int(v, "id", 0, EE_MAX_ID - 1, &id, where, err);
	if (status == EE_OK)
		status = ee_tok_json_text(v, "content", &content, where, err);
	if (status == EE_OK && (content == NULL || content->n == 0))
		return ee_fail(err, EE_EFORMAT, "%s: id %lld: no 'content'",
			       where, (long long)id);
	for (i = 0; i < 5 && status == EE_OK; i++) {
		/* what the reference takes for "not said" */
		on = flags[i].flag == EE_ADDED_NORMAL;
		status = ee_tok_json_flag(v, flags[i].key, &on, where, err);
		set |= on ? flags[i].flag : 0;
	}
	if (status == EE_OK)
		status = ee_tok_add(tok, content->u.text, content->n, id, set,
				    err);
	return status;
}

static enum ee_status
read_all_added(struct ee_tokenizer *tok, const struct ee_value *list,
	       const char *where, struct ee_err *err)
{
	enum ee_status status = EE_OK;
	char at[300];
	size_t i;

	if (list == NULL || list->type == EE_NULL)
		return EE_OK;
	if (list->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: 'added_tokens' is %s, "
			       "want a list", where,
			       ee_type_name(list->type));
	for (i = 0; i < list->n && status == EE_OK; i++) {
		snprintf(at, sizeof(at), "%s: added_tokens[%zu]", where, i);
		status = read_added(tok, &list->u.list[i], at, err);
	}
	return status;
}

/* The name of the unknown token, when the vocabulary is there. */
static enum ee_status
read_unk(struct ee_tokenizer *tok, const struct ee_value *model,
	 const char *where, struct ee_err *err)
{
	const struct ee_value *unk = NULL;
	enum ee_status status;

	status = ee_tok_json_text(model, "unk_token", &unk, where, err);
	if (status != EE_OK || unk == NULL)
		return status;
	status = ee_vocab_find(&tok->vocab, unk->u.text, unk->n,
			       &tok->vocab.unk, err);
	if (status == EE_OK && tok->vocab.unk < 0)
		return ee_fail(err, EE_EFORMAT, "%s: unk_token '%.40s' is not "
			       "in the vocabulary", where, unk->u.text);
	return status;
}

/* What the tree says, in the order in which one thing needs another. */
static enum ee_status
read_tree(struct ee_tokenizer *tok, const struct ee_value *top,
	  const char *text, const struct ee_json_parts *parts,
	  const char *where, struct ee_err *err)
{
	const struct ee_value *model = ee_get(top, "model");
	enum ee_status status = read_model(tok, model, where, err);

	if (status == EE_OK)
		status = ee_tok_json_pre(tok, ee_get(top, "pre_tokenizer"),
					 where, err);
	if (status == EE_OK)
		status = ee_tok_json_normalizer(tok, ee_get(top, "normalizer"),
						where, err);
	if (status == EE_OK)
		status = ee_tok_json_vocab(tok, text, parts, where, err);
	if (status == EE_OK)
		status = read_unk(tok, model, where, err);
	if (status == EE_OK)
		status = read_all_added(tok, ee_get(top, "added_tokens"),
					where, err);
	if (status == EE_OK)
		status = ee_tok_json_post(tok, ee_get(top, "post_processor"),
					  where, err);
	if (status == EE_OK)
		status = ee_tok_json_decoder(tok, ee_get(top, "decoder"),
					     where, err);
	return status;
}

enum ee_status
ee_tok_read_json(struct ee_tokenizer *tok, const char *text, size_t len,
		 const char *where, struct ee_err *err)
{
	const size_t valid = ee_utf8_valid(text, len);
	struct ee_json_parts parts;
	enum ee_status status;
	struct ee_value top;

	if (valid < len)
		return ee_fail(err, EE_EFORMAT, "%s: byte %zu: not UTF-8",
			       where, valid);
	status = find_parts(text, len, where, &parts, err);
	if (status == EE_OK)
		status = read_rest(&tok->arena, text, len, &parts, where, &top,
				   err);
	if (status == EE_OK)
		status = read_tree(tok, &top, text, &parts, where, err);
	return status;
}
