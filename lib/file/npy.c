/* npy.c - reading one numpy array.  See npy.h. */
#include "file/npy.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/try.h"

struct array {
	char descr[32];		/* numpy's dtype: "<f4", ">i8", "<U43" */
	bool fortran;
	struct ee_tensor t;	/* shape */
	const char *where;
	struct ee_err *err;
};

static enum ee_status
bad(const struct array *a, const char *what)
{
	return ee_fail(a->err, EE_EFORMAT, "%s: %s", a->where, what);
}

/*
 * The header is a Python literal, {'descr': '<f4', 'fortran_order': False,
 * 'shape': (3, 4), }, read with a pointer that moves on over what it knows.
 */
static const char *
skip_space(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* A quoted text without escapes. */
static bool
quoted(const char **s, char *out, size_t room)
{
	const char quote = **s, *end;

	if (quote != '\'' && quote != '"')
		return false;
	end = strchr(*s + 1, quote);
	if (end == NULL || (size_t)(end - *s) > room)
		return false;
	memcpy(out, *s + 1, (size_t)(end - *s - 1));
	out[end - *s - 1] = '\0';
	*s = end + 1;
	return true;
}

static bool
size_of_dim(const char **s, size_t *out)
{
	const size_t n = strspn(*s, "0123456789");
	char text[24];
	int64_t v;

	if (n == 0 || n >= sizeof(text))
		return false;
	memcpy(text, *s, n);
	text[n] = '\0';
	*s += n;
	if (**s == 'L')			/* numpy for Python 2 */
		(*s)++;
	if (!ee_parse_int(text, 0, INT64_MAX, &v))
		return false;
	*out = (size_t)v;
	return true;
}

static bool
shape(const char **s, struct ee_tensor *t)
{
	const char *p = *s;

	if (*p != '(')
		return false;
	p = skip_space(p + 1);
	for (t->ndim = 0; *p != ')'; t->ndim++) {
		if (t->ndim == EE_MAX_DIMS ||
		    !size_of_dim(&p, &t->shape[t->ndim]))
			return false;
		p = skip_space(p);
		if (*p == ',')
			p = skip_space(p + 1);
		else if (*p != ')')
			return false;
	}
	*s = p + 1;
	return true;
}

static bool
truth(const char **s, bool *out)
{
	*out = strncmp(*s, "True", 4) == 0;
	if (!*out && strncmp(*s, "False", 5) != 0)
		return false;
	*s += *out ? 4 : 5;
	return true;
}

static enum ee_status
read_dict(struct array *a, const char *s)
{
	unsigned seen = 0, key;
	char name[16];
	bool ok;

	s = skip_space(s);
	if (*s != '{')
		return bad(a, "the array header is no dictionary");
	s = skip_space(s + 1);
	while (*s != '}') {
		if (!quoted(&s, name, sizeof(name)))
			return bad(a, "the array header is damaged");
		s = skip_space(s);
		if (*s != ':')
			return bad(a, "the array header is damaged");
		s = skip_space(s + 1);
		if (strcmp(name, "descr") == 0 && *s == '[')
			return ee_fail(a->err, EE_EINPUT, "%s: a structured "
				       "array is not supported", a->where);
		if (strcmp(name, "descr") == 0) {
			key = 1;
			ok = quoted(&s, a->descr, sizeof(a->descr));
		} else if (strcmp(name, "fortran_order") == 0) {
			key = 2;
			ok = truth(&s, &a->fortran);
		} else {
			key = 4;
			ok = strcmp(name, "shape") == 0 && shape(&s, &a->t);
		}
		if (!ok || (seen & key) != 0)
			return bad(a, "the array header is damaged");
		seen |= key;
		s = skip_space(s);
		if (*s == ',')
			s = skip_space(s + 1);
		else if (*s != '}')
			return bad(a, "the array header is damaged");
	}
	return seen == 7 ? EE_OK : bad(a, "the array header lacks a member");
}

static enum ee_status
read_header(struct array *a, struct ee_arena *arena,
	    const unsigned char *data, size_t size, size_t *start)
{
	size_t len, skip;
	char *text;

	if (size < 12)
		return ee_fail(a->err, EE_ETRUNC, "%s: %zu bytes are no numpy "
			       "array", a->where, size);
	if (memcmp(data, "\x93NUMPY", 6) != 0)
		return bad(a, "not a numpy array");
	if (data[6] < 1 || data[6] > 3)
		return bad(a, "an unknown version of the numpy format");
	skip = data[6] == 1 ? 10 : 12;
	len = (size_t)ee_little(data + 8, data[6] == 1 ? 2 : 4);
	if (len > size - skip)
		return ee_fail(a->err, EE_ETRUNC, "%s: the array header is "
			       "cut short", a->where);
	text = ee_arena_text(arena, (const char *)data + skip, len);
	if (text == NULL)
		return ee_arena_check(arena, a->err);
	*start = skip + len;
	return read_dict(a, text);
}

static void
swap_bytes(unsigned char *p, size_t n, size_t size)
{
	size_t i, k;

	for (i = 0; i < n; i++, p += size) {
		for (k = 0; k < size / 2; k++) {
			const unsigned char b = p[k];

			p[k] = p[size - 1 - k];
			p[size - 1 - k] = b;
		}
	}
}

/* 'from' has the first index fastest; 'to' gets the last one fastest. */
static void
transpose(const struct ee_tensor *t, const unsigned char *from,
	  unsigned char *to)
{
	size_t step[EE_MAX_DIMS] = { 1 };
	unsigned k;

	for (k = 1; k < t->ndim; k++)
		step[k] = step[k - 1] * t->shape[k - 1];
	ee_tensor_gather(t, step, from, to);
}

static enum ee_status
read_tensor(struct array *a, struct ee_arena *arena,
	    const unsigned char *data, size_t left, struct ee_value *out)
{
	const bool swapped = a->descr[0] == '>';
	const bool turned = a->fortran && a->t.ndim > 1;
	const size_t size = ee_dtype_size(a->t.dtype);
	size_t n, bytes;
	unsigned char *p;

	if (!ee_tensor_count(&a->t, &n) || !ee_mul(n, size, &bytes))
		return bad(a, "the shape is too large");
	if (bytes != left)
		return ee_fail(a->err, bytes > left ? EE_ETRUNC : EE_EFORMAT,
			       "%s: the array has %zu bytes of data, its "
			       "header says %zu", a->where, left, bytes);
	a->t.data = data;
	if (swapped || turned || (uintptr_t)data % size != 0) {
		p = ee_arena_alloc(arena, bytes, 64);
		if (p == NULL)
			return ee_arena_check(arena, a->err);
		if (turned)
			transpose(&a->t, data, p);
		else if (bytes > 0)
			memcpy(p, data, bytes);
		if (swapped)
			swap_bytes(p, n, size);
		a->t.data = p;
	}
	*out = ee_tensor(a->t);
	return EE_OK;
}

/* A scalar of 'n' characters, of 4 bytes (U) or 1 (S), NULs at the end. */
static enum ee_status
read_text(struct array *a, struct ee_arena *arena, const unsigned char *data,
	  size_t left, struct ee_value *out)
{
	const size_t width = a->descr[1] == 'U' ? 4 : 1;
	utf8proc_uint8_t *text;
	size_t i, len = 0;
	int64_t n;

	if (a->t.ndim > 0)
		return ee_fail(a->err, EE_EINPUT, "%s: an array of texts is "
			       "not supported", a->where);
	if (!ee_parse_int(a->descr + 2, 0, INT32_MAX, &n) ||
	    (size_t)n * width != left)
		return bad(a, "the text does not fit its dtype");
	text = ee_arena_alloc(arena, left + 1, 1);	/* UTF-8 is no longer */
	if (text == NULL)
		return ee_arena_check(arena, a->err);
	for (i = 0; i < (size_t)n; i++) {
		const unsigned char *p = data + i * width;
		uint32_t c = (uint32_t)ee_little(p, (unsigned)width);

		if (width == 4 && a->descr[0] == '>')
			c = __builtin_bswap32(c);
		if (width == 1)
			text[len++] = p[0];
		else if (c > 0x10ffff ||
			 !utf8proc_codepoint_valid((utf8proc_int32_t)c))
			return bad(a, "the text is not Unicode");
		else
			len += (size_t)utf8proc_encode_char(
				(utf8proc_int32_t)c, text + len);
	}
	while (len > 0 && text[len - 1] == '\0')
		len--;
	text[len] = '\0';
	*out = ee_text_n((const char *)text, len);
	return EE_OK;
}

enum ee_status
ee_npy_parse(struct ee_arena *arena, const unsigned char *data, size_t size,
	     const char *where, struct ee_value *out, struct ee_err *err)
{
	struct array a = { .where = where, .err = err };
	char name[sizeof(a.descr)];
	size_t start = 0;

	TRY(read_header(&a, arena, data, size, &start));
	if (a.descr[0] != '\0' && strchr("<>|=", a.descr[0]) != NULL &&
	    (a.descr[1] == 'U' || a.descr[1] == 'S'))
		return read_text(&a, arena, data + start, size - start, out);
	if (a.descr[0] != '\0' && a.descr[1] == 'O')
		return ee_fail(err, EE_EINPUT, "%s: an object array (pickled "
			       "Python) is refused", where);
	memcpy(name, a.descr, sizeof(name));
	if (name[0] == '>')
		name[0] = '<';
	if (!ee_dtype_from_numpy(name, &a.t.dtype))
		return ee_fail(err, EE_EINPUT, "%s: dtype '%s' is not "
			       "supported", where, a.descr);
	return read_tensor(&a, arena, data + start, size - start, out);
}
