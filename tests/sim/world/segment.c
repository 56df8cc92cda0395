/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers on the link; see segment.h. */
#include "tests/sim/world/segment.h"

#include <string.h>

#define HEAD_BYTES   20
#define CHECKSUM_AT  16
#define KIND_END     0
#define KIND_NOP     1
#define KIND_MSS     2
#define KIND_SCALE   3
#define KIND_SACK_OK 4
#define KIND_SACK    5
#define KIND_TS      8

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* The length of the option at `at`, its kind included; 0: none, or one that does not fit. */
static uint32_t
option_length(const uint8_t *h, uint32_t at, uint32_t head)
{
	if (at >= head || h[at] == KIND_END)
		return 0;
	if (h[at] == KIND_NOP)
		return 1;
	return at + 1 < head && h[at + 1] >= 2 && h[at + 1] <= head - at ? h[at + 1] : 0;
}

static void
read_option(const uint8_t *o, struct wire_segment *out)
{
	switch (o[0]) {
	case KIND_MSS:
		out->has_mss = true;
		out->mss = get16(o + 2);
		break;
	case KIND_SCALE:
		out->has_scale = true;
		out->scale = o[2];
		break;
	case KIND_SACK_OK:
		out->sack_ok = true;
		break;
	case KIND_SACK:
		for (uint32_t at = 2; at + 8 <= o[1] && out->sack_count < 4; at += 8) {
			out->sacks[out->sack_count][0] = segment_get32(o + at);
			out->sacks[out->sack_count++][1] = segment_get32(o + at + 4);
		}
		break;
	case KIND_TS:
		out->has_ts = true;
		out->ts_val = segment_get32(o + 2);
		out->ts_ecr = segment_get32(o + 6);
		break;
	}
}

bool
segment_read(const uint8_t *h, uint32_t here, uint32_t bytes, struct wire_segment *out)
{
	uint32_t n;

	memset(out, 0, sizeof(*out));
	if (here < HEAD_BYTES)
		return false;
	out->head = (uint32_t)(h[12] >> 4) * 4;
	if (out->head < HEAD_BYTES || out->head > here)
		return false;
	out->source_port = get16(h);
	out->destination_port = get16(h + 2);
	out->seq = segment_get32(h + 4);
	out->ack = segment_get32(h + 8);
	out->flags = h[13];
	out->window = get16(h + 14);
	out->length = bytes - out->head;
	for (uint32_t at = HEAD_BYTES; (n = option_length(h, at, out->head)) != 0; at += n)
		read_option(h + at, out);
	return true;
}

void
segment_patch(uint8_t *h, uint32_t at, uint8_t value)
{
	uint32_t even = at & ~1u;
	uint32_t sum = (uint16_t)~get16(h + CHECKSUM_AT) + (uint32_t)(uint16_t)~get16(h + even);

	h[at] = value;
	sum += get16(h + even);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	h[CHECKSUM_AT] = (uint8_t)(~sum >> 8);
	h[CHECKSUM_AT + 1] = (uint8_t)~sum;
}

void
segment_strip(uint8_t *h, uint32_t here, uint32_t kinds)
{
	uint32_t head = (uint32_t)(h[12] >> 4) * 4, n;

	if (head > here)
		return;
	for (uint32_t at = HEAD_BYTES; (n = option_length(h, at, head)) != 0; at += n) {
		if (h[at] >= 32 || (kinds >> h[at] & 1) == 0)
			continue;
		for (uint32_t i = 0; i < n; i++)
			segment_patch(h, at + i, KIND_NOP);
	}
}
