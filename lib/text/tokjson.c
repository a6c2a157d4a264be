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

#include "base/try.h"
#include "file/json.h"
#include "text/jsonscan.h"

static bool
is(const char *key, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(key, name, len) == 0;
}

static enum ee_status
find_in_model(void *ctx, struct ee_scan *scan, const char *key, size_t len,
	      struct ee_err *err)
{
	struct ee_json_parts *parts = ctx;
	struct ee_json_part other = { NULL, NULL };
	struct ee_json_part *part = is(key, len, "vocab") ? &parts->vocab :
				    is(key, len, "merges") ? &parts->merges :
				    &other;

	ee_scan_peek(scan);
	if (part->from != NULL)
		return ee_scan_want(scan, "no second one of a key", err);
	part->from = scan->p;
	TRY(ee_scan_skip(scan, err));
	part->to = scan->p;
	return EE_OK;
}

static enum ee_status
find_in_top(void *ctx, struct ee_scan *scan, const char *key, size_t len,
	    struct ee_err *err)
{
	if (is(key, len, "model") && ee_scan_peek(scan) == '{')
		return ee_scan_each(scan, '{', "a map", find_in_model, ctx,
				    err);
	return ee_scan_skip(scan, err);
}

static enum ee_status
find_parts(const struct ee_tok_file *f, struct ee_json_parts *parts,
	   struct ee_err *err)
{
	enum ee_status status;
	struct ee_scan scan;

	*parts = (struct ee_json_parts){ { NULL, NULL }, { NULL, NULL } };
	ee_scan_init(&scan, f->s, f->n, f->where);
	status = ee_scan_each(&scan, '{', "a map", find_in_top, parts, err);
	ee_scan_free(&scan);
	return status;
}

/* All of the text but the two parts, as a tree.  Their line ends stay, so that
 * the lines of errors are right. */
static enum ee_status
read_rest(struct ee_arena *arena, const struct ee_tok_file *f,
	  const struct ee_json_parts *parts, struct ee_value *out,
	  struct ee_err *err)
{
	const bool turned = (uintptr_t)parts->merges.from <
			    (uintptr_t)parts->vocab.from;
	const struct ee_json_part order[2] = {
		turned ? parts->merges : parts->vocab,
		turned ? parts->vocab : parts->merges
	};
	char *copy = ee_calloc(f->n + 16, 1, err), *end = copy;
	const char *p = f->s, *eol;
	enum ee_status status;
	unsigned i;

	if (copy == NULL)
		return EE_ENOMEM;
	for (i = 0; i < 2; i++) {
		const struct ee_json_part *part = &order[i];

		if (part->from == NULL)
			continue;
		end = mempcpy(end, p, (size_t)(part->from - p));
		end = mempcpy(end, "null", 4);
		p = part->from;
		while ((eol = memchr(p, '\n', (size_t)(part->to - p)))) {
			*end++ = '\n';
			p = eol + 1;
		}
		p = part->to;
	}
	end = mempcpy(end, p, (size_t)(f->s + f->n - p));
	status = ee_json_parse(arena, copy, (size_t)(end - copy), f->where,
			       out, err);
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
	char at[300];
	size_t i;

	snprintf(at, sizeof(at), "%s: model", where);
	if (model == NULL || model->type != EE_MAP)
		return ee_fail(err, EE_EFORMAT, "%s: no 'model'", where);
	TRY(ee_tok_json_text(model, "type", &type, at, err));
	if (type != NULL && strcmp(type->u.text, "BPE") != 0)
		return ee_fail(err, EE_EFORMAT, "%s: type '%.40s' is not "
			       "supported, only BPE", at, type->u.text);
	for (i = 0; i < 3; i++)
		TRY(want_unset(model, unset[i], where, err));
	TRY(ee_tok_json_flag(model, "fuse_unk", &v->fuse_unk, at, err));
	TRY(ee_tok_json_flag(model, "byte_fallback", &v->byte_fallback, at,
			     err));
	return ee_tok_json_flag(model, "ignore_merges", &v->ignore_merges, at,
				err);
}

/* One of "added_tokens". */
static enum ee_status
read_added(struct ee_tokenizer *tok, const struct ee_value *v,
	   const char *where, struct ee_err *err)
{
	/* what the reference takes for "not said" */
	unsigned flags = EE_ADDED_NORMAL;
	const struct ee_value *content = NULL;
	int64_t id;

	TRY(ee_get_int(v, "id", 0, EE_MAX_ID - 1, &id, where, err));
	TRY(ee_tok_json_text(v, "content", &content, where, err));
	if (content == NULL || content->n == 0)
		return ee_fail(err, EE_EFORMAT, "%s: id %lld: no 'content'",
			       where, (long long)id);
	TRY(ee_tok_json_flags(v, &flags, where, err));
	return ee_tok_add(tok, content->u.text, content->n, id, flags, err);
}

static enum ee_status
read_all_added(struct ee_tokenizer *tok, const struct ee_value *list,
	       const char *where, struct ee_err *err)
{
	char at[300];
	size_t i;

	if (list == NULL || list->type == EE_NULL)
		return EE_OK;
	if (list->type != EE_LIST)
		return ee_fail(err, EE_EFORMAT, "%s: 'added_tokens' is %s, "
			       "want a list", where,
			       ee_type_name(list->type));
	for (i = 0; i < list->n; i++) {
		snprintf(at, sizeof(at), "%s: added_tokens[%zu]", where, i);
		TRY(read_added(tok, &list->u.list[i], at, err));
	}
	return EE_OK;
}

/* The name of the unknown token, when the vocabulary is there. */
static enum ee_status
read_unk(struct ee_tokenizer *tok, const struct ee_value *model,
	 const char *where, struct ee_err *err)
{
	const struct ee_value *unk = NULL;

	TRY(ee_tok_json_text(model, "unk_token", &unk, where, err));
	if (unk == NULL)
		return EE_OK;
	TRY(ee_vocab_find(&tok->vocab, unk->u.text, unk->n, &tok->vocab.unk,
			  err));
	return tok->vocab.unk >= 0 ? EE_OK :
	       ee_fail(err, EE_EFORMAT, "%s: unk_token '%.40s' is not in the "
		       "vocabulary", where, unk->u.text);
}

/* In the order in which one thing needs another. */
enum ee_status
ee_tok_read_json(struct ee_tokenizer *tok, const struct ee_tok_file *f,
		 struct ee_err *err)
{
	const char *where = f->where;
	const struct ee_value *model;
	struct ee_json_parts parts;
	struct ee_value top;

	TRY(ee_tok_want_utf8(f, err));
	TRY(find_parts(f, &parts, err));
	TRY(read_rest(&tok->arena, f, &parts, &top, err));
	model = ee_get(&top, "model");
	TRY(read_model(tok, model, where, err));
	TRY(ee_tok_json_pre(tok, ee_get(&top, "pre_tokenizer"), where, err));
	TRY(ee_tok_json_normalizer(tok, ee_get(&top, "normalizer"), where,
				   err));
	TRY(ee_tok_json_vocab(tok, f->s, &parts, where, err));
	TRY(read_unk(tok, model, where, err));
	TRY(read_all_added(tok, ee_get(&top, "added_tokens"), where, err));
	TRY(ee_tok_json_post(tok, ee_get(&top, "post_processor"), where, err));
	return ee_tok_json_decoder(tok, ee_get(&top, "decoder"), where, err);
}
