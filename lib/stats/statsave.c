/* statsave.c - statistics written to their place.  See statsave.h. */
#include "stats/statsave.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/try.h"
#include "file/npz.h"
#include "stats/statname.h"

/* A value that all parts of the corpus agree on, or NULL. */
static const struct ee_value *
of_corpus(const struct ee_layer *l, const char *key)
{
	const struct ee_value *first, *v;
	size_t i;

	first = l->corpus.n > 0 ? ee_get(&l->corpus.u.list[0], key) : NULL;
	for (i = 1; first != NULL && i < l->corpus.n; i++) {
		v = ee_get(&l->corpus.u.list[i], key);
		if (v == NULL || v->type != first->type ||
		    (v->type == EE_TEXT &&
		     strcmp(v->u.text, first->u.text) != 0) ||
		    (v->type == EE_INT && v->u.integer != first->u.integer))
			return NULL;
	}
	return first;
}

/* "data/corpus.txt" is the data set "corpus". */
static const char *
dataset_of(struct ee_arena *arena, const struct ee_layer *l)
{
	const struct ee_value *name = of_corpus(l, "name");
	const char *text, *slash, *dot;

	if (name == NULL || name->type != EE_TEXT || name->n == 0)
		return "corpus";
	text = name->u.text;
	slash = strrchr(text, '/');
	text = slash != NULL && slash[1] != '\0' ? slash + 1 : text;
	dot = strrchr(text, '.');
	return ee_arena_text(arena, text, dot != NULL && dot > text ?
			     (size_t)(dot - text) : strlen(text));
}

static enum ee_status
make_folders(char *path, struct ee_err *err)
{
	char *p;

	for (p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			return ee_fail_sys(err, "%s", path);
		*p = '/';
	}
	return EE_OK;
}

static enum ee_status
check_part(const char *what, const char *text, struct ee_err *err)
{
	if (text != NULL && text[0] != '\0' && strchr(text, '/') == NULL &&
	    strcmp(text, ".") != 0 && strcmp(text, "..") != 0)
		return EE_OK;
	return ee_fail(err, EE_EINPUT, "%s '%s' cannot be part of a file's "
		       "name", what, text ? text : "");
}

static enum ee_status
place_of(struct ee_arena *arena, const struct ee_layer *l,
	 const struct ee_save_options *opt, int64_t sample_size,
	 char **path, struct ee_err *err)
{
	struct ee_statname name = { .layer = l->name,
				    .precision = opt->precision,
				    .collect = l->sums.collect,
				    .sample_size = sample_size };
	const char *dataset = opt->dataset, *model = opt->model;

	if (model == NULL && l->model == NULL)
		return ee_fail(err, EE_EINPUT, "the statistics name no model: "
			       "give --model-name");
	if (model == NULL)
		model = ee_statname_model_dir(arena, l->model);
	if (dataset == NULL)
		dataset = dataset_of(arena, l);
	if (strcmp(l->side, "in") != 0)
		name.layer = ee_arena_printf(arena, "%s:%s", l->name, l->side);
	TRY(check_part("model", model, err));
	TRY(check_part("data set", dataset, err));
	TRY(check_part("layer", name.layer, err));
	*path = ee_arena_printf(arena, "%s/%s/%s_stats/%s", opt->dir, model,
				dataset, ee_statname_format(arena, &name));
	TRY(ee_arena_check(arena, err));
	return make_folders(*path, err);
}

enum ee_status
ee_layer_save(struct ee_arena *arena, const struct ee_layer *l,
	      const struct ee_save_options *opt, const char **path,
	      struct ee_err *err)
{
	const struct ee_value *sample = of_corpus(l, "sample");
	int64_t size = opt->sample_size;
	struct ee_arena data = { 0 };
	struct ee_value arrays;
	enum ee_status status;
	char *place = NULL;

	if (size < 0 && sample != NULL && sample->type == EE_INT)
		size = sample->u.integer;
	*path = opt->file;
	if (opt->dir != NULL) {
		TRY(place_of(arena, l, opt, size, &place, err));
		*path = place;
	}
	status = ee_layer_arrays(&data, l, opt->precision, false, size,
				 &arrays, err);
	if (status == EE_OK)
		status = ee_npz_write(*path, &arrays, opt->deflate, err);
	ee_arena_free(&data);
	return status;
}
