/* SPDX-License-Identifier: BSD-3-Clause */
/* Version information of a program: where it lies, which offsets are keys of its strings; and what
 * hostile tables cost. ClamAV's own program and eight signatures of its are in
 * tests/unit/tools/sigc. */
#include "scanners/format/version_info.h"

#include <string.h>

#include "tests/unit/harness.h"

#define BYTES     0x1000
#define HEADER    0x80
#define OPTIONAL  (HEADER + 24)
#define RESOURCES 0x400 /* of the file; 0x3000 when it is loaded */
#define INFO      0x600

static uint8_t program[BYTES];

static void
put(size_t at, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		program[at + i] = (uint8_t)(value >> 8 * i);
}

/* A block's head and key; returns where the block ends, aligned. */
static size_t
put_block(size_t at, size_t bytes, size_t value_bytes, const char *key)
{
	put(at, bytes, 2);
	put(at + 2, value_bytes, 2);
	for (size_t i = 0; key[i] != 0; i++)
		put(at + 6 + 2 * i, (uint8_t)key[i], 2);
	return (at + bytes + 3) / 4 * 4;
}

/* A directory with one entry. */
static void
put_directory(size_t at, uint32_t id, uint32_t to)
{
	put(at + 14, 1, 2);
	put(at + 16, id, 4);
	put(at + 20, to, 4);
}

/* Two strings: the keys stand at 0x6a0 and behind 40 bytes. */
static void
make(uint32_t type)
{
	memset(program, 0, sizeof(program));
	memcpy(program, "MZ", 2);
	put(0x3c, HEADER, 4);
	memcpy(program + HEADER, "PE", 2);
	put(HEADER + 6, 1, 2);
	put(HEADER + 20, 224, 2);
	put(OPTIONAL, 0x10b, 2);
	put(OPTIONAL + 92, 16, 4);
	put(OPTIONAL + 96 + 16, 0x3000, 4);
	put(OPTIONAL + 224 + 12, 0x3000, 4);
	put(OPTIONAL + 224 + 16, 0x800, 4);
	put(OPTIONAL + 224 + 20, RESOURCES, 4);
	put_directory(RESOURCES, type, 0x80000020);
	put_directory(RESOURCES + 0x20, 1, 0x80000040);
	put_directory(RESOURCES + 0x40, 0x409, 0x60);
	put(RESOURCES + 0x60, 0x3000 + INFO - RESOURCES, 4);
	put(RESOURCES + 0x64, 0x200, 4);
	put_block(INFO, 0x1d0, 0x34, "VS_VERSION_INFO");
	put(INFO + 0x28, 0xfeef04bd, 4);
	put_block(INFO + 0x5c, 0x120, 0, "StringFileInfo");
	put_block(INFO + 0x80, 0xfc, 0, "040904b0");
	put_block(put_block(INFO + 0x98, 37, 3, "CompanyName"), 40, 3, "FileVersion");
}

static struct span
whole(void)
{
	return span_of(program, sizeof(program));
}

TEST(keys_of_strings_are_told)
{
	struct program_section found[VERSION_INFO_MAX];
	const size_t first = INFO + 0x98 + 6, second = first + 40;

	make(16);
	CHECK(version_info_find(whole(), found) == 1);
	CHECK(found[0].at == INFO && found[0].bytes == 0x200);
	for (size_t at = 0; at < BYTES; at++)
		CHECK_SEED(at, version_info_has_key_at(whole(), &found[0], at) ==
				   (at == first || at == second));
	put_block(INFO + 0x5c, 0x120, 0, "VarFileInfo....");
	CHECK(!version_info_has_key_at(whole(), &found[0], first));
	make(16);
	put(INFO + 0x28, 0, 4);
	CHECK(!version_info_has_key_at(whole(), &found[0], first));
}

TEST(what_has_none_has_none)
{
	struct program_section found[VERSION_INFO_MAX];

	make(15); /* another type of resource */
	CHECK(version_info_find(whole(), found) == 0);
	make(16);
	put(RESOURCES + 0x64, 0x10000, 4); /* more than there is */
	CHECK(version_info_find(whole(), found) == 0);
	make(16);
	put(OPTIONAL + 92, 2, 4); /* no such directory */
	CHECK(version_info_find(whole(), found) == 0);
	CHECK(version_info_find(span_text("MZ"), found) == 0);
	CHECK(version_info_find(span_of(NULL, 0), found) == 0);
}

/* At every length, and with each byte of the tables another: no read behind the end (sanitizer). */
TEST(cut_and_damaged_programs_are_read_within_their_bounds)
{
	static uint8_t copy[BYTES];
	struct program_section found[VERSION_INFO_MAX];

	make(16);
	for (size_t n = 0; n < BYTES; n++) {
		struct span cut = span_of(memcpy(copy + BYTES - n, program, n), n);
		unsigned count = version_info_find(cut, found);

		for (unsigned i = 0; i < count; i++)
			CHECK_SEED(n, !version_info_has_key_at(cut, &found[i], n));
	}
	for (size_t at = HEADER; at < BYTES; at++) {
		unsigned count;

		make(16);
		program[at] ^= 0xff;
		count = version_info_find(whole(), found);
		for (unsigned i = 0; i < count; i++)
			version_info_has_key_at(whole(), &found[i], INFO + 0x9e);
		CHECK_SEED(at, count <= VERSION_INFO_MAX);
	}
}

/* A directory that is its own entry, 65,535 times. */
TEST(directories_within_themselves_end)
{
	struct program_section found[VERSION_INFO_MAX];

	make(16);
	put(RESOURCES + 0x20 + 14, 0xffff, 2);
	for (unsigned i = 0; i < 0x40; i++)
		put(RESOURCES + 0x20 + 20 + 8 * i, 0x80000020, 4);
	CHECK(version_info_find(whole(), found) == 0);
}
