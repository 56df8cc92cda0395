/* SPDX-License-Identifier: BSD-3-Clause */
/* Files in texts: where they are found, how they are broken, and that nothing is read too far. */
#include <stdio.h>
#include <stdlib.h>

#include "scanners/document/inlay.h"
#include "tests/unit/harness.h"
#include "tests/unit/scanners/document/sink.h"

/* 32 letters are 24 bytes: the sentence over and over, five times at least. */
#define B64              "VGhpcyBpcyBhIGxpbmUgb2YgMjQgYnl0"
#define OUT              "This is a line of 24 byt"
#define HEX              "54686973206973206120706965636521"
#define HEXED            "This is a piece!"
#define SAME             "////////////////////////////////"
#define FOUR(x, between) x between x between x between x

static const struct {
	const char *name, *text;
	int kind;        /* negative: there is none */
	const char *out; /* of the first */
} cases[] = {
	{ "a run", "x = '" FOUR(B64, "") "'", INLAY_BASE64, FOUR(OUT, "") },
	{ "too short a run", "x = '" B64 B64 B64 "AAAA'", -1, NULL },
	{ "a tail", FOUR(B64, "") "QUI=", INLAY_BASE64, FOUR(OUT, "") "AB" },
	{ "lines", FOUR(B64, "\r\n") "\r\nQUI=\r\n", INLAY_BASE64, FOUR(OUT, "") "AB" },
	{ "lines that begin with a plus", FOUR(B64, "\n") "\n+/+/" B64, INLAY_BASE64,
	    FOUR(OUT, "") "\xfb\xff\xbf" OUT },
	{ "strings put together", "'" FOUR(B64, "' +\n\t'") "'+'QUI=';", INLAY_BASE64,
	    FOUR(OUT, "") "AB" },
	{ "strings added to a name", "a += '" FOUR(B64, "';\na += '") "'", INLAY_BASE64,
	    FOUR(OUT, "") },
	{ "escaped ends of lines", FOUR(B64, "\\n") "\\nQUI=", INLAY_BASE64, FOUR(OUT, "") "AB" },
	{ "escaped slashes", FOUR(B64, "") "\\/\\/\\/\\/", INLAY_BASE64,
	    FOUR(OUT, "") "\xff\xff\xff" },
	{ "pieces too far apart",
	    FOUR(B64, "                                                    "
		      "                    "),
	    -1, NULL },
	{ "a word behind it", FOUR(B64, "") "' alt", INLAY_BASE64, FOUR(OUT, "") "j[" },
	{ "a tag behind it", FOUR(B64, "") "'>alt", INLAY_BASE64, FOUR(OUT, "") },
	{ "hex", "<" FOUR(HEX, "") HEX ">", INLAY_HEX, FOUR(HEXED, "") HEXED },
	{ "hex in lines", FOUR(HEX, "\n") "\n41", INLAY_HEX, FOUR(HEXED, "") "A" },
	{ "a word behind hex", "x='" FOUR(HEX, "") HEX "'\r\nset o", INLAY_HEX,
	    FOUR(HEXED, "") HEXED },
	{ "prose",
	    "Nothing here is as long as what is looked for, neither in one word nor in "
	    "many of them put together, however long the text may become.",
	    -1, NULL },
	{ "a URI", "<a href='data:text/plain,0123456789abcde%46'>", INLAY_URI, "0123456789abcdeF" },
	{ "a URI without a quote", "url(data:,0123456789abcdef%4)x", INLAY_URI,
	    "0123456789abcdef%4" },
	{ "a URI of base64", "\"data:a/b;base64,VGhpcyBpcyBhIGxpbm UgIQ==\"", INLAY_URI_BASE64,
	    "This is a line !" },
	{ "escapes in base64", "\"DATA:a/b;x=y;BASE64,VGhpcyBpcyBhIGxpbmUgIQ%3d%3D\"",
	    INLAY_URI_BASE64, "This is a line !" },
	{ "a URI behind a long word", B64 " 'data:,0123456789abcdef'", INLAY_URI,
	    "0123456789abcdef" },
	{ "a short URI", "'data:,0123456789'", -1, NULL },
	{ "a comma of another", "'data:x' 'a,0123456789abcdef'", -1, NULL },
	{ "no URI", "metadata: a, 0123456789abcdef", -1, NULL },
	{ "uuencoded",
	    "hi\nbegin 644 "
	    "a\nM5&AI<R!I<R!A(&QI;F4@;V8@,C0@8GET5&AI<R!I<R!A(&QI;F4@;V8@,C0@\n<8GET5&AI<R!I<R!A(&"
	    "QI;F4@;V8@,C0@8GET(0  \n`\nend\n",
	    INLAY_UU, OUT OUT OUT "!" },
	{ "uuencoded, lines end in two", "begin 0755 a b\r\n#86)C\r\n\"86)C\r\n", INLAY_UU,
	    "abcab" },
	{ "uuencoded, a blank lost", "begin 644 a\n!0\nend", INLAY_UU, "@" },
	{ "uuencoded, without end", "begin 644 a\n#86)C\nNo such line, as it is in small letters",
	    INLAY_UU, "abc" },
	{ "prose that begins", "begin 644 a\nand so on\n", -1, NULL },
	{ "no mode", "begin 9 a\n#86)C\n", -1, NULL },
	{ "not at a line's start", "x begin 644 a\n#86)C\n", -1, NULL },
	{ "a ruler", FOUR(SAME, SAME), -1, NULL },
	{ "nothing", "", -1, NULL },
};

TEST(inlays_are_found_and_decoded)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sink out = { .room = SINK_BYTES };
		struct inlay found;
		size_t at = 0;
		bool is_one = inlay_next(span_text(cases[i].text), &at, &found);

		CHECK_ROW(cases[i].name, is_one == (cases[i].kind >= 0));
		if (!is_one)
			continue;
		CHECK_ROW(cases[i].name, found.kind == (enum inlay_kind)cases[i].kind);
		inlay_decode(&found, sink_take, &out);
		CHECK_ROW(cases[i].name, span_is(span_of(out.bytes, out.used), cases[i].out));
	}
}

TEST(the_letters_of_a_run_stand_alone)
{
	static const struct {
		const char *text, *letters;
	} runs[] = {
		{ "'" FOUR(B64, "' +\n\t'") "'", FOUR(B64, "") },
		{ FOUR(HEX, "\n") "\n41", FOUR(HEX, "") "41" },
		{ "'" FOUR(B64, "';\na.=b(){'") "'", FOUR(B64, "") },
		{ FOUR(B64, "") "\\/\\/", FOUR(B64, "") "//" },
	};

	for (size_t i = 0; i < COUNT_OF(runs); i++) {
		struct sink out = { .room = SINK_BYTES };
		struct inlay found;
		size_t at = 0;

		CHECK_ROW(runs[i].text, inlay_next(span_text(runs[i].text), &at, &found));
		inlay_letters(&found, sink_take, &out);
		CHECK_ROW(runs[i].text, span_is(span_of(out.bytes, out.used), runs[i].letters));
		for (size_t from = 1; from < found.raw.bytes; from++) {
			size_t left = found.raw.bytes - from;
			char *tail = malloc(left); /* so that a byte before it is seen */
			struct inlay cut = { found.kind, span_of(tail, left) };

			memcpy(tail, found.raw.data + from, left);
			out.used = 0;
			inlay_letters(&cut, sink_take, &out);
			CHECK_SEED(from, out.used <= left);
			free(tail);
		}
	}
}

TEST(one_behind_the_other_is_found)
{
	static const char text[] =
	    FOUR(B64, "") "', 'data:,0123456789abcdef' : 'data:;base64,MDEyMzQ1Njc4OWFiY2RlZg'";
	static const enum inlay_kind kinds[] = { INLAY_BASE64, INLAY_URI, INLAY_URI_BASE64 };
	struct inlay found;
	size_t at = 0;

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		CHECK(inlay_next(span_text(text), &at, &found) && found.kind == kinds[i]);
	CHECK(!inlay_next(span_text(text), &at, &found) && at == sizeof(text) - 1);
}

TEST(a_text_cut_anywhere_is_not_read_beyond)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t whole = strlen(cases[i].text);

		for (size_t bytes = 1; bytes < whole; bytes++) {
			struct sink out = { .room = SINK_BYTES };
			char *cut = malloc(bytes); /* so that a byte too far is seen */
			struct inlay found;
			size_t at = 0;

			memcpy(cut, cases[i].text, bytes);
			while (inlay_next(span_of(cut, bytes), &at, &found)) {
				CHECK_SEED(bytes, found.raw.bytes <= bytes);
				inlay_decode(&found, sink_take, &out);
			}
			CHECK_SEED(bytes, at == bytes && out.used <= bytes);
			free(cut);
		}
	}
}

static bool
refuse(void *arg, struct span bytes)
{
	*(size_t *)arg += bytes.bytes;
	return false;
}

TEST(a_sink_that_has_enough_of_an_inlay_ends_it)
{
	static char letters[1 << 20];
	struct inlay i = { INLAY_BASE64, span_of(letters, sizeof(letters)) };
	size_t sum = 0;

	memset(letters, 'A', sizeof(letters));
	inlay_decode(&i, refuse, &sum);
	CHECK(sum > 0 && sum <= 4096);
	i.kind = INLAY_URI;
	sum = 0;
	inlay_decode(&i, refuse, &sum);
	CHECK(sum > 0 && sum <= 4096);
}
