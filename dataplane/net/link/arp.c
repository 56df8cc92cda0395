/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP (RFC 826): answers for our addresses, learns from who asks us or answers us. */
#include "dataplane/net/link/internal.h"

#include <rte_byteorder.h>

static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void
send_arp(struct link *l, uint16_t operation, const struct ip_address *source,
    const struct ip_address *target, const uint8_t target_mac[6], const uint8_t frame_to[6])
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(l->env.pools.data);
	struct rte_arp_hdr *a;

	if (m == NULL) {
		link_count(l, LINK_COUNTER_NO_BUFFER);
		return;
	}
	a = (struct rte_arp_hdr *)rte_pktmbuf_append(m, sizeof(*a));
	a->arp_hardware = rte_cpu_to_be_16(RTE_ARP_HRD_ETHER);
	a->arp_protocol = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	a->arp_hlen = 6;
	a->arp_plen = 4;
	a->arp_opcode = rte_cpu_to_be_16(operation);
	memcpy(a->arp_data.arp_sha.addr_bytes, l->config.mac, 6);
	memcpy(&a->arp_data.arp_sip, source->bytes + 12, 4);
	memcpy(a->arp_data.arp_tha.addr_bytes, target_mac, 6);
	memcpy(&a->arp_data.arp_tip, target->bytes + 12, 4);
	link_send_frame(l, m, frame_to, RTE_ETHER_TYPE_ARP);
}

void
arp_request(struct link *l, const struct ip_address *target, const uint8_t *unicast_to)
{
	static const uint8_t unknown[6];

	for (unsigned i = 0; i < l->config.address_count; i++) {
		const struct ip_subnet *s = &l->config.addresses[i].subnet;

		if (address_is_v4(&s->base) && subnet_holds(s, target)) {
			send_arp(l, RTE_ARP_OP_REQUEST, &s->base, target, unknown,
			    unicast_to != NULL ? unicast_to : broadcast);
			return;
		}
	}
}

void
arp_input(struct link *l, struct rte_mbuf *m)
{
	const struct rte_arp_hdr *a = rte_pktmbuf_mtod(m, const struct rte_arp_hdr *);
	struct ip_address source, target;
	bool for_us;

	if (m->data_len < sizeof(*a) || a->arp_protocol != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) ||
	    a->arp_hlen != 6 || a->arp_plen != 4) {
		link_drop(l, m, LINK_COUNTER_IN_BAD_HEADER);
		return;
	}
	source = address_v4(&a->arp_data.arp_sip);
	target = address_v4(&a->arp_data.arp_tip);
	for_us = link_own(l, &target) != NULL;
	if (link_own(l, &source) != NULL || a->arp_data.arp_sip == 0) {
		link_count(l, LINK_COUNTER_IN_BAD_SOURCE);
	} else if (a->arp_opcode == rte_cpu_to_be_16(RTE_ARP_OP_REQUEST) && for_us) {
		neighbor_learn(l, &source, a->arp_data.arp_sha.addr_bytes);
		send_arp(l, RTE_ARP_OP_REPLY, &target, &source, a->arp_data.arp_sha.addr_bytes,
		    a->arp_data.arp_sha.addr_bytes);
	} else if (a->arp_opcode == rte_cpu_to_be_16(RTE_ARP_OP_REPLY) &&
		   neighbor_find(l, &source) != NULL) {
		neighbor_learn(l, &source, a->arp_data.arp_sha.addr_bytes);
	}
	rte_pktmbuf_free(m);
}
