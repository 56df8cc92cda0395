/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-2-4, written from the paper's description; checked against its appendix A vectors. */
#include "common/base/siphash.h"

#include <string.h>

#include "common/base/siphash_rounds.h"

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
