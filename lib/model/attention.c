/*
 * attention.c - causal attention over a token trie, forward and backward.
 *
 * The work is cut into (run of nodes, key/value head) pieces.  The keys and
 * values of a run's ancestors are gathered into one block, unless they lie
 * before the run already; then a few plain products do the rest, a strip of
 * STRIP queries at a time, each against no more keys than its last query may
 * see.  Going back, scores are computed again rather than kept.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/blas.h"
#include "math/threads.h"
#include "math/vec.h"
#include "model/pass.h"

enum { STRIP = 128 };

struct job {
	const struct ee_config *c;
	const struct ee_span *span;
	const float *q, *k, *v;		/* k, v: rows of all nodes */
	float scale;
	float *out;			/* forward */
	const float *dout;		/* backward */
	float *dq, *dk, *dv;
	float *scratch;			/* (threads, each) */
	size_t each;
};

/* A run's keys or values for one head: 'rows' with row distance 'ld'. */
struct block {
	const float *x;
	size_t ld;
};

static struct block
gather(const struct job *j, const struct ee_run_of_nodes *run,
       const float *x, size_t head, float *to)
{
	const size_t e = j->c->head, width = j->c->kv_heads * e;
	const size_t rows = run->end - run->begin;
	struct block b = { to, e };
	size_t i;

	if (run->straight) {
		b.x = x + (run->begin - run->past) * width + head * e;
		b.ld = width;
		return b;
	}
	for (i = 0; i < run->past; i++, to += e)
		memcpy(to, x + run->path[i] * width + head * e,
		       e * sizeof(*to));
	for (i = 0; i < rows; i++, to += e)
		memcpy(to, x + (run->begin + i) * width + head * e,
		       e * sizeof(*to));
	return b;
}

/* One strip of queries of one head: rows [at, at + m) of the run. */
struct strip {
	size_t row;		/* first row, in the span */
	size_t m, seen;		/* queries; keys seen by the first */
	size_t cols;		/* keys seen by the last */
};

/* p (m, cols) = softmax(scale q k^T), causal. */
static void
probabilities(const struct job *j, const struct strip *s, size_t head,
	      struct block k, float *p)
{
	const size_t e = j->c->head, width = j->c->heads * e;

	ee_gemm(false, true, s->m, s->cols, e, j->scale,
		j->q + s->row * width + head * e, width, k.x, k.ld, 0, p,
		s->cols);
	ee_softmax_causal(s->m, s->cols, s->seen, j->c->window, p, s->cols);
}

static struct strip
make_strip(const struct ee_run_of_nodes *run, size_t at)
{
	const size_t left = run->end - run->begin - at;
	struct strip s;

	s.row = run->row + at;
	s.m = left < STRIP ? left : STRIP;
	s.seen = run->past + at + 1;
	s.cols = run->past + at + s.m;
	return s;
}

/*
 * out (m, e) = p v.  Values that come after a query have weight 0, but one
 * that is not finite would still reach it, since 0 times that is no number:
 * a row that comes out so is computed again from what it may see, so that no
 * sequence depends on others that go on from it.
 */
static void
weigh(const struct job *j, const struct strip *s, size_t head,
      struct block v, const float *p)
{
	const size_t e = j->c->head, width = j->c->heads * e;
	float *out = j->out + s->row * width + head * e;
	size_t i;

	ee_gemm(false, false, s->m, e, s->cols, 1, p, s->cols, v.x, v.ld, 0,
		out, width);
	for (i = 0; i < s->m; i++)
		if (!ee_all_finite(e, out + i * width))
			ee_gemm(false, false, 1, e, s->seen + i, 1,
				p + i * s->cols, s->cols, v.x, v.ld, 0,
				out + i * width, width);
}

static void
attend_run(const struct job *j, const struct ee_run_of_nodes *run,
	   size_t kv, float *scratch)
{
	const size_t e = j->c->head;
	const size_t group = j->c->heads / j->c->kv_heads;
	const size_t rows = run->end - run->begin, total = run->past + rows;
	const struct block k = gather(j, run, j->k, kv, scratch);
	const struct block v = gather(j, run, j->v, kv, scratch + total * e);
	float *p = scratch + 2 * total * e;
	size_t at, head;

	for (at = 0; at < rows; at += STRIP) {
		const struct strip s = make_strip(run, at);

		for (head = kv * group; head < (kv + 1) * group; head++) {
			probabilities(j, &s, head, k, p);
			weigh(j, &s, head, v, p);
		}
	}
}

static void
attend_part(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct job *j = arg;
	const size_t heads = j->c->kv_heads;
	size_t i;

	for (i = begin; i < end; i++)
		attend_run(j, &j->span->runs[i / heads], i % heads,
			   j->scratch + thread * j->each);
}

static struct job
make_job(const struct ee_pass *pass, const struct ee_span *span,
	 size_t layer, const float *q)
{
	const struct ee_config *c = &pass->model->config;
	struct job j = { .c = c, .span = span, .q = q,
			 .k = ee_pass_k(pass, layer),
			 .v = ee_pass_v(pass, layer), .scale = 1 };

	if (c->scale_scores)
		j.scale /= sqrtf((float)c->head);
	if (c->scale_by_layer)
		j.scale /= (float)(layer + 1);
	return j;
}

enum ee_status
ee_attend(struct ee_pass *pass, const struct ee_span *span, size_t layer,
	  const float *q, float *out, struct ee_err *err)
{
	struct job j = make_job(pass, span, layer, q);

	j.out = out;
	j.each = span->longest * (2 * j.c->head + STRIP);
	j.scratch = ee_floats(ee_threads() * j.each, err);
	if (j.scratch == NULL)
		return EE_ENOMEM;
	ee_parallel(span->nruns * j.c->kv_heads, 1, attend_part, &j);
	free(j.scratch);
	return EE_OK;
}

/* Add the rows of a gathered gradient to the nodes of the span. */
static void
scatter(const struct job *j, const struct ee_run_of_nodes *run,
	const float *from, size_t head, float *to)
{
	const size_t e = j->c->head, width = j->c->kv_heads * e;
	const size_t first = j->span->begin;
	size_t i, node;

	for (i = 0; i < run->past + (run->end - run->begin); i++) {
		node = i < run->past ? run->path[i]
				     : run->begin + (i - run->past);
		if (node >= first)
			ee_axpy(e, 1, from + i * e,
				to + (node - first) * width + head * e);
	}
}

/*
 * One strip of one head.  With P = softmax(S), S = scale Q K^T, O = P V:
 *   dV += P^T dO    dP = dO V^T    dS = P (dP - sum(P dP))
 *   dQ = scale dS K    dK += scale dS^T Q
 */
static void
strip_back(const struct job *j, const struct strip *s, size_t head,
	   struct block k, struct block v, float *dk, float *dv, float *p,
	   float *dp)
{
	const size_t e = j->c->head, width = j->c->heads * e;
	const size_t at = s->row * width + head * e;

	probabilities(j, s, head, k, p);
	ee_gemm(true, false, s->cols, e, s->m, 1, p, s->cols, j->dout + at,
		width, 1, dv, e);
	ee_gemm(false, true, s->m, s->cols, e, 1, j->dout + at, width, v.x,
		v.ld, 0, dp, s->cols);
	ee_softmax_back(s->m, s->cols, p, dp, s->cols);
	ee_gemm(false, false, s->m, e, s->cols, j->scale, dp, s->cols, k.x,
		k.ld, 0, j->dq + at, width);
	ee_gemm(true, false, s->cols, e, s->m, j->scale, dp, s->cols,
		j->q + at, width, 1, dk, e);
}

static void
run_back(const struct job *j, const struct ee_run_of_nodes *run, size_t kv,
	 float *scratch)
{
	const size_t e = j->c->head, group = j->c->heads / j->c->kv_heads;
	const size_t rows = run->end - run->begin, total = run->past + rows;
	const struct block k = gather(j, run, j->k, kv, scratch);
	const struct block v = gather(j, run, j->v, kv, scratch + total * e);
	float *dk = scratch + 2 * total * e, *dv = dk + total * e;
	float *p = dv + total * e, *dp = p + STRIP * total;
	size_t at, head;

	memset(dk, 0, 2 * total * e * sizeof(*dk));
	for (at = 0; at < rows; at += STRIP) {
		const struct strip s = make_strip(run, at);

		for (head = kv * group; head < (kv + 1) * group; head++)
			strip_back(j, &s, head, k, v, dk, dv, p, dp);
	}
	scatter(j, run, dk, kv, j->dk);
	scatter(j, run, dv, kv, j->dv);
}

/* Runs share ancestors, so only heads go to different threads. */
static void
back_part(void *arg, size_t begin, size_t end, unsigned thread)
{
	const struct job *j = arg;
	size_t kv, i;

	for (kv = begin; kv < end; kv++)
		for (i = 0; i < j->span->nruns; i++)
			run_back(j, &j->span->runs[i], kv,
				 j->scratch + thread * j->each);
}

enum ee_status
ee_attend_back(struct ee_pass *pass, const struct ee_span *span,
	       size_t layer, const float *q, const float *dout, float *dq,
	       float *dk, float *dv, struct ee_err *err)
{
	struct job j = make_job(pass, span, layer, q);
	const size_t n = span->end - span->begin;
	const size_t width = j.c->kv_heads * j.c->head;

	j.dout = dout;
	j.dq = dq;
	j.dk = dk;
	j.dv = dv;
	j.each = span->longest * (4 * j.c->head + 2 * STRIP);
	j.scratch = ee_floats(ee_threads() * j.each, err);
	if (j.scratch == NULL)
		return EE_ENOMEM;
	memset(dk, 0, n * width * sizeof(*dk));
	memset(dv, 0, n * width * sizeof(*dv));
	ee_parallel(j.c->kv_heads, 1, back_part, &j);
	free(j.scratch);
	return EE_OK;
}
