/* verify.c - all that can be said against a file.  See verify.h. */
#include "stats/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file/npz.h"
#include "math/blas.h"

static enum ee_status
check_arrays(const char *path, struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	struct ee_npz npz;
	struct ee_value v;
	enum ee_status status = ee_npz_open(&npz, path, err);
	size_t i;

	if (status != EE_OK)
		return status;
	for (i = 0; i < npz.n && status == EE_OK; i++) {
		status = ee_npz_get(&npz, npz.names[i], &arena, &v, err);
		ee_arena_reset(&arena);
	}
	ee_npz_close(&npz);
	ee_arena_free(&arena);
	return status;
}

/* Factor the moment, with 'ridge' on the diagonal, in 'a' (f, f). */
static enum ee_status
factor(const struct ee_moments *m, double *a, double ridge,
       struct ee_err *err)
{
	const size_t d = m->width;
	size_t i;

	ee_unpack_matrix(d, m->mom2, a);
	for (i = 0; i < d * d; i++)
		a[i] /= (double)m->count;
	for (i = 0; i < d; i++)
		a[i * d + i] += ridge;
	return ee_cholesky(d, a, err);
}

static enum ee_status
check_matrix(const char *path, const struct ee_moments *m,
	     struct ee_verdict *out, struct ee_err *err)
{
	const size_t d = m->width;
	double trace = 0, *a = ee_doubles(d * d, err);
	enum ee_status status;
	size_t i;

	if (a == NULL)
		return EE_ENOMEM;
	for (i = 0; i < d; i++) {
		const double v = m->mom2[ee_packed_row(d, i)];

		trace += v / (double)m->count;
		out->dead += v == 0;
	}
	out->ridge = 1e-6 * trace / (double)d;
	status = factor(m, a, 0, err);
	out->singular = status == EE_EMATH;
	if (out->singular)
		status = factor(m, a, out->ridge, err);
	free(a);
	return status == EE_OK ? EE_OK :
				 ee_within(err, status, "%s: mom2", path);
}

static enum ee_status
check_model(const char *path, const struct ee_layer *l,
	    const struct ee_model *model, struct ee_err *err)
{
	char name[EE_MAX_NAME], print[EE_PRINT_TEXT];
	struct ee_place place;
	enum ee_status status;

	if ((size_t)snprintf(name, sizeof(name), "%s:%s", l->name, l->side) >=
	    sizeof(name))
		return ee_fail(err, EE_EFORMAT, "%s: the name of the layer is "
			       "too long", path);
	status = ee_model_place(model, name, &place, err);
	if (status != EE_OK)
		return ee_within(err, status, "%s", path);
	if (ee_site_width(&model->config, place.site) != l->sums.width &&
	    l->sums.collect != EE_COLLECT_NORM_MEAN)
		return ee_fail(err, EE_EMATCH, "%s: is %zu wide, the layer "
			       "%zu", path, l->sums.width,
			       ee_site_width(&model->config, place.site));
	ee_print_text(ee_model_print(model, place.layer, place.site), print);
	if (l->fingerprint != NULL && strcmp(l->fingerprint, print) != 0)
		return ee_fail(err, EE_EMATCH, "%s: made with a model of "
			       "fingerprint %s, this one has %s", path,
			       l->fingerprint, print);
	return EE_OK;
}

enum ee_status
ee_stats_verify(const char *path, const struct ee_model *model,
		struct ee_verdict *out, struct ee_err *err)
{
	struct ee_layer layer;
	enum ee_status status = check_arrays(path, err);

	memset(out, 0, sizeof(*out));
	if (status == EE_OK)
		status = ee_layer_from_npz(&layer, path, err);
	if (status != EE_OK)
		return status;
	out->width = layer.sums.width;
	out->count = layer.sums.count;
	out->collect = layer.sums.collect;
	out->has_matrix = layer.sums.mom2 != NULL;
	if (out->has_matrix)
		status = check_matrix(path, &layer.sums, out, err);
	if (status == EE_OK && model != NULL)
		status = check_model(path, &layer, model, err);
	ee_layer_free(&layer);
	return status;
}
