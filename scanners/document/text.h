/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text as signatures for text are written against it: ClamAV matches text files and HTML not as
 * they are but as it has rewritten them, so that letter case, white space, comments and references
 * hide nothing. Three forms (text_rewrite()), which docs/formats.md describes, and what differs
 * from ClamAV's. UTF-16 becomes UTF-8 first.
 *
 * Nothing is allocated; what comes out is handed on in pieces of TEXT_PIECE_BYTES and is at most
 * twice as long as what went in. Time is linear.
 */
#ifndef SLUICE_DOCUMENT_TEXT_H
#define SLUICE_DOCUMENT_TEXT_H

#include "common/base/span.h"
#include "scanners/document/piece_writer.h"

#define TEXT_PIECE_BYTES PIECE_WRITER_BYTES

enum text_form {
	TEXT_PLAIN,  /* small letters, single blanks, ASCII alone */
	TEXT_HTML,   /* the same of HTML, its tags tidied, comments gone, references resolved */
	TEXT_NO_TAGS /* what a reader sees of it: neither tags nor scripts */
};

/* Takes a piece; false: no more is wanted. */
typedef bool (*text_piece)(void *arg, struct span bytes);

void text_rewrite(struct span in, enum text_form form, text_piece piece, void *arg);

/* Whether a tag stands in it that HTML begins with or that makes it act. */
bool text_has_markup(struct span in);
/*
 * Whether ClamAV takes text for HTML, so that its signatures of text are not asked: by fewer tags,
 * or a link.
 */
bool text_is_page(struct span in);
/*
 * Whether ClamAV takes bytes of no format for text, by the first KiB of them: of its 16-bit units,
 * the higher byte first, none but the first is NUL or a control character. A script with a few
 * bytes that are no text is such.
 */
bool text_is_likely(struct span head);

/* By its mark, or by its first units being ASCII alone. `skip`: bytes of the mark. */
bool text_is_utf16(struct span in, bool *is_big, size_t *skip);
/* What is no character becomes U+FFFD. */
void text_from_utf16(struct span in, bool is_big, text_piece piece, void *arg);

#define TEXT_WIDE_RUN_MIN 8 /* units of a run */
/* Runs of plain ASCII in UTF-16, the lower byte first, wherever they stand in bytes that are no
 * text: each as a line. */
void text_from_wide_runs(struct span in, text_piece piece, void *arg);

#endif
