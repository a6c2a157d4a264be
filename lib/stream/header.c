/* header.c - what stands at the head of a stream.  See stream.h, wire.h. */
#include <string.h>

#include "stream/stream.h"
#include "stream/wire.h"

enum ee_status
ee_header_missing(const unsigned char *p, size_t n, const char *name,
		  struct ee_err *err)
{
	const char *what = "";

	if (n >= 2 && memcmp(p, "PK", 2) == 0)
		what = " (a zip archive: .npz?)";
	else if (n >= 1 && (p[0] == '{' || p[0] == '['))
		what = " (JSON text?)";
	return ee_fail(err, EE_EFORMAT, "%s: is no ee stream%s", name, what);
}

static const char *
fingerprint(const struct ee_value *header)
{
	return ee_maybe_text(ee_get(header, "model"), "fingerprint");
}

static enum ee_status
check_follows(const struct ee_value *header, const struct ee_value *first,
	      const char *name, struct ee_err *err)
{
	const char *kind = ee_get(header, "kind")->u.text;
	const char *before = ee_get(first, "kind")->u.text;
	const char *model = fingerprint(header);
	const char *model_before = fingerprint(first);

	if (strcmp(kind, before) != 0)
		return ee_fail(err, EE_EMATCH, "%s: a stream of '%.60s' "
			       "follows one of '%.60s'", name, kind, before);
	if (model != NULL && model_before != NULL &&
	    strcmp(model, model_before) != 0)
		return ee_fail(err, EE_EMATCH, "%s: a stream of model %.60s "
			       "follows one of model %.60s", name, model,
			       model_before);
	return EE_OK;
}

enum ee_status
ee_header_check(const struct ee_value *header, const struct ee_value **first,
		const char *want, const char *name, struct ee_err *err)
{
	const struct ee_value *version = ee_get(header, "ee");
	const char *kind;
	enum ee_status status;

	if (version == NULL || version->type != EE_INT ||
	    version->u.integer < 1)
		return ee_header_missing(NULL, 0, name, err);
	if (version->u.integer > EE_STREAM_MAJOR)
		return ee_fail(err, EE_EFORMAT,
			       "%s: stream of version %lld, this program "
			       "reads version %d", name,
			       (long long)version->u.integer,
			       (int)EE_STREAM_MAJOR);
	status = ee_get_text(header, "kind", &kind, name, err);
	if (status != EE_OK)
		return status;
	if (want != NULL && strcmp(kind, want) != 0)
		return ee_fail(err, EE_EFORMAT,
			       "%s: is a stream of '%.60s', want '%s'", name,
			       kind, want);
	if (*first != NULL)
		status = check_follows(header, *first, name, err);
	if (*first == NULL || fingerprint(*first) == NULL)
		*first = header;
	return status;
}

static void
carry_over(struct ee_arena *arena, struct ee_value *to,
	   const struct ee_value *from, const char *key)
{
	const struct ee_value *v = ee_get(from, key);

	if (v != NULL)
		ee_put(arena, to, key, ee_copy(arena, v));
}

struct ee_value
ee_header_extra(struct ee_arena *arena, const struct ee_value *in,
		const char *command)
{
	const struct ee_value *old = ee_get(in, "history");
	struct ee_value extra = ee_map(), history = ee_list();
	size_t i;

	carry_over(arena, &extra, in, "model");
	carry_over(arena, &extra, in, "corpus");
	for (i = 0; old != NULL && old->type == EE_LIST && i < old->n; i++)
		ee_add(arena, &history, ee_copy(arena, &old->u.list[i]));
	ee_add(arena, &history,
	       ee_text(ee_arena_text(arena, command, strlen(command))));
	ee_put(arena, &extra, "history", history);
	return extra;
}
