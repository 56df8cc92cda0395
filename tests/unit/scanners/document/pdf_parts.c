/* SPDX-License-Identifier: BSD-3-Clause */
/* Predictors undone, and strings of a PDF as they are meant. */
#include <stdlib.h>

#include "scanners/document/pdf.h"
#include "tests/unit/harness.h"
#include "tests/unit/scanners/document/sink.h"

/* Rows as ISO 32000-1 7.4.4.4 and PNG 9.2 have them, by hand. */
static const struct predicted {
	const char *name;
	struct pdf_coding coding;
	const char *in;
	size_t in_bytes;
	const char *out;
	size_t out_bytes;
	bool good;
} predicted[] = {
	{ "none", { .predictor = 1 }, "abc", 3, "abc", 3, true },
	{ "PNG none", { .predictor = 10, .columns = 2 }, "\0ab\0cd", 6, "abcd", 4, true },
	{ "PNG left", { .predictor = 10, .columns = 3 }, "\1a\1\1", 4, "abc", 3, true },
	{ "PNG up", { .predictor = 12, .columns = 2 }, "\2ab\2\1\1", 6, "abbc", 4, true },
	{ "PNG mean", { .predictor = 15, .columns = 2 }, "\0bb\3\2\2", 6, "bb\x33\x4c", 4, true },
	{ "PNG Paeth", { .predictor = 15, .columns = 2 }, "\0ac\4\1\1", 6, "acbd", 4, true },
	{ "PNG, a pixel of three bytes", { .predictor = 15, .columns = 2, .colors = 3 },
	    "\1abc\1\1\1", 7, "abcbcd", 6, true },
	{ "PNG, a pixel of half a byte", { .predictor = 15, .columns = 2, .bits = 4 }, "\1a\1b", 4,
	    "ab", 2, true },
	{ "PNG of an unknown kind", { .predictor = 15, .columns = 1 }, "\x09x\2\1", 4, "xy", 2,
	    true },
	{ "PNG, a row cut", { .predictor = 15, .columns = 3 }, "\0abc\2\1", 6, "abcb", 4, true },
	{ "PNG, the kind alone", { .predictor = 15, .columns = 3 }, "\0abc\2", 5, "abc", 3, true },
	{ "TIFF", { .predictor = 2, .columns = 3 }, "a\1\1x\1\1", 6, "abcxyz", 6, true },
	{ "TIFF of two colours", { .predictor = 2, .columns = 2, .colors = 2 }, "ax\1\1", 4, "axby",
	    4, true },
	{ "TIFF of 16 bits", { .predictor = 2, .columns = 2, .bits = 16 }, "a\xff\0\2", 4,
	    "a\xff"
	    "b\1",
	    4, true },
	{ "TIFF of 4 bits", { .predictor = 2, .columns = 4, .bits = 4 }, "\x1f\x11", 2, "\x10\x12",
	    2, true },
	{ "TIFF of 1 bit", { .predictor = 2, .columns = 8, .bits = 1 }, "\xc0", 1, "\x80", 1,
	    true },
	{ "TIFF of 3 bits", { .predictor = 2, .bits = 3 }, "abc", 3, "abc", 3, false },
	{ "no such predictor", { .predictor = 3 }, "abc", 3, "abc", 3, false },
	{ "rows too wide", { .predictor = 15, .columns = 1u << 30 }, "abc", 3, "abc", 3, false },
	{ "too many colours", { .predictor = 15, .colors = 1u << 30 }, "abc", 3, "abc", 3, false },
	{ "samples too large", { .predictor = 15, .bits = 1u << 30 }, "abc", 3, "abc", 3, false },
};

TEST(predictors_are_undone)
{
	for (size_t i = 0; i < COUNT_OF(predicted); i++) {
		const struct predicted *p = &predicted[i];
		size_t count = p->in_bytes;
		uint8_t *bytes = malloc(count); /* so that a byte too far is seen */

		memcpy(bytes, p->in, count);
		CHECK_ROW(p->name, pdf_unpredict(&p->coding, bytes, &count) == p->good);
		CHECK_ROW(p->name, count == p->out_bytes && memcmp(bytes, p->out, count) == 0);
		free(bytes);
	}
}

static const struct {
	const char *name, *in, *out; /* each string, and a bar behind it */
} strings[] = {
	{ "plain", "(ab) (c)", "ab|c|" },
	{ "brackets within", "(a(b)c)", "a(b)c|" },
	{ "escapes", "(\\n\\r\\t\\b\\f\\(\\)\\\\\\x)", "\n\r\t\b\f()\\x|" },
	{ "octal", "(\\101\\1012\\53x\\5)", "AA2+x\005|" },
	{ "a line that goes on", "(a\\\nb\\\r\nc\\\rd)", "abcd|" },
	{ "ends of lines", "(a\rb\r\nc\nd)", "a\nb\nc\nd|" },
	{ "hex", "<61 6\n2><7>", "ab|p|" },
	{ "a dictionary", "<</A<61>/B(x)>>", "a|x|" },
	{ "no hex", "<6g><61>", "a|" },
	{ "in a comment", "%(a)\n(b)", "b|" },
	{ "a per cent within", "(a%b)", "a%b|" },
	{ "no end", "(a (b) (c", "b|" },
	{ "an escape at the end", "(a) (b\\", "a|" },
	{ "hex without end", "(a)<61", "a|" },
	{ "empty", "()(a)", "|a|" },
};

static void
read_strings(struct span in, struct sink *t)
{
	struct pdf_strings r = { .in = in };
	struct pdf_string s;

	for (t->used = 0; pdf_next_string(&r, &s);) {
		size_t from = t->used;

		pdf_decode_string(&s, sink_take, t);
		CHECK(!s.is_plain || span_equal(s.raw, span_of(t->bytes + from, t->used - from)));
		sink_take(t, span_text("|"));
	}
}

TEST(strings_are_read_as_they_are_meant)
{
	for (size_t i = 0; i < COUNT_OF(strings); i++) {
		struct sink t = { .room = SINK_BYTES };

		read_strings(span_text(strings[i].in), &t);
		CHECK_ROW(strings[i].name, span_is(span_of(t.bytes, t.used), strings[i].out));
	}
}

TEST(strings_cut_anywhere_end)
{
	for (size_t i = 0; i < COUNT_OF(strings); i++) {
		size_t whole = strlen(strings[i].in);

		for (size_t bytes = 0; bytes < whole; bytes++) {
			char *cut = malloc(bytes + 1); /* so that a byte too far is seen */
			struct sink t = { .room = SINK_BYTES };

			memcpy(cut, strings[i].in, bytes);
			cut = realloc(cut, bytes > 0 ? bytes : 1);
			read_strings(span_of(cut, bytes), &t);
			CHECK_SEED(bytes, t.used <= 2 * bytes);
			free(cut);
		}
	}
}

/* Each would be read to the end: linear all the same. */
TEST(a_million_brackets_that_never_close_cost_little)
{
	static uint8_t open[1 << 20];
	struct pdf_strings r = { .in = span_of(open, sizeof(open)) };
	struct pdf_string s;

	memset(open, '(', sizeof(open));
	CHECK(!pdf_next_string(&r, &s) && r.unclosed <= 17);
}
