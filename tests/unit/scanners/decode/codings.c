/* SPDX-License-Identifier: BSD-3-Clause */
/* br, zstd, and codings upon one another: in every step size, cut, broken, too large. */
#include <brotli/encode.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <zstd.h>

#include "scanners/decode/decode.h"
#include "tests/unit/harness.h"

#define PLAIN_BYTES  200000
#define PACKED_BYTES (4u << 20)

static const struct decode_limits limits = { 1u << 30, 0, 1 << 20 };
static uint8_t plain[PLAIN_BYTES], packed[PACKED_BYTES], again[PACKED_BYTES];
static struct decode_pool *codings_pool;

static struct decode_pool *
pool(void)
{
	uint64_t random = 1;

	if (codings_pool == NULL) {
		codings_pool = decode_pool_create(4, 3);
		for (size_t i = 0; i < sizeof(plain); i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			plain[i] = "abcdefghijklmnop"[random >> 60];
		}
	}
	return codings_pool;
}

static size_t
pack(enum decode_coding coding, const uint8_t *in, size_t bytes, uint8_t *out)
{
	size_t n = PACKED_BYTES;
	struct isal_zstream z;

	if (coding == DECODE_BROTLI)
		return BrotliEncoderCompress(5, 24, BROTLI_MODE_GENERIC, bytes, in, &n, out) ? n
											     : 0;
	if (coding == DECODE_ZSTD)
		return ZSTD_compress(out, n, in, bytes, 3);
	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.next_in = (uint8_t *)(uintptr_t)in;
	z.avail_in = (uint32_t)bytes;
	z.next_out = out;
	z.avail_out = PACKED_BYTES;
	z.end_of_stream = 1;
	return isal_deflate_stateless(&z) == COMP_OK ? z.total_out : 0;
}

struct unpacked {
	enum decode_result result;
	uint64_t bytes, busy;
	uint64_t member_at; /* bytes before the second member's first */
	bool same, whole;
};

static struct unpacked
unpack(const struct decode_codings *c, const struct decode_limits *l, size_t bytes, size_t step)
{
	struct decoder *d = decode_open(pool(), c, l);
	struct unpacked u = { .result = DECODE_MORE, .same = true };

	CHECK(d != NULL);
	for (size_t used = 0; used < bytes && (u.result == DECODE_MORE || u.result == DECODE_END);
	     used += step) {
		size_t n = bytes - used < step ? bytes - used : step, at = 0;
		struct span out;

		while ((u.result = decode_next(d, span_of(packed + used, n), &at, &out)) ==
			   DECODE_OUTPUT ||
		       u.result == DECODE_BUSY) {
			u.busy += u.result == DECODE_BUSY;
			if (u.result == DECODE_BUSY)
				continue;
			u.same &= u.bytes + out.bytes <= PLAIN_BYTES &&
				  memcmp(plain + u.bytes, out.data, out.bytes) == 0;
			if (decode_member(d) < 2)
				u.member_at += out.bytes;
			u.bytes += out.bytes;
		}
	}
	u.whole = decode_is_whole(d);
	decode_close(pool(), d);
	return u;
}

static const struct {
	const char *name;
	struct decode_codings codings;
} kinds[] = {
	{ "br", { .count = 1, .list = { DECODE_BROTLI } } },
	{ "zstd", { .count = 1, .list = { DECODE_ZSTD } } },
	{ "gzip, gzip", { .count = 2, .list = { DECODE_GZIP, DECODE_GZIP } } },
	{ "gzip, br", { .count = 2, .list = { DECODE_GZIP, DECODE_BROTLI } } },
	{ "zstd, gzip", { .count = 2, .list = { DECODE_ZSTD, DECODE_GZIP } } },
	{ "br, zstd, gzip", { .count = 3, .list = { DECODE_BROTLI, DECODE_ZSTD, DECODE_GZIP } } },
};

/* The first `bytes` of `plain` in these codings, to `packed`. */
static size_t
pack_all(const struct decode_codings *c, size_t bytes)
{
	pool();
	bytes = pack(c->list[0], plain, bytes, packed);
	for (unsigned i = 1; i < c->count; i++) {
		memcpy(again, packed, bytes);
		bytes = pack(c->list[i], again, bytes, packed);
	}
	return bytes;
}

TEST(every_coding_in_every_step)
{
	for (unsigned k = 0; k < COUNT_OF(kinds); k++) {
		for (size_t step = 1; step < 300000; step = step * 4 + 1) {
			size_t whole = step < 20 ? 20000 : PLAIN_BYTES;
			size_t bytes = pack_all(&kinds[k].codings, whole);
			struct unpacked u = unpack(&kinds[k].codings, &limits, bytes, step);

			CHECK_ROW(kinds[k].name, u.bytes == whole && u.same && u.whole);
		}
	}
}

TEST(every_coding_cut_anywhere_is_not_whole)
{
	for (unsigned k = 0; k < COUNT_OF(kinds); k++) {
		size_t bytes = pack_all(&kinds[k].codings, 400);

		for (size_t cut = 1; cut < bytes; cut++) {
			struct unpacked u = unpack(&kinds[k].codings, &limits, cut, 7);

			CHECK_ROW(kinds[k].name, u.same && !u.whole);
		}
		CHECK_ROW(kinds[k].name, unpack(&kinds[k].codings, &limits, bytes, 7).whole);
	}
}

TEST(a_bomb_of_any_coding_costs_its_limit)
{
	const struct decode_limits small = { 20000, 0, 1 << 20 };

	for (unsigned k = 0; k < COUNT_OF(kinds); k++) {
		size_t bytes = pack_all(&kinds[k].codings, PLAIN_BYTES);
		struct unpacked u = unpack(&kinds[k].codings, &small, bytes, bytes);

		CHECK_ROW(kinds[k].name, u.result == DECODE_OVER && u.bytes <= 20000 + 16384);
	}
}

/* Each layer by itself is within the ratio; both together are not, and that is what counts. */
TEST(a_bomb_within_a_bomb_is_seen_as_one)
{
	const struct decode_limits ratio = { 1u << 30, 5000, 1 << 16 };
	const struct decode_codings two = { .count = 2, .list = { DECODE_GZIP, DECODE_GZIP } };
	uint8_t *zeros = calloc(1, 64 << 20);
	size_t bytes = pack(DECODE_GZIP, zeros, 64 << 20, again);
	struct unpacked u;

	bytes = pack(DECODE_GZIP, again, bytes, packed);
	free(zeros);
	u = unpack(&two, &ratio, bytes, bytes);
	CHECK(u.result == DECODE_OVER && u.bytes < (uint64_t)bytes * 5000 + (1 << 20));
}

/* Work that gives nothing is told, step by step: 16 MiB of a frame to skip, in a small gzip. */
TEST(a_chain_that_gives_nothing_yields)
{
	const struct decode_codings two = { .count = 2, .list = { DECODE_ZSTD, DECODE_GZIP } };
	static const uint8_t skip[8] = { 0x50, 0x2a, 0x4d, 0x18, 0xf8, 0xff, 0xff, 0 };
	uint8_t *frame = calloc(1, 16 << 20);
	size_t bytes;
	struct unpacked u;

	memcpy(frame, skip, sizeof(skip));
	bytes = pack(DECODE_GZIP, frame, 16 << 20, packed);
	free(frame);
	u = unpack(&two, &limits, bytes, bytes);
	CHECK(u.bytes == 0 && u.busy >= (16 << 20) / 16384 && u.whole);
}

TEST(what_is_no_such_coding_is_corrupt)
{
	static const char *const texts[] = { "this is plain text, and not compressed at all",
		"\x1e\xb5\x2f\xfd legacy zstd, version 0.2", "\x27\xb5\x2f\xfd legacy zstd, 0.7",
		"xx\x27\xb5\x2f\xfdxxxxxxxxxxxxxxxxxxxxxxxx" };

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		for (size_t step = 1; step < 64; step = step * 3 + 1) {
			size_t n = strlen(texts[i]);
			struct unpacked u;

			memcpy(packed, texts[i], n);
			u = unpack(&kinds[1].codings, &limits, n, step);
			CHECK_ROW(texts[i], u.result == DECODE_CORRUPT && u.bytes == 0);
		}
	}
	memset(packed, 0xff, 40);
	CHECK(unpack(&kinds[0].codings, &limits, 40, 40).result == DECODE_CORRUPT);
}

TEST(what_came_before_an_error_comes_out)
{
	size_t bytes;
	struct unpacked u;

	bytes = pack(DECODE_ZSTD, plain, PLAIN_BYTES, packed);
	packed[bytes - 1] ^= 0xff; /* within the last block */
	u = unpack(&kinds[1].codings, &limits, bytes, bytes);
	CHECK(u.result == DECODE_CORRUPT && u.bytes >= 131072);
	bytes = pack(DECODE_BROTLI, plain, PLAIN_BYTES, packed);
	memset(packed + bytes - 100, 0xff, 100);
	u = unpack(&kinds[0].codings, &limits, bytes, bytes);
	CHECK(!u.whole && u.bytes > PLAIN_BYTES / 2);
}

TEST(frames_follow_one_another_and_garbage_ends_them)
{
	size_t first = pack(DECODE_ZSTD, plain, 1000, packed);
	size_t second = pack(DECODE_ZSTD, plain + 1000, 5000, packed + first);
	struct unpacked u;

	u = unpack(&kinds[1].codings, &limits, first + second, 11);
	CHECK(u.bytes == 6000 && u.same && u.whole);
	memcpy(packed + first + second, "garbage behind", 14);
	u = unpack(&kinds[1].codings, &limits, first + second + 14, 11);
	CHECK(u.bytes == 6000 && u.result == DECODE_END && u.whole);
	first = pack(DECODE_BROTLI, plain, 1000, packed);
	memcpy(packed + first, "garbage behind", 14);
	u = unpack(&kinds[0].codings, &limits, first + 14, 11);
	CHECK(u.bytes == 1000 && u.result == DECODE_END && u.whole);
}

/* Which member an output is of, also where one ends at the buffer's end; br has none. */
TEST(members_are_told_apart)
{
	static const size_t firsts[] = { 0, 1, 1000, 16383, 16384, 16385, 32768, 40000 };
	static const size_t steps[] = { 1, 11, 100000 };
	static const struct decode_codings gzip = { .count = 1, .list = { DECODE_GZIP } };
	const struct decode_codings *const both[] = { &gzip, &kinds[1].codings };

	pool();
	for (unsigned i = 0; i < COUNT_OF(firsts) * COUNT_OF(steps) * 2; i++) {
		const struct decode_codings *c = both[i % 2];
		size_t step = steps[i / 2 % COUNT_OF(steps)],
		       first = firsts[i / 2 / COUNT_OF(steps)];
		size_t bytes = pack(c->list[0], plain, first, packed);
		struct unpacked u = unpack(c, &limits, bytes, step);

		CHECK_SEED(i, u.whole && u.member_at == first && u.bytes == first);
		bytes += pack(c->list[0], plain + first, 5000, packed + bytes);
		u = unpack(c, &limits, bytes, step);
		CHECK_SEED(i, u.whole && u.same && u.member_at == first && u.bytes == first + 5000);
	}
	CHECK(unpack(&kinds[0].codings, &limits, pack(DECODE_BROTLI, plain, 9, packed), 1)
		  .member_at == 9);
}

/* Too short to be anything of the coding: never whole, whatever the bytes are and how they come. */
TEST(a_few_bytes_are_not_whole)
{
	static const struct {
		const char *name;
		struct decode_codings codings;
	} one[] = {
		{ "gzip", { .count = 1, .list = { DECODE_GZIP } } },
		{ "zstd", { .count = 1, .list = { DECODE_ZSTD } } },
		{ "zstd, gzip", { .count = 2, .list = { DECODE_GZIP, DECODE_ZSTD } } },
		{ "gzip, zstd", { .count = 2, .list = { DECODE_ZSTD, DECODE_GZIP } } },
	};
	static const char *const bodies[] = { "xxxxxxxx", "\x28\xb5\x2f\xfd", "\x28\xb5\x2fxxxx",
		"\x1f\x8b\x08xxxxx", "\x50\x2a\x4d\x18\x09" };

	pool();
	for (unsigned i = 0; i < COUNT_OF(one); i++) {
		for (unsigned k = 0; k < COUNT_OF(bodies); k++) {
			size_t most = strlen(bodies[k]);

			for (size_t bytes = 1; bytes <= most; bytes++) {
				for (size_t step = 1; step <= bytes; step++) {
					struct unpacked u;

					memcpy(packed, bodies[k], bytes);
					u = unpack(&one[i].codings, &limits, bytes, step);
					CHECK_ROW(one[i].name, !u.whole && u.bytes == 0);
				}
			}
		}
	}
}

/* RFC 9659: no window above 8 MiB. The frame's head says 16. */
TEST(a_window_too_large_is_over_the_limit)
{
	static const uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x70, 0x01, 0x00, 0x00 };
	struct unpacked u;

	memcpy(packed, frame, sizeof(frame));
	u = unpack(&kinds[1].codings, &limits, sizeof(frame), 2);
	CHECK(u.result == DECODE_OVER);
	packed[5] = 0x68; /* 8 MiB */
	u = unpack(&kinds[1].codings, &limits, sizeof(frame), 2);
	CHECK(u.result != DECODE_OVER && u.whole);
}

/* Windows of 16 MiB come and go, and no more than the rooms have. */
TEST(decoders_of_windows_are_bounded_and_given_back)
{
	struct decoder *open[4];
	unsigned n = 0;

	while (n < 4 && (open[n] = decode_open(pool(), &kinds[n % 2].codings, &limits)) != NULL)
		n++;
	CHECK(n == 3);
	while (n > 0)
		decode_close(pool(), open[--n]);
	for (unsigned i = 0; i < 10; i++) {
		size_t bytes = pack(DECODE_BROTLI, plain, PLAIN_BYTES, packed);

		CHECK(unpack(&kinds[0].codings, &limits, bytes, bytes).whole);
	}
}

/* Out of decoders, of stages or of rooms: each is a coding that can't be opened. */
TEST(a_pool_says_when_it_is_out)
{
	static const struct {
		const char *name;
		uint32_t decoders, rooms;
		struct decode_codings codings;
		unsigned until; /* so many can be opened before it says so */
	} rows[] = {
		{ "decoders", 2, 2, { .count = 1, .list = { DECODE_GZIP } }, 2 },
		{ "stages", 4, 4, { .count = 2, .list = { DECODE_GZIP, DECODE_GZIP } }, 2 },
		{ "rooms", 4, 1, { .count = 1, .list = { DECODE_BROTLI } }, 1 },
		{ "no rooms at all", 4, 0, { .count = 1, .list = { DECODE_GZIP } }, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct decode_pool *p = decode_pool_create(rows[i].decoders, rows[i].rooms);
		struct decoder *open[4];
		unsigned n = 0;

		while (n < 4 && !decode_pool_is_out(p)) {
			open[n] = decode_open(p, &rows[i].codings, &limits);
			CHECK_ROW(rows[i].name, open[n] != NULL);
			if (open[n] == NULL)
				break;
			n++;
		}
		CHECK_ROW(rows[i].name, n == rows[i].until);
		while (n > 0)
			decode_close(p, open[--n]);
		CHECK_ROW(rows[i].name, decode_pool_is_out(p) == (rows[i].rooms == 0));
		decode_pool_destroy(p);
	}
}
