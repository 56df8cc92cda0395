/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Content codings looked through while an object streams in: gzip (of one or many members), deflate
 * (zlib-wrapped or raw), br, zstd, and up to DECODE_CODINGS_MAX of them one upon the other. Output
 * comes in spans of a buffer inside the decoder. Limits on output and ratio hold for all codings
 * and are checked while decoding, so a bomb costs the limit and no more. Decoders and their memory
 * come from a pool made at start; nothing is allocated while scanning.
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
	DECODE_UNKNOWN, /* a coding we do not know, or more than DECODE_CODINGS_MAX */
	DECODE_BROTLI,
	DECODE_ZSTD,
};

enum decode_result {
	DECODE_OUTPUT,  /* `*out` is decoded bytes; call again */
	DECODE_MORE,    /* the input is used up */
	DECODE_END,     /* the stream ended; what follows it in the input is not part of it */
	DECODE_CORRUPT, /* not a stream of that coding, or broken */
	DECODE_OVER,    /* an output, ratio or window limit was passed */
	DECODE_BUSY,    /* one coding of several was worked on, with no output yet; call again */
	DECODE_LACKING, /* memory for a window was not to be had */
};

struct decode_limits {
	uint64_t output_bytes_max;
	uint32_t ratio_max; /* output per input byte, once more than ratio_from_bytes came out */
	uint64_t ratio_from_bytes;
};

struct decoder;
struct decode_pool;

#define DECODE_CODINGS_MAX 3

/* In the order of application, as Content-Encoding lists them; all zero: none. */
struct decode_codings {
	unsigned count;
	bool unknown; /* one that we do not know, or too many */
	enum decode_coding list[DECODE_CODINGS_MAX];
};

/* As Content-Encoding names it; "": none, or one that we do not know. */
const char *decode_coding_word(enum decode_coding c);
/* Adds what a Content-Encoding field names: letter case, blanks and folds ignored, x-gzip known. */
void decode_codings_add(struct decode_codings *c, struct span content_encoding);
/* What the bytes as sent are: DECODE_IDENTITY, DECODE_UNKNOWN, or the last coding applied. */
enum decode_coding decode_codings_outermost(const struct decode_codings *c);

/*
 * `rooms`: how many br and zstd codings may be open at once; for each, address space of 36 MiB is
 * reserved, and what they use of it together is bounded. NULL when memory is lacking.
 */
struct decode_pool *decode_pool_create(uint32_t decoders, uint32_t rooms);
void decode_pool_destroy(struct decode_pool *p);
/* Whether there is a coding that could not be opened now. */
bool decode_pool_is_out(const struct decode_pool *p);

/*
 * NULL when too many are in use. There is at least one coding, and none unknown. The decoder is the
 * caller's until decode_close().
 */
struct decoder *decode_open(struct decode_pool *p, const struct decode_codings *codings,
    const struct decode_limits *limits);
void decode_close(struct decode_pool *p, struct decoder *d);

/*
 * Feeds `input` from `*at` on. Call until it returns neither DECODE_OUTPUT nor DECODE_BUSY. `*out`
 * is lent until the next call.
 */
enum decode_result decode_next(struct decoder *d, struct span input, size_t *at, struct span *out);
/* Whether the input so far ends where a stream may end: false means it was cut short. */
bool decode_is_whole(const struct decoder *d);
/* Which gzip member or zstd frame of the first coding that was applied gave the last output, from
 * 1; 0 where it has no such thing. */
uint32_t decode_member(const struct decoder *d);
uint64_t decode_output_bytes(const struct decoder *d);
/* Bytes that went in and out of all its codings: what it has cost so far. */
uint64_t decode_worked_bytes(const struct decoder *d);

#endif
