/* detokenize.c - a tokens stream back to text.  See detokenize.h. */
#include "detokenize.h"

#include <stdlib.h>
#include <string.h>

#include "file/json.h"
#include "model/model.h"

struct text {
	char *s;
	size_t len, room;
};

/* Was the stream made by this tokenizer?  Yes if it does not say. */
static enum ee_status
check_tokenizer(struct tool *tool, const struct ee_tokenizer *tok)
{
	const struct ee_value *v = ee_get(ee_get(ee_reader_header(tool->in),
						 "model"), "tokenizer");
	char ours[EE_PRINT_TEXT];

	ee_print_text(ee_tokenizer_fingerprint(tok), ours);
	if (v == NULL || v->type != EE_TEXT || strcmp(v->u.text, ours) == 0)
		return EE_OK;
	return ee_fail(&tool->err, EE_EMATCH, "the tokens are of tokenizer "
		       "%.40s, and this is %s", v->u.text, ours);
}

/* One record as a line; what the tokenizer puts in front is not text. */
static enum ee_status
put_text(struct tool *tool, const struct ee_tokenizer *tok,
	 const char *field, const struct ee_ids *front,
	 const struct ee_value *record, struct text *text)
{
	const int32_t *ids;
	struct ee_tensor t;
	enum ee_status status;
	size_t i = 0;

	status = ee_get_tensor(record, "ids", EE_I32, 1, &t, "tokens",
			       &tool->err);
	if (status != EE_OK)
		return status;
	ids = t.data;
	while (i < front->n && i < t.shape[0] && ids[i] == front->ids[i])
		i++;
	status = ee_decode(tok, ids + i, t.shape[0] - i, false, &text->s,
			   &text->len, &text->room, &tool->err);
	if (status == EE_OK && field != NULL) {
		struct ee_pair pair = { field,
					ee_text_n(text->s, text->len) };
		const struct ee_value map = { .type = EE_MAP, .n = 1,
					      .u.map = &pair };

		ee_json_write(stdout, &map);
	} else if (status == EE_OK) {
		fwrite(text->s, 1, text->len, stdout);
	}
	putchar('\n');
	return status == EE_OK && ferror(stdout) ? EE_END : status;
}

enum ee_status
detokenize(struct tool *tool, const struct ee_tokenizer *tok,
	   const char *field)
{
	const struct ee_value *record;
	struct ee_ids front = {0};
	struct text text = {0};
	enum ee_status status;

	status = ee_encode(tok, "", 0, 0, &front, &tool->err);
	if (status == EE_OK)
		status = tool_in(tool, "tokens");
	if (status == EE_OK)
		status = check_tokenizer(tool, tok);
	while (status == EE_OK) {
		status = ee_reader_next(tool->in, &record, &tool->err);
		if (status == EE_OK)
			status = put_text(tool, tok, field, &front, record,
					  &text);
	}
	ee_ids_free(&front);
	free(text.s);
	return status;
}
