/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Regular expressions of logical signatures: where they are searched for, how often they count,
 * when they are asked at all, and that a scan on the way never finds such a signature.
 */
#include "scanners/regex/regex.h"

#include <errno.h>
#include <stddef.h>

#include "scanners/signature/generation_file.h"
#include "tests/unit/tools/sigc/made.h"

/* One of a generation, compiled for each question. */
static int
search(void *asked, const struct signature_regex *what, size_t *start, size_t *end)
{
	char error[REGEX_ERROR_MAX];
	struct regex_match m = { 0 };
	struct regex *r = NULL;
	int rc = regex_compile(what->text, what->options, &r, error);

	++*(unsigned *)asked;
	CHECK(rc == 0);
	if (rc == 0)
		rc = regex_search(r, what->bytes, what->from, what->is_anchored, &m);
	regex_free(r);
	*start = m.start;
	*end = m.end;
	return rc;
}

/* As signature_finish(); how often a search was asked for, and where the match ended. */
static int
scan_whole(const struct made *m, unsigned form, struct span body, unsigned *asked, uint64_t *end)
{
	struct signature_core *core = signature_core_create(1);
	struct signature_scan *scan;
	int rc;

	CHECK(signature_core_prepare(core, m->generation) == 0);
	scan = signature_open(core, m->generation);
	signature_take_as(scan, form);
	if (asked != NULL)
		signature_match_regexes(scan, search, asked);
	signature_feed(scan, body, true);
	rc = signature_finish(scan);
	if (rc == 1)
		*end = signature_hit(scan)->offset;
	signature_close(scan);
	signature_core_destroy(core);
	return rc;
}

static void
make(struct made *m, const char *rule, bool has_sandbox)
{
	char line[300];

	made_begin(m);
	m->sigc.has_sandbox = has_sandbox;
	snprintf(line, sizeof(line), "Rule;%s\n", rule);
	CHECK_ROW(rule, made_source(m, "a.ldb", line, strlen(line)) == 0);
	CHECK_ROW(rule, made_build(m) == 0);
}

#define T  "74726967" /* trig */
#define A  "61616161" /* aaaa */
#define R1 "Target:0;0&1;" T ";"

/*
 * What clamscan 1.4.6 says of each rule and body, but for `error`, where it passes over what meets
 * a limit, and for a match of nothing with `g`, which it counts without end.
 */
static const struct {
	const char *name, *rule, *body;
	int rc;
	uint64_t end; /* of a hit */
} cases[] = {
	{ "it is there", R1 "0/x[0-9]+y/", "trig x12y.", 1, 9 },
	{ "it is there, before the trigger", R1 "0/x[0-9]+y/", "x12y trig", 1, 4 },
	{ "it is not", R1 "0/x[0-9]+y/", "trig xy", 0, 0 },
	{ "no trigger", R1 "0/x[0-9]+y/", "x12y", 0, 0 },
	{ "it alone, whose trigger is", "Target:0;1;" T ";0/x[0-9]+y/", "trig x1y", 1, 8 },
	{ "it alone, no trigger", "Target:0;1;" T ";0/x[0-9]+y/", "x1y", 0, 0 },
	{ "a trigger of two", "Target:0;2;" T ";" A ";0&1/x/", "trig aaaa x", 1, 11 },
	{ "a trigger of two, one", "Target:0;2;" T ";" A ";0&1/x/", "trig x", 0, 0 },
	{ "a trigger that counts", "Target:0;0&1;" T ";0>1/x/", "trig trig x", 1, 11 },
	{ "a trigger that counts, too few", "Target:0;0&1;" T ";0>1/x/", "trig x", 0, 0 },
	{ "a trigger that is one", "Target:0;2;" T ";0/x+/;1/y+/", "trig xx y", 1, 9 },
	{ "a trigger that is one, not met", "Target:0;2;" T ";0/x+/;1/y+/", "trig y", 0, 0 },
	{ "which needs not be there", "Target:0;0&1=0;" T ";0/x/", "trig ...", 1, 8 },
	{ "which must not be there", "Target:0;0&1=0;" T ";0/x/", "trig x", 0, 0 },
	{ "it counts once", "Target:0;0&1=1;" T ";0/x/", "trig x x x", 1, 6 },
	{ "g counts all", "Target:0;0&1=3;" T ";0/x/g", "trig x x x", 1, 10 },
	{ "g counts what does not overlap", "Target:0;0&1=1;" T ";0/xax/g", "trig xaxax", 1, 8 },
	{ "in a block", "Target:0;(0|1)>2;" T ";0/x/g", "trig x x", 1, 8 },
	{ "in a block, too few", "Target:0;(0|1)>2;" T ";0/x/g", "trig x", 0, 0 },
	{ "at a place", R1 "2:0/x+/", "..xx trig", 1, 4 },
	{ "at a place, behind it", R1 "2:0/x+/", "...xx trig", 0, 0 },
	{ "at a place, r", R1 "2:0/x+/r", "...xx trig", 1, 5 },
	{ "at a place, r, before it", R1 "2:0/x+/r", ".x... trig", 0, 0 },
	{ "within so many", R1 "2,3:0/x+/", ".....xx trig", 1, 7 },
	{ "within so many, further", R1 "2,3:0/x+/", "......xx trig", 0, 0 },
	{ "within so many, reaching further", R1 "2,3:0/xxxx/", ".....xxxx trig", 1, 9 },
	{ "e: all of it within", R1 "2,3:0/xx/e", "...xx trig", 1, 5 },
	{ "e: not all of it within", R1 "2,3:0/xx/e", "....xx trig", 0, 0 },
	{ "behind the end", R1 "20:0/x+/r", "xx trig", 0, 0 },
	{ "from the end", R1 "EOF-3:0/xx/", "trig xx.", 1, 7 },
	{ "from the end, elsewhere", R1 "EOF-3:0/xx/", "trig xx..", 0, 0 },
	{ "from the end of fewer", R1 "EOF-30:0/xx/r", "trig xx", 0, 0 },
	{ "a ; in it", R1 "0/a;b/", "trig a;b", 1, 8 },
	{ "a : in it", R1 "0/a:b/", "trig a:b", 1, 8 },
	{ "a / in it", R1 "0/a\\/;b/", "trig a/;b", 1, 9 },
	{ "two letters", R1 "0/X.y/si", "trig x\nY", 1, 8 },
	{ "of programs", "Target:1;0&1;" T ";0/x/", "MZ.. trig x", 1, 11 },
	{ "of programs, a text", "Target:1;0&1;" T ";0/x/", "trig x", 0, 0 },
	{ "of a size", "Engine:81-255,Target:0,FileSize:1-9;0&1;" T ";0/x/", "trig x", 1, 6 },
	{ "of another size", "Engine:81-255,Target:0,FileSize:1-5;0&1;" T ";0/x/", "trig x", 0, 0 },
	{ "a match of nothing, g", "Target:0;0&1>2;" T ";0/x*?/g", "trig ..", 1, 6 },
	{ "a limit", R1 "0/(x+)+y/", "trig xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.y", -EIO, 0 },
	{ "a limit, of g, behind a match", "Target:0;0&1>1;" T ";0/(x+)+y/g",
	    "trig xy xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.y", -EIO, 0 },
	{ "a limit on which nothing hangs", "Target:0;0|1;" T ";0/(x+)+y/",
	    "trig xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.y", 1, 42 },
	{ "a limit of a trigger", "Target:0;2;" T ";0/(x+)+y/;1/./",
	    "trig xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.y", -EIO, 0 },
	{ "a limit of what must not be there", "Target:0;0&1=0;" T ";0/(x+)+y/",
	    "trig xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.y", -EIO, 0 },
	{ "a limit, in a block", "Target:0;(0|1)>5;" T ";0/(x+)+y/g",
	    "trig xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.y", -EIO, 0 },
};

TEST(regular_expressions_are_matched_as_clamav_has_them)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct span body = span_text(cases[i].body);
		unsigned asked = 0;
		uint64_t end = 0;
		struct made m;

		make(&m, cases[i].rule, true);
		CHECK_ROW(cases[i].name, m.sigc.loaded == 2);
		CHECK_ROW(
		    cases[i].name, scan_whole(&m, TARGET_WHOLE, body, &asked, &end) == cases[i].rc);
		CHECK_ROW(cases[i].name, end == cases[i].end);
		made_end(&m);
	}
}

/* However the rule is triggered, and by whatever else stands there. */
TEST(each_is_searched_for_once_and_only_where_the_rule_hangs_on_it)
{
	static const struct {
		const char *rule, *body;
		unsigned asked;
	} rows[] = {
		{ "Target:0;(0|1)&2&3;" T ";" A ";0|1/x/;2/y/", "trig aaaa x", 2 },
		{ "Target:0;(0|1)&2&3;" T ";" A ";0|1/x/;2/y/", "trig aaaa", 1 },
		{ "Target:0;0&1&2;" T ";" A ";0/x/", "trig x", 0 },
		{ "Target:1;0&1;" T ";0/x/", "trig x", 0 },
		{ "Engine:81-255,Target:0,FileSize:1-5;0&1;" T ";0/x/", "trig x", 0 },
		{ "Target:0;0&1;" T ";0>1/x/", "trig x", 0 },
		{ R1 "20:0/x/", "trig x", 0 },
		{ R1 "0/(x+)+y/;" A, "trig xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx aaaa y", 1 },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		unsigned asked = 0;
		uint64_t end;
		struct made m;

		make(&m, rows[i].rule, true);
		scan_whole(&m, TARGET_WHOLE, span_text(rows[i].body), &asked, &end);
		CHECK_ROW(rows[i].rule, asked == rows[i].asked);
		made_end(&m);
	}
}

TEST(nobody_who_searches_is_no_answer)
{
	uint64_t end;
	struct made m;

	make(&m, R1 "0/x/", true);
	CHECK(scan_whole(&m, TARGET_WHOLE, span_text("trig x"), NULL, &end) == -EIO);
	CHECK(scan_whole(&m, TARGET_WHOLE, span_text("x"), NULL, &end) == 0);
	made_end(&m);
}

/* Equal parts are one, so what others ask for is met, and asks for nothing else. */
TEST(a_scan_on_the_way_does_not_find_them)
{
	static const char rules[] = "Regex;Target:0;0&1<5;" T ";0/x/\n"
				    "Plain;Target:0;0&1;" T ";" A "\n";
	struct signature_core *core = signature_core_create(1);
	struct signature_hit hit;
	struct made m;

	made_begin(&m);
	m.sigc.has_sandbox = true;
	CHECK(made_source(&m, "a.ldb", rules, sizeof(rules) - 1) == 0);
	CHECK(made_build(&m) == 0 && signature_core_prepare(core, m.generation) == 0);
	CHECK(generation_has_target(m.generation, TARGET_WHOLE));
	CHECK(made_scan(core, m.generation, span_text("trig x"), 6, NULL) == 0);
	CHECK(made_scan(core, m.generation, span_text("trig x"), 2, NULL) == 0);
	CHECK(made_scan(core, m.generation, span_text("trig aaaa"), 3, &hit) == 1);
	CHECK(strcmp(hit.name, "Plain") == 0);
	signature_core_destroy(core);
	made_end(&m);
}

TEST(those_of_a_form_stay_with_it)
{
	unsigned asked = 0;
	uint64_t end;
	struct made m;

	make(&m, "Target:3;0&1;" T ";0/x/", true);
	CHECK(!generation_has_target(m.generation, TARGET_WHOLE));
	CHECK(scan_whole(&m, TARGET_HTML, span_text("trig x"), &asked, &end) == 1 && end == 6);
	CHECK(scan_whole(&m, TARGET_HTML, span_text("trig y"), &asked, &end) == 0);
	made_end(&m);
}

/* Where the headers are larger than what a stream keeps of them, too. */
TEST(places_in_programs_are_known_of_the_whole)
{
	static uint8_t program[0x3000];
	unsigned asked = 0;
	uint64_t end;
	struct made m;

	memcpy(program, "MZ", 2);
	program[60] = 0x00;
	program[61] = 0x20; /* the header, at 0x2000 */
	memcpy(program + 0x2000, "PE\0\0\x4c\x01\x01", 7);
	program[0x2014] = 0xe0;
	program[0x2018] = 0x0b;
	program[0x2019] = 0x01;
	memcpy(program + 0x2028, "\x00\x10\0\0", 4);             /* the entry point */
	memcpy(program + 0x2050, "\x00\x10\0\0\x00\x02\0\0", 8); /* alignments */
	memcpy(program + 0x20f8, ".text\0\0\0\x00\x04\0\0\x00\x10\0\0\x00\x04\0\0\x00\x2a\0\0", 24);
	memcpy(program + 0x2a04, "trig x", 6);
	make(&m, "Target:1;0&1;EP+4:" T ";0/x/", true);
	CHECK(scan_whole(&m, TARGET_WHOLE, span_of(program, sizeof(program)), &asked, &end) == 1);
	memset(program + 0x2a04, 0, 6);
	memcpy(program + 0x2a05, "trig x", 6);
	CHECK(scan_whole(&m, TARGET_WHOLE, span_of(program, sizeof(program)), &asked, &end) == 0);
	made_end(&m);
}

static const struct {
	const char *rule;
	bool has_sandbox;
	const char *why; /* NULL: the line is refused */
} left_out[] = {
	{ R1 "0/x/", false, "Rule: a regular expression" },
	{ R1 "0/x(/", true, "Rule: a regular expression that libpcre2 refuses" },
	{ R1 "0/x/::i", true, "Rule: a regular expression with modifiers" },
	{ R1 "EP+1:0/x/", true, "Rule: an offset" },
	{ "Target:0;0&1;" T ";(0)>1/x/", true, "Rule: an expression" },
	{ "Target:0;1;" T ";0<5/x/", true, "Rule: true of objects without any match" },
	{ "Target:0;0|1;" T ";0=0/x/", true, "Rule: true of objects without any match" },
	{ R1 "0/x/q", true, NULL },
	{ R1 "0/x", true, NULL },
	{ R1 "0//", true, NULL },
	{ R1 "/x/", true, NULL },
	{ R1 "1/x/", true, NULL }, /* itself */
	{ "Target:0;0&1;0/x/;" T, true, NULL },
	{ "Target:0;0&1&2;" T ";2/x/;" A, true, NULL }, /* one behind it */
	{ R1 "0&/x/", true, NULL },
	{ R1 "0)/x/", true, NULL },
};

TEST(what_is_left_out_and_what_is_refused)
{
	for (unsigned i = 0; i < COUNT_OF(left_out); i++) {
		struct made m;
		char line[300];
		int rc;

		made_begin(&m);
		m.sigc.has_sandbox = left_out[i].has_sandbox;
		snprintf(line, sizeof(line), "Rule;%s\n", left_out[i].rule);
		rc = made_source(&m, "a.ldb", line, strlen(line));
		CHECK_ROW(left_out[i].rule, (rc != 0) == (left_out[i].why == NULL));
		CHECK_ROW(left_out[i].rule,
		    left_out[i].why == NULL || made_left_out(&m, left_out[i].why));
		CHECK_ROW(left_out[i].rule, m.sigc.loaded == 1 && m.sigc.regexes.used == 0);
		made_end(&m);
	}
}

/* A right checksum over wrong rows. */
TEST(a_row_that_can_not_be_is_refused)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
	} rows[] = {
		{ "text behind the names", offsetof(struct generation_regex, text) + 3, 1 },
		{ "steps behind the steps", offsetof(struct generation_regex, steps) + 3, 1 },
		{ "too many steps", offsetof(struct generation_regex, step_count), 200 },
		{ "no steps", offsetof(struct generation_regex, step_count), 0 },
		{ "another part's", offsetof(struct generation_regex, part), 2 },
		{ "a trigger of nothing before it", offsetof(struct generation_regex, part), 0 },
		{ "a place in a program", offsetof(struct generation_regex, from), FROM_ENTRY },
		{ "an end before the start", offsetof(struct generation_regex, start_max), 0 },
	};
	char error[SIGNATURE_ERROR_TEXT_MAX] = "";
	struct generation *g;
	uint8_t *row;
	struct made m;

	make(&m, R1 "2,3:0/x/", true);
	row = memmem(m.bytes, m.byte_count, m.sigc.regexes.bytes, m.sigc.regexes.used);
	CHECK(row != NULL && m.sigc.regexes.used == sizeof(struct generation_regex));
	for (unsigned i = 0; row != NULL && i < COUNT_OF(rows); i++) {
		uint8_t before = row[rows[i].at];

		row[rows[i].at] = rows[i].value;
		made_sign(&m);
		CHECK_ROW(
		    rows[i].name, generation_open(span_of(m.bytes, m.byte_count), &g, error) != 0);
		row[rows[i].at] = before;
	}
	made_end(&m);
}

TEST(those_that_are_taken_are_told_as_the_sandboxs)
{
	const struct sigc_left_out *deep;
	struct made m;

	make(&m, R1 "0/x/", true);
	deep = (const void *)m.sigc.deep_names.bytes;
	CHECK(m.sigc.deep_names.used == sizeof(*deep) && deep->why == SKIP_REGEX);
	made_end(&m);
}
