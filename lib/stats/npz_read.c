/* npz_read.c - single values out of a statistics file.  See npz_read.h. */
#include "stats/npz_read.h"

#include <math.h>

#include "math/convert.h"

enum ee_status
ee_npz_int(const struct ee_npz *npz, const char *name, int64_t min,
	   int64_t max, int64_t *out, struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	struct ee_value v;
	enum ee_status status = ee_npz_get(npz, name, &arena, &v, err);
	size_t n = 0;
	double d;

	if (status == EE_OK &&
	    (v.type != EE_TENSOR || !ee_tensor_count(&v.u.tensor, &n) ||
	     n != 1))
		status = ee_fail(err, EE_EFORMAT, "%s: '%s' is no single "
				 "number", npz->zip.path, name);
	if (status == EE_OK) {
		d = ee_tensor_at(&v.u.tensor, 0);
		if (d >= (double)min && d <= (double)max && d == floor(d) &&
		    fabs(d) < 9e15)
			*out = (int64_t)d;
		else
			status = ee_fail(err, EE_EFORMAT, "%s: '%s' is %g, "
					 "want a whole number of at least "
					 "%lld", npz->zip.path, name, d,
					 (long long)min);
	}
	ee_arena_free(&arena);
	return status;
}

const char *
ee_npz_text(const struct ee_npz *npz, const char *name,
	    struct ee_arena *arena)
{
	struct ee_err ignored;
	struct ee_value v;

	if (!ee_npz_has(npz, name) ||
	    ee_npz_get(npz, name, arena, &v, &ignored) != EE_OK ||
	    v.type != EE_TEXT)
		return NULL;
	return v.u.text;
}

int64_t
ee_npz_sample_size(const struct ee_npz *npz)
{
	struct ee_err ignored;
	int64_t n = -1;

	if (!ee_npz_has(npz, "sample_size") ||
	    ee_npz_int(npz, "sample_size", 0, INT64_MAX, &n,
		       &ignored) != EE_OK)
		return -1;
	return n;
}

enum ee_status
ee_npz_reals(const struct ee_npz *npz, const char *name,
	     struct ee_arena *arena, struct ee_tensor *out,
	     struct ee_err *err)
{
	struct ee_value v;
	enum ee_status status = ee_npz_get(npz, name, arena, &v, err);
	float *f;
	size_t n = 0;

	if (status != EE_OK)
		return status;
	*out = v.u.tensor;
	if (v.type == EE_TENSOR &&
	    (out->dtype == EE_F32 || out->dtype == EE_F64))
		return EE_OK;
	if (v.type != EE_TENSOR ||
	    (out->dtype != EE_F16 && out->dtype != EE_BF16))
		return ee_fail(err, EE_EFORMAT, "%s: '%s' is no array of real "
			       "numbers", npz->zip.path, name);
	(void)ee_tensor_count(out, &n);
	f = ee_arena_alloc(arena, n * sizeof(*f), 64);
	if (f == NULL)
		return ee_arena_check(arena, err);
	ee_to_f32(out->dtype, out->data, n, f);
	out->dtype = EE_F32;
	out->data = f;
	return EE_OK;
}
