/* tokjson_vocab.c - vocabulary and merges of tokenizer.json, vocab.json. */
#include <stdlib.h>
#include <string.h>

#include "text/jsonscan.h"
#include "text/tokjson.h"
#include "text/utf8.h"

static enum ee_status
read_vocab(struct ee_tokenizer *tok, struct ee_scan *scan,
	   struct ee_err *err)
{
	enum ee_status status;
	const char *s;
	size_t len;
	int64_t id;

	if (!ee_scan_take(scan, '{'))
		return ee_scan_want(scan, "the vocabulary, a map", err);
	if (ee_scan_take(scan, '}'))
		return EE_OK;
	do {
		status = ee_scan_string(scan, &s, &len, err);
		if (status == EE_OK && !ee_scan_take(scan, ':'))
			status = ee_scan_want(scan, "':'", err);
		if (status == EE_OK)
			status = ee_scan_int(scan, &id, err);
		if (status != EE_OK)
			return status;
		status = ee_vocab_token(&tok->vocab, id, s, len, err);
		if (status != EE_OK)
			return ee_within(err, status, "%s: vocab",
					 scan->where);
	} while (ee_scan_take(scan, ','));
	if (!ee_scan_take(scan, '}'))
		return ee_scan_want(scan, "',' or '}'", err);
	return EE_OK;
}

/* ["a", "b"]; the scan's buffer may hold only one of them. */
static enum ee_status
read_pair(struct ee_tokenizer *tok, struct ee_scan *scan, struct ee_err *err)
{
	const char *left, *right;
	size_t left_len, right_len;
	enum ee_status status;
	char *kept = NULL;

	if (!ee_scan_take(scan, '['))
		return ee_scan_want(scan, "a merge", err);
	status = ee_scan_string(scan, &left, &left_len, err);
	if (status != EE_OK)
		return status;
	if (left == scan->buffer) {
		kept = ee_calloc(left_len + 1, 1, err);
		if (kept == NULL)
			return EE_ENOMEM;
		left = memcpy(kept, left, left_len);
	}
	if (!ee_scan_take(scan, ','))
		status = ee_scan_want(scan, "','", err);
	if (status == EE_OK)
		status = ee_scan_string(scan, &right, &right_len, err);
	if (status == EE_OK && !ee_scan_take(scan, ']'))
		status = ee_scan_want(scan, "']'", err);
	if (status == EE_OK)
		status = ee_vocab_merge(&tok->vocab, left, left_len, right,
					right_len, err);
	free(kept);
	return status;
}

static enum ee_status
read_merge(struct ee_tokenizer *tok, struct ee_scan *scan,
	   struct ee_err *err)
{
	const char *s, *space;
	enum ee_status status;
	size_t len;

	if (ee_scan_peek(scan) == '[')
		return read_pair(tok, scan, err);
	status = ee_scan_string(scan, &s, &len, err);
	if (status != EE_OK)
		return status;
	space = memchr(s, ' ', len);
	if (space == NULL ||
	    memchr(space + 1, ' ', len - (size_t)(space + 1 - s)) != NULL)
		return ee_scan_want(scan, "two tokens and a space", err);
	return ee_vocab_merge(&tok->vocab, s, (size_t)(space - s), space + 1,
			      len - (size_t)(space + 1 - s), err);
}

static enum ee_status
read_merges(struct ee_tokenizer *tok, struct ee_scan *scan,
	    struct ee_err *err)
{
	enum ee_status status;

	if (!ee_scan_take(scan, '['))
		return ee_scan_want(scan, "the merges, a list", err);
	if (ee_scan_take(scan, ']'))
		return EE_OK;
	do {
		status = read_merge(tok, scan, err);
		if (status != EE_OK)
			return ee_within(err, status, "%s: merges[%zu]",
					 scan->where, tok->vocab.n_merges);
	} while (ee_scan_take(scan, ','));
	if (!ee_scan_take(scan, ']'))
		return ee_scan_want(scan, "',' or ']'", err);
	return EE_OK;
}

enum ee_status
ee_tok_json_vocab(struct ee_tokenizer *tok, const char *text,
		  const struct ee_json_parts *parts, const char *where,
		  struct ee_err *err)
{
	enum ee_status status;
	struct ee_scan scan;

	if (parts->vocab.from == NULL || parts->merges.from == NULL)
		return ee_fail(err, EE_EFORMAT, "%s: model: no '%s'", where,
			       parts->vocab.from ? "merges" : "vocab");
	ee_scan_init(&scan, text, (size_t)(parts->vocab.to - text), where);
	scan.p = parts->vocab.from;
	status = read_vocab(tok, &scan, err);
	if (status == EE_OK && ee_scan_peek(&scan) != '\0')
		status = ee_scan_want(&scan, "the end of the vocabulary",
				      err);
	if (status == EE_OK)
		status = ee_vocab_index(&tok->vocab, err);
	if (status == EE_OK) {
		scan.p = parts->merges.from;
		scan.end = parts->merges.to;
		status = read_merges(tok, &scan, err);
	}
	if (status == EE_OK && ee_scan_peek(&scan) != '\0')
		status = ee_scan_want(&scan, "the end of the merges", err);
	ee_scan_free(&scan);
	return status;
}

enum ee_status
ee_tok_read_vocab_json(struct ee_tokenizer *tok, const char *text,
		       size_t len, const char *where, struct ee_err *err)
{
	const size_t valid = ee_utf8_valid(text, len);
	enum ee_status status;
	struct ee_scan scan;

	if (valid < len)
		return ee_fail(err, EE_EFORMAT, "%s: byte %zu: not UTF-8",
			       where, valid);
	ee_scan_init(&scan, text, len, where);
	status = read_vocab(tok, &scan, err);
	if (status == EE_OK && ee_scan_peek(&scan) != '\0')
		status = ee_scan_want(&scan, "nothing more", err);
	ee_scan_free(&scan);
	return status;
}
