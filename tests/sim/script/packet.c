/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments of a script onto the wire, and ours off it. Knows the header on its own account and
 * shares no code with the library under test, so that a mistake there meets another view.
 */
#include "tests/sim/script/script.h"

#include "tests/sim/sim.h"

#include <string.h>

#define HEADER_BYTES  20
#define SEGMENT_BYTES 65535
#define FLAG_ACK      0x10u

uint8_t
script_byte(uint32_t seq)
{
	return (uint8_t)((seq * 2654435761u) >> 11 ^ seq >> 9);
}

static uint8_t *
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *
put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v & 0xffff);
}

static uint32_t
get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t
get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

/* RFC 9293 §3.1: pseudo header, then everything, as 16-bit words. 0 when a received sum is right.
 */
static uint16_t
sum_of(const uint8_t *segment, size_t bytes, const struct tcp_endpoints *e)
{
	size_t n = address_is_v4(&e->local) ? 4 : 16;
	uint64_t sum = 6 + bytes;

	for (size_t i = 0; i < n; i += 2)
		sum += get16(e->local.bytes + 16 - n + i) + get16(e->remote.bytes + 16 - n + i);
	for (size_t i = 0; i + 1 < bytes; i += 2)
		sum += get16(segment + i);
	if (bytes & 1)
		sum += (uint32_t)segment[bytes - 1] << 8;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint8_t *
build_option(uint8_t *p, const struct script_option *o, const struct script_numbers *n)
{
	if (o->kind == OPTION_RAW) {
		memcpy(p, o->raw, o->count);
		return p + o->count;
	}
	*p++ = (uint8_t)o->kind;
	switch (o->kind) {
	case OPTION_MSS:
		*p++ = 4;
		return put16(p, o->a);
	case OPTION_SCALE:
		*p++ = 3;
		*p++ = (uint8_t)o->a;
		return p;
	case OPTION_SACK_OK:
		*p++ = 2;
		return p;
	case OPTION_TS:
		*p++ = 10;
		return put32(put32(p, o->a), o->b + n->ts);
	case OPTION_SACK:
		*p++ = (uint8_t)(2 + 8 * o->count);
		for (unsigned i = 0; i < 2 * o->count; i++)
			p = put32(p, n->ours + o->sacks[i]);
		return p;
	default:
		return p; /* end, nop */
	}
}

/* The most an option may take is 42 bytes; what does not fit is left out. */
static size_t
build_options(uint8_t *out, const struct script_packet *p, const struct script_numbers *n)
{
	uint8_t room[SCRIPT_OPTIONS_MAX * 42] = { 0 }, *at = room;
	size_t bytes;

	for (unsigned i = 0; i < p->option_count; i++)
		at = build_option(at, &p->options[i], n);
	bytes = (size_t)(at - room + 3) & ~(size_t)3;
	if (bytes > 40)
		bytes = 40;
	memcpy(out, room, bytes);
	return bytes;
}

struct rte_mbuf *
script_build(const struct script_packet *p, const struct script_numbers *n,
    const struct tcp_endpoints *e, const struct ip_address *source)
{
	static uint8_t bytes[HEADER_BYTES + 40 + SEGMENT_BYTES];
	struct tcp_endpoints on_wire = *e;
	struct chain chain = CHAIN_EMPTY;
	size_t header = HEADER_BYTES + build_options(bytes + HEADER_BYTES, p, n), total;
	uint8_t *at = bytes;

	on_wire.remote = *source;
	at = put16(at, p->from_self ? e->local_port : e->remote_port);
	at = put16(at, e->local_port);
	at = put32(at, p->seq + n->theirs);
	at = put32(at, p->flags & FLAG_ACK ? p->ack + n->ours : 0);
	*at++ = (uint8_t)((p->header_words != SCRIPT_UNSTATED ? p->header_words : header / 4) << 4);
	*at++ = p->flags;
	at = put16(at, p->window);
	at = put16(at, 0);
	put16(at, p->urgent != SCRIPT_UNSTATED ? p->urgent : 0);
	for (uint32_t i = 0; i < p->length; i++)
		bytes[header + i] =
		    script_byte(p->seq + ((p->flags & 2) != 0) + i) ^ (p->tampered ? 0xff : 0);
	total = header + p->length;
	if (p->cut < total)
		total = p->cut;
	if (total >= HEADER_BYTES)
		put16(bytes + 16, sum_of(bytes, total, &on_wire) ^ (p->bad_sum ? 0x5555 : 0));
	if (chain_append_copy(&chain, sim_pools(), bytes, total) != 0)
		return NULL;
	chain.first->pkt_len = (uint32_t)total;
	chain.first->nb_segs = (uint16_t)chain_mbufs(&chain);
	return chain.first;
}

static bool
decode_option(
    const uint8_t *p, unsigned length, const struct script_numbers *n, struct script_option *o)
{
	static const uint8_t lengths[] = {
		[OPTION_MSS] = 4, [OPTION_SCALE] = 3, [OPTION_SACK_OK] = 2, [OPTION_TS] = 10
	};

	o->kind = p[0];
	if (o->kind == OPTION_SACK) {
		o->count = (length - 2) / 8;
		for (unsigned i = 0; i < 2 * o->count; i++)
			o->sacks[i] = get32(p + 2 + 4 * i) - n->theirs;
		return length % 8 == 2;
	}
	if (p[0] >= sizeof(lengths) || lengths[p[0]] != length)
		return false;
	if (o->kind == OPTION_MSS)
		o->a = get16(p + 2);
	if (o->kind == OPTION_SCALE)
		o->a = p[2];
	if (o->kind == OPTION_TS) {
		o->a = get32(p + 2) - n->ts;
		o->b = get32(p + 6);
	}
	return true;
}

static bool
decode_options(
    const uint8_t *p, unsigned bytes, const struct script_numbers *n, struct script_packet *out)
{
	for (unsigned at = 0, length; at < bytes; at += length) {
		struct script_option *o = &out->options[out->option_count++];

		o->kind = p[at];
		length = 1;
		if (p[at] == OPTION_END || p[at] == OPTION_NOP)
			continue;
		length = at + 1 < bytes ? p[at + 1] : 0;
		if (length < 2 || length > bytes - at || !decode_option(p + at, length, n, o))
			return false;
	}
	return true;
}

const char *
script_decode(struct rte_mbuf *m, const struct script_numbers *n, const struct tcp_endpoints *e,
    struct script_packet *out)
{
	static uint8_t room[HEADER_BYTES + 40 + SEGMENT_BYTES];
	const uint8_t *p = rte_pktmbuf_read(m, 0, m->pkt_len, room);
	uint32_t header, first;

	memset(out, 0, sizeof(*out));
	if (p == NULL || m->pkt_len < HEADER_BYTES)
		return "it is shorter than a header";
	header = (uint32_t)(p[12] >> 4) * 4;
	if (header < HEADER_BYTES || header > m->pkt_len)
		return "its data offset is wrong";
	out->flags = p[13];
	out->seq = get32(p + 4) - n->ours;
	out->ack = out->flags & FLAG_ACK ? get32(p + 8) - n->theirs : 0;
	out->window = get16(p + 14);
	out->urgent = get16(p + 18);
	out->length = m->pkt_len - header;
	if (sum_of(p, m->pkt_len, e) != 0)
		return "its checksum is wrong";
	if (!decode_options(p + HEADER_BYTES, header - HEADER_BYTES, n, out))
		return "its options are malformed";
	first = out->seq + ((out->flags & 2) != 0);
	for (uint32_t i = 0; i < out->length; i++) {
		if (p[header + i] != script_byte(first + i))
			return "its payload is not what was written";
	}
	return NULL;
}
