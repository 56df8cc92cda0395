/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zstandard (RFC 8878) by libzstd: any number of frames, windows of up to 8 MiB, as RFC 9659 has it
 * for content codings; a larger one is over the limit. The library does not tell what came out in a
 * call that ends in an error, so it never gets more input than the one step takes that it is at:
 * what came before a broken block is judged. While a frame's head may still come it is three bytes,
 * too few for the library to take it for one of the formats before RFC 8878, which no browser reads
 * and for which it would allocate by itself.
 */
#define ZSTD_STATIC_LINKING_ONLY /* custom memory */
#include <zstd.h>
#include <zstd_errors.h>

#include "scanners/decode/internal.h"

#define WINDOW_LOG_MAX     23
#define BLOCK_HEADER_BYTES 3 /* read ahead of the next block, if there is room for it */
#define FRAME_HEADER_MAX   18

bool
zstd_begin(struct stage *s)
{
	ZSTD_customMem memory = { room_alloc, room_free, s->room };
	ZSTD_DStream *z = ZSTD_createDStream_advanced(memory);

	s->library = z;
	if (z == NULL ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		return false;
	s->frame_bytes = 0;
	s->hint = ZSTD_initDStream(z);
	return !ZSTD_isError(s->hint);
}

static void
fail(struct stage *s, size_t rc)
{
	switch (ZSTD_getErrorCode(rc)) {
	case ZSTD_error_memory_allocation:
		s->failure = DECODE_LACKING;
		break;
	case ZSTD_error_frameParameter_windowTooLarge:
		s->failure = DECODE_OVER;
		break;
	case ZSTD_error_prefix_unknown: /* behind a whole frame: trailing garbage */
		s->ended = s->output_bytes > 0;
		s->failure = DECODE_CORRUPT;
		break;
	default:
		s->failure = DECODE_CORRUPT;
		break;
	}
	s->failed = !s->ended;
	s->member_open = s->failed;
}

/* How much of the input a call may see: the step that is due, without the read-ahead. */
static size_t
step_bytes(const struct stage *s, size_t available)
{
	size_t step = s->hint > BLOCK_HEADER_BYTES ? s->hint - BLOCK_HEADER_BYTES : s->hint;

	if (step == 0 || (s->frame_bytes < FRAME_HEADER_MAX && step > 3))
		step = 3;
	return available < step ? available : step;
}

enum decode_result
zstd_next(struct stage *s, struct span input, size_t *at, struct span *out)
{
	while (*at < input.bytes || s->output_filled) {
		ZSTD_inBuffer in = { input.data != NULL ? input.data + *at : NULL,
			step_bytes(s, input.bytes - *at), 0 };
		ZSTD_outBuffer given = { s->output, OUTPUT_BYTES, 0 };
		size_t rc;

		if (!s->member_open)
			s->member++;
		rc = ZSTD_decompressStream(s->library, &given, &in);
		*at += in.pos;
		s->input_bytes += in.pos;
		*out = span_of(s->output, given.pos);
		s->output_filled = given.pos == OUTPUT_BYTES && rc != 0; /* 0: none is owed */
		if (ZSTD_isError(rc)) {
			s->output_filled = false;
			fail(s, rc);
			return s->ended ? DECODE_END : s->failure;
		}
		s->hint = rc;
		s->member_open = rc != 0;
		s->frame_bytes = rc != 0 ? s->frame_bytes + in.pos : 0;
		if (given.pos > 0)
			return DECODE_OUTPUT;
	}
	return DECODE_MORE;
}
