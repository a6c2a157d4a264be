/* said.c - prompts with their answers as tokens.  See said.h. */
#include "edit/said.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/prompts.h"

/* Room for n in the arena, the last nids of which are these.  The arena knows
 * of a NULL. */
static int32_t *
keep(struct ee_arena *arena, const int32_t *ids, size_t nids, size_t n)
{
	int32_t *copy = ee_arena_alloc(arena, n * sizeof(*ids),
				       _Alignof(int32_t));

	if (copy != NULL)
		memcpy(copy + (n - nids), ids, nids * sizeof(*ids));
	return copy;
}

/* The tokens of an answer alone; it begins with a space. */
static enum ee_status
encode_alone(const struct ee_tokenizer *tok, const char *answer,
	     enum ee_said_as as, struct ee_ids *out, struct ee_err *err)
{
	if (as == EE_SAID_EASYEDIT_TRAINS) {
		TRY(ee_encode(tok, answer + 1, strlen(answer) - 1, 0, out,
			      err));
		if (out->n > 0 && out->ends[0] == 0 &&
		    out->ids[0] == ee_tokenizer_bos(tok))
			return EE_OK;
		out->n = 0;
	}
	return ee_encode(tok, answer, strlen(answer), 0, out, err);
}

enum ee_status
ee_said_make(struct ee_said *said, const struct ee_tokenizer *tok,
	     const char *prompt, const char *answer, enum ee_said_as as,
	     struct ee_arena *arena, struct ee_err *err)
{
	const bool alike = as != EE_SAID_ORIGINAL;
	const bool space = answer[0] != ' ' || as == EE_SAID_EASYEDIT_TRAINS;
	const size_t at = strlen(prompt);
	struct ee_ids whole = { 0 }, alone = { 0 };
	enum ee_status status;
	size_t n = 0;
	char *text;

	memset(said, 0, sizeof(*said));
	if (answer[strspn(answer, " ")] == '\0')
		return ee_fail(err, EE_EINPUT, "'%s': an empty answer",
			       prompt);
	if (asprintf(&text, "%s%s%s", prompt, space ? " " : "", answer) < 0)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	if (alike)
		status = ee_encode(tok, text, strlen(text), 0, &whole, err);
	else
		status = ee_encode_after(tok, text, at, &whole, &n, err);
	if (status == EE_OK && alike) {
		status = encode_alone(tok, text + at, as, &alone, err);
		n = alone.n;
	}
	if (status == EE_OK && (n == 0 || n >= whole.n))
		status = ee_fail(err, EE_EINPUT, "'%s' with the answer '%s': "
				 "no token %s", prompt, answer, n == 0 ?
				 "in the answer" : "before the answer");
	if (status == EE_OK) {
		said->ids = keep(arena, whole.ids, whole.n, whole.n);
		said->labels = keep(arena, alike ? alone.ids :
				    whole.ids + (whole.n - n), n, n);
		said->n = whole.n;
		said->nlabels = n;
		status = ee_arena_check(arena, err);
	}
	ee_ids_free(&whole);
	ee_ids_free(&alone);
	free(text);
	return status;
}

enum ee_status
ee_said_pad(struct ee_said *list, size_t n, int32_t pad,
	    struct ee_arena *arena, struct ee_err *err)
{
	size_t longest = 0, most = 0, i, k;

	for (i = 0; i < n; i++) {
		longest = list[i].n > longest ? list[i].n : longest;
		most = list[i].nlabels > most ? list[i].nlabels : most;
	}
	for (i = 0; i < n; i++) {
		struct ee_said *s = &list[i];
		const size_t more = most - s->nlabels;

		if (most >= s->n)
			return ee_fail(err, EE_EINPUT, "request %zu: %zu "
				       "tokens, too few for the %zu targets "
				       "that padding gives it", i + 1, s->n,
				       most);
		s->labels = keep(arena, s->labels, s->nlabels, most);
		TRY(ee_arena_check(arena, err));
		for (k = 0; k < more; k++)
			s->labels[k] = pad;
		s->nlabels = most;
		s->shift = longest - s->n;
	}
	return EE_OK;
}
