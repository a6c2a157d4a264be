/*
 * pickle_write.h - values as one of Python's pickles, of protocol 2.
 *
 *   EE_NULL, EE_LOGIC, EE_INT, EE_REAL   None, bool, int, float
 *   EE_TEXT     str, which must be UTF-8, or bytes
 *   EE_LIST     list or tuple
 *   EE_MAP      dict or OrderedDict, its keys str or int
 *   EE_TENSOR   what the caller writes for it
 *
 * Which of the two is said by 'form' (value.h), as the reader (pickle.h) sets
 * it: what was read, except for sets and objects, is written as it was.
 */
#ifndef EE_PICKLE_WRITE_H
#define EE_PICKLE_WRITE_H

#include <stdio.h>

#include "base/base.h"
#include "base/value.h"

/*
 * A pickle being written to 'fp' (borrowed), whose errors stay in 'fp'.
 * 'tensor' writes opcodes that leave one value on the stack; NULL: a tensor
 * is an error.  Zero the rest.
 */
struct ee_pickler {
	FILE *fp;
	void *ctx;
	enum ee_status (*tensor)(struct ee_pickler *p,
				 const struct ee_tensor *tensor,
				 struct ee_err *err);
	unsigned depth;
};

/*
 * The whole pickle of 'v'.
 *
 * Fails with EE_EINPUT: text that is not UTF-8, a key that is to be an
 * integer and is none, more than EE_PICKLE_DEPTH levels; or as 'tensor' does.
 */
EE_MUST_CHECK enum ee_status ee_pickle_write(struct ee_pickler *p,
	const struct ee_value *v, struct ee_err *err);

/* Parts, for 'tensor': a value; bytes as they are; a class by its name. */
EE_MUST_CHECK enum ee_status ee_pickle_put(struct ee_pickler *p,
	const struct ee_value *v, struct ee_err *err);
void ee_pickle_put_class(struct ee_pickler *p, const char *module,
			 const char *name);

#endif
