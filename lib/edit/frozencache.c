/* frozencache.c - what the frozen model gives, once.  See frozencache.h. */
#include "edit/frozencache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/try.h"

/* Examples computed in one go: many, so that products are tall, but no more
 * than this many floats, and at most CHUNK. */
enum { CHUNK = 64, CHUNK_FLOATS = 1 << 26 };

struct entry {
	size_t chunk;		/* which one it is computed with */
	bool keep;		/* there is room for it */
	size_t size;		/* floats; 0: not computed yet */
	float *block;		/* in memory, or */
	size_t at;		/* byte in the spill file */
};

struct ee_frozen_cache {
	const struct ee_model *model;
	const struct ee_mend *m;
	const struct ee_example *examples;
	size_t n, kept;		/* examples; how many have 'keep' */
	struct ee_frozen_cache_options options;
	size_t *order;		/* (n) */
	size_t *start;		/* (chunks + 1) index into 'order' */
	size_t *rows;		/* (n, nparams) of each example */
	struct entry *entry;	/* (n) */
	int fd;			/* the spill file, or -1 */
	struct ee_frozen_cache_state state;
	float **given;		/* (ngiven) lent until the next call */
	size_t ngiven, given_room;
};

/* Which examples will be kept, and with which they are computed. */
static void
plan(struct ee_frozen_cache *s)
{
	const double limit = (double)s->options.memory +
			     (double)s->options.spill;
	const size_t d = s->model->config.d;
	size_t chunks = 0, floats = 0, i;
	double bytes = 0;

	for (i = 0; i < s->n; i++) {
		struct entry *e = &s->entry[s->order[i]];
		const size_t most = ee_frozen_most(s->m, &s->examples[
						   s->order[i]], d);

		bytes += (double)(most * sizeof(float));
		e->keep = bytes <= limit;
		s->kept += e->keep;
		if (i == 0 || i - s->start[chunks - 1] == CHUNK ||
		    floats + most > CHUNK_FLOATS) {
			s->start[chunks++] = i;
			floats = 0;
		}
		floats += most;
		e->chunk = chunks - 1;
	}
	s->start[chunks] = s->n;
}

enum ee_status
ee_frozen_cache_open(struct ee_frozen_cache **cache,
		     const struct ee_model *model, const struct ee_mend *m,
		     const struct ee_example *examples, size_t n,
		     const size_t *order,
		     const struct ee_frozen_cache_options *options,
		     struct ee_err *err)
{
	struct ee_frozen_cache *s = ee_calloc(1, sizeof(*s), err);
	size_t i;

	*cache = s;
	if (s == NULL)
		return EE_ENOMEM;
	s->model = model;
	s->m = m;
	s->examples = examples;
	s->n = n;
	s->options = *options;
	s->fd = -1;
	s->order = ee_calloc(n, sizeof(*s->order), err);
	s->start = ee_calloc(n + 1, sizeof(*s->start), err);
	s->rows = ee_calloc(n * m->nparams, sizeof(*s->rows), err);
	s->entry = ee_calloc(n, sizeof(*s->entry), err);
	if (s->order == NULL || s->start == NULL || s->rows == NULL ||
	    s->entry == NULL) {
		ee_frozen_cache_close(s);
		*cache = NULL;
		return EE_ENOMEM;
	}
	for (i = 0; i < n; i++)
		s->order[i] = order != NULL ? order[i] : i;
	plan(s);
	return EE_OK;
}

static void
take_back(struct ee_frozen_cache *s)
{
	while (s->ngiven > 0)
		free(s->given[--s->ngiven]);
}

void
ee_frozen_cache_close(struct ee_frozen_cache *s)
{
	size_t i;

	if (s == NULL)
		return;
	take_back(s);
	for (i = 0; s->entry != NULL && i < s->n; i++)
		free(s->entry[i].block);
	if (s->fd != -1)
		close(s->fd);
	free(s->order);
	free(s->start);
	free(s->rows);
	free(s->entry);
	free(s->given);
	free(s);
}

static const char *
spill_dir(const struct ee_frozen_cache *s)
{
	const char *dir = s->options.dir != NULL ? s->options.dir :
			  getenv("TMPDIR");

	return dir != NULL && dir[0] != '\0' ? dir : "/tmp";
}

static enum ee_status
spill_open(struct ee_frozen_cache *s, struct ee_err *err)
{
	char *path;

	if (asprintf(&path, "%s/ee-spill-XXXXXX", spill_dir(s)) < 0)
		return ee_fail(err, EE_ENOMEM, "out of memory");
	s->fd = mkostemp(path, O_CLOEXEC);
	if (s->fd != -1)
		unlink(path);
	free(path);
	return s->fd != -1 ? EE_OK :
	       ee_fail_sys(err, "%s: a file for what does not fit in memory",
			   spill_dir(s));
}

/* Write, or read back, all of a block. */
static enum ee_status
transfer(struct ee_frozen_cache *s, bool out, float *block, size_t size,
	 size_t at, struct ee_err *err)
{
	char *p = (char *)block;
	size_t left = size * sizeof(*block);

	while (left > 0) {
		const ssize_t n = out ?
			pwrite(s->fd, p, left, (off_t)at) :
			pread(s->fd, p, left, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			return ee_fail_sys(err, "the spill file in %s",
					   spill_dir(s));
		}
		p += n;
		at += (size_t)n;
		left -= (size_t)n;
	}
	return EE_OK;
}

/* A block that was computed goes to memory or to the spill file; it is then
 * no longer the caller's. */
static enum ee_status
keep(struct ee_frozen_cache *s, size_t id, struct ee_frozen *g,
      struct ee_err *err)
{
	struct entry *e = &s->entry[id];
	const size_t bytes = g->size * sizeof(*g->block);
	float *shrunk;

	e->size = g->size;
	if (s->state.memory + bytes <= s->options.memory) {
		shrunk = realloc(g->block, bytes);
		e->block = shrunk != NULL ? shrunk : g->block;
		g->block = NULL;
		s->state.memory += bytes;
		return EE_OK;
	}
	if (s->fd == -1)
		TRY(spill_open(s, err));
	e->at = s->state.spilled;
	TRY(transfer(s, true, g->block, g->size, e->at, err));
	s->state.spilled += bytes;
	free(g->block);
	g->block = NULL;
	return EE_OK;
}

/* Compute some examples, named by ids, that are then the caller's. */
static enum ee_status
compute(struct ee_frozen_cache *s, const size_t *ids, size_t n,
	const struct ee_example_shift *shift, struct ee_frozen *frozen,
	struct ee_err *err)
{
	const struct ee_example **examples = ee_calloc(n, sizeof(*examples),
						     err);
	enum ee_status status;
	size_t i;

	if (examples == NULL)
		return EE_ENOMEM;
	for (i = 0; i < n; i++) {
		examples[i] = &s->examples[ids[i]];
		frozen[i].rows = s->rows + ids[i] * s->m->nparams;
	}
	status = ee_frozen_make(s->model, s->m, examples, shift, n,
				s->options.like_easyedit, frozen, err);
	s->state.computed += status == EE_OK ? n : 0;
	free(examples);
	return status;
}

/* The chunk that an example belongs to, as far as it will be kept. */
static enum ee_status
compute_chunk(struct ee_frozen_cache *s, size_t chunk, struct ee_err *err)
{
	const size_t begin = s->start[chunk];
	const size_t end = s->start[chunk + 1] < s->kept ?
			   s->start[chunk + 1] : s->kept;
	const size_t n = end - begin;
	struct ee_frozen *g = ee_calloc(n, sizeof(*g), err);
	enum ee_status status;
	size_t i;

	if (g == NULL)
		return EE_ENOMEM;
	status = compute(s, s->order + begin, n, NULL, g, err);
	for (i = 0; i < n && status == EE_OK; i++)
		status = keep(s, s->order[begin + i], &g[i], err);
	for (i = 0; i < n; i++)
		free(g[i].block);
	free(g);
	return status;
}

/* One that is kept, or else those that are not, together. */
static enum ee_status
fetch(struct ee_frozen_cache *s, size_t id, struct ee_frozen *g,
      struct ee_err *err)
{
	struct entry *e = &s->entry[id];
	float *block;

	if (e->size == 0)
		TRY(compute_chunk(s, e->chunk, err));
	g->rows = s->rows + id * s->m->nparams;
	g->size = e->size;
	g->block = e->block;
	if (e->block != NULL)
		return EE_OK;
	block = ee_floats(e->size, err);
	if (block == NULL)
		return EE_ENOMEM;
	s->given[s->ngiven++] = g->block = block;
	return transfer(s, false, block, e->size, e->at, err);
}

/* Those of ids that are not kept, computed together. */
static enum ee_status
compute_rest(struct ee_frozen_cache *s, const size_t *ids, size_t n,
	     const struct ee_example_shift *shift, struct ee_frozen *frozen,
	     struct ee_err *err)
{
	size_t *some = ee_calloc(n, sizeof(*some), err);
	struct ee_frozen *g = ee_calloc(n, sizeof(*g), err);
	enum ee_status status = some && g ? EE_OK : EE_ENOMEM;
	size_t i, k = 0;

	for (i = 0; i < n && status == EE_OK; i++)
		if (shift != NULL || !s->entry[ids[i]].keep)
			some[k++] = ids[i];
	if (status == EE_OK && k > 0)
		status = compute(s, some, k, shift, g, err);
	for (i = k = 0; i < n && status == EE_OK; i++) {
		if (shift == NULL && s->entry[ids[i]].keep)
			continue;
		s->given[s->ngiven++] = g[k].block;
		frozen[i] = g[k++];
	}
	free(some);
	free(g);
	return status;
}

enum ee_status
ee_frozen_cache_take(struct ee_frozen_cache *s, const size_t *ids, size_t n,
		     const struct ee_example_shift *shift,
		     struct ee_frozen *frozen, struct ee_err *err)
{
	float **given;
	size_t i;

	take_back(s);
	if (n > s->given_room) {
		given = ee_grow(s->given, n, sizeof(*given), err);
		if (given == NULL)
			return EE_ENOMEM;
		s->given = given;
		s->given_room = n;
	}
	TRY(compute_rest(s, ids, n, shift, frozen, err));
	for (i = 0; i < n; i++)
		if (shift == NULL && s->entry[ids[i]].keep)
			TRY(fetch(s, ids[i], &frozen[i], err));
	return EE_OK;
}

struct ee_frozen_cache_state
ee_frozen_cache_state(const struct ee_frozen_cache *s)
{
	return s->state;
}
