/* tokfiles.c - vocab.json + merges.txt, and the settings beside them. */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "text/tokjson.h"

/* merges.txt: "#version: ..." if it has one, then two tokens a line. */
static enum ee_status
read_merges(struct ee_vocab *v, const struct ee_tok_file *f,
	    struct ee_err *err)
{
	const char *text = f->s, *end = text + f->n, *eol;
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
		status = ee_vocab_merge_line(v, text, n, err);
		if (status != EE_OK)
			return ee_within(err, status, "%s:%zu", f->where,
					 line);
	}
	return EE_OK;
}

enum ee_status
ee_tok_read_vocab(struct ee_tokenizer *tok, const struct ee_tok_file *f,
		  struct ee_err *err)
{
	const struct ee_split split = { .kind = EE_SPLIT_GPT2 };

	tok->vocab.byte_level = true;
	tok->decoder.byte_level = true;
	TRY(ee_tok_want_utf8(&f[1], err));
	TRY(ee_tok_read_vocab_json(tok, &f[0], err));
	TRY(read_merges(&tok->vocab, &f[1], err));
	return ee_tok_split(tok, &split, err);
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

/* A special token 'v'; its id to '*id' where that is wanted. */
static enum ee_status
set_special(struct ee_tokenizer *tok, const struct ee_tok_settings *set,
	    const char *key, const struct ee_value *v, int32_t *id,
	    struct ee_err *err)
{
	const struct ee_value *text = content_of(v);
	unsigned flags = 0;
	int32_t found;

	if (text == NULL)
		return EE_OK;
	TRY(ee_tok_find(tok, text->u.text, text->n, &found, err));
	if (found < 0) {
		ee_warn(set->warn, "%s '%.60s' is not in the vocabulary", key,
			text->u.text);
		return EE_OK;
	}
	if (id != NULL)
		*id = found;
	if (set->complete)
		return EE_OK;
	TRY(ee_tok_json_flags(v, &flags, key, err));
	return ee_tok_add(tok, text->u.text, text->n, found,
			  flags | EE_ADDED_SPECIAL, err);
}

/* The special tokens that 'map' names. */
static enum ee_status
set_specials(struct ee_tokenizer *tok, const struct ee_tok_settings *set,
	     const struct ee_value *map, struct ee_err *err)
{
	const struct {
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
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		TRY(set_special(tok, set, keys[i].key,
				ee_get(map, keys[i].key), keys[i].id, err));
	for (i = 0; more != NULL && more->type == EE_LIST && i < more->n; i++)
		TRY(set_special(tok, set, "additional special token",
				&more->u.list[i], NULL, err));
	return EE_OK;
}

/* added_tokens.json {text: id} and "added_tokens_decoder" {"id": {...}}. */
static enum ee_status
set_added(struct ee_tokenizer *tok, const struct ee_tok_settings *set,
	  struct ee_err *err)
{
	const struct ee_value *map = ee_get(set->config,
					    "added_tokens_decoder"), *text;
	const struct ee_pair *pair;
	unsigned flags;
	int64_t id;
	size_t i;

	for (i = 0; map != NULL && map->type == EE_MAP && i < map->n; i++) {
		pair = &map->u.map[i];
		text = content_of(&pair->value);
		if (text == NULL ||
		    !ee_parse_int(pair->key, 0, EE_MAX_ID - 1, &id))
			return ee_fail(err, EE_EFORMAT, "tokenizer_config."
				       "json: added_tokens_decoder: '%.40s': "
				       "want an id with a token", pair->key);
		flags = 0;
		TRY(ee_tok_json_flags(&pair->value, &flags,
				      "added_tokens_decoder", err));
		TRY(ee_tok_add(tok, text->u.text, text->n, id, flags, err));
	}
	map = set->added;
	for (i = 0; map != NULL && map->type == EE_MAP && i < map->n; i++) {
		pair = &map->u.map[i];
		TRY(ee_get_int(map, pair->key, 0, EE_MAX_ID - 1, &id,
			       "added_tokens.json", err));
		if (pair->key[0] != '\0')
			TRY(ee_tok_add(tok, pair->key, strlen(pair->key), id,
				       0, err));
	}
	return EE_OK;
}

/* add_bos_token, add_eos_token, add_prefix_space. */
static enum ee_status
set_flags(struct ee_tokenizer *tok, const struct ee_tok_settings *set,
	  struct ee_err *err)
{
	static const char where[] = "tokenizer_config.json";
	bool bos = set->bos, eos = false, prefix = false;

	TRY(ee_tok_json_flag(set->config, "add_bos_token", &bos, where, err));
	TRY(ee_tok_json_flag(set->config, "add_eos_token", &eos, where, err));
	TRY(ee_tok_json_flag(set->config, "add_prefix_space", &prefix, where,
			     err));
	if (bos && tok->bos >= 0)
		tok->before[tok->n_before++] = tok->bos;
	if (eos && tok->eos >= 0)
		tok->after[tok->n_after++] = tok->eos;
	if (prefix && tok->vocab.byte_level)
		return ee_tok_norm(tok->pres, &tok->n_pres, EE_NORM_PREFIX,
				   NULL, 0, " ", 1, err);
	return EE_OK;
}

enum ee_status
ee_tok_set(struct ee_tokenizer *tok, const struct ee_tok_settings *set,
	   struct ee_err *err)
{
	static const struct ee_value gpt2 = {
		.type = EE_TEXT, .n = 13, .u.text = "<|endoftext|>"
	};
	const struct ee_tok_settings quiet = { .complete = set->complete };

	if (!set->complete)
		TRY(set_added(tok, set, err));
	TRY(set_specials(tok, set, set->map, err));
	TRY(set_specials(tok, set, set->config, err));
	if (set->complete)
		return EE_OK;
	if (tok->vocab.byte_level && set->config == NULL &&
	    set->map == NULL) {
		TRY(set_special(tok, &quiet, "", &gpt2, &tok->bos, err));
		tok->eos = tok->bos;
	}
	return set_flags(tok, set, err);
}
