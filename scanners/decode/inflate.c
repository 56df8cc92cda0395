/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ISA-L's inflate, fed span by span. gzip members follow one another; "deflate" is zlib-wrapped, or
 * raw where the first two bytes are no zlib header (RFC 9110 §8.4.1.2 notes the confusion). One
 * that is sent as the other is taken for what it is, as curl does: no raw stream begins as a gzip
 * header. A raw stream may begin as zlib's: with a stored block whose unused bits are not zero. It
 * is read as zlib first, and as raw where that fails before anything was given, as browsers do.
 *
 * Headers of gzip (RFC 1952 §2.3) are read here: the library refuses one whose own checksum is
 * wrong, and browsers skip that checksum unseen.
 *
 *     step    while there is        next, if its flag is set
 *     FIXED   ten bytes             LENGTH
 *     LENGTH  two bytes             EXTRA
 *     EXTRA   as many as they say   NAME
 *     NAME    up to a zero          COMMENT
 *     COMMENT up to a zero          CRC
 *     CRC     two bytes             OVER
 */
#include "scanners/decode/internal.h"

enum step {
	FIXED,
	LENGTH,
	EXTRA,
	NAME,
	COMMENT,
	CRC,
	OVER,
	BAD
};

/* Where flags are in a header, and which of them has which step. */
#define FLAGS_AT 3
static const uint8_t flag_of[] = {
	[LENGTH] = 4, [EXTRA] = 4, [NAME] = 8, [COMMENT] = 16, [CRC] = 2
};

static void
begin_member(struct stage *s, uint32_t kind)
{
	isal_inflate_reset(&s->state);
	s->state.crc_flag = kind == ISAL_GZIP ? ISAL_GZIP_NO_HDR_VER : kind;
	s->header = (struct gzip_header){ .step = kind == ISAL_GZIP ? FIXED : OVER };
	s->member_open = true;
	s->member++;
}

/* The next step that there is. */
static void
header_next(struct gzip_header *h)
{
	do {
		h->step++;
	} while (h->step < OVER &&
		 ((h->flags & flag_of[h->step]) == 0 || (h->step == EXTRA && h->extra_bytes == 0)));
	h->count = 0;
}

static void
header_byte(struct gzip_header *h, uint8_t c)
{
	static const uint8_t magic[] = { 0x1f, 0x8b, 8 };
	uint32_t count = h->count++;

	switch (h->step) {
	case FIXED:
		if (count < sizeof(magic) && c != magic[count])
			h->step = BAD;
		if (count == FLAGS_AT)
			h->flags = c;
		if (count == 9)
			header_next(h);
		break;
	case LENGTH:
		h->extra_bytes = (uint16_t)(h->extra_bytes | c << (8 * count));
		if (count == 1)
			header_next(h);
		break;
	case EXTRA:
		if (h->count == h->extra_bytes)
			header_next(h);
		break;
	case CRC:
		if (count == 1)
			header_next(h);
		break;
	default:
		if (c == 0)
			header_next(h);
		break;
	}
}

void
inflate_begin(struct stage *s)
{
	s->held_bytes = 0;
	s->kind_known = s->may_be_raw = false;
	isal_inflate_init(&s->state);
}

/* RFC 1950 §2.2: method 8, and a header that is a multiple of 31. */
static bool
is_zlib(const uint8_t head[2])
{
	return (head[0] & 0x0f) == 8 && (head[0] << 8 | head[1]) % 31 == 0;
}

static uint32_t
kind_of(const struct stage *s)
{
	if (is_zlib(s->held))
		return ISAL_ZLIB;
	if (s->coding == DECODE_GZIP || (s->held[0] == 0x1f && s->held[1] == 0x8b))
		return ISAL_GZIP;
	return ISAL_DEFLATE;
}

/* Collects the two bytes that tell of what kind the stream is; true once it is known. */
static bool
choose_kind(struct stage *s, struct span input, size_t *at)
{
	while (s->held_bytes < 2 && *at < input.bytes) {
		s->held[s->held_bytes++] = input.data[(*at)++];
		s->input_bytes++;
	}
	if (s->held_bytes < 2)
		return false;
	s->kind_known = true;
	s->is_gzip = kind_of(s) == ISAL_GZIP;
	s->may_be_raw = kind_of(s) == ISAL_ZLIB;
	s->kept_bytes = s->held_bytes;
	begin_member(s, kind_of(s));
	return true;
}

/* The held bytes go first. */
static void
read_header(struct stage *s, struct span input, size_t *at)
{
	while (s->header.step < OVER && (s->held_bytes > 0 || *at < input.bytes)) {
		if (s->held_bytes > 0) {
			header_byte(&s->header, s->held[0]);
			s->held[0] = s->held[1];
			s->held_bytes--;
			continue;
		}
		header_byte(&s->header, input.data[(*at)++]);
		s->input_bytes++;
	}
}

/* One call of the library over `input` from `*at`; the held bytes go first. */
static int
inflate_some(struct stage *s, struct span input, size_t *at)
{
	bool from_held = s->held_bytes > 0;
	size_t given = from_held ? s->held_bytes : input.bytes - *at, left;
	int rc;

	if (given > UINT32_MAX)
		given = UINT32_MAX;
	/* Without input there may be no pointer to go on from. */
	s->state.next_in =
	    from_held || given == 0 ? s->held : (uint8_t *)(uintptr_t)input.data + *at;
	s->state.avail_in = (uint32_t)given;
	s->state.next_out = s->output;
	s->state.avail_out = OUTPUT_BYTES;
	rc = isal_inflate(&s->state);
	left = s->state.avail_in;
	/* It reads ahead, and behind zlib's and raw streams gives nothing back. */
	if (s->state.block_state == ISAL_BLOCK_FINISH) {
		left += (size_t)s->state.read_in_length / 8;
		s->state.read_in_length = 0;
	}
	/* What is given back, on an error all of it, may be of an earlier input. */
	left = left < given ? left : given;
	if (from_held) {
		memmove(s->held, s->held + given - left, left);
		s->held_bytes = (unsigned)left;
	} else {
		*at += given - left;
		s->input_bytes += given - left;
	}
	return rc;
}

/* Whether what was kept and what stands at `at` begin a stored block (RFC 1951 3.2.4), whose length
 * is told twice. */
static bool
begins_stored(const struct stage *s, struct span input, size_t at)
{
	uint8_t head[5];

	for (unsigned i = 0; i < sizeof(head); i++) {
		if (i < s->kept_bytes)
			head[i] = s->held[i];
		else if (i - s->kept_bytes < input.bytes - at)
			head[i] = input.data[at + i - s->kept_bytes];
		else
			return false;
	}
	return (head[1] ^ head[3]) == 0xff && (head[2] ^ head[4]) == 0xff;
}

/* What looked like zlib, and failed, is read again from its first byte, as raw. */
static void
begin_again(struct stage *s, size_t taken, size_t *at)
{
	*at -= taken;
	s->input_bytes -= taken;
	s->held_bytes = s->kept_bytes;
	s->may_be_raw = false;
	s->member--; /* the same one */
	begin_member(s, ISAL_DEFLATE);
}

/* Keeps what was read, unless it was too much, or something came of it. */
static void
keep(struct stage *s, struct span read, size_t produced)
{
	if (produced > 0 || read.bytes > INFLATE_HELD_MAX - s->kept_bytes) {
		s->may_be_raw = false;
		return;
	}
	if (read.bytes > 0)
		memcpy(s->held + s->kept_bytes, read.data, read.bytes);
	s->kept_bytes += (unsigned)read.bytes;
}

/* A stream that is broken; behind a whole gzip member, what is no member is trailing garbage. */
static enum decode_result
broken(struct stage *s, size_t produced)
{
	s->ended = s->is_gzip && s->output_bytes > 0 && produced == 0 && s->state.total_out == 0;
	s->failed = s->member_open = !s->ended;
	s->failure = DECODE_CORRUPT;
	if (s->failed && produced > 0) /* what came out before is judged too */
		return DECODE_OUTPUT;
	return s->failed ? DECODE_CORRUPT : DECODE_END;
}

enum decode_result
inflate_next(struct stage *s, struct span input, size_t *at, struct span *out)
{
	for (;;) {
		size_t produced, start;
		int rc;

		if (s->ended)
			return DECODE_END;
		if (!s->kind_known && !choose_kind(s, input, at))
			return DECODE_MORE;
		if (!s->member_open && *at < input.bytes)
			begin_member(s, ISAL_GZIP);
		if (!s->member_open)
			return DECODE_MORE;
		read_header(s, input, at);
		if (s->header.step == BAD)
			return broken(s, 0);
		if (s->header.step != OVER)
			return DECODE_MORE;
		start = *at;
		rc = inflate_some(s, input, at);
		produced = OUTPUT_BYTES - s->state.avail_out;
		*out = span_of(s->output, produced);
		if (s->may_be_raw && rc < 0 && (produced == 0 || begins_stored(s, input, start))) {
			begin_again(s, *at - start, at);
			continue;
		}
		if (s->may_be_raw)
			keep(s, span_first(span_from(input, start), *at - start), produced);
		if (rc < 0)
			return broken(s, produced);
		if (s->state.block_state == ISAL_BLOCK_FINISH) {
			s->member_open = false;
			s->ended = !s->is_gzip;
		}
		if (produced > 0)
			return DECODE_OUTPUT;
		if (s->member_open && *at == input.bytes && s->held_bytes == 0)
			return DECODE_MORE;
	}
}

bool
inflate_is_whole(const struct stage *s)
{
	return s->kind_known || s->input_bytes == 0;
}
