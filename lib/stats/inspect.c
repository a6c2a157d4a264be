/* inspect.c - the matrix of a file, and where it is from.  See inspect.h. */
#include "stats/inspect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "stats/collect.h"
#include "stats/statname.h"

static double
entry(const struct ee_inspection *v, size_t i, size_t j)
{
	return ee_tensor_at(&v->moment, i * v->width + j);
}

static bool
is_half(const struct ee_inspection *v)
{
	return v->stored != EE_F32 && v->stored != EE_F64;
}

static bool
find_finite(struct ee_inspection *v, const struct ee_survey *s)
{
	const size_t i = s->odd < s->n ? s->odd : s->at_i;
	const size_t j = s->odd < s->n ? s->odd : s->at_j;

	if (s->infinite > 0 ||
	    (s->odd < s->n && !isfinite(entry(v, s->odd, s->odd)))) {
		ee_find(v->report, "finite", EE_FAIL, "'%s': entries (%zu, "
			"%zu) and (%zu, %zu) are %g and %g", v->key, i, j, j,
			i, entry(v, i, j), entry(v, j, i));
		return false;
	}
	ee_find(v->report, "finite", EE_PASS, "every number");
	return true;
}

static bool
find_symmetric(struct ee_inspection *v, const struct ee_survey *s)
{
	const double most = is_half(v) ? 1e-2 : 1.0 / EE_SYMMETRY_PARTS;

	if (s->asymmetry <= most) {
		ee_find(v->report, "symmetric", EE_PASS, "to %.2g of an "
			"entry's size (%g allowed)", s->asymmetry, most);
		return true;
	}
	ee_find(v->report, "symmetric", EE_FAIL, "'%s': entries (%zu, %zu) "
		"and (%zu, %zu) are %g and %g", v->key, s->as_i, s->as_j,
		s->as_j, s->as_i, entry(v, s->as_i, s->as_j),
		entry(v, s->as_j, s->as_i));
	return false;
}

/* What a diagonal shows without eigenvalues. */
static void
find_scale(struct ee_inspection *v, const struct ee_survey *s)
{
	const double n = (double)s->n;
	const double mean = s->trace / n / (double)v->divisor;
	struct ee_report *r = v->report;

	ee_put(&r->arena, &r->facts, "mean_square", ee_real(mean));
	ee_put(&r->arena, &r->facts, "dead", ee_int((int64_t)s->dead));
	if (!(mean > 0))
		ee_find(r, "scale", EE_FAIL, "all zero");
	else if (mean < 1e-7)
		ee_find(r, "scale", EE_WARN, "mean square of a unit %.3g: has "
			"the sum been divided by the count already?", mean);
	else if (mean > 1e6)
		ee_find(r, "scale", EE_WARN, "mean square of a unit %.3g: is "
			"the count that of these sums?", mean);
	else if (s->dead > 0)
		ee_find(r, "scale", EE_WARN, "mean square of a unit %.3g; %zu "
			"of %zu units were never active", mean, s->dead, s->n);
	else if (s->n > 8 && s->most > 0.5 * s->trace)
		ee_find(r, "scale", EE_WARN, "mean square of a unit %.3g; one "
			"unit has %.0f %% of all", mean,
			100 * s->most / s->trace);
	else
		ee_find(r, "scale", EE_PASS, "mean square of a unit %.3g, "
			"median %.3g, most %.3g", mean, s->median /
			(double)v->divisor, s->most / (double)v->divisor);
}

/* A sum of squares is not negative, and |a_ij| <= sqrt(a_ii a_jj). */
static bool
find_minors(struct ee_inspection *v, const struct ee_survey *s)
{
	if (s->odd < s->n) {
		ee_find(v->report, "psd", EE_FAIL, "'%s': diagonal entry %zu "
			"is %g, which no sum of squares is", v->key, s->odd,
			entry(v, s->odd, s->odd));
		return false;
	}
	if (s->excess <= (is_half(v) ? 1.01 : 1.0001))
		return true;
	ee_find(v->report, "psd", EE_FAIL, "'%s': entry (%zu, %zu) is %g, "
		"more than its diagonal entries %g and %g allow", v->key,
		s->ex_i, s->ex_j, entry(v, s->ex_i, s->ex_j),
		entry(v, s->ex_i, s->ex_i), entry(v, s->ex_j, s->ex_j));
	return false;
}

enum ee_status
ee_inspect_entries(struct ee_inspection *v, bool *sound, struct ee_err *err)
{
	struct ee_survey s;
	enum ee_status status;

	*sound = false;
	if (v->key == NULL) {
		ee_find(v->report, "finite", EE_PASS, "every number");
		ee_find(v->report, "psd", EE_SKIP, "there is no matrix");
		return EE_OK;
	}
	status = ee_survey(&v->moment, &s, err);
	if (status != EE_OK || !find_finite(v, &s) || !find_symmetric(v, &s) ||
	    !find_minors(v, &s))
		return status;
	find_scale(v, &s);
	*sound = s.trace > 0;
	return EE_OK;
}

static const char *
method(const struct ee_spectrum *s)
{
	return s->how == EE_SPECTRUM_WHOLE ? "all eigenvalues" :
	       s->how == EE_SPECTRUM_F64 ? "Cholesky factor in float64" :
					   "Cholesky factor in float32";
}

static void
find_condition(struct ee_inspection *v, const struct ee_spectrum *s)
{
	struct ee_report *r = v->report;
	const double condition = s->largest / s->smallest;

	if (s->smallest <= s->floor) {
		ee_find(r, "condition", EE_WARN, "above %.2g: singular within "
			"rounding, edits need a ridge", s->largest /
			s->floor);
		return;
	}
	ee_put(&r->arena, &r->facts, "condition", ee_real(condition));
	ee_find(r, "condition", EE_PASS, "%s%.3g", s->how ==
		EE_SPECTRUM_WHOLE ? "" : "about ", condition);
}

enum ee_status
ee_inspect_spectrum(struct ee_inspection *v, struct ee_err *err)
{
	struct ee_report *r = v->report;
	struct ee_spectrum s;
	enum ee_status status;

	status = ee_spectrum(&v->moment, (double)v->divisor,
			     is_half(v) ? 1e-3 : 1e-6, EE_SPECTRUM_AUTO, &s,
			     err);
	if (status != EE_OK)
		return status;
	ee_put(&r->arena, &r->facts, "smallest", ee_real(s.smallest));
	ee_put(&r->arena, &r->facts, "largest", ee_real(s.largest));
	ee_put(&r->arena, &r->facts, "tolerance", ee_real(s.tolerance));
	ee_put(&r->arena, &r->facts, "effective_rank", ee_real(s.rank));
	ee_put(&r->arena, &r->facts, "participation", ee_real(s.spread));
	ee_put(&r->arena, &r->facts, "method", ee_text(method(&s)));
	ee_find(r, "psd", s.sound ? EE_PASS : EE_FAIL, "smallest eigenvalue "
		"%s%.3g, largest %.3g (%s; %.2g and more pass)", s.sound ?
		(s.how == EE_SPECTRUM_WHOLE ? "" : "about ") : s.how ==
		EE_SPECTRUM_WHOLE ? "" : "at most ", s.smallest, s.largest,
		method(&s), -s.tolerance);
	if (!s.sound)
		return EE_OK;
	find_condition(v, &s);
	if (s.rank_error > 0)
		ee_find(r, "rank", EE_PASS, "effective rank about %.3g +- "
			"%.1g of %zu (entropy, probed); %.3g by "
			"participation", s.rank, s.rank_error, v->width,
			s.spread);
	else
		ee_find(r, "rank", EE_PASS, "effective rank %.1f of %zu "
			"(entropy); %.3g by participation", s.rank, v->width,
			s.spread);
	return EE_OK;
}

/* The file's name; X.part is what has come of X. */
static const char *
base_name(const struct ee_inspection *v)
{
	const char *slash = strrchr(v->source->path, '/');
	const char *base = slash != NULL ? slash + 1 : v->source->path;
	const size_t n = strlen(base);

	return ee_arena_text(&v->report->arena, base, n > 5 &&
			     strcmp(base + n - 5, ".part") == 0 ? n - 5 : n);
}

/* What the name says, against what is in the file. */
static void
find_name(struct ee_inspection *v)
{
	const char *base = base_name(v);
	const char *layer = ee_source_text(v->source, "ee.layer");
	const int64_t sample = ee_source_sample_size(v->source);
	struct ee_report *r = v->report;
	struct ee_statname name;

	if (v->expected->sample_size >= 0 &&
	    sample != v->expected->sample_size) {
		ee_find(r, "name", EE_FAIL, "sample size %lld, want %lld",
			(long long)sample,
			(long long)v->expected->sample_size);
		return;
	}
	if (base == NULL || !ee_statname_parse(&r->arena, base, &name))
		ee_find(r, "name", EE_SKIP, "not a statistics file's: layer, "
			"precision and sample size stay unchecked");
	else if (name.sample_size != sample && (sample >= 0 ||
						name.sample_size >= 0))
		ee_find(r, "name", EE_FAIL, "says sample size %lld, the file "
			"%lld (-1: all)", (long long)name.sample_size,
			(long long)sample);
	else if (v->key != NULL && name.precision != v->stored)
		ee_find(r, "name", EE_FAIL, "says %s, the file holds %s",
			ee_dtype_name(name.precision),
			ee_dtype_name(v->stored));
	else if ((name.collect & ~v->collect & ~(unsigned)EE_COLLECT_CORR))
		ee_find(r, "name", EE_FAIL, "names statistics that the file "
			"has not");
	else if (layer != NULL && strncmp(name.layer, layer,
					  strlen(layer)) != 0)
		ee_find(r, "name", EE_FAIL, "says layer '%s', the file '%s'",
			name.layer, layer);
	else
		ee_find(r, "name", EE_PASS, "%s, %s, %s%s", name.layer,
			ee_dtype_name(name.precision), sample < 0 ?
			"all documents" : "sample size ", sample < 0 ? "" :
			ee_arena_printf(&r->arena, "%lld",
					(long long)sample));
}

/* "transformer.h.5.mlp.c_proj:in", from the file or its name. */
static const char *
tap_of(struct ee_inspection *v)
{
	const char *base = base_name(v);
	const char *layer = ee_source_text(v->source, "ee.layer");
	const char *side = ee_source_text(v->source, "ee.side");
	struct ee_arena *arena = &v->report->arena;
	struct ee_statname name;

	if (layer != NULL)
		return ee_arena_printf(arena, "%s:%s", layer,
				       side ? side : "in");
	if (base == NULL || !ee_statname_parse(arena, base, &name))
		return NULL;
	return strchr(name.layer, ':') != NULL ? name.layer :
	       ee_arena_printf(arena, "%s:in", name.layer);
}

/* Where the rows come from; those of a weight's statistics are its own. */
static enum ee_status
place_of(struct ee_inspection *v, const char *tap, struct ee_place *place,
	 size_t *width)
{
	const struct ee_model *model = v->expected->model;
	const char *side = strrchr(tap, ':');
	const struct ee_param *p;
	enum ee_status status;

	if (side != NULL && strcmp(side, ":weight") == 0) {
		p = ee_model_weight(model, ee_arena_printf(&v->report->arena,
			"%.*s.weight", (int)(side - tap), tap));
		if (p == NULL)
			return ee_fail(&v->err, EE_EINPUT, "'%s' is no weight "
				       "matrix of this model", tap);
		*width = p->w.in;
		place->site = EE_AT_NOWHERE;
		return EE_OK;
	}
	status = ee_model_place(model, tap, place, &v->err);
	if (status == EE_OK)
		*width = ee_site_width(&model->config, place->site);
	return status;
}

static void
find_fingerprint(struct ee_inspection *v, const struct ee_place *place)
{
	const char *have = ee_source_text(v->source, "ee.fingerprint");
	char want[EE_PRINT_TEXT];

	if (have == NULL) {
		ee_find(v->report, "fingerprint", EE_SKIP, "the file has "
			"none: whether it was made with this model cannot be "
			"told");
		return;
	}
	ee_print_text(ee_model_print(v->expected->model, place->layer,
				     place->site), want);
	if (strcmp(have, want) == 0)
		ee_find(v->report, "fingerprint", EE_PASS, "%s: the weights "
			"up to the layer are what they were", have);
	else
		ee_find(v->report, "fingerprint", EE_FAIL, "stale: made with "
			"weights %s up to the layer, the model's are %s",
			have, want);
}

void
ee_inspect_origin(struct ee_inspection *v)
{
	const struct ee_model *model = v->expected->model;
	const char *tap;
	struct ee_place place;
	size_t width = 0;

	find_name(v);
	if (model == NULL) {
		ee_find(v->report, "model", EE_SKIP, "none given (-m)");
		return;
	}
	tap = tap_of(v);
	if (tap == NULL) {
		ee_find(v->report, "model", EE_SKIP, "neither the file nor "
			"its name tells the layer");
		return;
	}
	if (place_of(v, tap, &place, &width) != EE_OK) {
		ee_find(v->report, "model", EE_FAIL, "%s", v->err.text);
		return;
	}
	if (v->width != 0 && width != v->width) {
		ee_find(v->report, "model", EE_FAIL, "is %zu wide, %s %zu",
			v->width, tap, width);
		return;
	}
	ee_find(v->report, "model", EE_PASS, "%s, %zu wide", tap, width);
	if (place.site != EE_AT_NOWHERE)
		find_fingerprint(v, &place);
}
