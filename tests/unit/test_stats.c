/*
 * test_stats.c - sums, records, files and checkpoints of layer statistics.
 *
 * Tolerances: second moments within 1e-6 of the float64 truth in the
 * Frobenius norm (measured: 2e-7 through tokenizer and model, 1e-7 here);
 * everything that is summed in float64 within 1e-12.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "golden.h"
#include "math/blas.h"
#include "stats/check.h"
#include "stats/collector.h"
#include "stats/spectrum.h"
#include "stats/statfile.h"
#include "stats/statname.h"
#include "stats/statsave.h"
#include "stats/verify.h"
#include "stream/stream.h"

#define GOLDEN "tests/golden/stats/"

enum { D = 70, N = 3000 };

static struct ee_err err;
static struct ee_arena arena;
static float *x;			/* (N, D) */

static void
set_up(void)
{
	struct ee_random r;
	size_t i;

	ee_random_seed(&r, 7);
	x = ee_floats(N * D, &err);
	for (i = 0; i < N * D; i++)	/* skewed, as activations are */
		x[i] = (float)(exp(ee_random_normal(&r)) - 0.2);
}

static void
tear_down(void)
{
	free(x);
	ee_arena_free(&arena);
}

static const unsigned everything = EE_COLLECT_MOM2 | EE_COLLECT_MEAN |
				   EE_COLLECT_VAR | EE_COLLECT_NORM_MEAN;

static void
add_rows(struct ee_moments *m, size_t from, size_t to, size_t step)
{
	size_t i, n;

	for (i = from; i < to; i += n) {
		n = to - i < step ? to - i : step;
		must(ee_moments_add(m, n, x + i * D, &err));
	}
	must(ee_moments_flush(m, &err));
}

/* The plain way. */
static double
plain_mom2(size_t i, size_t j)
{
	double sum = 0;
	size_t k;

	for (k = 0; k < N; k++)
		sum += (double)x[k * D + i] * (double)x[k * D + j];
	return sum;
}

static double
distance(const struct ee_moments *m)
{
	double d = 0, n = 0;
	size_t i, j;

	for (i = 0; i < D; i++) {
		for (j = i; j < D; j++) {
			const double want = plain_mom2(i, j);
			const double is = m->mom2.first[
				ee_packed_row(D, i) + j - i];

			d += (is - want) * (is - want);
			n += want * want;
		}
	}
	return sqrt(d / n);
}

START_TEST(moments_plain)
{
	struct ee_moments m, exact;
	double sum, squares, norm = 0, row;
	size_t i, j;

	must(ee_moments_init(&m, D, everything, &err));
	must(ee_moments_init(&exact, D, EE_COLLECT_COV, &err));
	add_rows(&m, 0, N, 100);
	add_rows(&exact, 0, N, N);
	ck_assert_int_eq(m.count, N);
	ck_assert_double_le(distance(&m), 1e-6);
	ck_assert_double_le(distance(&exact), 1e-12);
	for (j = 0; j < D; j++) {
		sum = squares = 0;
		for (i = 0; i < N; i++) {
			sum += (double)x[i * D + j];
			squares += (double)x[i * D + j] * (double)x[i * D + j];
		}
		ck_assert_double_eq_tol(m.sum.first[j], sum, 1e-12 * squares);
		ck_assert_double_eq_tol(m.squares.first[j], squares,
					1e-12 * squares);
	}
	for (i = 0; i < N; i++) {
		for (row = 0, j = 0; j < D; j++)
			row += (double)x[i * D + j] * (double)x[i * D + j];
		norm += sqrt(row);
	}
	ck_assert_double_eq_tol(*m.norm.first, norm, 1e-12 * norm);
	ee_moments_free(&m);
	ee_moments_free(&exact);
}
END_TEST

/* However the rows come, the bits are the same. */
START_TEST(moments_cuts)
{
	static const size_t steps[] = { 1, 7, 1000, 1024, 1025, N };
	const size_t size = ee_packed_row(D, D) * sizeof(double);
	struct ee_moments one, m;
	size_t i;

	must(ee_moments_init(&one, D, everything, &err));
	add_rows(&one, 0, N, N);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		must(ee_moments_init(&m, D, everything, &err));
		add_rows(&m, 0, N, steps[i]);
		ck_assert_mem_eq(m.mom2.first, one.mom2.first, size);
		ck_assert_mem_eq(m.sum.first, one.sum.first,
				 D * sizeof(double));
		ck_assert(*m.norm.first == *one.norm.first);
		ee_moments_free(&m);
	}
	ee_moments_free(&one);
}
END_TEST

START_TEST(moments_halves)
{
	struct ee_moments a, b;

	must(ee_moments_init(&a, D, everything, &err));
	must(ee_moments_init(&b, D, everything, &err));
	add_rows(&a, 0, 1300, 64);
	add_rows(&b, 1300, N, 64);
	must(ee_moments_merge(&a, &b, &err));
	ck_assert_int_eq(a.count, N);
	ck_assert_double_le(distance(&a), 1e-6);
	ee_moments_free(&a);
	ee_moments_free(&b);
}
END_TEST

START_TEST(packed_matrix)
{
	double full[25], packed[15], again[25];
	struct ee_tensor t;
	float half[25];
	size_t i, j;

	for (i = 0; i < 5; i++)
		for (j = 0; j < 5; j++)
			full[i * 5 + j] = (double)(i < j ? 10 * i + j :
							   10 * j + i);
	t = ee_tensor_2d(EE_F64, full, 5, 5);
	ee_pack_matrix(&t, 1, packed);
	ck_assert_double_eq(packed[ee_packed_row(5, 3)], full[3 * 5 + 3]);
	ck_assert_uint_eq(ee_packed_row(5, 5), 15);
	ee_unpack_matrix(5, packed, 1, EE_F64, again);
	ck_assert_mem_eq(full, again, sizeof(full));
	ee_unpack_matrix(5, packed, 2, EE_F32, half);
	for (i = 0; i < 25; i++)
		ck_assert_double_eq((double)half[i], full[i] / 2);
}
END_TEST

START_TEST(collect_words)
{
	unsigned c;
	char text[64];

	must(ee_collect_parse("norm_mean,mom2,mean", &c, &err));
	ck_assert_str_eq(ee_collect_text(c, '-', text), "mean-mom2-norm_mean");
	ck_assert_int_eq(ee_collect_parse("mom2,", &c, &err), EE_EINPUT);
	ck_assert_int_eq(ee_collect_parse("mom", &c, &err), EE_EINPUT);
	ck_assert_int_eq(ee_collect_parse("", &c, &err), EE_EINPUT);
}
END_TEST

START_TEST(names)
{
	static const struct {
		const char *file, *layer;
		int64_t sample;
	} good[] = {
		{ "transformer.h.1.mlp.c_proj_float32_mom2_100.npz",
		  "transformer.h.1.mlp.c_proj", 100 },
		{ "gpt_neox.layers.1.mlp.dense_4h_to_h_float32_mom2.npz",
		  "gpt_neox.layers.1.mlp.dense_4h_to_h", -1 },
		{ "l_float64_mean-mom2-norm_mean_7.npz", "l", 7 },
		{ "l_float32_mom2_t{batch_tokens}_100.npz", "l", 100 },
		{ "l_float16_mom2_t500_100.npz", "l", 100 },
	};
	static const char *const bad[] = {
		"l_float32_mom2_100.np", "l_float8_mom2_100.npz", "l.npz",
		"l_float32_mom3.npz", "l_float32_mom2_.npz", "",
		"l_float32_mom2_99999999999999999999.npz",
	};
	struct ee_statname n;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert(ee_statname_parse(&arena, good[i].file, &n));
		ck_assert_str_eq(n.layer, good[i].layer);
		ck_assert_int_eq(n.sample_size, good[i].sample);
		if (strstr(good[i].file, "_t") == NULL)
			ck_assert_str_eq(ee_statname_format(&arena, &n),
					 good[i].file);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert(!ee_statname_parse(&arena, bad[i], &n));
	ck_assert_str_eq(ee_statname_model_dir(&arena, "EleutherAI/gpt-j-6B"),
			 "EleutherAI_gpt-j-6B");
	ck_assert_str_eq(ee_statname_model_dir(&arena, "./models/gpt2/"),
			 "gpt2");
	ck_assert_str_eq(ee_statname_model_dir(&arena, "/data/m/gpt2"),
			 "gpt2");
	ck_assert_str_eq(ee_statname_model_dir(&arena, "gpt2/"), "gpt2");
}
END_TEST

/* Notices end here. */
static char noticed[1024];

static void
notice(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(noticed + strlen(noticed), sizeof(noticed) - strlen(noticed),
		 "%s\n", text);
}
static const struct ee_warn warn = { notice, NULL };

static enum ee_status
load(const char *file, const struct ee_stats_query *q)
{
	struct ee_stats s;
	enum ee_status status;
	char path[128];

	snprintf(path, sizeof(path), GOLDEN "broken/%s.npz", file);
	noticed[0] = '\0';
	status = ee_stats_load(&s, path, q, &warn, &err);
	if (status == EE_OK)
		ee_stats_close(&s);
	return status;
}

START_TEST(files_broken)
{
	static const struct {
		const char *file;
		enum ee_status status;
	} cases[] = {
		{ "bad-comment-fake-end", EE_EFORMAT },
		{ "bad-count-negative", EE_EFORMAT },
		{ "bad-count0", EE_EFORMAT }, { "bad-crc", EE_EFORMAT },
		{ "bad-dims-1d", EE_EFORMAT },
		{ "bad-dims-other", EE_EMATCH },
		{ "bad-dims-rect", EE_EFORMAT }, { "bad-empty", EE_ETRUNC },
		{ "bad-inf", EE_EMATH }, { "bad-missing-member", EE_EFORMAT },
		{ "bad-nan", EE_EMATH }, { "bad-nonsymmetric", EE_EMATH },
		{ "bad-notpsd", EE_EMATH }, { "bad-notzip", EE_ETRUNC },
		{ "bad-object", EE_EINPUT }, { "bad-string", EE_EINPUT },
		{ "bad-truncated", EE_ETRUNC },
		{ "bad-truncated-tail", EE_ETRUNC }, { "good64", EE_OK },
		{ "ok-bigendian-f4", EE_OK }, { "ok-bigendian-f8", EE_OK },
		{ "ok-comment-extra", EE_OK }, { "ok-deflated", EE_OK },
		{ "ok-float16", EE_OK }, { "ok-float64", EE_OK },
		{ "ok-fortran", EE_OK }, { "ok-int-count-float", EE_OK },
		{ "ok-npy-v2", EE_OK }, { "ok-npy-v3", EE_OK },
		{ "ok-streamed-descriptors", EE_OK }, { "ok-zip64", EE_OK },
	};
	const struct ee_stats_query q = { .width = 64, .sample_size = 100 };
	enum ee_status status;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		status = load(cases[i].file, &q);
		ck_assert_msg(status == cases[i].status, "%s: %d %s",
			      cases[i].file, status, err.text);
		ck_assert_msg(status != EE_OK || noticed[0] == '\0', "%s",
			      noticed);
	}
	must(load("bad-sample-size", &q));
	ck_assert_ptr_nonnull(strstr(noticed, "sample size 99, 100 wanted"));
}
END_TEST

static enum ee_status
find(const struct ee_stats_query *q, const char *want)
{
	struct ee_stats s;
	enum ee_status status;

	noticed[0] = '\0';
	status = ee_stats_open(&s, q, &warn, &err);
	if (status != EE_OK)
		return status;
	ck_assert_ptr_nonnull(s.path);
	ck_assert_ptr_nonnull(strstr(s.path, want));
	ee_stats_close(&s);
	return EE_OK;
}

START_TEST(files_found)
{
	static const char *const models[] = { "some-owner/tiny-gpt2" };
	struct ee_stats_query q = {
		.stats = GOLDEN "data", .models = models, .nmodels = 1,
		.dataset = "wikipedia", .layer = "transformer.h.1.mlp.c_proj",
		.precision = "float32", .sample_size = 100, .width = 144
	};
	const char *exact = "transformer.h.1.mlp.c_proj_float32_mom2_100.npz";

	must(find(&q, exact));
	ck_assert_str_eq(noticed, "");
	q.sample_size = 100000;
	must(find(&q, exact));
	ck_assert_ptr_nonnull(strstr(noticed, "sample size 100 (wanted "
				     "100000)"));
	q.sample_size = 100;
	q.dataset = "pile";
	must(find(&q, exact));
	ck_assert_ptr_nonnull(strstr(noticed, "another data set than pile"));
	q.dataset = "wikipedia";
	q.precision = "float64";
	must(find(&q, "float64_mean-mom2-norm_mean_100.npz"));
	ck_assert_str_eq(noticed, "");
	q.precision = NULL;
	q.stats = GOLDEN "data/tiny-gpt2/wikipedia_stats";
	must(find(&q, exact));
	q.stats = GOLDEN "broken/good.npz";
	must(find(&q, "good.npz"));
	q.layer = "transformer.h.9.mlp.c_proj";
	q.stats = GOLDEN "data";
	q.model_dir = "models/tiny";
	ck_assert_int_eq(find(&q, ""), EE_EIO);
	ck_assert_ptr_nonnull(strstr(err.text, "ee-tokenize -m models/tiny "
		"--sample 100 CORPUS | ee-forward -m models/tiny -t "
		"transformer.h.9.mlp.c_proj:in | ee-cov --tokens 10x | "
		"ee-npz save -d " GOLDEN "data"));
}
END_TEST

/* A header and records as ee-forward writes them. */
static struct ee_value
header(const char *fingerprint, int64_t skip)
{
	struct ee_value h = ee_map(), taps = ee_list(), model = ee_map();
	struct ee_value corpus = ee_map(), tap;
	int i;

	ee_put(&arena, &model, "name", ee_text("owner/tiny"));
	ee_put(&arena, &model, "fingerprint", ee_text(fingerprint));
	ee_put(&arena, &corpus, "name", ee_text("corpus.txt"));
	ee_put(&arena, &corpus, "skip", ee_int(skip));
	for (i = 0; i < 2; i++) {
		tap = ee_map();
		ee_put(&arena, &tap, "tap", ee_text(i ? "l.1:in" : "l.0:in"));
		ee_put(&arena, &tap, "width", ee_int(D / (i + 1)));
		ee_put(&arena, &tap, "fingerprint",
		       ee_text("0123456789abcdef"));
		ee_add(&arena, &taps, tap);
	}
	ee_put(&arena, &h, "model", model);
	ee_put(&arena, &h, "corpus", corpus);
	ee_put(&arena, &h, "taps", taps);
	return h;
}

enum { DOC = 50 };		/* rows of each document */

static struct ee_value
record(int tap, size_t from, size_t n)
{
	struct ee_value r = ee_map();
	int64_t *doc = ee_arena_alloc(&arena, n * 8, 8);
	int32_t *pos = ee_arena_alloc(&arena, n * 4, 4);
	size_t i;

	for (i = 0; i < n; i++) {
		doc[i] = (int64_t)((from + i) / DOC);
		pos[i] = (int32_t)((from + i) % DOC);
	}
	ee_put(&arena, &r, "tap", ee_text(tap ? "l.1:in" : "l.0:in"));
	ee_put(&arena, &r, "x", ee_tensor(ee_tensor_2d(EE_F32,
		x + from * D / (size_t)(tap + 1), n, D / (size_t)(tap + 1))));
	ee_put(&arena, &r, "doc", ee_tensor(ee_tensor_2d(EE_I64, doc, n, 0)));
	ee_put(&arena, &r, "pos", ee_tensor(ee_tensor_2d(EE_I32, pos, n, 0)));
	return r;
}

static void
open_collector(struct ee_collector *c, const struct ee_value *h)
{
	const struct ee_value extra = ee_header_extra(&arena, h, "ee-cov");

	must(ee_collector_open(c, h, &extra, everything, &err));
}

/* Batches of 'step' rows of both taps, from a row to the end. */
static void
collect(struct ee_collector *c, size_t from, size_t to, size_t step)
{
	struct ee_value r;
	size_t i, n;
	int tap;

	for (i = from; i < to; i += n) {
		n = to - i < step ? to - i : step;
		for (tap = 0; tap < 2; tap++) {
			r = record(tap, i, n);
			must(ee_collector_add(c, &r, &err));
		}
	}
}

static void
same_layers(const struct ee_collector *a, const struct ee_collector *b)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		const struct ee_layer *l = &a->taps[i].layer;
		const struct ee_layer *m = &b->taps[i].layer;
		const size_t d = l->sums.width;

		ck_assert_int_eq(l->sums.count, m->sums.count);
		ck_assert_int_eq(l->documents, m->documents);
		ck_assert_mem_eq(l->sums.mom2.first, m->sums.mom2.first,
				 ee_packed_row(d, d) * sizeof(double));
		ck_assert_mem_eq(l->sums.sum.first, m->sums.sum.first,
				 d * sizeof(double));
		ck_assert(*l->sums.norm.first == *m->sums.norm.first);
	}
}

START_TEST(resume_identity)
{
	static const size_t stops[] = { 0, 30, 100, 1024, 2000, 2970, N };
	char path[] = "/tmp/ee-test-XXXXXX";
	const struct ee_value h = header("aa", 0);
	struct ee_collector whole, first, second;
	size_t i, k;

	close(mkstemp(path));
	open_collector(&whole, &h);
	collect(&whole, 0, N, 300);
	must(ee_collector_finish(&whole, &err));
	ck_assert_int_eq(whole.taps[0].layer.documents, N / DOC);
	for (i = 0; i < 2 * sizeof(stops) / sizeof(stops[0]); i++) {
		open_collector(&first, &h);
		collect(&first, 0, stops[i / 2], 100);
		must(ee_collector_save(&first, path, "it", &err));
		/* from the start, or behind what is whole */
		k = i % 2 ? (size_t)first.documents : 0;
		{
			const struct ee_value later = header("aa", (int64_t)k);

			open_collector(&second, &later);
		}
		must(ee_collector_resume(&second, path, &err));
		collect(&second, k * DOC, N, 450);
		must(ee_collector_finish(&second, &err));
		same_layers(&whole, &second);
		ee_collector_close(&first);
		ee_collector_close(&second);
	}
	ee_collector_close(&whole);
	unlink(path);
}
END_TEST

static void
resume_fails(const char *path, const struct ee_value *h, unsigned what,
	     enum ee_status want)
{
	const struct ee_value extra = ee_header_extra(&arena, h, "ee-cov");
	struct ee_collector c;

	must(ee_collector_open(&c, h, &extra, what, &err));
	ck_assert_int_eq(ee_collector_resume(&c, path, &err), want);
	ee_collector_close(&c);
}

START_TEST(resume_refused)
{
	char path[] = "/tmp/ee-test-XXXXXX";
	const struct ee_value h = header("aa", 0), other = header("bb", 0);
	const struct ee_value skipped = header("aa", 3);
	struct ee_collector c;

	close(mkstemp(path));
	open_collector(&c, &h);
	collect(&c, 0, 500, 100);
	must(ee_collector_save(&c, path, "it", &err));
	ee_collector_close(&c);
	resume_fails(path, &other, everything, EE_EMATCH);
	resume_fails(path, &h, EE_COLLECT_MOM2, EE_EMATCH);
	resume_fails(path, &skipped, everything, EE_EINPUT);
	ck_assert_int_eq(truncate(path, 3000), 0);
	resume_fails(path, &h, everything, EE_ETRUNC);
	unlink(path);
	resume_fails(path, &h, everything, EE_EIO);
}
END_TEST

START_TEST(collector_limits)
{
	const struct ee_value h = header("aa", 0);
	struct ee_collector c;
	struct ee_value r;
	float kept;

	open_collector(&c, &h);
	ck_assert_uint_eq(ee_collector_widest(&c), D);
	ee_collector_limit(&c, 130);
	collect(&c, 0, 200, 100);
	ck_assert(ee_collector_is_full(&c));
	must(ee_collector_finish(&c, &err));
	ck_assert_int_eq(c.taps[0].layer.sums.count, 130);
	ck_assert_int_eq(c.taps[1].layer.sums.count, 130);
	ck_assert_int_eq(c.taps[0].layer.documents, 3);
	ee_collector_close(&c);

	open_collector(&c, &h);
	ck_assert_int_eq(ee_collector_finish(&c, &err), EE_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "empty"));
	r = record(0, 0, 10);
	must(ee_collector_add(&c, &r, &err));
	ck_assert_int_eq(ee_collector_finish(&c, &err), EE_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "l.1:in"));
	kept = x[57 * D + 3];
	x[57 * D + 3] = NAN;
	r = record(0, 10, 100);
	ck_assert_int_eq(ee_collector_add(&c, &r, &err), EE_EMATH);
	ck_assert_ptr_nonnull(strstr(err.text, "l.0:in: document 1, position "
				     "7, unit 3"));
	x[57 * D + 3] = kept;
	r.u.map[0].value = ee_text("l.2:in");
	ck_assert_int_eq(ee_collector_add(&c, &r, &err), EE_EFORMAT);
	ee_collector_close(&c);
}
END_TEST

/* A layer of the rows from..to, by way of a record. */
static void
layer_of(struct ee_layer *l, size_t from, size_t to, const char *shard)
{
	struct ee_value r, origin = header("aa", 0), corpus = ee_map();
	struct ee_collector c;

	open_collector(&c, &origin);
	collect(&c, from, to, 100);
	must(ee_collector_finish(&c, &err));
	must(ee_layer_record(&arena, &c.taps[0].layer, &r, &err));
	ee_put(&arena, &corpus, "shard", ee_text(shard));
	r.u.map[r.n - 1].value = corpus;
	ck_assert_str_eq(r.u.map[r.n - 1].key, "corpus");
	must(ee_layer_from_record(l, &r, &origin, &err));
	ee_collector_close(&c);
}

START_TEST(layers_merge)
{
	struct ee_layer a, b, again, other;

	layer_of(&a, 0, 1300, "1/2");
	layer_of(&b, 1300, N, "2/2");
	layer_of(&again, 1300, N, "2/2");
	layer_of(&other, 100, 200, "1/3");
	must(ee_layer_merge(&a, &b, false, &err));
	ck_assert_double_le(distance(&a.sums), 1e-6);
	ck_assert_int_eq(a.documents, N / DOC);
	ck_assert_uint_eq(a.corpus.n, 2);
	ck_assert_int_eq(ee_layer_merge(&a, &again, false, &err), EE_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "2/2"));
	again.corpus.n = 0;		/* the numbers still tell */
	ck_assert_int_eq(ee_layer_merge(&a, &again, false, &err), EE_EINPUT);
	other.model_fingerprint = "bb";
	ck_assert_int_eq(ee_layer_merge(&a, &other, false, &err), EE_EMATCH);
	other.model_fingerprint = "aa";
	other.fingerprint = "fedcba9876543210";
	ck_assert_int_eq(ee_layer_merge(&a, &other, false, &err), EE_EMATCH);
	ee_layer_free(&a);
	ee_layer_free(&b);
	ee_layer_free(&again);
	ee_layer_free(&other);
}
END_TEST

/* Saved where it is looked for, found, loaded, and the fingerprint minded. */
START_TEST(layer_saved)
{
	static const char *const models[] = { "/models/owner_tiny" };
	char dir[] = "/tmp/ee-test-XXXXXX", command[128];
	struct ee_save_options opt = { .sample_size = 60 };
	struct ee_stats_query q = {
		.stats = dir, .models = models, .nmodels = 1,
		.dataset = "corpus", .layer = "l.0", .precision = "float32",
		.sample_size = 60, .width = D,
		.fingerprint = "0123456789abcdef"
	};
	struct ee_layer l, back;
	struct ee_expected any = { .sample_size = -1 };
	struct ee_report report;
	struct ee_stats s;
	const char *path;

	ck_assert_ptr_nonnull(opt.dir = mkdtemp(dir));
	layer_of(&l, 0, N, "1/1");
	l.sums.collect = EE_COLLECT_MOM2;
	opt.dataset = "corpus";
	must(ee_layer_save(&arena, &l, &opt, &path, &err));
	ck_assert_ptr_nonnull(strstr(path, "/owner_tiny/corpus_stats/"
				     "l.0_float32_mom2_60.npz"));
	noticed[0] = '\0';
	must(ee_stats_open(&s, &q, &warn, &err));
	ck_assert_str_eq(noticed, "");
	ck_assert_int_eq(s.count, N);
	ck_assert_str_eq(s.model, "owner/tiny");
	ee_stats_close(&s);
	q.fingerprint = "fedcba9876543210";
	ck_assert_int_eq(ee_stats_open(&s, &q, &warn, &err), EE_EMATCH);
	ck_assert_ptr_nonnull(strstr(err.text, "0123456789abcdef"));
	ck_assert_ptr_nonnull(strstr(err.text, "fedcba9876543210"));
	q.force = true;
	must(ee_stats_open(&s, &q, &warn, &err));
	ee_stats_close(&s);
	must(ee_layer_from_npz(&back, path, &err));
	ck_assert_double_le(distance(&back.sums), 1e-6);
	ck_assert_int_eq(back.documents, N / DOC);
	ee_layer_free(&back);
	must(ee_stats_verify(path, &any, &report, &err));
	ck_assert_int_eq(report.worst, EE_PASS);
	ee_report_free(&report);
	ee_layer_free(&l);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

/* Files of the reference, through a record, and the same numbers again. */
static void
round_trip(const char *path)
{
	struct ee_layer l, m;
	struct ee_value r, arrays, want;
	struct ee_npz npz;
	size_t i, k, n;

	must(ee_layer_from_npz(&l, path, &err));
	must(ee_layer_record(&arena, &l, &r, &err));
	must(ee_layer_from_record(&m, &r, NULL, &err));
	must(ee_layer_arrays(&arena, &m, EE_F32, false, -1, &arrays, &err));
	must(ee_npz_open(&npz, path, &err));
	for (i = 0; i < npz.n; i++) {
		const struct ee_value *v = ee_get(&arrays, npz.names[i]);

		ck_assert_msg(v != NULL, "%s", npz.names[i]);
		must(ee_npz_get(&npz, npz.names[i], &arena, &want, &err));
		if (v->type != EE_TENSOR)
			continue;
		ck_assert(ee_tensor_count(&v->u.tensor, &n));
		for (k = 0; k < n; k++)
			ck_assert_double_eq_tol(ee_tensor_at(&v->u.tensor, k),
				ee_tensor_at(&want.u.tensor, k), 1e-6 *
				fabs(ee_tensor_at(&want.u.tensor, k)));
	}
	ee_npz_close(&npz);
	ee_layer_free(&l);
	ee_layer_free(&m);
}

START_TEST(golden_round)
{
	round_trip(GOLDEN "data/tiny-gpt2/wikipedia_stats/"
		   "transformer.h.1.mlp.c_proj_float64_mean-mom2-norm_mean_"
		   "100.npz");
	round_trip(GOLDEN "data/tiny-llama/wikipedia_stats/"
		   "model.layers.1.mlp.down_proj_float32_mom2_100.npz");
}
END_TEST

/* Every file of the folder: all broken ones are refused by every reader, at
 * the check that is meant for the damage; all others pass. */
START_TEST(files_verified)
{
	static const struct {
		const char *file, *check;
	} bad[] = {
		{ "bad-comment-fake-end", "archive" },
		{ "bad-count-negative", "count" }, { "bad-count0", "count" },
		{ "bad-crc", "archive" }, { "bad-dims-1d", "arrays" },
		{ "bad-dims-rect", "arrays" }, { "bad-empty", "archive" },
		{ "bad-inf", "finite" }, { "bad-missing-member", "arrays" },
		{ "bad-nan", "finite" }, { "bad-nonsymmetric", "symmetric" },
		{ "bad-notpsd", "psd" }, { "bad-notzip", "archive" },
		{ "bad-object", "arrays" }, { "bad-sample-size", "name" },
		{ "bad-string", "arrays" }, { "bad-truncated", "archive" },
		{ "bad-truncated-tail", "archive" },
	};
	struct ee_expected want = { .sample_size = 100 };
	struct ee_report r;
	struct ee_layer l;
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(path, sizeof(path), GOLDEN "broken/%s.npz",
			 bad[i].file);
		must(ee_stats_verify(path, &want, &r, &err));
		ck_assert_int_eq(r.worst, EE_FAIL);
		while (r.n > 1 && r.list[r.n - 1].grade != EE_FAIL)
			r.n--;
		ck_assert_msg(strcmp(r.list[r.n - 1].check, bad[i].check) == 0,
			      "%s: %s", path, r.list[r.n - 1].check);
		ee_report_free(&r);
		if (strcmp(bad[i].check, "name") == 0)
			continue;
		ck_assert_int_ne(ee_layer_from_npz(&l, path, &err), EE_OK);
		ck_assert_msg(strstr(err.text, bad[i].file) != NULL, "%s",
			      err.text);
	}
}
END_TEST

/* The estimates of wide matrices, against all eigenvalues. */
START_TEST(spectrum_estimates)
{
	const enum ee_spectrum_how hows[] = { EE_SPECTRUM_F64,
					      EE_SPECTRUM_F32 };
	enum { W = 400 };
	struct ee_spectrum exact, s;
	struct ee_tensor t;
	float *a = ee_floats(W * W, &err);
	size_t i, j, k;

	for (i = 0; i < W * W; i++)
		a[i] = 0;
	for (k = 0; k < 1000; k++) {	/* rows as of a skewed layer */
		const float *v = x + k * 200;

		for (i = 0; i < W; i++)
			for (j = 0; j < W; j++)
				a[i * W + j] += v[i] * v[j] /
					(float)((1 + i / 8) * (1 + j / 8));
	}
	t = ee_tensor_2d(EE_F32, a, W, W);
	must(ee_spectrum(&t, 1000, 1e-6, EE_SPECTRUM_WHOLE, &exact, &err));
	ck_assert(exact.sound && exact.smallest > exact.floor);
	for (k = 0; k < 2; k++) {
		must(ee_spectrum(&t, 1000, 1e-6, hows[k], &s, &err));
		ck_assert(s.sound);
		ck_assert_double_eq_tol(s.largest, exact.largest,
					1e-4 * exact.largest);
		ck_assert_double_eq_tol(s.smallest, exact.smallest,
			0.05 * (exact.smallest + s.tolerance));
		ck_assert_double_eq_tol(s.rank, exact.rank,
					2 * s.rank_error);
		ck_assert_double_le(s.rank_error, 0.4 * exact.rank);
		ck_assert_double_eq_tol(s.spread, exact.spread,
					1e-6 * exact.spread);
	}
	/* one direction taken out, and more than that */
	for (i = 0; i < W; i++)
		a[i * W + i] -= (float)(exact.smallest * 1000 +
					3e-4 * exact.largest * 1000);
	for (k = 0; k < 3; k++) {
		must(ee_spectrum(&t, 1000, 1e-6, k == 2 ? EE_SPECTRUM_WHOLE :
				 hows[k], &s, &err));
		ck_assert(!s.sound);
		ck_assert_double_le(s.smallest, -s.tolerance);
	}
	free(a);
}
END_TEST

Suite *suite_stats(void);

Suite *
suite_stats(void)
{
	Suite *s = suite_create("stats");
	TCase *sums = tcase_create("moments");
	TCase *files = tcase_create("files");
	TCase *streams = tcase_create("collector");

	tcase_add_checked_fixture(sums, set_up, tear_down);
	tcase_add_checked_fixture(files, set_up, tear_down);
	tcase_add_checked_fixture(streams, set_up, tear_down);
	tcase_set_timeout(sums, 60);
	tcase_set_timeout(streams, 60);
	tcase_set_timeout(files, 60);
	tcase_add_test(sums, moments_plain);
	tcase_add_test(sums, moments_cuts);
	tcase_add_test(sums, moments_halves);
	tcase_add_test(sums, packed_matrix);
	tcase_add_test(sums, collect_words);
	tcase_add_test(files, names);
	tcase_add_test(files, files_broken);
	tcase_add_test(files, files_found);
	tcase_add_test(files, files_verified);
	tcase_add_test(files, spectrum_estimates);
	tcase_add_test(files, layer_saved);
	tcase_add_test(files, golden_round);
	tcase_add_test(streams, resume_identity);
	tcase_add_test(streams, resume_refused);
	tcase_add_test(streams, collector_limits);
	tcase_add_test(streams, layers_merge);
	suite_add_tcase(s, sums);
	suite_add_tcase(s, files);
	suite_add_tcase(s, streams);
	return s;
}
