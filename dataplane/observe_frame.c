/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames into the ring: what passes the filter, in parts of a slot. Nothing of a frame is believed:
 * each header is copied out of it where it is long enough. */
#include "dataplane/observe.h"

#include <arpa/inet.h>

#include <rte_arp.h>
#include <rte_ether.h>
#include <rte_ip.h>

#define IPV6_HEADERS_MAX 8 /* extension headers that are stepped over */

/* Bytes at an offset, copied out; false where the frame ends before. */
static bool
copy_out(const struct rte_mbuf *m, uint32_t at, void *out, uint32_t bytes)
{
	const void *p = rte_pktmbuf_read(m, at, bytes, out);

	if (p == NULL)
		return false;
	if (p != out)
		memcpy(out, p, bytes);
	return true;
}

static void
read_ports(const struct rte_mbuf *m, uint32_t at, uint8_t protocol, struct frame_ends *out)
{
	uint16_t ports[2];

	if ((protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) ||
	    !copy_out(m, at, ports, sizeof(ports)))
		return;
	out->source_port = ntohs(ports[0]);
	out->destination_port = ntohs(ports[1]);
}

static bool
read_ipv4(const struct rte_mbuf *m, uint32_t at, struct frame_ends *out)
{
	struct rte_ipv4_hdr h;

	if (!copy_out(m, at, &h, sizeof(h)))
		return false;
	out->source = address_v4(&h.src_addr);
	out->destination = address_v4(&h.dst_addr);
	if ((ntohs(h.fragment_offset) & RTE_IPV4_HDR_OFFSET_MASK) == 0)
		read_ports(m, at + (h.version_ihl & 0xfu) * 4, h.next_proto_id, out);
	return true;
}

static bool
read_ipv6(const struct rte_mbuf *m, uint32_t at, struct frame_ends *out)
{
	struct rte_ipv6_hdr h;
	uint8_t next, extension[8];

	if (!copy_out(m, at, &h, sizeof(h)))
		return false;
	out->source = address_v6(h.src_addr);
	out->destination = address_v6(h.dst_addr);
	next = h.proto;
	at += sizeof(h);
	for (unsigned i = 0; i < IPV6_HEADERS_MAX; i++) {
		bool is_fragment = next == IPPROTO_FRAGMENT;

		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS &&
		    !is_fragment)
			break;
		if (!copy_out(m, at, extension, sizeof(extension)))
			return true;
		if (is_fragment && (extension[2] != 0 || (extension[3] & 0xf8) != 0))
			return true;
		next = extension[0];
		at += is_fragment ? 8 : 8u * (extension[1] + 1u);
	}
	read_ports(m, at, next, out);
	return true;
}

static bool
read_arp(const struct rte_mbuf *m, uint32_t at, struct frame_ends *out)
{
	struct rte_arp_hdr h;

	if (!copy_out(m, at, &h, sizeof(h)) || h.arp_protocol != htons(RTE_ETHER_TYPE_IPV4))
		return false;
	out->source = address_v4(&h.arp_data.arp_sip);
	out->destination = address_v4(&h.arp_data.arp_tip);
	return true;
}

bool
observe_frame_ends(const struct rte_mbuf *frame, struct frame_ends *out)
{
	uint32_t at = 2 * RTE_ETHER_ADDR_LEN;
	uint16_t type;

	memset(out, 0, sizeof(*out));
	if (!copy_out(frame, at, &type, sizeof(type)))
		return false;
	for (unsigned tags = 0;
	     tags < 2 && (type == htons(RTE_ETHER_TYPE_VLAN) || type == htons(RTE_ETHER_TYPE_QINQ));
	     tags++) {
		at += 4;
		if (!copy_out(frame, at, &type, sizeof(type)))
			return false;
	}
	at += sizeof(type);
	switch (ntohs(type)) {
	case RTE_ETHER_TYPE_IPV4:
		return read_ipv4(frame, at, out);
	case RTE_ETHER_TYPE_IPV6:
		return read_ipv6(frame, at, out);
	case RTE_ETHER_TYPE_ARP:
		return read_arp(frame, at, out);
	default:
		return false;
	}
}

static bool
passes(const struct observe_capture *c, const struct rte_mbuf *frame)
{
	struct frame_ends e;

	if (!c->has_terms)
		return true;
	return observe_frame_ends(frame, &e) &&
	       observe_passes(&c->request.filter, &e.source, e.source_port, &e.destination,
		   e.destination_port);
}

void
observer_capture(struct observer *o, const struct rte_mbuf *frame,
    enum observed_direction direction, int64_t wall_ns)
{
	struct observe_capture *c = &o->capture;
	uint32_t kept = frame->pkt_len < c->request.limit ? frame->pkt_len : c->request.limit;
	uint32_t parts = (kept + OBSERVED_PART_BYTES - 1) / OBSERVED_PART_BYTES;

	if (!passes(c, frame))
		return;
	c->seen++;
	if (observation_room(o->channel) < parts + OBSERVE_SPARE_SLOTS) {
		c->lost++;
		count(o->stats, COUNTER_CAPTURE_LOST, 1);
		return;
	}
	count(o->stats, COUNTER_FRAMES_CAPTURED, 1);
	for (uint32_t at = 0; at < kept; at += OBSERVED_PART_BYTES) {
		struct observation *out = observation_reserve(o->channel);
		uint32_t left = kept - at;
		struct observed_frame *f = &out->frame;

		out->kind = OBSERVATION_FRAME;
		out->serial = c->request.serial;
		f->wall_ns = wall_ns;
		f->frame_bytes = frame->pkt_len;
		f->kept_bytes = kept;
		f->at = at;
		f->part_bytes = (uint16_t)(left < OBSERVED_PART_BYTES ? left : OBSERVED_PART_BYTES);
		f->direction = (uint8_t)direction;
		copy_out(frame, at, f->bytes, f->part_bytes);
		observation_commit(o->channel);
	}
}
