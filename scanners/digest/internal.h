/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of this folder share: the compression functions, of one stream or of many side by
 * side, and the end of a message. All take whole blocks. A function of an instruction set that the
 * processor lacks must not be called: engine.c asks.
 */
#ifndef SLUICE_DIGEST_INTERNAL_H
#define SLUICE_DIGEST_INTERNAL_H

#include <stdbool.h>

#include "scanners/digest/digest.h"
#include "scanners/digest/engine.h"

#define LANES_MAX      32
#define PAD_BLOCKS_MAX 2
#define NOT_WAITING    UINT32_MAX
#define MD5_WORDS      4
#define SHA256_WORDS   8

/* Streams side by side. MD5's words lie lane by lane behind each other, SHA-256's stream by stream.
 */
struct lanes {
	uint32_t md5[MD5_WORDS][LANES_MAX] __attribute__((aligned(64)));
	uint32_t sha256[LANES_MAX][SHA256_WORDS] __attribute__((aligned(64)));
	const uint8_t *md5_at[LANES_MAX],
	    *sha256_at[LANES_MAX]; /* differ in a message's end only */
};

/* `blocks` of one stream: both digests. */
typedef void single_blocks(
    struct digest *d, const uint8_t *md5_at, const uint8_t *sha256_at, size_t blocks);
/*
 * `blocks` of each of as many lanes as the function has, from lane `first` on. All pointers of
 * these lanes must be good, also of those that nobody looks at; none is moved.
 */
typedef void lane_blocks(struct lanes *l, unsigned first, size_t blocks);

single_blocks single_openssl, single_stitched;
lane_blocks md5_sse2, md5_sse2_twice, md5_avx2, md5_avx2_twice, md5_avx512, md5_avx512_twice;
lane_blocks sha256_openssl, sha256_ni, sha256_ni_twice, sha256_avx2, sha256_avx512;

/* What engine.c chose; immutable afterwards. A step: a block of each of `k` objects. */
struct digest_engine {
	enum digest_kind kind;
	single_blocks *single;
	lane_blocks *md5, *md5_twice;       /* NULL: no lanes */
	lane_blocks *sha256, *sha256_twice; /* of one lane, of two; the latter may be NULL */
	lane_blocks *sha256_wide;           /* of `width` lanes; may be NULL */
	unsigned width;                     /* of md5; md5_twice does twice as many */
	unsigned lanes_from;                /* objects from which on lanes are faster; 0: never */
	unsigned wide_from;                 /* objects from which on sha256_wide is */
};

/* Sets all of it but lanes_from and wide_from, by what the processor has; -ENOTSUP. */
int engine_assemble(enum digest_kind kind, struct digest_engine *e);

/* queue.c: one step of SHA-256 for the first `live` lanes. */
void lanes_sha256(const struct digest_engine *e, struct lanes *l, unsigned live, size_t blocks);

/* The end of a message: what waits in `part`, a one bit, zeros, the length. How many blocks. */
unsigned digest_pad(const struct digest *d, uint8_t md5[PAD_BLOCKS_MAX * DIGEST_BLOCK_BYTES],
    uint8_t sha256[PAD_BLOCKS_MAX * DIGEST_BLOCK_BYTES]);
/* The state after the end, as bytes. */
void digest_write(const struct digest *d, struct digest_values *out);

#endif
