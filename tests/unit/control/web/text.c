/* SPDX-License-Identifier: BSD-3-Clause */
/* Growing, escaping, and what happens past the bound. */
#include "control/web/text.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

static bool
is(struct text *t, const char *expected)
{
	size_t bytes;
	char *got = text_take(t, &bytes);
	bool same = got != NULL && bytes == strlen(expected) && memcmp(got, expected, bytes) == 0;

	free(got);
	return same;
}

TEST(html_is_escaped)
{
	static const struct {
		const char *name, *raw, *shown;
	} cases[] = {
		{ "nothing", "", "" },
		{ "plain", "example.test/a?b=c;d", "example.test/a?b=c;d" },
		{ "an element", "<script>alert(1)</script>",
		    "&lt;script&gt;alert(1)&lt;/script&gt;" },
		{ "out of an attribute", "\" onload='x'", "&quot; onload=&#39;x&#39;" },
		{ "a reference", "&lt;&#60;", "&amp;lt;&amp;#60;" },
		{ "a comment", "--><!--", "--&gt;&lt;!--" },
		{ "controls",
		    "a\x01\x1b\x7f"
		    "b\r",
		    "a???b?" },
		{ "white space", "a\tb\nc d", "a\tb\nc d" },
		{ "UTF-8 as it is", "\xc3\xa4", "\xc3\xa4" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text t = { 0 };

		text_html(&t, cases[i].raw);
		CHECK_ROW(cases[i].name, is(&t, cases[i].shown));
	}
}

/* Nothing of the 255 characters gets through that could open an element or end an attribute. */
/* Names come escaped; letters are shown, all else stays as it came. */
TEST(names_have_their_letters)
{
	static const struct {
		const char *name, *escaped, *shown;
	} cases[] = {
		{ "nothing", "", "" },
		{ "plain", "CORP/alice", "CORP/alice" },
		{ "letters", "\\xd0\\x98\\xd0\\xb2\\xd0\\xb0\\xd0\\xbd.doc", "Иван.doc" },
		{ "an element", "<b>\\xc3\\xa4</b>", "&lt;b&gt;ä&lt;/b&gt;" },
		{ "escapes of ASCII", "\\x22\\x3c\\x5cxd0\\x0a", "\\x22\\x3c\\x5cxd0\\x0a" },
		{ "the other direction", "\\xe2\\x80\\xaeexe", "\\xe2\\x80\\xaeexe" },
		{ "right to left", "\\xd7\\xa9", "\\xd7\\xa9" },
		{ "an accent", "e\\xcc\\x81", "e\xcc\x81" },
		{ "two of them", "e\\xcc\\x81\\xcc\\x81", "e\xcc\x81\\xcc\\x81" },
		{ "cut", "\\xd0", "\\xd0" },
		{ "cut in the escape", "\\xd0\\x9", "\\xd0\\x9" },
		{ "no digits", "\\xzz\\", "\\xzz\\" },
		{ "a backslash at the end", "a\\", "a\\" },
		{ "x at the end", "a\\x", "a\\x" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text t = { 0 };

		text_html_name(&t, cases[i].escaped);
		CHECK_ROW(cases[i].name, is(&t, cases[i].shown));
	}
}

TEST(html_lets_no_markup_through)
{
	struct text t = { 0 };
	char every[256];
	size_t bytes;
	char *shown;

	for (unsigned i = 0; i < 255; i++)
		every[i] = (char)(i + 1);
	every[255] = 0;
	text_html(&t, every);
	shown = text_take(&t, &bytes);
	CHECK(shown != NULL);
	for (size_t i = 0; i < bytes; i++)
		CHECK(strchr("<>\"'", shown[i]) == NULL);
	free(shown);
}

TEST(a_text_grows_and_is_taken_once)
{
	struct text t = { 0 };
	char *got;
	size_t bytes;

	for (unsigned i = 0; i < 100000; i++)
		text_format(&t, "%05u\n", i);
	text_put(&t, "end");
	got = text_take(&t, &bytes);
	CHECK(bytes == 600003);
	CHECK(memcmp(got + 6 * 99999, "99999\nend", 9) == 0);
	free(got);
	CHECK(t.bytes == NULL && t.used == 0);
	CHECK(is(&t, ""));
}

TEST(a_text_past_its_bound_fails_and_stays_so)
{
	struct text t = { 0 };
	static char block[1 << 20];
	size_t bytes = 1;

	memset(block, 'x', sizeof(block) - 1);
	for (unsigned i = 0; i < 17; i++)
		text_put(&t, block);
	CHECK(t.failed && t.used <= TEXT_BYTES_MAX);
	text_put(&t, "more");
	CHECK(text_take(&t, &bytes) == NULL && bytes == 0);
	CHECK(is(&t, "")); /* and may be used again */
}
