/* verify_origin.c - where a file is from.  See verify_parts.h. */
#include "stats/verify_parts.h"

#include <stdio.h>
#include <string.h>

#include "stats/collect.h"
#include "stats/statname.h"

/* The file's name; X.part is what has come of X. */
static const char *
base_name(const struct ee_verify *v)
{
	const char *slash = strrchr(v->source->path, '/');
	const char *base = slash != NULL ? slash + 1 : v->source->path;
	const size_t n = strlen(base);

	return ee_arena_text(&v->report->arena, base, n > 5 &&
			     strcmp(base + n - 5, ".part") == 0 ? n - 5 : n);
}

/* What the name says, against what is in the file. */
static void
check_name(struct ee_verify *v)
{
	const char *base = base_name(v);
	const char *layer = ee_source_text(v->source, "ee.layer");
	const int64_t sample = ee_source_sample_size(v->source);
	struct ee_report *r = v->report;
	struct ee_statname name;

	if (v->expected->sample_size >= 0 &&
	    sample != v->expected->sample_size) {
		ee_report(r, "name", EE_FAIL, "sample size %lld, want %lld",
			  (long long)sample,
			  (long long)v->expected->sample_size);
		return;
	}
	if (base == NULL || !ee_statname_parse(&r->arena, base, &name))
		ee_report(r, "name", EE_SKIP, "not a statistics file's: layer, "
			  "precision and sample size stay unchecked");
	else if (name.sample_size != sample && (sample >= 0 ||
						name.sample_size >= 0))
		ee_report(r, "name", EE_FAIL, "says sample size %lld, the file "
			  "%lld (-1: all)", (long long)name.sample_size,
			  (long long)sample);
	else if (v->key != NULL && name.precision != v->stored)
		ee_report(r, "name", EE_FAIL, "says %s, the file holds %s",
			  ee_dtype_name(name.precision),
			  ee_dtype_name(v->stored));
	else if ((name.collect & ~v->collect & ~(unsigned)EE_COLLECT_CORR))
		ee_report(r, "name", EE_FAIL, "names statistics that the file "
			  "has not");
	else if (layer != NULL && strncmp(name.layer, layer,
					  strlen(layer)) != 0)
		ee_report(r, "name", EE_FAIL, "says layer '%s', the file '%s'",
			  name.layer, layer);
	else
		ee_report(r, "name", EE_PASS, "%s, %s, %s%s", name.layer,
			  ee_dtype_name(name.precision), sample < 0 ?
			  "all documents" : "sample size ", sample < 0 ? "" :
			  ee_arena_printf(&r->arena, "%lld",
					  (long long)sample));
}

/* "transformer.h.5.mlp.c_proj:in", from the file or its name. */
static const char *
tap_of(struct ee_verify *v)
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
place_of(struct ee_verify *v, const char *tap, struct ee_place *place,
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
check_fingerprint(struct ee_verify *v, const struct ee_place *place)
{
	const char *have = ee_source_text(v->source, "ee.fingerprint");
	char want[EE_PRINT_TEXT];

	if (have == NULL) {
		ee_report(v->report, "fingerprint", EE_SKIP, "the file has "
			  "none: whether it was made with this model cannot be "
			  "told");
		return;
	}
	ee_print_text(ee_model_print(v->expected->model, place->layer,
				     place->site), want);
	if (strcmp(have, want) == 0)
		ee_report(v->report, "fingerprint", EE_PASS, "%s: the weights "
			  "up to the layer are what they were", have);
	else
		ee_report(v->report, "fingerprint", EE_FAIL, "stale: made with "
			  "weights %s up to the layer, the model's are %s",
			  have, want);
}

void
ee_verify_origin(struct ee_verify *v)
{
	const struct ee_model *model = v->expected->model;
	const char *tap;
	struct ee_place place;
	size_t width = 0;

	check_name(v);
	if (model == NULL) {
		ee_report(v->report, "model", EE_SKIP, "none given (-m)");
		return;
	}
	tap = tap_of(v);
	if (tap == NULL) {
		ee_report(v->report, "model", EE_SKIP, "neither the file nor "
			  "its name tells the layer");
		return;
	}
	if (place_of(v, tap, &place, &width) != EE_OK) {
		ee_report(v->report, "model", EE_FAIL, "%s", v->err.text);
		return;
	}
	if (v->width != 0 && width != v->width) {
		ee_report(v->report, "model", EE_FAIL, "is %zu wide, %s %zu",
			  v->width, tap, width);
		return;
	}
	ee_report(v->report, "model", EE_PASS, "%s, %zu wide", tap, width);
	if (place.site != EE_AT_NOWHERE)
		check_fingerprint(v, &place);
}
