/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers of programs: where they begin to run, where sections lie; cut at every byte, and damaged.
 */
#include "scanners/format/program.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

static void
put(uint8_t *at, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void
put_big(uint8_t *at, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		at[width - 1 - i] = (uint8_t)(value >> 8 * i);
}

/* Three sections behind a header at 0x80, 512 bytes of headers, alignments 0x1000 and 0x200. */
static void
make_pe(uint8_t head[1024], uint32_t entry)
{
	static const struct {
		uint32_t bytes, address, raw_bytes, raw;
	} sections[] = { { 0x300, 0x1000, 0x300, 0x200 }, { 0x20, 0x2000, 0x20, 0x600 },
		{ 0x500, 0x3000, 0x400, 0x800 } };

	memset(head, 0, 1024);
	memcpy(head, "MZ", 2);
	put(head + 0x3c, 0x80, 4);
	memcpy(head + 0x80, "PE", 2);
	put(head + 0x80 + 6, 3, 2);
	put(head + 0x80 + 20, 224, 2);
	put(head + 0x98, 0x10b, 2);
	put(head + 0x98 + 16, entry, 4);
	put(head + 0x98 + 32, 0x1000, 4);
	put(head + 0x98 + 36, 0x200, 4);
	put(head + 0x98 + 60, 0x200, 4);
	for (unsigned i = 0; i < 3; i++) {
		uint8_t *row = head + 0x98 + 224 + 40 * i;

		put(row + 8, sections[i].bytes, 4);
		put(row + 12, sections[i].address, 4);
		put(row + 16, sections[i].raw_bytes, 4);
		put(row + 20, sections[i].raw, 4);
	}
}

#define PE_BYTES (0x98 + 224 + 3 * 40)

TEST(places_of_a_pe)
{
	static const struct {
		const char *name;
		uint32_t address;
		uint64_t offset;
		enum program_result result;
	} entries[] = {
		{ "in the first section", 0x1010, 0x210, PROGRAM_YES },
		{ "in what rounding adds", 0x13ff, 0x5ff, PROGRAM_YES },
		{ "in the second", 0x2004, 0x604, PROGRAM_YES },
		{ "in the headers", 0x123, 0x123, PROGRAM_YES },
		{ "in what the headers' rounding adds", 0xfff, 0xfff, PROGRAM_YES },
		{ "none", 0, 0, PROGRAM_YES },
		{ "behind the first section", 0x1400, 0, PROGRAM_NO },
		{ "behind all", 0x3400, 0, PROGRAM_NO },
	};
	uint8_t head[1024];
	struct program p;

	for (unsigned i = 0; i < COUNT_OF(entries); i++) {
		make_pe(head, entries[i].address);
		CHECK_ROW(entries[i].name,
		    program_read(span_of(head, PE_BYTES), false, &p) == entries[i].result);
		if (entries[i].result == PROGRAM_YES)
			CHECK_ROW(entries[i].name, p.entry == entries[i].offset);
		CHECK_ROW(entries[i].name, p.section_count == 3 && p.sections[0].at == 0x200 &&
					       p.sections[0].bytes == 0x400 &&
					       p.sections[1].bytes == 0x200 &&
					       p.sections[2].at == 0x800);
	}
}

/* What is cut can't be told yet, or never; nothing behind the end is read. */
TEST(a_pe_cut_at_every_byte)
{
	uint8_t head[1024];
	struct program p;

	make_pe(head, 0x1010);
	for (size_t n = 0; n < PE_BYTES; n++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, head, n);
		CHECK_SEED(n, program_read(span_of(copy, n), false, &p) == PROGRAM_BEYOND);
		CHECK_SEED(n, program_read(span_of(copy, n), true, &p) == PROGRAM_NO);
		free(copy);
	}
}

TEST(damaged_headers_of_a_pe)
{
	static const struct {
		const char *name;
		size_t at;
		uint32_t value;
		unsigned width;
		enum program_result result;
	} damages[] = {
		{ "no mark", 0x80, 0x4d5a, 2, PROGRAM_NO },
		{ "a header far behind", 0x3c, 0xfffffff0, 4, PROGRAM_BEYOND },
		{ "no section", 0x86, 0, 2, PROGRAM_NO },
		{ "97 sections", 0x86, 97, 2, PROGRAM_NO },
		{ "96 sections", 0x86, 96, 2, PROGRAM_BEYOND },
		{ "a short optional header", 0x94, 95, 2, PROGRAM_NO },
		{ "a long one", 0x94, 0xffff, 2, PROGRAM_BEYOND },
		{ "no alignment of sections", 0x98 + 32, 0, 4, PROGRAM_YES },
		{ "no alignment in the file", 0x98 + 36, 0, 4, PROGRAM_YES },
		{ "one that sections contradict", 0x98 + 36, 0x10000, 4, PROGRAM_YES },
	};
	uint8_t head[1024];
	struct program p;

	for (unsigned i = 0; i < COUNT_OF(damages); i++) {
		make_pe(head, 0x1010);
		put(head + damages[i].at, damages[i].value, damages[i].width);
		CHECK_ROW(damages[i].name,
		    program_read(span_of(head, PE_BYTES), false, &p) == damages[i].result);
		if (damages[i].result == PROGRAM_YES)
			CHECK_ROW(damages[i].name, p.entry == 0x210);
	}
}

/* One loaded segment of 0x1000 bytes at 0x400000, its bytes from 0x100 on. */
TEST(places_of_an_elf)
{
	uint8_t head[256] = { 0x7f, 'E', 'L', 'F', 2, 1 };
	struct program p;

	put(head + 24, 0x400010, 8);
	put(head + 32, 64, 8);
	put(head + 56, 1, 2);
	put(head + 64 + 8, 0x100, 8);
	put(head + 64 + 16, 0x400000, 8);
	put(head + 64 + 40, 0x1000, 8);
	CHECK(program_read(span_of(head, sizeof(head)), false, &p) == PROGRAM_YES);
	CHECK(p.entry == 0x110 && p.section_count == 0);
	CHECK(program_read(span_of(head, 100), false, &p) == PROGRAM_BEYOND);
	put(head + 24, 0x500000, 8);
	CHECK(program_read(span_of(head, sizeof(head)), false, &p) == PROGRAM_NO);
	put(head + 56, 129, 2);
	CHECK(program_read(span_of(head, sizeof(head)), false, &p) == PROGRAM_NO);
	put(head + 56, 0, 2);
	CHECK(program_read(span_of(head, sizeof(head)), false, &p) == PROGRAM_YES && p.entry == 0);
}

/* Its table of three sections stands at 0x100; section n begins at 0x1000 + n, of 0x20 + n bytes.
 */
static void
make_elf(uint8_t bytes[0x200], bool is_wide, bool is_big)
{
	unsigned row = is_wide ? 64 : 40, word = is_wide ? 8 : 4;
	void (*set)(uint8_t *, uint64_t, unsigned) = is_big ? put_big : put;

	memset(bytes, 0, 0x200);
	memcpy(bytes, "\177ELF", 4);
	bytes[4] = is_wide ? 2 : 1;
	bytes[5] = is_big ? 2 : 1;
	set(bytes + (is_wide ? 40 : 32), 0x100, word);
	set(bytes + (is_wide ? 58 : 46), row, 2);
	set(bytes + (is_wide ? 60 : 48), 3, 2);
	for (unsigned i = 0; i < 3; i++) {
		set(bytes + 0x100 + i * row + (is_wide ? 24 : 16), 0x1000 + i, word);
		set(bytes + 0x100 + i * row + (is_wide ? 32 : 20), 0x20 + i, word);
	}
}

TEST(sections_of_a_whole_elf)
{
	uint8_t bytes[0x200];
	struct program p;

	for (unsigned form = 0; form < 4; form++) {
		bool is_wide = (form & 1) != 0, is_big = (form & 2) != 0;

		make_elf(bytes, is_wide, is_big);
		CHECK_SEED(
		    form, program_read(span_of(bytes, sizeof(bytes)), true, &p) == PROGRAM_YES);
		CHECK_SEED(form, p.section_count == 0);
		program_read_elf_sections(span_of(bytes, sizeof(bytes)), &p);
		CHECK_SEED(form, p.section_count == 3 && p.sections[1].at == 0x1001);
		CHECK_SEED(form, p.sections[1].bytes == 0x21 && p.last.at == 0x1002);
		p.section_count = 0;
		program_read_elf_sections(span_of(bytes, 0x100 + 3 * (is_wide ? 64 : 40) - 1), &p);
		CHECK_SEED(form, p.section_count == 0); /* the table is cut off */
		bytes[is_wide ? 58 + is_big : 46 + is_big]++;
		program_read_elf_sections(span_of(bytes, sizeof(bytes)), &p);
		CHECK_SEED(form, p.section_count == 0); /* rows of another size */
	}
	program_read_elf_sections(span_text("MZ, no ELF"), &p);
	CHECK(p.section_count == 0);
}

/* No more are kept than there is room for; the last one is known all the same. */
TEST(an_elf_of_many_sections)
{
	static uint8_t bytes[64 + 3000 * 64];
	struct program p = { .section_count = 0 };

	memcpy(bytes, "\177ELF\2\1", 6);
	put(bytes + 40, 64, 8);
	put(bytes + 58, 64, 2);
	put(bytes + 60, 2048, 2);
	put(bytes + 64 + 2047 * 64 + 24, 7777, 8);
	program_read_elf_sections(span_of(bytes, sizeof(bytes)), &p);
	CHECK(p.section_count == 2048 && p.last.at == 7777);
	put(bytes + 64 + 2047 * 64 + 32, UINT64_MAX, 8); /* its length, of which 32 bits count */
	program_read_elf_sections(span_of(bytes, sizeof(bytes)), &p);
	CHECK(p.last.bytes == UINT32_MAX);
	put(bytes + 60, 2049, 2); /* more than ClamAV takes */
	p.section_count = 0;
	program_read_elf_sections(span_of(bytes, sizeof(bytes)), &p);
	CHECK(p.section_count == 0);
}

TEST(no_program)
{
	struct program p;

	CHECK(program_read(span_text("<!doctype html>"), false, &p) == PROGRAM_NO);
	CHECK(program_read(span_text("\177EL"), true, &p) == PROGRAM_NO);
	CHECK(program_read(span_of(NULL, 0), true, &p) == PROGRAM_NO);
}

static bool
has_parts(const uint8_t *bytes, size_t count, const struct program_section *expected, unsigned n)
{
	struct program_section got[PROGRAM_OVERLAY_MAX];
	unsigned parts = program_overlay(span_of(bytes, count), got);

	for (unsigned i = 0; i < parts && i < n; i++) {
		if (got[i].at != expected[i].at || got[i].bytes != expected[i].bytes)
			return false;
	}
	return parts == n;
}

/* make_pe() with sections to 0xc00, and 16 data directories. */
TEST(overlay_of_a_pe)
{
	static const struct {
		const char *name;
		uint32_t certificates, certificate_bytes;
		size_t bytes;
		unsigned count;
		struct program_section parts[PROGRAM_OVERLAY_MAX];
	} rows[] = {
		{ "none", 0, 0, 0xc00, 0, { { 0, 0 } } },
		{ "one byte", 0, 0, 0xc01, 1, { { 0xc00, 1 } } },
		{ "its last section is cut", 0, 0, 0xbff, 0, { { 0, 0 } } },
		{ "certificates alone", 0xc00, 0x100, 0xd00, 1, { { 0xc00, 0x100 } } },
		{ "before and behind them", 0xc80, 0x100, 0xe00, 3,
		    { { 0xc00, 0x80 }, { 0xc80, 0x100 }, { 0xd80, 0x80 } } },
		{ "certificates behind the end", 0xd00, 0x101, 0xe00, 1, { { 0xc00, 0x200 } } },
		{ "certificates at all ends", 0xfffffff0, 0xfffffff0, 0xe00, 1,
		    { { 0xc00, 0x200 } } },
		{ "certificates in a section", 0x300, 0xa00, 0xe00, 1, { { 0xc00, 0x200 } } },
	};
	uint8_t head[1024], *file = calloc(1, 0x1000);

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		make_pe(head, 0x1010);
		put(head + 0x98 + 92, 16, 4);
		put(head + 0x98 + 96 + 32, rows[i].certificates, 4);
		put(head + 0x98 + 96 + 36, rows[i].certificate_bytes, 4);
		memcpy(file, head, PE_BYTES);
		CHECK_ROW(
		    rows[i].name, has_parts(file, rows[i].bytes, rows[i].parts, rows[i].count));
	}
	put(file + 0x98 + 92, 4, 4); /* fewer directories: the fifth is none */
	put(file + 0x98 + 96 + 32, 0xc80, 4);
	CHECK(has_parts(file, 0xe00, &(struct program_section){ 0xc00, 0x200 }, 1));
	put(file + 0x98 + 224 + 16, 0xffffffff, 4); /* a section that reaches behind the end */
	CHECK(has_parts(file, 0xe00, NULL, 0));
	free(file);
}

TEST(own_bytes_of_a_pe)
{
	static const struct {
		const char *name;
		uint32_t certificates, certificate_bytes;
		size_t bytes;
		uint64_t own;
	} rows[] = {
		{ "alone", 0, 0, 0xc00, 0xc00 },
		{ "something behind", 0, 0, 0xe00, 0xc00 },
		{ "cut", 0, 0, 0xbff, 0xbff },
		{ "with certificates", 0xc00, 0x100, 0xe00, 0xd00 },
		{ "a little before them", 0xc08, 0x100, 0xe00, 0xd08 },
		{ "much before them", 0xe00, 0x100, 0x1000, 0xc00 },
		{ "certificates that are cut", 0xc00, 0x201, 0xe00, 0xc00 },
		{ "certificates at all ends", 0xfffffff0, 0xfffffff0, 0xe00, 0xc00 },
	};
	uint8_t head[1024], *file = calloc(1, 0x1000);

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		make_pe(head, 0x1010);
		put(head + 0x98 + 92, 16, 4);
		put(head + 0x98 + 96 + 32, rows[i].certificates, 4);
		put(head + 0x98 + 96 + 36, rows[i].certificate_bytes, 4);
		memcpy(file, head, PE_BYTES);
		CHECK_ROW(rows[i].name, program_bytes(span_of(file, rows[i].bytes)) == rows[i].own);
	}
	free(file);
	CHECK(program_bytes(span_text("MZ")) == 2);
}

/* One segment to 0x300, a section that has no bytes, one to 0x400, the tables within or behind. */
TEST(overlay_of_an_elf)
{
	static const struct {
		const char *name;
		uint64_t at, value; /* a damage */
		unsigned width;
		size_t bytes;
		uint64_t overlay; /* 0: none */
	} rows[] = {
		{ "none", 0, 0x7f, 1, 0x4c0, 0 },
		{ "behind the table of sections", 0, 0x7f, 1, 0x4c1, 0x4c0 },
		{ "no sections", 60, 0, 2, 0x600, 0x400 },
		{ "neither", 56, 0, 2, 0x600, 0x4c0 },
		{ "a segment behind the end", 64 + 32, 0x10000, 8, 0x600, 0 },
		{ "a segment of all there is", 64 + 32, UINT64_MAX, 8, 0x600, 0 },
		{ "sections far away", 40, UINT64_MAX - 8, 8, 0x600, 0 },
		{ "sections behind the end", 40, 0x5f0, 8, 0x600, 0 },
	};
	uint8_t *file = malloc(0x600);

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		static const uint8_t begin[] = { 0x7f, 'E', 'L', 'F', 2, 1 };

		memset(file, 0, 0x600);
		memcpy(file, begin, sizeof(begin));
		put(file + 32, 64, 8);    /* programs */
		put(file + 40, 0x400, 8); /* sections */
		put(file + 54, 56, 2);
		put(file + 56, 1, 2);
		put(file + 58, 64, 2);
		put(file + 60, 3, 2);
		put(file + 64, 1, 4);
		put(file + 64 + 8, 0x100, 8);
		put(file + 64 + 32, 0x200, 8);
		put(file + 0x440 + 4, 8, 4); /* no bytes, whatever it says */
		put(file + 0x440 + 24, 0x300, 8);
		put(file + 0x440 + 32, 0x100000, 8);
		put(file + 0x480 + 4, 1, 4);
		put(file + 0x480 + 24, 0x300, 8);
		put(file + 0x480 + 32, 0x100, 8);
		put(file + rows[i].at, rows[i].value, rows[i].width);
		CHECK_ROW(rows[i].name, has_parts(file, rows[i].bytes,
					    &(struct program_section){
						rows[i].overlay, rows[i].bytes - rows[i].overlay },
					    rows[i].overlay != 0));
	}
	free(file);
}

/* Whatever stands in the headers, nothing behind the end is looked at or told. */
TEST(overlays_of_cut_and_odd_programs)
{
	uint8_t head[1024];
	struct program_section parts[PROGRAM_OVERLAY_MAX];

	CHECK(program_overlay(span_of(NULL, 0), parts) == 0);
	CHECK(program_overlay(span_text("MZ"), parts) == 0);
	make_pe(head, 0x1010);
	for (size_t n = 0; n < sizeof(head); n++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, head, n);
		CHECK_SEED(n, program_overlay(span_of(copy, n), parts) == 0);
		free(copy);
	}
	for (unsigned seed = 1; seed < 20000; seed++) {
		uint8_t *file = malloc(200);
		uint32_t state = seed;
		uint64_t at = 0;
		unsigned n;

		for (unsigned i = 0; i < 200; i++) {
			state = state * 1664525 + 1013904223;
			file[i] = (state >> 16 & 3) != 0 ? 0 : (uint8_t)(state >> 24);
		}
		memcpy(file, seed % 2 == 0 ? "MZ" : "\177ELF\2\1", seed % 2 == 0 ? 2 : 6);
		if (seed % 2 == 0) {
			put(file + 0x3c, 0x44, 4);
			memcpy(file + 0x44, "PE\0", 4);
		}
		n = program_overlay(span_of(file, 200), parts);
		for (unsigned i = 0; i < n; i++) {
			CHECK_SEED(seed, parts[i].at >= at && parts[i].bytes > 0);
			CHECK_SEED(seed, parts[i].at <= 200 && parts[i].bytes <= 200 - parts[i].at);
			at = parts[i].at + parts[i].bytes;
		}
		free(file);
	}
}
