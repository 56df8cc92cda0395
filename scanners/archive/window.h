/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What has been unpacked, as far back as a match may reach, and on its way out: the window is
 * handed on each time it is full, and at the end. It is embedded where a decoder stands; one
 * thread.
 */
#ifndef SLUICE_ARCHIVE_WINDOW_H
#define SLUICE_ARCHIVE_WINDOW_H

#include "common/base/span.h"

#define WINDOW_BYTES 65536u

struct window {
	span_sink sink;
	void *arg;
	size_t used;    /* of bytes, not handed on yet */
	uint64_t total; /* that were put */
	bool is_over;   /* no more is wanted */
	uint8_t bytes[WINDOW_BYTES];
};

/* Hands on what stands in it; also at the end. */
static inline void
window_flush(struct window *w)
{
	if (w->used > 0 && !w->is_over)
		w->is_over = !w->sink(w->arg, span_of(w->bytes, w->used));
	w->used = 0;
}

static inline void
window_put(struct window *w, uint8_t byte)
{
	w->bytes[w->used++] = byte;
	w->total++;
	if (w->used == WINDOW_BYTES)
		window_flush(w);
}

/* `length` bytes from `distance` back, 1 to WINDOW_BYTES; they may overlap. What lies before the
 * first byte is zero. */
static inline void
window_copy(struct window *w, size_t distance, size_t length)
{
	for (; length > 0 && !w->is_over; length--)
		window_put(w, w->bytes[(w->used - distance) % WINDOW_BYTES]);
}

#endif
