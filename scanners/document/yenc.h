/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that stand in a text by yEnc (version 1.3, www.yenc.org), as newsreaders and some mail
 * programs take them out: bytes moved by 42, behind a line "=ybegin". A file in several parts is
 * read part by part, each for itself.
 *
 * Pure functions over spans, nothing allocated, linear.
 */
#ifndef SLUICE_DOCUMENT_YENC_H
#define SLUICE_DOCUMENT_YENC_H

#include "common/base/span.h"

/* The next from `*at` on, which begins at 0: its lines, without those that tell of it; false: no
 * more. */
bool yenc_next(struct span text, size_t *at, struct span *raw);

/* Its bytes are never more than `raw`. */
void yenc_decode(struct span raw, span_sink sink, void *arg);

#endif
