/*
 * test_text.c - tokenizers against the ids of the Python libraries (see
 * tests/golden/tokenizers/make.py), and against themselves.
 *
 * EE_REAL_TOKENIZERS and EE_GOLDEN_TOKENIZERS may name folders with the real
 * vocabularies of GPT-2, GPT-NeoX and LLaMA 2 and their golden data, which
 * are not ours to give away.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/progress.h"
#include "base/random.h"
#include "file/json.h"
#include "text/corpus.h"
#include "text/normal.h"
#include "text/split.h"
#include "text/tokparts.h"
#include "text/tokenizer.h"
#include "text/utf8.h"

#define GOLDEN "tests/golden/tokenizers/"
#define MODELS "tests/golden/models/"

static struct ee_err err;

/* A file's lines, each parsed as JSON. */
struct lines {
	struct ee_arena arena;
	struct ee_value list;
};

static void
read_lines(struct lines *l, const char *path)
{
	struct ee_mapped file;
	struct ee_value v;
	const char *s, *end, *eol;

	*l = (struct lines){ .list = ee_list() };
	ck_assert_msg(ee_map_file(&file, path, &err) == EE_OK, "%s",
		      err.text);
	s = (const char *)file.data;
	for (end = s + file.size; s < end; s = eol + 1) {
		eol = memchr(s, '\n', (size_t)(end - s));
		if (eol == NULL)
			eol = end;
		ck_assert_msg(ee_json_parse(&l->arena, s, (size_t)(eol - s),
					    path, &v, &err) == EE_OK,
			      "%s", err.text);
		ee_add(&l->arena, &l->list, v);
	}
	ee_unmap_file(&file);
}

static struct ee_tokenizer *
open_tokenizer(const char *dir)
{
	struct ee_tokenizer *tok;

	ck_assert_msg(ee_tokenizer_open(&tok, dir, NULL, &err) == EE_OK,
		      "%s", err.text);
	return tok;
}

/* Encode; what the ends must always be. */
static struct ee_ids
encoded(const struct ee_tokenizer *tok, const char *s, size_t n,
	unsigned flags)
{
	struct ee_ids ids = {0};
	size_t i, end = 0, wrong = 0;	/* an assertion costs a system call */

	ck_assert_msg(ee_encode(tok, s, n, flags, &ids, &err) == EE_OK, "%s",
		      err.text);
	for (i = 0; i < ids.n; i++) {
		wrong += ids.ends[i] < end || ids.ids[i] < 0 ||
			 (size_t)ids.ids[i] >= ee_tokenizer_size(tok);
		end = ids.ends[i];
	}
	ck_assert_uint_eq(wrong, 0);
	if (ids.n > 0)
		ck_assert_uint_eq(end, n);
	return ids;
}

static void
expect_ids(const struct ee_tokenizer *tok, const char *s, size_t n,
	   unsigned flags, const struct ee_value *want, const char *where)
{
	struct ee_ids ids = encoded(tok, s, n, flags | EE_ENCODE_NO_BOS);
	size_t i;

	ck_assert_msg(ids.n == want->n, "%s: '%.*s': %zu ids, want %zu",
		      where, (int)n, s, ids.n, want->n);
	for (i = 0; i < ids.n; i++)
		if (ids.ids[i] != want->u.list[i].u.integer)
			break;
	ck_assert_msg(i == ids.n, "%s: '%.*s': id %zu is not the same", where,
		      (int)n, s, i);
	ee_ids_free(&ids);
}

static void
expect_text(const struct ee_tokenizer *tok, const struct ee_value *list,
	    bool skip, const struct ee_value *want, const char *where)
{
	int32_t *ids = calloc(list->n + 1, sizeof(*ids));
	size_t i, len = 0, room = 0;
	char *text = NULL;

	for (i = 0; i < list->n; i++)
		ids[i] = (int32_t)list->u.list[i].u.integer;
	ck_assert_msg(ee_decode(tok, ids, list->n, skip, &text, &len, &room,
				&err) == EE_OK, "%s", err.text);
	ck_assert_msg(len == want->n && memcmp(text, want->u.text, len) == 0,
		      "%s: got '%s', want '%s'", where, text, want->u.text);
	free(text);
	free(ids);
}

/* All of make.py's data for 'name' with an open tokenizer. */
static void
check_golden(const struct ee_tokenizer *tok, const char *name)
{
	struct lines texts, want;
	char path[200], where[220];
	size_t i, skipped;

	read_lines(&texts, GOLDEN "texts.jsonl");
	snprintf(path, sizeof(path), GOLDEN "%s.encode.jsonl", name);
	read_lines(&want, path);
	skipped = texts.list.n - want.list.n;	/* a variant has the last */
	for (i = 0; i < want.list.n; i++) {
		const struct ee_value *v = &want.list.u.list[i];
		const struct ee_value *t = &texts.list.u.list[skipped + i];
		const struct ee_value *ids = ee_get(v, "ids");
		const struct ee_value *plain = ee_get(v, "plain");
		const struct ee_value *back = ee_get(v, "text");

		snprintf(where, sizeof(where), "%s:%zu", path, i + 1);
		expect_ids(tok, t->u.text, t->n, 0, ids, where);
		expect_ids(tok, t->u.text, t->n, EE_ENCODE_PLAIN,
			   plain ? plain : ids, where);
		expect_text(tok, ids, false, back ? back : t, where);
	}
	ck_assert_uint_ge(i, 160);
	ee_arena_free(&want.arena);
	ee_arena_free(&texts.arena);

	snprintf(path, sizeof(path), GOLDEN "%s.decode.jsonl", name);
	read_lines(&want, path);
	for (i = 0; i < want.list.n; i++) {
		const struct ee_value *v = &want.list.u.list[i];
		const struct ee_value *skip = ee_get(v, "skip");

		snprintf(where, sizeof(where), "%s:%zu", path, i + 1);
		expect_text(tok, ee_get(v, "ids"), false, ee_get(v, "text"),
			    where);
		expect_text(tok, ee_get(v, "ids"), true,
			    skip ? skip : ee_get(v, "text"), where);
	}
	ee_arena_free(&want.arena);
}

static const struct {
	const char *dir, *name;
} golden[] = {
	{ MODELS, "tiny-gpt2" }, { MODELS, "tiny-gpt-neox" },
	{ MODELS, "tiny-llama" }, { MODELS, "tiny-llama-gqa" },
	{ GOLDEN, "atlas-llama" }, { GOLDEN, "atlas-neox" },
	{ GOLDEN, "var-addedl" }, { GOLDEN, "var-addedn" },
	{ GOLDEN, "var-addedq" }, { GOLDEN, "var-gap" },
	{ GOLDEN, "var-metafirsttrue" }, { GOLDEN, "var-nofallbacknofuse" },
	{ GOLDEN, "var-norms" }, { GOLDEN, "var-regpt4o" },
	{ GOLDEN, "var-retwo" }
};

enum { GOLDENS = sizeof(golden) / sizeof(golden[0]) };

START_TEST(ids_are_the_reference_s)
{
	struct ee_tokenizer *tok;
	char dir[200];

	snprintf(dir, sizeof(dir), "%s%s", golden[_i].dir, golden[_i].name);
	tok = open_tokenizer(dir);
	check_golden(tok, golden[_i].name);
	ee_tokenizer_close(tok);
}
END_TEST

/* A tokenizer of one or two files of 'dir', through memory. */
static struct ee_tokenizer *
from_files(const char *dir, const char *kind, const char *merges)
{
	struct ee_mapped one, two = {0};
	struct ee_tokenizer *tok;
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", dir, kind);
	ck_assert_int_eq(ee_map_file(&one, path, &err), EE_OK);
	if (merges != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, merges);
		ck_assert_int_eq(ee_map_file(&two, path, &err), EE_OK);
	}
	ck_assert_msg(ee_tok_from_memory(&tok, kind, (const char *)one.data,
					 one.size, (const char *)two.data,
					 two.size, &err) == EE_OK, "%s",
		      err.text);
	ee_unmap_file(&one);
	if (merges != NULL)
		ee_unmap_file(&two);
	return tok;
}

START_TEST(files_of_a_tokenizer_agree)
{
	static const struct {
		const char *dir, *kind, *merges, *name;
	} other[] = {
		{ MODELS "tiny-gpt2", "vocab.json", "merges.txt", "tiny-gpt2" },
		{ MODELS "tiny-llama", "tokenizer.model", NULL, "tiny-llama" },
		{ GOLDEN "atlas-llama", "tokenizer.model", NULL,
		  "atlas-llama" }
	};
	struct ee_tokenizer *tok = from_files(other[_i].dir, other[_i].kind,
					      other[_i].merges);

	if (strcmp(other[_i].kind, "vocab.json") == 0) {
		struct ee_tokenizer *json = open_tokenizer(other[_i].dir);

		ck_assert_uint_eq(ee_tokenizer_fingerprint(tok),
				  ee_tokenizer_fingerprint(json));
		ee_tokenizer_close(json);
	}
	check_golden(tok, other[_i].name);
	ee_tokenizer_close(tok);
}
END_TEST

START_TEST(bos_is_what_the_files_say)
{
	static const struct {
		const char *dir;
		int32_t bos, eos, added;
	} want[] = {
		{ MODELS "tiny-gpt2", 0, 0, -1 },
		{ MODELS "tiny-llama", 1, 2, 1 },
		{ MODELS "tiny-llama-gqa", 396, 397, 396 },
		{ GOLDEN "atlas-llama", 1, 2, 1 },
		{ GOLDEN "atlas-neox", 0, 0, -1 }
	};
	struct ee_tokenizer *tok = open_tokenizer(want[_i].dir);
	struct ee_ids ids = encoded(tok, "", 0, 0);

	ck_assert_int_eq(ee_tokenizer_bos(tok), want[_i].bos);
	ck_assert_int_eq(ee_tokenizer_eos(tok), want[_i].eos);
	ck_assert_uint_eq(ids.n, want[_i].added >= 0 ? 1 : 0);
	if (ids.n > 0) {
		ck_assert_int_eq(ids.ids[0], want[_i].added);
		ck_assert_uint_eq(ids.ends[0], 0);
	}
	ee_ids_free(&ids);
	ids = encoded(tok, "", 0, EE_ENCODE_NO_BOS);
	ck_assert_uint_eq(ids.n, 0);
	ee_ids_free(&ids);
	ee_tokenizer_close(tok);
}
END_TEST

START_TEST(sentencepiece_adds_bos)
{
	struct ee_tokenizer *tok = from_files(MODELS "tiny-llama",
					      "tokenizer.model", NULL);
	struct ee_ids ids = encoded(tok, "a", 1, 0);

	ck_assert_int_eq(ids.ids[0], 1);
	ee_ids_free(&ids);
	ee_tokenizer_close(tok);
}
END_TEST

/* What a tokenizer cannot encode whole at once it encodes in pieces. */
START_TEST(long_words)
{
	static const char *const dirs[] = {
		MODELS "tiny-gpt2", MODELS "tiny-gpt-neox", MODELS "tiny-llama",
		MODELS "tiny-llama-gqa"
	};
	static const char *const units[] = {
		"a", " ", "the", "\n", "'", "1", "\xe4\xb8\xad", "\xcc\x81",
		"\xcc\x81\xcc\xa3", "ab ", "\xff", "er\xe2\x96\x81", "e\xcc\x81"
	};
	enum { UNITS = sizeof(units) / sizeof(units[0]) };
	struct ee_tokenizer *tok = open_tokenizer(dirs[_i / UNITS]);
	const char *unit = units[_i % UNITS];
	const size_t size = strlen(unit), n = (1 << 20) / size;
	char *text = malloc(n * size), *back = NULL;
	size_t i, len = 0, room = 0;
	const double start = ee_seconds();
	struct ee_ids ids;

	for (i = 0; i < n; i++)
		memcpy(text + i * size, unit, size);
	ids = encoded(tok, text, n * size, EE_ENCODE_NO_BOS);
	ck_assert_int_eq(ee_decode(tok, ids.ids, ids.n, false, &back, &len,
				   &room, &err), EE_OK);
	if (strchr("a thne\n'1b", unit[size - 1]) != NULL) {
		ck_assert_uint_eq(len, n * size);
		ck_assert_int_eq(memcmp(text, back, len), 0);
	}
	ck_assert_msg(ee_seconds() - start < 10, "%g seconds",
		      ee_seconds() - start);
	ee_ids_free(&ids);
	free(back);
	free(text);
	ee_tokenizer_close(tok);
}
END_TEST

START_TEST(ends_are_bytes_of_the_original)
{
	static const char text[] = "Caf\x65\xcc\x81 \xff\xe2\x82 x";
	struct ee_tokenizer *tok = open_tokenizer(MODELS "tiny-gpt-neox");
	struct ee_ids ids = encoded(tok, text, sizeof(text) - 1, 0);
	bool composed = false, mark = false;
	size_t i;

	for (i = 0; i < ids.n; i++) {
		composed |= ids.ends[i] == 6;	/* after U+0301 */
		mark |= ids.ends[i] > 3 && ids.ends[i] < 6;
	}
	ck_assert(composed);
	ck_assert(!mark);
	ee_ids_free(&ids);
	ee_tokenizer_close(tok);

	tok = open_tokenizer(MODELS "tiny-llama");
	ids = encoded(tok, "Z \xe4\xb8\xad", 5, 0);
	ck_assert_uint_eq(ids.ends[0], 0);		/* BOS */
	ck_assert_uint_eq(ids.ends[ids.n - 1], 5);
	ck_assert_uint_eq(ids.ends[ids.n - 2], 4);	/* byte by byte */
	ck_assert_uint_eq(ids.ends[ids.n - 3], 3);
	ee_ids_free(&ids);
	ee_tokenizer_close(tok);
}
END_TEST

START_TEST(appends)
{
	struct ee_tokenizer *tok = open_tokenizer(MODELS "tiny-gpt2");
	struct ee_ids ids = {0};
	size_t n;

	ck_assert_int_eq(ee_encode(tok, "one", 3, 0, &ids, &err), EE_OK);
	n = ids.n;
	ck_assert_int_eq(ee_encode(tok, "one", 3, 0, &ids, &err), EE_OK);
	ck_assert_uint_eq(ids.n, 2 * n);
	ck_assert_int_eq(ids.ids[0], ids.ids[n]);
	ck_assert_uint_eq(ids.ends[n - 1], 3);
	ck_assert_uint_eq(ids.ends[2 * n - 1], 3);
	ee_ids_free(&ids);
	ee_tokenizer_close(tok);
}
END_TEST

START_TEST(ids_out_of_range)
{
	struct ee_tokenizer *tok = open_tokenizer(MODELS "tiny-gpt2");
	const int32_t bad[2][2] = { { 1, -1 }, { 1, 1 << 20 } };
	char *text = NULL;
	size_t len, room = 0, i;

	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(ee_decode(tok, bad[i], 2, false, &text, &len,
					   &room, &err), EE_EINPUT);
		ck_assert_ptr_nonnull(strstr(err.text, "token 1: id"));
	}
	free(text);
	ee_tokenizer_close(tok);
}
END_TEST

static void *
encode_many(void *arg)
{
	const struct ee_tokenizer *tok = arg;
	struct ee_ids ids = {0};
	struct ee_err e;
	size_t i, n = 0;

	for (i = 0; i < 200; i++) {
		ids.n = 0;
		if (ee_encode(tok, "the quick brown fox's 1234 \xc3\xa9", 29,
			      0, &ids, &e) != EE_OK)
			break;
		n += ids.n;
	}
	ee_ids_free(&ids);
	return (void *)(uintptr_t)n;
}

START_TEST(shared_by_threads)
{
	struct ee_tokenizer *tok = open_tokenizer(GOLDEN "var-regpt4o");
	void *one = encode_many(tok), *other;
	pthread_t threads[4];
	size_t i;

	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, encode_many, tok);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &other);
		ck_assert_ptr_eq(one, other);
	}
	ee_tokenizer_close(tok);
}
END_TEST

/* A tokenizer.json around a model; what else it says. */
#define JSON(vocab, merges, more) \
	"{\"model\":{\"type\":\"BPE\",\"vocab\":" vocab \
	",\"merges\":" merges "}" more "}"
#define AB "{\"a\":0,\"b\":1,\"ab\":2}"
#define LEVEL ",\"pre_tokenizer\":{\"type\":\"ByteLevel\"}," \
	"\"decoder\":{\"type\":\"ByteLevel\"}"

static const struct {
	const char *json, *want;
} bad[] = {
	{ "", "want a map" },
	{ "[]", "want a map" },
	{ "{", "tokenizer.json:1: byte 1: want a string" },
	{ "{\"model\":{\"vocab\":{\"a\":0}", "want ',' or '}'" },
	{ "{\"model\":3}", "no 'model'" },
	{ "{\"a\":\xff}", "byte 5: not UTF-8" },
	{ "{}", "no 'model'" },
	{ "{\"model\":{\"type\":\"BPE\"}}", "no 'vocab'" },
	{ "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0}}}", "no 'merges'" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{},\"merges\":[]}}",
	  "type 'WordPiece' is not supported" },
	{ "{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}",
	  "type 'Unigram' is not supported" },
	{ "{\"model\":{\"dropout\":0.1,\"vocab\":{},\"merges\":[]}}",
	  "'dropout' is not supported" },
	{ "{\"model\":{\"end_of_word_suffix\":\"</w>\",\"vocab\":{},"
	  "\"merges\":[]}}", "'end_of_word_suffix' is not supported" },
	{ "{\"model\":{\"byte_fallback\":1,\"vocab\":{},\"merges\":[]}}",
	  "'byte_fallback'" },
	{ JSON("{}", "[]", ""), "the vocabulary is empty" },
	{ JSON("[]", "[]", ""), "want the vocabulary, a map" },
	{ JSON("{\"a\":0,\"b\":0}", "[]", ""), "have the same id 0" },
	{ JSON("{\"a\":0,\"a\":1}", "[]", ""), "has two ids, 0 and 1" },
	{ JSON("{\"a\":-1}", "[]", ""), "id -1, want 0 to" },
	{ JSON("{\"a\":99999999}", "[]", ""), "id 99999999, want 0 to" },
	{ JSON("{\"a\":1e3}", "[]", ""), "want an integer" },
	{ JSON("{\"a\":\"0\"}", "[]", ""), "want an integer" },
	{ JSON("{\"a\\x\":0}", "[]", ""), "want an escape sequence" },
	{ JSON("{\"\\ud800\":0}", "[]", ""), "want an escape sequence" },
	{ JSON("{\"a\n\":0}", "[]", ""), "want no control character" },
	{ JSON(AB, "{}", ""), "want the merges, a list" },
	{ JSON(AB, "[\"a c\"]", ""), "merges[0]: 'c' is not in the vocab" },
	{ JSON(AB, "[\"a b\",[\"b\",\"a\"]]", ""),
	  "merges[1]: 'ba' is not in the vocab" },
	{ JSON(AB, "[\"ab\"]", ""), "merges[0]" },
	{ JSON(AB, "[\"a b a\"]", ""), "want two tokens and a space" },
	{ JSON(AB, "[[\"a\"]]", ""), "merges[0]" },
	{ JSON(AB, "[3]", ""), "merges[0]" },
	{ JSON(AB, "[]", ",\"normalizer\":{\"type\":\"NFKC\"}"),
	  "normalizer: NFKC is not supported" },
	{ JSON(AB, "[]", ",\"normalizer\":{\"type\":\"Sequence\","
	       "\"normalizers\":[{\"type\":\"Lowercase\"}]}"),
	  "normalizer: Lowercase is not supported" },
	{ JSON(AB, "[]", ",\"normalizer\":{\"type\":\"Replace\",\"pattern\":"
	       "{\"Regex\":\"a\"},\"content\":\"b\"}"), "Replace: a Regex" },
	{ JSON(AB, "[]", ",\"pre_tokenizer\":{\"type\":\"Whitespace\"}"),
	  "pre_tokenizer: Whitespace is not supported" },
	{ JSON(AB, "[]", ",\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":"
	       "{\"Regex\":\"(\"},\"behavior\":\"Isolated\"}"),
	  "pattern '('" },
	{ JSON(AB, "[]", ",\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":"
	       "{\"Regex\":\"a\"},\"behavior\":\"MergedWithNext\"}"),
	  "behavior: MergedWithNext is not supported" },
	{ JSON(AB, "[]", ",\"pre_tokenizer\":{\"type\":\"ByteLevel\"}"),
	  "decoder: any but ByteLevel" },
	{ JSON(AB, "[]", ",\"decoder\":{\"type\":\"WordPiece\"}"),
	  "decoder: WordPiece is not supported" },
	{ JSON(AB, "[]", ",\"decoder\":{\"type\":\"ByteLevel\"}"),
	  "decoder: ByteLevel without" },
	{ JSON(AB, "[]", LEVEL ",\"post_processor\":"
	       "{\"type\":\"BertProcessing\"}"),
	  "post_processor: BertProcessing is not supported" },
	{ JSON(AB, "[]", LEVEL ",\"post_processor\":"
	       "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":"
	       "{\"id\":\"x\"}}]}"), "no ids of the special token 'x'" },
	{ JSON(AB, "[]", LEVEL ",\"post_processor\":"
	       "{\"type\":\"TemplateProcessing\",\"single\":[]}"),
	  "the sequence occurs 0 times" },
	{ JSON(AB, "[]", LEVEL ",\"added_tokens\":[{\"id\":1,"
	       "\"content\":\"a\"}]"), "the vocabulary says 0" },
	{ JSON(AB, "[]", LEVEL ",\"added_tokens\":[{\"id\":1,"
	       "\"content\":\"c\"}]"), "have the same id 1" },
	{ JSON(AB, "[]", LEVEL ",\"added_tokens\":[{\"content\":\"c\"}]"),
	  "added_tokens[0]: 'id'" },
	{ JSON(AB, "[]", LEVEL ",\"added_tokens\":[{\"id\":5}]"),
	  "no 'content'" },
	{ JSON(AB, "[]", ",\"added_tokens\":3"), "'added_tokens' is" },
	{ "{\"model\":{\"unk_token\":\"x\",\"vocab\":" AB ",\"merges\":[]}"
	  LEVEL "}", "unk_token 'x' is not in the vocabulary" },
};

START_TEST(bad_json_is_an_error)
{
	struct ee_tokenizer *tok;
	enum ee_status status;

	status = ee_tok_from_memory(&tok, "tokenizer.json", bad[_i].json,
				    strlen(bad[_i].json), NULL, 0, &err);
	ck_assert_msg(status == EE_EFORMAT, "accepted: %s", bad[_i].json);
	ck_assert_ptr_null(tok);
	ck_assert_msg(strstr(err.text, bad[_i].want) != NULL,
		      "%s: '%s', want '%s'", bad[_i].json, err.text,
		      bad[_i].want);
}
END_TEST

/* Cut anywhere, a file is an error. */
START_TEST(cut_files_are_errors)
{
	static const char *const paths[] = {
		MODELS "tiny-llama/tokenizer.json",
		MODELS "tiny-gpt2/vocab.json",
		MODELS "tiny-llama/tokenizer.model"
	};
	const char *kind = strrchr(paths[_i], '/') + 1;
	struct ee_tokenizer *tok;
	struct ee_mapped file;
	size_t n, ok = 0;

	ck_assert_int_eq(ee_map_file(&file, paths[_i], &err), EE_OK);
	for (n = 0; n < file.size - 1; n += 1 + n / 40) {
		if (ee_tok_from_memory(&tok, kind, (const char *)file.data, n,
				       "", 0, &err) == EE_OK) {
			ok++;
			ee_tokenizer_close(tok);
		}
	}
	ck_assert_uint_eq(ok, 0);
	ee_unmap_file(&file);
}
END_TEST

START_TEST(bad_merges_are_errors)
{
	static const struct {
		const char *merges, *want;
	} files[] = {
		{ "#version: 0.2\na c\n", "merges.txt:2: 'c' is not in" },
		{ "a b\nab\n", "merges.txt:2: want two tokens" },
		{ "a b c\n", "merges.txt:1: want two tokens" },
		{ "a b\n\xff b\n", "byte 4: not UTF-8" }
	};
	struct ee_tokenizer *tok;

	ck_assert_int_eq(ee_tok_from_memory(&tok, "vocab.json", AB,
					    strlen(AB), files[_i].merges,
					    strlen(files[_i].merges), &err),
			 EE_EFORMAT);
	ck_assert_msg(strstr(err.text, files[_i].want), "%s", err.text);
}
END_TEST

START_TEST(no_tokenizer_names_what_was_sought)
{
	struct ee_tokenizer *tok;

	ck_assert_int_eq(ee_tokenizer_open(&tok, "tests/unit", NULL, &err),
			 EE_EIO);
	ck_assert_ptr_null(tok);
	ck_assert_ptr_nonnull(strstr(err.text, "tokenizer.model"));
}
END_TEST

/* The scanners cut as their patterns do through PCRE2. */
START_TEST(scanners_agree_with_patterns)
{
	static const char *const patterns[] = {
		"(?:'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+"
		"| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+)",
		"(?:(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
		"|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+"
		"|\\s+(?!\\S)|\\s+)"
	};
	static const char *const parts[] = {
		" ", "  ", "\n", "\r\n", "\t", "a", "Zb", "'", "'s", "'LL", "7",
		"1234", "!", "-", "\xc2\xa0", "\xc3\xa9", "\xe2\x80\xa8",
		"'\xc5\xbf", "\xe1\xa0\x8e", "\xcc\x81", "\xe4\xb8\xad",
		"\xd9\xa3", "'re", "\v"
	};
	struct ee_matcher *m;
	struct ee_split split;
	struct ee_random r;
	char text[256];
	size_t round, n, at, from, to, len, i;

	ck_assert_int_eq(ee_split_pattern(&split, patterns[_i],
					  strlen(patterns[_i]), &err), EE_OK);
	ck_assert_int_eq(split.kind, EE_SPLIT_REGEX);
	ck_assert_int_eq(ee_matcher_open(&m, &err), EE_OK);
	ee_random_seed(&r, 5);
	for (round = 0; round < 20000; round++) {
		for (n = 0, i = ee_random_below(&r, 12); i > 0; i--) {
			const char *p = parts[ee_random_below(&r, 24)];

			memcpy(text + n, p, strlen(p));
			n += strlen(p);
		}
		for (at = 0; at < n; at += len) {
			len = _i == 0 ? ee_split_gpt2(text + at, n - at)
				      : ee_split_gpt4(text + at, n - at, 3);
			if (ee_matcher_next(m, &split, text, n, at, &from, &to,
					    &err) != EE_OK ||
			    from != at || to != at + len)
				ck_abort_msg("'%.*s' at %zu: %zu, want %zu",
					     (int)n, text, at, len, to - at);
		}
	}
	ee_matcher_close(m);
	ee_split_free(&split);
}
END_TEST

START_TEST(utf8_is_repaired_as_python_does)
{
	/* b"...".decode("utf-8", "replace") */
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "a\xff" "b", "a\xef\xbf\xbd" "b" },
		{ "\xe2\x82" "A", "\xef\xbf\xbd" "A" },
		{ "\xf0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf0\x9f\x98", "\xef\xbf\xbd" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe0\x9f\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }
	};
	const char *s = cases[_i].from;
	const size_t n = strlen(s);
	struct ee_built b = {0};

	ck_assert_int_eq(ee_repair(s, n, ee_utf8_valid(s, n), &b, &err),
			 EE_OK);
	ck_assert_uint_eq(b.n, strlen(cases[_i].to));
	ck_assert_int_eq(memcmp(b.s, cases[_i].to, b.n), 0);
	ck_assert_uint_eq(b.ends[b.n - 1], n);
	ee_built_free(&b);
}
END_TEST

/* Documents of a file with this text; their ids into a text. */
static void
documents_of(const char *content, struct ee_corpus_options opt,
	     const char *want)
{
	char path[] = "/tmp/ee-corpus-XXXXXX", got[512] = "", *files[1];
	const int fd = mkstemp(path);
	struct ee_corpus *corpus;
	struct ee_document doc;
	enum ee_status status;
	size_t n = 0;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, content, strlen(content)),
			 (ssize_t)strlen(content));
	close(fd);
	files[0] = path;
	opt.files = files;
	opt.n_files = 1;
	if (opt.shards == 0)
		opt.shard = opt.shards = 1;
	status = ee_corpus_open(&corpus, &opt, &err);
	while (status == EE_OK &&
	       (status = ee_corpus_next(corpus, &doc, &err)) == EE_OK)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%lld=%.*s%s;",
				      (long long)doc.id, (int)doc.len,
				      doc.text, doc.repaired ? "!" : "");
	ee_corpus_close(corpus);
	unlink(path);
	if (status != EE_END)
		snprintf(got, sizeof(got), "%s", strstr(err.text, "XXXXXX")
			 ? err.text : err.text + (strncmp(err.text, path,
				strlen(path)) == 0 ? strlen(path) : 0));
	ck_assert_str_eq(got, want);
}

START_TEST(documents)
{
	const struct ee_corpus_options all = {0}, field = { .field = "t" },
		sample = { .sample = 3, .seed = 7 },
		shard = { .sample = 5, .seed = 7, .shard = 2, .shards = 2 },
		some = { .field = "t", .sample = 9, .seed = 1 };

	documents_of("a\n\nb\r\nc", all, "0=a;1=;2=b;3=c;");
	documents_of("", all, "there are no documents");
	documents_of("x\xff\n", all, "0=x\xef\xbf\xbd!;");
	documents_of("\x1f\x8b" "abc", all,
		     ": the gzip data are damaged: unknown compression method");
	documents_of("{\"t\":\"a\"}\n\n{\"t\":\"b\"}\n", field, "0=a;1=b;");
	documents_of(" \n[{\"t\":\"a\"},{\"t\":\"b\"}]", field, "0=a;1=b;");
	documents_of("[]", field, "there are no documents");
	documents_of("{\"t\":\"a\"}\n{\"t\":1}\n", field,
		     ": line 2: 't' is an integer, want a text");
	documents_of("[{\"t\":\"a\"},3]", field,
		     ": record 2: 't' is not there, want a text");
	/* random.Random(7).shuffle(list(range(10))) */
	documents_of("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", sample, "8=8;3=3;1=1;");
	documents_of("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", shard, "3=3;4=4;");
	documents_of("[{\"t\":\"a\"}]", some, "0=a;");
	documents_of("{\"t\":\"a\"}", some, "0=a;");
	documents_of("", sample, "there are no documents");
}
END_TEST

static void
check_real_encode(const struct ee_tokenizer *tok, const char *path)
{
	struct lines l;
	size_t i;

	read_lines(&l, path);
	for (i = 0; i < l.list.n; i++) {
		const struct ee_value *v = &l.list.u.list[i];
		const struct ee_value *t = ee_get(v, "text");
		const struct ee_value *ids = ee_get(v, "ids");
		const struct ee_value *plain = ee_get(v, "ids_plain");

		expect_ids(tok, t->u.text, t->n, 0, ids, path);
		expect_ids(tok, t->u.text, t->n, EE_ENCODE_PLAIN,
			   plain ? plain : ids, path);
		expect_text(tok, ids, false, ee_get(v, "decode"), path);
	}
	ck_assert_uint_ge(i, 400);
	ee_arena_free(&l.arena);
}

static void
check_real_decode(const struct ee_tokenizer *tok, const char *path)
{
	struct lines l;
	size_t i;

	read_lines(&l, path);
	for (i = 0; i < l.list.n; i++) {
		const struct ee_value *v = &l.list.u.list[i];

		expect_text(tok, ee_get(v, "ids"), false,
			    ee_get(v, "decode"), path);
		expect_text(tok, ee_get(v, "ids"), true,
			    ee_get(v, "decode_skip_special"), path);
	}
	ee_arena_free(&l.arena);
}

static void
check_real_invalid(const struct ee_tokenizer *tok, const char *path)
{
	char bytes[1000];
	struct lines l;
	size_t i, n;
	unsigned b;

	read_lines(&l, path);
	for (i = 0; i < l.list.n; i++) {
		const struct ee_value *v = &l.list.u.list[i];
		const struct ee_value *hex = ee_get(v, "bytes_hex");

		for (n = 0; n < hex->n / 2 && n < sizeof(bytes); n++) {
			sscanf(hex->u.text + 2 * n, "%2x", &b);
			bytes[n] = (char)b;
		}
		expect_ids(tok, bytes, n, 0, ee_get(v, "ids"), path);
	}
	ee_arena_free(&l.arena);
}

START_TEST(real_vocabularies)
{
	static const struct {
		const char *dir, *kind, *merges, *name;
	} all[] = {
		{ "gpt2", "tokenizer.json", NULL, "gpt2" },
		{ "gpt2", "encoder.json", "vocab.bpe", "gpt2" },
		{ "neox", "tokenizer.json", NULL, "neox" },
		{ "llama2", "tokenizer.json", NULL, "llama2" },
		{ "llama2", "tokenizer.model", NULL, "llama2" }
	};
	const char *real = getenv("EE_REAL_TOKENIZERS");
	const char *data = getenv("EE_GOLDEN_TOKENIZERS");
	struct ee_tokenizer *tok;
	char path[1000];

	if (real == NULL || data == NULL) {
		if (_i == 0)
			puts("text: real_vocabularies skipped: no "
			     "EE_REAL_TOKENIZERS and EE_GOLDEN_TOKENIZERS");
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", real, all[_i].dir);
	tok = from_files(path, all[_i].kind, all[_i].merges);
	snprintf(path, sizeof(path), "%s/%s.encode.jsonl", data,
		 all[_i].name);
	check_real_encode(tok, path);
	snprintf(path, sizeof(path), "%s/%s.decode.jsonl", data,
		 all[_i].name);
	check_real_decode(tok, path);
	snprintf(path, sizeof(path), "%s/%s.invalid.jsonl", data,
		 all[_i].name);
	check_real_invalid(tok, path);
	ee_tokenizer_close(tok);
}
END_TEST

Suite *suite_text(void);

Suite *
suite_text(void)
{
	Suite *s = suite_create("text");
	TCase *c = tcase_create("text");

	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, ids_are_the_reference_s, 0, GOLDENS);
	tcase_add_loop_test(c, files_of_a_tokenizer_agree, 0, 3);
	tcase_add_loop_test(c, bos_is_what_the_files_say, 0, 5);
	tcase_add_test(c, sentencepiece_adds_bos);
	tcase_add_loop_test(c, long_words, 0, 4 * 13);
	tcase_add_test(c, ends_are_bytes_of_the_original);
	tcase_add_test(c, appends);
	tcase_add_test(c, ids_out_of_range);
	tcase_add_test(c, shared_by_threads);
	tcase_add_loop_test(c, bad_json_is_an_error, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(c, cut_files_are_errors, 0, 3);
	tcase_add_loop_test(c, bad_merges_are_errors, 0, 4);
	tcase_add_test(c, no_tokenizer_names_what_was_sought);
	tcase_add_loop_test(c, scanners_agree_with_patterns, 0, 2);
	tcase_add_loop_test(c, utf8_is_repaired_as_python_does, 0, 8);
	tcase_add_test(c, documents);
	tcase_add_loop_test(c, real_vocabularies, 0, 5);
	suite_add_tcase(s, c);
	return s;
}
