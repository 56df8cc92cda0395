/* SPDX-License-Identifier: BSD-3-Clause */
/* gzip and deflate, fed in every step size; broken, cut and endless ones end as what they are. */
#include <isa-l/igzip_lib.h>

#include "scanners/decode/decode.h"
#include "tests/unit/harness.h"

#define PLAIN_BYTES 100000

static uint8_t plain[PLAIN_BYTES], packed[PLAIN_BYTES + 1024];
static struct decode_pool *pool;
static const struct decode_limits limits = { 1u << 30, 0, 1 << 20 };

static void
fill_plain(void)
{
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * i >> 7);
}

int
harness_setup(void)
{
	fill_plain();
	pool = decode_pool_create(2, 0);
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
	const struct decode_codings one = { .count = 1, .list = { coding } };
	struct decoder *d = decode_open(pool, &one, l);
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

/* All of it at once: bytes that came out, and how many were used. */
static uint64_t
drain(const uint8_t *bytes, size_t count, size_t *used)
{
	const struct decode_codings deflate = { .count = 1, .list = { DECODE_DEFLATE } };
	struct decoder *d = decode_open(pool, &deflate, &limits);
	struct span out;
	uint64_t n;

	*used = 0;
	while (decode_next(d, span_of(bytes, count), used, &out) == DECODE_OUTPUT)
		;
	n = decode_output_bytes(d);
	decode_close(pool, d);
	return n;
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

/* A wrapping that is not the one that was told, in every step; gzip's members come all the same. */
TEST(one_wrapping_sent_as_another)
{
	static const struct {
		const char *name;
		uint16_t kind;
		enum decode_coding coding;
		unsigned members;
	} rows[] = {
		{ "zlib as gzip", IGZIP_ZLIB, DECODE_GZIP, 1 },
		{ "gzip as deflate", IGZIP_GZIP, DECODE_DEFLATE, 1 },
		{ "two gzips as deflate", IGZIP_GZIP, DECODE_DEFLATE, 2 },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		for (size_t step = 1; step < 700; step = step * 3 + 1) {
			size_t bytes = pack(rows[i].kind, 300);
			bool same, whole;
			uint64_t n;

			memcpy(packed + bytes, packed, bytes);
			unpack(rows[i].coding, &limits, rows[i].members * bytes, step, &n, &same,
			    &whole);
			CHECK_ROW(rows[i].name, whole && n == 300 * rows[i].members);
			unpack(rows[i].coding, &limits, bytes - 1, step, &n, &same, &whole);
			CHECK_ROW(rows[i].name, same && !whole);
		}
	}
}

/* All that a header may have, each alone and all together, in every step; its own checksum is not
 * looked at, as browsers do not either. */
/*
 * A raw stream that begins as zlib's does: a stored block whose unused bits are not zero, of 0x9c
 * bytes and 256 times `high`, and an empty last one. What zlib's reader takes for a block's head is
 * `high`.
 */
static size_t
pack_twofold(uint8_t high, size_t *bytes)
{
	uint8_t head[] = { 0x78, 0x9c, high, 0x63, (uint8_t)~high };

	*bytes = 0x9c + 256 * (size_t)high;
	memcpy(packed, head, sizeof(head));
	memcpy(packed + sizeof(head), plain, *bytes);
	memcpy(packed + sizeof(head) + *bytes, "\3\0", 2);
	return sizeof(head) + *bytes + 2;
}

TEST(a_raw_stream_that_begins_as_zlib)
{
	static const uint8_t failing[] = { 0, 2, 4, 7 }; /* as zlib, before anything is given */

	for (unsigned i = 0; i < COUNT_OF(failing); i++) {
		size_t plain_bytes, all = pack_twofold(failing[i], &plain_bytes), used = 0;
		uint64_t n;
		bool same, whole;

		for (size_t step = 1; step <= all; step = step * 3 / 2 + 1) {
			unpack(DECODE_DEFLATE, &limits, all, step, &n, &same, &whole);
			CHECK_SEED(step, n == plain_bytes && same && whole);
		}
		for (size_t cut = 1; cut < all; cut++) {
			unpack(DECODE_DEFLATE, &limits, cut, all, &n, &same, &whole);
			CHECK_SEED(cut, n <= plain_bytes && same && !whole);
		}
		memcpy(packed + all, "rest", 4);
		CHECK(drain(packed, all + 4, &used) == plain_bytes && used == all);
	}
}

/* As zlib it gives a few bytes and fails: who has all of it at once reads it as raw. */
TEST(a_raw_stream_that_zlib_reads_in_part)
{
	size_t plain_bytes, all = pack_twofold(10, &plain_bytes);
	uint64_t n;
	bool same, whole;

	unpack(DECODE_DEFLATE, &limits, all, all, &n, &same, &whole);
	CHECK(n == plain_bytes && same && whole);
	CHECK(unpack(DECODE_DEFLATE, &limits, all, 1, &n, &same, &whole) == DECODE_CORRUPT);
}

/* What is zlib's, and broken, is not read as raw, and what came before is given. */
TEST(a_broken_zlib_stream_is_no_raw_one)
{
	size_t all = pack(IGZIP_ZLIB, 5000);
	uint64_t n;
	bool same, whole;

	packed[all - 1] ^= 1;
	CHECK(unpack(DECODE_DEFLATE, &limits, all, all, &n, &same, &whole) == DECODE_CORRUPT);
	CHECK(n == 5000 && same && !whole);
	packed[2] = 7; /* no such block */
	CHECK(unpack(DECODE_DEFLATE, &limits, all, all, &n, &same, &whole) == DECODE_CORRUPT);
	CHECK(n == 0 && !whole);
}

TEST(headers_of_gzip)
{
	for (unsigned flags = 0; flags < 32; flags++) {
		uint8_t head[64] = { 0x1f, 0x8b, 8, (uint8_t)flags };
		size_t n = 10, bytes;
		bool same, whole;
		uint64_t out;

		if (flags & 4) {
			head[n] = flags & 1 ? 0 : 3;
			n += 2u + head[n];
		}
		n += flags & 8 ? (size_t)sprintf((char *)head + n, "name") + 1 : 0;
		n += flags & 16 ? (size_t)sprintf((char *)head + n, "comment") + 1 : 0;
		n += flags & 2 ? 2 : 0;
		bytes = pack(IGZIP_GZIP, 300) - 10;
		memmove(packed + n, packed + 10, bytes);
		memcpy(packed, head, n);
		bytes += n;
		for (size_t step = 1; step < 64; step = step * 2 + 1) {
			unpack(DECODE_GZIP, &limits, bytes, step, &out, &same, &whole);
			CHECK_SEED(flags, out == 300 && same && whole);
			for (size_t cut = 1; cut < n; cut++) {
				unpack(DECODE_GZIP, &limits, cut, step, &out, &same, &whole);
				CHECK_SEED(flags, out == 0 && !whole);
			}
		}
	}
}

/* Each way a stream can be wrong: what comes of it, and how much came out before. */
TEST(members_trailing_bytes_and_checksums)
{
	enum change {
		TWICE,
		GARBAGE_BEHIND,
		ZEROS_BEHIND,
		WRONG_CRC,
		WRONG_SIZE,
		WRONG_ADLER
	};
	static const struct {
		const char *name;
		enum change change;
		uint16_t kind;
		enum decode_coding coding;
		enum decode_result result;
		uint64_t times; /* how often `plain` comes out */
	} rows[] = {
		{ "two members", TWICE, IGZIP_GZIP, DECODE_GZIP, DECODE_MORE, 2 },
		{ "garbage behind", GARBAGE_BEHIND, IGZIP_GZIP, DECODE_GZIP, DECODE_END, 1 },
		{ "zeros behind", ZEROS_BEHIND, IGZIP_GZIP, DECODE_GZIP, DECODE_END, 1 },
		{ "garbage behind zlib", GARBAGE_BEHIND, IGZIP_ZLIB, DECODE_DEFLATE, DECODE_END,
		    1 },
		{ "garbage behind raw", GARBAGE_BEHIND, IGZIP_DEFLATE, DECODE_DEFLATE, DECODE_END,
		    1 },
		{ "wrong CRC", WRONG_CRC, IGZIP_GZIP, DECODE_GZIP, DECODE_CORRUPT, 1 },
		{ "wrong size", WRONG_SIZE, IGZIP_GZIP, DECODE_GZIP, DECODE_CORRUPT, 1 },
		{ "wrong Adler-32", WRONG_ADLER, IGZIP_ZLIB, DECODE_DEFLATE, DECODE_CORRUPT, 1 },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		static const size_t steps[] = { 1, 7, 100000 };

		for (unsigned k = 0; k < COUNT_OF(steps); k++) {
			size_t bytes = pack(rows[i].kind, 300), room = bytes;
			enum decode_result r;
			bool same, whole;
			uint64_t n;

			if (rows[i].change == TWICE) {
				memcpy(packed + bytes, packed, bytes);
				room = 2 * bytes;
			} else if (rows[i].change <= ZEROS_BEHIND) {
				memset(
				    packed + bytes, rows[i].change == ZEROS_BEHIND ? 0 : 'g', 40);
				room = bytes + 40;
			} else {
				packed[bytes - (rows[i].change == WRONG_CRC ? 8 : 4)] ^= 1;
			}
			r = unpack(rows[i].coding, &limits, room, steps[k], &n, &same, &whole);
			CHECK_ROW(rows[i].name, r == rows[i].result);
			CHECK_ROW(rows[i].name, n == 300 * rows[i].times);
			CHECK_ROW(rows[i].name, whole == (r != DECODE_CORRUPT));
		}
	}
}

/* What follows is the caller's: the library has read some of it ahead. */
TEST(a_stream_ends_where_it_ends)
{
	static const uint16_t kinds[] = { IGZIP_ZLIB, IGZIP_DEFLATE };
	static const struct decode_codings deflate = { .count = 1, .list = { DECODE_DEFLATE } };

	for (unsigned i = 0; i < 2 * 300; i++) {
		size_t bytes = pack(kinds[i % 2], 1 + i / 2), at = 0;
		struct decoder *d = decode_open(pool, &deflate, &limits);
		enum decode_result r = DECODE_OUTPUT;
		struct span out;

		memset(packed + bytes, 'g', 40);
		while (r == DECODE_OUTPUT)
			r = decode_next(d, span_of(packed, bytes + 40), &at, &out);
		CHECK(r == DECODE_END && at == bytes);
		decode_close(pool, d);
	}
}

TEST(every_kind_cut_anywhere_is_not_whole)
{
	static const struct {
		const char *name;
		uint16_t kind;
		enum decode_coding coding;
	} kinds[] = { { "zlib", IGZIP_ZLIB, DECODE_DEFLATE },
		{ "raw", IGZIP_DEFLATE, DECODE_DEFLATE } };

	for (unsigned k = 0; k < COUNT_OF(kinds); k++) {
		size_t bytes = pack(kinds[k].kind, 300);

		for (size_t cut = 1; cut < bytes; cut++) {
			uint64_t n;
			bool same, whole;

			unpack(kinds[k].coding, &limits, cut, 64, &n, &same, &whole);
			CHECK_ROW(kinds[k].name, same && !whole);
		}
	}
}

TEST(a_ratio_counts_from_its_first_megabyte)
{
	static const struct decode_limits ratio = { 1u << 30, 10, 30000 };
	enum decode_result r;
	size_t bytes;
	uint64_t n;
	bool same, whole;

	memset(plain, 0, sizeof(plain));
	bytes = pack(IGZIP_GZIP, 20000); /* far more than ten to one, but small */
	r = unpack(DECODE_GZIP, &ratio, bytes, bytes, &n, &same, &whole);
	CHECK(r == DECODE_MORE && n == 20000 && whole);
	bytes = pack(IGZIP_GZIP, PLAIN_BYTES);
	CHECK(unpack(DECODE_GZIP, &ratio, bytes, bytes, &n, &same, &whole) == DECODE_OVER);
	CHECK(n <= 30000 + 16384);
	fill_plain();
}

/* What a field's value makes of the codings known so far. */
TEST(codings_by_name)
{
	static const struct {
		const char *first, *second;
		enum decode_coding outermost;
		unsigned count;
	} rows[] = {
		{ " GZIP ", "", DECODE_GZIP, 1 },
		{ "x-gzip", "", DECODE_GZIP, 1 },
		{ "Deflate", "", DECODE_DEFLATE, 1 },
		{ "br", "", DECODE_BROTLI, 1 },
		{ "zstd", "", DECODE_ZSTD, 1 },
		{ "identity", "", DECODE_IDENTITY, 0 },
		{ "", "", DECODE_IDENTITY, 0 },
		{ ", ,", "", DECODE_IDENTITY, 0 },
		{ "gzip, gzip", "", DECODE_GZIP, 2 },
		{ "gzip,identity ,br", "", DECODE_BROTLI, 2 },
		{ "gzip,\r\n\tbr", "", DECODE_BROTLI, 2 }, /* folded */
		{ "gzip\n ,\r\n", "", DECODE_GZIP, 1 },
		{ "g\r\n zip", "", DECODE_UNKNOWN, 0 },
		{ "gzip", "zstd", DECODE_ZSTD, 2 }, /* two fields are one list */
		{ "gzip, br, zstd", "", DECODE_ZSTD, 3 },
		{ "gzip, br, zstd", "gzip", DECODE_UNKNOWN, 3 },
		{ "gzip, compress", "", DECODE_UNKNOWN, 1 },
		{ "brotli", "", DECODE_UNKNOWN, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct decode_codings c = { 0 };

		decode_codings_add(&c, span_text(rows[i].first));
		decode_codings_add(&c, span_text(rows[i].second));
		CHECK_ROW(rows[i].first, decode_codings_outermost(&c) == rows[i].outermost);
		CHECK_ROW(rows[i].first, c.count == rows[i].count);
	}
}
