/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes that a script spells one by one: numbers in a list, decimal, "0x4d" or "&H4d" with commas
 * between, and escapes in strings, "\x4d", "\u004d", "%4d", "%u004d". As many as SPELLED_MIN in a
 * row are a file; strings may be put together from several.
 *
 * Pure functions over spans, nothing allocated; one pass over the text finds all, and none overlaps
 * another.
 */
#ifndef SLUICE_DOCUMENT_SPELLED_H
#define SLUICE_DOCUMENT_SPELLED_H

#include "common/base/span.h"

#define SPELLED_MIN     64 /* bytes; colours, keys and tables of a sentence are shorter */
#define SPELLED_GAP_MAX 32 /* between two: blanks, ends of lines and strings */

struct spelled {
	bool is_escaped; /* else a list of numbers */
	struct span raw; /* from the first to the last */
};

/* The next from `*at` on, which begins at 0; false: no more. */
bool spelled_next(struct span text, size_t *at, struct spelled *out);

void spelled_decode(const struct spelled *s, span_sink sink, void *arg);

#endif
