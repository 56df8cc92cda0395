/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Content codings looked through while an object streams in: gzip (of one or many members), deflate
 * (zlib-wrapped or raw), by ISA-L. Output comes in spans of a buffer inside the decoder. Limits on
 * output and ratio hold for all codings and are checked while decoding, so a bomb costs the limit
 * and no more. Decoders come from a pool made at start; nothing is allocated while scanning.
 */
#ifndef SLUICE_DECODE_H
#define SLUICE_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/span.h"

enum decode_coding {
	DECODE_IDENTITY,
	DECODE_GZIP,
	DECODE_DEFLATE,
	DECODE_UNKNOWN, /* a coding we do not know, or a chain of several */
};

enum decode_result {
	DECODE_OUTPUT,  /* `*out` is decoded bytes; call again */
	DECODE_MORE,    /* the input is used up */
	DECODE_END,     /* the stream ended; what follows it in the input is not part of it */
	DECODE_CORRUPT, /* not a stream of that coding, or broken */
	DECODE_OVER,    /* an output or ratio limit was passed */
};

struct decode_limits {
	uint64_t output_bytes_max;
	uint32_t ratio_max; /* output per input byte, once more than ratio_from_bytes came out */
	uint64_t ratio_from_bytes;
};

struct decoder;
struct decode_pool;

/* The codings named by a Content-Encoding value: letter case and blanks ignored, x-gzip known. */
enum decode_coding decode_coding_of(struct span content_encoding);

struct decode_pool *decode_pool_create(uint32_t decoders);
void decode_pool_destroy(struct decode_pool *p);

/* NULL when all are in use. The decoder is the caller's until decode_close(). */
struct decoder *decode_open(
    struct decode_pool *p, enum decode_coding coding, const struct decode_limits *limits);
void decode_close(struct decode_pool *p, struct decoder *d);

/*
 * Feeds `input` from `*at` on. Call until it returns something other than DECODE_OUTPUT. `*out` is
 * lent until the next call.
 */
enum decode_result decode_next(struct decoder *d, struct span input, size_t *at, struct span *out);
/* Whether the input so far ends where a stream may end: false means it was cut short. */
bool decode_is_whole(const struct decoder *d);
uint64_t decode_output_bytes(const struct decoder *d);

#endif
