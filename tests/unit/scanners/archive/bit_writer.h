/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams made bit by bit, and what comes out of them. */
#ifndef SLUICE_TESTS_ARCHIVE_BIT_WRITER_H
#define SLUICE_TESTS_ARCHIVE_BIT_WRITER_H

#include "common/base/span.h"

#define WRITTEN_BYTES 512
#define TAKEN_BYTES   (1u << 18)

struct bit_writer {
	uint8_t bytes[WRITTEN_BYTES];
	size_t bits;
};

/* The lowest first. */
static inline void
write_bits(struct bit_writer *w, unsigned value, unsigned count)
{
	for (unsigned i = 0; i < count; i++, w->bits++)
		w->bytes[w->bits / 8] |= (uint8_t)((value >> i & 1) << w->bits % 8);
}

/* The highest first, as codes stand; `flip`: each the other. */
static inline void
write_code(struct bit_writer *w, unsigned code, unsigned count, unsigned flip)
{
	for (unsigned i = count; i-- > 0;)
		write_bits(w, (code >> i & 1) ^ flip, 1);
}

static inline struct span
written(const struct bit_writer *w)
{
	return span_of(w->bytes, (w->bits + 7) / 8);
}

struct taken {
	uint8_t bytes[TAKEN_BYTES];
	size_t used, room;
};

/* An span_sink of a struct taken: false where there is no room for these. */
static inline bool
take_bytes(void *arg, struct span bytes)
{
	struct taken *t = arg;

	if (bytes.bytes > t->room - t->used)
		return false;
	memcpy(t->bytes + t->used, bytes.data, bytes.bytes);
	t->used += bytes.bytes;
	return true;
}

#endif
