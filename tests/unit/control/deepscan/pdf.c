/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands in the streams of a PDF is judged; bombs, circles and damage cost their limits. */
#include <stdlib.h>

#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

static struct packed made, coded;

static bool
is_eicar(const struct deepscan *d)
{
	return d->verdict == VERDICT_BAD && strcmp(d->threat, "Eicar-Test-Signature") == 0;
}

static bool
is_class(const struct deepscan *d, enum source class)
{
	return d->verdict == VERDICT_CLEAN && d->source == class;
}

/* A file with one stream, as object 7. */
static struct span
write_pdf(const char *filters, struct span bytes)
{
	char head[256];

	made.used = 0;
	snprintf(head, sizeof(head), "%%PDF-1.7\n7 0 obj\n<</Length %zu /Filter %s>>\nstream\n",
	    bytes.bytes, filters);
	packer_add(&made, span_text(head));
	packer_add(&made, bytes);
	packer_add(&made, span_text("\nendstream\nendobj\ntrailer <<>>\n%%EOF\n"));
	return packer_span(&made);
}

/* A gzip stream's body without head and tail: raw deflate. */
static struct span
deflated(void)
{
	struct span gz = packer_hidden();

	return span_of(gz.data + 10, gz.bytes - 18);
}

static struct span
hex_of(struct span bytes)
{
	coded.used = 0;
	for (size_t i = 0; i < bytes.bytes; i++) {
		char pair[3];

		snprintf(pair, sizeof(pair), "%02X", bytes.data[i]);
		packer_add(&coded, span_text(pair));
	}
	packer_add(&coded, span_text(">"));
	return packer_span(&coded);
}

TEST(a_stream_is_decoded_and_named)
{
	const struct deepscan *d;

	d = packer_judge(write_pdf("/ASCIIHexDecode", hex_of(packer_eicar())), &packer_limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "pdf:7") == 0 && d->offset == 68);
	d = packer_judge(write_pdf("[/AHx /Fl#61teDecode]", hex_of(deflated())), &packer_limits);
	CHECK(is_eicar(d));
	d = packer_judge(write_pdf("[/AHx]", hex_of(packer_hidden())), &packer_limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "pdf:7->gz") == 0);
	d = packer_judge(write_pdf("/AHx", hex_of(span_text("fine"))), &packer_limits);
	CHECK(is_class(d, SOURCE_SANDBOX));
	d = packer_judge(write_pdf("/Secret", span_text("fine")), &packer_limits);
	CHECK(is_class(d, SOURCE_UNSUPPORTED) && strcmp(d->layer, "pdf:7") == 0);
	d = packer_judge(write_pdf("/FlateDecode", span_text("\xff\xff\xff")), &packer_limits);
	CHECK(is_class(d, SOURCE_CORRUPT));
}

/* One file of these words and no stream. */
static struct span
write_words(const char *before, struct span hex, const char *behind)
{
	static struct packed words;

	words.used = 0;
	packer_add(&words, span_text("%PDF-1.7\n5 0 obj <</S/JavaScript /JS "));
	packer_add(&words, span_text(before));
	packer_add(&words, hex);
	packer_add(&words, span_text(behind));
	packer_add(&words, span_text(" >> endobj\n"));
	return packer_span(&words);
}

/* As the rows of PNG that say nothing of those before them, five bytes each. */
static struct span
rows_of(struct span bytes)
{
	static struct packed rows;

	rows.used = 0;
	for (size_t at = 0; at < bytes.bytes; at += 5) {
		packer_add(&rows, span_of("", 1));
		packer_add(&rows, span_first(span_from(bytes, at), 5));
	}
	return packer_span(&rows);
}

TEST(predictors_are_undone_before_it_is_judged)
{
	static const char parms[] = "/RunLengthDecode]/DecodeParms[null<</Predictor 12/Columns 5>>";
	struct span rows = rows_of(packer_eicar());
	static struct packed runs;
	uint8_t count = (uint8_t)(rows.bytes - 1); /* bytes as they are: fewer than 128 */
	char filters[128];

	runs.used = 0;
	packer_add(&runs, span_of(&count, 1));
	packer_add(&runs, rows);
	snprintf(filters, sizeof(filters), "[/AHx%s]", parms);
	CHECK(
	    is_eicar(packer_judge(write_pdf(filters, hex_of(packer_span(&runs))), &packer_limits)));
	snprintf(filters, sizeof(filters), "[/AHx/RL]/DecodeParms[null 9 0 R]");
	CHECK(is_class(packer_judge(write_pdf(filters, hex_of(packer_span(&runs))), &packer_limits),
	    SOURCE_UNSUPPORTED));
	packer_add(&made, span_text("9 0 obj <</Predictor 12 /Columns 5>> endobj"));
	CHECK(is_eicar(packer_judge(packer_span(&made), &packer_limits)));
}

TEST(strings_are_judged_as_they_are_meant)
{
	const struct deepscan *d;
	struct span eicar = packer_eicar();
	static struct packed octal;

	d = packer_judge(write_words("<", hex_of(eicar), ""), &packer_limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "pdf:strings") == 0);
	octal.used = 0;
	for (size_t i = 0; i < eicar.bytes; i++) {
		char escape[8];

		snprintf(escape, sizeof(escape), "\\%03o", eicar.data[i]);
		packer_add(&octal, span_text(escape));
	}
	d = packer_judge(write_words("(", packer_span(&octal), ")"), &packer_limits);
	CHECK(is_eicar(d));
	d = packer_judge(write_words("<", hex_of(packer_hidden()), ""), &packer_limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "pdf:strings->gz") == 0);
	d = packer_judge(
	    write_pdf("/AHx /Type/ObjStm", hex_of(write_words("(", packer_span(&octal), ")"))),
	    &packer_limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "pdf:7->pdf:strings") == 0);
	d = packer_judge(write_pdf("/AHx /Type/ObjStm",
			     hex_of(span_from(write_words("(", packer_span(&octal), ")"), 9))),
	    &packer_limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "pdf:7/strings") == 0);
}

TEST(a_string_in_utf16_is_judged)
{
	struct span eicar = packer_eicar();
	static struct packed wide;

	wide.used = 0;
	packer_add(&wide, span_text("\xfe\xff"));
	for (size_t i = 0; i < eicar.bytes; i++) {
		packer_add(&wide, span_of("", 1));
		packer_add(&wide, span_of(eicar.data + i, 1));
	}
	CHECK(is_eicar(
	    packer_judge(write_words("<", hex_of(packer_span(&wide)), ""), &packer_limits)));
}

/* What the dictionary says may be said otherwise elsewhere; and pictures may be none. */
TEST(a_stream_called_a_picture_is_inflated_too)
{
	static struct packed zlib;

	zlib.used = 0;
	packer_add(&zlib, span_text("\x78\x9c"));
	packer_add(&zlib, deflated());
	CHECK(is_eicar(packer_judge(
	    write_pdf("/FlateDecode /Filter /DCTDecode", packer_span(&zlib)), &packer_limits)));
	CHECK(is_eicar(packer_judge(write_pdf("[]", packer_span(&zlib)), &packer_limits)));
}

TEST(a_pdf_in_a_pdf_is_followed_to_the_depth)
{
	struct deepscan_limits limits = packer_limits;
	static struct packed inner;

	write_pdf("/AHx", hex_of(packer_eicar()));
	inner.used = 0;
	packer_add(&inner, packer_span(&made));
	CHECK(is_eicar(packer_judge(write_pdf("/AHx", hex_of(packer_span(&inner))), &limits)));
	limits.depth_max = 1;
	CHECK(is_class(packer_judge(packer_span(&made), &limits), SOURCE_OVERSIZE));
}

TEST(an_encrypted_pdf_is_told)
{
	struct deepscan_limits strict = packer_limits;
	const struct deepscan *d;

	strict.blocks[SOURCE_CORRUPT] = true;
	write_pdf("/FlateDecode", span_text("\xff\xff\xff"));
	packer_add(&made, span_text("trailer <</Encrypt 9 0 R>>"));
	d = packer_judge(packer_span(&made), &strict);
	CHECK(is_class(d, SOURCE_ENCRYPTED) && d->layer[0] == 0);
}

/* The word alone makes nothing encrypted. */
TEST(what_can_be_read_of_an_encrypted_pdf_is_judged)
{
	write_pdf("/AHx", hex_of(packer_eicar()));
	packer_add(&made, span_text("% /Encrypt 9 0 R"));
	CHECK(is_eicar(packer_judge(packer_span(&made), &packer_limits)));
}

/* Eight filters on each other, the most there may be: a run of runs of runs. */
TEST(a_bomb_of_filters_costs_its_limit)
{
	static uint8_t runs[200000];
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	for (size_t i = 0; i < sizeof(runs); i++)
		runs[i] = 129; /* 128 times 129 */
	limits.unpacked_bytes_max = 1u << 20;
	d = packer_judge(
	    write_pdf("[/RL/RL/RL/RL/RL/RL/RL/RL]", span_of(runs, sizeof(runs))), &limits);
	CHECK(is_class(d, SOURCE_OVERSIZE) && d->unpacked_bytes == limits.unpacked_bytes_max);
}

TEST(a_pdf_cut_or_changed_anywhere_ends_well)
{
	write_pdf("[/AHx /FlateDecode]", hex_of(deflated()));
	for (size_t at = 9; at < made.used; at++) {
		const struct deepscan *d =
		    packer_judge(span_first(packer_span(&made), at), &packer_limits);

		CHECK_SEED(at, d->verdict == VERDICT_CLEAN || is_eicar(d));
		made.bytes[at] ^= 0x55;
		d = packer_judge(packer_span(&made), &packer_limits);
		CHECK_SEED(at, d->verdict == VERDICT_CLEAN || is_eicar(d));
		made.bytes[at] ^= 0x55;
	}
}
