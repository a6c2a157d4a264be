/* prompts.c - the token sequences of one request.  See prompts.h. */
#include "edit/prompts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "math/vec.h"
#include "model/forward.h"

void
ee_prompts_free(struct ee_prompts *p)
{
	size_t i;

	for (i = 0; p->rows != NULL && i < p->nrows; i++)
		free(p->rows[i].ids);
	for (i = 0; p->probes != NULL && i < p->nprobes; i++)
		free(p->probes[i].ids);
	free(p->rows);
	free(p->probes);
	free(p->kl.ids);
	ee_ids_free(&p->target);
	memset(p, 0, sizeof(*p));
}

enum ee_status
ee_encode_after(const struct ee_tokenizer *tok, const char *text,
		size_t prompt, struct ee_ids *ids, size_t *added,
		struct ee_err *err)
{
	const size_t len = strlen(text);
	struct ee_ids bare = { 0 };
	enum ee_status status = ee_encode(tok, text, prompt, 0, &bare, err);

	ids->n = 0;
	if (status == EE_OK)
		status = ee_encode(tok, text, len, 0, ids, err);
	if (status == EE_OK && (ids->n <= bare.n || (bare.n > 0 &&
	    memcmp(ids->ids, bare.ids, bare.n * sizeof(*bare.ids)) != 0))) {
		ids->n = 0;
		status = ee_encode(tok, text, prompt, 0, ids, err);
		if (status == EE_OK)
			status = ee_encode(tok, text + prompt, len - prompt,
					   EE_ENCODE_NO_BOS, ids, err);
	}
	*added = status == EE_OK ? ids->n - bare.n : 0;
	ee_ids_free(&bare);
	return status;
}

/* What the target adds to the tokens of the bare prompt. */
static enum ee_status
encode_added(struct ee_prompts *p, const struct ee_tokenizer *tok,
	     const struct ee_request *r, const char *text, struct ee_err *err)
{
	char *whole;
	const int n = asprintf(&whole, "%s%s%s%s", r->before, r->subject,
			       r->after, text);
	enum ee_status status;
	size_t added;

	if (n < 0)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	status = ee_encode_after(tok, whole, (size_t)n - strlen(text),
				 &p->target, &added, err);
	if (status == EE_OK && added > 0)
		memmove(p->target.ids, p->target.ids + p->target.n - added,
			added * sizeof(*p->target.ids));
	p->target.n = added;
	free(whole);
	return status;
}

static enum ee_status
encode_target(struct ee_prompts *p, const struct ee_tokenizer *tok,
	      const struct ee_request *r, unsigned flags, struct ee_err *err)
{
	const bool space = flags & EE_SPACE_ALWAYS
			   ? strcmp(r->target, " ") != 0
			   : r->target[0] != ' ';
	char *text;
	enum ee_status status;

	if (asprintf(&text, "%s%s", space ? " " : "", r->target) < 0)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	if (flags & EE_TARGET_AS_TEXT)
		status = ee_encode(tok, text, strlen(text), EE_ENCODE_NO_BOS,
				   &p->target, err);
	else
		status = encode_added(p, tok, r, text, err);
	if (status == EE_OK && p->target.n == 0)
		status = ee_fail(err, EE_EINPUT, "case %s: the target '%s' "
				 "has no tokens", r->id, r->target);
	free(text);
	return status;
}

/* Append all but the last target token to a sequence. */
static enum ee_status
append_target(const struct ee_ids *target, struct ee_spot *row,
	      struct ee_err *err)
{
	int32_t *ids = ee_grow(row->ids, row->n + target->n, sizeof(*ids),
			       err);

	if (ids == NULL)
		return EE_ENOMEM;
	memcpy(ids + row->n, target->ids, (target->n - 1) * sizeof(*ids));
	row->ids = ids;
	row->n += target->n - 1;
	return EE_OK;
}

static bool
ends_in_target(const struct ee_spot *row, const struct ee_ids *target)
{
	const size_t n = target->n - 1;

	return row->n >= n && (n == 0 || memcmp(row->ids + row->n - n,
			target->ids, n * sizeof(*row->ids)) == 0);
}

static enum ee_status
make_row(struct ee_prompts *p, const struct ee_tokenizer *tok,
	 const struct ee_request *r, const char *template,
	 enum ee_fact_token which, const char *tail, struct ee_spot *row,
	 const struct ee_warn *warn, struct ee_err *err)
{
	bool merged;

	TRY(ee_find_spot(tok, r, template, tail != NULL ? tail : "", which,
			 row, &merged, err));
	if (tail == NULL)
		return append_target(&p->target, row, err);
	if (!ends_in_target(row, &p->target))
		ee_warn(warn, "case %s: the target's text, after '%s', gives "
			"other tokens than alone; going on as EasyEdit does",
			r->id, template);
	return EE_OK;
}

static enum ee_status
make_rows(struct ee_prompts *p, const struct ee_tokenizer *tok,
	  const struct ee_request *r, const struct ee_templates *t,
	  enum ee_fact_token which, bool as_text, const struct ee_warn *warn,
	  struct ee_err *err)
{
	char *tail = NULL;
	size_t len, room = 0, i;
	enum ee_status status = EE_OK;
	bool merged;

	if (as_text)
		status = ee_decode(tok, p->target.ids, p->target.n - 1, false,
				   &tail, &len, &room, err);
	for (i = 0; i < t->n && status == EE_OK; i++) {
		p->nrows = p->nprobes = i + 1;
		status = make_row(p, tok, r, t->text[i], which, tail,
				  &p->rows[i], warn, err);
		if (status == EE_OK)
			status = ee_find_spot(tok, r, t->text[i], "", which,
					      &p->probes[i], &merged, err);
	}
	free(tail);
	return status;
}

enum ee_status
ee_prompts_make(struct ee_prompts *p, const struct ee_tokenizer *tok,
		const struct ee_request *r, const struct ee_templates *t,
		enum ee_fact_token which, unsigned flags,
		const struct ee_warn *warn, struct ee_err *err)
{
	struct ee_request kl = *r;
	bool merged;

	memset(p, 0, sizeof(*p));
	kl.before = "";
	kl.after = " is a";
	TRY(encode_target(p, tok, r, flags, err));
	p->rows = ee_calloc(t->n, sizeof(*p->rows), err);
	p->probes = ee_calloc(t->n + 1, sizeof(*p->probes), err);
	if (p->rows == NULL || p->probes == NULL)
		return EE_ENOMEM;
	TRY(make_rows(p, tok, r, t, which,
		      (flags & EE_TARGET_AS_TEXT) != 0, warn, err));
	TRY(ee_find_spot(tok, &kl, "{}", "", which, &p->kl, &merged, err));
	p->nprobes = t->n + 1;
	TRY(ee_find_spot(tok, r, "{}", "", which, &p->probes[t->n],
			 &p->merged, err));
	if (p->merged)
		ee_warn(warn, "case %s: the token at the end of the subject "
			"'%s' also holds what follows it; token %zu of the "
			"prompt is used", r->id, r->subject,
			p->probes[t->n].at);
	return EE_OK;
}

static enum ee_status
check_ids(const struct ee_request *r, const struct ee_config *c,
	  const int32_t *ids, size_t n, struct ee_err *err)
{
	size_t i;

	if (n > c->positions)
		return ee_fail(err, EE_EINPUT, "case %s: %zu tokens in a row; "
			       "this model has %zu positions", r->id, n,
			       c->positions);
	for (i = 0; i < n; i++)
		if (ids[i] < 0 || (size_t)ids[i] >= c->vocab)
			return ee_fail(err, EE_EINPUT, "case %s: token id %d; "
				       "this model knows 0 to %zu", r->id,
				       (int)ids[i], c->vocab - 1);
	return EE_OK;
}

enum ee_status
ee_prompts_check(const struct ee_prompts *p, const struct ee_request *r,
		 const struct ee_config *c, struct ee_err *err)
{
	size_t i;

	TRY(check_ids(r, c, p->target.ids, p->target.n, err));
	TRY(check_ids(r, c, p->kl.ids, p->kl.n, err));
	for (i = 0; i < p->nrows; i++)
		TRY(check_ids(r, c, p->rows[i].ids, p->rows[i].n, err));
	for (i = 0; i < p->nprobes; i++)
		TRY(check_ids(r, c, p->probes[i].ids, p->probes[i].n, err));
	return EE_OK;
}

enum ee_status
ee_prompts_probability(const struct ee_prompts *p,
		       const struct ee_model *model, double *probability,
		       struct ee_err *err)
{
	const struct ee_spot *bare = &p->probes[p->nprobes - 1];
	const size_t vocab = model->config.vocab, n = p->target.n;
	struct ee_spot row = { ee_calloc(bare->n, sizeof(*row.ids), err),
			       bare->n, 0 };
	float *logits = ee_floats(n * vocab, err);
	enum ee_status status = EE_ENOMEM;
	double sum = 0;
	size_t i;

	if (row.ids == NULL || logits == NULL)
		goto out;
	memcpy(row.ids, bare->ids, bare->n * sizeof(*row.ids));
	status = append_target(&p->target, &row, err);
	if (status == EE_OK)
		status = ee_sequence_logits(model, row.ids, row.n, n,
					    logits, err);
	for (i = 0; i < n && status == EE_OK; i++) {
		const float *l = logits + i * vocab;

		sum += (double)l[p->target.ids[i]] -
		       ee_log_softmax(vocab, l, NULL);
	}
	*probability = exp(sum);
out:
	free(row.ids);
	free(logits);
	return status;
}
