/* SPDX-License-Identifier: BSD-3-Clause */
/* NRV 2B, 2D and 2E, with bits in bytes and in words: each form of an offset and of a length. */
#include "scanners/archive/nrv.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/scanners/archive/nrv_writer.h"

#define ROOM 70000

static uint8_t out[ROOM], expected[ROOM];
static size_t expected_bytes;

static void
expect_literals(struct nrv_writer *w, const char *text)
{
	nrv_literals(w, span_text(text));
	memcpy(expected + expected_bytes, text, strlen(text));
	expected_bytes += strlen(text);
}

static void
expect_match(struct nrv_writer *w, uint32_t offset, uint32_t length)
{
	nrv_match(w, offset, length);
	for (uint32_t i = 0; i < length; i++, expected_bytes++)
		expected[expected_bytes] = expected[expected_bytes - offset];
}

/* All lengths up to 12, near and far, with offsets of their own and those of the last. */
static void
write_all(struct nrv_writer *w, enum nrv_method m, unsigned unit)
{
	*w = (struct nrv_writer){ .unit = unit, .method = m, .offset = 1 };
	expected_bytes = 0;
	expect_literals(w, "sluice");
	expect_match(w, 1, 2);
	for (uint32_t length = 2; length < 13; length++) {
		expect_match(w, length / 2 + 1, length);
		expect_literals(w, "-");
		expect_match(w, w->offset, length);
	}
	expect_match(w, 6, 60000);
	for (uint32_t length = 3; length < 13; length++) {
		expect_match(w, 0xd00 + 300 * length, length);
		expect_match(w, 0x500, length);
		expect_literals(w, "+");
		expect_match(w, 0xd01, length);
	}
	nrv_end(w);
}

static int
run(struct span packed, const struct nrv_writer *w, size_t room, struct nrv_output *o)
{
	*o = (struct nrv_output){ .bytes = out, .room = room };
	return nrv_unpack(packed, w->method, w->unit, o);
}

TEST(what_nrv_packed_comes_out)
{
	for (unsigned i = 0; i < NRV_METHODS * 2; i++) {
		struct nrv_writer w;
		struct nrv_output o;

		write_all(&w, i / 2, i % 2 == 0 ? NRV_BITS_OF_8 : NRV_BITS_OF_32);
		CHECK_SEED(i, run(nrv_written(&w), &w, ROOM, &o) == 0);
		CHECK_SEED(i, o.used == expected_bytes && o.taken == w.used);
		CHECK_SEED(i, memcmp(out, expected, expected_bytes) == 0);
		CHECK_SEED(i, run(nrv_written(&w), &w, expected_bytes, &o) == 0);
		CHECK_SEED(i, run(nrv_written(&w), &w, expected_bytes - 1, &o) == -ENOSPC);
		CHECK_SEED(i, o.used == expected_bytes - 1);
		w.method = (w.method + 1) % NRV_METHODS;
		CHECK_SEED(i, run(nrv_written(&w), &w, ROOM, &o) == -EBADMSG);
	}
}

static void
check_cut(const struct nrv_writer *w, size_t bytes)
{
	uint8_t *cut = malloc(bytes + 1); /* so that a byte too far is seen */
	struct nrv_output o;

	memcpy(cut + 1, w->bytes, bytes);
	CHECK_SEED(bytes, run(span_of(cut + 1, bytes), w, ROOM, &o) == -EBADMSG);
	CHECK_SEED(bytes, memcmp(out, expected, o.used) == 0);
	free(cut);
}

TEST(nrv_cut_anywhere_is_told)
{
	struct nrv_writer w;

	for (unsigned m = 0; m < NRV_METHODS; m++) {
		write_all(&w, m, NRV_BITS_OF_32);
		for (size_t bytes = 0; bytes < w.used; bytes++)
			check_cut(&w, bytes);
	}
}

TEST(nrv_reaches_no_further_back_than_it_has_come)
{
	struct nrv_writer w = { .unit = NRV_BITS_OF_8, .method = NRV_2B, .offset = 1 };
	struct nrv_output o;

	nrv_literals(&w, span_text("ab"));
	nrv_match(&w, 3, 2);
	nrv_end(&w);
	CHECK(run(nrv_written(&w), &w, ROOM, &o) == -EBADMSG && o.used == 2);
}

/* Digits without end: no more are read than a sound number has. */
TEST(nrv_numbers_beyond_all_bounds_are_told)
{
	struct nrv_output o;

	for (unsigned i = 0; i < NRV_METHODS * 2; i++) {
		struct nrv_writer w = { .unit = NRV_BITS_OF_8, .method = i / 2, .offset = 1 };

		nrv_literals(&w, span_text("a"));
		if (i % 2 == 0) /* of a length; else of an offset */
			nrv_offset(&w, w.method == NRV_2B ? 0 : 1);
		for (unsigned bits = 0; bits < 400; bits++)
			nrv_bit(&w, 0);
		CHECK_SEED(i, run(nrv_written(&w), &w, ROOM, &o) == -EBADMSG && o.taken < 16);
	}
}
