/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that texts carry are judged like files: pages that make their reader's browser save one. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

static struct packed page, file;

static void
add_base64(struct span bytes)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t at = 0; at < bytes.bytes; at += 3) {
		struct span three = span_first(span_from(bytes, at), 3);
		unsigned bits = 0;
		char out[5] = "====";

		for (unsigned i = 0; i < 3; i++)
			bits = bits << 8 | (i < three.bytes ? three.data[i] : 0);
		for (unsigned i = 0; i <= three.bytes; i++)
			out[i] = letters[bits >> (18 - 6 * i) & 0x3f];
		packer_add(&page, span_text(out));
	}
}

static struct span
write_page(const char *before, struct span bytes, const char *behind)
{
	page.used = 0;
	packer_add(&page, span_text(before));
	add_base64(bytes);
	packer_add(&page, span_text(behind));
	return packer_span(&page);
}

/* A ZIP long enough to be a run. */
static struct span
zip(void)
{
	const struct packer_member members[] = { { "eicar.com", packer_eicar() },
		{ "more.txt", span_text("more than that") } };

	packer_write(&file, "zip", NULL, NULL, members, 2);
	return packer_span(&file);
}

static bool
is_bad_in(const struct deepscan *d, const char *layer)
{
	if (strcmp(d->layer, layer) != 0)
		fprintf(stderr, "  '%s', not '%s'\n", d->layer, layer);
	return d->verdict == VERDICT_BAD && strcmp(d->threat, "Eicar-Test-Signature") == 0 &&
	       strcmp(d->layer, layer) == 0;
}

TEST(what_a_page_carries_is_judged)
{
	const struct deepscan *d;

	d = packer_judge(
	    write_page("<html><a href='data:;base64,", packer_eicar(), "'>"), &packer_limits);
	CHECK(is_bad_in(d, "data:28"));
	d = packer_judge(write_page("<html><a href='data:;base64,", zip(), "'>"), &packer_limits);
	CHECK(is_bad_in(d, "data:28->zip:eicar.com"));
	d = packer_judge(write_page("<html><script>var x = '", zip(), "';"), &packer_limits);
	CHECK(is_bad_in(d, "base64:23->zip:eicar.com"));
	d = packer_judge(write_page("$x = \"", zip(), "\""), &packer_limits);
	CHECK(is_bad_in(d, "base64:6->zip:eicar.com"));
	d = packer_judge(write_page("<svg><a href='data:;base64,", zip(), "'>"), &packer_limits);
	CHECK(is_bad_in(d, "data:27->zip:eicar.com"));
	/* a byte that no text has */
	d = packer_judge(write_page("\1 x = '", zip(), "';"), &packer_limits);
	CHECK(is_bad_in(d, "base64:7->zip:eicar.com"));
}

/* libarchive takes the first, if it begins early enough. */
TEST(each_uuencoded_file_is_judged)
{
	page.used = 0;
	packer_add(&page, span_text("Hello\n"));
	for (unsigned i = 0; i < 20000; i++)
		packer_add(&page, span_text("more of it\n"));
	packer_add(&page, span_text("begin 644 a.txt\n#86)C\n`\nend\nbegin 644 b.gz\n"));
	packer_add_uuencoded(&page, packer_hidden());
	packer_add(&page, span_text("`\nend\n"));
	CHECK(is_bad_in(packer_judge(packer_span(&page), &packer_limits), "uu:220049->gz"));
}

/* In the ways of scripts that write a file byte by byte. */
TEST(what_a_script_spells_is_judged)
{
	static const struct {
		const char *before, *one, *between, *layer;
	} ways[] = {
		{ "<html><script>x = new Uint8Array([", "%u", ",", "numbers:34->gz" },
		{ "[Byte[]] $b = ", "0x%x", ",", "numbers:14->gz" },
		{ "x = \"", "\\x%02x", "", "escapes:5->gz" },
		{ "<html>unescape('", "%%%02x", "", "escapes:16->gz" },
		{ "\r\nset o = \"", "%02x", "", "hex:11->gz" },
	};
	struct span gz = packer_hidden();
	char one[16];

	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		page.used = 0;
		packer_add(&page, span_text(ways[i].before));
		for (size_t at = 0; at < gz.bytes; at++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(one, sizeof(one), ways[i].one, gz.data[at]);
#pragma GCC diagnostic pop
			packer_add(&page, span_text(one));
			packer_add(
			    &page, span_text(at + 1 < gz.bytes ? ways[i].between : "\"\r\nset"));
		}
		CHECK_ROW(ways[i].layer,
		    is_bad_in(packer_judge(packer_span(&page), &packer_limits), ways[i].layer));
	}
}

/* The page's bytes from `from` on, the last first. */
static void
turn(size_t from)
{
	for (size_t low = from, high = page.used; low + 1 < high; low++) {
		uint8_t byte = page.bytes[low];

		page.bytes[low] = page.bytes[--high];
		page.bytes[high] = byte;
	}
}

TEST(what_a_script_reads_backwards_is_judged)
{
	static const char head[] = "<html><script>x = StrReverse('";
	const struct deepscan *d;
	struct span gz;

	write_page(head, zip(), "");
	turn(sizeof(head) - 1);
	packer_add(&page, span_text("');"));
	CHECK(is_bad_in(
	    packer_judge(packer_span(&page), &packer_limits), "reversed:32->zip:eicar.com"));
	/* longer than what is tried, in lines; hex */
	write_page(head, zip(), "");
	for (unsigned i = 0; i < 100; i++)
		packer_add(
		    &page, span_text("\n0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"));
	turn(sizeof(head) - 1);
	CHECK(is_bad_in(
	    packer_judge(packer_span(&page), &packer_limits), "reversed:30->zip:eicar.com"));
	gz = packer_hidden();
	page.used = 0;
	for (size_t i = 0; i < gz.bytes; i++) {
		char two[3];

		snprintf(two, sizeof(two), "%02x", gz.data[i]);
		packer_add(&page, span_text(two));
	}
	turn(0);
	CHECK(is_bad_in(packer_judge(packer_span(&page), &packer_limits), "reversed:0->gz"));
	/* nothing in either direction: what was tried counts, and is no more than that */
	page.used = 0;
	for (unsigned i = 0; i < 1000; i++)
		packer_add(&page, span_text("0f1e2d3c4b5a69788796a5b4c3d2e1ff"));
	d = packer_judge(packer_span(&page), &packer_limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX);
	CHECK(d->unpacked_bytes == 16000 + 2048 + 1024);
}

/* By yEnc, which nothing is left out of but what would end a line. */
static void
add_yenc(struct span bytes)
{
	packer_add(&page, span_text("=ybegin line=128 size=1 name=a\r\n"));
	for (size_t i = 0; i < bytes.bytes; i++) {
		uint8_t c = (uint8_t)(bytes.data[i] + 42);
		bool escapes = c == 0 || c == '\n' || c == '\r' || c == '=';

		if (escapes)
			packer_add(&page, span_text("="));
		c = (uint8_t)(c + (escapes ? 64 : 0));
		packer_add(&page, span_of(&c, 1));
	}
	packer_add(&page, span_text("\r\n=yend size=1\r\n"));
}

TEST(what_yenc_carries_is_judged)
{
	page.used = 0;
	packer_add(&page, span_text("Hello\n"));
	add_yenc(packer_hidden());
	CHECK(is_bad_in(packer_judge(packer_span(&page), &packer_limits), "yenc:38->gz"));
	page.used = 0;
	packer_add(&page, span_text("From: a\r\nSubject: b\r\nTo: c\r\n\r\n"));
	add_yenc(packer_eicar());
	CHECK(is_bad_in(packer_judge(packer_span(&page), &packer_limits), "mail:1->yenc:32"));
}

/* A name of one letter, so many bytes of a file, its bytes, by BinHex without runs. */
static void
add_binhex(struct span bytes)
{
	static const char letters[] =
	    "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
	uint8_t raw[512] = { 1,
		'a', [15] = (uint8_t)(bytes.bytes >> 8), [16] = (uint8_t)bytes.bytes };
	size_t count = 23;
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < bytes.bytes; i++) {
		raw[count++] = bytes.data[i];
		if (bytes.data[i] == 0x90)
			raw[count++] = 0;
	}
	packer_add(&page, span_text("(This file must be converted with BinHex 4.0)\n\n:"));
	for (size_t i = 0; i < count; i++) {
		bits = bits << 8 | raw[i];
		for (held += 8; held >= 6; held -= 6)
			packer_add(&page, span_of(&letters[bits >> (held - 6) & 63], 1));
	}
	packer_add(&page, span_of(&letters[bits << (6 - held) & 63], 1));
	packer_add(&page, span_text(":\n"));
}

TEST(what_binhex_carries_is_judged)
{
	page.used = 0;
	add_binhex(packer_hidden());
	CHECK(is_bad_in(packer_judge(packer_span(&page), &packer_limits), "binhex:48->at:23->gz"));
	page.used = 0;
	packer_add(&page, span_text("From: a\r\nSubject: b\r\nTo: c\r\n\r\n"));
	add_binhex(packer_eicar());
	CHECK(is_bad_in(packer_judge(packer_span(&page), &packer_limits), "mail:1->binhex:48"));
}

/* A run of 255 of one byte for each three letters, or so: a bomb that costs its limit. */
TEST(a_bomb_of_binhex_costs_its_limit)
{
	const struct deepscan *d;

	page.used = 0;
	packer_add(&page, span_text("(This file must be converted with BinHex 4.0)\n:"));
	while (page.used < PACKER_ROOM - 100)
		packer_add(&page, span_text("rj$r"));
	d = packer_judge(packer_span(&page), &packer_limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
	CHECK(d->unpacked_bytes == packer_limits.unpacked_bytes_max);
}

/* By the Script Encoder's own tables: EICAR's string. */
TEST(what_the_script_encoder_wrote_is_judged)
{
	static const char encoded[] =
	    "#@~^RAAAAA==plrZh]@$bn]c'K}o**`h7b{;Z#FN^AqZz]R\?:bgf)I9Rz1Pq"
	    "j(I`\?RPA\?KRo&S3\"fu3CMDhIAAA==^#~@";

	page.used = 0;
	packer_add(&page, span_text(encoded));
	CHECK(is_bad_in(packer_judge(packer_span(&page), &packer_limits), "screnc:12"));
	page.used = 0;
	packer_add(&page, span_text("<html><script language='JScript.Encode'>\n"));
	packer_add(&page, span_text(encoded));
	packer_add(&page, span_text("</script></html>"));
	CHECK(is_bad_in(packer_judge(packer_span(&page), &packer_limits), "screnc:53"));
}

TEST(a_text_in_utf7_is_judged_as_what_it_says)
{
	struct deepscan_limits limits = packer_limits;
	struct span eicar = packer_eicar();
	const struct deepscan *d;
	uint8_t units[200];

	for (size_t i = 0; i < eicar.bytes; i++) {
		units[2 * i] = 0;
		units[2 * i + 1] = eicar.data[i];
	}
	write_page("<html>+", span_of(units, 132), "-");
	packer_add(&page, span_from(eicar, 66));
	CHECK(is_bad_in(packer_judge(packer_span(&page), &limits), "utf7"));
	limits.depth_max = 0;
	d = packer_judge(packer_span(&page), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
	d = packer_judge(span_text("<html>1 + 1 = +2 a+b -+AGEA"), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX);
}

/* A shortcut's arguments, in UTF-16; what lies behind it is found as before. */
TEST(what_a_shortcut_runs_is_judged)
{
	static struct packed wide;
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	write_page("powershell -c ", zip(), "");
	wide.used = 0;
	packer_add(&wide, span_of("L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\xa0", 21));
	for (size_t i = 0; i < page.used; i++)
		packer_add(&wide, span_of((uint8_t[]){ page.bytes[i], 0 }, 2));
	CHECK(
	    is_bad_in(packer_judge(packer_span(&wide), &limits), "lnk->base64:14->zip:eicar.com"));
	limits.depth_max = 0;
	d = packer_judge(packer_span(&wide), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
	wide.used = 21;
	packer_add(&wide, zip());
	CHECK(is_bad_in(packer_judge(packer_span(&wide), &packer_limits), "zip:eicar.com"));
}

TEST(a_page_in_a_page_is_followed_to_the_depth)
{
	struct deepscan_limits limits = packer_limits;
	static struct packed inner;
	const struct deepscan *d;

	write_page("<html><a href='data:;base64,", packer_eicar(), "'>");
	inner.used = 0;
	packer_add(&inner, packer_span(&page));
	write_page("<html><a href='data:;base64,", packer_span(&inner), "'>");
	CHECK(is_bad_in(packer_judge(packer_span(&page), &limits), "data:28->data:28"));
	limits.depth_max = 1;
	d = packer_judge(packer_span(&page), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
	CHECK(strcmp(d->layer, "data:28") == 0);
}

TEST(many_inlays_cost_their_limit)
{
	static const char uri[] = "'data:,0123456789abcdef' ";
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	limits.members_max = 10;
	page.used = 0;
	packer_add(&page, span_text("<html>"));
	for (unsigned i = 0; i < 321; i++)
		packer_add(&page, span_text(uri));
	d = packer_judge(packer_span(&page), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
	d = packer_judge(span_first(packer_span(&page), page.used - sizeof(uri) + 1), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX);
}

/* Bytes that are shorter than what they are written as cannot grow without an end. */
TEST(an_inlay_counts_against_the_bytes_unpacked)
{
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	limits.unpacked_bytes_max = 50;
	d = packer_judge(write_page("<html><a href='data:;base64,", packer_eicar(), "'>"), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
	CHECK(d->unpacked_bytes == 50);
}
