/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ISA-L's inflate, fed span by span. gzip members follow one another; "deflate" is zlib-wrapped, or
 * raw where the first two bytes are no zlib header (RFC 9110 §8.4.1.2 notes the confusion).
 */
#include "scanners/decode/decode.h"

#include <stdlib.h>

#include <isa-l/igzip_lib.h>

#define OUTPUT_BYTES 16384

struct decoder {
	struct decoder *next_free;
	enum decode_coding coding;
	struct decode_limits limits;
	uint64_t input_bytes, output_bytes;
	bool member_open; /* inside a member */
	bool ended, failed;
	uint8_t held[2]; /* the first bytes of a deflate stream, until its kind is known */
	unsigned held_bytes;
	bool kind_known;
	struct inflate_state state;
	uint8_t output[OUTPUT_BYTES];
};

struct decode_pool {
	struct decoder *free, *all;
};

enum decode_coding
decode_coding_of(struct span value)
{
	value = span_trim(value);
	if (span_is_nocase(value, "gzip") || span_is_nocase(value, "x-gzip"))
		return DECODE_GZIP;
	if (span_is_nocase(value, "deflate"))
		return DECODE_DEFLATE;
	if (value.bytes == 0 || span_is_nocase(value, "identity"))
		return DECODE_IDENTITY;
	return DECODE_UNKNOWN;
}

struct decode_pool *
decode_pool_create(uint32_t decoders)
{
	struct decode_pool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->all = calloc(decoders, sizeof(*p->all));
	if (p->all == NULL) {
		free(p);
		return NULL;
	}
	for (uint32_t i = 0; i < decoders; i++)
		decode_close(p, &p->all[i]);
	return p;
}

void
decode_pool_destroy(struct decode_pool *p)
{
	free(p->all);
	free(p);
}

static void
begin_member(struct decoder *d, uint32_t kind)
{
	isal_inflate_reset(&d->state);
	d->state.crc_flag = kind;
	d->member_open = true;
}

struct decoder *
decode_open(struct decode_pool *p, enum decode_coding coding, const struct decode_limits *limits)
{
	struct decoder *d = p->free;

	if (d == NULL)
		return NULL;
	p->free = d->next_free;
	d->coding = coding;
	d->limits = *limits;
	d->input_bytes = d->output_bytes = 0;
	d->held_bytes = 0;
	d->ended = d->failed = d->member_open = false;
	d->kind_known = coding == DECODE_GZIP;
	isal_inflate_init(&d->state);
	return d;
}

void
decode_close(struct decode_pool *p, struct decoder *d)
{
	d->next_free = p->free;
	p->free = d;
}

/* RFC 1950 §2.2: method 8, and a header that is a multiple of 31. */
static bool
is_zlib(const uint8_t head[2])
{
	return (head[0] & 0x0f) == 8 && (head[0] << 8 | head[1]) % 31 == 0;
}

static bool
over_limit(const struct decoder *d)
{
	if (d->output_bytes > d->limits.output_bytes_max)
		return true;
	return d->limits.ratio_max != 0 && d->output_bytes > d->limits.ratio_from_bytes &&
	       d->output_bytes / d->limits.ratio_max > d->input_bytes;
}

/* Collects the two bytes that tell zlib from raw; true once it is known. */
static bool
choose_kind(struct decoder *d, struct span input, size_t *at)
{
	while (d->held_bytes < 2 && *at < input.bytes) {
		d->held[d->held_bytes++] = input.data[(*at)++];
		d->input_bytes++;
	}
	if (d->held_bytes < 2)
		return false;
	d->kind_known = true;
	begin_member(d, is_zlib(d->held) ? ISAL_ZLIB : ISAL_DEFLATE);
	return true;
}

/* One call of the library over `input` from `*at`; the held bytes go first. */
static int
inflate_some(struct decoder *d, struct span input, size_t *at)
{
	bool from_held = d->held_bytes > 0;
	size_t given = from_held ? d->held_bytes : input.bytes - *at, left;
	int rc;

	if (given > UINT32_MAX)
		given = UINT32_MAX;
	d->state.next_in = from_held ? d->held : (uint8_t *)(uintptr_t)input.data + *at;
	d->state.avail_in = (uint32_t)given;
	d->state.next_out = d->output;
	d->state.avail_out = OUTPUT_BYTES;
	rc = isal_inflate(&d->state);
	/* On an error it gives back all that it had read ahead, which may be of an earlier input.
	 */
	left = d->state.avail_in < given ? d->state.avail_in : given;
	if (from_held) {
		memmove(d->held, d->held + given - left, left);
		d->held_bytes = (unsigned)left;
	} else {
		*at += given - left;
		d->input_bytes += given - left;
	}
	return rc;
}

enum decode_result
decode_next(struct decoder *d, struct span input, size_t *at, struct span *out)
{
	if (d->failed)
		return DECODE_CORRUPT;
	for (;;) {
		size_t produced;
		int rc;

		if (d->ended)
			return DECODE_END;
		if (!d->kind_known && !choose_kind(d, input, at))
			return DECODE_MORE;
		if (!d->member_open && *at < input.bytes)
			begin_member(d, ISAL_GZIP);
		if (!d->member_open)
			return DECODE_MORE;
		rc = inflate_some(d, input, at);
		produced = OUTPUT_BYTES - d->state.avail_out;
		d->output_bytes += produced;
		*out = span_of(d->output, produced);
		if (rc < 0) {
			/* Behind a whole gzip member, what is no member is trailing garbage. */
			d->failed = !(d->coding == DECODE_GZIP && d->output_bytes > 0 &&
				      produced == 0 && d->state.total_out == 0);
			d->ended = !d->failed;
			d->member_open = d->failed;
			if (d->failed && produced > 0) /* what came out before is judged too */
				return over_limit(d) ? DECODE_OVER : DECODE_OUTPUT;
			return d->failed ? DECODE_CORRUPT : DECODE_END;
		}
		if (d->state.block_state == ISAL_BLOCK_FINISH) {
			d->member_open = false;
			d->ended = d->coding == DECODE_DEFLATE;
		}
		if (over_limit(d))
			return DECODE_OVER;
		if (produced > 0)
			return DECODE_OUTPUT;
		if (d->member_open && *at == input.bytes && d->held_bytes == 0)
			return DECODE_MORE;
	}
}

bool
decode_is_whole(const struct decoder *d)
{
	return !d->failed && !d->member_open && (d->ended || d->input_bytes > 0) &&
	       (d->kind_known || d->input_bytes == 0);
}

uint64_t
decode_output_bytes(const struct decoder *d)
{
	return d->output_bytes;
}
