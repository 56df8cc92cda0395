/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/inspect/uuid.h"

#include <string.h>

#include "tests/unit/harness.h"

#define TAKEN (3 * UUID_AHEAD_BYTES / UUID_BYTES)

/* RFC 8439 appendix A.1, vector 1, is the key stream of a zero key: 76b8e0ad a0f13d90 405d6ae5
 * 5386bd28; version and variant are put over it. */
TEST(uuid_of_a_zero_key)
{
	static const uint8_t key[UUID_KEY_BYTES], right[UUID_BYTES] = { 0x76, 0xb8, 0xe0, 0xad,
		0xa0, 0xf1, 0x4d, 0x90, 0x80, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28 };
	struct uuid_stream s;
	uint8_t out[UUID_BYTES];

	CHECK(uuid_open(&s, key) == 0);
	uuid_take(&s, out);
	CHECK(memcmp(out, right, sizeof(out)) == 0);
	uuid_close(&s);
}

/* Over several times what is made at once, and beside another key's. */
TEST(uuids_are_never_the_same)
{
	static uint8_t all[2 * TAKEN][UUID_BYTES];

	for (unsigned n = 0; n < 2; n++) {
		const uint8_t key[UUID_KEY_BYTES] = { (uint8_t)n };
		struct uuid_stream s;

		CHECK(uuid_open(&s, key) == 0);
		for (unsigned i = 0; i < TAKEN; i++)
			uuid_take(&s, all[n * TAKEN + i]);
		uuid_close(&s);
	}
	for (unsigned i = 0; i < 2 * TAKEN; i++) {
		CHECK(all[i][6] >> 4 == 4 && all[i][8] >> 6 == 2);
		for (unsigned k = 0; k < i; k++)
			CHECK(memcmp(all[i], all[k], UUID_BYTES) != 0);
	}
}
