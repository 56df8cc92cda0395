/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that stand in a text: what a `data:` URI holds (RFC 2397), long runs of base64 or of
 * hexadecimal digits, as scripts carry what they write to disk ("HTML smuggling"), and what was
 * uuencoded (POSIX uuencode), wherever it begins and how many there may be.
 *
 * A run may be in pieces, of INLAY_PIECE_MIN letters or more but for the last: broken into lines,
 * or strings put together, with up to INLAY_GAP_MAX other bytes between. One of fewer than
 * INLAY_RUN_MIN letters is none, nor is one letter over and over.
 *
 * Pure functions over spans, nothing allocated; one pass over the text finds all, and no inlay
 * overlaps another. What is decoded is shorter than what it is decoded from.
 */
#ifndef SLUICE_DOCUMENT_INLAY_H
#define SLUICE_DOCUMENT_INLAY_H

#include "common/base/span.h"

#define INLAY_RUN_MIN   128 /* letters; digests and keys are shorter */
#define INLAY_PIECE_MIN 32  /* no word of prose is so long */
#define INLAY_GAP_MAX   64
#define INLAY_URI_MIN   16 /* bytes of data; a URI says what it is, so it may be short */

enum inlay_kind {
	INLAY_URI,        /* percent-encoded */
	INLAY_URI_BASE64, /* base64, which may be percent-encoded too */
	INLAY_BASE64,
	INLAY_HEX,
	INLAY_UU,
};

struct inlay {
	enum inlay_kind kind;
	struct span
	    raw; /* of a URI what stands behind its comma; of a run all its pieces; its lines */
};

/* The next from `*at` on, which begins at 0; false: no more. */
bool inlay_next(struct span text, size_t *at, struct inlay *out);

void inlay_decode(const struct inlay *i, span_sink sink, void *arg);
/* The letters of a run of base64 or hex alone, without what stands between its pieces; also of its
 * bytes from anywhere on. */
void inlay_letters(const struct inlay *i, span_sink sink, void *arg);

#endif
