/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scripts that Microsoft's Script Encoder wrote (.jse, .vbe, and `language="JScript.Encode"` of
 * pages), which Windows Script Host and MSHTML run as they are: each byte is another by one of
 * three tables, and 64 steps that come again and again say which. Microsoft has not published the
 * tables; they are those of decoders that are public since 2001, and clamscan 1.4 agrees with them.
 *
 *     "#@~^" LENGTH "==" the script, encoded SUM "==^#~@"      (LENGTH, SUM: six letters of base64)
 *
 * Neither number is believed. Pure functions over spans, nothing allocated, linear.
 */
#ifndef SLUICE_DOCUMENT_SCRENC_H
#define SLUICE_DOCUMENT_SCRENC_H

#include "common/base/span.h"

/* The next from `*at` on, which begins at 0: what is encoded, up to its sum, the next one, or the
 * text's end; false: no more. */
bool screnc_next(struct span text, size_t *at, struct span *raw);

/* Its bytes are never more than `raw`. */
void screnc_decode(struct span raw, span_sink sink, void *arg);

#endif
