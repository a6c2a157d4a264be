/* keys.c - maps of hyper-parameters by tables.  See keys.h. */
#include "edit/keys.h"

#include <string.h>

#include "base/try.h"

enum ee_status
ee_key_wrong(const struct ee_keys_source *s, const struct ee_value *v,
	     const char *key, const char *want)
{
	return ee_fail(s->err, EE_EFORMAT, "%s:%u: '%s': want %s", s->path,
		       v->line, key, want);
}

enum ee_status
ee_key_choice(const struct ee_keys_source *s, const struct ee_value *v,
	      const char *key, const char *const *words, unsigned n,
	      unsigned *index)
{
	char want[128];

	*index = v->type == EE_TEXT ? ee_word_index(v->u.text, words, n) : n;
	return *index < n ? EE_OK :
	       ee_key_wrong(s, v, key, ee_word_list(words, n, want));
}

static enum ee_status
read_one(const struct ee_key *k, const struct ee_keys_source *s,
	 const struct ee_value *v, void *into)
{
	char *to = (char *)into + k->at;

	switch (k->kind) {
	case EE_KEY_TEXT:
		return ee_get_text(s->map, k->key, (const char **)(void *)to,
				   s->path, s->err);
	case EE_KEY_REAL:
		return ee_get_real(s->map, k->key, k->min, k->max,
				   (double *)(void *)to, s->path, s->err);
	case EE_KEY_INT:
		return ee_get_int(s->map, k->key, (int64_t)k->min,
				  (int64_t)k->max, (int64_t *)(void *)to,
				  s->path, s->err);
	case EE_KEY_LOGIC:
		return ee_get_logic(s->map, k->key, (bool *)(void *)to,
				    s->path, s->err);
	case EE_KEY_OWN:
		return k->own(into, s, v);
	case EE_KEY_PASS:
		break;
	}
	return EE_OK;
}

static void
warn_unknown(const struct ee_key *keys, size_t n,
	     const struct ee_keys_source *s, const struct ee_warn *warn)
{
	size_t i, k;

	for (i = 0; i < s->map->n; i++) {
		const struct ee_pair *p = &s->map->u.map[i];

		for (k = 0; k < n; k++)
			if (strcmp(keys[k].key, p->key) == 0)
				break;
		if (k == n)
			ee_warn(warn, "%s:%u: unknown key '%s'", s->path,
				p->value.line, p->key);
	}
}

enum ee_status
ee_keys_read(const struct ee_key *keys, size_t n,
	     const struct ee_keys_source *s, void *into,
	     const struct ee_warn *warn)
{
	size_t k;

	if (s->map->type != EE_MAP)
		return ee_fail(s->err, EE_EFORMAT, "%s: is %s, want a map of "
			       "hyper-parameters", s->path,
			       ee_type_name(s->map->type));
	warn_unknown(keys, n, s, warn);
	for (k = 0; k < n; k++) {
		const struct ee_value *v = ee_get(s->map, keys[k].key);

		if (v != NULL && v->type != EE_NULL)
			TRY(read_one(&keys[k], s, v, into));
		else if (keys[k].needed)
			return ee_fail(s->err, EE_EFORMAT, "%s: '%s' is "
				       "missing", s->path, keys[k].key);
	}
	return EE_OK;
}
