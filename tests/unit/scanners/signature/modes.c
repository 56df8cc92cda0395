/* SPDX-License-Identifier: BSD-3-Clause */
/* Block mode and streams, cut anywhere, find the same. */
#include "scanners/signature/signature.h"
#include "tests/unit/harness.h"

static const char eicar[] = "X5O!P%@AP[4\\PZX54(P^)7CC)7}"
			    "$EICAR-STANDARD-"
			    "ANTIVIRUS-TEST-FILE!$H+H*";

static struct generation *g;
static struct signature_core *core;

static void
open_once(void)
{
	char error[SIGNATURE_ERROR_TEXT_MAX];

	if (core != NULL)
		return;
	core = signature_core_create(2);
	CHECK(generation_open_builtin(&g, error) == 0 && signature_core_prepare(core, g) == 0);
}

/* What a scan in pieces of `step` bytes found: the offset of the match, or 0. */
static uint64_t
scan_in_steps(const uint8_t *body, size_t bytes, size_t step)
{
	struct signature_scan *scan = signature_open(core, g);
	uint64_t found = 0;

	for (size_t at = 0; at < bytes; at += step) {
		size_t n = bytes - at < step ? bytes - at : step;

		CHECK(signature_feed(scan, span_of(body + at, n), at + n == bytes) >= 0);
	}
	CHECK(signature_block_bytes(scan) == (step >= bytes ? bytes : 0));
	if (signature_finish(scan) == 1)
		found = signature_hit(scan)->offset;
	signature_close(scan);
	return found;
}

TEST(block_and_stream_agree_at_every_cut)
{
	static const struct {
		const char *name;
		size_t before, after;
		size_t cut_off; /* bytes that the signature lacks at its end */
	} cases[] = {
		{ "alone", 0, 0, 0 },
		{ "at the end", 100, 0, 0 },
		{ "at the start", 0, 100, 0 },
		{ "inside", 77, 33, 0 },
		{ "one byte short", 50, 0, 1 },
		{ "its start, then other bytes", 10, 90, 5 },
	};

	open_once();
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		uint8_t body[400];
		size_t n = cases[i].before, signature = 68 - cases[i].cut_off;
		uint64_t want;

		memset(body, 'x', sizeof(body));
		memcpy(body + n, eicar, signature);
		n += signature;
		want = cases[i].cut_off == 0 ? n : 0;
		n += cases[i].after;
		for (size_t step = 1; step <= n; step++)
			CHECK_ROW(cases[i].name, scan_in_steps(body, n, step) == want);
	}
}

TEST(block_and_stream_agree_on_random_bodies)
{
	static uint8_t body[3000];
	uint64_t random = 1;

	open_once();
	for (unsigned seed = 0; seed < 300; seed++) {
		uint64_t block;
		size_t n;

		for (size_t i = 0; i < sizeof(body); i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			body[i] = (uint8_t)eicar[(random >> 33) % 68];
		}
		n = 100 + (random >> 40) % 2800;
		if (seed % 2 == 0)
			memcpy(body + (random >> 20) % (n - 68), eicar, 68);
		block = scan_in_steps(body, n, n);
		CHECK_SEED(seed, (block != 0) == (seed % 2 == 0));
		CHECK_SEED(seed, scan_in_steps(body, n, 1 + (random >> 50)) == block);
	}
}

TEST(bytes_behind_the_last_are_an_error_never_clean)
{
	struct signature_scan *scan;

	open_once();
	scan = signature_open(core, g);
	CHECK(signature_feed(scan, span_of(eicar, 30), true) == 0);
	CHECK(signature_feed(scan, span_of(eicar + 30, 38), true) < 0);
	CHECK(signature_finish(scan) < 0);
	signature_close(scan);
}
