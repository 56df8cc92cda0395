/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/base/span.h"

#include "tests/unit/harness.h"

TEST(a_span_starts_with_a_text)
{
	static const struct {
		const char *name, *in, *text;
		bool starts, nocase;
	} rows[] = {
		{ "the same", "ab", "ab", true, true },
		{ "longer", "abc", "ab", true, true },
		{ "shorter", "a", "ab", false, false },
		{ "another", "ba", "ab", false, false },
		{ "in capitals", "ABc", "ab", false, true },
		{ "with nothing", "ab", "", true, true },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span in = span_text(rows[i].in);

		CHECK_ROW(rows[i].name, span_starts(in, rows[i].text) == rows[i].starts);
		CHECK_ROW(rows[i].name, span_starts_nocase(in, rows[i].text) == rows[i].nocase);
	}
	CHECK(!span_starts(span_of("ab", 1), "ab")); /* no further than the span */
	CHECK(!span_starts_nocase(span_of("ab", 1), "ab"));
	CHECK(!span_starts(span_of(NULL, 0), "a"));
}

TEST(a_text_is_found_where_it_first_stands)
{
	static const struct {
		const char *name, *in, *text;
		int at; /* -1: it does not */
	} rows[] = {
		{ "at the start", "ab", "ab", 0 },
		{ "at the end", "xxab", "ab", 2 },
		{ "the first of two", "xabab", "ab", 1 },
		{ "behind a beginning", "aaab", "ab", 2 },
		{ "a blank line", "A: b\r\n\r\nC", "\r\n\r\n", 4 },
		{ "behind a blank line's half", "\r\r\n\r\n", "\r\n\r\n", 1 },
		{ "cut", "xxa", "ab", -1 },
		{ "shorter than the text", "a", "ab", -1 },
		{ "nothing", "", "ab", -1 },
		{ "not there", "bbbb", "ab", -1 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span in = span_text(rows[i].in);
		const uint8_t *at = span_find(in, rows[i].text);

		CHECK_ROW(rows[i].name, (at == NULL ? -1 : (int)(at - in.data)) == rows[i].at);
	}
	CHECK(span_find(span_of(NULL, 0), "ab") == NULL);
	CHECK(span_find(span_of("xab", 2), "ab") == NULL); /* no further than the span */
}
