/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a head's lines and names end, and where the head does, found many bytes at a time: with
 * AVX2, with SSE4.2, or byte by byte. All kinds find the same; scan_scalar.c says it most plainly.
 * Nothing is read outside the block; the cost is linear in its bytes, whatever they are. Immutable,
 * so any thread may use them.
 */
#ifndef SLUICE_HTTP_SCAN_H
#define SLUICE_HTTP_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/span.h"

enum http_scan_kind {
	HTTP_SCAN_AUTO, /* the fastest that this processor has */
	HTTP_SCAN_SCALAR,
	HTTP_SCAN_SSE42,
	HTTP_SCAN_AVX2,
	HTTP_SCAN_KIND_COUNT
};

extern const char *const http_scan_kind_names[HTTP_SCAN_KIND_COUNT];

/* A line, in bytes from the block's start. */
struct head_line {
	uint32_t start;
	uint32_t end;      /* of its bytes; CR LF, or LF alone, comes behind them */
	uint32_t name_end; /* where its name ends, by either way below; `end`: nowhere */
	bool bare_lf;      /* it ends in LF alone */
	bool forbidden;    /* strict way: a NUL, or a CR that is not its end's */
};

/*
 * Lines from `*at` on, where one begins: at most `room` of them, and `*at` moves behind the last. A
 * line whose LF is missing is not given. A block has less than 4 GiB.
 */
typedef unsigned head_lines(struct span block, size_t *at, struct head_line *lines, unsigned room);

struct http_scan {
	head_lines *tolerant; /* names end at the first colon; `forbidden` is not asked */
	head_lines *strict; /* names end at the first byte that is no token's (RFC 9110 §5.6.2) */
	/* Bytes up to the first CR LF CR LF and with it; 0: there is none. */
	size_t (*end)(struct span block);
};

/* NULL where the processor lacks what the kind needs. AUTO always gives one. */
const struct http_scan *http_scan_of(enum http_scan_kind kind);
/* False: no kind has that name, or the processor lacks what it needs. */
bool http_scan_find(const char *name, enum http_scan_kind *out);

#endif
