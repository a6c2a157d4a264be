/*
 * crc.h - the CRC-32 of zip archives and of our streams.
 */
#ifndef EE_CRC_H
#define EE_CRC_H

#include "base/base.h"

/* zlib's crc32(), of n bytes; start with 0. */
uint32_t ee_crc32(uint32_t crc, const void *data, size_t n);

#endif
