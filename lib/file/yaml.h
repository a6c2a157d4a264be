/*
 * yaml.h - YAML (and so JSON) documents to values (through libyaml).
 *
 * Plain scalars are resolved as YAML 1.1 and PyYAML do it (null and ~; true,
 * yes, on; 12, 0x1f, 010, 1_000; 1.5, .inf), with one difference: 5e-1 and
 * 1e-5 are numbers, which PyYAML takes for strings and no author means as
 * such.  Quoted scalars are texts.  Sexagesimal numbers and dates are texts.
 *
 * Every value has 'line' set; a member of a map has the line of its key.
 */
#ifndef EE_YAML_H
#define EE_YAML_H

#include "base/base.h"
#include "base/value.h"

/*
 * Parse one document of 'len' bytes into 'arena'; an empty one is EE_NULL.
 * 'where' names the source in errors.  Nothing of 'text' is kept.  Aliases
 * share what they stand for.
 *
 * Fails with EE_EFORMAT (syntax, a key twice, two documents, a key that is
 * no scalar, an unknown tag or alias, nesting deeper than 64, aliases that
 * expand to more than 100,000 values), EE_ENOMEM.
 */
EE_MUST_CHECK enum ee_status ee_yaml_parse(struct ee_arena *arena,
	const char *text, size_t len, const char *where,
	struct ee_value *out, struct ee_err *err);

/* The same from a file.  Fails with EE_EIO as well. */
EE_MUST_CHECK enum ee_status ee_yaml_read(struct ee_arena *arena,
	const char *path, struct ee_value *out, struct ee_err *err);

#endif
