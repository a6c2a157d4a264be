/* mendtext.c - prompts with their targets as tokens.  See mendtext.h. */
#include "edit/mendtext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "edit/prompts.h"

void
ee_mend_text_free(struct ee_mend_text *t)
{
	free(t->ids);
	free(t->labels);
	memset(t, 0, sizeof(*t));
}

/* whole: prompt and target; target: where the target starts in it */
static enum ee_status
encode(struct ee_mend_text *t, const struct ee_tokenizer *tok,
       const char *whole, size_t target, unsigned flags, struct ee_err *err)
{
	struct ee_ids ids = { 0 }, labels = { 0 };
	const size_t len = strlen(whole);
	enum ee_status status;
	size_t added;

	if (flags & EE_MEND_EASYEDIT) {
		status = ee_encode(tok, whole, len, 0, &ids, err);
		if (status == EE_OK)
			status = ee_encode(tok, whole + target, len - target,
					   0, &labels, err);
	} else {
		status = ee_encode_after(tok, whole, target, &ids, &added,
					 err);
		if (status == EE_OK && added > 0) {
			labels.ids = ee_calloc(added, sizeof(*labels.ids),
					       err);
			status = labels.ids != NULL ? EE_OK : EE_ENOMEM;
		}
		if (status == EE_OK && added > 0) {
			memcpy(labels.ids, ids.ids + ids.n - added,
			       added * sizeof(*labels.ids));
			labels.n = added;
		}
	}
	t->ids = ids.ids;
	t->n = ids.n;
	t->labels = labels.ids;
	t->nlabels = labels.n;
	free(ids.ends);
	free(labels.ends);
	return status;
}

enum ee_status
ee_mend_text_make(struct ee_mend_text *t, const struct ee_tokenizer *tok,
		  const char *name, const char *prompt, const char *target,
		  unsigned flags, struct ee_err *err)
{
	const bool space = target[0] != ' ' || (flags & EE_MEND_EASYEDIT);
	enum ee_status status;
	char *whole;

	memset(t, 0, sizeof(*t));
	if (asprintf(&whole, "%s%s%s", prompt, space ? " " : "", target) < 0)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	status = encode(t, tok, whole, strlen(prompt), flags, err);
	free(whole);
	TRY(status);
	if (t->nlabels == 0)
		return ee_fail(err, EE_EINPUT, "case %s: the target '%s' has "
			       "no tokens", name, target);
	if (t->nlabels >= t->n)
		return ee_fail(err, EE_EINPUT, "case %s: the prompt '%s' has "
			       "no tokens before the target's", name, prompt);
	return EE_OK;
}

enum ee_status
ee_mend_texts_pad(struct ee_mend_text *texts, size_t n, int32_t pad,
		  struct ee_err *err)
{
	size_t longest = 0, most = 0, i, k;

	for (i = 0; i < n; i++) {
		longest = texts[i].n > longest ? texts[i].n : longest;
		most = texts[i].nlabels > most ? texts[i].nlabels : most;
	}
	for (i = 0; i < n; i++) {
		struct ee_mend_text *t = &texts[i];
		const size_t more = most - t->nlabels;
		int32_t *labels;

		if (most >= t->n)
			return ee_fail(err, EE_EINPUT, "request %zu: %zu "
				       "tokens, too few for the %zu targets "
				       "that padding gives it", i + 1, t->n,
				       most);
		labels = ee_grow(t->labels, most, sizeof(*labels), err);
		if (labels == NULL)
			return EE_ENOMEM;
		memmove(labels + more, labels, t->nlabels * sizeof(*labels));
		for (k = 0; k < more; k++)
			labels[k] = pad;
		t->labels = labels;
		t->nlabels = most;
		t->shift = longest - t->n;
	}
	return EE_OK;
}
