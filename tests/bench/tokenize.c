/* tokenize.c - MB/s of ee_encode, line by line: MODEL FILE */
#include <stdio.h>
#include <string.h>

#include "base/outfile.h"
#include "base/progress.h"
#include "text/tokenizer.h"

enum { ROUNDS = 5 };

static enum ee_status
encode_lines(const struct ee_tokenizer *tok, const struct ee_mapped *file,
	     size_t *tokens, struct ee_err *err)
{
	const char *p = (const char *)file->data, *end = p + file->size, *eol;
	enum ee_status status = EE_OK;
	struct ee_ids ids = {0};

	*tokens = 0;
	for (; p < end && status == EE_OK; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		ids.n = 0;
		status = ee_encode(tok, p, (size_t)(eol - p), 0, &ids, err);
		*tokens += ids.n;
	}
	ee_ids_free(&ids);
	return status;
}

int
main(int argc, char **argv)
{
	double start, opened = 1e9, encoded = 1e9;
	struct ee_tokenizer *tok = NULL;
	struct ee_mapped file;
	struct ee_err err;
	size_t tokens = 0;
	int i;

	if (argc != 3 || ee_map_file(&file, argv[2], &err) != EE_OK)
		return 1;
	for (i = 0; i < ROUNDS; i++) {
		ee_tokenizer_close(tok);
		start = ee_seconds();
		if (ee_tokenizer_open(&tok, argv[1], NULL, &err) != EE_OK)
			goto fail;
		start = ee_seconds() - start;
		opened = start < opened ? start : opened;
	}
	for (i = 0; i < ROUNDS; i++) {
		start = ee_seconds();
		if (encode_lines(tok, &file, &tokens, &err) != EE_OK)
			goto fail;
		start = ee_seconds() - start;
		encoded = start < encoded ? start : encoded;
	}
	printf("%s: opened in %.1f ms; %zu tokens, %.1f MB/s\n", argv[2],
	       opened * 1e3, tokens, (double)file.size / encoded / 1e6);
	ee_tokenizer_close(tok);
	ee_unmap_file(&file);
	return 0;
fail:
	fprintf(stderr, "%s\n", err.text);
	return 1;
}
