/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 (RFC 8200): extension headers walked within bounds, routing headers dropped, fragments put
 * together; nothing is forwarded.
 */
#include "dataplane/net/link/internal.h"

#include <rte_byteorder.h>

#define HEADER_BYTES   40
#define EXTENSIONS_MAX 8
#define FRAGMENT_BYTES 8 /* its extension header */
#define CODE_NEXT      1 /* of "parameter problem": an unknown next header */
#define CODE_PORT      4 /* of "unreachable" */

/* Where a walk over the extension headers stopped. */
struct upper {
	uint8_t next;     /* what stands at `bytes` */
	unsigned bytes;   /* from the IPv6 header on */
	unsigned told_at; /* the byte that says so */
};

/* To the upper layer or a fragment header; false: what we do not follow, or not all there. */
static bool
skip_extensions(const struct rte_mbuf *m, struct upper *u)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	u->bytes = HEADER_BYTES;
	u->told_at = 6;
	for (unsigned i = 0; i < EXTENSIONS_MAX; i++) {
		u->next = p[u->told_at];
		if (u->next != IPPROTO_HOPOPTS && u->next != IPPROTO_DSTOPTS)
			return u->next != IPPROTO_ROUTING;
		if (u->bytes + 8 > m->data_len)
			return false;
		u->told_at = u->bytes;
		u->bytes += (unsigned)(p[u->bytes + 1] + 1) * 8;
		if (u->bytes > m->data_len)
			return false;
	}
	return false;
}

/* Takes the fragment header out, as if the datagram had come whole. */
static void
remove_fragment_header(struct rte_mbuf *m, const struct upper *u)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct rte_ipv6_hdr *h;

	p[u->told_at] = p[u->bytes];
	memmove(p + FRAGMENT_BYTES, p, u->bytes);
	h = (struct rte_ipv6_hdr *)rte_pktmbuf_adj(m, FRAGMENT_BYTES);
	h->payload_len = rte_cpu_to_be_16((uint16_t)(m->pkt_len - HEADER_BYTES));
}

/* The whole datagram; NULL: not yet, or never. One fragment alone is whole by itself (RFC 6946). */
static struct rte_mbuf *
put_together(struct link *l, struct rte_mbuf *m, struct upper *u, const struct ip_address *source,
    const struct ip_address *destination)
{
	const uint8_t *f = rte_pktmbuf_mtod_offset(m, const uint8_t *, u->bytes);
	struct fragment_key key = { *source, *destination, 0, 0 };
	uint16_t where;

	if (u->bytes + FRAGMENT_BYTES > m->data_len) {
		link_drop(l, m, LINK_COUNTER_IN_SHORT);
		return NULL;
	}
	where = (uint16_t)(f[2] << 8 | f[3]);
	memcpy(&key.id, f + 4, 4);
	if ((where & ~6u) != 0)
		m = fragment_take(l, &key, m, (uint16_t)(u->bytes + FRAGMENT_BYTES), where & ~7u,
		    (where & 1) != 0);
	if (m == NULL)
		return NULL;
	if (skip_extensions(m, u) && u->next == IPPROTO_FRAGMENT &&
	    u->bytes + FRAGMENT_BYTES <= m->data_len)
		remove_fragment_header(m, u);
	if (skip_extensions(m, u) && u->next != IPPROTO_FRAGMENT)
		return m;
	link_drop(l, m, LINK_COUNTER_IN_FRAGMENTS); /* fragments of a fragment */
	return NULL;
}

/* Our unicast addresses, the solicited-node group of one, or all nodes (RFC 4291 §2.7.1). */
static bool
is_for_us(const struct link *l, const struct ip_address *a)
{
	static const uint8_t group[13] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };
	static const struct ip_address all_nodes = { { 0xff, 2, [15] = 1 } };

	if (link_own(l, a) != NULL || address_equal(a, &all_nodes))
		return true;
	if (memcmp(a->bytes, group, 13) != 0)
		return false;
	for (unsigned i = 0; i < l->config.address_count; i++) {
		if (memcmp(l->config.addresses[i].subnet.base.bytes + 13, a->bytes + 13, 3) == 0)
			return true;
	}
	return false;
}

static void
refuse(struct link *l, struct rte_mbuf *m, const struct upper *u)
{
	if (u->next == IPPROTO_UDP)
		icmp_error(l, m, ICMP6_UNREACHABLE, CODE_PORT, 0);
	else if (u->next == IPPROTO_NONE)
		rte_pktmbuf_free(m);
	else
		icmp_error(l, m, ICMP6_PARAMETER_PROBLEM, CODE_NEXT, u->told_at);
}

enum link_result
ipv6_input(struct link *l, struct rte_mbuf *m, struct link_packet *packet)
{
	static const struct ip_address loopback = { { [15] = 1 } };
	const struct rte_ipv6_hdr *h = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct ip_address source, destination;
	struct upper u;
	unsigned total;
	uint8_t ecn;

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
	if (source.bytes[0] == 0xff || link_own(l, &source) != NULL || address_is_v4(&source) ||
	    address_equal(&source, &loopback))
		return link_drop(l, m, LINK_COUNTER_IN_BAD_SOURCE);
	ecn = rte_be_to_cpu_32(h->vtc_flow) >> 20 & 3;
	if (!skip_extensions(m, &u))
		return link_drop(l, m, LINK_COUNTER_IN_UNKNOWN);
	if (u.next == IPPROTO_FRAGMENT) {
		m = put_together(l, m, &u, &source, &destination);
		if (m == NULL)
			return LINK_TAKEN;
		if (!link_gather(m, u.bytes + GATHER_BYTES))
			return link_drop(l, m, LINK_COUNTER_IN_SHORT);
	}
	if (u.next == IPPROTO_ICMPV6)
		return icmp6_input(l, m, u.bytes, &source, &destination, packet);
	if (address_is_any(&source))
		return link_drop(l, m, LINK_COUNTER_IN_BAD_SOURCE);
	if (u.next != IPPROTO_TCP || link_own(l, &destination) == NULL) {
		link_count(l, LINK_COUNTER_IN_UNKNOWN);
		refuse(l, m, &u);
		return LINK_TAKEN;
	}
	if (l->group_frame)
		return link_drop(l, m, LINK_COUNTER_IN_NOT_OURS);
	packet->segment = m;
	packet->source = source;
	packet->destination = destination;
	packet->ecn = ecn;
	rte_pktmbuf_adj(m, (uint16_t)u.bytes);
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
