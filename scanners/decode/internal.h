/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stage undoes one coding; a decoder is one or several in a row. Only files of this folder
 * include this. Each kind of stage has a pair of functions: begin, and next, which gives at most
 * one span of output a call and looks at the input from `*at` on, as decode_next() does.
 */
#ifndef SLUICE_DECODE_INTERNAL_H
#define SLUICE_DECODE_INTERNAL_H

#include <isa-l/igzip_lib.h>

#include "scanners/decode/decode.h"
#include "scanners/decode/room.h"

#define OUTPUT_BYTES     16384
#define INFLATE_HELD_MAX 512 /* codes of a block, which nothing comes out of, are up to 300 */

/* A gzip header as it streams in. */
struct gzip_header {
	uint8_t step, flags;
	uint16_t extra_bytes;
	uint32_t count; /* bytes of this step */
};

struct stage {
	struct stage *next_free;
	enum decode_coding coding;
	uint64_t input_bytes, output_bytes;
	struct span pending; /* output that the next stage has not taken yet */
	bool member_open;    /* inside a member, a frame, a stream */
	uint32_t member;     /* how many members, or frames, have begun */
	bool ended, failed;
	enum decode_result failure; /* what to answer once failed */

	/* gzip, deflate */
	uint8_t held[INFLATE_HELD_MAX]; /* the first bytes of a stream, until its kind is known */
	unsigned held_bytes;            /* of these, to be read first */
	unsigned kept_bytes;            /* of these, while it may be raw all the same */
	bool kind_known, is_gzip, may_be_raw;
	struct gzip_header header; /* of the member that is open */
	struct inflate_state state;

	/* br, zstd */
	struct room *room;
	void *library;        /* the library's state, in the room */
	size_t hint;          /* zstd: how much input its next step takes at most */
	uint64_t frame_bytes; /* zstd: of the frame, so far */
	bool output_filled;   /* the last call filled the buffer: more may be owed */

	uint8_t output[OUTPUT_BYTES];
};

/* inflate.c */
void inflate_begin(struct stage *s);
enum decode_result inflate_next(struct stage *s, struct span input, size_t *at, struct span *out);
bool inflate_is_whole(const struct stage *s);

/* brotli.c, zstd.c; false: the room is too small. Their states go with the room. */
bool brotli_begin(struct stage *s);
enum decode_result brotli_next(struct stage *s, struct span input, size_t *at, struct span *out);
bool zstd_begin(struct stage *s);
enum decode_result zstd_next(struct stage *s, struct span input, size_t *at, struct span *out);

#endif
