/* tokenizer.c - opening a model folder's tokenizer.  See tokenizer.h. */
#include "text/tokenizer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "file/json.h"
#include "text/bpe.h"
#include "text/tokparts.h"

enum { MAX_NORM_TEXT = 64 };

enum ee_status
ee_tok_norm(struct ee_norm *norms, size_t *n, enum ee_norm_kind kind,
	    const char *from, size_t from_len, const char *to, size_t to_len,
	    struct ee_err *err)
{
	if (*n == EE_MAX_NORMS)
		return ee_fail(err, EE_EFORMAT, "more than %d steps of "
			       "normalization", EE_MAX_NORMS);
	if (from_len > MAX_NORM_TEXT || to_len > MAX_NORM_TEXT ||
	    (kind == EE_NORM_REPLACE && from_len == 0))
		return ee_fail(err, EE_EFORMAT, "normalization: texts of %zu "
			       "and %zu bytes, want 1 to %d", from_len,
			       to_len, MAX_NORM_TEXT);
	if (kind != EE_NORM_NFC && kind != EE_NORM_REPLACE && to_len == 0)
		return EE_OK;
	norms[(*n)++] = (struct ee_norm){
		.kind = kind, .from = from, .from_len = from_len,
		.to = to, .to_len = to_len
	};
	return EE_OK;
}

enum ee_status
ee_tok_split(struct ee_tokenizer *tok, const struct ee_split *split,
	     struct ee_err *err)
{
	struct ee_split dropped = *split;

	if (tok->n_splits == EE_MAX_SPLITS) {
		ee_split_free(&dropped);
		return ee_fail(err, EE_EFORMAT, "more than %d steps of "
			       "pre-tokenization", EE_MAX_SPLITS);
	}
	tok->splits[tok->n_splits++] = *split;
	return EE_OK;
}

/* Into the set of normalized text, itself normalized. */
static enum ee_status
add_normalized(struct ee_tokenizer *tok, const char *text, size_t len,
	       int32_t id, unsigned flags, struct ee_err *err)
{
	struct ee_built work[2] = { {0}, {0} };
	struct ee_span span = { .s = text, .n = len };
	enum ee_status status;

	status = ee_normalize(tok->norms, tok->n_norms, &span, work, err);
	if (status == EE_OK && span.n > 0)
		status = ee_added_put(&tok->normal, span.s, span.n, id, flags,
				      err);
	ee_built_free(&work[0]);
	ee_built_free(&work[1]);
	return status;
}

enum ee_status
ee_tok_add(struct ee_tokenizer *tok, const char *text, size_t len,
	   int64_t id, unsigned flags, struct ee_err *err)
{
	const unsigned how = flags & ~(unsigned)EE_ADDED_NORMAL;
	enum ee_status status;
	int32_t known;

	status = ee_vocab_find(&tok->vocab, text, len, &known, err);
	if (status == EE_OK && known < 0)
		known = ee_added_find(&tok->raw, text, len);
	if (status == EE_OK && known < 0)
		known = ee_added_find(&tok->normal, text, len);
	if (status == EE_OK && known >= 0 && id >= 0 && known != id)
		return ee_fail(err, EE_EFORMAT, "added token '%.40s': id "
			       "%lld, but the vocabulary says %d", text,
			       (long long)id, (int)known);
	if (status == EE_OK && known < 0) {
		status = ee_vocab_extra(&tok->vocab, id, text, len, err);
		known = (int32_t)id;
	}
	if (status != EE_OK)
		return status;
	if (flags & EE_ADDED_SPECIAL)
		tok->vocab.tokens[known].flags |= EE_TOKEN_SPECIAL;
	if (flags & EE_ADDED_NORMAL)
		return add_normalized(tok, text, len, known, how, err);
	return ee_added_put(&tok->raw, text, len, known, how, err);
}

static uint64_t
hash_norms(uint64_t h, const struct ee_norm *norms, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const uint32_t head[3] = { (uint32_t)norms[i].kind,
					   (uint32_t)norms[i].from_len,
					   (uint32_t)norms[i].to_len };

		h = ee_hash(h, head, sizeof(head));
		h = ee_hash(h, norms[i].from, norms[i].from_len);
		h = ee_hash(h, norms[i].to, norms[i].to_len);
	}
	return h;
}

/* Of all that decides about ids: two files of one tokenizer agree. */
static uint64_t
fingerprint(const struct ee_tokenizer *tok)
{
	uint64_t h = ee_vocab_fingerprint(&tok->vocab);
	size_t i;

	h = hash_norms(h, tok->norms, tok->n_norms);
	h = hash_norms(h, tok->pres, tok->n_pres);
	for (i = 0; i < tok->n_splits; i++) {
		const uint32_t split[2] = { (uint32_t)tok->splits[i].kind,
					    tok->splits[i].digits };

		h = ee_hash(h, split, sizeof(split));
	}
	h = ee_hash(h, tok->before, tok->n_before * sizeof(*tok->before));
	return ee_hash(h, tok->after, tok->n_after * sizeof(*tok->after));
}

/* Make ready for use what the readers have filled. */
static EE_MUST_CHECK enum ee_status
finish(struct ee_tokenizer *tok, struct ee_err *err)
{
	const struct ee_split words = { .kind = EE_SPLIT_MARK, .runs = true };
	enum ee_status status = ee_arena_check(&tok->arena, err);

	if (status == EE_OK && tok->vocab.n_model == 0)
		return ee_fail(err, EE_EFORMAT, "the vocabulary is empty");
	if (status == EE_OK)
		status = ee_vocab_finish(&tok->vocab, err);
	if (status == EE_OK)
		status = ee_bpe_mark_whole(&tok->vocab, err);
	if (status == EE_OK && tok->n_splits == 0 &&
	    tok->vocab.words_at_mark)
		status = ee_tok_split(tok, &words, err);
	if (status != EE_OK)
		return status;
	if (tok->bos < 0 && tok->n_before > 0)
		tok->bos = tok->before[0];
	tok->fingerprint = fingerprint(tok);
	return EE_OK;
}

static enum ee_status
new_tokenizer(struct ee_tokenizer **tok, struct ee_err *err)
{
	*tok = ee_calloc(1, sizeof(**tok), err);
	if (*tok == NULL)
		return EE_ENOMEM;
	ee_vocab_init(&(*tok)->vocab, false);
	(*tok)->bos = (*tok)->eos = -1;
	return EE_OK;
}

void
ee_tokenizer_close(struct ee_tokenizer *tok)
{
	size_t i;

	if (tok == NULL)
		return;
	for (i = 0; i < tok->n_splits; i++)
		ee_split_free(&tok->splits[i]);
	ee_added_free(&tok->raw);
	ee_added_free(&tok->normal);
	ee_vocab_free(&tok->vocab);
	ee_arena_free(&tok->arena);
	free(tok);
}

/* Read the tokenizer that 'kind' is the main file of, from memory. */
static enum ee_status
read_kind(struct ee_tokenizer *tok, const char *kind, const char *where,
	  const struct ee_mapped *main_file, const char *merges_where,
	  const struct ee_mapped *merges, struct ee_err *err)
{
	const char *data = main_file->data ? (const char *)main_file->data
					   : "";
	const char *more = merges->data ? (const char *)merges->data : "";

	if (strcmp(kind, "tokenizer.json") == 0)
		return ee_tok_read_json(tok, data, main_file->size, where,
					err);
	if (strcmp(kind, "tokenizer.model") == 0)
		return ee_tok_read_model(tok, data, main_file->size, where,
					 err);
	return ee_tok_read_vocab(tok, data, main_file->size, where, more,
				 merges->size, merges_where, err);
}

enum ee_status
ee_tok_from_memory(struct ee_tokenizer **tok, const char *kind,
		   const char *data, size_t size, const char *merges,
		   size_t merges_size, struct ee_err *err)
{
	const struct ee_mapped one = {
		.data = (const unsigned char *)data, .size = size
	}, two = {
		.data = (const unsigned char *)merges, .size = merges_size
	};
	const struct ee_tok_settings set = {
		.complete = strcmp(kind, "tokenizer.json") == 0,
		.bos = strcmp(kind, "tokenizer.model") == 0
	};
	enum ee_status status = new_tokenizer(tok, err);

	if (status == EE_OK)
		status = read_kind(*tok, kind, kind, &one, "merges.txt", &two,
				   err);
	if (status == EE_OK)
		status = ee_tok_set(*tok, &set, err);
	if (status == EE_OK)
		status = finish(*tok, err);
	if (status != EE_OK) {
		ee_tokenizer_close(*tok);
		*tok = NULL;
	}
	return status;
}

/* What a folder may hold, in order of preference. */
static const struct {
	const char *main_file, *merges;
} kinds[] = {
	{ "tokenizer.json", NULL },
	{ "vocab.json", "merges.txt" },
	{ "encoder.json", "vocab.bpe" },
	{ "tokenizer.model", NULL }
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* "dir/name", in the arena; NULL if there is no such file. */
static const char *
path_of(struct ee_arena *arena, const char *dir, const char *name)
{
	const char *path = ee_arena_printf(arena, "%s/%s", dir, name);

	return path != NULL && access(path, F_OK) == 0 ? path : NULL;
}

/* The settings file 'name' to '*out', or NULL if there is none. */
static enum ee_status
read_settings(struct ee_tokenizer *tok, const char *dir, const char *name,
	      const struct ee_value **out, struct ee_err *err)
{
	const char *path = path_of(&tok->arena, dir, name);
	struct ee_value *v;

	*out = NULL;
	if (path == NULL)
		return ee_arena_check(&tok->arena, err);
	v = ee_arena_alloc(&tok->arena, sizeof(*v), _Alignof(struct ee_value));
	if (v == NULL)
		return ee_arena_check(&tok->arena, err);
	*out = v;
	return ee_json_read(&tok->arena, path, v, err);
}

static enum ee_status
open_kind(struct ee_tokenizer *tok, size_t kind, const char *path,
	  const char *merges_path, struct ee_err *err)
{
	struct ee_mapped main_file = {0}, merges = {0};
	enum ee_status status;

	status = ee_map_file(&main_file, path, err);
	if (status != EE_OK)
		return status;
	if (merges_path != NULL)
		status = ee_map_file(&merges, merges_path, err);
	if (status == EE_OK)
		status = read_kind(tok, kinds[kind].main_file, path,
				   &main_file, merges_path, &merges, err);
	if (merges_path != NULL)
		ee_unmap_file(&merges);
	ee_unmap_file(&main_file);
	return status;
}

/* Read the first kind that is there whole. */
static enum ee_status
open_any(struct ee_tokenizer *tok, const char *dir,
	 struct ee_tok_settings *set, struct ee_err *err)
{
	const char *path, *merges;
	size_t i;

	for (i = 0; i < KINDS; i++) {
		merges = NULL;
		path = path_of(&tok->arena, dir, kinds[i].main_file);
		if (path != NULL && kinds[i].merges != NULL) {
			merges = path_of(&tok->arena, dir, kinds[i].merges);
			if (merges == NULL)
				path = NULL;
		}
		if (path == NULL)
			continue;
		set->complete = i == 0;
		set->bos = i == KINDS - 1;
		return open_kind(tok, i, path, merges, err);
	}
	return ee_fail(err, EE_EIO, "%s: no tokenizer: neither tokenizer.json "
		       "nor vocab.json and merges.txt nor encoder.json and "
		       "vocab.bpe nor tokenizer.model", dir);
}

enum ee_status
ee_tokenizer_open(struct ee_tokenizer **tok, const char *dir,
		  const struct ee_warn *warn, struct ee_err *err)
{
	struct ee_tok_settings set = { .warn = warn };
	enum ee_status status = new_tokenizer(tok, err);

	if (status == EE_OK)
		status = open_any(*tok, dir, &set, err);
	if (status == EE_OK)
		status = read_settings(*tok, dir, "tokenizer_config.json",
				       &set.config, err);
	if (status == EE_OK)
		status = read_settings(*tok, dir, "special_tokens_map.json",
				       &set.map, err);
	if (status == EE_OK)
		status = read_settings(*tok, dir, "added_tokens.json",
				       &set.added, err);
	if (status == EE_OK)
		status = ee_tok_set(*tok, &set, err);
	if (status == EE_OK)
		status = finish(*tok, err);
	if (status != EE_OK) {
		ee_tokenizer_close(*tok);
		*tok = NULL;
	}
	return status;
}

size_t
ee_tokenizer_size(const struct ee_tokenizer *tok)
{
	return tok->vocab.n;
}

int32_t
ee_tokenizer_bos(const struct ee_tokenizer *tok)
{
	return tok->bos;
}

int32_t
ee_tokenizer_eos(const struct ee_tokenizer *tok)
{
	return tok->eos;
}

uint64_t
ee_tokenizer_fingerprint(const struct ee_tokenizer *tok)
{
	return tok->fingerprint;
}
