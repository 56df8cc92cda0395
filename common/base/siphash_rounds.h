/* SPDX-License-Identifier: BSD-3-Clause */
/* What SipHash is made of, for the two that are. */
#ifndef SLUICE_BASE_SIPHASH_ROUNDS_H
#define SLUICE_BASE_SIPHASH_ROUNDS_H

#include "common/base/siphash.h"

static inline void
sip_begin(const struct siphash_key *key, uint64_t v[4])
{
	v[0] = key->k0 ^ 0x736f6d6570736575u;
	v[1] = key->k1 ^ 0x646f72616e646f6du;
	v[2] = key->k0 ^ 0x6c7967656e657261u;
	v[3] = key->k1 ^ 0x7465646279746573u;
}

static inline uint64_t
rotate_left(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static inline void
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

static inline void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

#endif
