/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs that UPX packed: EICAR's string in them is found, by each method, as are calls. */
#include <stdio.h>

#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/scanners/archive/upx_writer.h"

#define ALONE_HEAD 13 /* of a .lzma file */

static struct upx_writer w;
static struct nrv_writer nrv;
static struct packed lzma;
static uint8_t image[UPX_IMAGE_BYTES];

static struct span
pack_nrv(enum nrv_method m)
{
	upx_pack(&nrv, m, image);
	return nrv_written(&nrv);
}

/* As UPX has it: two bytes of properties (lc 3, lp 0, pb 2), and the stream. */
static struct span
pack_lzma(void)
{
	const struct packer_member m = { "m", span_of(image, sizeof(image)) };

	CHECK(packer_write(&lzma, "raw", "lzma", NULL, &m, 1));
	memcpy(lzma.bytes + ALONE_HEAD - UPX_LZMA_HEAD, "\x1a\x03", UPX_LZMA_HEAD);
	return span_from(packer_span(&lzma), ALONE_HEAD - UPX_LZMA_HEAD);
}

static void
begin(bool is_wide)
{
	memset(&w, 0, sizeof(w));
	w.is_wide = is_wide;
	upx_image(image, is_wide, span_text("code"), packer_eicar());
}

static bool
is_found(const struct deepscan *d)
{
	return d->verdict == VERDICT_BAD && strcmp(d->layer, "upx") == 0;
}

TEST(what_upx_packed_is_found)
{
	static const uint8_t methods[] = { UPX_NRV2B_LE32, UPX_NRV2D_LE32, UPX_NRV2E_LE32 };

	for (unsigned i = 0; i < NRV_METHODS * 8; i++) {
		begin((i & 1) != 0);
		w.method = methods[i / 8];
		w.has_head = (i & 2) != 0;
		if ((i & 6) == 6) /* it lies */
			w.method = methods[(i / 8 + 1) % NRV_METHODS];
		w.stream = pack_nrv(i / 8);
		CHECK_SEED(i, is_found(packer_judge(upx_write(&w), &packer_limits)));
	}
}

TEST(what_upx_packed_by_lzma_is_found)
{
	begin(true);
	w.stream = pack_lzma();
	w.has_head = true;
	w.method = UPX_LZMA;
	CHECK(is_found(packer_judge(upx_write(&w), &packer_limits)));
	begin(false);
	w.stream = pack_lzma();
	w.lzma = UPX_IMAGE_BYTES;
	CHECK(is_found(packer_judge(upx_write(&w), &packer_limits)));
	w.lzma = 0x4001; /* more than it has of the memory */
	CHECK(packer_judge(upx_write(&w), &packer_limits)->verdict == VERDICT_CLEAN);
}

/* Without the headers that UPX keeps of it, the bytes are judged. */
TEST(what_upx_packed_is_found_without_headers)
{
	begin(false);
	memset(image + UPX_HEADS_AT, 0, 4);
	w.stream = pack_nrv(NRV_2E);
	CHECK(is_found(packer_judge(upx_write(&w), &packer_limits)));
}

/* An archive behind it, as a self-extracting program has, hides it not. */
TEST(what_upx_packed_is_found_before_an_archive)
{
	static struct packed both;
	const struct packer_zip m = { "a", span_text("text"), 0, 0, 0, 0, false, 0 };
	const struct deepscan *d;

	begin(false);
	w.stream = pack_nrv(NRV_2E);
	both.used = 0;
	packer_zip(&both, &m, 1);
	upx_write(&w);
	memmove(both.bytes + w.used, both.bytes, both.used);
	memcpy(both.bytes, w.bytes, w.used);
	both.used += w.used;
	d = packer_judge(packer_span(&both), &packer_limits);
	CHECK(d->verdict == VERDICT_BAD && strcmp(d->layer, "at:0->upx") == 0);
}

TEST(calls_that_upx_rewrote_are_found_both_ways)
{
	static const struct {
		const char *name, *source, *layer;
	} rows[] = {
		{ "as packed",
		    "rule packed { strings: $a = { e8 07 00 01 02 2e 00 00 00 00 00 00 00 00 } "
		    "condition: $a }",
		    "upx" },
		{ "as it was",
		    "rule was { strings: $a = { e8 01 01 00 00 2e 00 00 00 00 00 00 00 00 } "
		    "condition: $a }",
		    "upx:unfiltered" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct judge j;

		begin(false);
		upx_image(image, false, span_of("\xe8\x07\0\1\2.", 6), span_text("data"));
		w.stream = pack_nrv(NRV_2D);
		w.has_head = true;
		w.method = UPX_NRV2D_LE32;
		w.filter = 0x26;
		w.cto = 7;
		CHECK_ROW(rows[i].name, judge_begin(&j, span_text(rows[i].source)));
		j.deep.limits = packer_limits;
		deepscan_judge(&j.deep, upx_write(&w), span_text(""));
		CHECK_ROW(rows[i].name, j.deep.verdict == VERDICT_BAD);
		CHECK_ROW(rows[i].name, strcmp(j.deep.layer, rows[i].layer) == 0);
		judge_end(&j);
	}
}

/* UPX's own work: the entry's code of ClamAV's test program, which clamscan finds so, too. */
TEST(what_upx_itself_packed_is_found)
{
	static const char rule[] = "rule entry { strings: $a = { 6a 00 68 54 20 40 00 68 1c 20 40 "
				   "00 6a 00 ff 15 14 20 40 00 33 c0 c2 10 } condition: $a }";
	static uint8_t bytes[8192];
	const char *vectors = harness_shared("data/vectors/clamav-testfiles.tar.zst");
	struct judge j;
	size_t n;

	if (vectors == NULL) {
		harness_skip("no vectors");
		return;
	}
	n = packer_read(vectors, "clam-upx.exe", bytes, sizeof(bytes));
	CHECK(n > 0 && judge_begin(&j, span_text(rule)));
	j.deep.limits = packer_limits;
	deepscan_judge(&j.deep, span_of(bytes, n), span_text(""));
	CHECK(j.deep.verdict == VERDICT_BAD && strcmp(j.deep.layer, "upx") == 0);
	judge_end(&j);
}

/* Cut, or another's program that begins alike: no class of its own. */
TEST(what_upx_did_not_pack_is_let_be)
{
	const struct deepscan *d;

	begin(false);
	w.has_head = true;
	w.stream = pack_nrv(NRV_2B);
	w.stream.bytes -= 9;
	d = packer_judge(upx_write(&w), &packer_limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX);
}

TEST(limits_hold_for_what_upx_packed)
{
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	begin(false);
	w.stream = pack_nrv(NRV_2B);
	limits.unpacked_bytes_max = UPX_IMAGE_BYTES - 1;
	d = packer_judge(upx_write(&w), &limits);
	CHECK(d->source == SOURCE_OVERSIZE && d->unpacked_bytes == UPX_IMAGE_BYTES - 1);
	limits.unpacked_bytes_max = UPX_IMAGE_BYTES + 0x1000; /* not all that is made of it */
	d = packer_judge(upx_write(&w), &limits);
	CHECK(d->source == SOURCE_OVERSIZE && d->is_spent);
	limits = packer_limits;
	limits.depth_max = 0;
	CHECK(packer_judge(upx_write(&w), &limits)->source == SOURCE_OVERSIZE);
}
