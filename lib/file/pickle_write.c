/* pickle_write.c - values as pickles.  See pickle_write.h. */
#include "file/pickle_write.h"

#include <string.h>
#include <utf8proc.h>

#include "base/try.h"
#include "file/pickle.h"

static void
put_int(FILE *fp, uint64_t v, unsigned bytes)
{
	unsigned i;

	for (i = 0; i < bytes; i++)
		putc((int)(v >> (8 * i) & 0xff), fp);
}

/* The shortest of the forms that pickle has. */
static void
put_integer(FILE *fp, int64_t i)
{
	if (i >= 0 && i <= 0xff) {
		putc('K', fp);
		put_int(fp, (uint64_t)i, 1);
	} else if (i >= 0 && i <= 0xffff) {
		putc('M', fp);
		put_int(fp, (uint64_t)i, 2);
	} else if (i >= INT32_MIN && i <= INT32_MAX) {
		putc('J', fp);
		put_int(fp, (uint64_t)i, 4);
	} else {
		putc(0x8a, fp);
		putc(8, fp);
		put_int(fp, (uint64_t)i, 8);
	}
}

static void
put_real(FILE *fp, double d)
{
	uint64_t bits;
	unsigned i;

	memcpy(&bits, &d, sizeof(bits));
	putc('G', fp);
	for (i = 8; i-- > 0;)
		putc((int)(bits >> (8 * i) & 0xff), fp);
}

static enum ee_status
put_text(FILE *fp, const char *s, size_t n, struct ee_err *err)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s;
	utf8proc_ssize_t left = (utf8proc_ssize_t)n, k;
	utf8proc_int32_t c;

	if (n > UINT32_MAX)
		return ee_fail(err, EE_EINPUT, "a text of %zu bytes", n);
	for (; left > 0; p += k, left -= k) {
		k = utf8proc_iterate(p, left, &c);
		if (k <= 0)
			return ee_fail(err, EE_EINPUT, "a text that is not "
				       "UTF-8 ('%.32s')", s);
	}
	putc('X', fp);
	put_int(fp, n, 4);
	fwrite(s, 1, n, fp);
	return EE_OK;
}

/* Protocol 2 has no bytes: Python's own way is text that is encoded. */
static enum ee_status
put_bytes(struct ee_pickler *p, const struct ee_value *v, struct ee_err *err)
{
	size_t i, high = 0;

	for (i = 0; i < v->n; i++)
		high += (unsigned char)v->u.text[i] >= 0x80;
	if (v->n > UINT32_MAX - high)
		return ee_fail(err, EE_EINPUT, "%zu bytes in a text", v->n);
	ee_pickle_put_class(p, "_codecs", "encode");
	putc('X', p->fp);
	put_int(p->fp, v->n + high, 4);
	for (i = 0; i < v->n; i++) {
		const unsigned c = (unsigned char)v->u.text[i];

		if (c >= 0x80)
			putc((int)(0xc0 | c >> 6), p->fp);
		putc((int)(c >= 0x80 ? 0x80 | (c & 0x3f) : c), p->fp);
	}
	TRY(put_text(p->fp, "latin1", 6, err));
	fputs("\x86R", p->fp);
	return EE_OK;
}

static enum ee_status
put_list(struct ee_pickler *p, const struct ee_value *v, struct ee_err *err)
{
	const bool tuple = v->form == EE_TUPLE;
	size_t i;

	if (v->n == 0) {
		putc(tuple ? ')' : ']', p->fp);
		return EE_OK;
	}
	fputs(tuple ? "(" : "](", p->fp);
	for (i = 0; i < v->n; i++)
		TRY(ee_pickle_put(p, &v->u.list[i], err));
	putc(tuple ? 't' : 'e', p->fp);
	return EE_OK;
}

static enum ee_status
put_key(struct ee_pickler *p, const struct ee_value *map, const char *key,
	struct ee_err *err)
{
	int64_t i;

	if (map->form != EE_NUMBERED)
		return put_text(p->fp, key, strlen(key), err);
	if (!ee_parse_int(key, INT64_MIN, INT64_MAX, &i))
		return ee_fail(err, EE_EINPUT, "key '%s' is no integer", key);
	put_integer(p->fp, i);
	return EE_OK;
}

static enum ee_status
put_map(struct ee_pickler *p, const struct ee_value *v, struct ee_err *err)
{
	enum ee_status status;
	size_t i;

	if (v->form == EE_ORDERED) {
		ee_pickle_put_class(p, "collections", "OrderedDict");
		fputs(")R", p->fp);
	} else {
		putc('}', p->fp);
	}
	if (v->n == 0)
		return EE_OK;
	putc('(', p->fp);
	for (i = 0; i < v->n; i++) {
		const struct ee_pair *pair = &v->u.map[i];

		TRY(put_key(p, v, pair->key, err));
		status = ee_pickle_put(p, &pair->value, err);
		if (status != EE_OK)
			return ee_within(err, status, "'%s'", pair->key);
	}
	putc('u', p->fp);
	return EE_OK;
}

static enum ee_status
put_one(struct ee_pickler *p, const struct ee_value *v, struct ee_err *err)
{
	switch (v->type) {
	case EE_NULL:
		putc('N', p->fp);
		return EE_OK;
	case EE_LOGIC:
		putc(v->u.logic ? 0x88 : 0x89, p->fp);
		return EE_OK;
	case EE_INT:
		put_integer(p->fp, v->u.integer);
		return EE_OK;
	case EE_REAL:
		put_real(p->fp, v->u.real);
		return EE_OK;
	case EE_TEXT:
		return v->form == EE_BYTES ? put_bytes(p, v, err) :
		       put_text(p->fp, v->u.text, v->n, err);
	case EE_LIST:
		return put_list(p, v, err);
	case EE_MAP:
		return put_map(p, v, err);
	case EE_TENSOR:
		if (p->tensor != NULL)
			return p->tensor(p, &v->u.tensor, err);
	}
	return ee_fail(err, EE_EINPUT, "%s, which this pickle cannot hold",
		       ee_type_name(v->type));
}

enum ee_status
ee_pickle_put(struct ee_pickler *p, const struct ee_value *v,
	      struct ee_err *err)
{
	enum ee_status status;

	if (p->depth == EE_PICKLE_DEPTH)
		return ee_fail(err, EE_EINPUT, "nested more than %d deep",
			       EE_PICKLE_DEPTH);
	p->depth++;
	status = put_one(p, v, err);
	p->depth--;
	return status;
}

void
ee_pickle_put_class(struct ee_pickler *p, const char *module,
		    const char *name)
{
	fprintf(p->fp, "c%s\n%s\n", module, name);
}

enum ee_status
ee_pickle_write(struct ee_pickler *p, const struct ee_value *v,
		struct ee_err *err)
{
	fputs("\x80\x02", p->fp);
	TRY(ee_pickle_put(p, v, err));
	putc('.', p->fp);
	return EE_OK;
}
