/* unpacked.c - packed.h in a library that is built without oneDNN. */
#include "math/packed.h"

#ifndef EE_ONEDNN

bool
ee_can_pack(void)
{
	return false;
}

enum ee_status
ee_pack(struct ee_packed **packed, const struct ee_weight *w, bool back,
	struct ee_err *err)
{
	(void)w;
	(void)back;
	*packed = NULL;
	return ee_fail(err, EE_EINPUT, "built without oneDNN");
}

void
ee_packed_free(struct ee_packed *p)
{
	(void)p;
}

size_t
ee_packed_size(const struct ee_packed *p)
{
	(void)p;
	return 0;
}

enum ee_status
ee_packed_add(struct ee_packed *p, size_t n, const float *x, float *y,
	      struct ee_err *err)
{
	(void)p;
	(void)n;
	(void)x;
	(void)y;
	return ee_fail(err, EE_EINPUT, "built without oneDNN");
}

#endif
