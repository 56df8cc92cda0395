/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams of a PDF, found and told by their dictionaries; the filters, whole and cut. */
#include "scanners/document/pdf.h"

#include "tests/unit/harness.h"

struct found {
	const char *name, *file;
	const char *bytes; /* of the first stream; NULL: none */
	uint32_t object;
	unsigned filter_count;
	enum pdf_filter first;
	bool is_open;
};

static const struct found cases[] = {
	{ "plain", "7 0 obj <</Length 3>> stream\nabc\nendstream", "abc", 7, 0, 0, false },
	{ "a return and a line feed", "1 0 obj<< /Length 3 >>\r\nstream\r\nabc\r\nendstream", "abc",
	    1, 0, 0, false },
	{ "without a length", "1 0 obj<<>>stream\nabc\nendstream", "abc\n", 1, 0, 0, false },
	{ "a length that is too short", "1 0 obj<</Length 1>>stream\nabcendstream", "abc", 1, 0, 0,
	    false },
	{ "a length that is too long", "1 0 obj<</Length 999999999999>>stream\nabcendstream", "abc",
	    1, 0, 0, false },
	{ "a length elsewhere", "1 0 obj<</Length 3 0 R>>stream\nabcdendstream", "abcd", 1, 0, 0,
	    false },
	{ "endstream within", "1 0 obj<</Length 13>>stream\nabcendstream \nendstream",
	    "abcendstream ", 1, 0, 0, false },
	{ "a filter", "1 0 obj<</Filter/FlateDecode>>stream\nabcendstream", "abc", 1, 1, PDF_FLATE,
	    false },
	{ "a filter's name in parts", "1 0 obj<</Filter /#46l#61teDecode>>stream\nabcendstream",
	    "abc", 1, 1, PDF_FLATE, false },
	{ "the key's name in parts", "1 0 obj<</#46ilter /AHx>>stream\nabcendstream", "abc", 1, 1,
	    PDF_HEX, false },
	{ "two filters", "1 0 obj<</Filter [ /A85 /LZWDecode ]>>stream\nabcendstream", "abc", 1, 2,
	    PDF_85, false },
	{ "a filter elsewhere", "1 0 obj<</Filter 9 0 R>>stream\nabcendstream", "abc", 1, 1,
	    PDF_UNKNOWN, false },
	{ "a picture", "1 0 obj<</Filter/DCTDecode>>stream\nabcendstream", "abc", 1, 1, PDF_IMAGE,
	    false },
	{ "another dictionary's filter",
	    "1 0 obj<</Filter/RL/X<</Filter/DCTDecode>>>>stream\nabcendstream", "abc", 1, 1,
	    PDF_RUNS, false },
	{ "a filter in a string", "1 0 obj<</Filter/RL/X(/Filter\\)/DCT)>>stream\nabcendstream",
	    "abc", 1, 1, PDF_RUNS, false },
	{ "a filter in a comment", "1 0 obj<</Filter/RL%/Filter/DCT\n>>stream\nabcendstream", "abc",
	    1, 1, PDF_RUNS, false },
	{ "a filter in a list", "1 0 obj<</Filter/RL/X[/Filter/DCT]>>stream\nabcendstream", "abc",
	    1, 1, PDF_RUNS, false },
	{ "a value called so", "1 0 obj<</Type/Filter/Filter/RL>>stream\nabcendstream", "abc", 1, 1,
	    PDF_RUNS, false },
	{ "a word that ends like one", "1 0 obj<</Filter/RL/X(obj)>>stream\nabcendstream", "abc", 1,
	    1, PDF_RUNS, false },
	{ "no encryption", "1 0 obj<</Filter[/Crypt/RL]>>stream\nabcendstream", "abc", 1, 2,
	    PDF_CRYPT, false },
	{ "a comment that ends like one", "1 0 obj<</Length 3>>%>>\n stream\nabc\nendstream", "abc",
	    1, 0, 0, false },
	{ "a comment behind it", "1 0 obj<</Length 3>>% x\n stream\nabc\nendstream", "abc", 1, 0, 0,
	    false },
	{ "blanks behind it", "1 0 obj<</Length 3>>stream \t\r\nabc\nendstream", "abc", 1, 0, 0,
	    false },
	{ "no end", "1 0 obj<<>>stream\nabc", "abc", 1, 0, 0, true },
	{ "no object", "<</Filter/RL>>stream\nabcendstream", "abc", 0, 1, PDF_RUNS, false },
	{ "no dictionary", "1 0 obj stream\nabcendstream", NULL, 0, 0, 0, false },
	{ "no line end", "1 0 obj<<>>stream abcendstream", NULL, 0, 0, 0, false },
	{ "nothing", "", NULL, 0, 0, 0, false },
};

TEST(streams_are_found_and_told)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct found *c = &cases[i];
		struct pdf_stream s;
		size_t at = 0;

		CHECK_ROW(c->name, pdf_next(span_text(c->file), &at, &s) == (c->bytes != NULL));
		if (c->bytes == NULL)
			continue;
		CHECK_ROW(c->name, span_is(s.bytes, c->bytes));
		CHECK_ROW(c->name, s.object == c->object && s.is_open == c->is_open);
		CHECK_ROW(c->name, s.coding_count == c->filter_count);
		CHECK_ROW(c->name, s.coding_count == 0 || s.codings[0].filter == c->first);
		CHECK_ROW(c->name, !pdf_next(span_text(c->file), &at, &s));
	}
}

TEST(a_file_cut_anywhere_has_no_stream_that_reaches_out)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t bytes = 0; bytes < strlen(cases[i].file); bytes++) {
			struct pdf_stream s;
			size_t at = 0;

			while (pdf_next(span_of(cases[i].file, bytes), &at, &s))
				CHECK_SEED(bytes, s.bytes.bytes <= bytes && at <= bytes);
		}
	}
}

static const struct told_parameters {
	const char *name, *dictionary;
	struct pdf_coding first, second;
} parameters[] = {
	{ "none", "/Filter/Fl", { 0 }, { 0 } },
	{ "all", "/DecodeParms<</Predictor 15/Colors 3/BitsPerComponent 4/Columns 7>>/Filter/Fl",
	    { .predictor = 15, .colors = 3, .bits = 4, .columns = 7 }, { 0 } },
	{ "a list", "/Filter[/AHx/LZW]/DP[null <</EarlyChange 0 /Columns 9>>]", { 0 },
	    { .columns = 9, .is_late = true } },
	{ "elsewhere", "/DecodeParms 12 0 R", { .elsewhere = 12 }, { 0 } },
	{ "a list of both", "/DecodeParms[12 0 R<</Columns 2>>]", { .elsewhere = 12 },
	    { .columns = 2 } },
	{ "a number elsewhere", "/DecodeParms<</Columns 12 0 R>>",
	    { .columns = 12, .is_untold = true }, { 0 } },
	{ "broken off", "/DecodeParms[<</Columns 3", { .columns = 3 }, { 0 } },
};

static bool
same_parameters(const struct pdf_coding *a, const struct pdf_coding *b)
{
	return a->predictor == b->predictor && a->colors == b->colors && a->bits == b->bits &&
	       a->columns == b->columns && a->elsewhere == b->elsewhere &&
	       a->is_late == b->is_late && a->is_untold == b->is_untold;
}

TEST(parameters_of_filters_are_told)
{
	char file[256];

	for (size_t i = 0; i < COUNT_OF(parameters); i++) {
		const struct told_parameters *p = &parameters[i];
		struct pdf_stream s;
		size_t at = 0;

		snprintf(file, sizeof(file), "1 0 obj<<%s>>stream\nx endstream", p->dictionary);
		CHECK_ROW(p->name, pdf_next(span_text(file), &at, &s));
		CHECK_ROW(p->name, same_parameters(&s.codings[0], &p->first));
		CHECK_ROW(p->name, same_parameters(&s.codings[1], &p->second));
	}
}

TEST(parameters_elsewhere_are_found)
{
	struct pdf_coding c = { .elsewhere = 12 };

	CHECK(!pdf_read_elsewhere(span_text("112 0 obj<</Columns 3>> 12 0 R 12 0 obj 5"), &c));
	CHECK(!pdf_read_elsewhere(span_text("12 0 obj"), &c) && c.columns == 0);
	CHECK(pdf_read_elsewhere(span_text("12 0 R 12 0 obj % x\n<</Columns 3>>"), &c));
	CHECK(c.columns == 3);
}

TEST(an_object_stream_is_told)
{
	struct pdf_stream s;
	size_t at = 0;

	CHECK(pdf_next(span_text("1 0 obj<</Type /ObjStm>>stream\nx endstream"), &at, &s));
	CHECK(s.has_objects);
	at = 0;
	CHECK(pdf_next(span_text("1 0 obj<</Type /XObject/X/ObjStm>>stream\nx "), &at, &s));
	CHECK(!s.has_objects);
}

TEST(encryption_is_told_by_its_dictionary)
{
	CHECK(pdf_is_encrypted(span_text("trailer <</Encrypt 5 0 R>>")));
	CHECK(pdf_is_encrypted(span_text("<</EncryptMetadata true/Encrypt<</V 4>>>>")));
	CHECK(!pdf_is_encrypted(span_text("<</EncryptMetadata true>> /Encrypt")));
	CHECK(!pdf_is_encrypted(span_text("")));
}

struct coded {
	const char *name;
	enum pdf_filter filter;
	const char *in;
	size_t in_bytes;
	const char *out;
	bool good;
};

static const struct coded filters[] = {
	{ "hex", PDF_HEX, "61 6\n2 6C>zz", 11, "abl", true },
	{ "an odd digit", PDF_HEX, "617>", 4, "ap", true },
	{ "hex without its end", PDF_HEX, "6162", 4, "ab", true },
	{ "base 85", PDF_85, "9jqo^BlbD-BleB1DJ+*+F(f,q~>", 27, "Man is distinguished", true },
	{ "base 85, a part", PDF_85, "9jqo", 4, "Man", true },
	{ "base 85, zeros", PDF_85, "z", 1, "\0\0\0\0", true },
	{ "runs", PDF_RUNS, "\2abc\xfex\x80zz", 8, "abcxxx", true },
	{ "runs cut", PDF_RUNS,
	    "\x05"
	    "ab",
	    3, "ab", true },
	/* ISO 32000-1 7.4.4.2, example 1: 45 45 45 45 45 65 45 45 45 66 */
	{ "LZW", PDF_LZW, "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01", 9, "-----A---B", true },
	{ "LZW, a code from nowhere", PDF_LZW, "\x80\x0b\x7f\xff", 4, "-", false },
};

struct collected {
	char bytes[64];
	size_t used;
};

static bool
collect(void *arg, struct span bytes)
{
	struct collected *c = arg;

	CHECK(bytes.bytes <= sizeof(c->bytes) - c->used);
	memcpy(c->bytes + c->used, bytes.data, bytes.bytes);
	c->used += bytes.bytes;
	return true;
}

TEST(filters_are_taken_off)
{
	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		const struct coded *f = &filters[i];
		size_t bytes = f->out[0] == 0 ? 4 : strlen(f->out);
		struct collected c = { .used = 0 };
		const struct pdf_coding coding = { .filter = f->filter };

		CHECK_ROW(f->name,
		    pdf_decode(&coding, span_of(f->in, f->in_bytes), collect, &c) == f->good);
		CHECK_ROW(f->name, c.used == bytes && memcmp(c.bytes, f->out, bytes) == 0);
	}
}

/* Ends when the sink has enough, whatever is left of the input. */
static bool
refuse(void *arg, struct span bytes)
{
	*(size_t *)arg += bytes.bytes;
	return false;
}

TEST(a_sink_that_has_enough_ends_it)
{
	static uint8_t runs[1 << 20];
	const struct pdf_coding coding = { .filter = PDF_RUNS };
	size_t sum = 0;

	for (size_t i = 0; i < sizeof(runs); i += 2)
		runs[i] = 129;
	CHECK(pdf_decode(&coding, span_of(runs, sizeof(runs)), refuse, &sum));
	CHECK(sum > 0 && sum <= 8192);
}
