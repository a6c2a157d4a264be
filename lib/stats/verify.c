/* verify.c - archive, arrays and numbers of a file.  See verify.h. */
#include "stats/verify.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stats/collect.h"
#include "stats/verify_parts.h"

const char *
ee_grade_name(enum ee_grade grade)
{
	static const char *const names[] = { "PASS", "SKIP", "WARN", "FAIL" };

	return names[grade];
}

void
ee_report_free(struct ee_report *report)
{
	ee_arena_free(&report->arena);
	memset(report, 0, sizeof(*report));
}

void
ee_report(struct ee_report *r, const char *check, enum ee_grade grade,
	  const char *fmt, ...)
{
	char text[sizeof(((struct ee_err *)0)->text)];
	struct ee_finding *f = &r->list[r->n];
	va_list ap;

	if (r->n == sizeof(r->list) / sizeof(r->list[0]))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f->check = check;
	f->grade = grade;
	f->text = ee_arena_text(&r->arena, text, strlen(text));
	r->n++;
	if (grade != EE_SKIP && grade > r->worst)
		r->worst = grade;
}

/* The error of a check, without the file's name before it. */
static bool
fail(struct ee_verify *v, const char *check, const char *path)
{
	const size_t n = strlen(path);
	const char *text = v->err.text;

	if (strncmp(text, path, n) == 0 && strncmp(text + n, ": ", 2) == 0)
		text += n + 2;
	ee_report(v->report, check, EE_FAIL, "%s", text);
	return false;
}

static bool
check_archive(struct ee_verify *v)
{
	struct ee_source *s = v->source;
	bool wide = false;
	uint64_t bytes = 0;
	size_t i;

	if (s->is_safetensors) {
		ee_report(v->report, "archive", EE_PASS, "safetensors, %zu "
			  "arrays; the format has no checksum", s->n);
		return true;
	}
	for (i = 0; i < s->n; i++) {
		const struct ee_zip_member *m = &s->npz.zip.list[i];

		if (ee_source_load(s, i, &v->err) != EE_OK)
			return fail(v, "archive", s->path);
		bytes += m->size;
		wide |= m->size > UINT32_MAX || m->packed > UINT32_MAX ||
			m->offset > UINT32_MAX;
	}
	ee_report(v->report, "archive", EE_PASS, "%zu arrays, %llu bytes%s, "
		  "every CRC-32 fits", s->n, (unsigned long long)bytes,
		  wide ? ", zip64" : "");
	return true;
}

/* One kind's data: dtype, and a width like that of the others. */
static bool
check_kind(struct ee_verify *v, const struct ee_collect_arrays *a)
{
	const bool matrix = a->bit == EE_COLLECT_MOM2 ||
			    a->bit == EE_COLLECT_COV;
	enum ee_dtype stored = EE_F32;
	struct ee_tensor t;
	char what[64], shape[128];

	snprintf(what, sizeof(what), "'%s'", a->data);
	if (ee_source_reals(v->source, a->data, &t, &stored,
			    &v->err) != EE_OK ||
	    (matrix && ee_check_square(&t, v->width, what, &v->err) != EE_OK))
		return false;
	if (matrix && v->key == NULL) {
		v->key = a->data;
		v->moment = t;
		v->stored = stored;
	}
	if (a->bit == EE_COLLECT_NORM_MEAN)
		return true;
	if (t.ndim == 0 || (v->width != 0 && t.shape[0] != v->width) ||
	    (!matrix && t.ndim != 1)) {
		(void)ee_fail(&v->err, EE_EFORMAT, "%s: shape %s, the other "
			      "arrays are %zu wide", what,
			      ee_tensor_shape(&t, shape), v->width);
		return false;
	}
	v->width = t.shape[0];
	return true;
}

static bool
check_arrays(struct ee_verify *v)
{
	const struct ee_collect_arrays *a;
	const struct ee_value *ignored;
	char names[64];
	unsigned i;

	for (i = 0; i < v->source->n; i++)	/* whatever it is, it parses */
		if (ee_source_get(v->source, v->source->names[i], &ignored,
				  &v->err) != EE_OK)
			return fail(v, "arrays", v->source->path);
	for (a = ee_collect_arrays; a < ee_collect_arrays + EE_COLLECT_ARRAYS;
	     a++) {
		if (!ee_source_has(v->source, a->count) &&
		    !ee_source_has(v->source, a->data))
			continue;
		v->collect |= a->bit;
		if (!check_kind(v, a))
			return fail(v, "arrays", v->source->path);
	}
	if (v->collect == 0) {
		(void)ee_fail(&v->err, EE_EFORMAT, "holds no layer statistics "
			      "(no mom2.count)");
		return fail(v, "arrays", v->source->path);
	}
	ee_collect_text(v->collect, '-', names);
	if (v->key != NULL && v->stored != EE_F32 && v->stored != EE_F64)
		ee_report(v->report, "arrays", EE_WARN, "%s, %zu wide, %s: "
			  "sums beyond 65504 and the fourth digit are lost",
			  names, v->width, ee_dtype_name(v->stored));
	else
		ee_report(v->report, "arrays", EE_PASS, "%s, %zu wide%s%s",
			  names, v->width, v->key ? ", " : "",
			  v->key ? ee_dtype_name(v->stored) : "");
	return true;
}

static bool
check_count(struct ee_verify *v)
{
	const struct ee_collect_arrays *a = ee_collect_arrays;
	int64_t n = 0;

	for (; a < ee_collect_arrays + EE_COLLECT_ARRAYS; a++) {
		if ((v->collect & a->bit) == 0)
			continue;
		if (ee_source_int(v->source, a->count, 1, &n,
				  &v->err) != EE_OK)
			return fail(v, "count", v->source->path);
		if (v->key == a->data)
			v->divisor = n;
		if (a->bit == EE_COLLECT_MOM2 && n == 1 &&
		    ee_source_has(v->source, "ee.moment_of") &&
		    ee_source_int(v->source, "ee.moment_of", 1, &n,
				  &v->err) != EE_OK)
			return fail(v, "count", v->source->path);
		if (v->count != 0 && n != v->count) {
			ee_report(v->report, "count", EE_FAIL, "'%s' is %lld, "
				  "another count %lld", a->count,
				  (long long)n, (long long)v->count);
			return false;
		}
		v->count = n;
	}
	ee_report(v->report, "count", EE_PASS, "%lld tokens%s",
		  (long long)v->count, v->divisor == 1 && v->count > 1 ?
		  ", divided by already" : "");
	return true;
}

/* Arrays of one dimension; the moment itself is surveyed. */
static bool
check_vectors(struct ee_verify *v)
{
	struct ee_source *s = v->source;
	size_t i, k, n;

	for (i = 0; i < s->n; i++) {
		const struct ee_value *a = &s->values[i];

		if (a->type != EE_TENSOR || a->u.tensor.ndim == 0 ||
		    (v->key != NULL && strcmp(s->names[i], v->key) == 0) ||
		    !ee_tensor_count(&a->u.tensor, &n))
			continue;
		for (k = 0; k < n; k++) {
			if (isfinite(ee_tensor_at(&a->u.tensor, k)))
				continue;
			ee_report(v->report, "finite", EE_FAIL, "'%s': value "
				  "%zu is %g", s->names[i], k,
				  ee_tensor_at(&a->u.tensor, k));
			return false;
		}
	}
	return true;
}

static void
check_coverage(struct ee_verify *v)
{
	const double each = (double)v->count / (double)v->width;

	ee_report(v->report, "coverage", each < 2 ? EE_WARN : EE_PASS,
		  "%.3g tokens for each of %zu units: %s", each, v->width,
		  each < 1 ? "too few, the moment is singular" :
		  each < 2 ? "few, 2 to 10 are enough for edits" :
		  each < 10 ? "enough for edits" : "good");
}

static enum ee_status
inspect(struct ee_verify *v, struct ee_err *err)
{
	struct ee_arena *arena = &v->report->arena;
	struct ee_value *facts = &v->report->facts;
	enum ee_status status = EE_OK;
	bool sound = false;

	if (!check_archive(v) || !check_arrays(v))
		return EE_OK;
	if (v->width > 0)
		ee_put(arena, facts, "width", ee_int((int64_t)v->width));
	if (!check_count(v))
		return EE_OK;
	ee_put(arena, facts, "tokens", ee_int(v->count));
	if (check_vectors(v))
		status = ee_verify_entries(v, &sound, err);
	if (status == EE_OK && sound)
		status = ee_verify_spectrum(v, err);
	if (status == EE_OK && v->width > 0)
		check_coverage(v);
	if (status == EE_OK)
		ee_verify_origin(v);
	return status;
}

enum ee_status
ee_stats_verify(const char *path, const struct ee_expected *expected,
		struct ee_report *out, struct ee_err *err)
{
	struct ee_source source;
	struct ee_verify v = { .source = &source, .report = out,
				   .expected = expected };
	enum ee_status status;

	memset(out, 0, sizeof(*out));
	out->facts = ee_map();
	if (ee_source_open(&source, path, &v.err) != EE_OK) {
		fail(&v, "archive", path);
		return ee_arena_check(&out->arena, err);
	}
	status = inspect(&v, err);
	ee_source_close(&source);
	return status == EE_OK ? ee_arena_check(&out->arena, err) : status;
}
