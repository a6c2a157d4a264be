/* json_text.h - a value as one line of JSON in memory. */
#ifndef EE_JSON_TEXT_H
#define EE_JSON_TEXT_H

#include "base/base.h"
#include "base/value.h"

/* In 'arena', which remembers it if there was no memory (then NULL). */
const char *ee_json_text(struct ee_arena *arena, const struct ee_value *v);

#endif
