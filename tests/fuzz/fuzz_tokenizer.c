/*
 * fuzz_tokenizer.c - any bytes are a tokenizer or an error, and any tokenizer
 * encodes any text: its ids are in range, their ends go up to the end of the
 * text, and they decode to UTF-8.
 *
 * The first byte says what comes: 0 a tokenizer.json, 1 a tokenizer.model, 2
 * a vocab.json and a merges.txt, 3 nothing, for a good tokenizer made here.
 * Each is led by its length, two bytes, low first.  What is left is text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/tokenizer.h"
#include "text/tokparts.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char good[] =
	"{\"added_tokens\":[{\"id\":9,\"content\":\"<s>\",\"special\":true,"
	"\"normalized\":false,\"lstrip\":true,\"rstrip\":true},"
	"{\"id\":10,\"content\":\"e\xcc\x81\",\"single_word\":true}],"
	"\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":["
	"{\"type\":\"NFC\"},"
	"{\"type\":\"Prepend\",\"prepend\":\"\xe2\x96\x81\"},"
	"{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},"
	"\"content\":\"\xe2\x96\x81\"}]},\"model\":{\"type\":\"BPE\","
	"\"unk_token\":\"?\",\"fuse_unk\":true,\"vocab\":{\"?\":0,"
	"\"\xe2\x96\x81\":1,\"a\":2,\"b\":3,\"ab\":4,\"\xe2\x96\x81"
	"a\":5,\"aa\":6,\"aab\":7,\"\xc3\xa9\":8},\"merges\":[\"a a\",\"a b\","
	"\"\xe2\x96\x81 a\",\"aa b\"]}}";

/* The next part; as much as there is of it. */
static const char *
part(const char **p, const char *end, size_t *n)
{
	const char *from;

	*n = 0;
	if (end - *p >= 2) {
		*n = (size_t)(unsigned char)(*p)[0] |
		     (size_t)(unsigned char)(*p)[1] << 8;
		*p += 2;
	}
	if (*n > (size_t)(end - *p))
		*n = (size_t)(end - *p);
	from = *p;
	*p += *n;
	return from;
}

static void
round_trip(const struct ee_tokenizer *tok, const char *s, size_t n,
	   unsigned flags)
{
	struct ee_ids ids = {0};
	char *text = NULL;
	size_t i, len = 0, room = 0, end = 0;
	struct ee_err err;

	if (ee_encode(tok, s, n, flags, &ids, &err) != EE_OK)
		return;		/* a pattern that takes too long */
	for (i = 0; i < ids.n; i++) {
		if (ids.ids[i] < 0 || ids.ends[i] < end ||
		    (size_t)ids.ids[i] >= ee_tokenizer_size(tok))
			abort();
		end = ids.ends[i];
	}
	if (ids.n > 0 && end != n)
		abort();
	if (ee_decode(tok, ids.ids, ids.n, flags != 0, &text, &len, &room,
		      &err) != EE_OK)
		abort();
	if (ee_utf8_valid(text, len) != len || text[len] != '\0')
		abort();
	free(text);
	ee_ids_free(&ids);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const kinds[] = {
		"tokenizer.json", "tokenizer.model", "vocab.json"
	};
	const char *p = (const char *)data, *end = p + size, *file;
	const char *merges = NULL;
	size_t n, merges_len = 0;
	struct ee_tokenizer *tok;
	struct ee_err err;
	unsigned kind;

	if (size == 0)
		return 0;
	kind = (unsigned)*p++ % 4;
	file = kind < 3 ? part(&p, end, &n) : good;
	if (kind == 2)
		merges = part(&p, end, &merges_len);
	if (kind == 3)
		n = sizeof(good) - 1;
	if (ee_tok_from_memory(&tok, kinds[kind % 3], file, n, merges,
			       merges_len, &err) != EE_OK) {
		if (kind == 3)
			abort();
		return 0;
	}
	round_trip(tok, p, (size_t)(end - p), 0);
	round_trip(tok, p, (size_t)(end - p), EE_ENCODE_PLAIN |
		   EE_ENCODE_NO_BOS);
	ee_tokenizer_close(tok);
	return 0;
}
