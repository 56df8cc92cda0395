/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files that read a PDF share: its letters (ISO 32000-1 7.2). */
#ifndef SLUICE_DOCUMENT_PDF_LEXER_H
#define SLUICE_DOCUMENT_PDF_LEXER_H

#include "scanners/document/pdf.h"

/* 7.2.2 */
static inline bool
pdf_is_blank(uint8_t c)
{
	return c == 0 || c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

static inline bool
pdf_is_delimiter(uint8_t c)
{
	return c != 0 && strchr("()<>[]{}/%", c) != NULL;
}

static inline size_t
pdf_skip_blanks(struct span s, size_t at)
{
	while (at < s.bytes && pdf_is_blank(s.data[at]))
		at++;
	return at;
}

/* A comment, at its '%': where its line ends (7.2.3). */
static inline size_t
pdf_behind_comment(struct span s, size_t at)
{
	while (at < s.bytes && s.data[at] != '\n' && s.data[at] != '\r')
		at++;
	return at;
}

/* Past blanks and comments. */
static inline size_t
pdf_skip_space(struct span s, size_t at)
{
	for (at = pdf_skip_blanks(s, at); at < s.bytes && s.data[at] == '%';)
		at = pdf_skip_blanks(s, pdf_behind_comment(s, at));
	return at;
}

/* A literal string, at its '(' (7.3.4.2): behind its ')', or SIZE_MAX where it has none. */
static inline size_t
pdf_behind_literal(struct span s, size_t at)
{
	size_t depth = 0;

	for (; at < s.bytes; at++) {
		uint8_t c = s.data[at];

		if (c == '\\')
			at++;
		depth += c == '(';
		depth -= c == ')';
		if (depth == 0)
			return at + 1;
	}
	return SIZE_MAX;
}

#endif
