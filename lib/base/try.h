/*
 * try.h - TRY(call): return the status of a call that did not succeed.  For
 * functions that hold nothing which must be released.  Private to the
 * library's own files.
 */
#ifndef EE_TRY_H
#define EE_TRY_H

#include "base/base.h"

#define TRY(call) do { \
	const enum ee_status status_ = (call); \
	if (status_ != EE_OK) \
		return status_; \
} while (0)

#endif
