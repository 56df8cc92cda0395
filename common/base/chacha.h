/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stream of random bytes from a key (ChaCha: Bernstein, 2008; RFC 8439 §2.3): identifiers that
 * nobody without the key foretells. Eight rounds, the fewest that its author proposes: what they
 * yield names objects and hides nothing. A block serves four identifiers. One thread; the struct is
 * the caller's, and a copy of it would say the same again.
 */
#ifndef SLUICE_BASE_CHACHA_H
#define SLUICE_BASE_CHACHA_H

#include <stdint.h>

#define CHACHA_KEY_BYTES    32
#define CHACHA_BLOCK_BYTES  64
#define CHACHA_STREAM_BYTES 16 /* taken at a time */

struct chacha_stream {
	uint32_t state[16]; /* constants, key, and the block's number, of 64 bits */
	uint8_t block[CHACHA_BLOCK_BYTES];
	unsigned taken; /* bytes of `block` */
};

/* The block function alone; `rounds` is even. */
void chacha_block(const uint32_t state[16], unsigned rounds, uint8_t out[CHACHA_BLOCK_BYTES]);

void chacha_stream_init(struct chacha_stream *s, const uint8_t key[CHACHA_KEY_BYTES]);
/* The next ones. */
void chacha_stream_take(struct chacha_stream *s, uint8_t out[CHACHA_STREAM_BYTES]);

#endif
