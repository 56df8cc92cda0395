/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text as it is rewritten. The rows that say "as ClamAV" are what clamscan 1.4.6 made of the same
 * bytes (--leave-temps), but for blanks at the ends.
 */
#include "scanners/document/text.h"

#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/scanners/document/sink.h"

static bool
becomes(struct span in, enum text_form form, const char *right)
{
	struct sink s = { .room = sizeof(s.bytes) - 1 };

	text_rewrite(in, form, sink_take, &s);
	if (strcmp((char *)s.bytes, right) != 0)
		fprintf(stderr, "  \"%s\", not \"%s\"\n", (char *)s.bytes, right);
	return strcmp((char *)s.bytes, right) == 0;
}

static const struct {
	const char *name, *in, *html, *no_tags;
} rows[] = {
	{ "case and blanks, as ClamAV", "<HTML>\n<Head><TITLE>Big   Title</TITLE></Head>",
	    "<html><head><title>big title</title></head>", " big title " },
	{ "a comment, as ClamAV", "<html>Un<!-- split -->broken <b>Te</b>xt",
	    "<html>unbroken <b>te</b>xt", " un broken te xt" },
	{ "a comment to its end", "<html>x<!-- a > b -->y", "<html>xy", " x y" },
	{ "a declaration, as ClamAV", "<!DOCTYPE html>\n<html>x<!y>v", " <html>xv", " x v" },
	{ "references, as ClamAV", "<html>A&#66;C &amp; &lt;b&gt; &#x44;EF", "<html>abc & <b> def",
	    " a c b ef" },
	{ "unknown references, as ClamAV", "<html>a &unknown; &#300; b &amp b",
	    "<html>a &unknown; &#x012c; b &amp b", " a unknown; b amp b" },
	{ "attributes, as ClamAV", "<html><A HREF = \"HTTP://E.com/%41\" >L</A><img src=a.gif>",
	    "<html><a href=\"http://e.com/%41\">l</a><img src=a.gif>", " l " },
	{ "quotes, as ClamAV", "<Body onLoad='Foo(\"X\")'   Class=Plain disabled>",
	    "<body onload=\"foo(\"x\")\" class=plain disabled>", " " },
	{ "a value's blanks, as ClamAV", "<a title=\"Two   Words  \">t</a  >z",
	    "<a title=\"two words \">t</a>z", " t z" },
	{ "a quote that is no value's", "<a it's b='c'>d</a>", "<a it's b=\"c\">d</a>", " d " },
	{ "a script, as ClamAV", "<html><script>var A = 'ev' + \"IL\"; if (a<b) x()</script> y",
	    "<html><script>vara=\"ev\"+\"il\";if(a<b)x()</script>y", " y" },
	{ "a style, as ClamAV", "<html><style>a  b { c : d }</style><p>  x  </p>",
	    "<html><style>ab{c:d}</style><p>x </p>", " x " },
	{ "no script, as ClamAV", "<scripts>a 'b'</scripts> <styled>c d</styled>",
	    "<scripts>a 'b'</scripts><styled>c d</styled>", " a 'b' c d " },
	{ "a script without an end, as ClamAV", "<b>q</b><script>a</scr", "<b>q</b><script>a</scr",
	    " q " },
	{ "other tags, as ClamAV", "<html>w<?php echo \"A\" ?>u", "<html>w<?php echo \"a\" ?>u",
	    " w u" },
	{ "a value in references", "<a href=\"&#106;avascript:x\">", "<a href=\"javascript:x\">",
	    " " },
	{ "nothing", "", "", "" },
	{ "a tag without an end", "a <b", "a <b", "a " },
	{ "a value without an end", "<b c=\"D", "<b c=\"d\"", " " },
};

TEST(html_is_tidied)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(rows[i].name, becomes(span_text(rows[i].in), TEXT_HTML, rows[i].html));
		CHECK_ROW(
		    rows[i].name, becomes(span_text(rows[i].in), TEXT_NO_TAGS, rows[i].no_tags));
	}
}

TEST(plain_text_is_small_ascii_with_single_blanks)
{
	CHECK(becomes(span_text("  Caf\xe9 A\xc3\x84 B\x01"
				"C D\f\v E\r\n\r\nF  "),
	    TEXT_PLAIN, " caf a bc d e f "));
	CHECK(becomes(
	    span_text("#!/bin/sh\necho   \"A  B\"\n"), TEXT_PLAIN, "#!/bin/sh echo \"a b\" "));
	CHECK(becomes(span_text(""), TEXT_PLAIN, ""));
	CHECK(becomes(span_text(" \n\t"), TEXT_PLAIN, " "));
	CHECK(becomes(span_of("a\0b", 3), TEXT_PLAIN, "ab"));
}

TEST(markup_is_told_by_a_tag_anywhere)
{
	CHECK(text_has_markup(span_text("Hello <HTML> x")));
	CHECK(text_has_markup(span_text("<<<img src=x>")));
	CHECK(text_has_markup(span_text("x<a hRef=y")));
	CHECK(!text_has_markup(span_text("a < b <c> <-")));
	CHECK(!text_has_markup(span_text("<")));
	CHECK(!text_has_markup(span_of(NULL, 0)));
}

static const struct {
	const char *name, *text;
	bool is_page;
} pages[] = {
	{ "a page", "Hello <HTML> x", true },
	{ "its head", "<head>", true },
	{ "a script", "x<Script\tsrc=y>", true },
	{ "a picture", "<<img/>", true },
	{ "a link, its target far behind", "<a x=y z=\"<b>\" HREF=", true },
	{ "links without a target", "<a x <a y", false },
	{ "another tag of that start", "<scripts>", false },
	{ "a tag at the end", "<script", false },
	{ "HTML with attributes", "<html lang=de>", false },
	{ "a body", "<body>", false },
	{ "nothing", "", false },
};

TEST(pages_by_the_tags_that_clamav_asks_for)
{
	for (size_t i = 0; i < COUNT_OF(pages); i++)
		CHECK_ROW(
		    pages[i].name, text_is_page(span_text(pages[i].text)) == pages[i].is_page);
}

static const struct {
	const char *name;
	struct span head;
	bool is_likely;
} heads[] = {
	{ "text", { (const uint8_t *)"a text", 6 }, true },
	{ "its first unit is not looked at", { (const uint8_t *)"\0\1ab", 4 }, true },
	{ "a control character within", { (const uint8_t *)"ab\1c", 4 }, true },
	{ "a unit that is one", { (const uint8_t *)"ab\0\1", 4 }, false },
	{ "a unit of NUL", { (const uint8_t *)"ab\0\0", 4 }, false },
	{ "a unit that is DEL", { (const uint8_t *)"ab\0\177", 4 }, false },
	{ "white space", { (const uint8_t *)"ab\0\n\0\t", 6 }, true },
	{ "escape", { (const uint8_t *)"ab\0\33", 4 }, true },
	{ "half a unit at the end", { (const uint8_t *)"ab\0", 3 }, true },
	{ "a byte", { (const uint8_t *)"a", 1 }, false },
};

TEST(bytes_that_are_likely_text)
{
	for (size_t i = 0; i < COUNT_OF(heads); i++)
		CHECK_ROW(heads[i].name, text_is_likely(heads[i].head) == heads[i].is_likely);
}

static bool
utf16_becomes(struct span in, bool is_big, const char *right)
{
	struct sink s = { .room = sizeof(s.bytes) - 1 };
	bool big;
	size_t skip;

	if (!text_is_utf16(in, &big, &skip) || big != is_big)
		return false;
	text_from_utf16(span_from(in, skip), big, sink_take, &s);
	return strcmp((char *)s.bytes, right) == 0;
}

TEST(runs_of_utf16_are_found_anywhere)
{
	static const char in[] = "ab\0c\1a\0b\0c\0d\0e\0f\0g\0h\0\1\2"
				 "s\0h\0o\0r\0t\0e\0r\0\3\0"
				 "1\0002\0003\0004\0\t\0006\0007\0008\0009";
	struct sink s = { .room = SINK_BYTES };

	text_from_wide_runs(span_of(in, sizeof(in) - 1), sink_take, &s);
	CHECK(span_is(span_of(s.bytes, s.used), "abcdefgh\n1234\t678\n"));
	for (size_t bytes = 0; bytes < sizeof(in); bytes++) {
		uint8_t *cut = malloc(bytes > 0 ? bytes : 1); /* so that a byte too far is seen */

		memcpy(cut, in, bytes);
		s.used = 0;
		text_from_wide_runs(span_of(cut, bytes), sink_take, &s);
		CHECK_SEED(bytes, s.used <= bytes);
		free(cut);
	}
}

TEST(utf16_becomes_utf8)
{
	static const char letters[] = "<\0h\0t\0m\0l\0>\0 \0a\0b\0c\0d\0e\0f\0g\0h\0i\0\xe4\0",
			  control[] = "\1\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m\0n\0o\0p\0";
	bool big;
	size_t skip;

	CHECK(utf16_becomes(span_of("\xff\xfe"
				    "a\0\xc4\0\x02\x01",
				8),
	    false, "a\xc3\x84\xc4\x82"));
	CHECK(utf16_becomes(span_of("\xfe\xff\0a\x20\xac\0b", 8), true,
	    "a\xe2\x82\xac"
	    "b"));
	CHECK(utf16_becomes(span_of("\xff\xfe\x3d\xd8\x00\xde!\0", 8), false, "\xf0\x9f\x98\x80!"));
	CHECK(utf16_becomes(span_of("\xff\xfe\x3d\xd8!\0", 6), false, "\xef\xbf\xbd!"));
	CHECK(utf16_becomes(span_of("\xff\xfe\x00\xde!\0x", 7), false, "\xef\xbf\xbd!"));
	CHECK(utf16_becomes(span_of(letters, 34), false, "<html> abcdefghi\xc3\xa4"));
	CHECK(!text_is_utf16(span_of(letters, 30), &big, &skip)); /* too short to be sure */
	CHECK(!text_is_utf16(span_of(control, 32), &big, &skip));
	CHECK(!text_is_utf16(span_text("plain text of no special kind at all"), &big, &skip));
	CHECK(!text_is_utf16(span_of("\xff\xfe", 2), &big, &skip));
	CHECK(!text_is_utf16(span_of(NULL, 0), &big, &skip));
}

static bool
count(void *arg, struct span bytes)
{
	*(size_t *)arg += bytes.bytes;
	return true;
}

/* Whatever comes, at most twice as much comes out, and one that wants no more gets no more. */
TEST(any_bytes_come_to_an_end)
{
	static const char letters[] = "<>&#;\"'=! -ax0s/";
	static uint8_t in[9000];
	uint32_t seed = 1;

	for (unsigned run = 0; run < 300; run++) {
		struct span bytes = span_of(in, run * 30);

		for (size_t i = 0; i < bytes.bytes; i++) {
			seed = seed * 1664525 + 1013904223;
			in[i] = (uint8_t)letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		for (enum text_form f = TEXT_PLAIN; f <= TEXT_NO_TAGS; f++) {
			struct sink none = { .room = 0 };
			size_t out = 0;

			text_rewrite(bytes, f, count, &out);
			CHECK_SEED(run, out <= 2 * bytes.bytes);
			text_rewrite(bytes, f, sink_take, &none);
			CHECK_SEED(run, none.used == 0);
		}
	}
}
