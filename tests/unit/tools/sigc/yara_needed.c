/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must stand in an object for a YARA string to match that is not read: patterns, one of which
 * every match holds. That gates made of them lose nothing that libyara finds is held by
 * tests/unit/control/deepscan/gates.c and vectors.c.
 */
#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tools/sigc/yara.h"

#define X30 "x30x30x30x30x30x30x30x30x30x30"

static const struct {
	const char *name, *written, *flags;
	struct yara_string like;
	const char *needed; /* patterns with a blank between; empty: nothing is known */
	bool eager;
} rows[] = {
	{ "plain", "word", "", { .form = YARA_REGEX }, "776f7264", false },
	{ "too short", "wor", "", { .form = YARA_REGEX }, "", false },
	{ "the longest", "abcd.efghij.klm", "", { .form = YARA_REGEX }, "65666768696a", false },
	{ "nocase", "word", "i", { .form = YARA_REGEX }, "776f7264::i", false },
	{ "nocase, behind it", "word", "", { .form = YARA_REGEX, .nocase = true }, "776f7264::i",
	    false },
	{ "wide", "word", "", { .form = YARA_REGEX, .wide = true }, "776f7264::w", false },
	{ "wide ascii", "word", "s", { .form = YARA_REGEX, .wide = true, .ascii = true },
	    "776f7264::wa", false },
	{ "what may be absent", "word?s", "", { .form = YARA_REGEX }, "776f726473 776f7273",
	    false },
	{ "what may be absent, short", "wor?", "", { .form = YARA_REGEX }, "", false },
	{ "many that may be absent", "word\\d?more", "", { .form = YARA_REGEX }, "776f7264",
	    false },
	{ "once or more", "words+et", "", { .form = YARA_REGEX }, "776f726473", false },
	{ "never", "words{0,3}", "", { .form = YARA_REGEX }, "776f7264", false },
	{ "at least twice", "words{2,3}", "", { .form = YARA_REGEX }, "776f72647373", false },
	{ "a class", "wor[dk]s", "", { .form = YARA_REGEX }, "776f726473 776f726b73", false },
	{ "a class of both cases", "[wW]ord", "i", { .form = YARA_REGEX }, "776f7264::i", false },
	{ "a class of too many", "wor[a-z]sand", "", { .form = YARA_REGEX }, "73616e64", false },
	{ "a class of what is not", "wor[^a]sand", "", { .form = YARA_REGEX }, "73616e64", false },
	{ "a class with -", "wor[d-]s", "", { .form = YARA_REGEX }, "776f726473 776f722d73",
	    false },
	{ "a class with escapes", "wor[\\x41\\]]s", "", { .form = YARA_REGEX },
	    "776f724173 776f725d73", false },
	{ "a range of escapes", "wor[\\x41-\\x42]s", "", { .form = YARA_REGEX },
	    "776f724173 776f724273", false },
	{ "a class without end", "word[ab", "", { .form = YARA_REGEX }, "776f7264", false },
	{ "a class with ]", "word[^]x]more", "", { .form = YARA_REGEX }, "776f7264", false },
	{ "escapes", "a\\.b\\x41\\/", "", { .form = YARA_REGEX }, "612e62412f", false },
	{ "escapes that are any", "ab\\wcd\\Sef", "", { .form = YARA_REGEX }, "", false },
	{ "blanks", "a\\sbc", "", { .form = YARA_REGEX },
	    "61206263 61096263 610d6263 610a6263 610b6263 610c6263", false },
	{ "a digit", "ab1[2-3]", "", { .form = YARA_REGEX }, "61623132 61623133", false },
	{ "carets anywhere", "h[\\^]?e[\\^]?l\\^l", "", { .form = YARA_REGEX },
	    "685e655e6c5e6c 685e656c5e6c 68655e6c5e6c 68656c5e6c", false },
	{ "before alternatives", "(abc|de):\\/\\/", "", { .form = YARA_REGEX },
	    "6162633a2f2f 64653a2f2f", false },
	{ "behind a group", "ab(cd\\w{2}ef)gh", "", { .form = YARA_REGEX }, "61626364", false },
	{ "what repeats", "(ab){3}\\w", "", { .form = YARA_REGEX }, "616261626162", false },
	{ "what repeats in between", "\\w(ab){2,9}cd", "", { .form = YARA_REGEX }, "61626162",
	    false },
	{ "a group that may be absent", "(ab\\w)?cdef", "", { .form = YARA_REGEX }, "63646566",
	    false },
	{ "an edge", "wo\\brd", "", { .form = YARA_REGEX }, "776f7264", false },
	{ "alternatives", "(word|more)", "", { .form = YARA_REGEX }, "776f7264 6d6f7265", false },
	{ "alternatives, one short", "(word|mor)", "", { .form = YARA_REGEX }, "", false },
	{ "alternatives, absent", "(word|more)*text", "", { .form = YARA_REGEX }, "74657874",
	    false },
	{ "alternatives at the top", "word1|word2", "", { .form = YARA_REGEX },
	    "776f726431 776f726432", false },
	{ "a bracket too many", "word)more", "", { .form = YARA_REGEX }, "", false },
	{ "a piece of it", "61 62 63 64 ?? 65", "", { .form = YARA_HEX }, "61626364??65", false },
	{ "behind an open gap", "61 62 [10-] 63 64 65 66", "", { .form = YARA_HEX }, "63646566",
	    false },
	{ "a short gap stays", "61 62 [1-4] 63 64", "", { .form = YARA_HEX }, "6162{1-4}6364",
	    false },
	{ "a gap at the end goes", "61 62 63 64 [1-4] (65|66)", "", { .form = YARA_HEX },
	    "61626364", false },
	{ "around alternatives", "61 62 (63|64) 65 66 67 68", "", { .form = YARA_HEX }, "65666768",
	    false },
	{ "around what it is not", "61 62 63 64 65 ~66 67", "", { .form = YARA_HEX }, "6162636465",
	    false },
	{ "three whole bytes", "61 62 63 ??", "", { .form = YARA_HEX }, "", false },
	{ "three whole bytes, eager", "61 62 63 ??", "", { .form = YARA_HEX }, "616263??", true },
	{ "three letters, eager", "wor\\w", "", { .form = YARA_REGEX }, "776f72", true },
	{ "two letters, eager", "wo\\w", "", { .form = YARA_REGEX }, "", true },
	{ "base64", "secret", "", { .form = YARA_TEXT, .is_base64 = true },
	    "6332566a636d5630 4e6c59334a6c64 7a5a574e795a58", false },
	{ "base64 of too little", "abc", "", { .form = YARA_TEXT, .is_base64 = true }, "", false },
	{ "another alphabet", "secret", "",
	    { .form = YARA_TEXT, .is_base64 = true, .has_alphabet = true }, "", false },
	{ "xor", "abcd", "", { .form = YARA_TEXT, .is_xor = true, .xor_min = 1, .xor_max = 2 },
	    "60636265 63606166", false },
	{ "xor of all keys", "abcd", "", { .form = YARA_TEXT, .is_xor = true, .xor_max = 255 }, "",
	    false },
	{ "a long text", X30 "y", "", { .form = YARA_TEXT },
	    "783330783330783330783330783330783330783330783330", false },
	{ "nothing", "", "", { .form = YARA_REGEX }, "", false },
};

/* What is needed, as the rows have it. */
static char *
needed(struct yara_string y, const char *written, const char *flags, bool eager, unsigned *count)
{
	struct sigc_table t = { 0 };

	y.written = span_text(written);
	y.flags = span_text(flags);
	*count = yara_needed(&y, eager, &t);
	for (size_t i = 0; i + 1 < t.used; i++) {
		if (t.bytes[i] == 0)
			t.bytes[i] = ' ';
	}
	table_add(&t, "", 1);
	return (char *)t.bytes;
}

TEST(what_a_string_needs_is_known_or_not)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		unsigned count, expected = rows[i].needed[0] != 0;
		char *found =
		    needed(rows[i].like, rows[i].written, rows[i].flags, rows[i].eager, &count);

		for (const char *c = rows[i].needed; *c != 0; c++)
			expected += *c == ' ';
		CHECK_ROW(rows[i].name, count == expected);
		CHECK_ROW(rows[i].name, strcmp(found, rows[i].needed) == 0);
		if (strcmp(found, rows[i].needed) != 0)
			fprintf(stderr, "  %s\n", found);
		free(found);
	}
}

#define X32BYTES                                                                                  \
	"01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d " \
	"1e 1f 20 "

TEST(what_costs_much_is_bounded)
{
	static const struct yara_string hex = { .form = YARA_HEX }, any_key = {
		.form = YARA_TEXT, .is_xor = true, .xor_max = 255
	};
	unsigned count;
	char *found = needed(hex, X32BYTES X32BYTES X32BYTES, "", false, &count);

	CHECK(count == 1 && strlen(found) == 2 * 64);
	free(found);
	found = needed(any_key, "abcd", "", true, &count);
	CHECK(count == 256 && strncmp(found, "61626364 60636265 ", 18) == 0);
	CHECK(strcmp(found + strlen(found) - 8, "9e9d9c9b") == 0);
	free(found);
	found = needed(any_key, "abc", "", true, &count);
	CHECK(count == 0);
	free(found);
}

TEST(an_expression_cut_anywhere_is_no_trouble)
{
	static const char whole[] = "(ab\\x41[^]a-z]{2,3}|(word)+?(x|y(z|\\/)))more.{3}$";
	char text[sizeof(whole)];

	for (size_t n = 0; n < sizeof(whole); n++) {
		unsigned count;
		char *found;

		memcpy(text, whole, n);
		text[n] = 0;
		found = needed(
		    (struct yara_string){ .form = YARA_REGEX }, text, "", n % 2 == 0, &count);
		CHECK_SEED(n, count <= YARA_RUNS_MAX);
		free(found);
	}
}
