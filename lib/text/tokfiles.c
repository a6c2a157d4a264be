/* tokfiles.c - vocab.json + merges.txt, and the settings beside them. */
#include <stdlib.h>
#include <string.h>

#include "text/tokjson.h"
#include "text/utf8.h"

/* merges.txt: "#version: ..." if it has one, then two tokens a line. */
static enum ee_status
read_merges(struct ee_vocab *v, const char *text, size_t len,
	    const char *where, struct ee_err *err)
{
	const char *end = text + len, *eol, *space;
	enum ee_status status;
	size_t line = 0, n;

	for (; text < end; text = eol + 1) {
		eol = memchr(text, '\n', (size_t)(end - text));
		if (eol == NULL)
			eol = end;
		n = (size_t)(eol - text);
		if (n > 0 && text[n - 1] == '\r')
			n--;
		line++;
		if (n == 0 || (line == 1 && n >= 8 &&
			       memcmp(text, "#version", 8) == 0))
			continue;
		space = memchr(text, ' ', n);
		if (space == NULL || memchr(space + 1, ' ', n - 1 -
					    (size_t)(space - text)) != NULL)
			return ee_fail(err, EE_EFORMAT, "%s:%zu: want two "
				       "tokens and a space", where, line);
		status = ee_vocab_merge(v, text, (size_t)(space - text),
					space + 1,
					n - 1 - (size_t)(space - text), err);
		if (status != EE_OK)
			return ee_within(err, status, "%s:%zu", where, line);
	}
	return EE_OK;
}

enum ee_status
ee_tok_read_vocab(struct ee_tokenizer *tok, const char *vocab,
		  size_t vocab_len, const char *vocab_where,
		  const char *merges, size_t merges_len,
		  const char *merges_where, struct ee_err *err)
{
	const struct ee_split split = { .kind = EE_SPLIT_GPT2 };
	const size_t valid = ee_utf8_valid(merges, merges_len);
	enum ee_status status;

	tok->vocab.byte_level = true;
	tok->decoder.byte_level = true;
	if (valid < merges_len)
		return ee_fail(err, EE_EFORMAT, "%s: byte %zu: not UTF-8",
			       merges_where, valid);
	status = ee_tok_read_vocab_json(tok, vocab, vocab_len, vocab_where,
					err);
	if (status == EE_OK) {
		status = ee_vocab_index(&tok->vocab, err);
		if (status != EE_OK)
			return ee_within(err, status, "%s", vocab_where);
	}
	if (status == EE_OK)
		status = read_merges(&tok->vocab, merges, merges_len,
				     merges_where, err);
	if (status == EE_OK)
		status = ee_tok_split(tok, &split, err);
	return status;
}

/* The text of a special token, written as such or as a map with "content";
 * NULL if it is neither. */
static const struct ee_value *
content_of(const struct ee_value *v)
{
	if (v != NULL && v->type == EE_MAP)
		v = ee_get(v, "content");
	return v != NULL && v->type == EE_TEXT && v->n > 0 ? v : NULL;
}

/* Id of a token of the vocabulary or an added one; -1 if there is none. */
static enum ee_status
id_of(struct ee_tokenizer *tok, const struct ee_value *text, int32_t *id,
      struct ee_err *err)
{
	enum ee_status status;

	status = ee_vocab_find(&tok->vocab, text->u.text, text->n, id, err);
	if (status == EE_OK && *id < 0)
		*id = ee_added_find(&tok->raw, text->u.text, text->n);
	if (status == EE_OK && *id < 0)
		*id = ee_added_find(&tok->normal, text->u.text, text->n);
	return status;
}

static unsigned
flags_of(const struct ee_value *v, unsigned flags)
{
	static const struct {
		const char *key;
		unsigned flag;
	} all[] = {
		{ "lstrip", EE_ADDED_LSTRIP }, { "rstrip", EE_ADDED_RSTRIP },
		{ "single_word", EE_ADDED_WORD },
		{ "normalized", EE_ADDED_NORMAL },
		{ "special", EE_ADDED_SPECIAL }
	};
	const struct ee_value *on;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		on = ee_get(v, all[i].key);
		if (on != NULL && on->type == EE_LOGIC && on->u.logic)
			flags |= all[i].flag;
	}
	return flags;
}

/* A special token 'v'; its id to '*id' where that is wanted. */
static enum ee_status
set_special(struct ee_tokenizer *tok, const struct ee_tok_settings *set,
	    const char *key, const struct ee_value *v, int32_t *id,
	    struct ee_err *err)
{
	const struct ee_value *text = content_of(v);
	enum ee_status status;
	int32_t found;

	if (text == NULL)
		return EE_OK;
	status = id_of(tok, text, &found, err);
	if (status == EE_OK && found < 0)
		ee_warn(set->warn, "%s '%.60s' is not in the vocabulary", key,
			text->u.text);
	if (status != EE_OK || found < 0)
		return status;
	if (id != NULL)
		*id = found;
	if (set->complete)
		return EE_OK;
	return ee_tok_add(tok, text->u.text, text->n, found,
			  flags_of(v, EE_ADDED_SPECIAL), err);
}

/* The special tokens that 'map' names. */
static enum ee_status
set_specials(struct ee_tokenizer *tok, const struct ee_tok_settings *set,
	     const struct ee_value *map, struct ee_err *err)
{
	struct {
		const char *key;
		int32_t *id;
	} keys[] = {
		{ "bos_token", &tok->bos }, { "eos_token", &tok->eos },
		{ "unk_token", NULL }, { "pad_token", NULL },
		{ "sep_token", NULL }, { "cls_token", NULL },
		{ "mask_token", NULL }
	};
	const struct ee_value *more = ee_get(map,
					     "additional_special_tokens");
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < 7 && status == EE_OK; i++)
		status = set_special(tok, set, keys[i].key,
				     ee_get(map, keys[i].key), keys[i].id,
				     err);
	for (i = 0; more != NULL && more->type == EE_LIST && i < more->n &&
	     status == EE_OK; i++)
		status = set_special(tok, set, "additional special token",
				     &more->u.list[i], NULL, err);
	return status;
}

/* added_tokens.json {text: id} and "added_tokens_decoder" {"id": {...}}. */
static enum ee_status
set_added(struct ee_tokenizer *tok, const struct ee_tok_settings *set,
	  struct ee_err *err)
{
	const struct ee_value *map = ee_get(set->config,
					    "added_tokens_decoder"), *text;
	enum ee_status status = EE_OK;
	int64_t id;
	size_t i;

	for (i = 0; map != NULL && map->type == EE_MAP && i < map->n &&
	     status == EE_OK; i++) {
		const struct ee_pair *pair = &map->u.map[i];

		text = content_of(&pair->value);
		if (text == NULL ||
		    !ee_parse_int(pair->key, 0, EE_MAX_ID - 1, &id))
			return ee_fail(err, EE_EFORMAT, "tokenizer_config."
				       "json: added_tokens_decoder: '%.40s': "
				       "want an id with a token", pair->key);
		status = ee_tok_add(tok, text->u.text, text->n, id,
				    flags_of(&pair->value, 0), err);
	}
	map = set->added;
	for (i = 0; map != NULL && map->type == EE_MAP && i < map->n &&
	     status == EE_OK; i++) {
		const struct ee_pair *pair = &map->u.map[i];

		status = ee_get_int(map, pair->key, 0, EE_MAX_ID - 1, &id,
				    "added_tokens.json", err);
		if (status == EE_OK && pair->key[0] != '\0')
			status = ee_tok_add(tok, pair->key, strlen(pair->key),
					    id, 0, err);
	}
	return status;
}

/* add_bos_token, add_eos_token, add_prefix_space. */
static enum ee_status
set_flags(struct ee_tokenizer *tok, const struct ee_tok_settings *set,
	  struct ee_err *err)
{
	static const char where[] = "tokenizer_config.json";
	bool bos = set->bos, eos = false, prefix = false;
	enum ee_status status;

	status = ee_tok_json_flag(set->config, "add_bos_token", &bos, where,
				  err);
	if (status == EE_OK)
		status = ee_tok_json_flag(set->config, "add_eos_token", &eos,
					  where, err);
	if (status == EE_OK)
		status = ee_tok_json_flag(set->config, "add_prefix_space",
					  &prefix, where, err);
	if (status != EE_OK)
		return status;
	if (bos && tok->bos >= 0)
		tok->before[tok->n_before++] = tok->bos;
	if (eos && tok->eos >= 0)
		tok->after[tok->n_after++] = tok->eos;
	if (prefix && tok->vocab.byte_level)
		status = ee_tok_norm(tok->pres, &tok->n_pres, EE_NORM_PREFIX,
				     NULL, 0, " ", 1, err);
	return status;
}

enum ee_status
ee_tok_set(struct ee_tokenizer *tok, const struct ee_tok_settings *set,
	   struct ee_err *err)
{
	static const struct ee_value gpt2 = {
		.type = EE_TEXT, .n = 13, .u.text = "<|endoftext|>"
	};
	const struct ee_tok_settings quiet = { .complete = set->complete };
	enum ee_status status = EE_OK;

	if (!set->complete)
		status = set_added(tok, set, err);
	if (status == EE_OK)
		status = set_specials(tok, set, set->map, err);
	if (status == EE_OK)
		status = set_specials(tok, set, set->config, err);
	if (status == EE_OK && !set->complete && tok->vocab.byte_level &&
	    set->config == NULL && set->map == NULL) {
		status = set_special(tok, &quiet, "", &gpt2, &tok->bos, err);
		tok->eos = tok->bos;
	}
	if (status == EE_OK && !set->complete)
		status = set_flags(tok, set, err);
	return status;
}
