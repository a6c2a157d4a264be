/* verify_matrix.c - the moment of a file.  See verify_parts.h. */
#include "stats/verify_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double
entry(const struct ee_verify *v, size_t i, size_t j)
{
	return ee_tensor_at(&v->moment, i * v->width + j);
}

static bool
is_half(const struct ee_verify *v)
{
	return v->stored != EE_F32 && v->stored != EE_F64;
}

static bool
check_finite(struct ee_verify *v, const struct ee_survey *s)
{
	const size_t i = s->odd < s->n ? s->odd : s->at_i;
	const size_t j = s->odd < s->n ? s->odd : s->at_j;

	if (s->infinite > 0 ||
	    (s->odd < s->n && !isfinite(entry(v, s->odd, s->odd)))) {
		ee_report(v->report, "finite", EE_FAIL, "'%s': entries (%zu, "
			  "%zu) and (%zu, %zu) are %g and %g", v->key, i, j, j,
			  i, entry(v, i, j), entry(v, j, i));
		return false;
	}
	ee_report(v->report, "finite", EE_PASS, "every number");
	return true;
}

static bool
check_symmetric(struct ee_verify *v, const struct ee_survey *s)
{
	const double most = is_half(v) ? 1e-2 : 1.0 / EE_SYMMETRY_PARTS;
	const struct ee_worst *w = &s->asymmetry;

	if (w->by <= most) {
		ee_report(v->report, "symmetric", EE_PASS, "to %.2g of an "
			  "entry's size (%g allowed)", w->by, most);
		return true;
	}
	ee_report(v->report, "symmetric", EE_FAIL, "'%s': entries (%zu, %zu) "
		  "and (%zu, %zu) are %g and %g", v->key, w->i, w->j, w->j,
		  w->i, entry(v, w->i, w->j), entry(v, w->j, w->i));
	return false;
}

/* What a diagonal shows without eigenvalues. */
static void
check_scale(struct ee_verify *v, const struct ee_survey *s)
{
	const double n = (double)s->n;
	const double mean = s->trace / n / (double)v->divisor;
	struct ee_report *r = v->report;

	ee_put(&r->arena, &r->facts, "mean_square", ee_real(mean));
	ee_put(&r->arena, &r->facts, "dead", ee_int((int64_t)s->dead));
	if (!(mean > 0))
		ee_report(r, "scale", EE_FAIL, "all zero");
	else if (mean < 1e-7)
		ee_report(r, "scale", EE_WARN, "mean square of a unit %.3g: "
			  "has the sum been divided by the count already?",
			  mean);
	else if (mean > 1e6)
		ee_report(r, "scale", EE_WARN, "mean square of a unit %.3g: "
			  "is the count that of these sums?", mean);
	else if (s->dead > 0)
		ee_report(r, "scale", EE_WARN, "mean square of a unit %.3g; "
			  "%zu of %zu units were never active", mean, s->dead,
			  s->n);
	else if (s->n > 8 && s->most > 0.5 * s->trace)
		ee_report(r, "scale", EE_WARN, "mean square of a unit %.3g; "
			  "one unit has %.0f %% of all", mean,
			  100 * s->most / s->trace);
	else
		ee_report(r, "scale", EE_PASS, "mean square of a unit %.3g, "
			  "median %.3g, most %.3g", mean, s->median /
			  (double)v->divisor, s->most / (double)v->divisor);
}

/* A sum of squares is not negative, and |a_ij| <= sqrt(a_ii a_jj). */
static bool
check_minors(struct ee_verify *v, const struct ee_survey *s)
{
	const struct ee_worst *w = &s->excess;

	if (s->odd < s->n) {
		ee_report(v->report, "psd", EE_FAIL, "'%s': diagonal entry %zu "
			  "is %g, which no sum of squares is", v->key, s->odd,
			  entry(v, s->odd, s->odd));
		return false;
	}
	if (w->by <= (is_half(v) ? 1.01 : 1.0001))
		return true;
	ee_report(v->report, "psd", EE_FAIL, "'%s': entry (%zu, %zu) is %g, "
		  "more than its diagonal entries %g and %g allow", v->key,
		  w->i, w->j, entry(v, w->i, w->j), entry(v, w->i, w->i),
		  entry(v, w->j, w->j));
	return false;
}

enum ee_status
ee_verify_entries(struct ee_verify *v, bool *sound, struct ee_err *err)
{
	struct ee_survey s;
	enum ee_status status;

	*sound = false;
	if (v->key == NULL) {
		ee_report(v->report, "finite", EE_PASS, "every number");
		ee_report(v->report, "psd", EE_SKIP, "there is no matrix");
		return EE_OK;
	}
	status = ee_survey(&v->moment, &s, err);
	if (status != EE_OK || !check_finite(v, &s) ||
	    !check_symmetric(v, &s) || !check_minors(v, &s))
		return status;
	check_scale(v, &s);
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
check_condition(struct ee_verify *v, const struct ee_spectrum *s)
{
	struct ee_report *r = v->report;
	const double condition = s->largest / s->smallest;

	if (s->smallest <= s->floor) {
		ee_report(r, "condition", EE_WARN, "above %.2g: singular "
			  "within rounding, edits need a ridge", s->largest /
			  s->floor);
		return;
	}
	ee_put(&r->arena, &r->facts, "condition", ee_real(condition));
	ee_report(r, "condition", EE_PASS, "%s%.3g", s->how ==
		  EE_SPECTRUM_WHOLE ? "" : "about ", condition);
}

enum ee_status
ee_verify_spectrum(struct ee_verify *v, struct ee_err *err)
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
	ee_report(r, "psd", s.sound ? EE_PASS : EE_FAIL, "smallest eigenvalue "
		  "%s%.3g, largest %.3g (%s; %.2g and more pass)", s.sound ?
		  (s.how == EE_SPECTRUM_WHOLE ? "" : "about ") : s.how ==
		  EE_SPECTRUM_WHOLE ? "" : "at most ", s.smallest, s.largest,
		  method(&s), -s.tolerance);
	if (!s.sound)
		return EE_OK;
	check_condition(v, &s);
	if (s.rank_error > 0)
		ee_report(r, "rank", EE_PASS, "effective rank about %.3g +- "
			  "%.1g of %zu (entropy, probed); %.3g by "
			  "participation", s.rank, s.rank_error, v->width,
			  s.spread);
	else
		ee_report(r, "rank", EE_PASS, "effective rank %.1f of %zu "
			  "(entropy); %.3g by participation", s.rank, v->width,
			  s.spread);
	return EE_OK;
}
