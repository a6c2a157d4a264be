/*
 * tokencode.c - text to ids.  See tokenizer.h.
 *
 * The order is the reference's: repair; cut out the added tokens that stand
 * in the text as it is; normalize what lies between; cut out the added
 * tokens of normalized text; pre-tokenize what lies between into words; then
 * each word is one token, or is merged.
 */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "text/bpe.h"
#include "text/tokparts.h"
#include "text/utf8.h"

struct job {
	const struct ee_tokenizer *tok;
	bool plain;
	struct ee_ids *out;
	struct ee_err *err;
	struct ee_bpe bpe;
	struct ee_built norm[2], pre[2];
	struct ee_matcher *matcher;
};

void
ee_ids_free(struct ee_ids *ids)
{
	free(ids->ids);
	free(ids->ends);
	*ids = (struct ee_ids){0};
}

static enum ee_status
grow(struct ee_ids *out, struct ee_err *err)
{
	size_t room = out->room;

	TRY(ee_reserve(&out->ids, &room, out->n + 1, sizeof(*out->ids), err));
	return ee_reserve(&out->ends, &out->room, out->n + 1,
			  sizeof(*out->ends), err);
}

static inline enum ee_status
put(struct job *job, int32_t id, size_t end)
{
	struct ee_ids *out = job->out;

	if (out->n == out->room)
		TRY(grow(out, job->err));
	out->ids[out->n] = id;
	out->ends[out->n++] = end;
	return EE_OK;
}

/* 'id' is the token that has the word for its text, or -1. */
static enum ee_status
merge_word(struct job *job, const struct ee_span *word, int32_t id)
{
	const struct ee_vocab *v = &job->tok->vocab;
	const struct ee_bpe *bpe = &job->bpe;
	size_t i;

	TRY(ee_bpe_word(v, word->s, word->n, &job->bpe, job->err));
	for (i = 0; i < bpe->n; i++)
		TRY(put(job, bpe->ids[i], ee_span_end(word, bpe->ends[i])));
	if (bpe->n == 1 && bpe->ids[0] == id)
		atomic_store_explicit(&v->tokens[id].whole, true,
				      memory_order_relaxed);
	return EE_OK;
}

/* A word that is a token needs no merging if the token is reached by it. */
static inline enum ee_status
encode_word(struct job *job, const struct ee_span *word)
{
	const struct ee_vocab *v = &job->tok->vocab;
	const int32_t id = ee_vocab_text(v, word->s, word->n);

	if (id >= 0 && (v->ignore_merges ||
	    atomic_load_explicit(&v->tokens[id].whole, memory_order_relaxed)))
		return put(job, id, ee_span_end(word, word->n));
	return merge_word(job, word, id);
}

static enum ee_status cut(struct job *job, const struct ee_span *span,
			  size_t level);

/* Cut by regular expression: matches and the gaps between them. */
static enum ee_status
cut_regex(struct job *job, const struct ee_span *span, size_t level)
{
	const struct ee_split *split = &job->tok->splits[level];
	size_t at = 0, from, to;
	struct ee_span part;

	if (job->matcher == NULL)
		TRY(ee_matcher_open(&job->matcher, job->err));
	for (; at < span->n; at = to) {
		TRY(ee_matcher_next(job->matcher, split, span->s, span->n, at,
				    &from, &to, job->err));
		if (from > at && !split->drop_gaps) {
			part = ee_span_part(span, at, from - at);
			TRY(cut(job, &part, level + 1));
		}
		if (to > from && !split->drop_hits) {
			part = ee_span_part(span, from, to - from);
			TRY(cut(job, &part, level + 1));
		}
	}
	return EE_OK;
}

/* Cut 'span' (not empty) by split 'level' and those after it. */
static enum ee_status
cut(struct job *job, const struct ee_span *span, size_t level)
{
	const struct ee_tokenizer *tok = job->tok;
	const struct ee_split *split = &tok->splits[level];
	size_t at, n = 0;

	if (level == tok->n_splits)
		return encode_word(job, span);
	if (split->kind == EE_SPLIT_REGEX)
		return cut_regex(job, span, level);
	for (at = 0; at < span->n; at += n) {
		const char *s = span->s + at;
		const size_t left = span->n - at;
		struct ee_span part;

		switch (split->kind) {
		case EE_SPLIT_GPT2:
			n = ee_split_gpt2(s, left);
			break;
		case EE_SPLIT_GPT4:
			n = ee_split_gpt4(s, left, split->digits);
			break;
		case EE_SPLIT_MARK:
			n = ee_split_mark(s, left, split->runs);
			break;
		case EE_SPLIT_REGEX:
			break;
		}
		part = ee_span_part(span, at, n);
		TRY(level + 1 == tok->n_splits ? encode_word(job, &part)
					       : cut(job, &part, level + 1));
	}
	return EE_OK;
}

static enum ee_status
encode_piece(struct job *job, struct ee_span span)
{
	const struct ee_tokenizer *tok = job->tok;

	TRY(ee_normalize(tok->pres, tok->n_pres, &span, job->pre, job->err));
	return span.n > 0 ? cut(job, &span, 0) : EE_OK;
}

/*
 * Cut 'span' at the tokens of 'added'; give what lies between to 'rest'.
 * Only what is not empty.
 */
static enum ee_status
cut_added(struct job *job, const struct ee_added *added, struct ee_span span,
	  enum ee_status (*rest)(struct job *, struct ee_span))
{
	size_t at = 0, resume = 0;
	struct ee_added_hit hit;

	while (ee_added_next(added, span.s, span.n, job->plain, &resume, at,
			     &hit)) {
		if (hit.from > at)
			TRY(rest(job, ee_span_part(&span, at, hit.from - at)));
		TRY(put(job, hit.id, ee_span_end(&span, hit.to)));
		at = hit.to;
	}
	return at < span.n ? rest(job, ee_span_part(&span, at, span.n - at))
			   : EE_OK;
}

static enum ee_status
encode_segment(struct job *job, struct ee_span span)
{
	const struct ee_tokenizer *tok = job->tok;

	TRY(ee_normalize(tok->norms, tok->n_norms, &span, job->norm,
			 job->err));
	return cut_added(job, &tok->normal, span, encode_piece);
}

/* Ends never go back; the last token takes what is left; and they are bytes
 * of the text as it was before its repair. */
static void
settle_ends(struct ee_ids *out, size_t first, const struct ee_span *text,
	    size_t len)
{
	size_t i, end = 0;

	for (i = first; i < out->n; i++) {
		out->ends[i] = ee_span_end(text, out->ends[i]);
		if (out->ends[i] < end)
			out->ends[i] = end;
		end = out->ends[i];
	}
	if (out->n > first)
		out->ends[out->n - 1] = len;
}

static enum ee_status
encode_text(struct job *job, const struct ee_span *text, bool bos)
{
	const struct ee_tokenizer *tok = job->tok;
	const struct ee_span all = { .s = text->s, .n = text->n };
	size_t i;

	for (i = 0; bos && i < tok->n_before; i++)
		TRY(put(job, tok->before[i], 0));
	TRY(cut_added(job, &tok->raw, all, encode_segment));
	for (i = 0; bos && i < tok->n_after; i++)
		TRY(put(job, tok->after[i], text->n));
	return EE_OK;
}

enum ee_status
ee_encode(const struct ee_tokenizer *tok, const char *text, size_t len,
	  unsigned flags, struct ee_ids *out, struct ee_err *err)
{
	const size_t first = out->n, valid = ee_utf8_valid(text, len);
	struct job job = { .tok = tok, .out = out, .err = err,
			   .plain = (flags & EE_ENCODE_PLAIN) != 0 };
	struct ee_span span = { .s = text, .n = len };
	struct ee_built repaired = {0};
	enum ee_status status = EE_OK;

	if (len > INT32_MAX / 4)
		return ee_fail(err, EE_EINPUT, "a text of %zu bytes, want at "
			       "most %d", len, INT32_MAX / 4);
	ee_bpe_init(&job.bpe);
	if (valid < len) {
		status = ee_repair(text, len, valid, &repaired, err);
		span.s = repaired.s;
		span.n = repaired.n;
		span.ends = repaired.ends;
	}
	if (status == EE_OK)
		status = encode_text(&job, &span,
				     !(flags & EE_ENCODE_NO_BOS));
	if (status == EE_OK)
		settle_ends(out, first, &span, len);
	else
		out->n = first;
	ee_bpe_free(&job.bpe);
	ee_matcher_close(job.matcher);
	ee_built_free(&job.norm[0]);
	ee_built_free(&job.norm[1]);
	ee_built_free(&job.pre[0]);
	ee_built_free(&job.pre[1]);
	ee_built_free(&repaired);
	return status;
}
