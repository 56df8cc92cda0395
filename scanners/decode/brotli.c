/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Brotli (RFC 7932) by libbrotlidec, windows of up to 16 MiB; "large windows", which no browser
 * takes, are refused as broken. The library pushes what it decoded only when it asks for input, and
 * keeps it when it meets an error: fed in small steps, it keeps next to nothing from being judged.
 */
#include <brotli/decode.h>

#include "scanners/decode/internal.h"

#define STEP_BYTES 256

bool
brotli_begin(struct stage *s)
{
	s->library = BrotliDecoderCreateInstance(room_alloc, room_free, s->room);
	s->member_open = true;
	return s->library != NULL;
}

static enum decode_result
failure_of(const BrotliDecoderState *state)
{
	BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(state);

	return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
		       code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES
		   ? DECODE_LACKING
		   : DECODE_CORRUPT;
}

enum decode_result
brotli_next(struct stage *s, struct span input, size_t *at, struct span *out)
{
	for (;;) {
		size_t given = input.bytes - *at < STEP_BYTES ? input.bytes - *at : STEP_BYTES;
		size_t left = given, room = OUTPUT_BYTES;
		const uint8_t *next_in = given > 0 ? input.data + *at : s->output;
		uint8_t *next_out = s->output;
		BrotliDecoderResult rc = BrotliDecoderDecompressStream(
		    s->library, &left, &next_in, &room, &next_out, NULL);

		*at += given - left;
		s->input_bytes += given - left;
		*out = span_of(s->output, OUTPUT_BYTES - room);
		if (rc == BROTLI_DECODER_RESULT_SUCCESS) {
			s->ended = true;
			s->member_open = false;
		} else if (rc == BROTLI_DECODER_RESULT_ERROR) {
			s->failed = true;
			s->failure = failure_of(s->library);
		}
		if (out->bytes > 0)
			return DECODE_OUTPUT;
		if (s->failed)
			return s->failure;
		if (s->ended)
			return DECODE_END;
		if (*at == input.bytes)
			return DECODE_MORE;
	}
}
