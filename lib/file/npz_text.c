/* npz_text.c - arrays as tab-separated text.  See npz_text.h. */
#include "file/npz_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static bool
is_real(enum ee_dtype dtype)
{
	return dtype == EE_F32 || dtype == EE_F64 || dtype == EE_F16 ||
	       dtype == EE_BF16;
}

static void
put_number(FILE *fp, const struct ee_tensor *t, size_t i)
{
	const unsigned char *p = (const unsigned char *)t->data +
				 i * ee_dtype_size(t->dtype);
	int64_t s;
	uint64_t u;

	if (t->dtype == EE_I64) {
		memcpy(&s, p, sizeof(s));
		fprintf(fp, "%" PRId64, s);
	} else if (t->dtype == EE_U64) {
		memcpy(&u, p, sizeof(u));
		fprintf(fp, "%" PRIu64, u);
	} else if (isnan(ee_tensor_at(t, i))) {
		fputs("nan", fp);		/* and no sign */
	} else if (is_real(t->dtype)) {
		fprintf(fp, "%.*g", t->dtype == EE_F64 ? 17 : 9,
			ee_tensor_at(t, i));
	} else {
		fprintf(fp, "%.0f", ee_tensor_at(t, i));
	}
}

void
ee_value_tsv(FILE *fp, const struct ee_value *v)
{
	const struct ee_tensor *t = &v->u.tensor;
	size_t i, n = 0, row = 1;

	if (v->type == EE_TEXT)
		fprintf(fp, "%s\n", v->u.text);
	if (v->type != EE_TENSOR || !ee_tensor_count(t, &n))
		return;
	if (t->ndim > 1)
		row = t->shape[t->ndim - 1];
	for (i = 0; i < n && !ferror(fp); i++) {
		put_number(fp, t, i);
		putc((i + 1) % row == 0 ? '\n' : '\t', fp);
	}
}

enum ee_status
ee_npz_list(FILE *fp, const struct ee_npz *npz, struct ee_err *err)
{
	struct ee_arena arena = { 0 };
	struct ee_value v;
	enum ee_status status = EE_OK;
	char shape[128];
	size_t i;

	for (i = 0; i < npz->n && status == EE_OK; i++) {
		status = ee_npz_get(npz, npz->names[i], &arena, &v, err);
		if (status != EE_OK)
			break;
		if (v.type == EE_TEXT) {
			fprintf(fp, "%s\ttext\t()\t%s\n", npz->names[i],
				v.u.text);
		} else {
			fprintf(fp, "%s\t%s\t%s\t", npz->names[i],
				ee_dtype_name(v.u.tensor.dtype),
				ee_tensor_shape(&v.u.tensor, shape));
			if (v.u.tensor.ndim == 0)
				put_number(fp, &v.u.tensor, 0);
			putc('\n', fp);
		}
		ee_arena_reset(&arena);
	}
	ee_arena_free(&arena);
	return status;
}
