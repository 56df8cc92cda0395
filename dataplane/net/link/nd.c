/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbour discovery (RFC 4861 §7): solicitations answered, advertisements learnt; hop limit 255.
 */
#include "dataplane/net/link/internal.h"

#include <rte_byteorder.h>

#define HEADER_BYTES        40
#define MESSAGE_BYTES       24 /* type to target */
#define OPTION_BYTES        8
#define ADVERTISEMENT_BYTES 16 /* of a router, before its options */

/* Type, flags, target and our MAC; IPv6 header and frame around it. */
static void
send_message(struct link *l, uint8_t type, uint8_t flags, const struct ip_address *source,
    const struct ip_address *destination, const struct ip_address *target, const uint8_t mac[6])
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(l->env.pools.data);
	uint8_t *p;
	uint16_t sum;

	if (m == NULL) {
		link_count(l, LINK_COUNTER_NO_BUFFER);
		return;
	}
	p = rte_pktmbuf_mtod(m, uint8_t *);
	m->data_len = MESSAGE_BYTES + (address_is_any(source) ? 0 : OPTION_BYTES);
	m->pkt_len = m->data_len;
	memset(p, 0, MESSAGE_BYTES + OPTION_BYTES);
	p[0] = type;
	p[4] = flags;
	memcpy(p + 8, target->bytes, 16);
	if (!address_is_any(source)) { /* RFC 4861 §4.3: not from the unspecified address */
		p[24] = type == 135 ? 1 : 2;
		p[25] = 1;
		memcpy(p + 26, l->config.mac, 6);
	}
	sum = (uint16_t)~icmp6_sum(m, 0, source, destination);
	memcpy(p + 2, &sum, 2);
	ipv6_prepend(m, source, destination, IPPROTO_ICMPV6, 0);
	link_send_frame(l, m, mac, RTE_ETHER_TYPE_IPV6);
}

/* Our address on the target's subnet, else any IPv6 address of ours. */
static const struct ip_address *
source_for(const struct link *l, const struct ip_address *target)
{
	const struct ip_address *any = NULL;

	for (unsigned i = 0; i < l->config.address_count; i++) {
		const struct ip_subnet *s = &l->config.addresses[i].subnet;

		if (address_is_v4(&s->base) || !autoconf_is_usable(l, i))
			continue;
		if (subnet_holds(s, target))
			return &s->base;
		any = &s->base;
	}
	return any;
}

/* To the group of all who might have the address. */
static void
solicit_from(struct link *l, const struct ip_address *source, const struct ip_address *target)
{
	struct ip_address group = { { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff } };
	uint8_t mac[6] = { 0x33, 0x33, 0xff };

	memcpy(group.bytes + 13, target->bytes + 13, 3);
	memcpy(mac + 3, target->bytes + 13, 3);
	send_message(l, 135, 0, source, &group, target, mac);
}

void
nd_solicit(struct link *l, const struct ip_address *target)
{
	const struct ip_address *source = source_for(l, target);

	if (source != NULL)
		solicit_from(l, source, target);
}

void
nd_probe(struct link *l, const struct ip_address *target)
{
	solicit_from(l, &(struct ip_address){ { 0 } }, target);
}

void
nd_solicit_router(struct link *l)
{
	static const struct ip_address all_routers = { { 0xff, 2, [15] = 2 } };
	static const uint8_t mac[6] = { 0x33, 0x33, 0, 0, 0, 2 };
	struct ip_address any = { { 0 } };
	struct rte_mbuf *m = rte_pktmbuf_alloc(l->env.pools.data);
	uint8_t *p;
	uint16_t sum;

	if (m == NULL) {
		link_count(l, LINK_COUNTER_NO_BUFFER);
		return;
	}
	p = rte_pktmbuf_mtod(m, uint8_t *);
	m->data_len = 8;
	m->pkt_len = m->data_len;
	memset(p, 0, 8);
	p[0] = 133;
	sum = (uint16_t)~icmp6_sum(m, 0, &any, &all_routers);
	memcpy(p + 2, &sum, 2);
	ipv6_prepend(m, &any, &all_routers, IPPROTO_ICMPV6, 0);
	link_send_frame(l, m, mac, RTE_ETHER_TYPE_IPV6);
}

/* One option of no length, or one that is cut, and the whole message counts for nothing (RFC 4861
 * §7.1.1, §7.1.2, §6.1.2). */
static bool
options_are_whole(const uint8_t *p, unsigned bytes)
{
	for (unsigned at = 0; at < bytes; at += (unsigned)p[at + 1] * 8) {
		if (at + 2 > bytes || p[at + 1] == 0 || at + (unsigned)p[at + 1] * 8 > bytes)
			return false;
	}
	return true;
}

/* The link-layer address option of that kind; NULL: none. */
static const uint8_t *
find_mac(const uint8_t *p, unsigned bytes, uint8_t kind)
{
	for (unsigned at = 0; at < bytes; at += (unsigned)p[at + 1] * 8) {
		if (p[at] == kind && p[at + 1] == 1)
			return p + at + 2;
	}
	return NULL;
}

static void
take_solicitation(struct link *l, const struct ip_address *source, const struct ip_address *target,
    const uint8_t *options, unsigned bytes)
{
	static const uint8_t all_nodes_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	static const struct ip_address all_nodes = { { 0xff, 2, [15] = 1 } };
	const uint8_t *mac = find_mac(options, bytes, 1);

	if (address_is_any(source)) /* it asks for it too: neither may have it (RFC 4862 §5.4.3) */
		autoconf_conflict(l, target);
	if (link_own(l, target) == NULL)
		return;
	if (address_is_any(source)) { /* it is ours */
		send_message(l, 136, 0x20, target, &all_nodes, target, all_nodes_mac);
	} else if (mac != NULL) {
		neighbor_learn(l, source, mac);
		send_message(l, 136, 0x60, target, source, target, mac);
	}
}

void
nd_input(struct link *l, struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *h = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	const uint8_t *p = (const uint8_t *)(h + 1);
	struct ip_address source = address_v6(h->src_addr), target;
	const unsigned fixed = p[0] == 134 ? ADVERTISEMENT_BYTES : MESSAGE_BYTES;
	const unsigned options = m->data_len - HEADER_BYTES - fixed;

	if (m->data_len < HEADER_BYTES + fixed || h->hop_limits != 255 ||
	    h->proto != IPPROTO_ICMPV6 || p[1] != 0 || !options_are_whole(p + fixed, options)) {
		link_drop(l, m, LINK_COUNTER_IN_BAD_HEADER);
		return;
	}
	if (p[0] == 134) {
		autoconf_advertisement(l, m);
		rte_pktmbuf_free(m);
		return;
	}
	target = address_v6(p + 8);
	if (p[0] == 135) {
		take_solicitation(l, &source, &target, p + MESSAGE_BYTES, options);
		rte_pktmbuf_free(m);
		return;
	}
	autoconf_conflict(l, &target);
	if (neighbor_find(l, &target) != NULL) {
		const uint8_t *mac = find_mac(p + MESSAGE_BYTES, options, 2);

		if (mac != NULL)
			neighbor_learn(l, &target, mac);
	}
	rte_pktmbuf_free(m);
}
