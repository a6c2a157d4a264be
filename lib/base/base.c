/* base.c - status, errors, memory, numbers.  See base.h. */
#include "base/base.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum ee_status
ee_fail(struct ee_err *err, enum ee_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return status;
}

enum ee_status
ee_fail_sys(struct ee_err *err, const char *fmt, ...)
{
	const int saved = errno;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->text))
		snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s",
			 strerror(saved));
	if (saved == EPIPE)
		return EE_EPIPE;
	return saved == ENOMEM ? EE_ENOMEM : EE_EIO;
}

enum ee_status
ee_within(struct ee_err *err, enum ee_status status, const char *fmt, ...)
{
	struct ee_err inner = *err;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->text))
		snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s",
			 inner.text);
	return status;
}

void
ee_warn(const struct ee_warn *warn, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (warn == NULL || warn->put == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	warn->put(warn->ctx, text);
}

bool
ee_mul(size_t a, size_t b, size_t *product)
{
	if (b != 0 && a > SIZE_MAX / b)
		return false;
	*product = a * b;
	return true;
}

static void
no_memory(struct ee_err *err, size_t n, size_t size)
{
	ee_fail(err, EE_ENOMEM, "out of memory (%zu x %zu bytes)", n, size);
}

void *
ee_calloc(size_t n, size_t size, struct ee_err *err)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (p == NULL)
		no_memory(err, n, size);
	return p;
}

void *
ee_grow(void *old, size_t n, size_t size, struct ee_err *err)
{
	size_t bytes;
	void *p = NULL;

	if (ee_mul(n, size, &bytes))
		p = realloc(old, bytes ? bytes : 1);
	if (p == NULL)
		no_memory(err, n, size);
	return p;
}

enum ee_status
ee_reserve(void *list, size_t *room, size_t want, size_t size,
	   struct ee_err *err)
{
	const size_t more = want <= SIZE_MAX / 2 ? want + want / 2 + 16 : want;
	void *p;

	if (want <= *room)
		return EE_OK;
	memcpy(&p, list, sizeof(p));	/* whatever it points to */
	p = ee_grow(p, more, size, err);
	if (p == NULL)
		return EE_ENOMEM;
	memcpy(list, &p, sizeof(p));
	*room = more;
	return EE_OK;
}

static void *
aligned(size_t n, size_t size, struct ee_err *err)
{
	size_t bytes;
	void *p = NULL;

	if (ee_mul(n, size, &bytes) && bytes <= SIZE_MAX - 64)
		p = aligned_alloc(64, (bytes + 64) & ~(size_t)63);
	if (p == NULL)
		no_memory(err, n, size);
	return p;
}

float *
ee_floats(size_t n, struct ee_err *err)
{
	return aligned(n, sizeof(float), err);
}

double *
ee_doubles(size_t n, struct ee_err *err)
{
	return aligned(n, sizeof(double), err);
}

/* Decimal digits, sign, point and exponent only: no hex, no inf, no nan. */
static bool
is_decimal(const char *text, const char *allowed)
{
	return text[0] != '\0' && strspn(text, allowed) == strlen(text);
}

bool
ee_parse_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
	char *end;
	long long v;

	if (!is_decimal(text, "+-0123456789"))
		return false;
	errno = 0;
	v = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || v < min || v > max)
		return false;
	*out = v;
	return true;
}

bool
ee_parse_real(const char *text, double min, double max, double *out)
{
	char *end;
	double v;

	if (!is_decimal(text, "+-.eE0123456789"))
		return false;
	errno = 0;
	v = strtod(text, &end);
	if (*end != '\0' || !isfinite(v) || v < min || v > max)
		return false;
	*out = v;
	return true;
}

unsigned
ee_word_index(const char *word, const char *const *words, unsigned n)
{
	unsigned i = 0;

	while (i < n && strcmp(word, words[i]) != 0)
		i++;
	return i;
}

const char *
ee_word_list(const char *const *words, unsigned n, char out[128])
{
	size_t used = 0;
	unsigned i;

	for (i = 0; i < n && used < 128; i++)
		used += (size_t)snprintf(out + used, 128 - used, "%s%s",
					 words[i], i + 2 < n ? ", " :
					 i + 2 == n ? " or " : "");
	return out;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *
ee_sort_texts(const char **texts, size_t n)
{
	size_t i;

	qsort(texts, n, sizeof(*texts), by_text);
	for (i = 1; i < n; i++)
		if (strcmp(texts[i - 1], texts[i]) == 0)
			return texts[i];
	return NULL;
}

uint64_t
ee_little(const unsigned char *p, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

uint64_t
ee_hash(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i < size; i++) {
		hash ^= p[i];
		hash *= UINT64_C(0x100000001b3);
	}
	return hash;
}

struct ee_arena_chunk {
	struct ee_arena_chunk *next;
	size_t used, size;	/* bytes of 'data' */
	unsigned char *data;	/* aligned to 64 */
};

static struct ee_arena_chunk *
new_chunk(struct ee_arena *arena, size_t size)
{
	const size_t usual = (size_t)64 << 10;
	struct ee_arena_chunk *c = malloc(sizeof(*c));

	size = size < usual ? usual : size;
	if (c == NULL)
		return NULL;
	c->data = aligned_alloc(64, (size + 63) & ~(size_t)63);
	if (c->data == NULL) {
		free(c);
		return NULL;
	}
	c->used = 0;
	c->size = size;
	c->next = arena->chunk;
	arena->chunk = c;
	return c;
}

void *
ee_arena_alloc(struct ee_arena *arena, size_t size, size_t align)
{
	struct ee_arena_chunk *c = arena->chunk;
	size_t at = 0;

	if (c != NULL)
		at = (c->used + align - 1) & ~(align - 1);
	if (c == NULL || at > c->size || size > c->size - at) {
		c = size <= SIZE_MAX / 2 ? new_chunk(arena, size) : NULL;
		if (c == NULL) {
			arena->failed = true;
			return NULL;
		}
		at = 0;
	}
	c->used = at + size;
	return c->data + at;
}

char *
ee_arena_text(struct ee_arena *arena, const char *s, size_t len)
{
	char *p = ee_arena_alloc(arena, len + 1, 1);

	if (p == NULL)
		return NULL;
	if (len > 0)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *
ee_arena_printf(struct ee_arena *arena, const char *fmt, ...)
{
	va_list ap, again;
	char *p = NULL;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n >= 0)
		p = ee_arena_alloc(arena, (size_t)n + 1, 1);
	if (p != NULL)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

enum ee_status
ee_arena_check(const struct ee_arena *arena, struct ee_err *err)
{
	return arena->failed ? ee_fail(err, EE_ENOMEM, "out of memory") : EE_OK;
}

static void
free_chunks(struct ee_arena_chunk *c)
{
	struct ee_arena_chunk *next;

	for (; c != NULL; c = next) {
		next = c->next;
		free(c->data);
		free(c);
	}
}

void
ee_arena_reset(struct ee_arena *arena)
{
	if (arena->chunk != NULL) {
		free_chunks(arena->chunk->next);
		arena->chunk->next = NULL;
		arena->chunk->used = 0;
	}
	arena->failed = false;
}

void
ee_arena_free(struct ee_arena *arena)
{
	free_chunks(arena->chunk);
	arena->chunk = NULL;
	arena->failed = false;
}

const char *
ee_shell_word(struct ee_arena *arena, const char *text)
{
	char *quoted = ee_arena_alloc(arena, 4 * strlen(text) + 3, 1), *to;

	if (quoted == NULL || (text[0] != '\0' &&
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789%+,-./:=@_^")] == '\0'))
		return text;
	to = quoted;
	*to++ = '\'';
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			to = stpcpy(to, "'\\''");
		else
			*to++ = *text;
	}
	strcpy(to, "'");
	return quoted;
}
