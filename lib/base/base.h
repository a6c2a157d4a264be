/*
 * base.h - what every room stands on: status, errors, memory, numbers.
 *
 * The library never prints and never exits.  A function that can fail
 * returns an enum ee_status (what kind of failure, for code) and fills one
 * struct ee_err (what and where, for people), once, where the fact is known.
 */
#ifndef EE_BASE_H
#define EE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EE_VERSION "0.1.0"

enum ee_status {
	EE_OK = 0,
	EE_END,		/* nothing more to read: not a failure */
	EE_EIO,		/* the system refused: open, read, write, map */
	EE_EPIPE,	/* the reader of our output has gone: end quietly */
	EE_ENOMEM,
	EE_EFORMAT,	/* the bytes are not what they claim to be */
	EE_ETRUNC,	/* the bytes stop too early */
	EE_EINPUT,	/* well-formed, but cannot be used as asked */
	EE_EMATCH,	/* made for another model, layer or shape */
	EE_EMATH	/* singular, not finite, not positive definite */
};

struct ee_err {
	char text[1024];
};

#if defined(__GNUC__)
#define EE_MUST_CHECK __attribute__((warn_unused_result))
#define EE_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define EE_MUST_CHECK
#define EE_PRINTF(f, a)
#endif

/* Set the text of 'err' and return 'status', so that callers can write
 * `return ee_fail(err, EE_EFORMAT, "%s: ...", path);`. */
enum ee_status ee_fail(struct ee_err *err, enum ee_status status,
		       const char *fmt, ...) EE_PRINTF(3, 4);

/* The same for a failed system call: adds ": <strerror(errno)>"; EPIPE
 * becomes EE_EPIPE, ENOMEM EE_ENOMEM, anything else EE_EIO. */
enum ee_status ee_fail_sys(struct ee_err *err, const char *fmt, ...)
	EE_PRINTF(2, 3);

/* Put "<text>: " in front of what 'err' says; returns 'status' unchanged. */
enum ee_status ee_within(struct ee_err *err, enum ee_status status,
			 const char *fmt, ...) EE_PRINTF(3, 4);

/*
 * Notices: things a person should know that are no failure (an unknown key,
 * a token chosen at a merged boundary).  The caller says where they go; a
 * NULL 'warn' or a NULL 'put' drops them.  'text' is borrowed for the call.
 */
struct ee_warn {
	void (*put)(void *ctx, const char *text);
	void *ctx;
};
void ee_warn(const struct ee_warn *warn, const char *fmt, ...)
	EE_PRINTF(2, 3);

/*
 * Memory.  n * size is checked for overflow.  On failure they return NULL
 * and fill 'err' ("out of memory (N bytes)").  The result is the caller's,
 * to free().  ee_calloc zeroes; ee_grow is realloc and leaves 'old' valid on
 * failure.  ee_floats and ee_doubles return n of them, uninitialised, aligned
 * to 64 bytes.
 */
void *ee_calloc(size_t n, size_t size, struct ee_err *err);
void *ee_grow(void *old, size_t n, size_t size, struct ee_err *err);
/* Room for 'want' elements in an array that grows: 'list' is the address of
 * the pointer to it, '*room' how many fit.  New ones are uninitialised.  Fails
 * with EE_ENOMEM; the array is then as it was. */
EE_MUST_CHECK enum ee_status ee_reserve(void *list, size_t *room, size_t want,
	size_t size, struct ee_err *err);
float *ee_floats(size_t n, struct ee_err *err);
double *ee_doubles(size_t n, struct ee_err *err);

/* *product = a * b; false if that does not fit. */
bool ee_mul(size_t a, size_t b, size_t *product);

/*
 * Strict numbers: the whole text must be one decimal number (no space, no
 * suffix, no "nan") within min..max.  False if it is not; *out is then
 * unchanged.
 */
bool ee_parse_int(const char *text, int64_t min, int64_t max, int64_t *out);
bool ee_parse_real(const char *text, double min, double max, double *out);

/*
 * One word of n: its index, or n if 'word' is none of them; and what they
 * are, "this, that or another", in 'out', which is returned.
 */
unsigned ee_word_index(const char *word, const char *const *words, unsigned n);
const char *ee_word_list(const char *const *words, unsigned n, char out[128]);

/* Sort n texts; the first of those that are there twice, or NULL. */
const char *ee_sort_texts(const char **texts, size_t n);

/* The number that 'bytes' bytes, up to 8, are, the low one first. */
uint64_t ee_little(const unsigned char *p, unsigned bytes);

/* 64-bit FNV-1a, continued from 'hash' (start with EE_HASH_START). */
#define EE_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t ee_hash(uint64_t hash, const void *data, size_t size);

/*
 * Arena: many small things freed together.  ee_arena_alloc returns memory
 * aligned to 'align' (a power of two, at most 64), or NULL when there is
 * none; the arena then remembers, and ee_arena_check says so.  Builders may
 * thus ignore a NULL and check once before they use what they built; the
 * check fails with EE_ENOMEM.
 */
struct ee_arena {
	struct ee_arena_chunk *chunk;	/* newest first */
	bool failed;
};
void *ee_arena_alloc(struct ee_arena *arena, size_t size, size_t align);
char *ee_arena_text(struct ee_arena *arena, const char *s, size_t len);
char *ee_arena_printf(struct ee_arena *arena, const char *fmt, ...)
	EE_PRINTF(2, 3);
EE_MUST_CHECK enum ee_status ee_arena_check(const struct ee_arena *arena,
					    struct ee_err *err);
void ee_arena_reset(struct ee_arena *arena);	/* empty; keeps one chunk */
void ee_arena_free(struct ee_arena *arena);

/* One argument of a command line, quoted in 'arena' where the shell needs
 * that; 'text' itself where it does not, or there is no memory. */
const char *ee_shell_word(struct ee_arena *arena, const char *text);

#endif
