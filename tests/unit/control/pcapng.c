/* SPDX-License-Identifier: BSD-3-Clause */
/* The blocks of a capture file, byte by byte as the format has them; the scenario lets tcpdump read
 * one. */
#include "control/pcapng.h"

#include "tests/unit/harness.h"

static uint32_t
u32_at(const char *p, size_t at)
{
	uint32_t v;

	memcpy(&v, p + at, sizeof(v));
	return v;
}

static uint16_t
u16_at(const char *p, size_t at)
{
	uint16_t v;

	memcpy(&v, p + at, sizeof(v));
	return v;
}

/* Type, length at both ends, a multiple of four. */
static bool
is_block(const char *p, size_t bytes, uint32_t type)
{
	return u32_at(p, 0) == type && u32_at(p, 4) == bytes && u32_at(p, bytes - 4) == bytes &&
	       bytes % 4 == 0;
}

/* Where the value of an option stands, from `at` on; 0: there is none. */
static size_t
option(const char *p, size_t at, uint16_t code, uint16_t *bytes)
{
	while (u16_at(p, at) != 0) {
		*bytes = u16_at(p, at + 2);
		if (u16_at(p, at) == code)
			return at + 4;
		at += 4u + (*bytes + 3u) / 4 * 4;
	}
	return 0;
}

TEST(pcapng_section_and_interface)
{
	char out[PCAPNG_HEAD_BYTES_MAX], longer[400];
	uint16_t bytes;
	size_t n = pcapng_section("sluice 1", out), at;

	CHECK(is_block(out, n, 0x0a0d0d0a) && u32_at(out, 8) == 0x1a2b3c4d);
	CHECK(u16_at(out, 12) == 1 && u16_at(out, 14) == 0);
	at = option(out, 24, 4, &bytes);
	CHECK(at != 0 && bytes == 8 && memcmp(out + at, "sluice 1", 8) == 0);
	n = pcapng_interface("core0", "of it", 96, out);
	CHECK(is_block(out, n, 1) && u16_at(out, 8) == 1 && u32_at(out, 12) == 96);
	at = option(out, 16, 2, &bytes);
	CHECK(at != 0 && bytes == 5 && memcmp(out + at, "core0", 5) == 0);
	at = option(out, 16, 9, &bytes);
	CHECK(at != 0 && bytes == 1 && out[at] == 9);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	n = pcapng_interface(longer, longer, 96, out);
	CHECK(n < PCAPNG_HEAD_BYTES_MAX && is_block(out, n, 1));
}

TEST(pcapng_packets_of_every_length)
{
	static uint8_t frame[70];
	char out[sizeof(frame) + PCAPNG_PACKET_OVERHEAD];
	uint16_t bytes;

	for (uint32_t kept = 0; kept <= sizeof(frame); kept++) {
		size_t n =
		    pcapng_packet(3, 0x123456789abcdef0, PCAPNG_OUTBOUND, frame, kept, 1500, out);
		size_t at = 28 + (kept + 3) / 4 * 4, flags;

		CHECK_SEED(kept, is_block(out, n, 6) && n <= sizeof(out));
		CHECK_SEED(kept, u32_at(out, 8) == 3 && u32_at(out, 12) == 0x12345678 &&
				     u32_at(out, 16) == 0x9abcdef0);
		CHECK_SEED(kept, u32_at(out, 20) == kept && u32_at(out, 24) == 1500);
		CHECK_SEED(kept, memcmp(out + 28, frame, kept) == 0);
		flags = option(out, at, 2, &bytes);
		CHECK_SEED(kept, flags != 0 && bytes == 4 && u32_at(out, flags) == 2);
	}
}

TEST(pcapng_statistics_tell_what_is_missing)
{
	char out[PCAPNG_HEAD_BYTES_MAX];
	uint16_t bytes;
	uint64_t v;
	size_t n = pcapng_statistics(1, 5, 100, 7, out), at;

	CHECK(is_block(out, n, 5) && u32_at(out, 8) == 1);
	at = option(out, 20, 5, &bytes);
	memcpy(&v, out + at, 8);
	CHECK(at != 0 && bytes == 8 && v == 7);
	at = option(out, 20, 6, &bytes);
	memcpy(&v, out + at, 8);
	CHECK(at != 0 && v == 100);
}
