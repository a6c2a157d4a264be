/* protobuf.h - the fields of a protobuf message, one after the other. */
#ifndef EE_PROTOBUF_H
#define EE_PROTOBUF_H

#include "base/base.h"

struct ee_proto {
	const char *start;	/* of all bytes, for offsets in errors */
	const char *p, *end;	/* of this message; borrowed */
};

struct ee_proto_field {
	uint64_t number;
	uint64_t value;		/* of a number; the bits of a float */
	const char *data;	/* of text or a message; NULL for a number */
	size_t size;
};

/* The next field; EE_END after the last; EE_EFORMAT with the offset. */
EE_MUST_CHECK enum ee_status ee_proto_next(struct ee_proto *proto,
	struct ee_proto_field *field, struct ee_err *err);

float ee_proto_float(const struct ee_proto_field *field);

#endif
