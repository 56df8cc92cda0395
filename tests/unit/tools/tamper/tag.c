/* SPDX-License-Identifier: BSD-3-Clause */
/* A tag goes in and comes out again, and no frame that has none of ours comes out. */
#include "tools/tamper/tag.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

#define ADDRESSES 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12

TEST(a_tag_goes_in_and_comes_out)
{
	static const uint8_t plain[] = { ADDRESSES, 8, 0, 0x45, 99 };
	static const uint8_t tagged[] = { ADDRESSES, 0x81, 0, 0x20, 100, 8, 0, 0x45, 99 };
	uint8_t room[TAG_BYTES + sizeof(plain)], *frame = room + TAG_BYTES;
	uint32_t bytes = sizeof(plain);

	memcpy(frame, plain, sizeof(plain));
	frame = tag_push(frame, &bytes, TAG_TYPE, 0x2064);
	CHECK(frame == room && bytes == sizeof(tagged) && memcmp(frame, tagged, bytes) == 0);
	CHECK(tag_pop(frame, &bytes, 101) == NULL && bytes == sizeof(tagged));
	frame = tag_pop(frame, &bytes, 100);
	CHECK(frame == room + TAG_BYTES && bytes == sizeof(plain));
	CHECK(frame != NULL && memcmp(frame, plain, sizeof(plain)) == 0);
	CHECK(tag_pop(room + TAG_BYTES, &bytes, 100) == NULL);
}

TEST(frames_too_short_for_a_tag)
{
	for (uint32_t size = 0; size < 16; size++) {
		uint8_t *room = malloc(TAG_BYTES + size), *frame = room + TAG_BYTES;
		uint32_t bytes = size;

		memset(room, 0x81, TAG_BYTES + size);
		CHECK_SEED(size, tag_pop(frame, &bytes, 0x181) == NULL && bytes == size);
		CHECK_SEED(size, (tag_push(frame, &bytes, TAG_TYPE, 1) == frame) == (size < 12));
		CHECK_SEED(size, bytes == size + (size < 12 ? 0 : TAG_BYTES));
		free(room);
	}
}
