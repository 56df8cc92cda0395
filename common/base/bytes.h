/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers in the bytes of a file. */
#ifndef SLUICE_BYTES_H
#define SLUICE_BYTES_H

#include "common/base/span.h"

/* Little-endian, of `bytes` bytes, at most eight; what lies behind the end is zero. */
static inline uint64_t
bytes_le(struct span s, size_t at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = bytes; i-- > 0;)
		value = value << 8 | (at < s.bytes && i < s.bytes - at ? s.data[at + i] : 0);
	return value;
}

/* The same, big-endian. */
static inline uint64_t
bytes_be(struct span s, size_t at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | (at < s.bytes && i < s.bytes - at ? s.data[at + i] : 0);
	return value;
}

#endif
