/*
 * places.h - where the documents of a corpus are: a line of text, or a
 * member of a JSON list, before it is known to be any good.
 */
#ifndef EE_PLACES_H
#define EE_PLACES_H

#include <stdio.h>

#include "base/value.h"
#include "file/gunzip.h"
#include "text/corpus.h"

struct ee_place {
	const char *s;			/* (len) the line, or NULL: */
	const struct ee_value *record;	/* a member of a JSON list */
	size_t len;
	size_t number;			/* of the line or member, from 1 */
	const char *file;		/* its name in messages */
};

/* The places in files as they are read, one after the other. */
struct ee_places {
	const struct ee_corpus_options *opt;
	struct ee_arena arena;		/* of the list */
	size_t next_file;
	FILE *fp;			/* NULL: open the next */
	struct ee_gunzip *gz;		/* what it reads from */
	int fd;				/* and that; not closed if 0 */
	const char *name;
	char *line;			/* read last */
	size_t room, number;
	struct ee_value list;		/* n is 0 while reading lines */
	size_t at;			/* in the list */
};

void ee_places_init(struct ee_places *p, const struct ee_corpus_options *opt);
void ee_places_free(struct ee_places *p);
/* The next place, until the next call; EE_END after the last. */
EE_MUST_CHECK enum ee_status ee_places_next(struct ee_places *p,
	struct ee_place *place, struct ee_err *err);

/* All places in files that are mapped, for going about in them at will. */
struct ee_place_index {
	struct ee_arena arena;		/* of the lists */
	struct ee_mapped *maps;		/* (n_maps) */
	size_t n_maps;
	struct ee_place *places;	/* (n) */
	size_t n, room;
};

EE_MUST_CHECK enum ee_status ee_place_index_make(struct ee_place_index *index,
	const struct ee_corpus_options *opt, struct ee_err *err);
void ee_place_index_free(struct ee_place_index *index);

#endif
