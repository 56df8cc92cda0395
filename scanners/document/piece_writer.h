/* SPDX-License-Identifier: BSD-3-Clause */
/* Where decoders put bytes: they are gathered, and handed on in pieces. One thread; no allocation.
 */
#ifndef SLUICE_DOCUMENT_PIECE_WRITER_H
#define SLUICE_DOCUMENT_PIECE_WRITER_H

#include "common/base/span.h"

#define PIECE_WRITER_BYTES 4096

struct piece_writer {
	bool (*piece)(void *arg, struct span bytes); /* false: no more is wanted */
	void *arg;
	size_t used;
	bool is_over; /* no more is wanted */
	uint8_t bytes[PIECE_WRITER_BYTES];
};

/* Hands on what has been gathered; also at the end. */
static inline void
piece_flush(struct piece_writer *w)
{
	if (w->used > 0 && !w->is_over)
		w->is_over = !w->piece(w->arg, span_of(w->bytes, w->used));
	w->used = 0;
}

static inline void
piece_put(struct piece_writer *w, uint8_t byte)
{
	if (w->used == PIECE_WRITER_BYTES)
		piece_flush(w);
	w->bytes[w->used++] = byte;
}

#endif
