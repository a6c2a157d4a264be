/* lesson.c - edits to learn from, as tokens.  See lesson.h. */
#include "edit/lesson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit/prompts.h"

static int32_t *
keep(struct ee_arena *arena, const int32_t *ids, size_t n)
{
	int32_t *copy = ee_arena_alloc(arena, n * sizeof(*ids),
				       _Alignof(int32_t));

	if (copy != NULL)
		memcpy(copy, ids, n * sizeof(*ids));
	return copy;
}

/* The tokens of the answer alone: with BOS, or with a space where there is
 * no BOS. */
static enum ee_status
encode_alone(const struct ee_tokenizer *tok, const char *answer,
	     struct ee_ids *out, struct ee_err *err)
{
	enum ee_status status;
	char *text;

	status = ee_encode(tok, answer, strlen(answer), 0, out, err);
	if (status != EE_OK || (out->n > 0 &&
				out->ids[0] == ee_tokenizer_bos(tok) &&
				out->ends[0] == 0))
		return status;
	if (asprintf(&text, " %s", answer) < 0)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	out->n = 0;
	status = ee_encode(tok, text, strlen(text), 0, out, err);
	free(text);
	return status;
}

enum ee_status
ee_said_make(struct ee_said *said, const struct ee_tokenizer *tok,
	     const char *prompt, const char *answer, size_t max_length,
	     unsigned flags, struct ee_arena *arena, bool *fits,
	     struct ee_err *err)
{
	const bool like = (flags & EE_SAID_LIKE_EASYEDIT) != 0;
	const size_t at = strlen(prompt);
	struct ee_ids whole = { 0 }, alone = { 0 };
	enum ee_status status;
	size_t labels = 0;
	char *text;

	memset(said, 0, sizeof(*said));
	answer += strspn(answer, " ");
	if (answer[0] == '\0')
		return ee_fail(err, EE_EINPUT, "'%s': an empty answer",
			       prompt);
	if (asprintf(&text, "%s%s%s", prompt,
		     at > 0 && prompt[at - 1] == ' ' ? "" : " ", answer) < 0)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	if (like)
		status = ee_encode(tok, text, strlen(text), 0, &whole, err);
	else
		status = ee_encode_after(tok, text, at, &whole, &labels, err);
	if (status == EE_OK && like)
		status = encode_alone(tok, answer, &alone, err);
	if (status != EE_OK)
		goto out;
	if (like)
		labels = alone.n;
	if (like && whole.n > max_length)
		whole.n = max_length;
	*fits = whole.n <= max_length;
	if (!*fits)
		goto out;
	if (labels == 0 || labels >= whole.n) {
		status = ee_fail(err, EE_EINPUT, "'%s' with the answer '%s': "
				 "no token %s", prompt, answer, labels == 0 ?
				 "in the answer" : "before the answer");
		goto out;
	}
	said->ids = keep(arena, whole.ids, whole.n);
	said->labels = keep(arena, like ? alone.ids :
			    whole.ids + (whole.n - labels), labels);
	said->n = whole.n;
	said->nlabels = labels;
	status = ee_arena_check(arena, err);
out:
	ee_ids_free(&whole);
	ee_ids_free(&alone);
	free(text);
	return status;
}
