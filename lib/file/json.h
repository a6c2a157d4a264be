/*
 * json.h - JSON text to values and back (through jansson).
 */
#ifndef EE_JSON_H
#define EE_JSON_H

#include <stdio.h>

#include "base/base.h"
#include "base/value.h"

/*
 * Parse 'len' bytes of UTF-8 JSON (any value) into 'arena'.  'where' names
 * the source in errors ("config.json").  Integers become EE_INT, numbers
 * with a point or exponent EE_REAL.  Nothing of 'text' is kept.  A text may
 * hold a NUL, and then ends there for whoever does not ask for its length;
 * from files, where nobody does, it is an error.
 *
 * Fails with EE_EFORMAT (line and column), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_json_parse(struct ee_arena *arena,
	const char *text, size_t len, const char *where,
	struct ee_value *out, struct ee_err *err);

/* The same, where a key twice in a map, or a NUL in a text, is an error. */
EE_MUST_CHECK enum ee_status ee_json_parse_strict(struct ee_arena *arena,
	const char *text, size_t len, const char *where,
	struct ee_value *out, struct ee_err *err);

/* The same from a file, or standard input if 'path' is "-".  Fails with
 * EE_EIO as well. */
EE_MUST_CHECK enum ee_status ee_json_read(struct ee_arena *arena,
	const char *path, struct ee_value *out, struct ee_err *err);

/*
 * A list of records from a JSON list, a single JSON map, or JSON lines (one
 * map a line; empty lines are passed over): 'out' is an EE_LIST of maps, and
 * each record's 'line' is set for JSON lines.  Fails with EE_EIO, EE_EFORMAT
 * (nothing there, no JSON, something that is no map), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_json_records(struct ee_arena *arena,
	const char *path, struct ee_value *out, struct ee_err *err);

/*
 * Write 'v' as one line of compact JSON without the newline.  Tensors are
 * written as {"dtype": ..., "shape": [...]}; NaN and infinities as null;
 * bytes that are not UTF-8 as U+FFFD.  Write errors are left in 'fp'.
 */
void ee_json_write(FILE *fp, const struct ee_value *v);

/* The same line in 'arena', which remembers it if there was no memory (then
 * NULL). */
const char *ee_json_text(struct ee_arena *arena, const struct ee_value *v);

#endif
