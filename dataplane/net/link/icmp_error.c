/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The errors we send (RFC 792, RFC 4443 §2.4, RFC 1122 §3.2.2): about a packet to one of our
 * unicast addresses, with as much of it as fits the smallest MTU; never about ICMP, a group's
 * frame, or a source that is no single host. ICMP_ERRORS_PER_SECOND at most, whoever asks for them.
 */
#include "dataplane/net/checksum.h"
#include "dataplane/net/link/internal.h"

#define ERROR_BYTES  8
#define QUOTE4_BYTES (576 - 20 - ERROR_BYTES)  /* RFC 1812 §4.3.2.3 */
#define QUOTE6_BYTES (1280 - 40 - ERROR_BYTES) /* RFC 4443 §2.4 (c) */

/* Both ends of the packet in question; false: it gets no error. */
static bool
ends_of(const struct link *l, const struct rte_mbuf *m, bool v4, struct ip_address *from,
    struct ip_address *to)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	*from = v4 ? address_v4(p + 12) : address_v6(p + 8);
	*to = v4 ? address_v4(p + 16) : address_v6(p + 24);
	return !l->group_frame && link_own(l, to) != NULL && !address_is_any(from) &&
	       from->bytes[0] != 0xff && p[v4 ? 9 : 6] != (v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

void
icmp_error(
    struct link *l, struct rte_mbuf *m, enum icmp_error_type type, uint8_t code, uint32_t parameter)
{
	bool v4 = type == ICMP4_UNREACHABLE || type == ICMP4_TIME_EXCEEDED;
	uint32_t quote = v4 ? QUOTE4_BYTES : QUOTE6_BYTES, big = rte_cpu_to_be_32(parameter);
	struct ip_address from, to;
	struct rte_mbuf *e = NULL;
	uint8_t *p;
	uint16_t sum;

	if (ends_of(l, m, v4, &from, &to) &&
	    rate_allows(&l->errors, l->now, ICMP_ERRORS_PER_SECOND))
		e = rte_pktmbuf_copy(
		    m, l->env.pools.data, 0, quote < m->pkt_len ? quote : m->pkt_len);
	rte_pktmbuf_free(m);
	if (e == NULL)
		return;
	e->ol_flags = 0;
	p = (uint8_t *)rte_pktmbuf_prepend(e, ERROR_BYTES);
	p[0] = (uint8_t)((unsigned)type & 0xff);
	p[1] = code;
	p[2] = p[3] = 0;
	memcpy(p + 4, &big, 4);
	sum = (uint16_t) ~(v4 ? checksum_chain(e, 0) : icmp6_sum(e, 0, &to, &from));
	memcpy(p + 2, &sum, 2);
	if (v4)
		ipv4_prepend(l, e, &to, &from, IPPROTO_ICMP, 0);
	else
		ipv6_prepend(e, &to, &from, IPPROTO_ICMPV6, 0);
	link_count(l, LINK_COUNTER_ICMP_ERRORS);
	link_send_packet(l, e, &from);
}
