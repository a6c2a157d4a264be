/*
 * statfind.c - which statistics file is meant.  See statfile.h.
 *
 * All files of the layer in all folders where it may be get a score; the best
 * one is taken.  What differs from what was asked for is said.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "stats/moments.h"
#include "stats/statfile.h"
#include "stats/statname.h"

struct search {
	const struct ee_stats_query *q;
	struct ee_arena *arena;
	const char *best, *best_dir;
	struct ee_statname name;	/* of the best */
	int score;
};

/* The more alike, the higher; -1 if the file is of no use. */
static int
score_of(const struct ee_stats_query *q, const struct ee_statname *name)
{
	int score = 0;

	if (strcmp(name->layer, q->layer) != 0 ||
	    (name->collect & EE_COLLECT_MOM2) == 0)
		return -1;
	if (q->sample_size < 0 || name->sample_size == q->sample_size)
		score += 8;
	if (q->precision != NULL &&
	    strcmp(q->precision, ee_dtype_name(name->precision)) == 0)
		score += 4;
	else if (name->precision != EE_F16)	/* which overflows */
		score += 2;
	if (name->collect == EE_COLLECT_MOM2)
		score += 1;
	return score;
}

/* Of two that are alike: the larger sample, then the first by name. */
static bool
is_better(const struct search *s, int score, const struct ee_statname *name,
	  const char *path)
{
	if (s->best == NULL || score != s->score)
		return s->best == NULL || score > s->score;
	if (name->sample_size != s->name.sample_size)
		return s->name.sample_size >= 0 &&
		       (name->sample_size < 0 ||
			name->sample_size > s->name.sample_size);
	return strcmp(path, s->best) < 0;
}

/* All files of one folder; 'bonus' for a folder that fits better. */
static void
search_folder(struct search *s, const char *dir, int bonus)
{
	struct ee_statname name;
	struct dirent *entry;
	const char *path;
	DIR *d;
	int score;

	d = dir != NULL ? opendir(dir) : NULL;
	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL) {
		if (!ee_statname_parse(s->arena, entry->d_name, &name))
			continue;
		score = score_of(s->q, &name);
		path = ee_arena_printf(s->arena, "%s/%s", dir, entry->d_name);
		if (score < 0 || path == NULL ||
		    !is_better(s, score + bonus, &name, path))
			continue;
		s->best = path;
		s->best_dir = ee_arena_text(s->arena, dir, strlen(dir));
		s->name = name;
		s->score = score + bonus;
	}
	closedir(d);
}

static bool
ends_in_stats(const char *name)
{
	const size_t n = strlen(name);

	return n > 6 && strcmp(name + n - 6, "_stats") == 0;
}

/* <dir>/<dataset>_stats, and those of other data sets */
static void
search_model(struct search *s, const char *dir)
{
	struct dirent *entry;
	DIR *d;

	if (dir == NULL)
		return;
	if (s->q->dataset != NULL)
		search_folder(s, ee_arena_printf(s->arena, "%s/%s_stats", dir,
						 s->q->dataset), 32);
	d = opendir(dir);
	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL)
		if (ends_in_stats(entry->d_name))
			search_folder(s, ee_arena_printf(s->arena, "%s/%s",
							 dir, entry->d_name),
				      16);
	closedir(d);
}

static enum ee_status
not_found(const struct ee_stats_query *q, struct ee_err *err)
{
	const char *model = q->nmodels > 0 ? q->models[0] : "MODEL";
	const char *dir = q->model_dir ? q->model_dir : "MODEL";
	char dataset[64] = "";

	if (q->dataset != NULL)
		snprintf(dataset, sizeof(dataset), " --dataset %.40s",
			 q->dataset);
	return ee_fail(err, EE_EIO, "%s: no statistics of '%s' for model "
		       "'%.80s', data set '%.40s'; make them with:\n"
		       "  ee-tokenize -m %.100s CORPUS | ee-forward -m %.100s "
		       "-t '%s:in' | ee-cov | ee-npz save -d %s%s", q->stats,
		       q->layer, model, q->dataset ? q->dataset : "any", dir,
		       dir, q->layer, q->stats, dataset);
}

static void
say_difference(const struct search *s, const struct ee_warn *warn)
{
	const struct ee_stats_query *q = s->q;
	char wanted[64] = "any", size[32] = "all";
	const char *folder = strrchr(s->best_dir, '/');
	char dataset[64];
	bool other;

	folder = folder ? folder + 1 : s->best_dir;
	snprintf(dataset, sizeof(dataset), "%s_stats",
		 q->dataset ? q->dataset : "");
	other = q->dataset != NULL && ends_in_stats(folder) &&
		strcmp(folder, dataset) != 0;
	if (!other && (q->sample_size < 0 ||
		       s->name.sample_size == q->sample_size) &&
	    (q->precision == NULL ||
	     strcmp(q->precision, ee_dtype_name(s->name.precision)) == 0))
		return;
	if (q->sample_size >= 0)
		snprintf(wanted, sizeof(wanted), "%lld",
			 (long long)q->sample_size);
	if (s->name.sample_size >= 0)
		snprintf(size, sizeof(size), "%lld",
			 (long long)s->name.sample_size);
	ee_warn(warn, "using %s: sample size %s (wanted %s), %s (wanted %s)"
		"%s%s", s->best, size, wanted, ee_dtype_name(s->name.precision),
		q->precision ? q->precision : "any",
		other ? ", another data set than " : "",
		other ? q->dataset : "");
}

enum ee_status
ee_stats_find(struct ee_arena *arena, const struct ee_stats_query *q,
	      const char **path, const struct ee_warn *warn,
	      struct ee_err *err)
{
	struct search s = { .q = q, .arena = arena };
	struct stat st;
	size_t i;

	if (stat(q->stats, &st) == 0 && !S_ISDIR(st.st_mode)) {
		*path = q->stats;
		return EE_OK;
	}
	for (i = 0; i < q->nmodels; i++) {
		const char *full = ee_statname_model(arena, q->models[i], '_');
		const char *last = ee_statname_model(arena, q->models[i], '/');

		if (full == NULL || last == NULL)
			return ee_arena_check(arena, err);
		search_model(&s, ee_arena_printf(arena, "%s/%s", q->stats,
						 full));
		search_model(&s, ee_arena_printf(arena, "%s/%s", q->stats,
						 last));
	}
	if (s.best == NULL) {		/* the folder itself */
		search_model(&s, q->stats);
		search_folder(&s, q->stats, 0);
	}
	if (arena->failed)
		return ee_arena_check(arena, err);
	if (s.best == NULL)
		return not_found(q, err);
	say_difference(&s, warn);
	*path = s.best;
	return EE_OK;
}
