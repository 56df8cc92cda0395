/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs that lie in something else are judged from their first byte to their last. */
#include <stdio.h>

#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"

#define PE_BYTES 0x400

/* Both hang on where the program begins and how long it is. */
static const char rules[] =
    "rule pe { condition: uint16(0) == 0x5a4d and uint32(0x40) == 0x4550 and filesize == 1024 }"
    "rule thin { condition: uint32(0) == 0xfeedfacf and filesize == 64 }";

static struct packed made;

static bool
is_found(struct judge *j, const char *threat, const char *layer)
{
	j->deep.limits = packer_limits;
	deepscan_judge(&j->deep, packer_span(&made), span_text(""));
	if (strcmp(j->deep.layer, layer) != 0)
		fprintf(stderr, "  '%s', not '%s'\n", j->deep.layer, layer);
	return j->deep.verdict == VERDICT_BAD && strcmp(j->deep.threat, threat) == 0 &&
	       strcmp(j->deep.layer, layer) == 0;
}

static bool
is_clean(struct judge *j, enum source source)
{
	j->deep.limits = packer_limits;
	deepscan_judge(&j->deep, packer_span(&made), span_text(""));
	return j->deep.verdict == VERDICT_CLEAN && j->deep.source == source;
}

static void
fill(uint8_t byte, size_t count)
{
	memset(made.bytes + made.used, byte, count);
	made.used += count;
}

/* A PE of one section to 0x400, and one that holds `inner` more bytes in its section. */
static void
add_program(uint32_t inner)
{
	uint8_t *pe = made.bytes + made.used;
	const uint32_t at = 0x200, bytes = 0x200 + inner;

	fill(0, PE_BYTES);
	memcpy(pe, "MZ", 2);
	pe[0x3c] = 0x40;
	memcpy(pe + 0x40, "PE", 2);
	pe[0x46] = 1;
	pe[0x54] = 96;
	pe[0x58] = 0x0b;
	pe[0x59] = 1;
	memcpy(pe + 0xb8 + 16, &bytes, 4);
	memcpy(pe + 0xb8 + 20, &at, 4);
}

TEST(a_program_within_another_file_is_judged)
{
	static const struct {
		const char *name, *head;
	} rows[] = { { "a blob", "\1\2\3" }, { "a picture", "\x89PNG\r\n\x1a\n" },
		{ "a page", "<html> MZ" } };
	struct judge j;

	CHECK(judge_begin(&j, span_text(rules)));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		made.used = 0;
		packer_add(&made, span_text(rows[i].head));
		fill(0xa5, 1000 - made.used);
		add_program(0);
		fill(0xa5, 777);
		CHECK_ROW(rows[i].name, is_found(&j, "pe", "at:1000"));
		made.bytes[1040] = 'x';
		made.bytes[1064] = 'x'; /* its head is none */
		CHECK_ROW(rows[i].name, is_clean(&j, SOURCE_SANDBOX));
	}
	judge_end(&j);
}

TEST(a_program_within_a_program_is_judged)
{
	struct judge j;

	CHECK(judge_begin(&j, span_text(rules)));
	made.used = 0;
	add_program(2 * PE_BYTES);
	add_program(0);
	fill(0xa5, PE_BYTES);
	CHECK(is_found(&j, "pe", "at:1024"));
	judge_end(&j);
}

/* As many programs as there are bytes: each up to the file's end, and the limit is met. */
TEST(many_programs_within_cost_their_limit)
{
	struct judge j;

	CHECK(judge_begin(&j, span_text(rules)));
	made.used = 0;
	fill(0xa5, 16);
	while (made.used < PACKER_ROOM - PE_BYTES) {
		add_program(PACKER_ROOM);
		made.used -= PE_BYTES - 0x100;
	}
	CHECK(is_clean(&j, SOURCE_OVERSIZE));
	CHECK(j.deep.unpacked_bytes <= packer_limits.unpacked_bytes_max);
	judge_end(&j);
}

static void
put_be(size_t at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		made.bytes[at + i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

/* A fat Mach-O of two parts, the second of which is the one that is looked for. */
static void
write_fat(bool is_wide, uint64_t at, uint64_t bytes)
{
	size_t row = is_wide ? 32 : 20, width = is_wide ? 8 : 4;

	made.used = 0;
	fill(0, 1024);
	put_be(0, is_wide ? 0xcafebabf : 0xcafebabe, 4);
	put_be(4, 2, 4);
	put_be(16, 512, (unsigned)width);
	put_be(16 + width, 32, (unsigned)width);
	put_be(16 + row, at, (unsigned)width);
	put_be(16 + row + width, bytes, (unsigned)width);
	memcpy(made.bytes + 512, "\xce\xfa\xed\xfe", 4);
	memcpy(made.bytes + 768, "\xcf\xfa\xed\xfe", 4);
}

TEST(each_program_of_a_fat_one_is_judged)
{
	static const struct {
		const char *name;
		uint64_t at, bytes;
		bool is_found;
	} rows[] = {
		{ "as it is", 768, 64, true },
		{ "longer", 768, 65, false },
		{ "up to the end", 960, 64, false },
		{ "behind the end", 1024, 64, false },
		{ "nothing", 768, 0, false },
		{ "nowhere", UINT32_MAX, UINT32_MAX, false },
	};
	struct judge j;

	CHECK(judge_begin(&j, span_text(rules)));
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		write_fat(i % 2 == 1, rows[i / 2].at, rows[i / 2].bytes);
		CHECK_ROW(rows[i / 2].name, rows[i / 2].is_found ? is_found(&j, "thin", "at:768")
								 : is_clean(&j, SOURCE_SANDBOX));
	}
	write_fat(true, UINT64_MAX, UINT64_MAX);
	CHECK(is_clean(&j, SOURCE_SANDBOX));
	write_fat(false, 768, 64);
	put_be(4, 52, 4); /* a Java class */
	CHECK(is_clean(&j, SOURCE_SANDBOX));
	judge_end(&j);
}
