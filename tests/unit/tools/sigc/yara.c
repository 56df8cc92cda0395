/* SPDX-License-Identifier: BSD-3-Clause */
/* YARA rules: strings, modifiers, conditions; what is left out and what is refused. YARA's own
 * tests: tests/unit/control/deepscan/vectors.c. */
#include <stdlib.h>

#include "tests/unit/tools/sigc/made.h"

/* Compiles one source and scans at every cut. -1: the rule was not taken. */
static int
verdict_of(const char *row, const char *source, struct span body)
{
	struct signature_core *core = signature_core_create(1);
	struct made m;
	int verdict = -1;

	made_begin(&m);
	if (made_source(&m, "a.yar", source, strlen(source)) == 0 && m.sigc.loaded == 2) {
		CHECK_ROW(row, made_build(&m) == 0 && m.sigc.loaded == 2);
		CHECK_ROW(row, signature_core_prepare(core, m.generation) == 0);
		verdict = made_scan(core, m.generation, body, body.bytes, NULL);
		for (size_t step = 1; step < body.bytes && step < 200; step++)
			CHECK_ROW(row, made_scan(core, m.generation, body, step, NULL) == verdict);
	}
	signature_core_destroy(core);
	made_end(&m);
	return verdict;
}

#define STRINGS "strings: $a = \"aaaa\" $b = \"bbbb\" $c1 = \"cccc\" $c2 = \"dddd\" $mz = \"MZ\" "

static const struct {
	const char *name, *rule, *body;
	bool holds;
} cases[] = {
	{ "a string", STRINGS "condition: $a", "xaaaax", true },
	{ "a string, not there", STRINGS "condition: $a", "xaaax", false },
	{ "meta, comments",
	    "meta: x = \"}\" n = -5 b = true " STRINGS "/* } */ condition: // }\n $a", "aaaa",
	    true },
	{ "escapes", "strings: $a = \"\\x61\\\"\\\\\\tb\" condition: $a", "a\"\\\tb", true },
	{ "nocase", "strings: $a = \"abCD\" nocase condition: $a", "ABcd", true },
	{ "case", "strings: $a = \"abCD\" condition: $a", "ABcd", false },
	{ "fullword", "strings: $a = \"abcd\" fullword condition: $a", "-abcd-", true },
	{ "fullword, longer", "strings: $a = \"abcd\" fullword condition: $a", "-abcde-", false },
	{ "hex", "strings: $a = { 61 62 ?3 [1-2] 64 65 66 67 } condition: $a", "abc..defg", true },
	{ "hex, short jump", "strings: $a = { 61 62 ?3 [1-2] 64 65 66 67 } condition: $a",
	    "abcdefg", false },
	{ "hex, alternatives", "strings: $a = { 61626364 ( 31 | 3? 33 ) } condition: $a", "abcd93",
	    true },
	{ "and", STRINGS "condition: $a and $b", "aaaa bbbb", true },
	{ "and, one", STRINGS "condition: $a and $b", "aaaa", false },
	{ "rank: or below and", STRINGS "condition: $a or $b and $c1", "aaaa", true },
	{ "rank, in brackets", STRINGS "condition: ($a or $b) and $c1", "aaaa", false },
	{ "not", STRINGS "condition: $a and not $b", "aaaa", true },
	{ "not, it is there", STRINGS "condition: $a and not $b", "aaaa bbbb", false },
	{ "not binds closest", STRINGS "condition: not $b and $a", "aaaa", true },
	{ "all of them", "strings: $a = \"aaaa\" $b = \"bbbb\" condition: all of them", "aaaa bbbb",
	    true },
	{ "all of them, one", "strings: $a = \"aaaa\" $b = \"bbbb\" condition: all of them", "aaaa",
	    false },
	{ "any of them, nameless", "strings: $ = \"aaaa\" $ = \"bbbb\" condition: any of them",
	    "bbbb", true },
	{ "any of some", STRINGS "condition: any of ($c*)", "dddd", true },
	{ "any of some, another", STRINGS "condition: any of ($c*)", "aaaa", false },
	{ "two of", STRINGS "condition: 2 of ($a, $c*)", "aaaa dddd", true },
	{ "two of, one twice", STRINGS "condition: 2 of ($a, $c*)", "aaaa aaaa", false },
	{ "none of", STRINGS "condition: $a and none of ($c*)", "aaaa", true },
	{ "none of, one", STRINGS "condition: $a and none of ($c*)", "aaaa cccc", false },
	{ "at", STRINGS "condition: $a at 2", "xxaaaa", true },
	{ "at, elsewhere", STRINGS "condition: $a at 2", "xaaaab", false },
	{ "at, short", STRINGS "condition: $mz at 0 and $a", "MZaaaa", true },
	{ "at, short, not there", STRINGS "condition: $mz at 0 and $a", "xMZaaaa", false },
	{ "at, short, behind the end", STRINGS "condition: $a and not $mz at 9", "aaaa", true },
	{ "in", STRINGS "condition: $a in (1..3)", "xxxaaaa", true },
	{ "in, behind it", STRINGS "condition: $a in (1..3)", "xxxxaaaa", false },
	{ "at the end", STRINGS "condition: $a at filesize - 4", "xaaaa", true },
	{ "at the end, elsewhere", STRINGS "condition: $a at (filesize-4)", "aaaax", false },
	{ "in the last bytes", STRINGS "condition: $a in (filesize-6..filesize)", "xxaaaa..",
	    true },
	{ "in the last bytes, before", STRINGS "condition: $a in (filesize-6..filesize)", "aaaa...",
	    false },
	{ "in the last bytes, of fewer", STRINGS "condition: $a in (filesize-60..filesize)", "aaaa",
	    true },
	{ "count", STRINGS "condition: #a == 2", "aaaa aaaa", true },
	{ "count, more", STRINGS "condition: #a == 2", "aaaa aaaaa", false },
	{ "count over", STRINGS "condition: #a > 1", "aaaa aaaa", true },
	{ "count from", STRINGS "condition: #a >= 3", "aaaa aaaa", false },
	{ "count up to", STRINGS "condition: $b and #a <= 1", "aaaa bbbb aaaa", false },
	{ "count, none", STRINGS "condition: $b and #a == 0", "bbbb", true },
	{ "count differs", STRINGS "condition: #a != 0", "aaaa", true },
	{ "count, turned", STRINGS "condition: 2 <= #a", "aaaa aaaa", true },
	{ "size under", STRINGS "condition: $a and filesize < 5", "aaaa", true },
	{ "size under, too large", STRINGS "condition: $a and filesize < 1KB and filesize < 5",
	    "aaaa.", false },
	{ "size up to", STRINGS "condition: $a and filesize <= 4", "aaaa", true },
	{ "size is", STRINGS "condition: $a and filesize == 4", "aaaa", true },
	{ "size from", STRINGS "condition: $a and filesize >= 0x5", "aaaa", false },
	{ "read", STRINGS "condition: uint16(0) == 0x5A4D and $a", "MZ aaaa", true },
	{ "read, other", STRINGS "condition: uint16(0) == 0x5A4D and $a", "ZM aaaa", false },
	{ "read, big-endian", STRINGS "condition: uint32be(1) == 0x30313233 and $a", ".0123aaaa",
	    true },
	{ "read, turned", STRINGS "condition: 0x4d == uint8(0) and $a", "MZ aaaa", true },
	{ "read, differs", STRINGS "condition: uint8(0) != 0x4d and $a", "MZ aaaa", false },
	{ "read behind the end", STRINGS "condition: $a and uint32(2) == 0", "aaaa", false },
	{ "read behind the end, differs", STRINGS "condition: $a and uint32(2) != 0", "aaaa",
	    false },
	{ "read behind the end, not", STRINGS "condition: $a and not uint32(2) == 0", "aaaa",
	    false },
	{ "read what is read", STRINGS "condition: uint16(uint8(4)) == 0x4550 and $a",
	    "MZ..\x0c...aaaaPE", true },
	{ "read what is read, elsewhere",
	    STRINGS "condition: uint16(uint8(4) + 1) == 0x5045 and $a", "MZ..\x0c\x0d..aaaa.EP",
	    true },
	{ "read from the end", STRINGS "condition: $a and uint16be(filesize - 2) == 0x787a",
	    "aaaaxz", true },
	{ "read before the start", STRINGS "condition: $a and uint8(4 - 5) != 0", "aaaa", false },
	{ "read before the start, not", STRINGS "condition: $a and not uint8(4 - 5) == 0", "aaaa",
	    false },
	{ "undefined or undefined, not",
	    STRINGS "condition: $a and not (uint8(9) == 0 or uint8(9) == 1)", "aaaa", true },
	{ "undefined and undefined, not",
	    STRINGS "condition: $a and not (uint8(9) == 0 and uint8(9) == 1)", "aaaa", true },
	{ "undefined or false, not", STRINGS "condition: $a and not (uint8(9) == 0 or false)",
	    "aaaa", true },
	{ "signed", STRINGS "condition: $a and int8(4) == -2 and int16be(4) < 0 and int32(4) == -2",
	    "aaaa\xfe\xff\xff\xff", true },
	{ "unsigned", STRINGS "condition: $a and uint8(4) == -2", "aaaa\xfe\xff\xff\xff", false },
	{ "sums and products", STRINGS "condition: $a and 2 + 3 * 4 == filesize + 10", "aaaa",
	    true },
	{ "brackets", STRINGS "condition: $a and (2 + 3) * 4 == filesize * 5", "aaaa", true },
	{ "division, modulo", STRINGS "condition: $a and 7 \\ 2 == 3 and 7 % 4 == 3", "aaaa",
	    true },
	{ "division by nothing", STRINGS "condition: $a and not 7 \\ (filesize - 4) == 3", "aaaa",
	    false },
	{ "bits", STRINGS "condition: $a and uint8(0) & 0x20 == 0x20 and 5 ^ 1 | 8 == 12", "aaaa",
	    true },
	{ "shifts", STRINGS "condition: $a and 1 << 4 == 16 and -16 >> 2 == -4 and 1 << 64 == 0",
	    "aaaa", true },
	{ "complement", STRINGS "condition: $a and ~0 == -1 and ~5 & 7 == 2", "aaaa", true },
	{ "beyond 32 bits", STRINGS "condition: $a and uint32(0) * 0x1000000 > 0x61616161000000",
	    "aaaa", false },
	{ "a constant of 40 bits", STRINGS "condition: $a and filesize < 0x4464c457f", "aaaa",
	    true },
	{ "place", STRINGS "condition: @a < @b", "aaaa bbbb", true },
	{ "place, the other way round", STRINGS "condition: @a < @b", "bbbb aaaa", false },
	{ "place, one is missing", STRINGS "condition: @a < @b", "aaaa", false },
	{ "place, one is missing, not", STRINGS "condition: $a and not @a < @b", "aaaa", false },
	{ "place, the first of two", STRINGS "condition: @a[1] == 2", "..aaaa.aaaa", true },
	{ "distance", STRINGS "condition: @b - @a < 6", "aaaa..bbbb", false },
	{ "read at a place", STRINGS "condition: uint8(@a + 4) == 0x2e", "aaa.aaaa.", true },
	{ "read at a count", STRINGS "condition: $a and uint8(#a + 3) == 0x2e", "aaaa.", true },
	{ "counts compared", STRINGS "condition: $a and #a > #b", "aaaa aaaa bbbb", true },
	{ "counts compared, alike", STRINGS "condition: $a and #a > #b", "aaaa bbbb", false },
	{ "counts added", STRINGS "condition: $a and #a + #b == 3", "aaaa aaaa bbbb", true },
	{ "as many as it is large", STRINGS "condition: $a and 2 of ($c*) and filesize == 9",
	    "aaaaccccdddd", false },
	{ "true", STRINGS "condition: $a and (true or false)", "aaaa", true },
	{ "false", STRINGS "condition: $a and false", "aaaa", false },
};

TEST(yara_rules)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		char source[600];

		snprintf(source, sizeof(source), "rule R : tag other { %s }\n", cases[i].rule);
		CHECK_ROW(cases[i].name,
		    verdict_of(cases[i].name, source, span_text(cases[i].body)) == cases[i].holds);
	}
}

#define PRIVATE \
	"private rule IsMZ { strings: $a = \"word\" condition: uint16(0) == 0x5a4d and $a }\n"

/* Rules that name others. */
static const struct {
	const char *name, *source, *body;
	uint64_t loaded;
	bool holds;
} named[] = {
	{ "both", PRIVATE "rule R { strings: $a = \"aaaa\" condition: IsMZ and $a }",
	    "MZ word aaaa", 2, true },
	{ "the other only", PRIVATE "rule R { strings: $a = \"aaaa\" condition: IsMZ and $a }",
	    "MZ word", 2, false },
	{ "it only", PRIVATE "rule R { strings: $a = \"aaaa\" condition: IsMZ and $a }", "MZ aaaa",
	    2, false },
	{ "not", PRIVATE "rule R { strings: $a = \"aaaa\" condition: not IsMZ and $a }", "MZ aaaa",
	    2, true },
	{ "not, of one that has no value",
	    "private rule Early { strings: $z = \"zzzz\" condition: @z < 5 }\n"
	    "rule R { strings: $a = \"aaaa\" condition: $a and not Early }",
	    "word aaaa", 2, true },
	{ "not not, of one that has no value",
	    "private rule Early { strings: $z = \"zzzz\" condition: @z < 5 }\n"
	    "rule R { strings: $a = \"aaaa\" condition: $a and not (not Early) }",
	    "word aaaa", 2, false },
	{ "not, of an expression that has no value",
	    "rule R { strings: $a = \"aaaa\" $z = \"zzzz\" condition: $a and not @z < 5 }",
	    "word aaaa", 1, false },
	{ "them is each one's own",
	    PRIVATE "rule R { strings: $x = \"aaaa\" condition: IsMZ and all of them }",
	    "MZ word aaaa", 2, true },
	{ "alone", PRIVATE "rule R { condition: IsMZ }", "MZ word", 2, true },
	{ "a private one alone", PRIVATE, "MZ word", 1, false },
	{ "one that is true of anything",
	    "private rule Small { condition: filesize < 20 }\n"
	    "rule R { strings: $a = \"aaaa\" condition: Small and $a }",
	    "aaaa", 2, true },
	{ "one that comes later",
	    "rule R { strings: $a = \"aaaa\" condition: IsMZ and $a }\n" PRIVATE, "MZ word aaaa", 1,
	    false },
	{ "through another",
	    PRIVATE "private rule B { condition: IsMZ or false }\n"
		    "rule R { strings: $a = \"aaaa\" condition: B and $a }",
	    "MZ word aaaa", 3, true },
};

TEST(yara_rules_that_name_others)
{
	for (unsigned i = 0; i < COUNT_OF(named); i++) {
		struct signature_core *core = signature_core_create(1);
		struct span body = span_text(named[i].body);
		const char *row = named[i].name;
		struct made m;

		made_begin(&m);
		CHECK_ROW(
		    row, made_source(&m, "a.yar", named[i].source, strlen(named[i].source)) == 0);
		CHECK_ROW(row, m.sigc.loaded == named[i].loaded + 1);
		CHECK_ROW(row, made_build(&m) == 0);
		CHECK_ROW(row, signature_core_prepare(core, m.generation) == 0);
		for (size_t step = 1; step <= body.bytes; step++)
			CHECK_ROW(
			    row, made_scan(core, m.generation, body, step, NULL) == named[i].holds);
		signature_core_destroy(core);
		made_end(&m);
	}
}

/* Rules that double at each name: left out where they grow too large, and in no time. */
TEST(yara_rules_that_grow)
{
	static char source[8192];
	size_t n = 0;
	struct made m;

	n += (size_t)snprintf(
	    source, sizeof(source), "rule R0 { strings: $a = \"aaaa\" condition: $a }\n");
	for (unsigned i = 1; i < 60; i++)
		n += (size_t)snprintf(source + n, sizeof(source) - n,
		    "rule R%u { condition: R%u and R%u }\n", i, i - 1, i - 1);
	made_begin(&m);
	CHECK(made_source(&m, "a.yar", source, n) == 0);
	CHECK(m.sigc.loaded > 8 && m.sigc.loaded < 20);
	CHECK(made_left_out(&m, "R59: an expression or as many"));
	CHECK(made_build(&m) == 0);
	made_end(&m);
}

/* What a rule asks for lies far from both ends: seen in one piece; an error in a stream, never
 * clean; and where it can't matter, no error either. */
TEST(yara_reads_what_is_not_kept)
{
	static const char rule[] =
	    "rule R { strings: $a = \"aaaa\" $b = \"bbbb\" condition: $a and uint8(5000) == 7 and "
	    "not $b }\n";
	static uint8_t body[10000];
	struct signature_core *core = signature_core_create(1);
	struct made m;

	made_begin(&m);
	CHECK(made_source(&m, "a.yar", rule, strlen(rule)) == 0 && m.sigc.loaded == 2);
	CHECK(made_build(&m) == 0 && signature_core_prepare(core, m.generation) == 0);
	CHECK(made_scan(core, m.generation, span_of(body, sizeof(body)), 1000, NULL) == 0);
	memcpy(body, "aaaa", 4);
	CHECK(made_scan(core, m.generation, span_of(body, sizeof(body)), 10000, NULL) == 0);
	CHECK(made_scan(core, m.generation, span_of(body, sizeof(body)), 1000, NULL) < 0);
	CHECK(made_scan(core, m.generation, span_of(body, 6000), 1000, NULL) == 0);
	body[5000] = 7;
	CHECK(made_scan(core, m.generation, span_of(body, sizeof(body)), 10000, NULL) == 1);
	CHECK(made_scan(core, m.generation, span_of(body, 6000), 1000, NULL) == 1);
	memcpy(body + 9000, "bbbb", 4);
	CHECK(made_scan(core, m.generation, span_of(body, sizeof(body)), 1000, NULL) == 0);
	signature_core_destroy(core);
	made_end(&m);
}

TEST(yara_wide)
{
	static const char rule[] = "rule R { strings: $a = \"abcd\" wide ascii condition: $a }\n";

	CHECK(verdict_of("wide", rule, span_of("a\0b\0c\0d\0", 8)) == 1);
	CHECK(verdict_of("ascii", rule, span_text("abcd")) == 1);
	CHECK(verdict_of("neither", rule, span_of("a\0b\0cd\0", 7)) == 0);
}

#define HEX(text) "rule R { strings: $a = {" text "} condition: $a }"

static const struct {
	const char *name, *source;
	const char *why; /* how it is named; else how the error ends */
	bool is_error;
} refused[] = {
	{ "regex", "rule R { strings: $a = /ab[c\\/]d/i condition: $a }", "R: a regular", false },
	{ "xor", "rule R { strings: $a = \"abcd\" xor(1-5) condition: $a }", "R: a string in xor",
	    false },
	{ "base64", "rule R { strings: $a = \"abcd\" base64(\"x)\") condition: $a }",
	    "R: a string in xor", false },
	{ "open jump", "rule R { strings: $a = { 61626364 [5-] 65 } condition: $a }",
	    "R: a gap without end", false },
	{ "jump in brackets",
	    "rule R { strings: $a = { 61626364 ( 31 [2] 33 | 32 ) } condition: $a }",
	    "R: alternatives within", false },
	{ "short", "rule R { strings: $a = \"a\" condition: $a }", "R: too few bytes", false },
	{ "module", "import \"pe\"\nrule R { condition: pe.is_dll() }", "R: a module", false },
	{ "other rule", "rule R { condition: Other }", "R: a module", false },
	{ "loop", "rule R { condition: for all i in (1..2): (i == 1) }", "R: a loop", false },
	{ "second place", "rule R { strings: $a = \"abcd\" condition: $a and @a[2] == 0 }",
	    "R: a condition", false },
	{ "place of forms", "rule R { strings: $a = \"abcd\" wide ascii condition: $a and @a > 2 }",
	    "R: a count of a string", false },
	{ "sum of counts of forms",
	    "rule R { strings: $a = \"abcd\" wide ascii condition: $a and #a + 1 > 1 }",
	    "R: a count of a string", false },
	{ "far from the end",
	    "rule R { strings: $a = \"abcd\" condition: $a in (filesize-2001..filesize) }",
	    "R: an offset far", false },
	{ "length", "rule R { strings: $a = \"abcd\" condition: $a and !a == 4 }", "R: a condition",
	    false },
	{ "a number alone", "rule R { strings: $a = \"abcd\" condition: $a and filesize }",
	    "R: a condition", false },
	{ "a number negated", "rule R { strings: $a = \"abcd\" condition: $a and not (1) }",
	    "R: a condition", false },
	{ "compared twice", "rule R { strings: $a = \"abcd\" condition: $a and 1 < 2 < 3 }",
	    "R: a condition", false },
	{ "a sum of truths", "rule R { strings: $a = \"abcd\" condition: $a + 1 == 2 }",
	    "R: a condition", false },
	{ "itself", "rule R { strings: $a = \"abcd\" condition: $a and R }",
	    "R: a module or a variable", false },
	{ "a rule that is not read",
	    "rule A { condition: pe.is_dll() } rule R { strings: $a = \"abcd\" condition: $a and A "
	    "}",
	    "R: a module or a variable", false },
	{ "no such string", "rule R { strings: $a = \"abcd\" condition: $b }", "R: a condition",
	    false },
	{ "true of anything", "rule R { condition: filesize < 10 }", "R: true of objects", false },
	{ "or anything", "rule R { strings: $a = \"abcd\" condition: $a or filesize < 10 }",
	    "R: true of objects", false },
	{ "a byte at a count, which is there without a match",
	    "rule R { strings: $a = \"abcd\" condition: uint8(#a) > 1 }", "R: true of objects",
	    false },
	{ "a byte at a count of forms",
	    "rule R { strings: $a = \"abcd\" wide ascii condition: $a and uint8(#a) > 1 }",
	    "R: a count of a string", false },
	{ "count of forms", "rule R { strings: $a = \"abcd\" wide ascii condition: #a > 2 }",
	    "R: a count of a string", false },
	{ "global",
	    "rule R { strings: $a = \"abcd\" condition: $a } global rule G { condition: "
	    "filesize < 5 }",
	    "R: in a file with a global", false },
	{ "no rule", "\nrul R { condition: true }", "a.yar:2: expected rule, import", true },
	{ "no name", "rule { condition: true }", "a.yar:1: a rule without a name", true },
	{ "no brace", "rule R condition: true }", "a.yar:1: expected {", true },
	{ "no end", "rule R { condition: true", "a.yar:1: a rule without end", true },
	{ "no condition", "rule R { }", "a.yar:1: expected meta:", true },
	{ "text without end", "rule R { strings: $a = \"abcd condition: $a }\n", "a.yar:1: a text",
	    true },
	{ "escape", "rule R { strings: $a = \"ab\\q\" condition: $a }", "a.yar:1: no such escape",
	    true },
	{ "no digit", "rule R { strings: $a = { 61 6z } condition: $a }", "a.yar:1: no hexadecimal",
	    true },
	{ "bracket", "rule R { strings: $a = { 61 ) } condition: $a }", "a.yar:1: a ) or |", true },
	{ "alternatives without brackets", HEX("61626364 | 65"), "a.yar:1: a ) or |", true },
	{ "bracket that stays open", HEX("61626364 ( 65"), "a.yar:1: expected )", true },
	{ "half a byte", HEX("6 1 62 63 64"), "a.yar:1: no hexadecimal", true },
	{ "no byte", HEX(""), "a.yar:1: no byte", true },
	{ "no byte in brackets", HEX("61626364 ()"), "a.yar:1: no byte", true },
	{ "no byte in an alternative", HEX("61626364 (65 | )"), "a.yar:1: no byte", true },
	{ "no byte in the first", HEX("61626364 ( | 65)"), "a.yar:1: no byte", true },
	{ "jump first", HEX("[2] 61626364"), "a.yar:1: a jump that no byte stands before", true },
	{ "jump last", HEX("61626364 [2]"), "a.yar:1: a jump that no byte stands behind", true },
	{ "jump first in an alternative", HEX("61626364 (65 | [2] 66)"), "a.yar:1: a jump that",
	    true },
	{ "jump last in brackets", HEX("61626364 (65 [2])"), "a.yar:1: a jump that", true },
	{ "jump of nothing", HEX("61626364 [0] 65"), "a.yar:1: a jump of no length", true },
	{ "jump without least", HEX("61626364 [-9] 65"), "a.yar:1: a jump of no length", true },
	{ "jump that ends before", HEX("61626364 [5-2] 65"), "a.yar:1: a jump of no length", true },
	{ "modifier of a hexadecimal string",
	    "rule R { strings: $a = { 61626364 } nocase condition: $a }",
	    "a.yar:1: a modifier that is for texts", true },
	{ "modifier of an expression", "rule R { strings: $a = /abcd/ xor condition: $a }",
	    "a.yar:1: a modifier that is for texts", true },
	{ "modifier twice", "rule R { strings: $a = \"abcd\" wide nocase wide condition: $a }",
	    "a.yar:1: a modifier that is told twice", true },
	{ "string twice",
	    "rule R { strings: $a = \"abcd\"\n$b = \"bcde\"\n$a = \"cdef\"\n condition: $a }",
	    "a.yar:3: a string of a name", true },
	{ "rule twice",
	    "rule A { condition: true }\nrule B { condition: true } rule A { "
	    "condition: false }",
	    "a.yar:2: A: a rule of that name stands before", true },
	{ "include", "include \"none.yar\"\n", "none.yar: No such file", true },
	{ "NUL", NULL, "a.yar:1: a NUL byte", true },
};

TEST(what_yara_says_that_is_not_taken)
{
	for (unsigned i = 0; i < COUNT_OF(refused); i++) {
		const char *source = refused[i].source != NULL ? refused[i].source : "rule\0";
		struct made m;
		int rc;

		made_begin(&m);
		rc = made_source(
		    &m, "a.yar", source, refused[i].source != NULL ? strlen(source) : 5);
		CHECK_ROW(refused[i].name, (rc != 0) == refused[i].is_error);
		CHECK_ROW(refused[i].name, m.sigc.loaded == 1 && m.sigc.rules.used == 0 &&
					       m.sigc.parts.used == 0 && m.sigc.steps.used == 0);
		if (refused[i].is_error)
			CHECK_ROW(m.sigc.error, strstr(m.sigc.error, refused[i].why) != NULL);
		else
			CHECK_ROW(refused[i].name, made_left_out(&m, refused[i].why));
		made_end(&m);
	}
}

TEST(includes_are_beside_the_file_and_not_endless)
{
	static const char inner[] = "rule Inner { strings: $a = \"inner-marker\" condition: $a }\n";
	static const char outer[] = "include \"inner.yar\"\nrule Outer { strings: $a = "
				    "\"outer-marker\" condition: $a }\n";
	static const char endless[] = "include \"endless.yar\"\n";
	static char many[4097 * 20 + 1];
	struct made m;

	made_begin(&m);
	CHECK(made_source(&m, "inner.yar", inner, sizeof(inner) - 1) == 0);
	CHECK(made_source(&m, "outer.yar", outer, sizeof(outer) - 1) == 0);
	CHECK(m.sigc.loaded == 4);
	snprintf(many, sizeof(many), "include \"%s/inner.yar\"\n", m.directory);
	CHECK(made_source(&m, "whole.yar", many, strlen(many)) == 0);
	CHECK(m.sigc.loaded == 5);
	many[0] = 0;
	CHECK(made_source(&m, "endless.yar", endless, sizeof(endless) - 1) != 0);
	CHECK(strstr(m.sigc.error, "endless.yar:1: includes within includes") != NULL);
	for (unsigned i = 0; i < 4097; i++)
		strcat(many, "include \"none.yar\"\n");
	CHECK(made_source(&m, "none.yar", "", 0) == 0);
	CHECK(made_source(&m, "many.yar", many, strlen(many)) != 0);
	CHECK(strstr(m.sigc.error, "many.yar:4097: more than 4096 includes") != NULL);
	made_end(&m);
}
