/* taps.c - which activations are wanted.  See taps.h. */
#include "model/taps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
ee_taps_free(struct ee_taps *taps)
{
	free(taps->tap);
	memset(taps, 0, sizeof(*taps));
}

static void
reach(struct ee_taps *taps, size_t layers, enum ee_site site)
{
	if (layers > taps->deepest ||
	    (layers == taps->deepest && site > taps->last)) {
		taps->deepest = layers;
		taps->last = site;
	}
}

static enum ee_status
add_one(struct ee_taps *taps, const struct ee_model *model,
	const char *name, struct ee_err *err)
{
	struct ee_place place;
	struct ee_tap *tap;
	enum ee_status status = ee_model_place(model, name, &place, err);
	size_t i;

	if (status != EE_OK)
		return status;
	if (place.site == EE_AT_NOWHERE)
		return ee_fail(err, EE_EINPUT, "tap '%s': add ':in' or "
			       "':out'", name);
	if (strlen(name) >= sizeof(tap->name))
		return ee_fail(err, EE_EINPUT, "tap '%s': too long", name);
	for (i = 0; i < taps->n; i++)
		if (strcmp(taps->tap[i].name, name) == 0)
			return EE_OK;
	tap = ee_grow(taps->tap, taps->n + 1, sizeof(*tap), err);
	if (tap == NULL)
		return EE_ENOMEM;
	taps->tap = tap;
	tap += taps->n++;
	strcpy(tap->name, name);
	tap->layer = place.layer;
	tap->site = place.site;
	tap->width = ee_site_width(&model->config, place.site);
	reach(taps, place.layer + 1, place.site);
	return EE_OK;
}

static enum ee_status
malformed(const char *spec, struct ee_err *err)
{
	return ee_fail(err, EE_EINPUT, "tap '%s': want {FIRST-LAST} or "
		       "{A,B,...} in braces", spec);
}

/* Put each number of "13-17,20" between 'head' and 'tail'. */
static enum ee_status
add_list(struct ee_taps *taps, const struct ee_model *model,
	 const char *spec, const char *open, const char *close,
	 struct ee_err *err)
{
	const int head = (int)(open - spec);
	const char *p = open + 1;
	char name[EE_MAX_NAME], *end;
	enum ee_status status;
	unsigned long first, last;

	for (;;) {
		if (*p < '0' || *p > '9')
			return malformed(spec, err);
		first = last = strtoul(p, &end, 10);
		if (*end == '-') {
			p = end + 1;
			if (*p < '0' || *p > '9')
				return malformed(spec, err);
			last = strtoul(p, &end, 10);
		}
		if (last < first || last - first > 10000 ||
		    (end != close && *end != ','))
			return malformed(spec, err);
		for (; first <= last; first++) {
			snprintf(name, sizeof(name), "%.*s%lu%s", head, spec,
				 first, close + 1);
			status = add_one(taps, model, name, err);
			if (status != EE_OK)
				return status;
		}
		if (end == close)
			return EE_OK;
		p = end + 1;
	}
}

static enum ee_status
add_hidden(struct ee_taps *taps, const struct ee_model *model,
	   struct ee_err *err)
{
	const struct ee_module *block = model->config.family->modules;
	char name[EE_MAX_NAME];
	enum ee_status status = EE_OK;
	size_t i;

	for (i = 0; i < model->config.layers && status == EE_OK; i++) {
		ee_model_name(model, i, block, name);
		strncat(name, ":out", sizeof(name) - strlen(name) - 1);
		status = add_one(taps, model, name, err);
	}
	return status;
}

enum ee_status
ee_taps_add(struct ee_taps *taps, const struct ee_model *model,
	    const char *spec, struct ee_err *err)
{
	const char *open = strchr(spec, '{');
	const char *close = open != NULL ? strchr(open, '}') : NULL;

	if (strcmp(spec, "hidden") == 0)
		return add_hidden(taps, model, err);
	if (strcmp(spec, "logits") == 0 || strcmp(spec, "nll") == 0) {
		taps->logits |= spec[0] == 'l';
		taps->nll |= spec[0] == 'n';
		reach(taps, model->config.layers, EE_AT_OUT);
		return EE_OK;
	}
	if (open == NULL)
		return add_one(taps, model, spec, err);
	if (close == NULL)
		return malformed(spec, err);
	return add_list(taps, model, spec, open, close, err);
}

void
ee_taps_group(struct ee_taps *taps, size_t group, size_t groups)
{
	const size_t first = (group - 1) * taps->n / groups;
	size_t i;

	taps->n = group * taps->n / groups - first;
	memmove(taps->tap, taps->tap + first, taps->n * sizeof(*taps->tap));
	taps->deepest = 0;
	taps->last = 0;
	for (i = 0; i < taps->n; i++)
		reach(taps, taps->tap[i].layer + 1, taps->tap[i].site);
}
