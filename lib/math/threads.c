/*
 * threads.c - a small pool of threads.  See threads.h.
 *
 * Between loops, which often follow each other within microseconds, a thread
 * looks for the next one for a moment before it sleeps: to be woken takes
 * longer than many a loop.  Only for a moment, unlike OpenMP's: the other
 * stages of a pipe want the processors.
 */
#include "math/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "math/blas.h"

/* How often a thread looks before it sleeps: some 50 microseconds. */
enum { LOOKS = 3000 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	unsigned wanted;	/* threads, the caller's included; 0: unset */
	unsigned started;	/* workers that exist */
	atomic_uint busy;	/* workers still in the present loop */
	atomic_ullong round;	/* counts loops */
	ee_loop_fn *fn;
	void *arg;
	size_t n, grain;
	atomic_size_t next;
} pool = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.work = PTHREAD_COND_INITIALIZER,
	.done = PTHREAD_COND_INITIALIZER,
};

static _Thread_local bool inside;	/* a loop */

static unsigned
processors(void)
{
	cpu_set_t set;
	int n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	return n > 0 ? (unsigned)n : 1;
}

void
ee_threads_set(unsigned n)
{
	if (n == 0)
		n = processors();
	pool.wanted = n < EE_MAX_THREADS ? n : EE_MAX_THREADS;
	ee_blas_threads(1);
	ee_blas_alone();
}

unsigned
ee_threads(void)
{
	if (pool.wanted == 0)
		ee_threads_set(0);
	return inside ? 1 : pool.wanted;
}

static void
take_pieces(unsigned thread)
{
	const size_t n = pool.n, grain = pool.grain;
	size_t begin;

	inside = true;
	while ((begin = atomic_fetch_add(&pool.next, grain)) < n)
		pool.fn(pool.arg, begin,
			n - begin < grain ? n : begin + grain, thread);
	inside = false;
}

static inline void
pause_a_little(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static bool
new_round(uint64_t seen)
{
	return atomic_load(&pool.round) != seen;
}

static bool
all_done(uint64_t round)
{
	(void)round;
	return atomic_load(&pool.busy) == 0;
}

/* Look for a moment, then sleep, until 'yes(round)'. */
static void
wait_until(bool (*yes)(uint64_t), uint64_t round, pthread_cond_t *said)
{
	int i;

	for (i = 0; i < LOOKS; i++) {
		if (yes(round))
			return;
		pause_a_little();
	}
	pthread_mutex_lock(&pool.lock);
	while (!yes(round))
		pthread_cond_wait(said, &pool.lock);
	pthread_mutex_unlock(&pool.lock);
}

static void *
worker(void *arg)
{
	const unsigned thread = (unsigned)(uintptr_t)arg;
	uint64_t seen = 0;

	ee_blas_alone();
	for (;;) {
		wait_until(new_round, seen, &pool.work);
		seen = atomic_load(&pool.round);
		take_pieces(thread);
		if (atomic_fetch_sub(&pool.busy, 1) == 1) {
			pthread_mutex_lock(&pool.lock);
			pthread_cond_signal(&pool.done);
			pthread_mutex_unlock(&pool.lock);
		}
	}
	return NULL;
}

/* Start the workers; fewer than wanted is no error, only slower. */
static void
start_workers(void)
{
	pthread_attr_t attr;
	pthread_t id;

	if (pthread_attr_init(&attr) != 0)
		return;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	while (pool.started + 1 < pool.wanted) {
		/* a worker that starts now must wait for the next round */
		if (pthread_create(&id, &attr, worker,
				   (void *)(uintptr_t)(pool.started + 1)) != 0)
			break;
		pool.started++;
	}
	pthread_attr_destroy(&attr);
}

void
ee_parallel(size_t n, size_t grain, ee_loop_fn *fn, void *arg)
{
	const unsigned threads = ee_threads();

	if (n == 0)
		return;
	if (grain == 0)
		grain = 1;
	if (threads == 1 || n <= grain) {
		fn(arg, 0, n, 0);
		return;
	}
	if (pool.round == 0)
		start_workers();
	pool.fn = fn;
	pool.arg = arg;
	pool.n = n;
	pool.grain = grain;
	atomic_store(&pool.next, 0);
	atomic_store(&pool.busy, pool.started);
	pthread_mutex_lock(&pool.lock);
	atomic_fetch_add(&pool.round, 1);
	pthread_cond_broadcast(&pool.work);
	pthread_mutex_unlock(&pool.lock);
	take_pieces(0);
	wait_until(all_done, 0, &pool.done);
}
