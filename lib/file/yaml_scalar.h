/* yaml_scalar.h - what a plain YAML scalar means; see yaml.h. */
#ifndef EE_YAML_SCALAR_H
#define EE_YAML_SCALAR_H

#include "base/value.h"

/* The value of the plain scalar 's'; an EE_TEXT borrows it. */
struct ee_value ee_yaml_scalar(const char *s, size_t n);

#endif
