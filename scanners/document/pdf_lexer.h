/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files that read a PDF share: its letters, names, numbers and dictionaries (ISO 32000-1
 * 7.2, 7.3). pdf_lexer.c has what is no one-liner.
 */
#ifndef SLUICE_DOCUMENT_PDF_LEXER_H
#define SLUICE_DOCUMENT_PDF_LEXER_H

#include "scanners/document/pdf.h"

#define PDF_NAME_BYTES_MAX 32

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

/* "<<" */
static inline bool
pdf_is_dictionary(struct span s, size_t at)
{
	return at + 1 < s.bytes && s.data[at] == '<' && s.data[at + 1] == '<';
}

/* The name at '/', its #xx resolved (7.3.5), cut to what is asked for; returns what is behind it.
 */
size_t pdf_take_name(struct span s, size_t at, char out[PDF_NAME_BYTES_MAX]);
/* Digits, none of which is 0; what is too large is the largest that is read, 2^30. */
size_t pdf_take_number(struct span s, size_t at, uint32_t *out);
/* "5 0 R", at its first digit. */
size_t pdf_take_reference(struct span s, size_t at, uint32_t *number);
/* Whether a reference stands behind a number that ends at `at`. */
bool pdf_is_reference(struct span s, size_t at);
/* Behind a string, a comment, or one byte of anything else but a name; tells how deep that is. */
size_t pdf_pass_over(struct span s, size_t at, int *depth);

/* The keys of one dictionary, not of those in it. `at`: at its "<<", and `depth` 0, to begin. */
struct pdf_keys {
	struct span in;
	size_t at;
	int depth;
};

/* The next key and where its value begins; false: no more. */
bool pdf_next_key(struct pdf_keys *k, char name[PDF_NAME_BYTES_MAX], size_t *value);
/* The next place from `*at` on where this name stands, however it is written; then `*at` is behind
 * it. False: no more. */
bool pdf_find_name(struct span file, const char *name, size_t *at);
/* The next "NUMBER g obj" from `*at` on; then `*at` is where the object begins. False: no more. */
bool pdf_find_object(struct span file, uint32_t number, size_t *at);

#endif
