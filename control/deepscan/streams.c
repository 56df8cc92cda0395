/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/deepscan/streams.h"

#include <lzma.h>

#define LZMA_ALONE_HEAD 13 /* as .lzma files have it: properties, dictionary, length */
#define PIECE_BYTES     16384

bool
stream_is_zlib(struct span bytes)
{
	return bytes.bytes > 2 && (bytes.data[0] & 0x0f) == 8 && bytes.data[0] <= 0x78 &&
	       (bytes.data[1] & 0x20) == 0 && (bytes.data[0] << 8 | bytes.data[1]) % 31 == 0;
}

bool
stream_inflate(struct deepscan *d, struct span in, const struct layer_target *t, size_t *used)
{
	const struct decode_limits no_limits = { .output_bytes_max = UINT64_MAX };
	const struct decode_codings deflate = { .count = 1, .list = { DECODE_DEFLATE } };
	struct decoder *z = decode_open(d->decoders, &deflate, &no_limits);
	enum decode_result rc = DECODE_OUTPUT;
	bool good;

	*used = 0;
	while (rc == DECODE_OUTPUT) {
		struct span out = { NULL, 0 };

		rc = decode_next(z, in, used, &out);
		if (!layer_append(d, t->b, out.data, out.bytes, t->path))
			break;
	}
	good = decode_is_whole(z);
	decode_close(d->decoders, z);
	return good;
}

/* Runs the decoder over `in` until it ends, fails, or the limits do. */
static lzma_ret
run_lzma(struct deepscan *d, lzma_stream *s, struct span in, const struct layer_target *t)
{
	uint8_t piece[PIECE_BYTES];
	lzma_ret rc = LZMA_OK;

	s->next_in = in.data;
	s->avail_in = in.bytes;
	while (rc == LZMA_OK) {
		s->next_out = piece;
		s->avail_out = sizeof(piece);
		rc = lzma_code(s, LZMA_RUN);
		if (!layer_append(d, t->b, piece, sizeof(piece) - s->avail_out, t->path))
			break;
		if (s->avail_in == 0 && s->avail_out > 0)
			break;
	}
	return rc;
}

/* The head of a .lzma file of unknown length. A dictionary larger than all that may come out of it
 * is none the better for it. */
static void
write_head(const struct deepscan *d, const uint8_t *given, uint8_t head[LZMA_ALONE_HEAD])
{
	uint32_t dictionary;

	memcpy(&dictionary, given + 1, sizeof(dictionary));
	if (dictionary > d->limits.unpacked_bytes_max)
		dictionary = (uint32_t)d->limits.unpacked_bytes_max;
	head[0] = given[0];
	memcpy(head + 1, &dictionary, sizeof(dictionary));
	memset(head + STREAM_LZMA_HEAD, 0xff, LZMA_ALONE_HEAD - STREAM_LZMA_HEAD);
}

bool
stream_unlzma(struct deepscan *d, struct span in, const struct layer_target *t, size_t *used)
{
	uint8_t head[LZMA_ALONE_HEAD];
	lzma_stream s = LZMA_STREAM_INIT;
	struct span data;
	lzma_ret rc;

	*used = 0;
	if (in.bytes < STREAM_LZMA_HEAD)
		return false;
	data = span_from(in, STREAM_LZMA_HEAD);
	write_head(d, in.data, head);
	rc = lzma_alone_decoder(&s, UINT64_MAX);
	if (rc == LZMA_OK)
		rc = run_lzma(d, &s, span_of(head, sizeof(head)), t);
	if (rc == LZMA_OK)
		rc = run_lzma(d, &s, data, t);
	*used = in.bytes - s.avail_in;
	lzma_end(&s);
	if (rc == LZMA_MEM_ERROR)
		layer_note(d, SOURCE_OVERSIZE, t->path);
	return rc == LZMA_STREAM_END || (rc == LZMA_OK && *used == in.bytes);
}
