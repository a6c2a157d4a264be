/* scan.c - where a msgpack object ends, and is it one we take.  wire.h. */
#include "stream/wire.h"

enum form { BAD, FIXED, BLOB, LIST, MAP };

/*
 * The heads 0xc0..0xdf: what follows, and in how many bytes: of the value
 * itself (FIXED), or of its length.  BAD: never used (c1) and ext types.
 */
static const struct {
	enum form form;
	unsigned bytes;
} heads[32] = {
	{ FIXED, 0 }, { BAD, 0 }, { FIXED, 0 }, { FIXED, 0 },
	{ BLOB, 1 }, { BLOB, 2 }, { BLOB, 4 },			/* c4 bin */
	{ BAD, 0 }, { BAD, 0 }, { BAD, 0 },			/* c7 ext */
	{ FIXED, 4 }, { FIXED, 8 },				/* ca float */
	{ FIXED, 1 }, { FIXED, 2 }, { FIXED, 4 }, { FIXED, 8 },	/* cc uint */
	{ FIXED, 1 }, { FIXED, 2 }, { FIXED, 4 }, { FIXED, 8 },	/* d0 int */
	{ BAD, 0 }, { BAD, 0 }, { BAD, 0 }, { BAD, 0 }, { BAD, 0 },
	{ BLOB, 1 }, { BLOB, 2 }, { BLOB, 4 },			/* d9 str */
	{ LIST, 2 }, { LIST, 4 }, { MAP, 2 }, { MAP, 4 },	/* dc */
};

struct head {
	enum form form;
	size_t size;		/* of the head itself */
	uint64_t length;	/* bytes (FIXED, BLOB) or members */
};

/* False if the head is not all there yet. */
static bool
read_head(const unsigned char *p, size_t n, struct head *h)
{
	const unsigned c = p[0];
	unsigned i, bytes;

	*h = (struct head){ FIXED, 1, 0 };
	if (c < 0x80 || c >= 0xe0)
		return true;
	if (c < 0xc0) {
		h->form = c < 0x90 ? MAP : c < 0xa0 ? LIST : BLOB;
		h->length = c & (h->form == BLOB ? 31 : 15);
		return true;
	}
	h->form = heads[c - 0xc0].form;
	bytes = heads[c - 0xc0].bytes;
	if (h->form == FIXED || h->form == BAD) {
		h->length = bytes;
		return true;
	}
	if (n < 1 + bytes)
		return false;
	h->size = 1 + bytes;
	for (i = 1; i <= bytes; i++)
		h->length = h->length << 8 | p[i];
	return true;
}

void
ee_scan_start(struct ee_scan *scan)
{
	*scan = (struct ee_scan){ .items = 1, .depth = 1, .left = { 1 } };
}

static enum ee_status
enter(struct ee_scan *scan, uint64_t members, struct ee_err *err)
{
	scan->items += members;
	if (scan->items > EE_WIRE_ITEMS)
		return ee_fail(err, EE_EFORMAT,
			       "more than %d values in one record",
			       (int)EE_WIRE_ITEMS);
	if (scan->depth > EE_WIRE_DEPTH)
		return ee_fail(err, EE_EFORMAT,
			       "nested deeper than %d levels",
			       (int)EE_WIRE_DEPTH);
	scan->left[scan->depth++] = members;
	return EE_OK;
}

/* One level of 'left' for each list or map that is still open. */
enum ee_status
ee_scan(struct ee_scan *scan, const unsigned char *p, size_t n, bool *whole,
	struct ee_err *err)
{
	enum ee_status status;
	struct head h;

	for (;;) {
		while (scan->depth > 0 && scan->left[scan->depth - 1] == 0)
			scan->depth--;
		*whole = scan->depth == 0 && scan->pos <= n;
		if (scan->depth == 0 || scan->pos >= n ||
		    !read_head(p + scan->pos, n - scan->pos, &h))
			return EE_OK;
		scan->left[scan->depth - 1]--;
		scan->pos += h.size;
		switch (h.form) {
		case BAD:
			return ee_fail(err, EE_EFORMAT,
				       "msgpack type 0x%02x is not one of a "
				       "stream", p[scan->pos - 1]);
		case LIST:
		case MAP:
			status = enter(scan, h.length << (h.form == MAP), err);
			if (status != EE_OK)
				return status;
			break;
		case BLOB:
			scan->blobs++;
			/* fall through */
		case FIXED:
			scan->pos += (size_t)h.length;
		}
	}
}
