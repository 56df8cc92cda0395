/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/base/digits.h"

#include "tests/unit/harness.h"

TEST(numbers_as_text)
{
	static const struct {
		const char *name;
		uint64_t n;
		unsigned base, least;
		const char *text;
	} rows[] = {
		{ "zero", 0, 10, 1, "0" },
		{ "no digit asked for", 0, 10, 0, "0" },
		{ "one digit", 9, 10, 1, "9" },
		{ "two", 10, 10, 1, "10" },
		{ "zeros in front", 7, 10, 3, "007" },
		{ "more than asked for", 1234, 10, 2, "1234" },
		{ "letters", 0xabcdef, 16, 1, "abcdef" },
		{ "the largest", UINT64_MAX, 10, 1, "18446744073709551615" },
		{ "the largest, in base 16", UINT64_MAX, 16, 1, "ffffffffffffffff" },
		{ "as many as there is room for", 1, 10, DIGITS_MAX, "00000000000000000001" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char room[DIGITS_MAX];

		CHECK_ROW(rows[i].name,
		    span_is(digits_of(rows[i].n, rows[i].base, rows[i].least, room), rows[i].text));
	}
}
