/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that stand in a text by BinHex 4.0 (RFC 1741, appendix A): letters of six bits, runs of a
 * byte told by their length, and what comes out is a head and two forks. Sums are not looked at.
 *
 * Pure functions over spans, nothing allocated, linear in what comes out: at most 254 bytes for
 * a run of three letters.
 */
#ifndef SLUICE_DOCUMENT_BINHEX_H
#define SLUICE_DOCUMENT_BINHEX_H

#include "common/base/span.h"

#define BINHEX_FORKS 2 /* the file, and Macintosh's resources */

/* The next from `*at` on, which begins at 0: what stands between its colons, or behind the first;
 * false: no more. */
bool binhex_next(struct span text, size_t *at, struct span *raw);

void binhex_decode(struct span raw, span_sink sink, void *arg);

/* Where the forks lie in what was decoded; empty, or cut, where they lie beyond its end. */
void binhex_forks(struct span decoded, struct span forks[BINHEX_FORKS]);

#endif
