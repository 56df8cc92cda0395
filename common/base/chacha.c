/* SPDX-License-Identifier: BSD-3-Clause */
/* A row of the state is a vector of four words: a column round is one quarter round of rows. */
#include "common/base/chacha.h"

#include <string.h>

#define STREAM_ROUNDS 8

typedef uint32_t row __attribute__((vector_size(16)));

static inline row
rotate_left(row x, int bits)
{
	return x << bits | x >> (32 - bits);
}

static inline void
quarter_round(row r[4])
{
	r[0] += r[1];
	r[3] = rotate_left(r[3] ^ r[0], 16);
	r[2] += r[3];
	r[1] = rotate_left(r[1] ^ r[2], 12);
	r[0] += r[1];
	r[3] = rotate_left(r[3] ^ r[0], 8);
	r[2] += r[3];
	r[1] = rotate_left(r[1] ^ r[2], 7);
}

/* Columns, then diagonals, which turned rows make columns. */
static inline void
double_round(row r[4])
{
	quarter_round(r);
	r[1] = __builtin_shufflevector(r[1], r[1], 1, 2, 3, 0);
	r[2] = __builtin_shufflevector(r[2], r[2], 2, 3, 0, 1);
	r[3] = __builtin_shufflevector(r[3], r[3], 3, 0, 1, 2);
	quarter_round(r);
	r[1] = __builtin_shufflevector(r[1], r[1], 3, 0, 1, 2);
	r[2] = __builtin_shufflevector(r[2], r[2], 2, 3, 0, 1);
	r[3] = __builtin_shufflevector(r[3], r[3], 1, 2, 3, 0);
}

void
chacha_block(const uint32_t state[16], unsigned rounds, uint8_t out[CHACHA_BLOCK_BYTES])
{
	row first[4], r[4];

	memcpy(first, state, sizeof(first));
	memcpy(r, first, sizeof(r));
	for (unsigned i = 0; i < rounds; i += 2)
		double_round(r);
	for (unsigned i = 0; i < 4; i++)
		r[i] += first[i];
	memcpy(out, r, CHACHA_BLOCK_BYTES);
}

void
chacha_stream_init(struct chacha_stream *s, const uint8_t key[CHACHA_KEY_BYTES])
{
	memset(s, 0, sizeof(*s));
	memcpy(s->state, "expand 32-byte k", 16);
	memcpy(s->state + 4, key, CHACHA_KEY_BYTES);
	s->taken = CHACHA_BLOCK_BYTES;
}

void
chacha_stream_take(struct chacha_stream *s, uint8_t out[CHACHA_STREAM_BYTES])
{
	if (s->taken == CHACHA_BLOCK_BYTES) {
		chacha_block(s->state, STREAM_ROUNDS, s->block);
		s->state[12]++;
		s->state[13] += s->state[12] == 0;
		s->taken = 0;
	}
	memcpy(out, s->block + s->taken, CHACHA_STREAM_BYTES);
	s->taken += CHACHA_STREAM_BYTES;
}
