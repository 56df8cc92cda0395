/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/base/chacha.h"

#include <string.h>

#include "tests/unit/harness.h"

/* RFC 8439 §2.3.2: key 00 to 1f, block 1, nonce 000000090000004a00000000, twenty rounds. */
TEST(chacha_block_of_the_rfc)
{
	static const uint8_t right[CHACHA_BLOCK_BYTES] = { 0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59,
		0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33,
		0xc0, 0x68, 0x03, 0x04, 0x22, 0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64,
		0x46, 0x07, 0x9f, 0xaa, 0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5,
		0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c,
		0x4e };
	uint32_t state[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, [12] = 1, 0x09000000,
		0x4a000000, 0 };
	uint8_t out[CHACHA_BLOCK_BYTES];

	for (uint32_t i = 0; i < 8; i++)
		state[4 + i] = 0x03020100u + 0x04040404u * i;
	chacha_block(state, 20, out);
	CHECK(memcmp(out, right, sizeof(out)) == 0);
}

/* draft-strombergson-chacha-test-vectors-01, TC1: a key of zeros, eight rounds, block 0. */
TEST(chacha_stream_of_a_zero_key)
{
	static const uint8_t right[CHACHA_STREAM_BYTES] = { 0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f,
		0x40, 0xd6, 0x7f, 0x5b, 0xb8, 0xe8, 0x1f, 0x09, 0xa5, 0xa1 };
	uint8_t key[CHACHA_KEY_BYTES] = { 0 }, out[CHACHA_STREAM_BYTES];
	struct chacha_stream s;

	chacha_stream_init(&s, key);
	chacha_stream_take(&s, out);
	CHECK(memcmp(out, right, sizeof(out)) == 0);
}

/* What is taken are the blocks in order, whole; the number's upper half follows its lower. */
TEST(chacha_stream_is_its_blocks)
{
	uint8_t key[CHACHA_KEY_BYTES] = { 7 }, block[CHACHA_BLOCK_BYTES], out[CHACHA_STREAM_BYTES];
	struct chacha_stream s;
	uint32_t state[16];

	chacha_stream_init(&s, key);
	s.state[12] = UINT32_MAX;
	memcpy(state, s.state, sizeof(state));
	for (unsigned n = 0; n < 3; n++) {
		chacha_block(state, 8, block);
		for (unsigned at = 0; at < sizeof(block); at += sizeof(out)) {
			chacha_stream_take(&s, out);
			CHECK(memcmp(out, block + at, sizeof(out)) == 0);
		}
		state[13] += ++state[12] == 0;
	}
	CHECK(state[12] == 2 && state[13] == 1);
}
