/* SPDX-License-Identifier: BSD-3-Clause */
/* Where rewritten text goes: bytes are gathered to pieces, white space to single blanks. */
#ifndef SLUICE_DOCUMENT_TEXT_WRITER_H
#define SLUICE_DOCUMENT_TEXT_WRITER_H

#include "scanners/document/piece_writer.h"
#include "scanners/document/text.h"

struct text_writer {
	struct piece_writer out;
	bool is_blank; /* white space came, and nothing behind it yet */
};

/* As a small letter, behind the blank that is due. */
static inline void
text_put(struct text_writer *w, uint8_t c)
{
	if (w->is_blank)
		piece_put(&w->out, ' ');
	w->is_blank = false;
	piece_put(&w->out, c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c);
}

static inline bool
text_is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* text.c: units of UTF-16 as UTF-8, what is no character as U+FFFD. `*high` is zero before the
 * first; it keeps the first of a pair. */
void text_put_unit(struct piece_writer *w, unsigned *high, unsigned unit);
void text_end_units(struct piece_writer *w, unsigned *high);

/* text_html.c */
void text_rewrite_html(struct text_writer *w, struct span in, bool has_tags);

#endif
