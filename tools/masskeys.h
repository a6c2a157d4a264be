/*
 * masskeys.h - the keys of edits that were made before, which a new edit
 * must leave what they are.
 *
 * Letters: f MLP width, n keys.
 */
#ifndef EE_MASSKEYS_H
#define EE_MASSKEYS_H

#include "session.h"

/* Of one edited layer; start with {0}. */
struct mass_keys {
	float *k;		/* (f, n) the caller's, to free() */
	size_t n;
};

/*
 * Read, for each edited layer, the keys that the deltas laid over the model
 * (-e) carry in their records of that layer's weight.  A delta without any is
 * a notice.  Fails as ee_reader_next, with EE_EMATCH (another width) and
 * EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status mass_keys_read(struct session *s,
	struct mass_keys keys[EE_MAX_EDIT_LAYERS]);

/* Put k (f, more) beside them.  Fails with EE_ENOMEM. */
EE_MUST_CHECK enum ee_status mass_keys_append(struct mass_keys *keys,
	size_t f, const float *k, size_t more, struct ee_err *err);

#endif
