/* protobuf.c - see protobuf.h.  Groups, long dead, are an error. */
#include "text/protobuf.h"

#include <string.h>

static bool
varint(struct ee_proto *proto, uint64_t *out)
{
	unsigned shift;
	unsigned char c;

	*out = 0;
	for (shift = 0; shift < 64 && proto->p < proto->end; shift += 7) {
		c = (unsigned char)*proto->p++;
		*out |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return true;
	}
	return false;
}

/* Little-endian, 'n' bytes. */
static bool
fixed(struct ee_proto *proto, unsigned n, uint64_t *out)
{
	unsigned i;

	*out = 0;
	if ((size_t)(proto->end - proto->p) < n)
		return false;
	for (i = 0; i < n; i++)
		*out |= (uint64_t)(unsigned char)*proto->p++ << (8 * i);
	return true;
}

static bool
read_field(struct ee_proto *proto, struct ee_proto_field *f)
{
	uint64_t key;

	if (!varint(proto, &key))
		return false;
	*f = (struct ee_proto_field){ .number = key >> 3 };
	switch (key & 7) {
	case 0:
		return varint(proto, &f->value);
	case 1:
		return fixed(proto, 8, &f->value);
	case 2:
		if (!varint(proto, &f->value) ||
		    f->value > (uint64_t)(proto->end - proto->p))
			return false;
		f->data = proto->p;
		f->size = (size_t)f->value;
		proto->p += f->size;
		return true;
	case 5:
		return fixed(proto, 4, &f->value);
	default:
		return false;
	}
}

enum ee_status
ee_proto_next(struct ee_proto *proto, struct ee_proto_field *field,
	      struct ee_err *err)
{
	const size_t at = (size_t)(proto->p - proto->start);

	if (proto->p == proto->end)
		return EE_END;
	if (!read_field(proto, field))
		return ee_fail(err, EE_EFORMAT, "byte %zu: not a protobuf "
			       "field", at);
	return EE_OK;
}

float
ee_proto_float(const struct ee_proto_field *field)
{
	const uint32_t bits = (uint32_t)field->value;
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}
