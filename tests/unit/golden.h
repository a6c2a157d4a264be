/*
 * golden.h - reference arrays and how far ours are from them.
 */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <check.h>
#include <math.h>
#include <stdio.h>

#include "base/value.h"
#include "file/npz.h"
#include "model/model.h"

/* Fail the test with what the library says. */
#define must(call) do { \
	const enum ee_status status_ = (call); \
	ck_assert_msg(status_ == EE_OK, "%s", err.text); \
} while (0)

struct golden {
	struct ee_npz npz;
	struct ee_arena arena;
};

void golden_open(struct golden *g, const char *path);
void golden_close(struct golden *g);
bool golden_has(const struct golden *g, const char *name);
/* An array by a printf name; its data is valid until golden_close. */
struct ee_tensor golden_get(struct golden *g, const char *fmt, ...)
	EE_PRINTF(2, 3);

/* Largest |x - want|, and |x - want| / |want| as vectors. */
double worst_abs(const float *x, const struct ee_tensor *want);
double relative(const float *x, const struct ee_tensor *want);

/* The model's logits of "input_ids" in the file are its array 'name', within
 * 2e-4 absolute. */
void check_variant(const struct ee_model *model, const char *file,
		   const char *name);

/* The same, to the bit; to Python, too, where 'forms'. */
bool same_value(const struct ee_value *a, const struct ee_value *b,
		bool forms);

#endif
