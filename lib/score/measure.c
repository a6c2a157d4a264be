/* measure.c - what the answers of an exam are worth.  See exam.h. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "score/exam.h"

/* One measure of a case: a mean over those of its questions that count. */
typedef double worth_fn(const struct ee_exam *e, int when,
			const struct ee_question *q, size_t ask);

/* How far the target that should win is above the other. */
static double
magnitude(const struct ee_exam *e, int when, const struct ee_question *q,
	  size_t ask)
{
	const struct ee_answer *a = e->answers[when] + ask;
	const double more = exp(-a[0].nll) - exp(-a[1].nll);

	return q->aspect == EE_LOCALITY ? -more : more;
}

/* By the logarithms: both p may be too small to tell apart. */
static double
success(const struct ee_exam *e, int when, const struct ee_question *q,
	size_t ask)
{
	const struct ee_answer *a = e->answers[when] + ask;

	return q->aspect == EE_LOCALITY ? a[1].nll < a[0].nll
					: a[0].nll < a[1].nll;
}

static double
accuracy(const struct ee_exam *e, int when, const struct ee_question *q,
	 size_t ask)
{
	(void)q;
	return (double)e->answers[when][ask].right /
	       (double)e->asks[ask].asked;
}

/* With what was said before. */
static double
agreement(const struct ee_exam *e, int when, const struct ee_question *q,
	  size_t ask)
{
	const int32_t *a = e->answers[when][ask].said;
	const int32_t *b = e->answers[EE_BEFORE][ask].said;
	size_t i, same = 0;

	(void)q;
	for (i = 0; i < e->asks[ask].asked; i++)
		same += a[i] == b[i];
	return (double)same / (double)e->asks[ask].asked;
}

static double
generated(const struct ee_exam *e, int when, const struct ee_question *q,
	  size_t ask)
{
	return ee_says(e->written[when][ask], q->target);
}

bool
ee_says(const char *text, const char *target)
{
	size_t n;

	text += strspn(text, " ");
	target += strspn(target, " ");
	n = strlen(target);
	if (strncmp(text, target, n) != 0)
		return false;
	return n == 0 || !isascii(target[n - 1]) ||
	       !isalnum((unsigned char)target[n - 1]) || !isascii(text[n]) ||
	       !isalnum((unsigned char)text[n]);
}

static bool
same_group(const char *a, const char *b)
{
	return b == NULL || (a != NULL && strcmp(a, b) == 0);
}

/* Mean of 'worth' over the questions of an aspect, of one group or, where
 * 'group' is NULL, of all. */
static enum ee_status
put_mean(const struct ee_exam *e, int when, size_t at,
	 enum ee_aspect aspect, const char *group, const char *name,
	 worth_fn *worth, struct ee_tally *tally, struct ee_err *err)
{
	const struct ee_case *c = &e->cases[at];
	size_t ask = e->first[at], i, n = 0;
	double sum = 0;

	for (i = 0; i < c->n; i++) {
		const struct ee_question *q = &c->list[i];

		if (q->aspect == aspect && same_group(q->group, group)) {
			sum += worth(e, when, q, ask);
			n++;
		}
		ask += q->other != NULL ? 2 : 1;
	}
	if (n == 0)
		return EE_OK;
	return ee_tally_put(tally, name, when, at, sum / (double)n, err);
}

/* The same for each named group by itself, as "name.group". */
static enum ee_status
put_groups(const struct ee_exam *e, int when, size_t at,
	   enum ee_aspect aspect, const char *name, worth_fn *worth,
	   struct ee_tally *tally, struct ee_err *err)
{
	const struct ee_case *c = &e->cases[at];
	const char *done = NULL;
	char full[64];
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct ee_question *q = &c->list[i];

		if (q->aspect != aspect || q->group == NULL ||
		    (done != NULL && strcmp(done, q->group) == 0))
			continue;
		done = q->group;
		snprintf(full, sizeof(full), "%s.%s", name, done);
		TRY(put_mean(e, when, at, aspect, done, full, worth, tally,
			     err));
	}
	return EE_OK;
}

static const struct measure {
	bool counterfact;	/* of that format, else of the others */
	enum ee_aspect aspect;
	const char *name;
	worth_fn *worth;
	bool groups, after_only;
} measures[] = {
	{ true, EE_REWRITE, "efficacy", success, false, false },
	{ true, EE_REPHRASE, "paraphrase", success, false, false },
	{ true, EE_LOCALITY, "neighbourhood", success, false, false },
	{ true, EE_REWRITE, "efficacy_magnitude", magnitude, false, false },
	{ true, EE_REPHRASE, "paraphrase_magnitude", magnitude, false, false },
	{ true, EE_LOCALITY, "neighbourhood_magnitude", magnitude, false,
	  false },
	{ false, EE_REWRITE, "rewrite_acc", accuracy, false, false },
	{ false, EE_REPHRASE, "rephrase_acc", accuracy, false, false },
	{ false, EE_LOCALITY, "locality", agreement, true, true },
	{ false, EE_LOCALITY, "locality_acc", accuracy, false, false },
	{ false, EE_PORTABILITY, "portability_acc", accuracy, true, false },
};

/* The texts of a case, a space between two; the caller's, to free(). */
static char *
join_essays(const struct ee_exam *e, int when, size_t at, struct ee_err *err)
{
	const struct ee_essays *s = &e->essays;
	size_t len = 1, i;
	char *all, *p;

	for (i = s->first[at]; i < s->first[at + 1]; i++)
		len += strlen(s->text[when][i]) + 1;
	all = ee_calloc(len, 1, err);
	for (i = s->first[at], p = all; p != NULL && i < s->first[at + 1]; i++)
		p += sprintf(p, "%s%s", p > all ? " " : "",
			     s->text[when][i]);
	return all;
}

static enum ee_status
put_consistency(const struct ee_exam *e, int when, size_t at,
		struct ee_tally *tally, struct ee_err *err)
{
	const struct ee_essays *s = &e->essays;
	enum ee_status status;
	double cosine;
	char *all;

	if (s->references == NULL || s->references[at] == NULL)
		return EE_OK;
	all = join_essays(e, when, at, err);
	if (all == NULL)
		return EE_ENOMEM;
	status = ee_tfidf_cosine(s->tfidf, all, s->references[at], &cosine,
				 err);
	free(all);
	return status != EE_OK ? status :
	       ee_tally_put(tally, "consistency", when, at, cosine, err);
}

static enum ee_status
put_essays(const struct ee_exam *e, int when, size_t at,
	   struct ee_tally *tally, struct ee_err *err)
{
	const struct ee_essays *s = &e->essays;
	enum ee_status status = EE_OK;
	struct ee_words words = { 0 };
	double sum = 0, one;
	size_t i;

	if (s->text[when] == NULL)
		return EE_OK;
	for (i = s->first[at]; i < s->first[at + 1] && status == EE_OK; i++) {
		status = ee_words_cut(&words, s->cutter, s->text[when][i],
				      err);
		if (status == EE_OK)
			status = ee_ngram_entropy(words.word, words.n, &one,
						  err);
		sum += status == EE_OK ? one : 0;
	}
	ee_words_free(&words);
	TRY(status);
	TRY(ee_tally_put(tally, "fluency", when, at,
			 sum / (double)(s->first[at + 1] - s->first[at]),
			 err));
	return put_consistency(e, when, at, tally, err);
}

enum ee_status
ee_exam_measure(const struct ee_exam *e, int when, size_t at,
		struct ee_tally *tally, struct ee_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(measures) / sizeof(measures[0]); i++) {
		const struct measure *m = &measures[i];

		if (m->counterfact != (e->format == EE_COUNTERFACT) ||
		    (m->after_only && when == EE_BEFORE))
			continue;
		TRY(put_mean(e, when, at, m->aspect, NULL, m->name, m->worth,
			     tally, err));
		if (m->groups)
			TRY(put_groups(e, when, at, m->aspect, m->name,
				       m->worth, tally, err));
	}
	TRY(put_essays(e, when, at, tally, err));
	if (e->written[when] == NULL)
		return EE_OK;
	TRY(put_mean(e, when, at, EE_REWRITE, NULL, "generated_rewrite",
		     generated, tally, err));
	return put_mean(e, when, at, EE_REPHRASE, NULL, "generated_rephrase",
			generated, tally, err);
}

static const char *const aspects[EE_ASPECTS] = { "rewrite", "rephrase",
						 "locality", "portability" };
static const char *const whens[2] = { "before", "after" };

static struct ee_value
answer_value(const struct ee_exam *e, int when, size_t ask, bool other,
	     struct ee_arena *arena)
{
	const struct ee_answer *a = e->answers[when] + ask;
	struct ee_value v = ee_map();

	ee_put(arena, &v, "nll", ee_real(a->nll));
	if (other)
		ee_put(arena, &v, "nll_other", ee_real(a[1].nll));
	ee_put(arena, &v, "right", ee_int((int64_t)a->right));
	if (e->written[when] != NULL && e->written[when][ask] != NULL)
		ee_put(arena, &v, "generated",
		       ee_text(e->written[when][ask]));
	return v;
}

static struct ee_value
question_value(const struct ee_exam *e, const struct ee_question *q,
	       size_t ask, struct ee_arena *arena)
{
	struct ee_value v = ee_map();
	int when;

	ee_put(arena, &v, "aspect", ee_text(aspects[q->aspect]));
	if (q->group != NULL)
		ee_put(arena, &v, "group", ee_text(q->group));
	ee_put(arena, &v, "prompt", ee_text(q->prompt));
	ee_put(arena, &v, "target", ee_text(q->target));
	if (q->other != NULL)
		ee_put(arena, &v, "other", ee_text(q->other));
	ee_put(arena, &v, "tokens", ee_int((int64_t)e->asks[ask].asked));
	for (when = EE_BEFORE; when <= EE_AFTER; when++)
		if (e->answers[when] != NULL)
			ee_put(arena, &v, whens[when],
			       answer_value(e, when, ask, q->other != NULL,
					    arena));
	return v;
}

/* "texts": {"before": [...], "after": [...]}, where there are any */
static void
put_texts(const struct ee_exam *e, size_t at, struct ee_arena *arena,
	  struct ee_value *v)
{
	const struct ee_essays *s = &e->essays;
	struct ee_value texts = ee_map(), list;
	size_t i;
	int when;

	for (when = EE_BEFORE; when <= EE_AFTER; when++) {
		if (s->text[when] == NULL)
			continue;
		list = ee_list();
		for (i = s->first[at]; i < s->first[at + 1]; i++)
			ee_add(arena, &list, ee_text(s->text[when][i]));
		ee_put(arena, &texts, whens[when], list);
	}
	if (texts.n > 0)
		ee_put(arena, v, "texts", texts);
}

struct ee_value
ee_exam_value(const struct ee_exam *e, size_t at,
	      const struct ee_tally *tally, struct ee_arena *arena)
{
	const struct ee_case *c = &e->cases[at];
	struct ee_value v = ee_map(), list = ee_list(), m;
	size_t ask = e->first[at], i;
	int when;

	ee_put(arena, &v, "case_id", ee_text(c->id));
	for (when = EE_BEFORE; when <= EE_AFTER; when++) {
		if (e->answers[when] == NULL)
			continue;
		m = ee_map();
		for (i = 0; i < tally->n; i++)
			if (tally->value[i][when] != NULL &&
			    !isnan(tally->value[i][when][at]))
				ee_put(arena, &m, tally->name[i],
				       ee_real(tally->value[i][when][at]));
		ee_put(arena, &v, whens[when], m);
	}
	for (i = 0; i < c->n; i++) {
		ee_add(arena, &list, question_value(e, &c->list[i], ask,
						    arena));
		ask += c->list[i].other != NULL ? 2 : 1;
	}
	ee_put(arena, &v, "questions", list);
	put_texts(e, at, arena, &v);
	return v;
}
