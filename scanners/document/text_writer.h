/* SPDX-License-Identifier: BSD-3-Clause */
/* Where rewritten text goes: bytes are gathered to pieces, white space to single blanks. */
#ifndef SLUICE_DOCUMENT_TEXT_WRITER_H
#define SLUICE_DOCUMENT_TEXT_WRITER_H

#include "scanners/document/text.h"

struct text_writer {
	text_piece piece;
	void *arg;
	size_t used;
	bool is_over;  /* no more is wanted */
	bool is_blank; /* white space came, and nothing behind it yet */
	uint8_t bytes[TEXT_PIECE_BYTES];
};

static inline void
text_flush(struct text_writer *w)
{
	if (w->used > 0 && !w->is_over)
		w->is_over = !w->piece(w->arg, span_of(w->bytes, w->used));
	w->used = 0;
}

static inline void
text_put_byte(struct text_writer *w, uint8_t c)
{
	if (w->used == sizeof(w->bytes))
		text_flush(w);
	w->bytes[w->used++] = c;
}

/* As a small letter, behind the blank that is due. */
static inline void
text_put(struct text_writer *w, uint8_t c)
{
	if (w->is_blank)
		text_put_byte(w, ' ');
	w->is_blank = false;
	text_put_byte(w, c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c);
}

static inline bool
text_is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* text_html.c */
void text_rewrite_html(struct text_writer *w, struct span in, bool has_tags);

#endif
