/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: scanners/decode common/base
 *
 * Content codings against the libraries' own one-call forms on the same bytes; the first byte
 * chooses codings and piece size. What comes out is the same, cut or whole; what zlib, libbrotlidec
 * and libzstd finish, we finish. After an error nothing is compared but the bytes that came out
 * before, which must begin alike. Chains have no such form: there, only that cutting changes
 * nothing.
 */
#include <assert.h>
#include <stdlib.h>

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "scanners/decode/decode.h"

#define OUTPUT_MAX (1 << 20)

static const struct decode_limits limits = { OUTPUT_MAX, 0, OUTPUT_MAX };
static uint8_t ours[OUTPUT_MAX + (1 << 15)], theirs[OUTPUT_MAX];

static const struct decode_codings codings[8] = {
	{ .count = 1, .list = { DECODE_DEFLATE } },
	{ .count = 1, .list = { DECODE_GZIP } },
	{ .count = 1, .list = { DECODE_BROTLI } },
	{ .count = 1, .list = { DECODE_ZSTD } },
	{ .count = 2, .list = { DECODE_ZSTD, DECODE_GZIP } },
	{ .count = 2, .list = { DECODE_GZIP, DECODE_BROTLI } },
	{ .count = 3, .list = { DECODE_BROTLI, DECODE_ZSTD, DECODE_ZSTD } },
	{ .count = 2, .list = { DECODE_DEFLATE, DECODE_GZIP } },
};

/* All that our decoder makes of the input in pieces of `step`. */
static enum decode_result
decode_all(struct decode_pool *pool, const struct decode_codings *c, struct span input, size_t step,
    size_t *bytes, bool *whole)
{
	struct decoder *d = decode_open(pool, c, &limits);
	enum decode_result r = DECODE_MORE;

	*bytes = 0;
	for (size_t used = 0; used < input.bytes && r == DECODE_MORE; used += step) {
		struct span piece = span_first(span_from(input, used), step), out;
		size_t at = 0;

		while (
		    (r = decode_next(d, piece, &at, &out)) == DECODE_OUTPUT || r == DECODE_BUSY) {
			assert(r == DECODE_BUSY || out.bytes > 0);
			if (r == DECODE_BUSY)
				continue;
			assert(*bytes + out.bytes <= sizeof(ours));
			memcpy(ours + *bytes, out.data, out.bytes);
			*bytes += out.bytes;
		}
		assert(at <= piece.bytes);
	}
	*whole = decode_is_whole(d);
	decode_close(pool, d);
	return r;
}

/* zlib's: one gzip member, or a zlib stream, by its first bytes. True: it ended, with its checksum
 * right. */
static bool
inflate_all(struct span input, size_t *bytes)
{
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)input.data,
		.avail_in = (uInt)input.bytes,
		.next_out = theirs,
		.avail_out = sizeof(theirs) };
	int rc;

	if (inflateInit2(&z, MAX_WBITS + 32) != Z_OK)
		abort();
	rc = inflate(&z, Z_FINISH);
	*bytes = z.total_out;
	inflateEnd(&z);
	return rc == Z_STREAM_END;
}

/*
 * libzstd's first frame, as a stream: its one-call form takes blocks that RFC 8878 §3.1.1.2.4
 * forbids (longer than the window). It reads formats before that RFC as well, which are none to us.
 */
static bool
unzstd(struct span input, size_t *bytes)
{
	ZSTD_inBuffer in = { input.data, input.bytes, 0 };
	ZSTD_outBuffer out = { theirs, sizeof(theirs), 0 };
	ZSTD_DStream *z;
	size_t n = 1, before;

	if (input.bytes < 4 || input.data[0] != 0x28)
		return false;
	z = ZSTD_createDStream();
	do {
		before = in.pos + out.pos;
		n = ZSTD_decompressStream(z, &out, &in);
	} while (n != 0 && !ZSTD_isError(n) && in.pos + out.pos > before);
	ZSTD_freeDStream(z);
	*bytes = out.pos;
	return n == 0;
}

/* What the coding's own library makes of it; false: nothing, or it is not asked. */
static bool
oracle(enum decode_coding coding, struct span input, size_t *bytes)
{
	switch (coding) {
	case DECODE_BROTLI:
		*bytes = sizeof(theirs);
		return BrotliDecoderDecompress(input.bytes, input.data, bytes, theirs) ==
		       BROTLI_DECODER_RESULT_SUCCESS;
	case DECODE_ZSTD:
		return unzstd(input, bytes);
	default:
		return inflate_all(input, bytes);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static struct decode_pool *pool;
	size_t cut_bytes, whole_bytes, their_bytes;
	const struct decode_codings *c;
	struct span input;
	bool whole, cut_whole;
	enum decode_result r;

	if (pool == NULL)
		pool = decode_pool_create(3, 3);
	if (bytes < 4)
		return 0;
	c = &codings[data[0] & 7];
	input = span_of(data + 1, bytes - 1);
	decode_all(pool, c, input, 1 + (data[0] >> 3), &cut_bytes, &cut_whole);
	memcpy(theirs, ours, cut_bytes < sizeof(theirs) ? cut_bytes : 0);
	r = decode_all(pool, c, input, input.bytes, &whole_bytes, &whole);
	if ((r == DECODE_MORE || r == DECODE_END) && whole && cut_whole) {
		assert(cut_bytes == whole_bytes);
		assert(memcmp(theirs, ours, whole_bytes) == 0);
	}
	if (c->count == 1 && oracle(c->list[0], input, &their_bytes) && r != DECODE_OVER) {
		assert(whole_bytes >= their_bytes);
		assert(memcmp(theirs, ours, their_bytes) == 0);
	}
	return 0;
}
