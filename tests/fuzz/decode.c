/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: scanners/decode common/base
 *
 * Content codings against zlib on the same bytes: the first byte chooses coding and piece size.
 * What comes out is the same, cut or whole; what zlib finishes, we finish. After an error nothing
 * is compared but the bytes that came out before, which must begin alike.
 */
#include <assert.h>
#include <stdlib.h>

#include <zlib.h>

#include "scanners/decode/decode.h"

#define OUTPUT_MAX (1 << 20)

static const struct decode_limits limits = { OUTPUT_MAX, 0, OUTPUT_MAX };
static uint8_t ours[OUTPUT_MAX + (1 << 15)], theirs[OUTPUT_MAX];

/* All that our decoder makes of the input in pieces of `step`. */
static enum decode_result
decode_all(struct decode_pool *pool, enum decode_coding coding, struct span input, size_t step,
    size_t *bytes, bool *whole)
{
	struct decoder *d = decode_open(pool, coding, &limits);
	enum decode_result r = DECODE_MORE;

	*bytes = 0;
	for (size_t used = 0; used < input.bytes && r == DECODE_MORE; used += step) {
		struct span piece = span_first(span_from(input, used), step), out;
		size_t at = 0;

		while ((r = decode_next(d, piece, &at, &out)) == DECODE_OUTPUT) {
			assert(out.bytes > 0 && *bytes + out.bytes <= sizeof(ours));
			memcpy(ours + *bytes, out.data, out.bytes);
			*bytes += out.bytes;
		}
		assert(at <= piece.bytes);
	}
	*whole = decode_is_whole(d);
	decode_close(pool, d);
	return r;
}

/* zlib's: one gzip member, or a zlib stream. True: it ended, with its checksum right. */
static bool
inflate_all(int window, struct span input, size_t *bytes)
{
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)input.data,
		.avail_in = (uInt)input.bytes,
		.next_out = theirs,
		.avail_out = sizeof(theirs) };
	int rc;

	if (inflateInit2(&z, window) != Z_OK)
		abort();
	rc = inflate(&z, Z_FINISH);
	*bytes = z.total_out;
	inflateEnd(&z);
	return rc == Z_STREAM_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static struct decode_pool *pool;
	size_t cut_bytes, whole_bytes, their_bytes;
	struct span input;
	bool whole, cut_whole, is_gzip;
	enum decode_result r;

	if (pool == NULL)
		pool = decode_pool_create(1);
	if (bytes < 4)
		return 0;
	is_gzip = data[0] & 1;
	input = span_of(data + 1, bytes - 1);
	decode_all(pool, is_gzip ? DECODE_GZIP : DECODE_DEFLATE, input, 1 + (data[0] >> 1),
	    &cut_bytes, &cut_whole);
	memcpy(theirs, ours, cut_bytes < sizeof(theirs) ? cut_bytes : 0);
	r = decode_all(
	    pool, is_gzip ? DECODE_GZIP : DECODE_DEFLATE, input, input.bytes, &whole_bytes, &whole);
	if ((r == DECODE_MORE || r == DECODE_END) && whole && cut_whole) {
		assert(cut_bytes == whole_bytes);
		assert(memcmp(theirs, ours, whole_bytes) == 0);
	}
	if (inflate_all(is_gzip ? 31 : 15, input, &their_bytes)) {
		assert(r == DECODE_OVER || whole_bytes >= their_bytes);
		if (r != DECODE_OVER)
			assert(memcmp(theirs, ours, their_bytes) == 0);
	}
	return 0;
}
