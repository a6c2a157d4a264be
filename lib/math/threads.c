/*
 * threads.c - a small pool of threads that sleep between loops.  See
 * threads.h.  Not OpenMP: its idle threads spin, which on few cores takes
 * the processor from the BLAS's own threads.
 */
#include "math/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "math/blas.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	unsigned wanted;	/* threads, the caller's included; 0: unset */
	unsigned started;	/* workers that exist */
	unsigned busy;		/* workers still in the present loop */
	uint64_t round;		/* counts loops */
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

static void *
worker(void *arg)
{
	const unsigned thread = (unsigned)(uintptr_t)arg;
	uint64_t seen = 0;

	ee_blas_alone();
	for (;;) {
		pthread_mutex_lock(&pool.lock);
		while (pool.round == seen)
			pthread_cond_wait(&pool.work, &pool.lock);
		seen = pool.round;
		pthread_mutex_unlock(&pool.lock);

		take_pieces(thread);

		pthread_mutex_lock(&pool.lock);
		if (--pool.busy == 0)
			pthread_cond_signal(&pool.done);
		pthread_mutex_unlock(&pool.lock);
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
	pthread_mutex_lock(&pool.lock);
	pool.fn = fn;
	pool.arg = arg;
	pool.n = n;
	pool.grain = grain;
	atomic_store(&pool.next, 0);
	pool.busy = pool.started;
	pool.round++;
	pthread_cond_broadcast(&pool.work);
	pthread_mutex_unlock(&pool.lock);

	take_pieces(0);

	pthread_mutex_lock(&pool.lock);
	while (pool.busy > 0)
		pthread_cond_wait(&pool.done, &pool.lock);
	pthread_mutex_unlock(&pool.lock);
}
