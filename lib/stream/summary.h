/*
 * summary.h - a record in a few words.
 */
#ifndef EE_SUMMARY_H
#define EE_SUMMARY_H

#include "base/base.h"
#include "base/value.h"

/*
 * 'v' with each tensor in it replaced by the map
 *
 *     {"dtype", "shape", "min", "max", "mean", "nan", "inf", "data"}
 *
 * Range and mean are those of its finite values (absent if it has none);
 * "nan" and "inf" are counts ("inf" only where there are some); "data" are
 * the first 'data' values, absent if that is 0.  Texts are borrowed from 'v'.
 * If memory runs out 'arena' remembers it.
 */
struct ee_value ee_summary(struct ee_arena *arena, const struct ee_value *v,
			   size_t data);

#endif
