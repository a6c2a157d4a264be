/*
 * convert.h - half precision to float32 and back.
 */
#ifndef EE_CONVERT_H
#define EE_CONVERT_H

#include "base/base.h"
#include "base/value.h"

/* n elements of 'dtype' (F32, F16, BF16, F64) to float32, on all threads
 * where there are many.  'to' must not overlap 'from'. */
void ee_to_f32(enum ee_dtype dtype, const void *from, size_t n, float *to);

/* n float32 to 'dtype' (F32, F16, BF16, F64), rounded to nearest even;
 * float16 overflows to infinity as it does everywhere. */
void ee_from_f32(enum ee_dtype dtype, const float *from, size_t n, void *to);

#endif
