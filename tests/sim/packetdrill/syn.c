/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a script's sysctls forbid is taken out of the SYNs, both ways, as a middlebox would do it:
 * the library offers everything it knows and answers what it is asked, which is how it is used.
 */
#include "tests/sim/packetdrill/plug.h"

#include <string.h>

#define HEADER_BYTES 20
#define TCP_ECN      0xc0u

enum {
	KIND_NOP = 1,
	KIND_MSS = 2,
	KIND_SCALE = 3,
	KIND_SACK_OK = 4,
	KIND_TS = 8
};

/* The checksum after a 16-bit word at an even place changed (RFC 1624). */
static void
patch_sum(uint8_t *segment, uint16_t before, uint16_t after)
{
	uint32_t sum = (uint16_t) ~(segment[16] << 8 | segment[17]);

	sum += (uint16_t)~before;
	sum += after;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	segment[16] = (uint8_t)(~sum >> 8);
	segment[17] = (uint8_t)~sum;
}

void
segment_set_byte(uint8_t *segment, size_t at, uint8_t value)
{
	size_t even = at & ~(size_t)1;
	uint16_t before = (uint16_t)(segment[even] << 8 | segment[even + 1]);

	segment[at] = value;
	patch_sum(segment, before, (uint16_t)(segment[even] << 8 | segment[even + 1]));
}

static bool
is_forbidden(const struct plug_settings *s, uint8_t kind)
{
	return (kind == KIND_SCALE && !s->scale) || (kind == KIND_SACK_OK && !s->sack) ||
	       (kind == KIND_TS && !s->timestamps);
}

/* Options that stay, in Linux's order; returns their length, a multiple of four. */
static size_t
order(const uint8_t *const found[9], const struct plug_settings *s, uint8_t *out)
{
	bool ts = found[KIND_TS] != NULL && s->timestamps;
	bool sack = found[KIND_SACK_OK] != NULL && s->sack;
	uint8_t *p = out;

	if (found[KIND_MSS] != NULL)
		p = (uint8_t *)memcpy(p, found[KIND_MSS], 4) + 4;
	if (!(ts && sack) && (ts || sack)) {
		*p++ = KIND_NOP;
		*p++ = KIND_NOP;
	}
	if (sack)
		p = (uint8_t *)memcpy(p, found[KIND_SACK_OK], 2) + 2;
	if (ts)
		p = (uint8_t *)memcpy(p, found[KIND_TS], 10) + 10;
	if (found[KIND_SCALE] != NULL && s->scale) {
		*p++ = KIND_NOP;
		p = (uint8_t *)memcpy(p, found[KIND_SCALE], 3) + 3;
	}
	return (size_t)(p - out);
}

/* Ours: built anew, so that a script sees what Linux would have sent. */
static size_t
rebuild(const struct plug_settings *s, uint8_t *segment, size_t bytes, size_t head)
{
	const uint8_t *found[9] = { NULL };
	uint8_t options[40] = { 0 };
	size_t n;

	for (size_t at = HEADER_BYTES; at + 1 < head;) {
		if (segment[at] == KIND_NOP) {
			at++;
			continue;
		}
		if (segment[at] < 9)
			found[segment[at]] = segment + at;
		at += segment[at + 1];
	}
	n = order(found, s, options);
	for (size_t i = HEADER_BYTES; i < head; i++)
		segment_set_byte(segment, i, i - HEADER_BYTES < n ? options[i - HEADER_BYTES] : 0);
	/* The zeros beyond fall off: the length stands in the data offset and in the pseudo header.
	 */
	segment_set_byte(segment, 12, (uint8_t)((HEADER_BYTES + n) / 4 << 4));
	patch_sum(segment, (uint16_t)bytes, (uint16_t)(bytes - (head - HEADER_BYTES - n)));
	memmove(segment + HEADER_BYTES + n, segment + head, bytes - head);
	return bytes - (head - HEADER_BYTES - n);
}

size_t
syn_restrict(const struct plug_settings *s, uint8_t *segment, size_t bytes, bool ours)
{
	size_t head = bytes >= HEADER_BYTES ? (size_t)(segment[12] >> 4) * 4 : 0;

	if (head < HEADER_BYTES || head > bytes)
		return bytes;
	if (s->ecn == 0)
		segment_set_byte(segment, 13, (uint8_t)(segment[13] & ~TCP_ECN));
	if (s->scale && s->sack && s->timestamps)
		return bytes;
	if (ours)
		return rebuild(s, segment, bytes, head);
	for (size_t at = HEADER_BYTES; at + 1 < head;) {
		size_t length = segment[at] == KIND_NOP ? 1 : segment[at + 1];

		if (segment[at] == 0 || length == 0 || length > head - at)
			break;
		if (is_forbidden(s, segment[at])) {
			for (size_t i = 0; i < length; i++)
				segment_set_byte(segment, at + i, KIND_NOP);
		}
		at += length;
	}
	return bytes;
}
