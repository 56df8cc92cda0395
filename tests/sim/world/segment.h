/* SPDX-License-Identifier: BSD-3-Clause */
/* A TCP header as it goes over the link, read independently of the library that is tested. */
#ifndef SLUICE_TESTS_SEGMENT_H
#define SLUICE_TESTS_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#define SEGMENT_FIN 0x01u
#define SEGMENT_SYN 0x02u
#define SEGMENT_RST 0x04u
#define SEGMENT_PSH 0x08u
#define SEGMENT_ACK 0x10u

struct wire_segment {
	uint16_t source_port, destination_port;
	uint32_t seq, ack, window;
	uint8_t flags;
	bool has_mss, has_scale, has_ts, sack_ok;
	uint8_t scale;
	uint16_t mss;
	uint32_t ts_val, ts_ecr;
	unsigned sack_count;
	uint32_t sacks[4][2];
	uint32_t head, length; /* bytes of header and options, of payload */
};

/* False: no well-formed header in the first `here` of `bytes` bytes. */
bool segment_read(const uint8_t *h, uint32_t here, uint32_t bytes, struct wire_segment *out);

/* Overwrites one byte of a header and keeps the checksum right (RFC 1624). */
void segment_patch(uint8_t *h, uint32_t at, uint8_t value);

/* Turns the options of these kinds into NOPs, checksum included. Bit N of `kinds`: kind N. */
void segment_strip(uint8_t *h, uint32_t here, uint32_t kinds);

static inline uint32_t
segment_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void
segment_put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

#endif
