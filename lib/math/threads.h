/*
 * threads.h - how many threads compute, and one parallel loop.
 *
 * Matrix products, and what is done between them (attention, norms,
 * activations, conversions), use this loop.  The number of threads is the
 * process's: set once, before work, by whoever owns main.
 */
#ifndef EE_THREADS_H
#define EE_THREADS_H

#include "base/base.h"

enum { EE_MAX_THREADS = 256 };

/* 0: as many as there are processors for this process.  Call before work
 * starts, from one thread. */
void ee_threads_set(unsigned n);
/* How many a loop started here would use: 1 inside a loop. */
unsigned ee_threads(void);

/*
 * Call fn(arg, begin, end, thread) so that 0..n is covered once, in pieces of
 * at most 'grain', on all threads; returns when all are done.  'thread' is
 * below ee_threads() and no two calls at a time share it.  Loops, and so
 * matrix products, inside 'fn' run on its thread alone.
 */
typedef void ee_loop_fn(void *arg, size_t begin, size_t end, unsigned thread);
void ee_parallel(size_t n, size_t grain, ee_loop_fn *fn, void *arg);

#endif
