/* SPDX-License-Identifier: BSD-3-Clause */
/* Bits of a packed stream, the lowest of each byte first, as PKZIP's methods have them. */
#ifndef SLUICE_ARCHIVE_BITS_H
#define SLUICE_ARCHIVE_BITS_H

#include "common/base/span.h"

struct bits {
	struct span in;
	size_t at; /* of the next byte */
	uint32_t held;
	unsigned count; /* of bits in held */
	bool is_short;  /* more were taken than there are: those are zeros */
};

/* The next ones, at most 16, the first of them the lowest. */
static inline uint32_t
bits_take(struct bits *b, unsigned count)
{
	uint32_t taken;

	while (b->count < count) {
		if (b->at < b->in.bytes)
			b->held |= (uint32_t)b->in.data[b->at++] << b->count;
		else
			b->is_short = true;
		b->count += 8;
	}
	taken = b->held & ((1u << count) - 1);
	b->held >>= count;
	b->count -= count;
	return taken;
}

/* What is left of a byte is skipped. */
static inline void
bits_align(struct bits *b)
{
	bits_take(b, b->count % 8);
}

#endif
