/* golden.c - reference arrays.  See golden.h. */
#include "golden.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "model/forward.h"

void
golden_open(struct golden *g, const char *path)
{
	struct ee_err err;

	g->arena = (struct ee_arena){ 0 };
	must(ee_npz_open(&g->npz, path, &err));
}

void
golden_close(struct golden *g)
{
	ee_npz_close(&g->npz);
	ee_arena_free(&g->arena);
}

bool
golden_has(const struct golden *g, const char *name)
{
	return ee_npz_has(&g->npz, name);
}

struct ee_tensor
golden_get(struct golden *g, const char *fmt, ...)
{
	struct ee_value v;
	struct ee_err err;
	char name[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	must(ee_npz_get(&g->npz, name, &g->arena, &v, &err));
	ck_assert(v.type == EE_TENSOR);
	return v.u.tensor;
}

double
worst_abs(const float *x, const struct ee_tensor *want)
{
	double worst = 0;
	size_t n, i;

	ck_assert(ee_tensor_count(want, &n));
	for (i = 0; i < n; i++) {
		const double d = fabs((double)x[i] - ee_tensor_at(want, i));

		worst = d > worst || isnan(d) ? d : worst;
	}
	return worst;
}

double
relative(const float *x, const struct ee_tensor *want)
{
	double diff = 0, size = 0;
	size_t n, i;

	ck_assert(ee_tensor_count(want, &n));
	for (i = 0; i < n; i++) {
		const double w = ee_tensor_at(want, i);

		diff += ((double)x[i] - w) * ((double)x[i] - w);
		size += w * w;
	}
	return sqrt(diff / size);
}

void
check_variant(const struct ee_model *m, const char *file, const char *name)
{
	struct ee_tensor ids, want;
	struct golden g;
	struct ee_err err;
	float *logits;
	size_t n;

	golden_open(&g, file);
	ids = golden_get(&g, "input_ids");
	want = golden_get(&g, "%s", name);
	n = ids.shape[0];
	logits = ee_floats(n * m->config.vocab, &err);
	must(ee_sequence_logits(m, ids.data, n, n, logits, &err));
	ck_assert_msg(worst_abs(logits, &want) <= 2e-4, "%g",
		      worst_abs(logits, &want));
	free(logits);
	golden_close(&g);
}

static bool
same_tensor(const struct ee_tensor *a, const struct ee_tensor *b)
{
	size_t bytes;

	return a->dtype == b->dtype && a->ndim == b->ndim &&
	       memcmp(a->shape, b->shape, a->ndim * sizeof(size_t)) == 0 &&
	       ee_tensor_bytes(a, &bytes) &&
	       (bytes == 0 || memcmp(a->data, b->data, bytes) == 0);
}

bool
same_value(const struct ee_value *a, const struct ee_value *b, bool forms)
{
	size_t i;

	if (a->type != b->type || a->n != b->n ||
	    (forms && a->form != b->form))
		return false;
	switch (a->type) {
	case EE_NULL: return true;
	case EE_LOGIC: return a->u.logic == b->u.logic;
	case EE_INT: return a->u.integer == b->u.integer;
	case EE_REAL: return memcmp(&a->u.real, &b->u.real, 8) == 0;
	case EE_TEXT: return memcmp(a->u.text, b->u.text, a->n) == 0;
	case EE_TENSOR: return same_tensor(&a->u.tensor, &b->u.tensor);
	case EE_LIST:
		for (i = 0; i < a->n; i++)
			if (!same_value(&a->u.list[i], &b->u.list[i], forms))
				return false;
		return true;
	case EE_MAP:
		for (i = 0; i < a->n; i++) {
			const struct ee_pair *p = &a->u.map[i];

			if (strcmp(p->key, b->u.map[i].key) != 0 ||
			    !same_value(&p->value, &b->u.map[i].value, forms))
				return false;
		}
		return true;
	}
	return false;
}
