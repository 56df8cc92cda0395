/* SPDX-License-Identifier: BSD-3-Clause */
/* The variant whose authors publish it with SipHash; checked against their vector. */
#include "common/base/siphash_pair.h"

#include "common/base/siphash_rounds.h"

void
siphash_pair(const struct siphash_key *key, uint64_t number, uint64_t out[2])
{
	uint64_t v[4];

	sip_begin(key, v);
	v[1] ^= 0xee;
	sip_word(v, number);
	sip_word(v, (uint64_t)sizeof(number) << 56);
	v[2] ^= 0xee;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	out[0] = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	out[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
}
