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

#include "stats/collect.h"
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
not_found(struct ee_arena *arena, const struct ee_stats_query *q,
	  struct ee_err *err)
{
	const char *dir = ee_shell_word(arena, q->model_dir ? q->model_dir :
							      "MODEL");
	const char *tap = q->tap;
	const char *dataset = "", *sample = "", *stats;

	stats = ee_shell_word(arena, q->stats);
	if (tap == NULL)
		tap = ee_arena_printf(arena, "%s:in", q->layer);
	if (q->dataset != NULL)
		dataset = ee_arena_printf(arena, " --dataset %s",
					  ee_shell_word(arena, q->dataset));
	if (q->sample_size > 0)
		sample = ee_arena_printf(arena, " --sample %lld",
					 (long long)q->sample_size);
	if (tap == NULL || dataset == NULL || sample == NULL || arena->failed)
		return ee_arena_check(arena, err);
	return ee_fail(err, EE_EIO, "%s: no statistics of '%s' for model "
		       "'%.80s', data set '%.40s'; make them with:\n"
		       "  ee-tokenize -m %s%s CORPUS | ee-forward -m %s "
		       "-t %s | ee-cov --tokens 10x | ee-npz save -d %s%s",
		       q->stats, q->layer,
		       q->nmodels > 0 ? q->models[0] : "MODEL",
		       q->dataset ? q->dataset : "any", dir, sample, dir,
		       ee_shell_word(arena, tap), stats, dataset);
}

/* ", 5555 tokens"; nothing if the file does not say, which reading it will
 * tell. */
static const char *
tokens_text(struct ee_arena *arena, const char *path)
{
	const char *text = "";
	struct ee_npz npz;
	struct ee_value v;
	struct ee_err err;

	if (ee_npz_open(&npz, path, &err) != EE_OK)
		return text;
	if (ee_npz_has(&npz, "mom2.count") &&
	    ee_npz_get(&npz, "mom2.count", arena, &v, &err) == EE_OK &&
	    v.type == EE_TENSOR && v.u.tensor.ndim == 0)
		text = ee_arena_printf(arena, ", %.0f tokens",
				       ee_tensor_at(&v.u.tensor, 0));
	ee_npz_close(&npz);
	return text != NULL ? text : "";
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
		"%s%s%s", s->best, size, wanted,
		ee_dtype_name(s->name.precision),
		q->precision ? q->precision : "any",
		other ? ", another data set than " : "",
		other ? q->dataset : "",
		tokens_text(s->arena, s->best));
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
		return not_found(arena, q, err);
	say_difference(&s, warn);
	*path = s.best;
	return EE_OK;
}
