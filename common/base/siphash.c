/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-2-4, written from the paper's description; checked against its appendix A vectors. */
#include "common/base/siphash.h"

#include <string.h>

static void
sip_begin(const struct siphash_key *key, uint64_t v[4])
{
	v[0] = key->k0 ^ 0x736f6d6570736575u;
	v[1] = key->k1 ^ 0x646f72616e646f6du;
	v[2] = key->k0 ^ 0x6c7967656e657261u;
	v[3] = key->k1 ^ 0x7465646279746573u;
}

static uint64_t
rotate_left(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate_left(v[1], 13) ^ v[0];
	v[3] = rotate_left(v[3], 16) ^ v[2];
	v[0] = rotate_left(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate_left(v[1], 17) ^ v[2];
	v[3] = rotate_left(v[3], 21) ^ v[0];
	v[2] = rotate_left(v[2], 32);
}

static void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

uint64_t
siphash(const struct siphash_key *key, const void *data, size_t bytes)
{
	const uint8_t *p = data;
	uint64_t v[4];
	uint64_t last = (uint64_t)bytes << 56;
	uint64_t word;
	uint32_t half;

	sip_begin(key, v);
	for (size_t left = bytes; left >= 8; left -= 8, p += 8) {
		memcpy(&word, p, 8);
		sip_word(v, word);
	}
	if (bytes & 4) { /* most of what is hashed ends in whole ports */
		memcpy(&half, p, 4);
		last |= half;
	}
	for (size_t i = bytes & 4; i < bytes % 8; i++)
		last |= (uint64_t)p[i] << (8 * i);
	sip_word(v, last);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
