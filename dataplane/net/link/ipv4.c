/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 (RFC 791): header checked, options skipped, source routes dropped, padding cut, fragments
 * put together; nothing is forwarded.
 */
#include "dataplane/net/link/internal.h"

#include <rte_byteorder.h>

#define HEADER_BYTES  20
#define VERSION_IHL   0x45 /* no options */
#define TIME_TO_LIVE  64
#define CODE_PROTOCOL 2 /* of "destination unreachable" */
#define CODE_PORT     3
#define DONT_FRAGMENT 0x4000

/* Strict and loose source routes (RFC 7126 §4.3, §4.4); a broken option list counts as one. */
static bool
has_source_route(const uint8_t *p, unsigned bytes)
{
	for (unsigned at = 0; at < bytes && p[at] != 0;) {
		if (p[at] == 1) {
			at++;
			continue;
		}
		if (p[at] == 131 || p[at] == 137 || at + 2 > bytes || p[at + 1] < 2)
			return true;
		at += p[at + 1];
	}
	return false;
}

static uint32_t
number_of(const struct ip_address *a)
{
	uint32_t n;

	memcpy(&n, a->bytes + 12, 4);
	return rte_be_to_cpu_32(n);
}

/* The first or the last address of a subnet of ours, which stand for all of it; `a` is IPv4. */
static bool
is_whole_subnet(const struct ip_subnet *s, const struct ip_address *a)
{
	unsigned host_bits = 128u - s->prefix_bits;
	uint32_t mask, host;

	if (!address_is_v4(&s->base) || host_bits < 2 || host_bits > 31)
		return false;
	mask = (1u << host_bits) - 1;
	host = number_of(a) & mask;
	return (host == 0 || host == mask) && ((number_of(a) ^ number_of(&s->base)) & ~mask) == 0;
}

/* Multicast, broadcast, loopback and "this network" send nothing (RFC 1122 §3.2.1.3). */
static bool
source_can_send(const struct link *l, const struct ip_address *a)
{
	uint8_t first = a->bytes[12];

	if (first == 0 || first == 127 || first >= 224)
		return false;
	for (unsigned i = 0; i < l->config.address_count; i++) {
		if (is_whole_subnet(&l->config.addresses[i].subnet, a))
			return false;
	}
	return true;
}

/*
 * The folded sum (RFC 1071) of a header, which is whole words of 32 bits; 0xffff: it is right. What
 * every header has is summed without a branch, where rte_raw_cksum() takes any number of bytes.
 */
static uint32_t
header_sum(const uint8_t *p, unsigned bytes)
{
	uint64_t sum = 0;
	uint32_t word;

	for (unsigned at = 0; at < HEADER_BYTES; at += 4) {
		memcpy(&word, p + at, 4);
		sum += word;
	}
	for (unsigned at = HEADER_BYTES; at < bytes; at += 4) {
		memcpy(&word, p + at, 4);
		sum += word;
	}
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)((sum & 0xffff) + (sum >> 16));
}

/* Length and checksum; cuts Ethernet padding off. */
static bool
header_is_right(struct link *l, struct rte_mbuf *m, unsigned *bytes)
{
	const struct rte_ipv4_hdr *h = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	unsigned total;

	if (m->data_len < HEADER_BYTES || h->version_ihl >> 4 != 4)
		return false;
	*bytes = (unsigned)(h->version_ihl & 0xf) * 4;
	total = rte_be_to_cpu_16(h->total_length);
	if (*bytes < HEADER_BYTES || *bytes > m->data_len || total < *bytes || total > m->pkt_len)
		return false;
	if (!(l->config.checksum_offload_rx &&
		(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD) &&
	    header_sum((const uint8_t *)h, *bytes) != 0xffff) {
		link_count(l, LINK_COUNTER_IN_CHECKSUM);
		return false;
	}
	if (m->pkt_len > total)
		rte_pktmbuf_trim(m, (uint16_t)(m->pkt_len - total));
	return !has_source_route((const uint8_t *)h + HEADER_BYTES, *bytes - HEADER_BYTES);
}

/* The whole datagram, as if it had come so; NULL: not yet, or never. */
static struct rte_mbuf *
put_together(struct link *l, struct rte_mbuf *m, unsigned bytes, const struct ip_address *source,
    const struct ip_address *destination)
{
	struct rte_ipv4_hdr *h = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	unsigned where = rte_be_to_cpu_16(h->fragment_offset);
	struct fragment_key key = { *source, *destination, h->packet_id, h->next_proto_id };

	m = fragment_take(l, &key, m, (uint16_t)bytes, (where & 0x1fff) * 8, (where & 0x2000) != 0);
	if (m == NULL)
		return NULL;
	h = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	h->total_length = rte_cpu_to_be_16((uint16_t)m->pkt_len);
	h->fragment_offset = 0;
	return m;
}

enum link_result
ipv4_input(struct link *l, struct rte_mbuf *m, struct link_packet *packet)
{
	const struct rte_ipv4_hdr *h = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	struct ip_address source, destination;
	unsigned bytes;

	if (!header_is_right(l, m, &bytes))
		return link_drop(l, m, LINK_COUNTER_IN_BAD_HEADER);
	source = address_v4(&h->src_addr);
	destination = address_v4(&h->dst_addr);
	if (link_own(l, &destination) == NULL)
		return link_drop(l, m, LINK_COUNTER_IN_NOT_OURS);
	if (!source_can_send(l, &source) || link_own(l, &source) != NULL)
		return link_drop(l, m, LINK_COUNTER_IN_BAD_SOURCE);
	if (h->fragment_offset & rte_cpu_to_be_16(0x3fff)) {
		m = put_together(l, m, bytes, &source, &destination);
		if (m == NULL)
			return LINK_TAKEN;
		h = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
		bytes = (unsigned)(h->version_ihl & 0xf) * 4;
		if (!link_gather(m, GATHER_BYTES))
			return link_drop(l, m, LINK_COUNTER_IN_SHORT);
	}
	if (h->next_proto_id == IPPROTO_ICMP)
		return icmp4_input(l, m, bytes, &source, &destination, packet);
	if (h->next_proto_id != IPPROTO_TCP) {
		link_count(l, LINK_COUNTER_IN_UNKNOWN);
		icmp_error(l, m, ICMP4_UNREACHABLE,
		    h->next_proto_id == IPPROTO_UDP ? CODE_PORT : CODE_PROTOCOL, 0);
		return LINK_TAKEN;
	}
	if (l->group_frame) /* RFC 1122 §3.3.6 */
		return link_drop(l, m, LINK_COUNTER_IN_NOT_OURS);
	packet->segment = m;
	packet->source = source;
	packet->destination = destination;
	packet->ecn = h->type_of_service & 3;
	rte_pktmbuf_adj(m, (uint16_t)bytes);
	return LINK_TCP;
}

/*
 * The checksum of a header, from what it is made of: `fixed` are its other words, in network order.
 * Read back from the buffer the sum would wait until the stores before it had reached the cache.
 */
static uint16_t
header_checksum(uint32_t fixed, uint32_t source, uint32_t destination)
{
	uint32_t sum = fixed + (source & 0xffff) + (source >> 16) + (destination & 0xffff) +
		       (destination >> 16);

	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

void
ipv4_prepend(struct link *l, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t protocol, uint8_t ecn)
{
	struct rte_ipv4_hdr *h = (struct rte_ipv4_hdr *)rte_pktmbuf_prepend(m, HEADER_BYTES);
	const uint16_t length = rte_cpu_to_be_16((uint16_t)m->pkt_len);
	uint32_t from, to;

	memcpy(&from, source->bytes + 12, 4);
	memcpy(&to, destination->bytes + 12, 4);
	h->version_ihl = VERSION_IHL;
	h->type_of_service = ecn;
	h->total_length = length;
	h->packet_id = 0;
	h->fragment_offset = rte_cpu_to_be_16(DONT_FRAGMENT);
	h->time_to_live = TIME_TO_LIVE;
	h->next_proto_id = protocol;
	h->hdr_checksum = 0;
	h->src_addr = from;
	h->dst_addr = to;
	m->l3_len = HEADER_BYTES;
	if (l->config.checksum_offload_tx) {
		m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
		return;
	}
	h->hdr_checksum = header_checksum((uint32_t)rte_cpu_to_be_16(VERSION_IHL << 8 | ecn) +
					      length + rte_cpu_to_be_16(DONT_FRAGMENT) +
					      rte_cpu_to_be_16(TIME_TO_LIVE << 8 | protocol),
	    from, to);
}
