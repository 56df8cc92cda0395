/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Somebody off the path, who has guessed the ports and sends what RFC 5961 and RFC 5927 say must
 * not be believed: none of it may end a connection or change a byte.
 *
 * What is forged is wrong for certain, whatever the stacks do meanwhile: a number the sender will
 * not reach for 2^24 bytes, an acknowledgment of what is 2^30 away.
 */
#include "tests/sim/world/world.h"

#define FAR_BYTES  (1u << 30)
#define NEVER_SENT (1u << 24)
#define HEAD_BYTES 20

static uint16_t
checksum(const struct flight *f)
{
	unsigned from = address_is_v4(&f->source) ? 12 : 0;
	uint64_t sum = 6 + f->bytes;

	for (unsigned i = from; i < 16; i += 2)
		sum += (uint32_t)(f->source.bytes[i] << 8 | f->source.bytes[i + 1]) +
		       (uint32_t)(f->destination.bytes[i] << 8 | f->destination.bytes[i + 1]);
	for (uint32_t i = 0; i < f->bytes; i++)
		sum += (uint32_t)f->data[i] << (i % 2 == 0 ? 8 : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
fill(struct flight *f, const struct wire_segment *s, uint32_t seq, uint32_t ack, uint8_t flags)
{
	uint16_t sum;

	f->data[0] = (uint8_t)(s->source_port >> 8);
	f->data[1] = (uint8_t)s->source_port;
	f->data[2] = (uint8_t)(s->destination_port >> 8);
	f->data[3] = (uint8_t)s->destination_port;
	segment_put32(f->data + 4, seq);
	segment_put32(f->data + 8, ack);
	f->data[12] = HEAD_BYTES / 4 << 4;
	f->data[13] = flags;
	f->data[14] = 0x10;
	memset(f->data + HEAD_BYTES, 0xee, f->bytes - HEAD_BYTES);
	sum = checksum(f);
	f->data[16] = (uint8_t)(sum >> 8);
	f->data[17] = (uint8_t)sum;
}

/* Whether the receiver of `s` may be one that opens. */
static bool
opens(const struct world *w, const struct wire_segment *s)
{
	return s->source_port == PLAN_PORT || w->plan.conns[s->source_port - PLAN_FLOW_PORT].both;
}

/* An ICMP error about a segment that the receiver never sent. */
static void
forge_icmp(struct host *from, struct link *l, struct mono at, const struct wire_segment *s,
    const struct ip_address *source, const struct ip_address *destination)
{
	struct flight *f = link_forge(l, at, 8, destination, source);

	(void)from;
	if (f == NULL)
		return;
	f->too_big_mtu = 576;
	f->data[0] = (uint8_t)(s->destination_port >> 8);
	f->data[1] = (uint8_t)s->destination_port;
	f->data[2] = (uint8_t)(s->source_port >> 8);
	f->data[3] = (uint8_t)s->source_port;
	segment_put32(f->data + 4, s->ack + FAR_BYTES);
}

void
forge(struct host *from, const struct wire_segment *s, const struct ip_address *source,
    const struct ip_address *destination)
{
	static const uint8_t odd_flags[] = { SEGMENT_RST, SEGMENT_RST | SEGMENT_ACK, SEGMENT_SYN,
		SEGMENT_SYN | SEGMENT_ACK };
	struct world *w = from->world;
	struct link *l = &w->links[1 - from->index];
	struct mono at = mono_add(w->now, microseconds((int64_t)sim_spread(&w->forger, 1, 500000)));
	uint32_t payload = (uint32_t)sim_below(&w->forger, 1400), seq, ack;
	uint8_t flags;
	struct flight *f;

	if (!sim_happens(&w->forger, w->plan.forge_ppm))
		return;
	switch (sim_below(&w->forger, 3)) {
	case 0: /* within a window of 2^24 or not: no reset, no opening */
		flags = odd_flags[sim_below(&w->forger, sizeof(odd_flags))];
		if (flags == SEGMENT_SYN && opens(w, s))
			flags = SEGMENT_RST; /* or it would be a simultaneous open */
		seq = s->seq + (uint32_t)sim_between(&w->forger, NEVER_SENT, 2 * NEVER_SENT);
		ack = s->ack + FAR_BYTES;
		payload = 0;
		break;
	case 1: /* right where it is due, but it acknowledges what cannot be */
		flags = SEGMENT_ACK | (payload % 2 ? SEGMENT_FIN : SEGMENT_PSH);
		seq = s->seq + s->length;
		ack = s->ack + (payload % 4 < 2 ? FAR_BYTES : 0u - FAR_BYTES);
		break;
	default:
		forge_icmp(from, l, at, s, source, destination);
		return;
	}
	f = link_forge(l, at, HEAD_BYTES + payload, source, destination);
	if (f != NULL)
		fill(f, s, seq, ack, flags);
}
