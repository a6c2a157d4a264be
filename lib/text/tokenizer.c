/* tokenizer.c - opening a model folder's tokenizer.  See tokenizer.h. */
#include "text/tokenizer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/try.h"
#include "file/json.h"
#include "text/tokparts.h"
#include "text/utf8.h"

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
ee_tok_find(struct ee_tokenizer *tok, const char *text, size_t len,
	    int32_t *id, struct ee_err *err)
{
	TRY(ee_vocab_find(&tok->vocab, text, len, id, err));
	if (*id < 0)
		*id = ee_added_find(&tok->raw, text, len);
	if (*id < 0)
		*id = ee_added_find(&tok->normal, text, len);
	return EE_OK;
}

enum ee_status
ee_tok_add(struct ee_tokenizer *tok, const char *text, size_t len,
	   int64_t id, unsigned flags, struct ee_err *err)
{
	const unsigned how = flags & ~(unsigned)EE_ADDED_NORMAL;
	int32_t known;

	TRY(ee_tok_find(tok, text, len, &known, err));
	if (known >= 0 && id >= 0 && known != id)
		return ee_fail(err, EE_EFORMAT, "added token '%.40s': id "
			       "%lld, but the vocabulary says %d", text,
			       (long long)id, (int)known);
	if (known < 0) {
		TRY(ee_vocab_extra(&tok->vocab, id, text, len, err));
		known = (int32_t)id;
	}
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
static enum ee_status
finish(struct ee_tokenizer *tok, struct ee_err *err)
{
	const struct ee_split words = { .kind = EE_SPLIT_MARK, .runs = true };

	TRY(ee_arena_check(&tok->arena, err));
	if (tok->vocab.n_model == 0)
		return ee_fail(err, EE_EFORMAT, "the vocabulary is empty");
	TRY(ee_vocab_finish(&tok->vocab, err));
	if (tok->n_splits == 0 && tok->vocab.words_at_mark)
		TRY(ee_tok_split(tok, &words, err));
	if (tok->bos < 0 && tok->n_before > 0)
		tok->bos = tok->before[0];
	tok->fingerprint = fingerprint(tok);
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

/* What a folder may hold, in order of preference. */
static const struct kind {
	const char *name[2];
	enum ee_status (*read)(struct ee_tokenizer *tok,
			       const struct ee_tok_file *f,
			       struct ee_err *err);
	bool complete, bos;	/* see struct ee_tok_settings */
} kinds[] = {
	{ { "tokenizer.json" }, ee_tok_read_json, true, false },
	{ { "vocab.json", "merges.txt" }, ee_tok_read_vocab, false, false },
	{ { "encoder.json", "vocab.bpe" }, ee_tok_read_vocab, false, false },
	{ { "tokenizer.model" }, ee_tok_read_model, false, true }
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

enum ee_status
ee_tok_want_utf8(const struct ee_tok_file *f, struct ee_err *err)
{
	const size_t valid = ee_utf8_valid(f->s, f->n);

	return valid == f->n ? EE_OK :
	       ee_fail(err, EE_EFORMAT, "%s: byte %zu: not UTF-8", f->where,
		       valid);
}

/* A tokenizer of these files and settings, whose form is that of 'kind'. */
static enum ee_status
fill(struct ee_tokenizer *tok, const struct kind *kind,
     const struct ee_tok_file f[2], struct ee_tok_settings *set,
     struct ee_err *err)
{
	set->complete = kind->complete;
	set->bos = kind->bos;
	TRY(kind->read(tok, f, err));
	TRY(ee_tok_set(tok, set, err));
	return finish(tok, err);
}

static struct ee_tokenizer *
new_tokenizer(struct ee_err *err)
{
	struct ee_tokenizer *tok = ee_calloc(1, sizeof(*tok), err);

	if (tok != NULL) {
		ee_vocab_init(&tok->vocab, false);
		tok->bos = tok->eos = -1;
	}
	return tok;
}

static struct ee_tok_file
file_of(const void *data, size_t n, const char *where)
{
	return (struct ee_tok_file){ data != NULL ? data : "", n, where };
}

/* Give 'made' to the caller, or close it if it has not become one. */
static enum ee_status
hand_over(struct ee_tokenizer **tok, struct ee_tokenizer *made,
	  enum ee_status status)
{
	*tok = status == EE_OK ? made : NULL;
	if (status != EE_OK)
		ee_tokenizer_close(made);
	return status;
}

enum ee_status
ee_tok_from_memory(struct ee_tokenizer **tok, const char *name,
		   const char *data, size_t size, const char *merges,
		   size_t merges_size, struct ee_err *err)
{
	struct ee_tokenizer *made = new_tokenizer(err);
	struct ee_tok_settings set = { .warn = NULL };
	const struct kind *kind = kinds;
	const struct ee_tok_file files[2] = {
		file_of(data, size, name),
		file_of(merges, merges_size, "merges.txt")
	};

	while (strcmp(kind->name[0], name) != 0)
		kind++;
	return hand_over(tok, made, made == NULL ? EE_ENOMEM :
			 fill(made, kind, files, &set, err));
}

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
	*out = v = ee_arena_alloc(&tok->arena, sizeof(*v),
				  _Alignof(struct ee_value));
	return v == NULL ? ee_arena_check(&tok->arena, err)
			 : ee_json_read(&tok->arena, path, v, err);
}

/* The first kind that is there whole, and where; NULL if none is. */
static const struct kind *
find_kind(struct ee_arena *arena, const char *dir, const char *path[2])
{
	const struct kind *k;

	for (k = kinds; k < kinds + KINDS; k++) {
		path[0] = path_of(arena, dir, k->name[0]);
		path[1] = NULL;
		if (path[0] != NULL && k->name[1] != NULL)
			path[1] = path_of(arena, dir, k->name[1]);
		if (path[0] != NULL &&
		    (path[1] != NULL || k->name[1] == NULL))
			return k;
	}
	return NULL;
}

static enum ee_status
open_folder(struct ee_tokenizer *tok, const char *dir,
	    const struct ee_warn *warn, struct ee_err *err)
{
	struct ee_tok_settings set = { .warn = warn };
	struct ee_mapped maps[2] = { { 0 }, { 0 } };
	struct ee_tok_file files[2] = { { 0 }, { 0 } };
	enum ee_status status = EE_OK;
	const struct kind *kind;
	const char *path[2];
	unsigned i;

	kind = find_kind(&tok->arena, dir, path);
	TRY(ee_arena_check(&tok->arena, err));
	if (kind == NULL)
		return ee_fail(err, EE_EIO, "%s: no tokenizer: neither "
			       "tokenizer.json nor vocab.json and merges.txt "
			       "nor encoder.json and vocab.bpe nor "
			       "tokenizer.model", dir);
	TRY(read_settings(tok, dir, "tokenizer_config.json", &set.config,
			  err));
	TRY(read_settings(tok, dir, "special_tokens_map.json", &set.map, err));
	TRY(read_settings(tok, dir, "added_tokens.json", &set.added, err));
	for (i = 0; i < 2 && path[i] != NULL && status == EE_OK; i++) {
		status = ee_map_file(&maps[i], path[i], err);
		files[i] = file_of(maps[i].data, maps[i].size, path[i]);
	}
	if (status == EE_OK)
		status = fill(tok, kind, files, &set, err);
	ee_unmap_file(&maps[0]);
	ee_unmap_file(&maps[1]);
	return status;
}

enum ee_status
ee_tokenizer_open(struct ee_tokenizer **tok, const char *dir,
		  const struct ee_warn *warn, struct ee_err *err)
{
	struct ee_tokenizer *made = new_tokenizer(err);

	return hand_over(tok, made, made == NULL ? EE_ENOMEM :
			 open_folder(made, dir, warn, err));
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
