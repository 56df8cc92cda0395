/* SPDX-License-Identifier: BSD-3-Clause */
/* gzip and deflate, fed in every step size; broken, cut and endless ones end as what they are. */
#include <isa-l/igzip_lib.h>

#include "scanners/decode/decode.h"
#include "tests/unit/harness.h"

#define PLAIN_BYTES 100000

static uint8_t plain[PLAIN_BYTES], packed[PLAIN_BYTES + 1024];
static struct decode_pool *pool;
static const struct decode_limits limits = { 1u << 30, 0, 1 << 20 };

int
harness_setup(void)
{
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * i >> 7);
	pool = decode_pool_create(2);
	return pool == NULL;
}

static size_t
pack(uint16_t kind, size_t bytes)
{
	struct isal_zstream z;

	isal_deflate_stateless_init(&z);
	z.gzip_flag = kind;
	z.next_in = plain;
	z.avail_in = (uint32_t)bytes;
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	z.end_of_stream = 1;
	return isal_deflate_stateless(&z) == COMP_OK ? z.total_out : 0;
}

/* Decodes in pieces; the last result, and whether what came out is the start of `plain`. */
static enum decode_result
unpack(enum decode_coding coding, const struct decode_limits *l, size_t bytes, size_t step,
    uint64_t *out_bytes, bool *same, bool *whole)
{
	struct decoder *d = decode_open(pool, coding, l);
	enum decode_result r = DECODE_MORE;

	*out_bytes = 0;
	*same = true;
	for (size_t used = 0; used < bytes && (r == DECODE_MORE || r == DECODE_END); used += step) {
		size_t n = bytes - used < step ? bytes - used : step, at = 0;
		struct span out;

		while (
		    (r = decode_next(d, span_of(packed + used, n), &at, &out)) == DECODE_OUTPUT) {
			*same &= *out_bytes + out.bytes <= PLAIN_BYTES &&
				 memcmp(plain + *out_bytes, out.data, out.bytes) == 0;
			*out_bytes += out.bytes;
		}
	}
	*whole = decode_is_whole(d);
	decode_close(pool, d);
	return r;
}

TEST(every_kind_in_every_step)
{
	static const struct {
		const char *name;
		uint16_t kind;
		enum decode_coding coding;
	} kinds[] = { { "gzip", IGZIP_GZIP, DECODE_GZIP }, { "zlib", IGZIP_ZLIB, DECODE_DEFLATE },
		{ "raw", IGZIP_DEFLATE, DECODE_DEFLATE } };

	for (unsigned k = 0; k < COUNT_OF(kinds); k++) {
		size_t bytes = pack(kinds[k].kind, PLAIN_BYTES);

		for (size_t step = 1; step < 2000; step = step * 3 + 1) {
			uint64_t n;
			bool same, whole;

			unpack(kinds[k].coding, &limits, bytes, step, &n, &same, &whole);
			CHECK_ROW(kinds[k].name, n == PLAIN_BYTES && same && whole);
		}
	}
}

TEST(a_stream_cut_anywhere_is_not_whole)
{
	size_t bytes = pack(IGZIP_GZIP, 300);

	for (size_t cut = 1; cut < bytes; cut++) {
		uint64_t n;
		bool same, whole;

		unpack(DECODE_GZIP, &limits, cut, 64, &n, &same, &whole);
		CHECK_SEED(cut, same && !whole);
	}
}

TEST(a_bomb_costs_its_limit)
{
	struct decode_limits small = { 20000, 0, 1 << 20 };
	size_t bytes = pack(IGZIP_GZIP, PLAIN_BYTES);
	uint64_t n;
	bool same, whole;

	CHECK(unpack(DECODE_GZIP, &small, bytes, bytes, &n, &same, &whole) == DECODE_OVER);
	CHECK(n <= 20000 + 16384);
}

TEST(what_is_no_gzip_is_corrupt)
{
	uint64_t n;
	bool same, whole;

	memcpy(packed, "this is plain text, not gzip at all", 35);
	CHECK(unpack(DECODE_GZIP, &limits, 35, 35, &n, &same, &whole) == DECODE_CORRUPT);
}

TEST(codings_by_name)
{
	CHECK(decode_coding_of(span_text(" GZIP ")) == DECODE_GZIP);
	CHECK(decode_coding_of(span_text("x-gzip")) == DECODE_GZIP);
	CHECK(decode_coding_of(span_text("Deflate")) == DECODE_DEFLATE);
	CHECK(decode_coding_of(span_text("br")) == DECODE_UNKNOWN);
	CHECK(decode_coding_of(span_text("")) == DECODE_IDENTITY);
}
