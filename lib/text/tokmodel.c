/*
 * tokmodel.c - tokenizer.model, a sentencepiece ModelProto (protobuf).
 *
 *   ModelProto      1 pieces*  2 trainer_spec  3 normalizer_spec
 *   SentencePiece   1 piece (text)  2 score (float)  3 type
 *   TrainerSpec     3 model_type  24 treat_whitespace_as_suffix
 *                   35 byte_fallback  40 unk_id  41 bos_id  42 eos_id
 *   NormalizerSpec  1 name  2 precompiled_charsmap  3 add_dummy_prefix
 *                   4 remove_extra_whitespaces  5 escape_whitespaces
 *
 * sentencepiece joins the two neighbours whose union has the best score.
 * Every way of cutting a piece in two is therefore a merge of that piece,
 * ranked by score; equal scores have equal rank, and leftmost goes first.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "text/protobuf.h"
#include "text/tokparts.h"
#include "text/utf8.h"

enum { MAX_PIECE = 4096 };

enum type { NORMAL = 1, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE };

struct piece {
	const char *text;
	size_t len;
	float score;
	uint64_t type;
};

struct model {
	struct piece *pieces;
	size_t n, room;
	uint64_t model_type, suffix, byte_fallback;
	uint64_t dummy_prefix, remove_spaces, escape;
	int64_t unk, bos, eos;
	bool charsmap;
};

static enum ee_status
read_piece(struct ee_proto proto, struct model *m, struct ee_err *err)
{
	struct piece piece = { .type = NORMAL };
	struct ee_proto_field f;
	enum ee_status status;

	while ((status = ee_proto_next(&proto, &f, err)) == EE_OK) {
		if (f.number == 1 && f.data != NULL) {
			piece.text = f.data;
			piece.len = f.size;
		} else if (f.number == 2) {
			piece.score = ee_proto_float(&f);
		} else if (f.number == 3) {
			piece.type = f.value;
		}
	}
	if (status != EE_END)
		return status;
	if (piece.len == 0 || piece.len > MAX_PIECE || isnan(piece.score) ||
	    ee_utf8_valid(piece.text, piece.len) < piece.len)
		return ee_fail(err, EE_EFORMAT, "piece %zu: not a text of 1 "
			       "to %d bytes with a score", m->n, MAX_PIECE);
	TRY(ee_reserve(&m->pieces, &m->room, m->n + 1, sizeof(*m->pieces),
		       err));
	m->pieces[m->n++] = piece;
	return EE_OK;
}

static enum ee_status
read_trainer(struct ee_proto proto, struct model *m, struct ee_err *err)
{
	struct ee_proto_field f;
	enum ee_status status;

	while ((status = ee_proto_next(&proto, &f, err)) == EE_OK) {
		switch (f.number) {
		case 3: m->model_type = f.value; break;
		case 24: m->suffix = f.value; break;
		case 35: m->byte_fallback = f.value; break;
		case 40: m->unk = (int32_t)(uint32_t)f.value; break;
		case 41: m->bos = (int32_t)(uint32_t)f.value; break;
		case 42: m->eos = (int32_t)(uint32_t)f.value; break;
		default: break;
		}
	}
	return status == EE_END ? EE_OK : status;
}

static enum ee_status
read_normalizer(struct ee_proto proto, struct model *m, struct ee_err *err)
{
	struct ee_proto_field f;
	enum ee_status status;

	while ((status = ee_proto_next(&proto, &f, err)) == EE_OK) {
		switch (f.number) {
		case 2: m->charsmap = f.size > 0; break;
		case 3: m->dummy_prefix = f.value; break;
		case 4: m->remove_spaces = f.value; break;
		case 5: m->escape = f.value; break;
		default: break;
		}
	}
	return status == EE_END ? EE_OK : status;
}

static enum ee_status
read_proto(struct ee_proto proto, struct model *m, struct ee_err *err)
{
	struct ee_proto_field f;
	enum ee_status status;

	while ((status = ee_proto_next(&proto, &f, err)) == EE_OK) {
		const struct ee_proto inner = {
			.start = proto.start, .p = f.data,
			.end = f.data ? f.data + f.size : NULL
		};

		if (f.number == 1 && f.data != NULL)
			TRY(read_piece(inner, m, err));
		else if (f.number == 2 && f.data != NULL)
			TRY(read_trainer(inner, m, err));
		else if (f.number == 3 && f.data != NULL)
			TRY(read_normalizer(inner, m, err));
	}
	return status == EE_END ? EE_OK : status;
}

static enum ee_status
check(const struct model *m, struct ee_err *err)
{
	static const char *const names[] = {
		"0", "Unigram", "BPE", "word", "character"
	};
	const char *what = NULL;
	size_t i;

	if (m->n == 0)
		return ee_fail(err, EE_EFORMAT, "not a sentencepiece model: "
			       "no pieces");
	if (m->model_type != 2)
		return ee_fail(err, EE_EFORMAT, "model type %s is not "
			       "supported, only BPE", m->model_type < 5
			       ? names[m->model_type] : "(unknown)");
	if (m->charsmap)
		what = "a normalizer with a character map";
	else if (m->remove_spaces)
		what = "remove_extra_whitespaces";
	else if (!m->escape)
		what = "escape_whitespaces off";
	else if (m->suffix)
		what = "treat_whitespace_as_suffix";
	for (i = 0; i < m->n && what == NULL; i++)
		if (m->pieces[i].type < NORMAL || m->pieces[i].type > BYTE ||
		    m->pieces[i].type == UNUSED)
			what = "an unused or unknown type of piece";
	if (what != NULL)
		return ee_fail(err, EE_EFORMAT, "%s is not supported", what);
	return EE_OK;
}

/* Add the tokens; those that are found in the text by themselves. */
static enum ee_status
add_tokens(struct ee_tokenizer *tok, const struct model *m,
	   struct ee_err *err)
{
	const struct piece *p = m->pieces;
	size_t i;

	for (i = 0; i < m->n; i++)
		TRY(ee_vocab_token(&tok->vocab, (int64_t)i, p[i].text,
				   p[i].len, err));
	TRY(ee_vocab_index(&tok->vocab, err));
	for (i = 0; i < m->n; i++) {
		if (p[i].type == CONTROL || p[i].type == UNKNOWN)
			TRY(ee_tok_add(tok, p[i].text, p[i].len, (int64_t)i,
				       EE_ADDED_SPECIAL, err));
		else if (p[i].type == USER_DEFINED)
			TRY(ee_added_put(&tok->normal, p[i].text, p[i].len,
					 (int32_t)i, 0, err));
	}
	return EE_OK;
}

static int
better_score(const void *a, const void *b)
{
	const struct piece *const *p = a, *const *q = b;

	return ((*p)->score < (*q)->score) - ((*p)->score > (*q)->score);
}

/* All ways of cutting 'piece' into two pieces. */
static enum ee_status
add_merges_of(struct ee_tokenizer *tok, const struct model *m,
	      const struct piece *piece, uint32_t rank, struct ee_err *err)
{
	const int32_t id = (int32_t)(piece - m->pieces);
	int32_t left, right;
	size_t i;

	for (i = 1; i < piece->len; i++) {
		if (((unsigned char)piece->text[i] & 0xc0) == 0x80)
			continue;
		left = ee_vocab_text(&tok->vocab, piece->text, i);
		if (left < 0 || m->pieces[left].type != NORMAL)
			continue;
		right = ee_vocab_text(&tok->vocab, piece->text + i,
				      piece->len - i);
		if (right >= 0 && m->pieces[right].type == NORMAL)
			TRY(ee_vocab_pair(&tok->vocab, left, right, rank, id,
					  err));
	}
	return EE_OK;
}

static enum ee_status
add_merges(struct ee_tokenizer *tok, const struct model *m,
	   struct ee_err *err)
{
	const struct piece **sorted = ee_calloc(m->n, sizeof(*sorted), err);
	enum ee_status status = EE_OK;
	uint32_t rank = 0;
	size_t i, n = 0;

	if (sorted == NULL)
		return EE_ENOMEM;
	for (i = 0; i < m->n; i++)
		if (m->pieces[i].type == NORMAL)
			sorted[n++] = &m->pieces[i];
	qsort(sorted, n, sizeof(*sorted), better_score);
	for (i = 0; i < n && status == EE_OK; i++) {
		if (i > 0 && sorted[i]->score < sorted[i - 1]->score)
			rank++;
		status = add_merges_of(tok, m, sorted[i], rank, err);
	}
	free(sorted);
	return status;
}

/* The rest: what a sentencepiece tokenizer does to text, and back. */
static enum ee_status
settle(struct ee_tokenizer *tok, const struct model *m, struct ee_err *err)
{
	struct ee_decoder *d = &tok->decoder;

	tok->vocab.byte_fallback = m->byte_fallback != 0;
	tok->vocab.fuse_unk = true;
	tok->vocab.unk = m->unk >= 0 && (size_t)m->unk < m->n
		? (int32_t)m->unk : -1;
	tok->bos = m->bos >= 0 && (size_t)m->bos < m->n ? (int32_t)m->bos : -1;
	tok->eos = m->eos >= 0 && (size_t)m->eos < m->n ? (int32_t)m->eos : -1;
	d->byte_fallback = tok->vocab.byte_fallback;
	d->strip_char = ' ';
	d->strip = m->dummy_prefix ? 1 : 0;
	if (m->dummy_prefix)
		TRY(ee_tok_norm(tok->norms, &tok->n_norms, EE_NORM_PREPEND,
				NULL, 0, EE_MARK, 3, err));
	TRY(ee_tok_norm(tok->norms, &tok->n_norms, EE_NORM_REPLACE, " ", 1,
			EE_MARK, 3, err));
	return ee_tok_norm(d->replaces, &d->n_replaces, EE_NORM_REPLACE,
			   EE_MARK, 3, " ", 1, err);
}

enum ee_status
ee_tok_read_model(struct ee_tokenizer *tok, const struct ee_tok_file *f,
		  struct ee_err *err)
{
	struct model m = { .model_type = 1, .dummy_prefix = 1,
			   .remove_spaces = 1, .escape = 1,
			   .unk = 0, .bos = 1, .eos = 2 };
	const struct ee_proto proto = {
		.start = f->s, .p = f->s, .end = f->s + f->n
	};
	enum ee_status status = read_proto(proto, &m, err);

	if (status == EE_OK)
		status = check(&m, err);
	if (status == EE_OK)
		status = settle(tok, &m, err);
	if (status == EE_OK)
		status = add_tokens(tok, &m, err);
	if (status == EE_OK)
		status = add_merges(tok, &m, err);
	free(m.pieces);
	return status == EE_OK ? EE_OK : ee_within(err, status, "%s",
						   f->where);
}
