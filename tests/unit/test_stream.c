/*
 * test_stream.c - streams written, read, cut and damaged.
 *
 * Streams live in memfds; foreign ones are made byte by byte.
 */
#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "base/base.h"
#include "base/crc.h"
#include "base/value.h"
#include "stream/stream.h"
#include "stream/summary.h"
#include "stream/wire.h"

static struct ee_err err;

static int
file_of(const void *p, size_t n)
{
	const int fd = memfd_create("stream", 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Read to the end; the status that ended it.  *count of records. */
static enum ee_status
read_all(int fd, const char *kind, uint64_t *count)
{
	const struct ee_value *record;
	struct ee_reader *r;
	enum ee_status status = ee_reader_open(&r, fd, "it", kind, &err);

	*count = 0;
	while (status == EE_OK) {
		status = ee_reader_next(r, &record, &err);
		*count = ee_reader_count(r);
	}
	ee_reader_close(r);
	return status;
}

static enum ee_status
read_bytes(const void *p, size_t n)
{
	uint64_t count;
	const int fd = file_of(p, n);
	const enum ee_status status = read_all(fd, NULL, &count);

	close(fd);
	return status;
}

/* {"n": i, "x": f4 (rows, 8), "text": ..., "deep": [[...]]} */
static struct ee_value
sample(struct ee_arena *arena, int i, size_t rows)
{
	struct ee_value map = ee_map(), list = ee_list(), inner = ee_list();
	float *x = ee_arena_alloc(arena, rows * 32 + 1, 64);
	size_t k;

	for (k = 0; k < rows * 8; k++)
		x[k] = (float)k + (float)i;
	ee_add(arena, &inner, ee_real(1.5));
	ee_add(arena, &inner, ee_null());
	ee_add(arena, &list, inner);
	ee_add(arena, &list, ee_logic(true));
	ee_put(arena, &map, "n", ee_int(-i));
	ee_put(arena, &map, "x", ee_tensor(ee_tensor_2d(EE_F32, x, rows, 8)));
	ee_put(arena, &map, "text", ee_text("zwölf"));
	ee_put(arena, &map, "deep", list);
	return map;
}

static void
write_stream(int fd, const char *kind, const char *model, int records,
	     size_t rows, size_t split)
{
	struct ee_arena arena = {0};
	struct ee_value extra = ee_map(), m = ee_map();
	struct ee_writer *w;
	int i;

	if (model != NULL) {
		ee_put(&arena, &m, "fingerprint", ee_text(model));
		ee_put(&arena, &extra, "model", m);
	}
	ck_assert_int_eq(ee_writer_open(&w, fd, "it", kind, "test 1", &extra,
					&err), EE_OK);
	if (split > 0)
		ee_writer_split_at(w, split);
	for (i = 0; i < records; i++) {
		const struct ee_value v = sample(&arena, i, rows);

		ck_assert_int_eq(ee_writer_put(w, &v, &err), EE_OK);
	}
	ck_assert_int_eq(ee_writer_end(w, &err), EE_OK);
	ee_writer_close(w);
	ee_arena_free(&arena);
}

static void
check_sample(const struct ee_value *v, int i, size_t rows)
{
	struct ee_tensor x;
	const char *text;
	int64_t n;
	size_t k;

	ck_assert_int_eq(ee_get_int(v, "n", -999, 0, &n, "", &err), EE_OK);
	ck_assert_int_eq(n, -i);
	ck_assert_int_eq(ee_get_text(v, "text", &text, "", &err), EE_OK);
	ck_assert_str_eq(text, "zwölf");
	ck_assert_int_eq(ee_get_tensor(v, "x", EE_F32, 2, &x, "", &err),
			 EE_OK);
	ck_assert_uint_eq(x.shape[0], rows);
	ck_assert_uint_eq((uintptr_t)x.data % 64, 0);
	for (k = 0; k < rows * 8; k++)
		ck_assert(((const float *)x.data)[k] == (float)k + (float)i);
	v = ee_get(v, "deep");
	ck_assert(v->type == EE_LIST && v->n == 2);
	ck_assert(v->u.list[0].u.list[0].u.real == 1.5);
	ck_assert(v->u.list[0].u.list[1].type == EE_NULL);
	ck_assert(v->u.list[1].u.logic);
}

/* rows, split: small, larger than every buffer, in parts of whole rows */
static const size_t sizes[][2] = {
	{ 0, 0 }, { 3, 0 }, { 1000, 0 }, { 40000, 0 }, { 1000, 1000 },
	{ 7, 1 }, { 7, 64 },
};

START_TEST(what_is_written_is_read)
{
	const size_t rows = sizes[_i][0];
	const int fd = memfd_create("stream", 0);
	const struct ee_value *v;
	struct ee_reader *r;
	int i;

	write_stream(fd, "x", NULL, 5, rows, sizes[_i][1]);
	lseek(fd, 0, SEEK_SET);
	ck_assert_int_eq(ee_reader_open(&r, fd, "it", "x", &err), EE_OK);
	ck_assert_str_eq(ee_get(ee_reader_header(r), "by")->u.text, "test 1");
	for (i = 0; i < 5; i++) {
		ck_assert_int_eq(ee_reader_next(r, &v, &err), EE_OK);
		check_sample(v, i, rows);
	}
	ck_assert_int_eq(ee_reader_next(r, &v, &err), EE_END);
	ck_assert_int_eq(ee_reader_next(r, &v, &err), EE_END);
	ck_assert_uint_eq(ee_reader_count(r), 5);
	ck_assert_uint_eq(ee_reader_bytes(r),
			  (uint64_t)lseek(fd, 0, SEEK_END));
	ee_reader_close(r);
	close(fd);
}
END_TEST

START_TEST(every_cut_is_an_error)
{
	const int fd = memfd_create("stream", 0);
	size_t size, n;
	char *p;

	write_stream(fd, "x", "m", 3, 2, 0);
	size = (size_t)lseek(fd, 0, SEEK_END);
	p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	for (n = 0; n < size; n++)
		ck_assert_msg(read_bytes(p, n) == EE_ETRUNC, "%zu of %zu: %s",
			      n, size, err.text);
	ck_assert_int_eq(read_bytes(p, size), EE_END);
	munmap(p, size);
	close(fd);
}
END_TEST

START_TEST(every_flipped_byte_is_an_error)
{
	const int fd = memfd_create("stream", 0);
	size_t size, i;
	char *p;

	write_stream(fd, "x", "m", 2, 2, 0);
	size = (size_t)lseek(fd, 0, SEEK_END);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (i = 0; i < size; i++) {
		const char *end = memmem(p, size, "\xa5""crc32", 6);
		enum ee_status status;

		/* without its name, the sum is not there to be checked */
		if (p + i >= end && p + i < end + 6)
			continue;
		p[i] ^= 0x41;
		status = read_bytes(p, size);
		ck_assert_msg(status == EE_ETRUNC || status == EE_EFORMAT,
			      "byte %zu of %zu: %d", i, size, (int)status);
		p[i] ^= 0x41;
	}
	munmap(p, size);
	close(fd);
}
END_TEST

START_TEST(streams_concatenate)
{
	uint64_t count;
	int fd = memfd_create("stream", 0);

	write_stream(fd, "x", "m", 2, 2, 0);
	write_stream(fd, "x", NULL, 0, 2, 0);
	write_stream(fd, "x", "m", 3, 2, 0);
	lseek(fd, 0, SEEK_SET);
	ck_assert_int_eq(read_all(fd, "x", &count), EE_END);
	ck_assert_uint_eq(count, 5);
	write_stream(fd, "x", "other", 1, 2, 0);
	lseek(fd, 0, SEEK_SET);
	ck_assert_int_eq(read_all(fd, "x", &count), EE_EMATCH);
	close(fd);
	fd = memfd_create("stream", 0);
	write_stream(fd, "x", "m", 2, 2, 0);
	write_stream(fd, "y", "m", 2, 2, 0);
	lseek(fd, 0, SEEK_SET);
	ck_assert_int_eq(read_all(fd, NULL, &count), EE_EMATCH);
	lseek(fd, 0, SEEK_SET);
	ck_assert_int_eq(read_all(fd, "y", &count), EE_EFORMAT);
	close(fd);
}
END_TEST

#define HEADER "\x83\xa2""ee\x01\xa4""kind\xa1""x\xa2""by\xa1""t"
#define B(data) data, sizeof(data) - 1
#define T(data) { B(data) }
#define NP "\x81\xa1""x\x84\xc4\x02nd\xc3\xc4\x04type"	/* 4 members */

/* After HEADER: each must be refused, without a large allocation. */
static const struct {
	const char *p;
	size_t n;
} bad_records[] = {
	T("\x05"),				/* no map */
	T("\x81\xa1x\xdd\xff\xff\xff\xff"),	/* 4 G values */
	T("\x81\xa1x\xdf\x7f\xff\xff\xff"),
	T("\xdf\x00\x80\x00\x00"),
	T("\x81\xa1x\xc6\xff\xff\xff\xff"),	/* 4 GiB announced */
	T("\x81\xa1x\xdb\xff\xff\xff\xff"),
	T("\x81\xa1x\xc1"),			/* never used */
	T("\x81\xa1x\xd4\x01\x01"),		/* ext */
	T("\x81\xa1x\xc7\x01\x01\x01"),
	T("\x81\x01\x01"),			/* key 1 */
	T("\x81\xc4\x01x\x01"),			/* binary key */
	T("\x81\xa3""a\0b\x01"),		/* NUL in a key */
	T("\x81\xa1x\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
	T("\x81\xa1x\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
	  "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x01"),
	T(NP "\xa3<f4\xc4\x05shape\x91\x01\xc4\x04""data\xc4\x03zzz"),
	T(NP "\xa3<f4\xc4\x05shape\x91\xff\xc4\x04""data\xc4\x04zzzz"),
	T(NP "\xa3<f4\xc4\x05shape\xa1x\xc4\x04""data\xc4\x04zzzz"),
	T(NP "\xa3<c8\xc4\x05shape\x91\x01\xc4\x04""data\xc4\x08zzzzzzzz"),
	T(NP "\xa2|O\xc4\x05shape\x91\x01\xc4\x04""data\xc4\x04zzzz"),
	T(NP "\x01\xc4\x05shape\x91\x01\xc4\x04""data\xc4\x04zzzz"),
	T(NP "\xa3<f4\xc4\x05shape\x91\x01\xc4\x04""data\x01"),
	T(NP "\xa3<f4\xc4\x05shape\x99\1\1\1\1\1\1\1\1\1\xc4\x04""data\xc4"
	  "\x04zzzz"),
	T(NP "\xa3<f4\xc4\x05shape\x92\xcf\x40\0\0\0\0\0\0\0\x08\xc4\x04"
	  "data\xc4\0"),
	T("\x81\xa1x\x82\xc4\x07""complex\xc3\xc4\x04""data\xa4(1j)"),
	T("\x81\xa1x\x82\xa5split\xc3\xa5parts\x90"),
	T("\x81\xa1x\x82\xa5split\xc3\xa5parts\x91\x01"),
	T("\x81\xa3""end\x01"),			/* end that is no map */
	T("\x81\xa3""end\x81\xa7records\x05"),	/* wrong count */
	T("\x81\xa3""end\x81\xa7records\xa1x"),
	T("\x81\xa3""end\x82\xa7records\x00\xa5""crc32\x01"),
	T("\x81\xa3""end\x81\xa7records\x00\n"),	/* garbage behind */
	T("\x81\xa3""end\x81\xa7records\x00\x80"),
};

START_TEST(bad_records_are_refused)
{
	char bytes[256];
	const size_t head = sizeof(HEADER) - 1;
	enum ee_status status;

	memcpy(bytes, HEADER, head);
	memcpy(bytes + head, bad_records[_i].p, bad_records[_i].n);
	status = read_bytes(bytes, head + bad_records[_i].n);
	ck_assert_msg(status == EE_EFORMAT || status == EE_ETRUNC, "%d: %s",
		      (int)status, err.text);
	ck_assert_ptr_nonnull(strstr(err.text, "it: "));
}
END_TEST

static const struct {
	const char *p;
	size_t n;
	enum ee_status want;
	const char *text;
} bad_headers[] = {
	{ B(""), EE_ETRUNC, "is empty" },
	{ B("PK\3\4"), EE_EFORMAT, "npz" },
	{ B("{\"a\": 1}"), EE_EFORMAT, "JSON" },
	{ B("hello"), EE_EFORMAT, "no ee stream" },
	{ B("\x80"), EE_EFORMAT, "no ee stream" },
	{ B("\x81\xa2""ee\x00"), EE_EFORMAT, "no ee stream" },
	{ B("\x81\xa2""ee\x01"), EE_EFORMAT, "'kind' is missing" },
	{ B("\x82\xa2""ee\x02\xa4kind\xa1x"), EE_EFORMAT, "version 2" },
	{ B("\x82\xa2""ee\x01\xa4k"), EE_ETRUNC, "header" },
};

START_TEST(bad_headers_are_refused)
{
	ck_assert_int_eq(read_bytes(bad_headers[_i].p, bad_headers[_i].n),
			 bad_headers[_i].want);
	ck_assert_msg(strstr(err.text, bad_headers[_i].text) != NULL, "%s",
		      err.text);
}
END_TEST

/* One record with the member "x", as 'type' and 'data' say. */
static struct ee_reader *
open_with(const char *body, size_t n, int *fd, const struct ee_value **x)
{
	const struct ee_value *record;
	char bytes[256] = HEADER;
	const size_t head = sizeof(HEADER) - 1;
	struct ee_reader *r;

	memcpy(bytes + head, body, n);
	*fd = file_of(bytes, head + n);
	ck_assert_int_eq(ee_reader_open(&r, *fd, "it", "x", &err), EE_OK);
	ck_assert_msg(ee_reader_next(r, &record, &err) == EE_OK, "%s",
		      err.text);
	*x = ee_get(record, "x");
	ck_assert_ptr_nonnull(*x);
	return r;
}

static const struct {
	const char *p;
	size_t n;
	enum ee_type type;
	enum ee_dtype dtype;	/* of a tensor */
	double want;		/* its first element, or the value */
} foreign[] = {
	/* big-endian */
	{ B(NP "\xa3>i4\xc4\x05shape\x91\x01\xc4\x04""data\xc4\x04\0\0\1\2"),
	  EE_TENSOR, EE_I32, 258 },
	{ B(NP "\xa3>f2\xc4\x05shape\x90\xc4\x04""data\xc4\x02\x3c\0"),
	  EE_TENSOR, EE_F16, 1 },
	/* bf16, by both names */
	{ B(NP "\xa3|V2\xc4\x05shape\x91\x01\xc4\x04""data\xc4\x02\x80\x3f"),
	  EE_TENSOR, EE_BF16, 1 },
	{ B(NP "\x91\x92\xa0\xa3|V2\xc4\x05shape\x91\x01\xc4\x04""data\xc4"
	  "\x02\x80\x3f"),
	  EE_TENSOR, EE_BF16, 1 },
	/* string keys, string data */
	{ B("\x81\xa1x\x84\xa2nd\xc3\xa4type\xa3|u1\xa5shape\x91\x01\xa4""data"
	  "\xa1""A"),
	  EE_TENSOR, EE_U8, 65 },
	/* numpy scalars */
	{ B("\x81\xa1x\x83\xc4\x02nd\xc2\xc4\x04type\xa3<f4\xc4\x04""data\xc4"
	  "\x04\0\0\x80\x3f"),
	  EE_REAL, 0, 1 },
	{ B("\x81\xa1x\x83\xc4\x02nd\xc2\xc4\x04type\xa3<i8\xc4\x04""data\xc4"
	  "\x08\xff\xff\xff\xff\xff\xff\xff\xff"),
	  EE_INT, 0, -1 },
	{ B("\x81\xa1x\x83\xc4\x02nd\xc2\xc4\x04type\xa3|b1\xc4\x04""data\xc4"
	  "\x01\1"),
	  EE_LOGIC, 0, 1 },
	/* float 32, and a byte string */
	{ B("\x81\xa1x\xca\x3f\x80\0\0"),
	  EE_REAL, 0, 1 },
	{ B("\x81\xa1x\xc4\x01z"),
	  EE_TEXT, 0, 1 },
};

START_TEST(foreign_values_are_understood)
{
	const struct ee_value *x;
	double got = 0;
	int fd;
	struct ee_reader *r = open_with(foreign[_i].p, foreign[_i].n, &fd,
					&x);

	ck_assert_int_eq((int)x->type, (int)foreign[_i].type);
	switch (x->type) {
	case EE_TENSOR:
		ck_assert_int_eq((int)x->u.tensor.dtype,
				 (int)foreign[_i].dtype);
		got = ee_tensor_at(&x->u.tensor, 0);
		break;
	case EE_REAL: got = x->u.real; break;
	case EE_INT: got = (double)x->u.integer; break;
	case EE_LOGIC: got = x->u.logic; break;
	default: got = (double)x->n;
	}
	ck_assert(got == foreign[_i].want);
	ee_reader_close(r);
	close(fd);
}
END_TEST

/* A pipe gives what is there, in pieces that match nothing. */
START_TEST(pipes_give_pieces)
{
	const int file = memfd_create("stream", 0);
	uint64_t count;
	ssize_t n;
	char piece[777];
	int fd[2];
	pid_t pid;

	write_stream(file, "x", "m", 4, 30, 0);
	lseek(file, 0, SEEK_SET);
	ck_assert_int_eq(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		while ((n = read(file, piece, sizeof(piece))) > 0) {
			if (write(fd[1], piece, (size_t)n) != n)
				_exit(1);
			usleep(100);
		}
		_exit(0);
	}
	close(fd[1]);
	ck_assert_int_eq(read_all(fd[0], "x", &count), EE_END);
	ck_assert_uint_eq(count, 4);
	close(fd[0]);
	waitpid(pid, NULL, 0);
	close(file);
}
END_TEST

START_TEST(writer_failures_stay)
{
	struct ee_arena arena = {0};
	struct ee_value v = sample(&arena, 1, 40000), deep = ee_list();
	struct ee_value not_map = ee_int(3);
	struct ee_writer *w;
	int fd[2], i;

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(fd), 0);
	ck_assert_int_eq(ee_writer_open(&w, fd[1], "it", "x", "t", NULL,
					&err), EE_OK);
	ck_assert_int_eq(ee_writer_put(w, &not_map, &err), EE_EINPUT);
	close(fd[0]);
	ck_assert_int_eq(ee_writer_put(w, &v, &err), EE_EPIPE);
	ck_assert_int_eq(ee_writer_put(w, &v, &err), EE_EPIPE);
	ck_assert_int_eq(ee_writer_end(w, &err), EE_EPIPE);
	ee_writer_close(w);
	ck_assert_int_eq(ee_writer_open(&w, fd[1], "it", "x", "t", NULL,
					&err), EE_EPIPE);
	ck_assert_ptr_null(w);
	close(fd[1]);

	for (i = 0; i < 40; i++) {
		struct ee_value outer = ee_list();

		ee_add(&arena, &outer, deep);
		deep = outer;
	}
	v = ee_map();
	ee_put(&arena, &v, "deep", deep);
	fd[0] = memfd_create("stream", 0);
	ck_assert_int_eq(ee_writer_open(&w, fd[0], "it", "x", "t", NULL,
					&err), EE_OK);
	ck_assert_int_eq(ee_writer_put(w, &v, &err), EE_EINPUT);
	ee_writer_close(w);
	close(fd[0]);
	ee_arena_free(&arena);
}
END_TEST

START_TEST(history_grows)
{
	struct ee_arena arena = {0};
	struct ee_value in = ee_map(), model = ee_map(), out;
	const struct ee_value *h;

	ee_put(&arena, &model, "name", ee_text("gpt2"));
	ee_put(&arena, &in, "model", model);
	ee_put(&arena, &in, "other", ee_int(1));
	out = ee_header_extra(&arena, NULL, "first");
	ck_assert_uint_eq(out.n, 1);
	ee_put(&arena, &in, "history", *ee_get(&out, "history"));
	out = ee_header_extra(&arena, &in, "second");
	h = ee_get(&out, "history");
	ck_assert_uint_eq(h->n, 2);
	ck_assert_str_eq(h->u.list[0].u.text, "first");
	ck_assert_str_eq(h->u.list[1].u.text, "second");
	ck_assert_ptr_nonnull(ee_get(ee_get(&out, "model"), "name"));
	ck_assert_ptr_null(ee_get(&out, "other"));
	ee_arena_free(&arena);
}
END_TEST

START_TEST(summaries_count)
{
	static const float x[2][3] = { { 1, -3, NAN }, { INFINITY, 4, 2 } };
	static const unsigned char yes[2] = { 0, 1 };
	struct ee_arena arena = {0};
	struct ee_value map = ee_map(), list = ee_list(), s;
	const struct ee_value *t;

	ee_put(&arena, &map, "x", ee_tensor(ee_tensor_2d(EE_F32, x, 2, 3)));
	ee_add(&arena, &list, ee_tensor(ee_tensor_2d(EE_BOOL, yes, 2, 0)));
	ee_put(&arena, &map, "l", list);
	ee_put(&arena, &map, "t", ee_text("kept"));
	s = ee_summary(&arena, &map, 2);
	t = ee_get(&s, "x");
	ck_assert_str_eq(ee_get(t, "dtype")->u.text, "float32");
	ck_assert_int_eq(ee_get(t, "shape")->u.list[1].u.integer, 3);
	ck_assert(ee_get(t, "min")->u.real == -3.0);
	ck_assert(ee_get(t, "max")->u.real == 4.0);
	ck_assert(ee_get(t, "mean")->u.real == 1.0);
	ck_assert_int_eq(ee_get(t, "nan")->u.integer, 1);
	ck_assert_int_eq(ee_get(t, "inf")->u.integer, 1);
	ck_assert_uint_eq(ee_get(t, "data")->n, 2);
	t = &ee_get(&s, "l")->u.list[0];
	ck_assert(ee_get(t, "max")->type == EE_LOGIC);
	ck_assert_str_eq(ee_get(&s, "t")->u.text, "kept");
	s = ee_summary(&arena, &map, 0);
	ck_assert_ptr_null(ee_get(ee_get(&s, "x"), "data"));
	ee_arena_free(&arena);
}
END_TEST

START_TEST(sums_are_zlibs)
{
	static unsigned char p[100000];
	uint32_t x = 1, sum = 0, want = 0;
	size_t n, at;

	for (n = 0; n < sizeof(p); n++) {
		x = x * 1664525 + 1013904223;
		p[n] = (unsigned char)(x >> 24);
	}
	for (n = 0; n < 400; n++) {
		at = n * 7 % 64;
		sum = ee_crc32(sum, p + at, n);
		want = n > 0 ? (uint32_t)crc32(want, p + at, (uInt)n) : want;
		ck_assert_uint_eq(sum, want);
	}
	ck_assert_uint_eq(ee_crc32(0, p, sizeof(p)),
			  crc32(0, p, sizeof(p)));
	ck_assert_uint_eq(ee_crc32(sum, NULL, 0), sum);
}
END_TEST

Suite *suite_stream(void);

Suite *
suite_stream(void)
{
	Suite *s = suite_create("stream");
	TCase *t = tcase_create("stream");

#define EACH(test, table) tcase_add_loop_test(t, test, 0, \
		(int)(sizeof(table) / sizeof(table[0])))
	tcase_set_timeout(t, 60);
	EACH(what_is_written_is_read, sizes);
	tcase_add_test(t, every_cut_is_an_error);
	tcase_add_test(t, every_flipped_byte_is_an_error);
	tcase_add_test(t, streams_concatenate);
	EACH(bad_records_are_refused, bad_records);
	EACH(bad_headers_are_refused, bad_headers);
	EACH(foreign_values_are_understood, foreign);
	tcase_add_test(t, pipes_give_pieces);
	tcase_add_test(t, writer_failures_stay);
	tcase_add_test(t, history_grows);
	tcase_add_test(t, summaries_count);
	tcase_add_test(t, sums_are_zlibs);
	suite_add_tcase(s, t);
	return s;
}
