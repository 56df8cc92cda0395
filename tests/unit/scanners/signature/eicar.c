/* SPDX-License-Identifier: BSD-3-Clause */
/* EICAR is found wherever it is cut, in block and in streaming mode; what is near it is not. */
#include "scanners/signature/signature.h"
#include "tests/unit/harness.h"

static const char eicar[] = "X5O!P%@AP[4\\PZX54(P^)7CC)7}"
			    "$EICAR-STANDARD-"
			    "ANTIVIRUS-TEST-FILE!$H+H*";

static struct generation *g;
static struct signature_core *core;

int
harness_setup(void)
{
	char error[SIGNATURE_ERROR_TEXT_MAX];

	core = signature_core_create(4);
	return generation_open_builtin(&g, error) != 0 || signature_core_prepare(core, g) != 0;
}

TEST(found_at_every_cut)
{
	for (size_t cut = 0; cut <= 68; cut++) {
		struct signature_scan *scan = signature_open(core, g);

		signature_feed(scan, span_text("before "), false);
		signature_feed(scan, span_of(eicar, cut), false);
		signature_feed(scan, span_of(eicar + cut, 68 - cut), false);
		CHECK_SEED(cut, signature_finish(scan) == 1);
		CHECK_SEED(cut, strcmp(signature_hit(scan)->name, "Eicar-Test-Signature") == 0);
		signature_close(scan);
	}
}

TEST(found_in_one_block_and_not_when_one_byte_differs)
{
	for (size_t at = 0; at <= 68; at++) {
		char text[69];
		struct signature_scan *scan = signature_open(core, g);

		memcpy(text, eicar, 69);
		if (at < 68)
			text[at] ^= 1;
		CHECK_SEED(at, signature_feed(scan, span_of(text, 68), true) == (at == 68));
		signature_close(scan);
	}
}

TEST(scans_are_bounded_and_come_back)
{
	struct signature_scan *scans[4];

	for (unsigned i = 0; i < 4; i++)
		scans[i] = signature_open(core, g);
	CHECK(signature_open(core, g) == NULL);
	for (unsigned i = 0; i < 4; i++)
		signature_close(scans[i]);
	scans[0] = signature_open(core, g);
	CHECK(scans[0] != NULL);
	signature_close(scans[0]);
}

TEST(what_is_no_generation_is_refused)
{
	static uint8_t junk[4096];
	char error[SIGNATURE_ERROR_TEXT_MAX] = "";
	struct generation *none = NULL;

	for (size_t n = 0; n < sizeof(junk); n += 97)
		CHECK_SEED(
		    n, generation_open(span_of(junk, n), &none, error) != 0 && error[0] != 0);
	memcpy(junk, "SLUICEGN\1\0\0\0", 12);
	CHECK(generation_open(span_of(junk, sizeof(junk)), &none, error) != 0);
}
