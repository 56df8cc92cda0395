/* SPDX-License-Identifier: BSD-3-Clause */
/* Ethernet and 802.1Q in and out, routing to a neighbour, and the life of a link. */
#include "dataplane/net/link/internal.h"

#include <stdlib.h>

#include <rte_byteorder.h>

struct link *
link_create(const struct link_config *config, const struct link_env *env)
{
	struct link *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->config = *config;
	l->env = *env;
	env->random(env->arg, &l->key, sizeof(l->key));
	autoconf_begin(l);
	return l;
}

void
link_destroy(struct link *l)
{
	neighbor_free(l);
	fragment_free(l);
	free(l);
}

void
link_begin(struct link *l, struct mono now)
{
	l->now = now;
}

const struct link_address *
link_own(const struct link *l, const struct ip_address *a)
{
	for (unsigned i = 0; i < l->config.address_count; i++) {
		if (address_equal(&l->config.addresses[i].subnet.base, a))
			return autoconf_is_usable(l, i) ? &l->config.addresses[i] : NULL;
	}
	return NULL;
}

bool
link_has_address(const struct link *l, const struct ip_address *a)
{
	return link_own(l, a) != NULL;
}

bool
link_route(const struct link *l, const struct ip_address *destination, struct ip_address *next)
{
	bool v4 = address_is_v4(destination);

	for (unsigned i = 0; i < l->config.address_count; i++) {
		if (subnet_holds(&l->config.addresses[i].subnet, destination)) {
			*next = *destination;
			return true;
		}
	}
	for (unsigned i = 0; i < l->config.address_count; i++) {
		const struct link_address *a = &l->config.addresses[i];

		if (address_is_v4(&a->subnet.base) == v4 && !address_is_any(&a->gateway)) {
			*next = a->gateway;
			return true;
		}
	}
	if (v4)
		return false;
	if (destination->bytes[0] == 0xfe && (destination->bytes[1] & 0xc0) == 0x80) {
		*next = *destination; /* link-local: on this link by definition */
		return true;
	}
	if (autoconf_router(l) == NULL)
		return false;
	*next = *autoconf_router(l);
	return true;
}

void
link_send_frame(struct link *l, struct rte_mbuf *packet, const uint8_t mac[6], uint16_t type)
{
	bool tagged = l->config.vlan != LINK_VLAN_NONE;
	struct rte_ether_hdr *h = (struct rte_ether_hdr *)rte_pktmbuf_prepend(
	    packet, (uint16_t)(sizeof(*h) + (tagged ? sizeof(struct rte_vlan_hdr) : 0)));

	if (h == NULL) {
		link_drop(l, packet, LINK_COUNTER_NO_BUFFER);
		return;
	}
	memcpy(h->dst_addr.addr_bytes, mac, 6);
	memcpy(h->src_addr.addr_bytes, l->config.mac, 6);
	h->ether_type = rte_cpu_to_be_16(tagged ? RTE_ETHER_TYPE_VLAN : type);
	if (tagged) {
		struct rte_vlan_hdr *v = (struct rte_vlan_hdr *)(h + 1);

		v->vlan_tci = rte_cpu_to_be_16(l->config.vlan);
		v->eth_proto = rte_cpu_to_be_16(type);
	}
	packet->l2_len = sizeof(*h) + (tagged ? sizeof(struct rte_vlan_hdr) : 0);
	l->env.transmit(l->env.arg, packet);
}

void
link_send_packet(struct link *l, struct rte_mbuf *packet, const struct ip_address *destination)
{
	struct ip_address next;

	if (!link_route(l, destination, &next))
		link_drop(l, packet, LINK_COUNTER_NO_ROUTE);
	else
		neighbor_send(l, &next, packet);
}

bool
link_gather(struct rte_mbuf *m, uint32_t bytes)
{
	if (bytes > m->pkt_len)
		bytes = m->pkt_len;
	if (m->data_len >= bytes)
		return true;
	if (!RTE_MBUF_DIRECT(m) || rte_mbuf_refcnt_read(m) != 1 ||
	    rte_pktmbuf_tailroom(m) < bytes - m->data_len)
		return false;
	while (m->data_len < bytes) {
		struct rte_mbuf *next = m->next;
		uint16_t n = (uint16_t)(bytes - m->data_len);

		if (n > next->data_len)
			n = next->data_len;
		memcpy(rte_pktmbuf_mtod_offset(m, void *, m->data_len),
		    rte_pktmbuf_mtod(next, const void *), n);
		m->data_len = (uint16_t)(m->data_len + n);
		next->data_off = (uint16_t)(next->data_off + n);
		next->data_len = (uint16_t)(next->data_len - n);
		if (next->data_len > 0)
			continue;
		m->next = next->next;
		m->nb_segs--;
		rte_pktmbuf_free_seg(next);
	}
	return true;
}

/* The type behind the tag, if there is one; false: not our VLAN, or too short. */
static bool
take_ethernet(struct link *l, struct rte_mbuf *m, uint16_t *type)
{
	const struct rte_ether_hdr *h = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	uint16_t vlan = LINK_VLAN_NONE, bytes = sizeof(*h);

	if (m->data_len < sizeof(*h) + sizeof(struct rte_vlan_hdr))
		return false;
	l->group_frame = rte_is_multicast_ether_addr(&h->dst_addr) != 0;
	if (!l->group_frame && memcmp(h->dst_addr.addr_bytes, l->config.mac, 6) != 0)
		return false;
	*type = rte_be_to_cpu_16(h->ether_type);
	if (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED)
		vlan = m->vlan_tci & 0xfff;
	if (*type == RTE_ETHER_TYPE_VLAN) {
		const struct rte_vlan_hdr *v = (const struct rte_vlan_hdr *)(h + 1);

		vlan = rte_be_to_cpu_16(v->vlan_tci) & 0xfff;
		*type = rte_be_to_cpu_16(v->eth_proto);
		bytes += sizeof(*v);
	}
	if (vlan == 0)
		vlan = LINK_VLAN_NONE; /* a priority tag is no VLAN (802.1Q §6.7) */
	if (vlan != l->config.vlan)
		return false;
	rte_pktmbuf_adj(m, bytes);
	return true;
}

enum link_result
link_input(struct link *l, struct rte_mbuf *frame, struct link_packet *packet)
{
	uint16_t type;

	if (frame->nb_segs > 1 && !link_gather(frame, GATHER_BYTES))
		return link_drop(l, frame, LINK_COUNTER_IN_SHORT);
	if (!take_ethernet(l, frame, &type))
		return link_drop(l, frame, LINK_COUNTER_IN_NOT_OURS);
	switch (type) {
	case RTE_ETHER_TYPE_IPV4:
		return ipv4_input(l, frame, packet);
	case RTE_ETHER_TYPE_IPV6:
		return ipv6_input(l, frame, packet);
	case RTE_ETHER_TYPE_ARP:
		arp_input(l, frame);
		return LINK_TAKEN;
	default:
		return link_drop(l, frame, LINK_COUNTER_IN_UNKNOWN);
	}
}

bool
link_concerns_all(const struct rte_mbuf *frame)
{
	const struct rte_ether_hdr *h = rte_pktmbuf_mtod(frame, const struct rte_ether_hdr *);
	const uint8_t *p = (const uint8_t *)(h + 1);
	size_t left;
	uint16_t type;

	if (frame->data_len < sizeof(*h) + 4)
		return false;
	left = frame->data_len - sizeof(*h);
	type = rte_be_to_cpu_16(h->ether_type);
	if (type == RTE_ETHER_TYPE_VLAN) {
		type = (uint16_t)(p[2] << 8 | p[3]);
		p += 4;
		left -= 4;
	}
	if (type == RTE_ETHER_TYPE_ARP)
		return true;
	return type == RTE_ETHER_TYPE_IPV6 && left >= 41 && p[6] == IPPROTO_ICMPV6 &&
	       p[40] >= 134 && p[40] <= 136;
}

void
link_output(struct link *l, struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	if (address_is_v4(destination))
		ipv4_prepend(l, segment, source, destination, IPPROTO_TCP, ecn);
	else
		ipv6_prepend(segment, source, destination, IPPROTO_TCP, ecn);
	link_send_packet(l, segment, destination);
}

void
link_run_timers(struct link *l)
{
	if (mono_before(l->now, l->next_scan))
		return;
	l->next_scan = mono_add(l->now, milliseconds(500));
	neighbor_run_timers(l);
	fragment_run_timers(l);
	autoconf_run_timers(l);
}

struct mono
link_next_deadline(const struct link *l)
{
	return l->next_scan;
}

bool
link_take_duplicate(struct link *l, struct ip_address *out)
{
	for (unsigned i = 0; i < l->config.address_count; i++) {
		if (!l->lives[i].duplicate || l->lives[i].told)
			continue;
		l->lives[i].told = true;
		*out = l->config.addresses[i].subnet.base;
		return true;
	}
	return false;
}

const uint64_t *
link_counters(const struct link *l)
{
	return l->counters;
}
