/* prose.c - measures of texts that a model wrote.  See prose.h. */
#include "score/prose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "text/utf8.h"
#include "text/words.h"

struct gram {
	size_t n;
	char *const *word;	/* (n) */
};

static int
by_words(const void *a, const void *b)
{
	const struct gram *x = a, *y = b;
	int order = 0;
	size_t i;

	for (i = 0; i < x->n && order == 0; i++)
		order = strcmp(x->word[i], y->word[i]);
	return order;
}

/* -sum f log2 f of the m grams, which are sorted here. */
static double
entropy_of(struct gram *grams, size_t m)
{
	size_t i, first = 0;
	double sum = 0, f;

	qsort(grams, m, sizeof(*grams), by_words);
	for (i = 1; i <= m; i++) {
		if (i < m && by_words(&grams[first], &grams[i]) == 0)
			continue;
		f = (double)(i - first) / (double)m;
		sum -= f * log2(f);
		first = i;
	}
	return sum;
}

enum ee_status
ee_ngram_entropy(char *const *words, size_t n, double *entropy,
		 struct ee_err *err)
{
	static const double weight[] = { 2 / 3., 4 / 3. };
	struct gram *grams;
	size_t k, i;

	*entropy = 0;
	if (n < 2)
		return EE_OK;
	grams = ee_calloc(n, sizeof(*grams), err);
	if (grams == NULL)
		return EE_ENOMEM;
	for (k = 2; k <= 3 && k <= n; k++) {
		for (i = 0; i + k <= n; i++)
			grams[i] = (struct gram){ k, words + i };
		*entropy += weight[k - 2] * entropy_of(grams, n - k + 1) / 2;
	}
	free(grams);
	return EE_OK;
}

struct term {
	char *text;		/* NULL: a free slot */
	size_t documents;
	size_t last;		/* document that counted last, from 1 */
	double tf[2];		/* of two texts */
};

struct ee_tfidf {
	struct term *table;	/* (slots) open addressing */
	size_t slots, n;
	size_t documents;
	char *word;		/* the term being read */
	size_t room;
};

void
ee_tfidf_close(struct ee_tfidf *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->slots; i++)
		free(t->table[i].text);
	free(t->table);
	free(t->word);
	free(t);
}

/* Where the term is, or a free slot. */
static struct term *
slot_of(struct term *table, size_t slots, const char *text)
{
	size_t i = ee_hash(EE_HASH_START, text, strlen(text)) & (slots - 1);

	while (table[i].text != NULL && strcmp(table[i].text, text) != 0)
		i = (i + 1) & (slots - 1);
	return &table[i];
}

/* Keep the table half empty. */
static enum ee_status
make_room(struct ee_tfidf *t, struct ee_err *err)
{
	const size_t slots = t->slots > 0 ? 2 * t->slots : 1024;
	struct term *table;
	size_t i;

	if (2 * (t->n + 1) <= t->slots)
		return EE_OK;
	table = ee_calloc(slots, sizeof(*table), err);
	if (table == NULL)
		return EE_ENOMEM;
	for (i = 0; i < t->slots; i++)
		if (t->table[i].text != NULL)
			*slot_of(table, slots, t->table[i].text) =
				t->table[i];
	free(t->table);
	t->table = table;
	t->slots = slots;
	return EE_OK;
}

static bool
in_term(uint32_t c, enum ee_class class)
{
	return c == '_' || class == EE_LETTER || class == EE_NUMBER;
}

/*
 * The next term of '*s', in lower case, to t->word; false at the text's end.
 */
static enum ee_status
next_term(struct ee_tfidf *t, const char **s, bool *found, struct ee_err *err)
{
	size_t characters = 0, n = 0;
	unsigned len;
	uint32_t c;
	bool inside;

	while (**s != '\0' || characters > 1) {
		inside = **s != '\0';
		len = inside ? ee_utf8_next(*s, &c) : 0;
		inside = inside && in_term(c, c < 128 ?
			(enum ee_class)ee_ascii_class[c] : ee_class_wide(c));
		if (!inside && characters > 1)
			break;
		*s += len;
		if (!inside) {
			characters = n = 0;
			continue;
		}
		TRY(ee_reserve(&t->word, &t->room, n + 8, 1, err));
		n += ee_utf8_put(t->word + n, ee_lower(c));
		characters++;
	}
	*found = characters > 1;
	if (*found)
		t->word[n] = '\0';
	return EE_OK;
}

/* Count a document's terms. */
static enum ee_status
learn(struct ee_tfidf *t, const char *s, struct ee_err *err)
{
	struct term *term;
	bool found;

	t->documents++;
	for (;;) {
		TRY(next_term(t, &s, &found, err));
		if (!found)
			return EE_OK;
		TRY(make_room(t, err));
		term = slot_of(t->table, t->slots, t->word);
		if (term->text == NULL) {
			term->text = strdup(t->word);
			if (term->text == NULL)
				return ee_fail(err, EE_ENOMEM,
					       "out of memory");
			t->n++;
		}
		if (term->last < t->documents)
			term->documents++;
		term->last = t->documents;
	}
}

enum ee_status
ee_tfidf_open(struct ee_tfidf **tfidf, const char *const *documents,
	      size_t n, struct ee_err *err)
{
	struct ee_tfidf *t = ee_calloc(1, sizeof(*t), err);
	enum ee_status status = t != NULL ? EE_OK : EE_ENOMEM;
	size_t i;

	for (i = 0; i < n && status == EE_OK; i++)
		status = learn(t, documents[i], err);
	if (status != EE_OK) {
		ee_tfidf_close(t);
		t = NULL;
	}
	*tfidf = t;
	return status;
}

static enum ee_status
count(struct ee_tfidf *t, const char *s, int which, struct ee_err *err)
{
	bool found;
	size_t i;

	for (i = 0; i < t->slots; i++)
		t->table[i].tf[which] = 0;
	for (;;) {
		TRY(next_term(t, &s, &found, err));
		if (!found || t->slots == 0)
			return EE_OK;
		slot_of(t->table, t->slots, t->word)->tf[which]++;
	}
}

enum ee_status
ee_tfidf_cosine(struct ee_tfidf *t, const char *a, const char *b,
		double *cosine, struct ee_err *err)
{
	double ab = 0, aa = 0, bb = 0, idf, x, y;
	size_t i;

	TRY(count(t, a, 0, err));
	TRY(count(t, b, 1, err));
	for (i = 0; i < t->slots; i++) {
		const struct term *term = &t->table[i];

		if (term->text == NULL)
			continue;
		idf = log((1 + (double)t->documents) /
			  (1 + (double)term->documents)) + 1;
		x = term->tf[0] * idf;
		y = term->tf[1] * idf;
		ab += x * y;
		aa += x * x;
		bb += y * y;
	}
	*cosine = ab / sqrt(aa) / sqrt(bb);	/* NaN of 0 / 0 */
	return EE_OK;
}
