/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames are marked, and that they are whole frames afterwards. */
#include "tools/tamper/mark.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

#define TAG     0x81, 0x00, 0x00, 0x05
#define V4      0x08, 0x00
#define V6      0x86, 0xdd
#define MACS    2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2
#define REST_V4 0, 40, 0x12, 0x34, 0x40, 0, 64, 6
#define ENDS_V4 10, 0, 0, 1, 10, 0, 0, 2
#define REST_V6                                                                                  \
	0, 0, 0, 0, 20, 6, 64, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xfd, 0, 0, 0, \
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2

/* The header's sum with its checksum in it: 0xffff where that is right (RFC 791). */
static uint32_t
sum_of(const uint8_t *ip)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void
set_sum(uint8_t *ip)
{
	uint32_t sum;

	ip[10] = ip[11] = 0;
	sum = ~sum_of(ip);
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

static const struct {
	const char *name;
	uint8_t frame[64];
	uint32_t bytes, ip_at;
	bool is_v4, marked;
} cases[] = {
	{ "IPv4, ECT(0)", { MACS, V4, 0x45, 2, REST_V4, 0, 0, ENDS_V4 }, 34, 14, true, true },
	{ "IPv4, ECT(1)", { MACS, V4, 0x45, 1, REST_V4, 0, 0, ENDS_V4 }, 34, 14, true, true },
	{ "IPv4, a class beside it", { MACS, V4, 0x45, 0xba, REST_V4, 0, 0, ENDS_V4 }, 34, 14, true,
	    true },
	{ "IPv4, not ECT", { MACS, V4, 0x45, 0, REST_V4, 0, 0, ENDS_V4 }, 34, 14, true, false },
	{ "IPv4, CE already", { MACS, V4, 0x45, 3, REST_V4, 0, 0, ENDS_V4 }, 34, 14, true, false },
	{ "IPv4, tagged", { MACS, TAG, V4, 0x45, 2, REST_V4, 0, 0, ENDS_V4 }, 38, 18, true, true },
	{ "IPv6, ECT(0)", { MACS, V6, 0x60, 0x20, REST_V6 }, 54, 14, false, true },
	{ "IPv6, ECT(1)", { MACS, V6, 0x6b, 0x90, REST_V6 }, 54, 14, false, true },
	{ "IPv6, not ECT", { MACS, V6, 0x60, 0, REST_V6 }, 54, 14, false, false },
	{ "IPv6, tagged", { MACS, TAG, V6, 0x60, 0x20, REST_V6 }, 58, 18, false, true },
	{ "no IP version 4", { MACS, V4, 0x65, 2, REST_V4, 0, 0, ENDS_V4 }, 34, 14, false, false },
	{ "no IP version 6", { MACS, V6, 0x40, 0x20, REST_V6 }, 54, 14, false, false },
	{ "ARP", { MACS, 8, 6, 0, 2, 8, 0, 6, 4, 0, 2 }, 42, 14, false, false },
};

TEST(marks_what_may_be_marked)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t frame[64], before[64];
		uint8_t *field;

		memcpy(frame, cases[i].frame, sizeof(frame));
		if (cases[i].is_v4)
			set_sum(frame + cases[i].ip_at);
		memcpy(before, frame, sizeof(frame));
		CHECK_ROW(cases[i].name, mark_congestion(frame, cases[i].bytes) == cases[i].marked);
		if (cases[i].is_v4)
			CHECK_ROW(cases[i].name, sum_of(frame + cases[i].ip_at) == 0xffff);
		field = frame + cases[i].ip_at + 1;
		if (cases[i].marked) {
			unsigned shift = cases[i].is_v4 ? 0 : 4;

			CHECK_ROW(cases[i].name, (*field >> shift & 3) == 3);
			*field = before[cases[i].ip_at + 1];
		}
		if (cases[i].marked && cases[i].is_v4)
			memcpy(frame + cases[i].ip_at + 10, before + cases[i].ip_at + 10, 2);
		CHECK_ROW(cases[i].name, memcmp(frame, before, sizeof(frame)) == 0);
	}
}

/* Cut at every byte: what has no whole header is left alone, and nothing behind the end is read. */
TEST(marks_nothing_cut_short)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint32_t whole = cases[i].ip_at + (cases[i].is_v4 ? 20 : 40);

		for (uint32_t bytes = 0; cases[i].marked && bytes < whole; bytes++) {
			uint8_t *frame = malloc(bytes + (bytes == 0));

			memcpy(frame, cases[i].frame, bytes);
			CHECK_ROW(cases[i].name, !mark_congestion(frame, bytes));
			free(frame);
		}
	}
}

/* Any header whose sum was right has a right one afterwards. */
TEST(mends_every_checksum)
{
	uint8_t frame[64];

	for (uint32_t id = 0; id < 65536; id++) {
		memcpy(frame, cases[0].frame, sizeof(frame));
		frame[18] = (uint8_t)(id >> 8);
		frame[19] = (uint8_t)id;
		set_sum(frame + 14);
		CHECK_SEED(id, mark_congestion(frame, 34) && sum_of(frame + 14) == 0xffff);
	}
}
