/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of a .cdb: taken, left out by name, or refused with a sentence. What they match is tested
 * where archives are taken apart (tests/unit/control/deepscan/members.c). */
#include "tests/unit/tools/sigc/made.h"

#define EXPECTED "a.cdb:1: expected NAME:TYPE:SIZE:NAMES:PACKED:BYTES:ENCRYPTED:POSITION:CRC:*"
#define SIZES    "a.cdb:1: a size or a position is neither '*' nor a number nor FROM-TO"
#define LOCKED   "a.cdb:1: whether it is encrypted is neither 0 nor 1 nor '*'"
#define CRC      "a.cdb:1: the CRC is neither '*' nor eight hexadecimal digits"
#define TYPE     "a.cdb:1: the type is neither '*' nor CL_TYPE_…"
#define NAMES    "a.cdb:1: names are neither '*' nor a regular expression"

static const struct {
	const char *line, *left_out, *error; /* NULL: taken */
} lines[] = {
	{ "M:CL_TYPE_ZIP:*:\\.exe$:*:*:1:*:*:*", NULL, NULL },
	{ "M:*:1-2:*:3:4-0:*:0-5:0123aBcD:*:1", NULL, NULL },
	{ "M:*:*:*:*:*:*:*:*:*:1:300", NULL, NULL },
	{ "# M:no line", NULL, NULL },
	{ "M:*:*:*:*:*:*:*:*:*:900", "M: for another level", NULL },
	{ "M:*:*:*:*:*:*:*:*:*:1:5", "M: for another level", NULL },
	{ "M:CL_TYPE_ARJ:*:*:*:*:*:*:*:*", "M: members of a container", NULL },
	{ "M:CL_TYPE_:*:*:*:*:*:*:*:*", "M: members of a container", NULL },
	{ "M:*:*:[[.hyphen.]]:*:*:*:*:*:*", NULL, NAMES },
	{ "M:*:*:*:*:*:*:*:*", NULL, EXPECTED },
	{ "M:*:*:*:*:*:*:*:*:*:1:2:", NULL, EXPECTED },
	{ ":*:*:*:*:*:*:*:*:*", NULL, EXPECTED },
	{ "M", NULL, EXPECTED },
	{ "M:*:x:*:*:*:*:*:*:*", NULL, SIZES },
	{ "M:*::*:*:*:*:*:*:*", NULL, SIZES },
	{ "M:*:1-:*:*:*:*:*:*:*", NULL, SIZES },
	{ "M:*:-1:*:*:*:*:*:*:*", NULL, SIZES },
	{ "M:*:*-1:*:*:*:*:*:*:*", NULL, SIZES },
	{ "M:*:*:*:1-2-3:*:*:*:*:*", NULL, SIZES },
	{ "M:*:*:*:*:99999999999999999999:*:*:*:*", NULL, SIZES },
	{ "M:*:*:*:*:*:2:*:*:*", NULL, LOCKED },
	{ "M:*:*:*:*:*::*:*:*", NULL, LOCKED },
	{ "M:*:*:*:*:*:*:*:123:*", NULL, CRC },
	{ "M:*:*:*:*:*:*:*:0123456x:*", NULL, CRC },
	{ "M:ZIP:*:*:*:*:*:*:*:*", NULL, TYPE },
	{ "M::*:*:*:*:*:*:*:*", NULL, TYPE },
	{ "M:*:*:(a:*:*:*:*:*:*", NULL, NAMES },
	{ "M:*:*::*:*:*:*:*:*", NULL, NAMES },
};

TEST(lines_are_taken_left_out_or_refused)
{
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const char *line = lines[i].line;
		struct made m;
		int rc;

		made_begin(&m);
		m.sigc.has_sandbox = true;
		rc = made_source(&m, "a.cdb", line, strlen(line));
		CHECK_ROW(line, (rc != 0) == (lines[i].error != NULL));
		if (rc != 0)
			CHECK_ROW(m.sigc.error, strstr(m.sigc.error, lines[i].error) != NULL);
		else if (lines[i].left_out != NULL)
			CHECK_ROW(line, made_left_out(&m, lines[i].left_out));
		else
			CHECK_ROW(line, m.sigc.loaded == (line[0] == '#' ? 1 : 2));
		made_end(&m);
	}
}

TEST(without_a_sandbox_nobody_could_tell)
{
	struct made m;

	made_begin(&m);
	CHECK(made_source(&m, "a.cdb", "M:*:*:*:*:*:*:*:*:*", 19) == 0);
	CHECK(made_left_out(&m, "M: a signature of members"));
	made_end(&m);
}

static int
match(const struct made *m, const char *name, const char **threat)
{
	const struct signature_member member = { .name = span_text(name) };

	return generation_match_member(m->generation, &member, NULL, NULL, threat);
}

TEST(what_is_named_in_ign2_is_taken_out)
{
	static const char lines_of[] = "First:*:*:*:*:*:0:*:*:*\nSecond:*:*:*:*:*:*:*:*:*\n"
				       "Again:*:*:*:*:*:*:*:*:*\n";
	const char *threat = "";
	struct made m;

	made_begin(&m);
	m.sigc.has_sandbox = true;
	CHECK(made_source(&m, "b.ign2", "First\n", 6) == 0);
	CHECK(made_source(&m, "a.cdb", lines_of, sizeof(lines_of) - 1) == 0);
	CHECK(m.sigc.loaded == 4);
	CHECK(made_build(&m) == 0 && made_left_out(&m, "First: named in an .ign2 file"));
	CHECK(match(&m, "x", &threat) == 1 && strcmp(threat, "Second") == 0);
	made_end(&m);
}
