/* SPDX-License-Identifier: BSD-3-Clause */
/* UTF-7: what is it, what it says, and that nothing is read too far. */
#include "scanners/document/utf7.h"

#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/scanners/document/sink.h"

static const struct {
	const char *name, *text;
	bool is_one;
	const char *out;
} cases[] = {
	{ "a tag", "+ADw-script+AD4-x", true, "<script>x" },
	{ "a word", "say +AGEAYgBjAGQ now", true, "say abcd now" },
	{ "a short word without end", "say +AGEAYgBj now", false, "say abc now" },
	{ "what is no ASCII", "Hi Mom -+Jjo--!", false, "Hi Mom -\xe2\x98\xba-!" },
	{ "a pair", "+2Dzf/A-+AGE-", true,
	    "\xf0\x9f\x8f\xbc"
	    "a" },
	{ "half a pair", "+2Dw-+AGE-", true,
	    "\xef\xbf\xbd"
	    "a" },
	{ "a plus", "1 +- 1", false, "1 + 1" },
	{ "a plus alone", "1 + 1", false, "1 + 1" },
	{ "a sum", "a+bcd e", false, "a\xe6\xb7\x87 e" },
	{ "bits left over", "+AGF-", false, "a" },
	{ "a letter too many", "+AGEA-", false, "a" },
	{ "base64", "VGhpcyBpcyBh+GxpbmUgb2YgMjQgYnl0\r\n", false, NULL },
	{ "an end in a sequence", "+AGEAYgBjAGQ", true, "abcd" },
	{ "nothing", "", false, "" },
};

TEST(utf7_is_known_and_read)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sink out = { .room = sizeof(out.bytes) };

		CHECK_ROW(cases[i].name, utf7_is(span_text(cases[i].text)) == cases[i].is_one);
		utf7_decode(span_text(cases[i].text), sink_take, &out);
		if (cases[i].out != NULL)
			CHECK_ROW(
			    cases[i].name, span_is(span_of(out.bytes, out.used), cases[i].out));
	}
}

TEST(utf7_cut_anywhere_is_not_read_beyond)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t bytes = 1; bytes < strlen(cases[i].text); bytes++) {
			char *cut = malloc(bytes); /* so that a byte too far is seen */
			struct sink out = { .room = sizeof(out.bytes) };

			memcpy(cut, cases[i].text, bytes);
			utf7_is(span_of(cut, bytes));
			utf7_decode(span_of(cut, bytes), sink_take, &out);
			CHECK_SEED(bytes, 2 * out.used <= 3 * bytes);
			free(cut);
		}
	}
}
