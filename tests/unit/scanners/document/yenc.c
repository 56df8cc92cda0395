/* SPDX-License-Identifier: BSD-3-Clause */
/* yEnc: where a file begins and ends, what comes out, and that nothing is read too far. */
#include "scanners/document/yenc.h"

#include "tests/unit/scanners/document/lettered.h"

#define HEAD "=ybegin line=128 size=3 name=a b\r\n"

static const struct lettered way = { yenc_next, yenc_decode };

static const struct lettered_case cases[] = {
	{ "one", HEAD "klm\r\n=yend size=3\r\n", "ABC", NULL },
	{ "behind a text", "Hello\n" HEAD "k\r\nlm\r\n=yend", "ABC", NULL },
	{ "a part", HEAD "=ypart begin=1 end=3\r\nklm\r\n=yend", "ABC", NULL },
	{ "escaped", HEAD "=\253==l\r\n=yend", "A\323B", NULL },
	{ "an escape over a line's end", HEAD "k=\r\n\254m\r\n=yend", "ABC", NULL },
	{ "two", HEAD "k\n=yend\n" HEAD "l\n=yend", "A", "B" },
	{ "the first without end", HEAD "k\n" HEAD "l\n=yend", "A", "B" },
	{ "without end", HEAD "klm", "ABC", NULL },
	{ "empty, and one that is not", HEAD "=yend\n" HEAD "k", "A", NULL },
	{ "an end within a line", HEAD "k=yend\n=yend", "A\17;D:", NULL },
	{ "not at a line's start", "x =ybegin line=1\nk\n=yend", NULL, NULL },
	{ "another word", "=ybegins line=1\nk\n=yend", NULL, NULL },
	{ "no lines", "=ybegin line=1", NULL, NULL },
	{ "nothing", "", NULL, NULL },
};

TEST(files_by_yenc_are_found_and_decoded)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		lettered_check(&way, &cases[i]);
}

TEST(yenc_cut_anywhere_is_not_read_beyond)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		lettered_check_cut(&way, &cases[i]);
}
