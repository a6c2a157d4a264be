/*
 * keys.h - maps of hyper-parameters read into structs, by tables.  Private to
 * this room.
 */
#ifndef EE_KEYS_H
#define EE_KEYS_H

#include "base/base.h"
#include "base/value.h"

/* A map and where it comes from. */
struct ee_keys_source {
	const struct ee_value *map;
	const char *path;
	struct ee_err *err;
};

enum ee_key_kind {
	EE_KEY_TEXT,		/* const char * */
	EE_KEY_REAL,		/* double */
	EE_KEY_INT,		/* int64_t */
	EE_KEY_LOGIC,		/* bool */
	EE_KEY_OWN,		/* read by 'own' */
	EE_KEY_PASS		/* known, not looked at */
};

struct ee_key {
	const char *key;
	enum ee_key_kind kind;
	size_t at;		/* offset in the struct */
	double min, max;	/* of a number */
	bool needed;
	enum ee_status (*own)(void *into, const struct ee_keys_source *s,
			      const struct ee_value *v);
};

/*
 * Read the keys of a table from the source into 'into'.  A key that is absent
 * or null is left as it is, or missed where it is needed; unknown ones are
 * notices.  Fails with EE_EFORMAT (file, line and key).
 */
EE_MUST_CHECK enum ee_status ee_keys_read(const struct ee_key *keys, size_t n,
	const struct ee_keys_source *s, void *into,
	const struct ee_warn *warn);

/* EE_EFORMAT: "<path>:<line>: '<key>': want <want>" */
enum ee_status ee_key_wrong(const struct ee_keys_source *s,
	const struct ee_value *v, const char *key, const char *want);

/* '*index' of the text v among n words; it is wrong if it is none. */
EE_MUST_CHECK enum ee_status ee_key_choice(const struct ee_keys_source *s,
	const struct ee_value *v, const char *key, const char *const *words,
	unsigned n, unsigned *index);

#endif
