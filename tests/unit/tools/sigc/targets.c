/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A database for each kind of object: rules of a target are found in its objects and nowhere else,
 * wherever the object is cut, before and behind the first KiB that tells what it is.
 */
#include "tests/unit/tools/sigc/made.h"

#define BODY_BYTES 2600

static const char rules[] = "Program;Target:1;0&1;70726f6772616d;6d6f7265\n"
			    "Linux;Target:6;0;6c696e7578\n"
			    "Picture;Target:5;0;70696374757265\n"
			    "Film;Target:11;0;66696c6d\n"
			    "Both;Target:0;0&1;6d6f7265;61736b6564\n";
static const char plain[] = "Anywhere:0:*:616e7977686572??\n";

static const struct {
	const char *name, *head, *first, *second;
	size_t first_at, second_at;
	const char *hit; /* NULL: none */
} cases[] = {
	{ "a program", "MZ", "program", "more", 100, 1500, "Program" },
	{ "a program, across the first KiB", "MZ", "program", "more", 1020, 1022 + 10, "Program" },
	{ "a program, all behind it", "MZ", "program", "more", 2000, 2500, "Program" },
	{ "a text", "..", "program", "more", 100, 1500, NULL },
	{ "a program with what Linux's has", "MZ", "linux", "more", 100, 1500, NULL },
	{ "Linux's own", "\177ELF", "linux", "more", 1022, 1500, "Linux" },
	{ "a picture", "\x89PNG\r\n\x1a\n", "picture", "", 100, 0, "Picture" },
	{ "a picture's first bytes", "\x89PNG..", "picture", "", 1022, 0, "Picture" },
	{ "another picture's", "GIF..", "picture", "", 2000, 0, "Picture" },
	{ "a third one's", "BM", "picture", "", 100, 0, "Picture" },
	{ "less than that", "\x89PN.", "picture", "", 100, 0, NULL },
	{ "a film of a version that is none", "CWS\x99", "film", "", 100, 0, "Film" },
	{ "a film in a picture", "GIF89a", "film", "", 100, 0, NULL },
	{ "any, in a program", "MZ", "more", "asked", 5, 2594, "Both" },
	{ "any, in a text", "..", "more", "asked", 1022, 2594, "Both" },
	{ "any, not a rule", "\177ELF", "anywhere", "", 1019, 0, "Anywhere" },
	{ "any, not a rule, in a text", "..", "anywhere", "", 1019, 0, "Anywhere" },
};

static const char *
scan(struct signature_core *core, const struct generation *g, struct span body, size_t step)
{
	struct signature_hit hit = { .name = NULL };

	return made_scan(core, g, body, step, &hit) < 0 ? "failed" : hit.name;
}

static bool
is_same(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

/* With as many databases of five targets and any, of which those of more literals are for streams
 * alone. */
static void
check_targets(unsigned block_literals_max, unsigned databases)
{
	struct signature_core *core = signature_core_create(1);
	struct made m;

	made_begin(&m);
	m.sigc.block_literals_max = block_literals_max;
	CHECK(made_source(&m, "a.ldb", rules, sizeof(rules) - 1) == 0);
	CHECK(made_source(&m, "a.ndb", plain, sizeof(plain) - 1) == 0);
	CHECK(made_build(&m) == 0 && signature_core_prepare(core, m.generation) == 0);
	CHECK(m.sigc.cost.databases == databases);
	CHECK((m.sigc.cost.block_bytes > 0) == (databases > 5));
	CHECK(generation_has_target(m.generation, TARGET_PE));
	CHECK(generation_has_target(m.generation, TARGET_ELF));
	CHECK(!generation_has_target(m.generation, TARGET_PDF));
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		uint8_t body[BODY_BYTES];

		memset(body, '.', sizeof(body));
		memcpy(body, cases[i].head, strlen(cases[i].head));
		memcpy(body + cases[i].first_at, cases[i].first, strlen(cases[i].first));
		memcpy(body + cases[i].second_at, cases[i].second, strlen(cases[i].second));
		memcpy(body, cases[i].head, strlen(cases[i].head));
		for (size_t step = 1; step <= BODY_BYTES; step += step < 40 ? 1 : 37)
			CHECK_ROW(cases[i].name,
			    is_same(scan(core, m.generation, span_of(body, BODY_BYTES), step),
				cases[i].hit));
		CHECK_ROW(cases[i].name,
		    is_same(scan(core, m.generation, span_of(body, BODY_BYTES), BODY_BYTES),
			cases[i].hit));
	}
	signature_core_destroy(core);
	made_end(&m);
}

TEST(targets_wherever_an_object_is_cut)
{
	check_targets(0, 10);
}

/* Any alone is small enough for blocks, or none is. */
TEST(targets_where_databases_are_for_streams_alone)
{
	check_targets(4, 6);
	check_targets(3, 5);
}
