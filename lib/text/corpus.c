/*
 * corpus.c - documents from text files.  See corpus.h.  Only those that are
 * asked for are parsed.
 */
#include "text/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/try.h"
#include "file/json.h"
#include "text/normal.h"
#include "text/places.h"
#include "text/utf8.h"

struct ee_corpus {
	const struct ee_corpus_options *opt;
	struct ee_places places;	/* all, in order */
	struct ee_place_index index;	/* or a sample: */
	size_t *order;			/* (index.n), the sample first */
	size_t n_sample;
	int64_t seen;			/* of the sequence */
	struct ee_arena record;		/* one JSON line */
	struct ee_built repaired;
};

static enum ee_status
draw_sample(struct ee_corpus *c, struct ee_err *err)
{
	struct ee_random random;
	size_t i, n;

	TRY(ee_place_index_make(&c->index, c->opt, err));
	n = c->index.n;
	if (n == 0)
		return ee_fail(err, EE_EINPUT, "there are no documents");
	c->order = ee_calloc(n, sizeof(*c->order), err);
	if (c->order == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n; i++)
		c->order[i] = i;
	ee_random_seed(&random, c->opt->seed);
	ee_random_shuffle(&random, c->order, n);
	c->n_sample = (uint64_t)c->opt->sample < n ? (size_t)c->opt->sample
						   : n;
	return EE_OK;
}

enum ee_status
ee_corpus_open(struct ee_corpus **corpus, const struct ee_corpus_options *opt,
	       struct ee_err *err)
{
	struct ee_corpus *c = ee_calloc(1, sizeof(*c), err);
	enum ee_status status = EE_OK;

	*corpus = NULL;
	if (c == NULL)
		return EE_ENOMEM;
	c->opt = opt;
	ee_places_init(&c->places, opt);
	if (opt->sample > 0)
		status = draw_sample(c, err);
	if (status != EE_OK)
		ee_corpus_close(c);
	else
		*corpus = c;
	return status;
}

void
ee_corpus_close(struct ee_corpus *c)
{
	if (c == NULL)
		return;
	ee_places_free(&c->places);
	ee_place_index_free(&c->index);
	free(c->order);
	ee_built_free(&c->repaired);
	ee_arena_free(&c->record);
	free(c);
}

int64_t
ee_corpus_total(const struct ee_corpus *c)
{
	return c->opt->sample > 0 ? (int64_t)c->index.n : -1;
}

/* The next place of the sequence, and the number of its document. */
static enum ee_status
next_place(struct ee_corpus *c, struct ee_place *place, int64_t *id,
	   struct ee_err *err)
{
	enum ee_status status;

	if (c->opt->sample > 0) {
		if ((uint64_t)c->seen == c->n_sample)
			return EE_END;
		*id = (int64_t)c->order[c->seen];
		*place = c->index.places[*id];
		c->seen++;
		return EE_OK;
	}
	status = ee_places_next(&c->places, place, err);
	if (status == EE_END && c->seen == 0)
		return ee_fail(err, EE_EINPUT, "there are no documents");
	if (status == EE_OK)
		*id = c->seen++;
	return status;
}

/* The field of a JSON record, parsed first where it is a line. */
static enum ee_status
field_of(struct ee_corpus *c, const struct ee_place *place,
	 struct ee_document *document, struct ee_err *err)
{
	const struct ee_value *v = place->record, *text;
	struct ee_value parsed;
	char where[256];

	snprintf(where, sizeof(where), "%s: %s %zu", place->file,
		 place->s != NULL ? "line" : "record", place->number);
	if (v == NULL) {
		ee_arena_reset(&c->record);
		TRY(ee_json_parse(&c->record, place->s, place->len, where,
				  &parsed, err));
		v = &parsed;
	}
	text = ee_get(v, c->opt->field);
	if (text == NULL || text->type != EE_TEXT)
		return ee_fail(err, EE_EFORMAT, "%s: '%s' is %s, want a text",
			       where, c->opt->field,
			       text != NULL ? ee_type_name(text->type)
					    : "not there");
	document->text = text->u.text;
	document->len = text->n;
	return EE_OK;
}

static enum ee_status
repair(struct ee_corpus *c, struct ee_document *document, struct ee_err *err)
{
	const size_t valid = ee_utf8_valid(document->text, document->len);

	document->repaired = valid < document->len;
	if (!document->repaired)
		return EE_OK;
	TRY(ee_repair(document->text, document->len, valid, &c->repaired,
		      err));
	document->text = c->repaired.s;
	document->len = c->repaired.n;
	return EE_OK;
}

enum ee_status
ee_corpus_next(struct ee_corpus *c, struct ee_document *document,
	       struct ee_err *err)
{
	const struct ee_corpus_options *opt = c->opt;
	struct ee_place place;

	do
		TRY(next_place(c, &place, &document->id, err));
	while ((c->seen - 1) % opt->shards != opt->shard - 1);
	document->text = place.s;
	document->len = place.len;
	if (opt->field != NULL)
		TRY(field_of(c, &place, document, err));
	return repair(c, document, err);
}
