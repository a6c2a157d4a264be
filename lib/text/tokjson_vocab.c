/* tokjson_vocab.c - vocabulary and merges of tokenizer.json, vocab.json. */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "text/jsonscan.h"
#include "text/tokjson.h"

static enum ee_status
read_token(void *ctx, struct ee_scan *scan, const char *key, size_t len,
	   struct ee_err *err)
{
	enum ee_status status;
	int64_t id;

	TRY(ee_scan_int(scan, &id, err));
	status = ee_vocab_token(ctx, id, key, len, err);
	return status == EE_OK ? EE_OK : ee_within(err, status, "%s: vocab",
						   scan->where);
}

static enum ee_status
read_tokens(struct ee_vocab *v, struct ee_scan *scan, struct ee_err *err)
{
	enum ee_status status;

	TRY(ee_scan_each(scan, '{', "the vocabulary, a map", read_token, v,
			 err));
	TRY(ee_scan_end(scan, err));
	status = ee_vocab_index(v, err);
	return status == EE_OK ? EE_OK : ee_within(err, status, "%s",
						   scan->where);
}

/* Merges being read: "a b" or ["a", "b"], which is put together here. */
struct merges {
	struct ee_vocab *v;
	char *pair;
	size_t room, n, len[2];
};

static enum ee_status
read_half(void *ctx, struct ee_scan *scan, const char *key, size_t len,
	  struct ee_err *err)
{
	struct merges *m = ctx;
	const size_t at = m->n > 0 ? m->len[0] : 0;
	const char *s;

	(void)key;
	if (m->n == 2)
		return ee_scan_want(scan, "two tokens", err);
	TRY(ee_scan_string(scan, &s, &len, err));
	TRY(ee_reserve(&m->pair, &m->room, at + len + 1, 1, err));
	memcpy(m->pair + at, s, len);
	m->len[m->n++] = len;
	return EE_OK;
}

static enum ee_status
read_either(struct merges *m, struct ee_scan *scan, struct ee_err *err)
{
	const char *s;
	size_t len;

	if (ee_scan_peek(scan) != '[') {
		TRY(ee_scan_string(scan, &s, &len, err));
		return ee_vocab_merge_line(m->v, s, len, err);
	}
	m->n = 0;
	TRY(ee_scan_each(scan, '[', "a merge", read_half, m, err));
	if (m->n != 2)
		return ee_scan_want(scan, "two tokens", err);
	return ee_vocab_merge(m->v, m->pair, m->len[0], m->pair + m->len[0],
			      m->len[1], err);
}

static enum ee_status
read_merge(void *ctx, struct ee_scan *scan, const char *key, size_t len,
	   struct ee_err *err)
{
	struct merges *m = ctx;
	enum ee_status status = read_either(m, scan, err);

	(void)key, (void)len;
	return status == EE_OK ? EE_OK :
	       ee_within(err, status, "%s: merges[%zu]", scan->where,
			 m->v->n_merges);
}

enum ee_status
ee_tok_json_vocab(struct ee_tokenizer *tok, const char *text,
		  const struct ee_json_parts *parts, const char *where,
		  struct ee_err *err)
{
	struct merges m = { .v = &tok->vocab };
	enum ee_status status;
	struct ee_scan scan;

	if (parts->vocab.from == NULL || parts->merges.from == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: model: no '%s'", where,
			       parts->vocab.from ? "merges" : "vocab");
	ee_scan_init(&scan, text, (size_t)(parts->vocab.to - text), where);
	scan.p = parts->vocab.from;
	status = read_tokens(&tok->vocab, &scan, err);
	scan.p = parts->merges.from;
	scan.end = parts->merges.to;
	if (status == EE_OK)
		status = ee_scan_each(&scan, '[', "the merges, a list",
				      read_merge, &m, err);
	if (status == EE_OK)
		status = ee_scan_end(&scan, err);
	ee_scan_free(&scan);
	free(m.pair);
	return status;
}

enum ee_status
ee_tok_read_vocab_json(struct ee_tokenizer *tok, const struct ee_tok_file *f,
		       struct ee_err *err)
{
	enum ee_status status;
	struct ee_scan scan;

	TRY(ee_tok_want_utf8(f, err));
	ee_scan_init(&scan, f->s, f->n, f->where);
	status = read_tokens(&tok->vocab, &scan, err);
	ee_scan_free(&scan);
	return status;
}
