/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 (RFC 8200): extension headers walked within bounds, routing headers and fragments dropped;
 * nothing is forwarded.
 */
#include "dataplane/net/link/internal.h"

#include <rte_byteorder.h>

#define HEADER_BYTES   40
#define EXTENSIONS_MAX 8

/* Where the upper layer starts, and which it is; false: what we do not follow. */
static bool
skip_extensions(const struct rte_mbuf *m, uint8_t *next, unsigned *bytes)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	for (unsigned i = 0; i < EXTENSIONS_MAX; i++) {
		if (*next != IPPROTO_HOPOPTS && *next != IPPROTO_DSTOPTS)
			return *next != IPPROTO_ROUTING && *next != IPPROTO_FRAGMENT;
		if (*bytes + 8 > m->data_len)
			return false;
		*next = p[*bytes];
		*bytes += (unsigned)(p[*bytes + 1] + 1) * 8;
		if (*bytes > m->data_len)
			return false;
	}
	return false;
}

/* Our unicast addresses, or the solicited-node group of one (RFC 4291 §2.7.1). */
static bool
is_for_us(const struct link *l, const struct ip_address *a)
{
	static const uint8_t group[13] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };

	if (link_own(l, a) != NULL)
		return true;
	if (memcmp(a->bytes, group, 13) != 0)
		return false;
	for (unsigned i = 0; i < l->config.address_count; i++) {
		if (memcmp(l->config.addresses[i].subnet.base.bytes + 13, a->bytes + 13, 3) == 0)
			return true;
	}
	return false;
}

enum link_result
ipv6_input(struct link *l, struct rte_mbuf *m, struct link_packet *packet)
{
	const struct rte_ipv6_hdr *h = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct ip_address source, destination;
	unsigned bytes = HEADER_BYTES, total;
	uint8_t next;

	if (m->data_len < HEADER_BYTES || rte_be_to_cpu_32(h->vtc_flow) >> 28 != 6)
		return link_drop(l, m, LINK_COUNTER_IN_BAD_HEADER);
	total = HEADER_BYTES + rte_be_to_cpu_16(h->payload_len);
	if (total > m->pkt_len)
		return link_drop(l, m, LINK_COUNTER_IN_SHORT);
	if (m->pkt_len > total)
		rte_pktmbuf_trim(m, (uint16_t)(m->pkt_len - total));
	source = address_v6(h->src_addr);
	destination = address_v6(h->dst_addr);
	if (!is_for_us(l, &destination))
		return link_drop(l, m, LINK_COUNTER_IN_NOT_OURS);
	if (source.bytes[0] == 0xff || link_own(l, &source) != NULL || address_is_v4(&source))
		return link_drop(l, m, LINK_COUNTER_IN_BAD_SOURCE);
	next = h->proto;
	if (!skip_extensions(m, &next, &bytes))
		return link_drop(l, m, LINK_COUNTER_IN_FRAGMENTS);
	if (next == IPPROTO_ICMPV6)
		return icmp6_input(l, m, bytes, &source, &destination, packet);
	if (next != IPPROTO_TCP || link_own(l, &destination) == NULL)
		return link_drop(l, m, LINK_COUNTER_IN_UNKNOWN);
	packet->segment = m;
	packet->source = source;
	packet->destination = destination;
	packet->ecn = rte_be_to_cpu_32(h->vtc_flow) >> 20 & 3;
	rte_pktmbuf_adj(m, (uint16_t)bytes);
	return LINK_TCP;
}

void
ipv6_prepend(struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t protocol, uint8_t ecn)
{
	uint16_t payload = (uint16_t)m->pkt_len;
	struct rte_ipv6_hdr *h = (struct rte_ipv6_hdr *)rte_pktmbuf_prepend(m, HEADER_BYTES);

	h->vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)ecn << 20);
	h->payload_len = rte_cpu_to_be_16(payload);
	h->proto = protocol;
	h->hop_limits = protocol == IPPROTO_ICMPV6 ? 255 : 64;
	memcpy(h->src_addr, source->bytes, 16);
	memcpy(h->dst_addr, destination->bytes, 16);
	m->l3_len = HEADER_BYTES;
}
