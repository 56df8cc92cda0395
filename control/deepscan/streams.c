/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/deepscan/streams.h"

#include <lzma.h>

#define LZMA_ALONE_HEAD 13   /* as .lzma files have it: properties, dictionary, length */
#define LZMA_USUAL      0x5d /* its properties, as nearly all writers have them */
#define PIECE_BYTES     16384
#define CHUNK_BYTES_MAX 65536 /* of LZMA2, stored */

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

/* The head of a .lzma file. A dictionary larger than all that may come out of it is none the better
 * for it. */
static void
write_head(
    const struct deepscan *d, const uint8_t *given, uint64_t bytes, uint8_t head[LZMA_ALONE_HEAD])
{
	uint32_t dictionary;

	memcpy(&dictionary, given + 1, sizeof(dictionary));
	if (dictionary > d->limits.unpacked_bytes_max)
		dictionary = (uint32_t)d->limits.unpacked_bytes_max;
	head[0] = given[0];
	memcpy(head + 1, &dictionary, sizeof(dictionary));
	memcpy(head + STREAM_LZMA_HEAD, &bytes, sizeof(bytes));
}

/* `head` is of five bytes, `bytes` what is to come out: UINT64_MAX: up to its mark, or the end. */
static bool
unlzma(struct deepscan *d, const uint8_t *given, uint64_t bytes, struct span data,
    const struct layer_target *t, size_t *left)
{
	uint8_t head[LZMA_ALONE_HEAD];
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret rc;

	write_head(d, given, bytes, head);
	rc = lzma_alone_decoder(&s, UINT64_MAX);
	if (rc == LZMA_OK)
		rc = run_lzma(d, &s, span_of(head, sizeof(head)), t);
	if (rc == LZMA_OK)
		rc = run_lzma(d, &s, data, t);
	*left = s.avail_in;
	lzma_end(&s);
	if (rc == LZMA_MEM_ERROR)
		layer_note(d, SOURCE_OVERSIZE, t->path);
	return rc == LZMA_STREAM_END || (rc == LZMA_OK && bytes == UINT64_MAX && *left == 0);
}

bool
stream_unlzma(struct deepscan *d, struct span in, const struct layer_target *t, size_t *used)
{
	size_t left;
	bool good;

	*used = 0;
	if (in.bytes < STREAM_LZMA_HEAD)
		return false;
	good = unlzma(d, in.data, UINT64_MAX, span_from(in, STREAM_LZMA_HEAD), t, &left);
	*used = in.bytes - left;
	return good;
}

bool
stream_unlzma_bare(struct deepscan *d, uint8_t properties, uint64_t bytes, struct span in,
    const struct layer_target *t)
{
	uint8_t head[STREAM_LZMA_HEAD] = { properties };
	size_t left;

	memset(head + 1, 0xff, 4); /* a dictionary as large as may be */
	return unlzma(d, head, bytes, in, t, &left);
}

/* liblzma knows filters only behind LZMA: so the bytes go as chunks of LZMA2 that hold them as they
 * are, as its container has it (xz-5.4, lzma2_decoder.c: 1 begins anew, 2 goes on, 0 ends). */
static lzma_ret
run_stored(struct deepscan *d, lzma_stream *s, struct span in, const struct layer_target *t)
{
	static const uint8_t end[1];
	uint8_t head[3] = { 1 };
	lzma_ret rc = LZMA_OK;

	while (in.bytes > 0 && rc == LZMA_OK && !layer_is_over(d)) {
		struct span chunk = span_first(in, CHUNK_BYTES_MAX);

		head[1] = (uint8_t)((chunk.bytes - 1) >> 8);
		head[2] = (uint8_t)(chunk.bytes - 1);
		rc = run_lzma(d, s, span_of(head, sizeof(head)), t);
		if (rc == LZMA_OK)
			rc = run_lzma(d, s, chunk, t);
		in = span_from(in, chunk.bytes);
		head[0] = 2;
	}
	return rc == LZMA_OK ? run_lzma(d, s, span_of(end, sizeof(end)), t) : rc;
}

bool
stream_unfilter(struct deepscan *d, uint64_t filter, const void *options, struct span in,
    const struct layer_target *t)
{
	lzma_options_lzma stored = { .dict_size = LZMA_DICT_SIZE_MIN };
	const lzma_filter chain[] = { { filter, (void *)(uintptr_t)options },
		{ LZMA_FILTER_LZMA2, &stored }, { LZMA_VLI_UNKNOWN, NULL } };
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret rc = lzma_raw_decoder(&s, chain);

	if (rc == LZMA_OK)
		rc = run_stored(d, &s, in, t);
	lzma_end(&s);
	if (rc == LZMA_MEM_ERROR)
		layer_note(d, SOURCE_OVERSIZE, t->path);
	return rc == LZMA_STREAM_END;
}

bool
stream_is_lzma(struct span bytes)
{
	static const uint8_t large[] = { 0xff, 0xff, 0xff }, small[3];
	const uint8_t *size = bytes.data + STREAM_LZMA_HEAD;

	return bytes.bytes > LZMA_ALONE_HEAD && bytes.data[0] == LZMA_USUAL &&
	       bytes.data[LZMA_ALONE_HEAD] == 0 &&
	       (memcmp(size + 5, small, sizeof(small)) == 0 ||
		   (memcmp(size, large, sizeof(large)) == 0 &&
		       memcmp(size + 5, large, sizeof(large)) == 0));
}

bool
stream_unlzma_file(struct deepscan *d, struct span in, const struct layer_target *t, size_t *used)
{
	uint64_t bytes;
	size_t left;
	bool good;

	memcpy(&bytes, in.data + STREAM_LZMA_HEAD, sizeof(bytes));
	good = unlzma(d, in.data, bytes, span_from(in, LZMA_ALONE_HEAD), t, &left);
	*used = in.bytes - left;
	return good;
}
