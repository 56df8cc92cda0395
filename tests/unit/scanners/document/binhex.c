/* SPDX-License-Identifier: BSD-3-Clause */
/* BinHex 4.0: where a file begins and ends, its runs, its forks, and that nothing is read too far.
 */
#include "scanners/document/binhex.h"

#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/scanners/document/sink.h"

#define MARK "(This file must be converted with BinHex 4.0)\r\n"
/* "a.txt", its file and its resources: "fork" */
#define FILE_TEXT "\"@%ZG(Kd!&4&@&4dG(Kd!*!&(3!!!!5G4NKPE'a[,#\"KN\"53!#%5A'C[FQYkj`"
#define FILE_DATA "Hello, aaaaaaaaaaaaaaaaaaaa\x90!"

static const struct {
	const char *name, *text, *out; /* NULL: there is none */
} cases[] = {
	{ "letters", MARK "\r\n:B@*M:\r\n", "abc" },
	{ "lines", "Hello\n" MARK "\n:B@\r\n*M\r\n:", "abc" },
	{ "no end", MARK "\n:B@*M", "abc" },
	{ "what is no letter ends it", MARK "\n:B@*M~B@*M:", "abc" },
	{ "a run", MARK "\n:BC!%:", "aaaa" },
	{ "the mark of runs itself", MARK "\n:BC!!BJ:",
	    "a\x90"
	    "b" },
	{ "another mark", "(This file may be converted with BinHex 4.0)\n:B@*M:", NULL },
	{ "no colon", MARK "\nB@*M", NULL },
	{ "a colon within a line", MARK "\nx:B@*M", NULL },
	{ "the mark alone", MARK, NULL },
	{ "nothing", "", NULL },
};

TEST(files_by_binhex_are_found_and_decoded)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sink out = { .room = sizeof(out.bytes) };
		struct span text = span_text(cases[i].text), raw;
		size_t at = 0;
		bool is_one = binhex_next(text, &at, &raw);

		CHECK_ROW(cases[i].name, is_one == (cases[i].out != NULL));
		if (!is_one)
			continue;
		binhex_decode(raw, sink_take, &out);
		CHECK_ROW(cases[i].name, span_is(span_of(out.bytes, out.used), cases[i].out));
		CHECK_ROW(cases[i].name, !binhex_next(text, &at, &raw) && at == text.bytes);
	}
}

TEST(one_binhex_behind_the_other_is_found)
{
	struct span text = span_text(MARK ":B@*M:\r\n" MARK ":BJ:"), raw;
	size_t at = 0;

	CHECK(binhex_next(text, &at, &raw) && span_is(raw, "B@*M"));
	CHECK(binhex_next(text, &at, &raw) && span_is(raw, "BJ"));
	CHECK(!binhex_next(text, &at, &raw));
}

TEST(the_forks_of_binhex_lie_in_what_is_decoded)
{
	struct sink out = { .room = sizeof(out.bytes) };
	struct span forks[BINHEX_FORKS];

	binhex_decode(span_text(FILE_TEXT), sink_take, &out);
	binhex_forks(span_of(out.bytes, out.used), forks);
	CHECK(span_is(forks[0], FILE_DATA) && span_is(forks[1], "fork"));
	for (size_t bytes = 0; bytes < out.used; bytes++) {
		struct span cut = span_of(out.bytes, bytes);

		binhex_forks(cut, forks);
		for (unsigned i = 0; i < BINHEX_FORKS; i++)
			CHECK_SEED(bytes, forks[i].bytes == 0 ||
					      forks[i].data + forks[i].bytes <= out.bytes + bytes);
	}
	out.bytes[0] = 64; /* no name is so long */
	binhex_forks(span_of(out.bytes, out.used), forks);
	CHECK(forks[0].bytes == 0 && forks[1].bytes == 0);
}

TEST(binhex_cut_anywhere_is_not_read_beyond)
{
	static const char text[] = "x\n" MARK ":" FILE_TEXT ":";

	for (size_t bytes = 1; bytes < sizeof(text); bytes++) {
		char *cut = malloc(bytes); /* so that a byte too far is seen */
		struct sink out = { .room = sizeof(out.bytes) };
		struct span raw;
		size_t at = 0;

		memcpy(cut, text, bytes);
		while (binhex_next(span_of(cut, bytes), &at, &raw))
			binhex_decode(raw, sink_take, &out);
		CHECK_SEED(bytes, at == bytes);
		free(cut);
	}
}
