/* weightstats.c - statistics of a weight matrix.  See weightstats.h. */
#include "stats/weightstats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "math/convert.h"
#include "math/vec.h"

/* W (out, in) in float32, edits included; the caller's. */
static float *
rows_of(const struct ee_param *p, struct ee_err *err)
{
	const struct ee_weight *w = &p->w;
	const size_t n = w->out * w->in;
	float *stored = ee_floats(n, err), *turned = NULL;
	size_t i, j;

	if (stored == NULL)
		return NULL;
	ee_to_f32(w->dtype, w->data, n, stored);
	if (!w->in_major)
		return stored;
	turned = ee_floats(n, err);
	for (i = 0; turned != NULL && i < w->out; i++)
		for (j = 0; j < w->in; j++)
			turned[i * w->in + j] = stored[j * w->out + i];
	free(stored);
	return turned;
}

/* The smaller of W W^T and W^T W, and its size. */
static double *
gram(const struct ee_weight *w, const float *rows, size_t *size,
     struct ee_err *err)
{
	const size_t out = w->out, in = w->in, n = out * in;
	const size_t d = out < in ? out : in;
	double *x = ee_doubles(n, err), *g = ee_doubles(d * d, err);
	size_t i;

	*size = d;
	for (i = 0; x != NULL && i < n; i++)
		x[i] = (double)rows[i];
	if (x != NULL && g != NULL && out < in)
		ee_dgemm(false, true, d, d, in, 1.0, x, in, x, in, 0.0, g, d);
	else if (x != NULL && g != NULL)
		ee_dgemm(true, false, d, d, out, 1.0, x, in, x, in, 0.0, g,
			 d);
	if (x == NULL) {
		free(g);
		g = NULL;
	}
	free(x);
	return g;
}

/* "frobenius" and "spectrum" */
static enum ee_status
add_spectrum(struct ee_layer *l, const struct ee_weight *w,
	     const float *rows, struct ee_err *err)
{
	size_t d, i;
	double *g = gram(w, rows, &d, err), *values = NULL, *roots = NULL;
	enum ee_status status = EE_ENOMEM;
	double sum = 0;

	if (g != NULL)
		values = ee_doubles(d, err);
	if (values == NULL)
		goto out;
	for (i = 0; i < d; i++)
		sum += g[i * d + i];
	status = ee_eigen(d, g, values, err);
	if (status == EE_OK)
		roots = ee_arena_alloc(&l->arena, d * sizeof(*roots), 64);
	for (i = 0; roots != NULL && i < d; i++)
		roots[i] = sqrt(fmax(0, values[d - 1 - i]));
	ee_put(&l->arena, &l->more, "frobenius", ee_real(sqrt(sum)));
	ee_put_array(&l->arena, &l->more, "spectrum", EE_F64, roots, d, 0);
out:
	free(g);
	free(values);
	return status;
}

static void
set_names(struct ee_layer *l, const struct ee_model *model,
	  const struct ee_place *place, const char *name)
{
	struct ee_value corpus = ee_map();
	char text[EE_PRINT_TEXT];

	ee_put(&l->arena, &corpus, "name", ee_text("weights"));
	ee_layer_origin(l, NULL, NULL);
	ee_add(&l->arena, &l->corpus, corpus);
	l->name = ee_layer_text(l, name);
	l->side = "weight";
	l->model = ee_layer_text(l, model->config.name);
	ee_print_text(model->print, text);
	l->model_fingerprint = ee_layer_text(l, text);
	ee_print_text(ee_model_print(model, place->layer, place->module->out),
		      text);
	l->fingerprint = ee_layer_text(l, text);
}

static enum ee_status
count_rows(struct ee_layer *l, const struct ee_weight *w, const float *rows,
	   unsigned collect, struct ee_err *err)
{
	if (!ee_all_finite(w->out * w->in, rows))
		return ee_fail(err, EE_EMATH, "weight '%s': holds values that "
			       "are not finite", l->name);
	TRY(ee_moments_init(&l->sums, w->in, collect, err));
	TRY(ee_moments_add(&l->sums, w->out, rows, err));
	TRY(ee_moments_flush(&l->sums, err));
	TRY(add_spectrum(l, w, rows, err));
	ee_layer_mark(l);
	return ee_arena_check(&l->arena, err);
}

enum ee_status
ee_weight_stats(struct ee_layer *l, const struct ee_model *model,
		const char *name, unsigned collect, struct ee_err *err)
{
	const struct ee_param *p = NULL;
	struct ee_place place;
	enum ee_status status = ee_model_place(model, name, &place, err);
	float *rows;

	memset(l, 0, sizeof(*l));
	if (status != EE_OK)
		return status;
	if (place.module->role < EE_LAYER_ROLES)
		p = ee_model_param(model, place.layer, place.module->role);
	if (p == NULL || p->w.data == NULL)
		return ee_fail(err, EE_EINPUT, "'%s' has no weight matrix",
			       name);
	rows = rows_of(p, err);
	if (rows == NULL)
		return EE_ENOMEM;
	set_names(l, model, &place, name);
	status = count_rows(l, &p->w, rows, collect, err);
	free(rows);
	if (status != EE_OK)
		ee_layer_free(l);
	return status;
}
