/* SPDX-License-Identifier: BSD-3-Clause */
/* ClamAV's patterns, compiled and scanned: in one piece, and as a stream cut into pieces of every
 * size. */
#include <stdlib.h>

#include "tests/unit/tools/sigc/made.h"

/* Where the match ends in a body fed in pieces; 0: none; UINT64_MAX: the scan failed. */
static uint64_t
scan_in_steps(
    struct signature_core *core, const struct generation *g, struct span body, size_t step)
{
	struct signature_hit hit = { .offset = 0 };

	return made_scan(core, g, body, step, &hit) < 0 ? UINT64_MAX : hit.offset;
}

/* The same for each way to cut it. */
static void
check_all_ways(const char *row, const struct generation *g, struct span body, uint64_t end)
{
	struct signature_core *core = signature_core_create(1);

	CHECK(signature_core_prepare(core, g) == 0);
	for (size_t step = 1; step <= body.bytes; step++)
		CHECK_ROW(row, scan_in_steps(core, g, body, step) == end);
	signature_core_destroy(core);
}

static const struct {
	const char *name, *offset, *hex, *body;
	uint64_t end; /* where its shortest match ends; 0: none */
} cases[] = {
	{ "any byte", "*", "61626364??66", "xxabcdefxx", 8 },
	{ "any byte, none there", "*", "61626364??", "xxabcd", 0 },
	{ "any byte, last", "*", "61626364??", "xxabcde", 7 },
	{ "half a byte, right", "*", "61626364?5", "xxabcdexx", 7 },
	{ "half a byte, wrong", "*", "61626364?5", "xxabcdfxx", 0 },
	{ "half a byte, left", "*", "616263646?", "xxabcdoxx", 7 },
	{ "half a byte, left, wrong", "*", "616263646?", "xxabcdpxx", 0 },
	{ "gap, fixed", "*", "61626364{3}78", "abcd123x", 8 },
	{ "gap, fixed, short", "*", "61626364{3}78", "abcd12x", 0 },
	{ "gap, least", "*", "61626364{1-3}78", "abcd1x", 6 },
	{ "gap, most", "*", "61626364{1-3}78", "abcd123x", 8 },
	{ "gap, too long", "*", "61626364{1-3}78", "abcd1234x", 0 },
	{ "gap, none", "*", "61626364{1-3}78", "abcdx", 0 },
	{ "gap, shortest wins", "*", "61626364{0-5}78", "abcdxxxxx", 5 },
	{ "gap, up to", "*", "61626364{-2}78", "abcdx", 5 },
	{ "gap, left of the anchor", "*", "78{1-2}6162636465", "x12abcde", 8 },
	{ "gap, left, too long", "*", "78{1-2}6162636465", "x123abcde", 0 },
	{ "anchored byte", "*", "78[1-2]6162636465", "x12abcde", 8 },
	{ "two gaps, only one way", "*", "61626364{0-3}78{2-2}79", "abcdx1x2y", 0 },
	{ "two gaps, the later one", "*", "61626364{0-3}78{2-2}79", "abcdx1x23y", 10 },
	{ "two gaps, backing out", "*", "61626364{0-3}78{2-2}79", "abcdxx12y", 9 },
	{ "alternatives", "*", "61626364(31|32)", "abcd2", 5 },
	{ "alternatives, none", "*", "61626364(31|32)", "abcd3", 0 },
	{ "alternatives, of two lengths", "*", "61626364(31|3132)33", "abcd123", 7 },
	{ "alternatives, left", "*", "(31|3132)61626364", "12abcd", 6 },
	{ "alternatives, left, none", "*", "(31|3132)61626364", "2abcd", 0 },
	{ "alternatives with halves", "*", "61626364(3?|41)7a", "abcd9z", 6 },
	{ "none of", "*", "61626364!(31|32)", "abcd3", 5 },
	{ "none of, one there", "*", "61626364!(31|32)", "abcd1", 0 },
	{ "none of, no byte there", "*", "61626364!(31|32)", "abcd", 0 },
	{ "word, alone", "*", "(W)61626364(W)", "abcd", 4 },
	{ "word, blanks", "*", "(W)61626364(W)", " abcd ", 5 },
	{ "word, longer right", "*", "(W)61626364(W)", " abcde ", 0 },
	{ "word, longer left", "*", "(W)61626364(W)", " 1abcd ", 0 },
	{ "no word", "*", "61626364!(W)", "abcde", 4 },
	{ "line", "*", "(L)61626364(L)", "x\nabcd\r\ny", 6 },
	{ "line, at the ends", "*", "(L)61626364(L)", "abcd", 4 },
	{ "line, a return alone", "*", "(L)61626364(L)", "x\nabcd\ry", 0 },
	{ "boundary", "*", "(B)61626364(B)", "<abcd>", 5 },
	{ "boundary, none", "*", "(B)61626364(B)", ">abcd<", 0 },
	{ "nested alternatives", "*", "6162(31|32(33|34)35)", "ab245", 5 },
	{ "nested alternatives, the outer one", "*", "6162(31|32(33|34)35)", "ab1", 3 },
	{ "nested alternatives, none", "*", "6162(31|32(33|34)35)", "ab25", 0 },
	{ "a word's end inside", "*", "616263(W)6162", "abc.ab", 6 },
	{ "a word's end inside, none", "*", "616263(W)6162", "abcxab", 0 },
	{ "no word's end inside", "*", "616263!(W)6162", "abcxab", 6 },
	{ "a line's end inside", "*", "616263(L)6162", "abc\r\nab", 7 },
	{ "a line's end inside, short", "*", "616263(L)6162", "abc\nab", 6 },
	{ "a line's end inside, half", "*", "616263(L)6162", "abc\rab", 0 },
	{ "a boundary inside", "*", "616263(B)6162", "abc-ab", 6 },
	{ "two bytes to look for", "*", "61??6263??64", "a.bc.d", 6 },
	{ "open gap", "*", "61626364*7879", "abcd......xy", 12 },
	{ "open gap, none between", "*", "61626364*7879", "abcdxy", 6 },
	{ "open gap, the other way round", "*", "61626364*7879", "xyabcd", 0 },
	{ "open gap, overlapping", "*", "61626364*6465", "abcde", 0 },
	{ "open gap, least", "*", "61626364{3-}7879", "abcd...xy", 9 },
	{ "open gap, too near", "*", "61626364{3-}7879", "abcd..xy", 0 },
	{ "open gap, a later one", "*", "61626364{3-}7879", "abcd.xy.xy", 10 },
	{ "open gap, two of them", "*", "6162*6364*6566", "ab.cd.ef", 8 },
	{ "open gap, two of them, none in order", "*", "6162*6364*6566", "ab.ef.cd", 0 },
	{ "open gap behind an offset", "1", "6162*6364", "xab.cd", 6 },
	{ "open gap behind another offset", "1", "6162*6364", "ab.cd", 0 },
	{ "open gap behind a word", "*", "(W)6162*6364", ".ab.cd", 6 },
	{ "open gap behind what is longer left", "*", "(W)6162*6364", "xab.cd", 0 },
	{ "open gap, a word's end behind it", "*", "6162*(W)6364", "ab.cd", 5 },
	{ "offset", "2", "61626364", "xxabcd", 6 },
	{ "offset, before", "2", "61626364", "xabcd", 0 },
	{ "offset, after", "2", "61626364", "xxxabcd", 0 },
	{ "offset, the second of two", "6", "61626364", "xxabcdabcd", 10 },
	{ "offset, in a range", "1,2", "61626364", "xxxabcd", 7 },
	{ "offset, behind the range", "1,2", "61626364", "xxxxabcd", 0 },
	{ "from the end", "EOF-6", "61626364", "xxabcd..", 6 },
	{ "from the end, the very end", "EOF-4", "61626364", "xxabcd", 6 },
	{ "from the end, before", "EOF-6", "61626364", "xxabcd...", 0 },
	{ "from the end, behind", "EOF-6", "61626364", "xxabcd.", 0 },
	{ "from the end, the second of two", "EOF-4", "61626364", "abcdabcd", 8 },
	{ "from the end, the first of two", "EOF-8", "61626364", "abcdabcd", 4 },
	{ "from the end, in a range", "EOF-7,2", "61626364", "xxabcd.", 6 },
	{ "from the end, at the range's start", "EOF-7,2", "61626364", "xxabcd...", 6 },
	{ "from the end, before the range", "EOF-7,2", "61626364", "xxabcd....", 0 },
	{ "from the end, behind the range", "EOF-7,2", "61626364", "xxxabcd", 0 },
	{ "from the end, a range in a smaller object", "EOF-9,9", "61626364", "xxabcd..", 0 },
	{ "from the end, with a gap left", "EOF-10", "78{1-2}6162636465", ".x12abcde..", 9 },
	{ "from the end, with a word's end", "EOF-5", "61626364(W)", ".abcd-", 5 },
	{ "offset of a pattern with a gap left", "1", "78{1-2}6162636465", "1x22abcde", 9 },
	{ "offset of the other way", "0", "78{1-2}6162636465", "1x22abcde", 0 },
};

TEST(patterns)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct made m;
		char line[300];

		made_begin(&m);
		snprintf(line, sizeof(line), "N:0:%s:%s\n", cases[i].offset, cases[i].hex);
		CHECK_ROW(cases[i].name, made_source(&m, "a.ndb", line, strlen(line)) == 0);
		CHECK_ROW(cases[i].name, m.sigc.loaded == 2 && made_build(&m) == 0);
		check_all_ways(cases[i].name, m.generation, span_text(cases[i].body), cases[i].end);
		made_end(&m);
	}
}

static const struct {
	const char *name, *offset, *hex;
	const char *why; /* how it is named; NULL: refused */
} left_out[] = {
	{ "open gap, one byte behind it", "*", "61626364*78", "N: too few bytes" },
	{ "open gap from the end", "EOF-9", "61626364*7879", "N: a gap without end" },
	{ "open gap at the start", "*", "*61626364", NULL },
	{ "open gap at the end", "*", "61626364{3-}", NULL },
	{ "two open gaps in a row", "*", "61626364**6162", NULL },
	{ "wide gap", "*", "61626364{1-2001}78", "N: a pattern that reaches too far" },
	{ "many gaps", "*", "61626364{1000}78{1000}79", "N: a pattern that reaches too far" },
	{ "nested, too many", "*",
	    "61626364(3?|3?(31|32)(31|32)(31|32)(31|32)(31|32)(31|32)(31|32)(31|32))",
	    "N: alternatives within" },
	{ "no line's end inside", "*", "61626364!(L)7879", "N: !(L), or" },
	{ "nothing to look for", "*", "61??62??63", "N: too few bytes" },
	{ "nested, open", "*", "61626364(31|(32|33)", NULL },
	{ "nested, empty", "*", "61626364(31|32(|33))", NULL },
	{ "from the end", "EOF-2001", "61626364", "N: an offset far from" },
	{ "entry point of any object", "EP+0", "61626364", "N: an offset far from" },
	{ "version information", "VI", "61626364", "N: an offset far from" },
	{ "before a section", "SL-1", "61626364", "N: an offset far from" },
	{ "before a section by its number", "S0-5,2", "61626364", "N: an offset far from" },
	{ "no section", "SL", "61626364", "N: an offset far from" },
	{ "no number of a section", "Sx+1", "61626364", "N: an offset far from" },
	{ "open bracket", "*", "61626364(31|32", NULL },
	{ "open brace", "*", "61626364{3", NULL },
	{ "a gap backwards", "*", "61626364{3-2}31", NULL },
	{ "no gap", "*", "61626364{}31", NULL },
	{ "empty alternative", "*", "61626364(|31)", NULL },
	{ "none of, two lengths", "*", "61626364!(31|3233)", NULL },
	{ "none of what", "*", "61626364!31", NULL },
	{ "one digit", "*", "61626364??3", NULL },
	{ "no digit", "*", "61626364zz", NULL },
};

TEST(patterns_that_are_left_out_or_refused)
{
	for (unsigned i = 0; i < COUNT_OF(left_out); i++) {
		struct made m;
		char line[300];
		int rc;

		made_begin(&m);
		snprintf(line, sizeof(line), "N:0:%s:%s\n", left_out[i].offset, left_out[i].hex);
		rc = made_source(&m, "a.ndb", line, strlen(line));
		CHECK_ROW(left_out[i].name, (rc == 0) == (left_out[i].why != NULL));
		CHECK_ROW(left_out[i].name, m.sigc.loaded == 1 && m.sigc.elements.used == 0);
		if (left_out[i].why != NULL)
			CHECK_ROW(left_out[i].name, made_left_out(&m, left_out[i].why));
		else
			CHECK_ROW(
			    m.sigc.error, strstr(m.sigc.error, "a.ndb:1: no pattern") != NULL);
		made_end(&m);
	}
}

/* Farther apart than any buffer that is fed: what lies left of the anchor was kept. */
TEST(the_widest_pattern_across_buffers)
{
	static const char source[] = "N:0:*:78{1980}6162636465666768\n";
	static uint8_t body[6000];
	struct made m;

	memset(body, '.', sizeof(body));
	body[1000] = 'x';
	memcpy(body + 1000 + 1 + 1980, "abcdefgh", 8);
	made_begin(&m);
	CHECK(made_source(&m, "a.ndb", source, sizeof(source) - 1) == 0 && made_build(&m) == 0);
	for (size_t step = 1; step < sizeof(body); step = step * 3 + 1) {
		struct signature_core *core = signature_core_create(1);

		CHECK(signature_core_prepare(core, m.generation) == 0);
		body[1000] = 'x';
		CHECK_SEED(step,
		    scan_in_steps(core, m.generation, span_of(body, sizeof(body)), step) == 2989);
		body[1000] = 'y';
		CHECK_SEED(step,
		    scan_in_steps(core, m.generation, span_of(body, sizeof(body)), step) == 0);
		signature_core_destroy(core);
	}
	made_end(&m);
}

/* The farthest from the end that a stream keeps, behind many others that are too far. */
TEST(far_from_the_end)
{
	static const char source[] = "N:0:EOF-2000:6162636465666768\n";
	static uint8_t body[9000];
	struct made m;

	for (size_t at = 0; at < sizeof(body); at += 40)
		memcpy(body + at, "abcdefgh", 8);
	made_begin(&m);
	CHECK(made_source(&m, "a.ndb", source, sizeof(source) - 1) == 0 && made_build(&m) == 0);
	for (size_t step = 1; step < 2 * sizeof(body); step = step * 2 + 1) {
		struct signature_core *core = signature_core_create(1);

		CHECK(signature_core_prepare(core, m.generation) == 0);
		CHECK_SEED(step,
		    scan_in_steps(core, m.generation, span_of(body, sizeof(body)), step) == 7008);
		body[7000] = 'x';
		CHECK_SEED(step,
		    scan_in_steps(core, m.generation, span_of(body, sizeof(body)), step) == 0);
		body[7000] = 'a';
		signature_core_destroy(core);
	}
	made_end(&m);
}

/* A body made of nothing but candidates ends as a failure, not as a clean object or a hang. */
TEST(too_many_candidates_are_an_error)
{
	static const char source[] = "N:0:*:61626162{0-1900}(78|7978){0-90}7a\n";
	static uint8_t body[200000];
	struct made m;
	struct signature_core *core = signature_core_create(1);

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = "ab"[i % 2];
	made_begin(&m);
	CHECK(made_source(&m, "a.ndb", source, sizeof(source) - 1) == 0 && made_build(&m) == 0);
	CHECK(signature_core_prepare(core, m.generation) == 0);
	CHECK(scan_in_steps(core, m.generation, span_of(body, sizeof(body)), 1400) == UINT64_MAX);
	CHECK(scan_in_steps(core, m.generation, span_of(body, sizeof(body)), sizeof(body)) ==
	      UINT64_MAX);
	signature_core_destroy(core);
	made_end(&m);
}

/* A pattern that repeats itself begins again every so many bytes, up to each: these all wait. */
TEST(a_pattern_that_repeats_itself)
{
	static const struct {
		const char *piece;
		unsigned pieces, bytes; /* of the pattern, and of a piece */
	} rows[] = { { "7273745e????????7a", 200, 9 }, { "61", 1900, 1 }, { "6162", 64, 2 } };
	static const size_t steps[] = { 1, 7, 100, 1400 };
	static char source[8000];
	static uint8_t body[4000];

	for (unsigned row = 0; row < COUNT_OF(rows); row++) {
		size_t end = 3000 / rows[row].bytes * rows[row].bytes;
		struct made m;

		strcpy(source, "N:0:*:");
		for (unsigned i = 0; i < rows[row].pieces; i++)
			strcat(source, rows[row].piece);
		strcat(source, "7b\n");
		for (size_t i = 0; i < sizeof(body); i++)
			body[i] = (uint8_t)(row == 0   ? "rst^abcdz"[i % 9]
					    : row == 1 ? 'a'
						       : "ab"[i % 2]);
		made_begin(&m);
		CHECK(made_source(&m, "a.ndb", source, strlen(source)) == 0 && made_build(&m) == 0);
		for (unsigned i = 0; i < COUNT_OF(steps); i++) {
			struct signature_core *core = signature_core_create(1);
			struct span all = span_of(body, sizeof(body));
			uint8_t last = body[end];

			CHECK(signature_core_prepare(core, m.generation) == 0);
			body[end] = '{';
			CHECK_SEED(
			    steps[i], scan_in_steps(core, m.generation, all, steps[i]) == end + 1);
			body[end] = last;
			CHECK_SEED(steps[i], scan_in_steps(core, m.generation, all, steps[i]) == 0);
			signature_core_destroy(core);
		}
		made_end(&m);
	}
}
