/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the sandbox alone can tell of an object, for logical signatures: conditions on what it lies
 * in and on a program's headers, and places far from the end or in an ELF's sections. Which are
 * taken, and when they hold.
 */
#include <errno.h>

#include "scanners/signature/generation_file.h"
#include "tests/unit/tools/sigc/made.h"

#define BODY_BYTES 6000
#define A          "61616161" /* aaaa */

static void
make(struct made *m, const char *condition, bool has_sandbox, int expected)
{
	char line[300];

	made_begin(m);
	m->sigc.has_sandbox = has_sandbox;
	snprintf(line, sizeof(line), "Rule;Engine:81-255,%s;0;" A "\n", condition);
	CHECK_ROW(condition, made_source(m, "a.ldb", line, strlen(line)) == expected);
}

static const struct {
	const char *condition;
	bool has_sandbox;
	int rc;
	const char *why; /* NULL: taken, or refused */
} lines[] = {
	{ "Container:CL_TYPE_ZIP,Target:0", true, 0, NULL },
	{ "Container:CL_TYPE_ZIP,Target:0", false, 0, "Rule: a condition" },
	{ "NumberOfSections:1-2,Target:1", true, 0, NULL },
	{ "EntryPoint:1-,Target:1", true, 0, NULL },
	{ "EntryPoint:1-,Target:1", false, 0, "Rule: a condition" },
	{ "Container:CL_TYPE_AUTOIT,Target:0", true, 0, "Rule: a condition" },
	{ "Container:,Target:0", true, 0, "Rule: a condition" },
	{ "IconGroup1:WORD,Target:1", true, 0, "Rule: a condition" },
	{ "HandlerType:CL_TYPE_PDF,Target:0", true, 0, "Rule: a condition" },
	{ "NumberOfSections:x,Target:1", true, -EINVAL, NULL },
	{ "EntryPoint:1-2-3,Target:1", true, -EINVAL, NULL },
};

TEST(conditions_are_taken_for_the_sandbox_or_left_out_by_name)
{
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const char *why = lines[i].why;
		struct made m;

		make(&m, lines[i].condition, lines[i].has_sandbox, lines[i].rc);
		CHECK_ROW(lines[i].condition,
		    (m.sigc.rules.used > 0) == (lines[i].rc == 0 && why == NULL));
		CHECK_ROW(lines[i].condition, why == NULL || made_left_out(&m, why));
		CHECK_ROW(
		    lines[i].condition, (m.sigc.deep_names.used > 0) == (m.sigc.rules.used > 0));
		made_end(&m);
	}
}

TEST(a_container_is_one_of_those_that_it_lies_in)
{
	const struct span body = span_text("..aaaa..");
	struct made m;

	make(&m, "Container:CL_TYPE_MAIL,Target:0", true, 0);
	CHECK(made_build(&m) == 0);
	CHECK(made_scan_whole(&m, body, 1u << CONTAINER_MAIL) == 1);
	CHECK(made_scan_whole(&m, body, 1u << CONTAINER_MAIL | 1u << CONTAINER_ZIP) == 1);
	CHECK(made_scan_whole(&m, body, 1u << CONTAINER_ZIP) == 0);
	CHECK(made_scan_whole(&m, body, 1u << CONTAINER_NONE) == 0);
	CHECK(made_scan_whole(&m, span_text("..bbbb.."), 1u << CONTAINER_MAIL) == 0);
	made_end(&m);
}

/* Its program has two sections and begins to run at 0x420 of the file. */
static const struct {
	const char *condition;
	int rc;
} programs[] = {
	{ "NumberOfSections:2-2,Target:1", 1 },
	{ "NumberOfSections:1-,Target:1", 1 },
	{ "NumberOfSections:-2,Target:1", 1 },
	{ "NumberOfSections:3-9,Target:1", 0 },
	{ "NumberOfSections:0-1,Target:1", 0 },
	{ "EntryPoint:1056-1056,Target:1", 1 },
	{ "EntryPoint:1057-,Target:1", 0 },
	{ "EntryPoint:-1055,Target:1", 0 },
	{ "NumberOfSections:2-2,EntryPoint:1000-2000,FileSize:6000-6000,Target:1", 1 },
	{ "NumberOfSections:2-2,EntryPoint:1000-2000,FileSize:6001-7000,Target:1", 0 },
	{ "NumberOfSections:2-2,Target:6", 0 },
};

TEST(what_a_programs_headers_say_is_held_against_ranges)
{
	static uint8_t body[BODY_BYTES];
	struct made m;

	made_program(body, BODY_BYTES, 0x80, 0x400);
	memcpy(body + 3000, "aaaa", 4);
	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		make(&m, programs[i].condition, true, 0);
		CHECK_ROW(programs[i].condition, made_build(&m) == 0);
		CHECK_ROW(programs[i].condition,
		    made_scan_whole(&m, span_of(body, sizeof(body)), 0) == programs[i].rc);
		made_end(&m);
	}
	make(&m, "NumberOfSections:0-96,Target:0", true, 0);
	CHECK(made_build(&m) == 0);
	CHECK(made_scan_whole(&m, span_text("no program, aaaa"), 0) == 0);
	made_end(&m);
}

#define ELF_BYTES 4000

/* Of two sections, the last of 0x100 bytes at 0x300; their table stands at the end. */
static void
make_elf(uint8_t *bytes)
{
	memset(bytes, '.', ELF_BYTES);
	memset(bytes, 0, 64);
	memcpy(bytes, "\177ELF\2\1", 6);
	bytes[41] = 0x0f; /* at 0x0f00 */
	bytes[58] = 64;
	bytes[60] = 2;
	memset(bytes + 0xf00, 0, 128);
	bytes[0xf00 + 24] = 0x40;
	bytes[0xf00 + 64 + 25] = 3;
	bytes[0xf00 + 64 + 33] = 1;
}

static const struct {
	const char *line;
	size_t at; /* where the bytes are */
	int rc;
} places[] = {
	{ "Rule:6:S1+4:" A, 0x304, 1 },
	{ "Rule:6:S1+4:" A, 0x305, 0 },
	{ "Rule:6:S0+16:" A, 0x50, 1 },
	{ "Rule:6:SL+0,8:" A, 0x308, 1 },
	{ "Rule:6:SL+0,8:" A, 0x309, 0 },
	{ "Rule:6:SE1:" A, 0x3ff, 1 },
	{ "Rule:6:SE1:" A, 0x401, 0 },
	{ "Rule:6:S2+0:" A, 0x300, 0 },
	{ "Rule:6:EOF-3000:" A, 1000, 1 },
	{ "Rule:0:EOF-3000:" A, 1000, 1 },
	{ "Rule:0:EOF-3000:" A, 1001, 0 },
	{ "Rule:0:EOF-3000,10:" A, 1010, 1 },
	{ "Rule:0:EOF-3000,10:" A, 1011, 0 },
	{ "Rule:0:EOF-5000:" A, 0, 0 }, /* larger than it is */
	{ "Rule:1:EOF-3000:" A, 1000, 0 },
};

TEST(places_that_a_stream_does_not_tell_are_the_sandboxs)
{
	static uint8_t elf[ELF_BYTES];
	struct signature_core *core;

	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct span body = span_of(elf, sizeof(elf));
		struct made m;

		make_elf(elf);
		memcpy(elf + places[i].at, "aaaa", 4);
		made_begin(&m);
		m.sigc.has_sandbox = true;
		CHECK_ROW(places[i].line,
		    made_source(&m, "a.ndb", places[i].line, strlen(places[i].line)) == 0);
		CHECK_ROW(places[i].line, made_build(&m) == 0 && m.sigc.deep_names.used > 0);
		CHECK_ROW(places[i].line, made_scan_whole(&m, body, 0) == places[i].rc);
		core = signature_core_create(1);
		CHECK_ROW(places[i].line, signature_core_prepare(core, m.generation) == 0);
		CHECK_ROW(places[i].line, made_scan(core, m.generation, body, 700, NULL) == 0);
		signature_core_destroy(core);
		made_end(&m);
	}
}
