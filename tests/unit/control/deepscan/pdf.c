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
	write_pdf("/AHx", hex_of(packer_eicar()));
	packer_add(&made, span_text("trailer <</Encrypt 9 0 R>>"));
	CHECK(is_class(packer_judge(packer_span(&made), &packer_limits), SOURCE_ENCRYPTED));
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
