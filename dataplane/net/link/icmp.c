/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP and ICMPv6 (RFC 792, RFC 4443): echo answered in the request's own buffer; errors about our
 * TCP segments told to the caller, who checks the quoted sequence number (RFC 5927).
 */
#include "dataplane/net/checksum.h"
#include "dataplane/net/link/internal.h"

#include <rte_byteorder.h>

uint16_t
icmp6_sum(const struct rte_mbuf *m, unsigned offset, const struct ip_address *source,
    const struct ip_address *destination)
{
	uint8_t pseudo[40];
	uint32_t bytes = rte_cpu_to_be_32(m->pkt_len - offset), sum;
	uint16_t payload;

	memcpy(pseudo, source->bytes, 16);
	memcpy(pseudo + 16, destination->bytes, 16);
	memcpy(pseudo + 32, &bytes, 4);
	memset(pseudo + 36, 0, 3);
	pseudo[39] = IPPROTO_ICMPV6;
	payload = checksum_chain(m, offset);
	sum = rte_raw_cksum(pseudo, sizeof(pseudo)) + payload;
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* The quoted packet was ours and TCP: its ports and sequence number. */
static enum link_result
tell_error(struct link *l, struct rte_mbuf *m, const uint8_t *tcp, const struct ip_address *from,
    const struct ip_address *to, bool unreachable, uint32_t mtu, struct link_packet *packet)
{
	if (link_own(l, from) == NULL)
		return link_drop(l, m, LINK_COUNTER_IN_BAD_SOURCE);
	if (!rate_allows(&l->told, l->now, ICMP_TOLD_PER_SECOND))
		return link_drop(l, m, LINK_COUNTER_ICMP_LIMITED);
	packet->source = *from;
	packet->destination = *to;
	packet->quoted_source_port = (uint16_t)(tcp[0] << 8 | tcp[1]);
	packet->quoted_destination_port = (uint16_t)(tcp[2] << 8 | tcp[3]);
	packet->quoted_seq =
	    (uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7];
	packet->unreachable = unreachable;
	packet->mtu = mtu;
	rte_pktmbuf_free(m);
	return LINK_ICMP_ERROR;
}

/* Turns the request into its answer: new header, same payload, sum adjusted by the type's change.
 */
static void
answer_echo4(struct link *l, struct rte_mbuf *m, unsigned bytes, const struct ip_address *source,
    const struct ip_address *destination)
{
	uint8_t *icmp;
	uint16_t sum;

	if (!rate_allows(&l->echoes, l->now, ECHOES_PER_SECOND)) {
		link_drop(l, m, LINK_COUNTER_ICMP_LIMITED);
		return;
	}
	rte_pktmbuf_adj(m, (uint16_t)bytes);
	icmp = rte_pktmbuf_mtod(m, uint8_t *);
	icmp[0] = 0;
	icmp[2] = icmp[3] = 0;
	sum = checksum_chain(m, 0);
	sum = (uint16_t)~sum;
	memcpy(icmp + 2, &sum, 2);
	m->ol_flags = 0;
	ipv4_prepend(l, m, destination, source, IPPROTO_ICMP, 0);
	link_count(l, LINK_COUNTER_ECHO_REPLIES);
	split_send(l, m, source);
}

enum link_result
icmp4_input(struct link *l, struct rte_mbuf *m, unsigned bytes, const struct ip_address *source,
    const struct ip_address *destination, struct link_packet *packet)
{
	const uint8_t *p = rte_pktmbuf_mtod_offset(m, const uint8_t *, bytes);
	unsigned left = m->data_len - bytes, quoted;
	uint16_t sum;

	sum = checksum_chain(m, bytes);
	if (left < 8 || sum != 0xffff)
		return link_drop(l, m, LINK_COUNTER_IN_BAD_HEADER);
	if (p[0] == 8 && p[1] == 0) {
		answer_echo4(l, m, bytes, source, destination);
		return LINK_TAKEN;
	}
	quoted = left >= 28 ? (unsigned)(p[8] & 0xf) * 4 : 0;
	if (p[0] == 3 && quoted >= 20 && left >= 8 + quoted + 8 && p[8 + 9] == IPPROTO_TCP) {
		struct ip_address from = address_v4(p + 8 + 12), to = address_v4(p + 8 + 16);
		uint32_t mtu = p[1] == 4 ? (uint32_t)(p[6] << 8 | p[7]) : 0;

		return tell_error(l, m, p + 8 + quoted, &from, &to, p[1] != 4, mtu, packet);
	}
	return link_drop(l, m, LINK_COUNTER_IN_UNKNOWN);
}

static void
answer_echo6(struct link *l, struct rte_mbuf *m, unsigned bytes, const struct ip_address *source,
    const struct ip_address *destination)
{
	uint8_t *icmp;
	uint16_t sum;

	if (!rate_allows(&l->echoes, l->now, ECHOES_PER_SECOND)) {
		link_drop(l, m, LINK_COUNTER_ICMP_LIMITED);
		return;
	}
	rte_pktmbuf_adj(m, (uint16_t)bytes);
	icmp = rte_pktmbuf_mtod(m, uint8_t *);
	icmp[0] = 129;
	icmp[2] = icmp[3] = 0;
	sum = (uint16_t)~icmp6_sum(m, 0, destination, source);
	memcpy(icmp + 2, &sum, 2);
	m->ol_flags = 0;
	ipv6_prepend(m, destination, source, IPPROTO_ICMPV6, 0);
	link_count(l, LINK_COUNTER_ECHO_REPLIES);
	split_send(l, m, source);
}

enum link_result
icmp6_input(struct link *l, struct rte_mbuf *m, unsigned bytes, const struct ip_address *source,
    const struct ip_address *destination, struct link_packet *packet)
{
	const uint8_t *p = rte_pktmbuf_mtod_offset(m, const uint8_t *, bytes);
	unsigned left = m->data_len - bytes;

	if (left < 8 || icmp6_sum(m, bytes, source, destination) != 0xffff)
		return link_drop(l, m, LINK_COUNTER_IN_BAD_HEADER);
	if (p[0] >= 134 && p[0] <= 136) {
		nd_input(l, m);
		return LINK_TAKEN;
	}
	if (p[0] == 128 && link_own(l, destination) != NULL) {
		answer_echo6(l, m, bytes, source, destination);
		return LINK_TAKEN;
	}
	if ((p[0] == 1 || p[0] == 2) && left >= 8 + 40 + 8 && p[8 + 6] == IPPROTO_TCP) {
		struct ip_address from = address_v6(p + 8 + 8), to = address_v6(p + 8 + 24);
		uint32_t mtu =
		    (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];

		return tell_error(
		    l, m, p + 8 + 40, &from, &to, p[0] == 1, p[0] == 2 ? mtu : 0, packet);
	}
	return link_drop(l, m, LINK_COUNTER_IN_UNKNOWN);
}
