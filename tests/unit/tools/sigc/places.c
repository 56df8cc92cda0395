/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Patterns at places of programs: the entry point and sections, however the object is cut. Headers
 * that lie behind what is kept of them make a pattern that hangs on them an error, never clean.
 */
#include "tests/unit/tools/sigc/made.h"

#define BODY_BYTES 6000

struct body {
	uint32_t header_at, sections_at;
	size_t at; /* where the signature's bytes are */
};

/* How the scan ends, the same in pieces of every size. */
static void
check_place(const char *row, const char *offset, struct body b, int expected)
{
	struct signature_core *core = signature_core_create(1);
	static uint8_t body[BODY_BYTES];
	struct made m;
	char line[200];

	made_program(body, BODY_BYTES, b.header_at, b.sections_at);
	memcpy(body + b.at, "abcdefgh", 8);
	made_begin(&m);
	snprintf(line, sizeof(line), "N:1:%s:6162636465666768\n", offset);
	CHECK_ROW(row, made_source(&m, "a.ndb", line, strlen(line)) == 0 && m.sigc.loaded == 2);
	CHECK_ROW(row, made_build(&m) == 0 && signature_core_prepare(core, m.generation) == 0);
	for (size_t step = 1; step <= BODY_BYTES; step += step < 8 ? 1 : step * 2 / 3)
		CHECK_ROW(row, made_scan(core, m.generation, span_of(body, BODY_BYTES), step,
				   NULL) == expected);
	CHECK_ROW(row,
	    made_scan(core, m.generation, span_of(body, BODY_BYTES), BODY_BYTES, NULL) == expected);
	signature_core_destroy(core);
	made_end(&m);
}

TEST(places_in_programs)
{
	static const struct {
		const char *name, *offset;
		size_t at;
		int expected;
	} cases[] = {
		{ "at the entry", "EP+0", 0x1420, 1 },
		{ "behind the entry", "EP+0", 0x1421, 0 },
		{ "so far behind it", "EP+16", 0x1430, 1 },
		{ "so far before it", "EP-16", 0x1410, 1 },
		{ "before it, elsewhere", "EP-16", 0x1430, 0 },
		{ "around it, first", "EP-16,32", 0x1410, 1 },
		{ "around it, last", "EP-16,32", 0x1430, 1 },
		{ "around it, behind", "EP-16,32", 0x1431, 0 },
		{ "before the file", "EP-6000", 0x1420, 0 },
		{ "the first section", "S0+2", 0x1402, 1 },
		{ "the second section", "S1+2", 0x1602, 1 },
		{ "the wrong section", "S1+2", 0x1402, 0 },
		{ "no third section", "S2+2", 0x1602, 0 },
		{ "the last section", "SL+2", 0x1602, 1 },
		{ "the last section, a range", "SL+0,2", 0x1603, 0 },
		{ "within a section", "SE0", 0x1500, 1 },
		{ "within a section, its start", "SE0", 0x1400, 1 },
		{ "within another", "SE0", 0x1610, 0 },
		{ "within none", "SE7", 0x1500, 0 },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++)
		check_place(cases[i].name, cases[i].offset,
		    (struct body){ 0x80, 0x1400, cases[i].at }, cases[i].expected);
	check_place("headers that just fit", "EP+0",
	    (struct body){ 4096 - 24 - 224 - 80, 0x1400, 0x1420 }, 1);
	check_place(
	    "headers behind", "EP+0", (struct body){ 4096 - 24 - 224 - 79, 0x1400, 0x1420 }, -5);
	check_place("headers behind, an offset from the start", "5152",
	    (struct body){ 4096, 0x1400, 0x1420 }, 1);
}

/* While headers are waited for, more is held back than a stream keeps afterwards. */
TEST(places_in_the_bytes_that_were_held_back)
{
	for (uint32_t at = 0x200; at < 4096; at += 0x200) {
		check_place("at the entry", "EP+0", (struct body){ 0x80, at, at + 0x20 }, 1);
		check_place(
		    "within a section", "S1+77", (struct body){ 0x80, at, at + 0x200 + 77 }, 1);
	}
}
